"""A process stays inside Oneflow's rate limit by counting along; what others send shows by a 429. Virtual time."""

from __future__ import annotations

import itertools
from collections import deque

import pytest

from sync_core.adapters.oneflow.pace import Pace
from sync_core.errors import RateLimited
from sync_core.telemetry import metrics

LIMIT, WINDOW = 200, 30.0


class Oneflow:
    """A sliding window over all requests of the token, as Oneflow counts; and the clock of everybody."""

    def __init__(self, limit: int = LIMIT, told: bool = False) -> None:
        self.limit, self.told = limit, told
        self.now = 0.0
        self.times: deque[float] = deque()
        self.refused = 0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def ask(self, pace: Pace) -> None:
        """One request that takes a twentieth of a second."""
        while self.times and self.times[0] <= self.now - WINDOW:
            self.times.popleft()
        full = len(self.times) >= self.limit
        if not full:
            self.times.append(self.now)
        self.now += 0.05
        if full:
            self.refused += 1
            pace.refused(None)
        pace.answered()
        if self.told:
            pace.told({"X-RateLimit-Limit": str(self.limit)})


@pytest.fixture
def oneflow() -> Oneflow:
    return Oneflow()


def pace_of(oneflow: Oneflow) -> Pace:
    return Pace(LIMIT, WINDOW, oneflow.monotonic, oneflow.sleep)


def run(oneflow: Oneflow, paces: list[Pace], until: float) -> int:
    """Jobs without end, by one process after the other; how many were done."""
    done = 0
    while oneflow.now < until:
        for pace in paces:
            try:
                with pace.turn():
                    oneflow.ask(pace)
                    done += 1
            except RateLimited:
                pass
    return done


def test_one_process_uses_more_than_nine_tenths_of_the_limit_and_is_never_refused(oneflow: Oneflow) -> None:
    done = run(oneflow, [pace_of(oneflow)], 4 * WINDOW)
    assert done >= 0.9 * 4 * LIMIT
    assert oneflow.refused == 0


def test_a_job_without_a_place_is_told_when_one_comes_free_and_each_another(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    told: list[float] = []
    while len(told) < 5:
        try:
            with pace.turn():
                oneflow.ask(pace)
        except RateLimited as error:
            told.append(oneflow.now + (error.retry_after or 0))
    assert told == sorted(set(told))
    assert told[0] >= WINDOW


def test_people_do_not_wait_and_are_counted(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    for _ in range(LIMIT):
        oneflow.ask(pace)  # without a turn
    with pytest.raises(RateLimited), pace.turn():
        raise AssertionError("there was no place")


@pytest.mark.parametrize(("told", "refusals"), [(True, 0), (False, 20)])
def test_a_smaller_limit_than_we_were_told_of_is_learnt(told: bool, refusals: int) -> None:
    """An older page of Oneflow's has half of the newer one's limit; an answer may say it, else a 429 shows it."""
    oneflow = Oneflow(LIMIT // 2, told)
    done = run(oneflow, [pace_of(oneflow)], 10 * WINDOW)
    assert done >= 0.8 * 10 * LIMIT // 2
    assert oneflow.refused <= refusals


@pytest.mark.parametrize("text", ["", "many", "-5", "\u0662\u0660\u0660", "10"])
def test_what_is_no_limit_of_this_window_is_not_learnt(oneflow: Oneflow, text: str) -> None:
    pace = pace_of(oneflow)
    pace.told({"X-RateLimit-Limit": text})
    assert run(oneflow, [pace], 2 * WINDOW) >= 0.9 * 2 * LIMIT


def test_two_processes_with_one_token_share_it_with_few_refusals(oneflow: Oneflow) -> None:
    done = run(oneflow, [pace_of(oneflow), pace_of(oneflow)], 10 * WINDOW)
    assert done >= 0.8 * 10 * LIMIT
    assert oneflow.refused <= 0.02 * done


def test_after_a_refusal_nobody_asks_until_the_time_that_oneflow_named(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    pace.refused(12.0)
    with pytest.raises(RateLimited) as refused, pace.turn():
        raise AssertionError("it was not waited for")
    assert refused.value.retry_after == pytest.approx(12.0 - oneflow.now)
    oneflow.now = 12.5
    with pace.turn():
        oneflow.ask(pace)


def test_the_limit_comes_back_after_the_others_have_gone(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    pace.refused(None)
    oneflow.now += 10 * WINDOW
    run(oneflow, [pace], oneflow.now + 4 * WINDOW)
    before = oneflow.now
    done = run(oneflow, [pace], before + 2 * WINDOW)
    assert done >= 0.9 * 2 * LIMIT


def test_the_share_that_is_used_is_one_of_the_limit_that_is_set(oneflow: Oneflow) -> None:
    shares: list[float] = []
    before = metrics.send_to(lambda instrument, value, _: shares.append(value))
    try:
        pace = pace_of(oneflow)
        run(oneflow, [pace], until=2 * WINDOW)
    finally:
        metrics.send_to(before)
    assert shares[0] == 1 / LIMIT
    assert 0.9 < max(shares) <= 1, "and what left the window is not counted"


def test_a_retry_after_of_a_day_on_one_contract_binds_the_others_for_two_windows(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    with pytest.raises(RateLimited), pace.turn(), pace.request(patient=True):
        raise RateLimited("429", side="oneflow", retry_after=86_400)
    with pytest.raises(RateLimited) as refused, pace.turn():
        raise AssertionError("it was not waited for")
    assert (refused.value.retry_after or 0) <= 2 * WINDOW
    oneflow.now += 2 * WINDOW
    with pace.turn(), pace.request(patient=True):
        pass


def test_after_a_single_refusal_the_holds_end_counts_and_not_the_window(oneflow: Oneflow) -> None:
    """Requests that were sent long before are no reason to wait until they leave the window."""
    pace = Pace(2000, 300.0, oneflow.monotonic, oneflow.sleep)
    for _ in range(10):
        oneflow.ask(pace)
    pace.refused(60.0)
    told = []
    for _ in range(10):
        with pytest.raises(RateLimited) as refused, pace.turn():
            raise AssertionError("it was not waited for")
        told.append(oneflow.now + (refused.value.retry_after or 0))
    assert min(told) >= 60 and max(told) < 65, "and not all at once"
    assert told == sorted(set(told))
    oneflow.now = 65.0
    with pace.turn():
        oneflow.ask(pace)


# --- work in bulk -----------------------------------------------------------------------------------------------------


def bulk(oneflow: Oneflow, pace: Pace, until: float) -> list[float]:
    """When each piece of work in bulk had its turn."""
    moments: list[float] = []
    while oneflow.now < until:
        try:
            with pace.turn(background=True):
                moments.append(oneflow.now)
                oneflow.ask(pace)
        except RateLimited as limited:
            oneflow.sleep(limited.retry_after or 1.0)
    return moments


def test_work_in_bulk_comes_evenly_and_leaves_a_part_that_jobs_may_use(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)

    moments = bulk(oneflow, pace, 3 * WINDOW)

    assert oneflow.refused == 0
    for start in (0.0, WINDOW, 2 * WINDOW):
        inside = [one for one in moments if start <= one < start + WINDOW]
        assert 0.6 * LIMIT <= len(inside) <= 0.87 * LIMIT
    late = [one for one in moments if one > WINDOW]
    assert max(after - before for before, after in itertools.pairwise(late)) < 6 * WINDOW / LIMIT
    with pace.turn():
        pass  # a job finds a place at once
    assert oneflow.now < 3 * WINDOW + 1


def test_a_little_work_in_bulk_is_done_at_once(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)

    moments = bulk(oneflow, pace, 0.05 * (LIMIT // 10) - 0.01)

    assert len(moments) == LIMIT // 10


def test_work_in_bulk_makes_way_where_others_are_refused_and_comes_back(oneflow: Oneflow) -> None:
    pace = pace_of(oneflow)
    bulk(oneflow, pace, WINDOW)
    pace.refused(None)

    after = bulk(oneflow, pace, 2 * WINDOW)
    assert len(after) <= 0.5 * LIMIT
    later = bulk(oneflow, pace, 12 * WINDOW)
    inside = [one for one in later if one >= 11 * WINDOW]
    assert len(inside) > 0.75 * LIMIT
