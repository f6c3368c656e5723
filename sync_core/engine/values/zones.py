"""Local time in an IANA time zone, and the stated rule for hours that are there twice or not at all.

A local time that happens twice (the clocks go back) is written with its offset, and read only with one. A local time
that never happens (the clocks go forward) is refused. Nothing is ever shifted silently. A day begins at its first
moment, which is not midnight where the clocks go forward at midnight; a day that a zone left out is refused.
"""

from __future__ import annotations

import zoneinfo
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache

from sync_core.errors import Unmappable

_NO_PLACE = frozenset({"Factory", "localtime"})
_SECOND = timedelta(seconds=1)


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """The names of all IANA time zones."""
    return frozenset(zoneinfo.available_timezones()) - _NO_PLACE


def local_of(moment: datetime, zone: str) -> datetime:
    """What the clocks of the zone show; it keeps its zone. Unmappable where the calendar ends."""
    try:
        return moment.astimezone(zoneinfo.ZoneInfo(zone))
    except OverflowError as error:
        raise Unmappable("not_a_time", "The local time is outside the calendar.") from error


def is_twice(local: datetime) -> bool:
    """Whether the clocks show this local time twice."""
    return len(_moments(local.replace(tzinfo=None), local.tzinfo)) > 1


def moment_at(local: datetime, zone: str) -> datetime:
    """The instant of a local time without an offset, in UTC. Unmappable if there are two, or none."""
    moments = _moments(local, zoneinfo.ZoneInfo(zone))
    if not moments:
        raise Unmappable("time_skipped", "The clocks skip this time there; write one that exists.")
    if len(moments) > 1:
        offsets = " or ".join(offset_text(moment.astimezone(zoneinfo.ZoneInfo(zone))) for moment in moments)
        raise Unmappable("time_twice", f"The clocks show this time twice there; add its offset, {offsets}.")
    return moments[0]


def first_moment(day: date, zone: str) -> datetime:
    """The instant at which a day begins in the zone, in UTC."""
    there, midnight = zoneinfo.ZoneInfo(zone), datetime(day.year, day.month, day.day)  # noqa: DTZ001 no zone yet
    try:
        moments = _moments(midnight, there)
        if moments:
            return moments[0]
        # Midnight is skipped: the first instant after the gap, sought between the two that PEP 495 gives for it.
        after = midnight.replace(tzinfo=there, fold=0).astimezone(UTC)
        before = midnight.replace(tzinfo=there, fold=1).astimezone(UTC)
    except OverflowError as error:
        raise Unmappable("not_a_date", "The day is outside the calendar.") from error
    while after - before > _SECOND:
        middle = before + (after - before) // 2 // _SECOND * _SECOND
        before, after = (before, middle) if middle.astimezone(there).date() >= day else (middle, after)
    if after.astimezone(there).date() != day:
        raise Unmappable("day_skipped", "The calendar skips this day there; write one that exists.")
    return after


def offset_text(local: datetime) -> str:
    """The offset from UTC: `+02:00`."""
    return local.isoformat()[len(local.replace(tzinfo=None).isoformat()) :]


def _moments(local: datetime, zone: tzinfo | None) -> list[datetime]:
    """The instants at which the clocks show this, in order."""
    found = set()
    for fold in (0, 1):
        moment = local.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if moment.astimezone(zone).replace(tzinfo=None, fold=0) == local.replace(fold=0):
            found.add(moment)
    return sorted(found)
