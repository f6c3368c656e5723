"""Numbers: invariant by default ("1250000.00"), or as people of the row's locale write them (locale_numbers.py).

A point before exactly three digits, where the column shows fewer decimals, could as well group thousands
("1.250"): it is refused, never guessed at.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical, ColumnType
from sync_core.engine.values.canonical import decimal_places, plain_decimal
from sync_core.engine.values.locale_numbers import read_written_number, written_number
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
    column, number = in_currency(column, cell), Decimal(value)
    places, shape = shown_places(number, column), column.row.format
    if shape is None:
        return f"{number:.{places}f}"
    if not (shape.currency and column.type is ColumnType.MONEY):
        return written_number(number, places, shape, None)
    if column.currency is None:
        raise Unmappable("currency_unknown", "The record has no currency; give it one in Dynamics.")
    return written_number(number, places, shape, column.currency)


def in_currency(column: Column, cell: Cell) -> Column:
    """The column with what the record's currency decides, both ways."""
    if cell.precision is None and cell.currency is None:
        return column
    precision = column.precision if cell.precision is None else cell.precision
    return replace(column, precision=precision, currency=cell.currency or column.currency)


def read_number(text: str, column: Column) -> Canonical:
    shape, places = column.row.format, places_of(column)
    if shape is not None:
        return fitting(read_written_number(text, column, shape, places), column)
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        raise Unmappable("not_a_number", "Not a number such as 1250 or 1250.00 (point, no spaces, no currency).")
    value = fitting(Decimal(word), column)
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
