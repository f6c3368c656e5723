"""Outages do not multiply jobs: however long one lasts, what waits is bounded by the number of links. Virtual time."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from bench.measure import Figure
from bench.outages import OUTAGES, Weekend, field_by_field
from sync_core.errors import SyncError

LINKS = 5


@pytest.fixture(autouse=True)
def silent(caplog: pytest.LogCaptureFixture) -> None:
    """Thousands of sweeps say a line each."""
    caplog.set_level(logging.CRITICAL, "sync_core")


@pytest.mark.parametrize("error", OUTAGES.values(), ids=OUTAGES.keys())
def test_messages_and_rows_stay_bounded_through_a_weekend(error: Callable[[], SyncError]) -> None:
    weekend = Weekend(LINKS, error)
    rows = []
    for _ in range(10):
        weekend.pass_time(timedelta(hours=6))
        rows.append(len(weekend.rows))
    assert weekend.most <= 2 * LINKS, "one that waits, and one that somebody told of just now"
    assert max(rows) <= 12 * LINKS
    assert weekend.letters == []


@pytest.mark.parametrize("error", OUTAGES.values(), ids=OUTAGES.keys())
def test_when_it_is_over_every_link_is_looked_at(error: Callable[[], SyncError]) -> None:
    weekend = Weekend(LINKS, error)
    weekend.pass_time(timedelta(hours=3))
    weekend.lasts = False
    weekend.pass_time(timedelta(hours=36))
    assert weekend.seen == set(weekend.links)
    assert weekend.rows == {} and weekend.letters == []


def test_while_a_connection_is_broken_only_a_sign_of_life_is_asked_for() -> None:
    weekend = Weekend(LINKS, OUTAGES["the token is revoked"])
    weekend.pass_time(timedelta(minutes=10))
    before = weekend.asked
    weekend.pass_time(timedelta(minutes=10))  # nobody tells of anything
    assert weekend.asked - before <= 21, "once a sweep"


def test_a_link_that_stays_out_of_reach_becomes_a_dead_letter_after_three_days() -> None:
    weekend = Weekend(LINKS, OUTAGES["no vendor answers"])
    weekend.pass_time(timedelta(hours=80))
    assert set(weekend.letters) == {"temporary"}


@pytest.mark.parametrize("counted", list(field_by_field()), ids=lambda one: one.name)
def test_field_by_field_nothing_is_sent_past_a_429_or_the_lock(counted: Figure) -> None:
    assert counted.value == 0, counted.note
