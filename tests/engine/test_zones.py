"""Local time in every IANA zone, around every change of its clocks from 2020 to 2030: nothing is shifted or guessed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Format, Length, RowOptions
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import instant_text, same, text_of, value_of
from sync_core.engine.values.zones import first_moment, known_zones
from sync_core.errors import Unmappable
from tests.engine.scenes import column

FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)
STEP = timedelta(days=5)  # no zone keeps its clocks changed for less
SECOND = timedelta(seconds=1)
AROUND = [
    timedelta(seconds=away)
    for away in (-86400, -7200, -3601, -3600, -1800, -1, 0, 1, 1800, 3599, 3600, 3601, 7200, 86400)
]
DATE_ONLY = column(ColumnType.DATE_ONLY)
SHAPES = (None, Format("sv-SE"), Format("en-US", Length.SHORT))


@cache
def changes(zone: str) -> tuple[datetime, ...]:
    """The first instant after each change of the clocks."""
    there, found, at = ZoneInfo(zone), [], FROM
    while at < TO:
        after = at + STEP
        if at.astimezone(there).utcoffset() != after.astimezone(there).utcoffset():
            low, high = at, after
            while high - low > SECOND:
                middle = low + (high - low) // 2 // SECOND * SECOND
                same_side = middle.astimezone(there).utcoffset() == at.astimezone(there).utcoffset()
                low, high = (middle, high) if same_side else (low, middle)
            found.append(high)
        at = after
    return tuple(found)


def moments(zone: str) -> Iterator[datetime]:
    yield from (FROM, datetime(2024, 2, 29, 23, 59, 59, tzinfo=UTC), datetime(1753, 1, 3, tzinfo=UTC))
    for change in changes(zone):
        yield from (change + away for away in AROUND)


def offset_of(local: datetime) -> timedelta:
    offset = local.utcoffset()
    assert offset is not None
    return offset


def times(zone: str, kind: ColumnType = ColumnType.DATE_TIME) -> Column:
    return column(kind, row=RowOptions(time_zone=zone))


ALL_ZONES = sorted(known_zones())
PARTS: Sequence[Sequence[str]] = [ALL_ZONES[start::8] for start in range(8)]


def test_the_zones_are_all_there_and_their_changes_are_found() -> None:
    assert len(ALL_ZONES) > 550
    assert len(changes("Europe/Stockholm")) == 22
    past = [one for one in changes("Africa/Casablanca") if one < datetime(2026, 1, 1, tzinfo=UTC)]
    assert len(past) == 12, "its clocks followed Ramadan; what comes later the pinned tzdata may learn otherwise"
    assert changes("Asia/Tokyo") == ()
    assert sum(len(changes(zone)) for zone in ALL_ZONES) > 3000


@pytest.mark.parametrize("zones", PARTS, ids=lambda part: part[0])
def test_an_instant_goes_out_in_local_time_and_comes_back_itself(zones: Sequence[str]) -> None:
    for zone in zones:
        of = times(zone)
        for moment in moments(zone):
            value = instant_text(moment)
            text = text_of(Cell(value), of)
            assert value_of(text, of) == value, (zone, value, text)
            local = moment.astimezone(ZoneInfo(zone))
            assert text.startswith(local.strftime("%Y-%m-%d %H:%M")), (zone, value, text)


@pytest.mark.parametrize("zones", PARTS, ids=lambda part: part[0])
def test_a_local_time_is_read_as_the_only_instant_that_shows_it_or_refused(zones: Sequence[str]) -> None:
    for zone in zones:
        there, of = ZoneInfo(zone), times(zone)
        for change in changes(zone):
            before = (change - SECOND).astimezone(there)
            after = change.astimezone(there)
            jump = offset_of(after) - offset_of(before)
            wall = (change + offset_of(before)).replace(tzinfo=None)  # what the old clocks would show now
            inside = wall + jump / 2  # within the time that is skipped, or that comes twice
            for text in (inside.isoformat(" "), inside.isoformat()):
                with pytest.raises(Unmappable) as refusal:
                    value_of(text, of)
                assert refusal.value.code == ("time_skipped" if jump > timedelta(0) else "time_twice"), (zone, text)
            if jump < timedelta(0):
                for offset in (before, after):
                    text = inside.isoformat(" ") + offset.isoformat()[19:]
                    moment = datetime.fromisoformat(text).astimezone(UTC)
                    assert value_of(text, of) == instant_text(moment)
                    assert text_of(Cell(instant_text(moment)), of) == text.replace(":00+", "+").replace(":00-", "-")


@pytest.mark.parametrize("zones", PARTS, ids=lambda part: part[0])
def test_a_day_kept_as_an_instant_is_that_day_whatever_its_hour(zones: Sequence[str]) -> None:
    for zone in zones:
        there, of = ZoneInfo(zone), times(zone, ColumnType.USER_LOCAL_DATE)
        for moment in moments(zone):
            cell = Cell(instant_text(moment))
            text = text_of(cell, of)
            assert text == moment.astimezone(there).date().isoformat()
            assert same(text, cell, of), "out and back unchanged is no change"
            begins = value_of(text, of)
            assert begins is not None
            assert text_of(Cell(begins), of) == text
            start = datetime.fromisoformat(begins.replace("Z", "+00:00"))
            assert (start - SECOND).astimezone(there).date() < start.astimezone(there).date()


@pytest.mark.parametrize("zones", PARTS, ids=lambda part: part[0])
def test_nothing_drifts_in_a_hundred_round_trips(zones: Sequence[str]) -> None:
    for zone in zones:
        kinds = [times(zone), times(zone, ColumnType.USER_LOCAL_DATE)]
        for change in changes(zone)[:2] or [FROM]:
            for of in kinds:
                value = value_of(text_of(Cell(instant_text(change)), of), of)
                first = value
                for _ in range(100):
                    value = value_of(text_of(Cell(value), of), of)
                assert value == first


def rests(value: str, of: Column) -> str | None:
    """What a value is after one trip out and back; a second trip must leave it so, and with it every further one."""
    once = value_of(text_of(Cell(value), of), of)
    assert value_of(text_of(Cell(once), of), of) == once, (of.row, value)
    return once


@pytest.mark.parametrize("zones", PARTS, ids=lambda part: part[0])
def test_around_every_change_of_the_clocks_a_value_is_at_rest_in_every_shape(zones: Sequence[str]) -> None:
    for zone in zones:
        for change in changes(zone):
            for away in (-1800, -1, 0, 1800):
                value = instant_text(change + timedelta(seconds=away))
                for shape in SHAPES:
                    row = RowOptions(time_zone=zone, format=shape)
                    assert rests(value, column(ColumnType.DATE_TIME, row=row)) == value, (row, value)
                    day = rests(value, column(ColumnType.USER_LOCAL_DATE, row=row))
                    assert day is not None
                    there = [datetime.fromisoformat(one).astimezone(ZoneInfo(zone)).date() for one in (value, day)]
                    assert there[0] == there[1], "no day becomes its neighbour"


@pytest.mark.parametrize("shape", [*SHAPES, Format("de-DE", Length.MEDIUM)])
def test_dates_and_wall_clocks_rest_through_a_hundred_trips(shape: Format | None) -> None:
    kinds = [column(kind, row=RowOptions(format=shape)) for kind in (ColumnType.DATE_ONLY, ColumnType.WALL_TIME)]
    days = [date(2020, 1, 1) + timedelta(days=count) for count in range(0, 4018, 11)]
    for day in (date(1753, 1, 1), date(2024, 2, 29), date(9999, 12, 31), *days):
        for of, first in zip(kinds, (day.isoformat(), f"{day.isoformat()}T23:59:30Z"), strict=True):
            value: str | None = first
            for _ in range(100 if day == days[0] else 2):
                value = value_of(text_of(Cell(value), of), of)
            assert value == first


def test_a_date_only_column_never_moves_in_any_zone() -> None:
    for zone in ALL_ZONES:
        days = {moment.astimezone(ZoneInfo(zone)).date() for moment in moments(zone)}
        for day in days:
            assert text_of(Cell(day.isoformat()), DATE_ONLY) == day.isoformat()
            assert value_of(day.isoformat(), DATE_ONLY) == day.isoformat()


def test_a_day_begins_at_its_first_moment() -> None:
    assert first_moment(date(2026, 3, 12), "Europe/Stockholm") == datetime(2026, 3, 11, 23, tzinfo=UTC)
    # Santiago skips midnight of this day; Havana has it twice.
    assert first_moment(date(2026, 9, 6), "America/Santiago") == datetime(2026, 9, 6, 4, tzinfo=UTC)
    assert first_moment(date(2026, 11, 1), "America/Havana") == datetime(2026, 11, 1, 4, tzinfo=UTC)
    # Toronto's clocks went from 23:30 to 00:30 in 1919.
    assert first_moment(date(1919, 3, 31), "America/Toronto") == datetime(1919, 3, 31, 4, 30, tzinfo=UTC)


def test_a_day_that_a_zone_left_out_is_refused() -> None:
    with pytest.raises(Unmappable) as refusal:
        first_moment(date(2011, 12, 30), "Pacific/Apia")
    assert refusal.value.code == "day_skipped"
    assert value_of("2011-12-31", times("Pacific/Apia", ColumnType.USER_LOCAL_DATE)) == "2011-12-30T10:00:00Z"


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago", "Europe/Stockholm"])
@pytest.mark.parametrize("kind", [ColumnType.DATE_TIME, ColumnType.USER_LOCAL_DATE])
def test_the_calendars_ends_are_refused_and_break_nothing(zone: str, kind: ColumnType) -> None:
    of = times(zone, kind)
    for text in ("0001-01-01", "9999-12-31", "1752-12-31", "1753-01-01"):
        for more in ("", " 00:00", " 23:59:59", "T23:59:59Z", "T00:00:00-23:59"):
            try:
                value = value_of(text + more, of)
            except Unmappable:
                continue
            assert value is not None
            assert value >= "1753-01-01"
