"""Dates without a time of day: never through an instant, so that no zone can move them."""

from __future__ import annotations

import re
from datetime import date

from sync_core.engine.model import Canonical, Cell, Column
from sync_core.engine.values.canonical import EARLIEST
from sync_core.errors import Unmappable

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def date_text(value: str, _cell: Cell, _column: Column) -> str:
    return value


def read_date(text: str, column: Column) -> Canonical:
    return read_day(text, column).isoformat()


def read_day(text: str, _column: Column) -> date:
    """The day that a text means in this column's row."""
    word = text.strip()
    try:
        day = date.fromisoformat(word) if _DATE.fullmatch(word) else None
    except ValueError:
        day = None
    if day is None or day < EARLIEST:
        raise Unmappable("not_a_date", "Not a date such as 2026-03-12.")
    return day
