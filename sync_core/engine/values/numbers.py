"""Numbers: invariant by default ("1250000.00").

A point before exactly three digits, where the column shows fewer decimals, could as well group thousands
("1.250"): it is refused, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from sync_core.engine.model import Canonical, Cell, Column, ColumnType
from sync_core.engine.values.canonical import decimal_places, plain_decimal
from sync_core.errors import Unmappable

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_GROUP_LIKE = re.compile(r"[+-]?[1-9][0-9]{0,2}\.[0-9]{3}", re.ASCII)
_GROUP = 3


def places_of(column: Column) -> int | None:
    """How many decimals the column takes; None where nothing says."""
    whole = column.type in (ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER)
    return 0 if whole else column.precision


def shown_places(number: Decimal, column: Column) -> int:
    """How many decimals are written: more digits than the column shows are still not lost."""
    return max(places_of(column) or 0, decimal_places(number))


def number_text(value: str, cell: Cell, column: Column) -> str:
    if cell.precision is not None:
        column = in_currency(column, cell)
    number = Decimal(value)
    return f"{number:.{shown_places(number, column)}f}"


def in_currency(column: Column, cell: Cell) -> Column:
    """The column with what the record's currency decides."""
    return replace(column, precision=cell.precision)


def read_number(text: str, column: Column) -> Canonical:
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        raise Unmappable("not_a_number", "Not a number such as 1250 or 1250.00 (point, no spaces, no currency).")
    value, places = fitting(Decimal(word), column), places_of(column)
    if places is not None and places < _GROUP and _GROUP_LIKE.fullmatch(word):
        raise Unmappable("two_readings", "Could mean thousands or decimals; write it without the point, or as 1250.00.")
    return value


def fitting(number: Decimal, column: Column) -> str:
    """The number, if the column takes it; Unmappable says what it takes."""
    places = places_of(column)
    if places is not None and decimal_places(number) > places:
        raise Unmappable("too_precise", f"The column takes {places} decimals; values are never rounded.")
    if column.minimum is not None and number < column.minimum:
        raise Unmappable("too_small", f"Less than {plain_decimal(column.minimum)}, the least that the column takes.")
    if column.maximum is not None and number > column.maximum:
        raise Unmappable("too_large", f"More than {plain_decimal(column.maximum)}, the most that the column takes.")
    return plain_decimal(number)
