"""Dates without a time of day: never through an instant, so that no zone can move them."""

from __future__ import annotations

import re
from datetime import date

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import EARLIEST
from sync_core.engine.values.locale_dates import read_written_date, written_date
from sync_core.errors import Unmappable

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def date_text(value: str, _cell: Cell, column: Column) -> str:
    return shown_day(date.fromisoformat(value), column)


def shown_day(day: date, column: Column) -> str:
    shape = column.row.format
    return day.isoformat() if shape is None else written_date(day, shape)


def read_date(text: str, column: Column) -> Canonical:
    return read_day(text, column).isoformat()


def read_day(text: str, column: Column) -> date:
    """The day that a text means in this column's row: as `2026-03-12` always, and as the row's locale writes it."""
    word, shape = text.strip(), column.row.format
    try:
        day = date.fromisoformat(word) if _DATE.fullmatch(word) else None
    except ValueError:
        day = None
    if day is None and shape is not None:
        day = read_written_date(text, shape)
    if day is None or day < EARLIEST:
        like = "" if shape is None else f", or as it is written in {shape.locale}, with all four digits of the year"
        raise Unmappable("not_a_date", f"Not a date such as 2026-03-12{like}.")
    return day
