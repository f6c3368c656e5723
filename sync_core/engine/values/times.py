"""Dates with a time of day: instants, wall clocks, and dates that are stored as an instant.

Without a zone of the row's own an instant is written and read as UTC, as the article does. A wall clock
(time-zone independent) has no zone at all: only `Z`, which means nothing there, or no offset is read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sync_core.engine.model import Canonical, Column
from sync_core.engine.values.canonical import EARLIEST, instant_text
from sync_core.errors import Unmappable

_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.0+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII
)


def read_instant(text: str, _column: Column) -> Canonical:
    moment = _moment(text)
    try:
        # Without an offset the article assumes UTC.
        moment = moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        moment = None
    if moment is None or moment.date() < EARLIEST:
        raise Unmappable("not_a_time", "Not a date and time such as 2026-03-12T13:45:00Z (without an offset: UTC).")
    return instant_text(moment)


def read_wall_time(text: str, _column: Column) -> Canonical:
    moment = _moment(text)
    if moment is None or moment.date() < EARLIEST:
        raise Unmappable("not_a_time", "Not a date and time such as 2026-03-12T13:45:00Z.")
    if moment.tzinfo is not None and moment.utcoffset():
        raise Unmappable("wall_clock", "The column holds a time without a zone; write it without an offset.")
    return instant_text(moment.replace(tzinfo=UTC))


def _moment(text: str) -> datetime | None:
    word = text.strip()
    try:
        return datetime.fromisoformat(word.replace("Z", "+00:00")) if _TIME.fullmatch(word) else None
    except ValueError:
        return None
