"""How a Dynamics value becomes contract text and back (DESIGN 2.4). What each type does stands in types.py."""

from __future__ import annotations

from dataclasses import dataclass

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical, ColumnType
from sync_core.engine.values.canonical import ONEFLOW_TEXT_LIMIT, folded, instant_text, normal_text, plain_decimal
from sync_core.engine.values.types import TYPES
from sync_core.errors import Unmappable

__all__ = [
    "MOMENTS",
    "NUMBERS",
    "ONEFLOW_TEXT_LIMIT",
    "OPTIONS",
    "REFERENCES",
    "compare",
    "instant_text",
    "normal_text",
    "plain_decimal",
    "same",
    "same_text",
    "text_of",
    "understood",
    "value_of",
]

NUMBERS = frozenset(
    {ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE, ColumnType.MONEY}
)
OPTIONS = frozenset({ColumnType.CHOICE, ColumnType.MULTI_SELECT, ColumnType.STATE, ColumnType.STATUS})
MOMENTS = frozenset({ColumnType.DATE_TIME, ColumnType.WALL_TIME, ColumnType.USER_LOCAL_DATE})
_AS_TEXT = frozenset({ColumnType.TEXT, ColumnType.MEMO})  # whose value is the text itself
REFERENCES = frozenset({ColumnType.LOOKUP, ColumnType.CUSTOMER, ColumnType.OWNER})


def text_of(cell: Cell, column: Column) -> str:
    """The contract text of what a record shows. Raises Unmappable where it cannot be expressed there."""
    if cell.value is None:
        return ""
    text = TYPES[column.type].write(cell.value, cell, column)
    if len(text) > ONEFLOW_TEXT_LIMIT:
        raise Unmappable(
            "too_long_for_contract",
            f"Longer than the {ONEFLOW_TEXT_LIMIT} characters that a data field takes; shorten it in Dynamics.",
        )
    return text


def value_of(text: str, column: Column) -> Canonical:
    """The value that contract text means in this column; `""` is empty. Raises Unmappable; never guesses."""
    if text == "":
        return None
    reader = TYPES[column.type].read
    if reader is None or not understood(column):
        raise Unmappable("one_way_type", "Values of this column's type are not read back from a contract.")
    return reader(text, column)


def understood(column: Column) -> bool:
    """Whether text of this column can be read back at all."""
    kind = TYPES[column.type]
    return kind.read is not None and (kind.lifted_by is None or kind.lifted_by in column.row.given)


def same_text(one: str, other: str, column: Column) -> bool:
    """Whether two contract texts mean the same; text that cannot be converted is compared as text."""
    return _alike(_read(one, column), _read(other, column), column)


def same(text: str, cell: Cell, column: Column) -> bool:
    """Whether contract text and a record's value mean the same: the value itself, or what it is shown as."""
    return compare(text, cell, None, column)[0]


def compare(text: str, cell: Cell, half: str | None, column: Column) -> tuple[bool, bool]:
    """Whether contract text means the same as a record's value, and as what it was before (`half`; None: nothing).
    Each text is read once."""
    read = _read(text, column)
    return _shows(read, cell, column), half is not None and _alike(read, _read(half, column), column)


@dataclass(frozen=True, slots=True)
class _Read:
    """A contract's text, and what it means in a column, where it can be told (`meant`)."""

    text: str
    value: Canonical = None
    meant: bool = False


def _read(text: str, column: Column) -> _Read:
    if not understood(column):
        return _Read(text)
    try:
        return _Read(text, value_of(text, column), meant=True)
    except Unmappable:
        return _Read(text)


def _shows(read: _Read, cell: Cell, column: Column) -> bool:
    if read.meant and read.value == cell.value:
        return True
    try:
        text = text_of(cell, column)
    except Unmappable:
        return False
    return _alike(read, _read(text, column), column)


def _alike(one: _Read, other: _Read, column: Column) -> bool:
    both_meant = one.meant and other.meant
    if one.text == other.text or (both_meant and one.value == other.value):
        return True
    if both_meant and column.type in _AS_TEXT:
        return False  # their values are the texts
    if normal_text(one.text) == normal_text(other.text):
        return True
    # One name, whatever record has it.
    return column.type in REFERENCES and understood(column) and folded(one.text) == folded(other.text) != ""
