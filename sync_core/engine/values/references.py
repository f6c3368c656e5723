"""Lookups, customers and owners: out as the name of the record that they point at."""

from __future__ import annotations

from sync_core.engine.model import Cell, Column
from sync_core.errors import Unmappable


def reference_text(_value: str, cell: Cell, _column: Column) -> str:
    if not cell.label:
        raise Unmappable("name_unknown", "The record that the column points at has no name; give it one in Dynamics.")
    return cell.label
