"""Choices: out as their labels; back, where the row resolves labels, by a label in any installed language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import folded, normal_text
from sync_core.errors import Unmappable

SEPARATOR = "; "
_BETWEEN = ";"
_MOST_WAYS = 64  # sets of options that a text may be read as, before it is given up


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
    """The only set of options whose labels the text can be, however it is split: a label may hold a semicolon."""
    parts = [folded(part) for part in normal_text(text).split(_BETWEEN)]
    found, double = _ways(parts, _by_label(column))
    if not found:
        raise _unknown()
    if len(found) > 1:
        raise _double() if double else _unclear()
    numbers = sorted(found.pop())
    if not all(column.options[number] for number in numbers):
        raise _nameless()  # once chosen, the contract could not show it
    return ",".join(str(number) for number in numbers)


def _by_label(column: Column) -> Mapping[str, Sequence[int]]:
    known: dict[str, list[int]] = {}
    for number, labels in _labels(column).items():
        for label in {_spaced(label) for label in labels} - {""}:
            known.setdefault(label, []).append(number)
    return known


def _ways(parts: Sequence[str], known: Mapping[str, Sequence[int]]) -> tuple[set[frozenset[int]], bool]:
    """The sets of options that the parts can be, each label being one part or several in a row, and whether a label
    that several options have is among them."""
    longest = max((label.count(_BETWEEN) + 1 for label in known), default=0)
    double = False
    # By number of parts: what the first ones can be. Where these are too many to tell, so is the whole.
    upto: list[set[frozenset[int]]] = [set() for _ in range(len(parts) + 1)]
    upto[0].add(frozenset())
    for end in range(1, len(parts) + 1):
        for start in range(max(0, end - longest), end):
            numbers = known.get(_BETWEEN.join(parts[start:end]), ())
            double = double or (len(numbers) > 1 and bool(upto[start]))
            upto[end] |= {before | {number} for before in upto[start] for number in numbers}
            if len(upto[end]) > _MOST_WAYS:
                return upto[end], double
    return upto[-1], double


def _spaced(label: str) -> str:
    """A label as its parts are joined again: spaces beside a semicolon do not count."""
    return _BETWEEN.join(folded(part) for part in normal_text(label).split(_BETWEEN))


def _number(text: str, column: Column) -> int:
    """The only option with this label; case and spaces do not count."""
    word = folded(text)
    numbers = [number for number, labels in _labels(column).items() if word in map(folded, labels)]
    if not numbers or not word:
        raise _unknown()
    if len(numbers) > 1:
        raise _double()
    if not column.options[numbers[0]]:
        raise _nameless()  # once chosen, the contract could not show it
    return numbers[0]


def _unknown() -> Unmappable:
    return Unmappable("label_unknown", "No option has this label in any language; write one of the labels.")


def _double() -> Unmappable:
    return Unmappable("label_double", "Several options have this label; give each its own in Dynamics.")


def _unclear() -> Unmappable:
    text = "The labels can be read as different choices, as one has a semicolon in it; rename it in Dynamics."
    return Unmappable("label_unclear", text)


def _nameless() -> Unmappable:
    text = "The chosen option has no label in the language of the labels; give it one in Dynamics."
    return Unmappable("option_unknown", text)


def _labels(column: Column) -> Mapping[int, tuple[str, ...]]:
    return {number: (label, *column.labels.get(number, ())) for number, label in column.options.items()}
