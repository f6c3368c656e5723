"""Choices: out as their labels; back, where the row resolves labels, by a label in any installed language."""

from __future__ import annotations

from sync_core.engine.model import Cell, Column
from sync_core.errors import Unmappable

SEPARATOR = "; "


def option_text(value: str, _cell: Cell, column: Column) -> str:
    labels = []
    for option in value.split(","):
        label = column.options.get(int(option))
        if not label:
            raise Unmappable(
                "option_unknown",
                "The chosen option has no label in the language of the labels; give it one in Dynamics.",
            )
        labels.append(label)
    return SEPARATOR.join(labels)
