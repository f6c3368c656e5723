"""Dates with a time of day: instants, wall clocks, and dates that are stored as an instant.

Without a zone of the row's own an instant is written and read as UTC, as the article does. A wall clock
(time-zone independent) has no zone at all: only `Z`, which means nothing there, or no offset is read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Format
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import EARLIEST, instant_text, moment_of
from sync_core.engine.values.dates import read_day, shown_day
from sync_core.engine.values.locale_dates import read_written_date, split_date_and_time, written_date, written_time
from sync_core.engine.values.locales import typed
from sync_core.engine.values.zones import first_moment, is_twice, local_of, moment_at, offset_text
from sync_core.errors import Unmappable

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.0+)?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2}(:[0-9]{2})?)?",
    re.ASCII,
)


# Where a locale writes the time, only after UTC: "09:00-11:00" is from nine to eleven.
_OFFSET = re.compile(r"(?P<clock>.*?) ?(?:UTC|GMT|Z)(?P<offset> ?[+-][0-9]{2}:?[0-9]{2})?", re.ASCII | re.IGNORECASE)


def instant_out(value: str, _cell: Cell, column: Column) -> str:
    zone, shape = column.row.time_zone, column.row.format
    if zone is None:
        return value if shape is None else f"{_written(moment_of(value), shape)} UTC"
    local = local_of(moment_of(value), zone)
    if shape is not None:
        return f"{_written(local, shape)} UTC{offset_text(local)}" if is_twice(local) else _written(local, shape)
    text = local.strftime("%Y-%m-%d %H:%M:%S" if local.second else "%Y-%m-%d %H:%M")
    return text + offset_text(local) if is_twice(local) else text


def _written(clock: datetime, shape: Format) -> str:
    return f"{written_date(clock.date(), shape)} {written_time(clock.time(), shape)}"


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


def wall_time_out(value: str, _cell: Cell, column: Column) -> str:
    shape = column.row.format
    return value if shape is None else _written(moment_of(value), shape)


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
    return (
        instant_out(value, cell, column) if zone is None else shown_day(local_of(moment_of(value), zone).date(), column)
    )


def read_user_date(text: str, column: Column) -> Canonical:
    zone = column.row.time_zone
    if zone is None:
        return read_instant(text, column)
    moment = first_moment(read_day(text, column), zone)
    if moment.date() < EARLIEST:
        raise Unmappable("not_a_date", "Before the first day that Dynamics takes.")
    return instant_text(moment)


def clock_of(text: str, column: Column) -> datetime | None:
    """The date and time that a text means in this column's row, with its offset if it has one; None for no time."""
    word, shape = text.strip(), column.row.format
    try:
        if _TIME.fullmatch(word):
            return datetime.fromisoformat(word.replace("Z", "+00:00"))
        return None if shape is None else _as_written(typed(text), shape)
    except ValueError:
        return None


def _as_written(text: str, shape: Format) -> datetime | None:
    at = _OFFSET.fullmatch(text)
    parts = split_date_and_time(at["clock"] if at else text, shape)
    if parts is None:
        return None
    day, clock = read_written_date(parts[0], shape), parts[1]
    if day is None:
        return None
    if at is None:
        return datetime.combine(day, clock)
    offset = (at["offset"] or "+00:00").strip()
    return datetime.fromisoformat(f"{day.isoformat()}T{clock.isoformat()}{offset}")
