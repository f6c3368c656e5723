"""Dates with a time of day: instants, wall clocks, and dates that are stored as an instant.

Without a zone of the row's own an instant is written and read as UTC, as the article does. A wall clock
(time-zone independent) has no zone at all: only `Z`, which means nothing there, or no offset is read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sync_core.engine.model import Canonical, Cell, Column
from sync_core.engine.values.canonical import EARLIEST, instant_text, moment_of
from sync_core.engine.values.dates import read_day
from sync_core.engine.values.zones import first_moment, is_twice, local_of, moment_at, offset_text
from sync_core.errors import Unmappable

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.0+)?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?)?",
    re.ASCII,
)


def instant_out(value: str, _cell: Cell, column: Column) -> str:
    zone = column.row.time_zone
    if zone is None:
        return value
    local = local_of(moment_of(value), zone)
    text = local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")
    return text + offset_text(local) if is_twice(local) else text


def read_instant(text: str, column: Column) -> Canonical:
    local, zone = clock_of(text, column), column.row.time_zone
    try:
        if local is None:
            moment = None
        elif local.tzinfo is not None:
            moment = local.astimezone(UTC)
        else:
            # Without an offset the article assumes UTC.
            moment = local.replace(tzinfo=UTC) if zone is None else moment_at(local, zone)
    except OverflowError:
        moment = None
    if moment is None or moment.date() < EARLIEST:
        where = f"local time of {zone}" if zone else "UTC"
        text = f"Not a date and time such as 2026-03-12 13:45 (without an offset: {where})."
        raise Unmappable("not_a_time", text)
    return instant_text(moment)


def wall_time_out(value: str, _cell: Cell, _column: Column) -> str:
    return value


def read_wall_time(text: str, column: Column) -> Canonical:
    clock = clock_of(text, column)
    if clock is None or clock.date() < EARLIEST:
        raise Unmappable("not_a_time", "Not a date and time such as 2026-03-12T13:45:00Z.")
    if clock.tzinfo is not None and clock.utcoffset():
        raise Unmappable("wall_clock", "The column holds a time without a zone; write it without an offset.")
    return instant_text(clock.replace(tzinfo=UTC))


def user_date_out(value: str, cell: Cell, column: Column) -> str:
    """With a zone the day that it is there; without one the instant itself."""
    zone = column.row.time_zone
    return instant_out(value, cell, column) if zone is None else local_of(moment_of(value), zone).date().isoformat()


def read_user_date(text: str, column: Column) -> Canonical:
    zone = column.row.time_zone
    if zone is None:
        return read_instant(text, column)
    moment = first_moment(read_day(text, column), zone)
    if moment.date() < EARLIEST:
        raise Unmappable("not_a_date", "Before the first day that Dynamics takes.")
    return instant_text(moment)


def clock_of(text: str, _column: Column) -> datetime | None:
    """The date and time that a text means in this column's row, with its offset if it has one; None for no time."""
    word = text.strip()
    try:
        return datetime.fromisoformat(word.replace("Z", "+00:00")) if _TIME.fullmatch(word) else None
    except ValueError:
        return None
