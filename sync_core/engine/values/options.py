"""Choices: out as their labels; back, where the row resolves labels, by a label in any installed language."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import folded, normal_text
from sync_core.errors import Unmappable

SEPARATOR = "; "


def option_text(value: str, _cell: Cell, column: Column) -> str:
    labels = []
    for option in value.split(","):
        label = column.options.get(int(option))
        if not label:
            raise _nameless()
        labels.append(label)
    return SEPARATOR.join(labels)


def read_option(text: str, column: Column) -> Canonical:
    return str(_number(text, column))


def read_options(text: str, column: Column) -> Canonical:
    if any(SEPARATOR.strip() in normal_text(label) for labels in _labels(column).values() for label in labels):
        raise Unmappable("label_unclear", "A label has a semicolon in it, so that several cannot be told apart.")
    numbers = {_number(part, column) for part in normal_text(text).split(SEPARATOR.strip())}
    return ",".join(str(number) for number in sorted(numbers))


def _number(text: str, column: Column) -> int:
    """The only option with this label; case and spaces do not count."""
    word = folded(text)
    numbers = [number for number, labels in _labels(column).items() if word in map(folded, labels)]
    if not numbers or not word:
        raise Unmappable("label_unknown", "No option has this label in any language; write one of the labels.")
    if len(numbers) > 1:
        raise Unmappable("label_double", "Several options have this label; give each its own in Dynamics.")
    if not column.options[numbers[0]]:
        raise _nameless()  # once chosen, the contract could not show it
    return numbers[0]


def _nameless() -> Unmappable:
    text = "The chosen option has no label in the language of the labels; give it one in Dynamics."
    return Unmappable("option_unknown", text)


def _labels(column: Column) -> Mapping[int, tuple[str, ...]]:
    return {number: (label, *column.labels.get(number, ())) for number, label in column.options.items()}
