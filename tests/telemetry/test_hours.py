"""What a process measures, kept by the hour: added up once, saved with few requests, never lost to a failure."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from sync_core.telemetry import metrics
from sync_core.telemetry.hours import NAMES, Hours, added

NINE = datetime(2026, 3, 12, 9, 0, tzinfo=UTC)


class Kept:
    """What was saved, by hour; `fails`: how often saving does not work first."""

    def __init__(self) -> None:
        self.at, self.fails = NINE + timedelta(minutes=30), 0
        self.saved: list[tuple[datetime, Mapping[str, float]]] = []
        self.hours = Hours(self.save, lambda: self.at, wait=3600.0)

    def save(self, hour: datetime, totals: Mapping[str, float]) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("away")
        self.saved.append((hour, totals))


@pytest.fixture
def kept() -> Kept:
    return Kept()


def test_an_hours_numbers_are_added_up_and_saved_as_a_whole(kept: Kept) -> None:
    kept.hours(metrics.EDITS, 3, {"by": "itself"})
    kept.hours(metrics.WEBHOOK_TO_WRITTEN, 2.0, {})
    kept.hours.flush()
    kept.hours(metrics.EDITS, 1, {"by": "a person"})
    kept.hours(metrics.WEBHOOK_TO_WRITTEN, 5.0, {})
    kept.hours(metrics.RATE_LIMIT_USED, 0.25, {})
    kept.hours(metrics.RATE_LIMIT_USED, 0.1, {})
    kept.hours.flush()
    (first, _), (hour, totals) = kept.saved
    assert first == hour == NINE
    told = {"edits": 4, "webhooks": 2, "webhook_seconds": 7.0, "webhook_most": 5.0, "rate_limit_most": 0.25}
    assert totals == dict.fromkeys(NAMES, 0.0) | told


def test_nothing_new_asks_nothing(kept: Kept) -> None:
    kept.hours(metrics.QUEUE_LENGTH, 7, {"queue": "sync-jobs"})
    kept.hours.flush()
    kept.hours(metrics.DRIFT, 1, {})
    kept.hours.flush()
    kept.hours.flush()
    assert len(kept.saved) == 1


def test_a_new_hour_begins_at_nothing_and_leaves_the_old_one_saved(kept: Kept) -> None:
    kept.hours(metrics.DRIFT, 1, {})
    kept.at += timedelta(hours=1)
    kept.hours(metrics.DRIFT, 2, {})
    kept.hours.flush()
    assert {hour: totals["drift"] for hour, totals in kept.saved} == {NINE: 1, NINE + timedelta(hours=1): 2}


def test_what_could_not_be_saved_is_saved_with_the_next(kept: Kept) -> None:
    kept.fails = 1
    kept.hours(metrics.DRIFT, 1, {})
    kept.hours.flush()
    assert kept.saved == []
    kept.at += timedelta(hours=1)
    kept.hours(metrics.REFUSALS, 1, {})
    kept.hours.flush()
    assert {(hour, totals["drift"], totals["refusals"]) for hour, totals in kept.saved} == {
        (NINE, 1, 0),
        (NINE + timedelta(hours=1), 0, 1),
    }


def test_two_processes_are_added_up_and_the_most_is_the_most_of_either() -> None:
    one, other = {"edits": 2.0, "rate_limit_most": 0.5}, {"edits": 1.0, "rate_limit_most": 0.75}
    both = added(one, other)
    assert (both["edits"], both["rate_limit_most"], both["drift"]) == (3.0, 0.75, 0.0)


def test_whoever_looks_waits_for_what_another_thread_is_saving() -> None:
    entered, go, saved = threading.Event(), threading.Event(), threading.Event()

    def slowly(hour: datetime, totals: Mapping[str, float]) -> None:
        entered.set()
        assert go.wait(10)
        saved.set()

    hours = Hours(slowly, lambda: NINE, wait=3600.0)
    hours(metrics.EDITS, 1, {})
    other = threading.Thread(target=hours.flush)
    other.start()
    assert entered.wait(10)
    seen: list[bool] = []

    def look() -> None:
        hours.flush()
        seen.append(saved.is_set())

    looking = threading.Thread(target=look)
    looking.start()
    looking.join(0.2)
    assert not seen, "it waits"
    go.set()
    for thread in (other, looking):
        thread.join(10)
    assert seen == [True]
