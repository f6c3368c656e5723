"""Columns as a mapping shows them: each with its row's options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Column


def as_mapped(columns: Mapping[str, Column], mapping: EntityMapping) -> Mapping[str, Column]:
    """The columns; a mapped one knows how its row shows it. Every text is made and read by such columns."""
    shown = dict(columns)
    for row in mapping.fields:
        if row.dynamics_column in shown and row.options.given:
            shown[row.dynamics_column] = replace(shown[row.dynamics_column], row=row.options)
    return shown
