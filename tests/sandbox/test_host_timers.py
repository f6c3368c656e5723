"""A timer's run that was missed while no host was up, and when a schedule comes next."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.azurite import Azurite
from sandbox.host.model import FunctionSpec
from sandbox.host.monitor import Monitor
from sandbox.host.schedule import Schedule
from sandbox.host.timers import Timers

HOURLY = Schedule.parse("0 0 * * * *")
DAILY = Schedule.parse("0 17 3 * * *")
NOW = datetime(2026, 3, 12, 10, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def monitor(azurite: Azurite) -> Monitor:
    return Monitor(azurite.connection_string, pytest.fail)


@pytest.fixture
def name() -> str:
    return f"t{uuid.uuid4().hex}"


def test_a_new_timer_missed_nothing_but_is_watched_from_then_on(monitor: Monitor, name: str) -> None:
    assert not monitor.is_past_due(name, HOURLY, NOW)
    assert not monitor.is_past_due(name, HOURLY, NOW + HOUR / 4)
    assert monitor.is_past_due(name, HOURLY, NOW + HOUR)


def test_a_run_puts_off_what_is_due(monitor: Monitor, name: str) -> None:
    monitor.ran(name, HOURLY, NOW)
    assert not monitor.is_past_due(name, HOURLY, NOW + HOUR / 4)
    assert monitor.is_past_due(name, HOURLY, NOW + 5 * HOUR)
    monitor.ran(name, HOURLY, NOW + 5 * HOUR)
    assert not monitor.is_past_due(name, HOURLY, NOW + 5 * HOUR)


def test_another_schedule_than_before_missed_nothing(monitor: Monitor, name: str) -> None:
    monitor.ran(name, HOURLY, NOW)
    assert not monitor.is_past_due(name, DAILY, NOW + 48 * HOUR)
    assert monitor.is_past_due(name, DAILY, NOW + 96 * HOUR)


def test_a_schedule_that_never_comes_is_never_past_due(monitor: Monitor, name: str) -> None:
    never = Schedule.parse("0 0 0 31 2 *")
    monitor.ran(name, never, NOW)
    assert not monitor.is_past_due(name, never, NOW + 100000 * HOUR)


def test_storage_that_does_not_answer_is_said_and_stops_nothing(name: str) -> None:
    said: list[str] = []
    monitor = Monitor("no connection string", said.append)
    assert not monitor.is_past_due(name, HOURLY, NOW)
    assert said and all(text.startswith("timer.unmonitored") for text in said)


class Recorder:
    """An invoker that only notes what a timer's function would be told."""

    functions: Sequence[Any] = ()

    def __init__(self) -> None:
        self.past_due: list[bool] = []

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> None:
        self.past_due.append(datum["IsPastDue"])

    def datum(self, value: Any, kind: str) -> Any:
        return json.loads(value)


def a_timer(name: str, schedule: Schedule, **options: Any) -> FunctionSpec:
    return FunctionSpec(name, "timer", "timer", schedule=schedule, monitored=True, **options)


def test_a_missed_run_is_made_up_for_at_once_and_once(monitor: Monitor, name: str) -> None:
    yearly = Schedule.parse("0 0 0 1 1 *")
    monitor.ran(name, yearly, datetime.now(UTC) - timedelta(days=800))
    recorder = Recorder()
    for _ in range(2):
        timers = Timers([a_timer(name, yearly)], recorder, print, monitor)
        end = time.monotonic() + 20
        while not recorder.past_due or monitor.is_past_due(name, yearly, datetime.now(UTC)):
            assert time.monotonic() < end, "it was not made up for"
            time.sleep(0.01)
        timers.close()
    assert recorder.past_due == [True]


def test_a_run_by_hand_may_say_that_it_is_late(name: str) -> None:
    recorder = Recorder()
    timers = Timers([a_timer(name, HOURLY)], recorder, print, scheduled=False)
    timers.run(name)
    timers.run(name, past_due=True)
    timers.close()
    assert recorder.past_due == [False, True]


@pytest.mark.parametrize(("text", "moment", "comes"), [
    ("0 0 * * * *", "2026-03-12T10:30:00", "2026-03-12T11:00:00"),
    ("0 0 * * * *", "2026-03-12T11:00:00", "2026-03-12T12:00:00"),
    ("*/30 * * * * *", "2026-03-12T10:59:59.9", "2026-03-12T11:00:00"),
    ("0 17 3 * * *", "2026-12-31T03:17:00", "2027-01-01T03:17:00"),
    ("0 0 9 * * MON-FRI", "2026-03-13T09:00:00", "2026-03-16T09:00:00"),
    ("0 0 0 29 Feb *", "2026-03-12T10:30:00", "2028-02-29T00:00:00"),
    ("0 0 0 13 * friday", "2026-03-14T00:00:00", "2026-11-13T00:00:00"),
    ("5 4 1 jan,JUL *", "2026-03-12T00:00:00", "2026-07-01T04:05:00"),
    ("0 0 0 31 2 *", "2026-03-12T10:30:00", None),
])  # fmt: skip
def test_a_schedule_knows_when_it_comes_next(text: str, moment: str, comes: str | None) -> None:
    found = Schedule.parse(text).after(datetime.fromisoformat(moment).replace(tzinfo=UTC))
    assert found == (comes and datetime.fromisoformat(comes).replace(tzinfo=UTC))


@pytest.mark.parametrize(("text", "often"), [
    ("*/30 * * * * *", True), ("0,1 * * * * *", True), ("0 * * * * *", False), ("*/30 0 * * * *", False),
    ("* * * * *", False), ("*/30 * * * * 1-5", False),
])  # fmt: skip
def test_timers_of_less_than_a_minute_are_not_monitored(text: str, often: bool) -> None:
    """https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer: `useMonitor`"""
    assert Schedule.parse(text).often is often


@pytest.mark.parametrize("text", ["0 0 0 * * someday", "0 0 0 * smarch *", "mon 0 0 * * *"])
def test_names_are_of_months_and_of_days_only(text: str) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Schedule.parse(text)
