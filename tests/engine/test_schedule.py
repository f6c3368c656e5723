"""Bursts, next looks, pauses and retries (DESIGN 2.5 and 3), in storage times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sync_core.engine.model.words import ContractState
from sync_core.engine.settling.schedule import (
    LATER_LOOKS,
    PAUSE_WRITES,
    Hint,
    judge_hint,
    next_check,
    pause,
    recent_writes,
    retry_delay,
)

R = datetime(2026, 3, 12, 12, 0, 0, tzinfo=UTC)  # when the last closed sync queried
NOW = R
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
DRAFT, PENDING, SIGNED = ContractState.DRAFT, ContractState.PENDING, ContractState.SIGNED


# --- bursts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("put_after_r", "now_after_r", "verdict", "wait"),
    [
        (-3, 1, Hint.DROP, 0),  # the last look saw it
        (-3, 100, Hint.DROP, 0),  # however late it is judged
        (-2, 1, Hint.WAIT, 3),  # within the margin: not surely seen
        (0, 0, Hint.WAIT, 4),
        (1, 1, Hint.WAIT, 3),
        (1, 3.5, Hint.WAIT, 0.5),
        (1, 4, Hint.RUN, 0),
        (60, 60, Hint.RUN, 0),
    ],
)
def test_a_hint_is_dropped_put_back_or_run(put_after_r: float, now_after_r: float, verdict: Hint, wait: float) -> None:
    judged = judge_hint(R + put_after_r * SECOND, R, R + now_after_r * SECOND)

    assert judged == (verdict, wait * SECOND)


def test_the_first_hint_of_a_link_runs_at_once() -> None:
    assert judge_hint(NOW, None, NOW) == (Hint.RUN, timedelta(0))


def test_a_hint_put_back_runs_when_its_wait_is_over() -> None:
    put = R + SECOND
    _, wait = judge_hint(put, R, put)

    assert judge_hint(put, R, put + wait)[0] is Hint.RUN


def test_later_looks_come_after_15_and_60_seconds() -> None:
    assert [look.total_seconds() for look in LATER_LOOKS] == [15, 60]


# --- next checks ----------------------------------------------------------------------------------------------------


def _next(state: ContractState, idle: timedelta, broken: bool = False, before: str | None = None) -> timedelta | None:
    check = next_check(state, broken, before or state, NOW - idle, NOW)
    return check - NOW if check else None


@pytest.mark.parametrize("state", [DRAFT, PENDING])
@pytest.mark.parametrize(
    ("idle", "wait"),
    [
        (timedelta(0), 30 * SECOND),
        (HOUR, 30 * SECOND),
        (2 * HOUR, 2 * MINUTE),
        (DAY, 24 * MINUTE),
        (30 * DAY, 12 * HOUR),
        (400 * DAY, DAY),
    ],
)
def test_an_idle_link_is_looked_at_ever_later_drafts_included(
    state: ContractState, idle: timedelta, wait: timedelta
) -> None:
    assert _next(state, idle) == wait


def test_a_longer_idle_time_never_means_a_sooner_look() -> None:
    waits = [_next(PENDING, hours * HOUR) for hours in range(2000)]

    assert all(one is not None and other is not None and one <= other for one, other in pairwise(waits))


def test_a_change_seen_in_the_future_counts_as_now() -> None:
    assert _next(PENDING, -HOUR) == 30 * SECOND


def test_a_signed_contract_is_looked_at_once_more_and_then_rests() -> None:
    assert _next(SIGNED, timedelta(0), before="pending") == 30 * SECOND
    assert _next(SIGNED, timedelta(0)) is None


@pytest.mark.parametrize(
    ("state", "broken"), [(ContractState.DECLINED, False), (ContractState.OVERDUE, False), (PENDING, True)]
)
def test_a_broken_or_closed_link_is_looked_at_daily_for_30_days_then_weekly(state: ContractState, broken: bool) -> None:
    assert _next(state, 29 * DAY, broken) == DAY
    assert _next(state, 30 * DAY, broken) == 7 * DAY


def test_a_broken_link_to_a_signed_contract_does_not_rest() -> None:
    assert _next(SIGNED, timedelta(0), broken=True) == DAY


# --- pauses ---------------------------------------------------------------------------------------------------------


def _writes(count: int, every: timedelta = 30 * SECOND) -> tuple[datetime, ...]:
    return tuple(NOW - number * every for number in range(count))


def test_ten_automatic_writes_in_ten_minutes_are_no_fight_eleven_are() -> None:
    assert pause(_writes(PAUSE_WRITES), 0, NOW) is None
    assert pause(_writes(PAUSE_WRITES + 1), 0, NOW) == NOW + HOUR


def test_writes_of_more_than_ten_minutes_ago_do_not_count() -> None:
    assert pause(_writes(50, MINUTE), 0, NOW) is None
    assert len(recent_writes(_writes(50, MINUTE), NOW)) == 10


@pytest.mark.parametrize(("pauses", "hours"), [(0, 1), (1, 2), (2, 4), (3, 8), (4, 16), (5, 24), (6, 24), (1000, 24)])
def test_pauses_double_up_to_a_day(pauses: int, hours: int) -> None:
    assert pause(_writes(11), pauses, NOW) == NOW + hours * HOUR


# --- retries --------------------------------------------------------------------------------------------------------


def test_retries_wait_ever_longer_up_to_half_an_hour() -> None:
    waits = [retry_delay(attempt, None, 0.5) for attempt in range(1, 40)]

    assert waits[0] == 5 * SECOND
    assert all(one <= other for one, other in pairwise(waits))
    assert waits[-1] == 30 * MINUTE


@pytest.mark.parametrize("chance", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("attempt", [1, 2, 50])
def test_nothing_is_tried_before_retry_after(chance: float, attempt: int) -> None:
    assert retry_delay(attempt, 3600, chance) >= HOUR


def test_chance_spreads_retries() -> None:
    assert retry_delay(3, None, 0.0) < retry_delay(3, None, 1.0)
    assert retry_delay(3, 3600, 0.0) < retry_delay(3, 3600, 1.0)


def test_events_that_bring_nothing_are_looked_at_ever_less_often() -> None:
    looked = NOW
    hint = looked + timedelta(seconds=3)
    waits = [judge_hint(hint, looked, hint, idle)[1] for idle in (0, 10, 11, 12, 14, 99)]
    assert [wait.total_seconds() for wait in waits] == [1, 1, 5, 13, 57, 57]
    assert judge_hint(looked + timedelta(seconds=61), looked, looked + timedelta(seconds=61), 99)[0] is Hint.RUN
