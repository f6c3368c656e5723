"""From Dataverse's JSON to canonical values and back (fact sheet 1.3, 2.3 and 2.4). No float on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sync_core.adapters.dataverse.metadata import Currency, Table
from sync_core.engine.model import reasons
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical, ColumnType
from sync_core.engine.values import MOMENTS, NUMBERS, REFERENCES, instant_text, normal_text, plain_decimal

_FORMATTED = "@OData.Community.Display.V1.FormattedValue"
LOGICAL_NAME = "@Microsoft.Dynamics.CRM.lookuplogicalname"


def wire_name(column: Column) -> str:
    """What the column is called in $select and in JSON."""
    return f"_{column.name}_value" if column.type in REFERENCES else column.name


def cell_of(row: Mapping[str, Any], column: Column, table: Table, currency: Currency) -> Cell | None:
    """What the row shows in the column; None where the answer does not have it."""
    name = wire_name(column)
    if name not in row:
        return None
    if column.secured:
        # Without the right to it a secured column reads as null, or masked: no value can be told from that.
        return Cell(unreadable=reasons.SECURED)
    value = row[name]
    if value is not None and not _fits(value, column, column.name in table.wire_dates):
        return Cell(unreadable=reasons.COLUMN_CHANGED)
    empty = _money(column, currency) if column.type is ColumnType.MONEY else Cell()
    if value is None:
        return empty
    label = row.get(name + _FORMATTED)
    if column.type in REFERENCES:
        target = row.get(name + LOGICAL_NAME) or next(iter(column.targets), "")
        return Cell(f"{target}:{str(value).lower()}", str(label) if label else None)
    return replace(empty, value=_CANONICAL.get(column.type, str)(value))


def _money(column: Column, currency: Currency) -> Cell:
    """An empty amount: where the column has no precision of its own, its currency's holds."""
    return Cell(precision=currency.precision if column.precision is None else None, currency=currency.code)


def told_of(row: Mapping[str, Any], columns: Iterable[Column]) -> set[tuple[str, str]]:
    """Each column with what the row shows for it, shortened: what a doubt is about."""
    found = set()
    for column in columns:
        value = row.get(wire_name(column))
        shown = row.get(column.name + _FORMATTED) if column.type in _OPTIONS else None
        found.add((column.name, repr(value)[:60] if shown is None else repr((value, shown))[:200]))
    return found


def is_strange(row: Mapping[str, Any], column: Column, table: Table) -> bool:
    """Whether what the row shows does not go with what is known of its column."""
    value = row.get(wire_name(column))
    if value is None or column.secured:
        return False
    if not _fits(value, column, column.name in table.wire_dates):
        return True
    shown = row.get(column.name + _FORMATTED)
    if column.type is ColumnType.MULTI_SELECT:
        numbers = [int(part) for part in value.split(",")]
        return any(number not in column.options for number in numbers) or not _may_name(shown, numbers, column)
    # An option that was removed has no name any more, although the record still holds it. One that was renamed has
    # another, whose language is the reader's: it only shows that the labels that are known are not those of now.
    return column.type in _OPTION and (value not in column.options or shown not in _names(value, column))


def _names(number: int, column: Column) -> tuple[str, ...]:
    return (column.options[number], *column.labels.get(number, ()))


def _may_name(shown: Any, numbers: Sequence[int], column: Column) -> bool:
    """Whether the text can name these options, each in some language. A label may hold the sign between labels."""
    if shown is None:
        return True
    parts = _parts(str(shown))
    names = [[_parts(name) for name in _names(number, column)] for number in numbers]
    known = {part for each in names for one in each for part in one}
    return parts <= known and all(any(one <= parts for one in each) for each in names)


def _parts(text: str) -> set[str]:
    return {part.strip() for part in text.split(";")}


def _fits(value: Any, column: Column, wire_date: bool) -> bool:
    """Whether a value has the shape that its column's type has on the wire: a column may be made anew, by the same
    name, since its metadata was read."""
    kind = column.type
    if kind is ColumnType.YES_NO:
        return isinstance(value, bool)
    if kind in _OPTION:
        return isinstance(value, int) and not isinstance(value, bool)
    if kind in NUMBERS:
        return isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    if kind is ColumnType.OTHER or kind in (ColumnType.FILE, ColumnType.IMAGE):
        return True
    return isinstance(value, str) and _fits_text(value, kind, wire_date)


def _fits_text(value: str, kind: ColumnType, wire_date: bool) -> bool:
    if kind is ColumnType.MULTI_SELECT:
        return _NUMBERS.fullmatch(value) is not None
    if kind in MOMENTS or (kind is ColumnType.DATE_ONLY and wire_date):
        return _INSTANT.match(value) is not None
    return kind is not ColumnType.DATE_ONLY or _DAY.fullmatch(value) is not None


_OPTION = (ColumnType.CHOICE, ColumnType.STATE, ColumnType.STATUS)
_OPTIONS = (*_OPTION, ColumnType.MULTI_SELECT)
_NUMBERS = re.compile(r"-?\d+(,-?\d+)*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d", re.ASCII)


def _numbers(listed: str) -> str:
    return ",".join(map(str, sorted(int(part) for part in listed.split(",") if part)))


_CANONICAL: Mapping[ColumnType, Callable[[Any], Canonical]] = {
    **dict.fromkeys((ColumnType.TEXT, ColumnType.MEMO), lambda value: normal_text(str(value)) or None),
    **dict.fromkeys(NUMBERS, lambda value: plain_decimal(value if isinstance(value, Decimal) else Decimal(str(value)))),
    ColumnType.YES_NO: lambda value: "true" if value else "false",
    ColumnType.MULTI_SELECT: lambda value: _numbers(str(value)) or None,
    ColumnType.DATE_ONLY: lambda value: str(value)[:10],
    **dict.fromkeys(MOMENTS, lambda value: instant_text(datetime.fromisoformat(str(value).replace("Z", "+00:00")))),
    ColumnType.UNIQUE_IDENTIFIER: lambda value: str(value).lower(),
}


def json_of(value: Canonical, column: Column, table: Table) -> Any:
    """What is sent for a canonical value; None clears."""
    kind = column.type
    if value is None:
        return None
    if kind in (
        ColumnType.WHOLE_NUMBER,
        ColumnType.BIG_INTEGER,
        ColumnType.CHOICE,
        ColumnType.STATE,
        ColumnType.STATUS,
    ):
        return int(value)
    if kind in NUMBERS:
        return Decimal(value)
    if kind is ColumnType.YES_NO:
        return value == "true"
    if kind is ColumnType.DATE_ONLY and column.name in table.wire_dates:
        return f"{value}T00:00:00Z"
    return value
