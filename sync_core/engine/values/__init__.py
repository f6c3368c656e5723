"""How a Dynamics value becomes contract text and back (DESIGN 2.4). What each type does stands in types.py."""

from __future__ import annotations

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
    if normal_text(one) == normal_text(other):
        return True
    if not understood(column):
        return False
    if column.type in REFERENCES and folded(one) and folded(one) == folded(other):
        return True  # one name, whatever record has it
    try:
        return value_of(one, column) == value_of(other, column)
    except Unmappable:
        return False


def same(text: str, cell: Cell, column: Column) -> bool:
    """Whether contract text and a record's value mean the same: the value itself, or what it is shown as."""
    if understood(column):
        try:
            if value_of(text, column) == cell.value:
                return True
        except Unmappable:
            pass
    try:
        return same_text(text, text_of(cell, column), column)
    except Unmappable:
        return False
