"""How long and how often a job is tried again (retries), on a clock that the queue's delays move."""

from __future__ import annotations

import json
import random
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from sync_core.engine.model.jobs import ContractRowJob, EventsJob, Job, NewsJob, content_of, contract_of_job
from sync_core.errors import (
    ConfigurationError,
    ConnectionBroken,
    Gone,
    Ground,
    RateLimited,
    Refused,
    SyncError,
    Temporary,
)
from sync_core.usecases.jobs.broken_connection import BrokenConnection
from sync_core.usecases.jobs.runner import JobRunner, OtherJobs
from tests.handlers.clock import StandingClock

START = datetime(2026, 3, 1, tzinfo=UTC)
_MOST_TRIES = 20_000  # a job that comes back at once would never end
JOB = EventsJob(7, "e1")


class Queue:
    def __init__(self) -> None:
        self.put_back: list[tuple[Job, float]] = []
        self.every: list[tuple[Job, float]] = []

    def put(self, job: Job, delay: float = 0) -> None:
        self.put_back.append((job, delay))
        self.every.append((job, delay))


class Letters:
    def __init__(self) -> None:
        self.added: list[tuple[int | None, str]] = []

    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        self.added.append((contract_id, cause))


class Noted(BrokenConnection):
    """What is noted of broken connections, nowhere."""

    def __init__(self) -> None: ...

    def met(self, error: ConnectionBroken | ConfigurationError) -> None: ...


class Desk(StandingClock):
    """A runner whose job fails in the same way while there is an `error`; `try_for` lets the time pass that the queue
    is told."""

    def __init__(self, error: SyncError | None) -> None:
        self.queue, self.letters, dice = Queue(), Letters(), random.Random(1)
        super().__init__(START)
        self.error, self.done = error, list[Any]()

        def fail(job: Any) -> None:
            if self.error:
                raise self.error
            self.done.append(job.contract_id)

        others = OtherJobs(*(fail,) * len(OtherJobs._fields))
        parts: tuple[Any, Any, Any, Any] = (None, None, self.queue, self.letters)
        clock: Any = self
        self.runner = JobRunner(
            *parts,
            others,
            dice.random,
            nullcontext,
            clock,
            Noted(),
            lambda stamp: stamp != "theirs",
        )

    @property
    def every(self) -> list[tuple[Job, float]]:
        return self.queue.every

    def try_for(self, most: timedelta) -> list[float]:
        """Every delay, in seconds, until the job is given up or so much time is over."""
        now, job = START, cast(Job, JOB)
        delays: list[float] = []
        while now - START < most and len(delays) < _MOST_TRIES:
            self.queue.put_back.clear()
            self.runner.run(job, now)
            if not self.queue.put_back:
                break
            job, delay = self.queue.put_back[0]
            delays.append(delay)
            now += timedelta(seconds=delay)
        return delays


def test_a_temporary_failure_is_tried_again_for_72_hours_and_then_listed() -> None:
    desk = Desk(Temporary("no answer", side="oneflow"))
    delays = desk.try_for(timedelta(days=10))

    assert desk.letters.added == [(7, "temporary")]
    assert timedelta(hours=72) <= timedelta(seconds=sum(delays)) < timedelta(hours=73)
    assert delays[0] < 10 and max(delays) > 1000, "the delays grow"
    assert len({round(delay) for delay in delays[-50:]}) > 25, "and are jittered"


def test_it_never_comes_back_before_the_vendor_said() -> None:
    assert min(Desk(Temporary("wait", side="oneflow", retry_after=900)).try_for(timedelta(hours=24))) >= 900


@pytest.mark.parametrize(
    "error", [RateLimited("429", side="oneflow", retry_after=60), ConnectionBroken("401", side="oneflow")]
)
def test_what_is_no_fault_of_the_job_uses_up_no_attempt(error: SyncError) -> None:
    desk = Desk(error)
    desk.try_for(timedelta(days=7))

    assert desk.letters.added == []
    assert desk.queue.put_back[0][0].attempts == 0


def test_ten_thousand_jobs_wait_for_a_broken_connection_and_make_no_dead_letter() -> None:
    desk = Desk(ConnectionBroken("401", side="oneflow"))
    for contract in range(10_000):
        desk.runner.run(EventsJob(contract, "e1", first_put_at=START - timedelta(days=6)), START)

    assert desk.letters.added == []
    assert {contract_of_job(job) for job, _ in desk.queue.put_back} == set(range(10_000))


def test_they_all_go_on_when_it_is_mended() -> None:
    desk = Desk(ConnectionBroken("401", side="oneflow"))
    for contract in range(10_000):
        desk.runner.run(EventsJob(contract, "e1"), START)
    waiting = [job for job, _ in desk.queue.put_back]
    desk.queue.put_back.clear()
    desk.error = None
    for job in waiting:
        desk.runner.run(job, START + timedelta(days=9))

    assert desk.done == list(range(10_000))
    assert (desk.queue.put_back, desk.letters.added) == ([], []), "however long it took, none is too old"


def test_what_is_put_back_keeps_when_it_was_first_put_and_how_often_it_was_tried() -> None:
    desk = Desk(Temporary("no answer", side="oneflow"))
    desk.try_for(timedelta(hours=1))
    tried = [job for job, _ in desk.every]

    assert {job.first_put_at for job in tried} == {START}
    assert [job.attempts for job in tried] == list(range(1, len(tried) + 1)) and len(tried) > 5


def test_a_rate_limit_between_two_failures_leaves_the_attempts_as_they_were() -> None:
    desk = Desk(Temporary("no answer", side="oneflow"))
    desk.runner.run(JOB, START)
    once = desk.every[-1][0]
    desk.error = RateLimited("429", side="oneflow", retry_after=60)
    desk.runner.run(once, START + timedelta(minutes=1))

    again, delay = desk.every[-1]
    assert (again.attempts, again.first_put_at) == (once.attempts, once.first_put_at) == (1, again.first_put_at)
    assert delay >= 60


def test_what_no_retry_cures_is_listed_at_once_and_what_is_gone_is_not() -> None:
    refused, gone = Desk(Refused("never", side="oneflow")), Desk(Gone("deleted", side="oneflow"))

    assert refused.try_for(timedelta(days=1)) == gone.try_for(timedelta(days=1)) == []
    assert (refused.letters.added, gone.letters.added) == ([(7, "Refused")], [])


@pytest.mark.parametrize("ground", [Ground.PAYMENT, Ground.RULE, Ground.STATE, Ground.SECURED])
def test_a_read_that_the_situation_refuses_is_tried_for_72_hours_and_then_listed(ground: Ground) -> None:
    desk = Desk(Refused("not now", side="oneflow", ground=ground))
    delays = desk.try_for(timedelta(days=10))

    assert timedelta(hours=72) <= timedelta(seconds=sum(delays)) < timedelta(hours=73)
    assert desk.letters.added == [(7, "Refused")]


@pytest.mark.parametrize("text", ["{no json", "[1]", '{"kind": "events", "contract_id": 7}'])
def test_a_message_that_killed_its_workers_is_listed(text: str) -> None:
    desk = Desk(Gone("", side="oneflow"))
    desk.runner.poisoned(text)

    assert [cause for _, cause in desk.letters.added] == ["crash"]


@pytest.mark.parametrize("job", [NewsJob(7, "n1"), ContractRowJob(7, "d1")], ids=["news", "row"])
def test_a_projections_message_that_killed_its_workers_is_tried_for_72_hours(job: Job) -> None:
    desk, first = Desk(None), START
    for _ in range(1000):
        desk.runner.poisoned(json.dumps(content_of(job)))
        if not desk.queue.put_back:
            break
        job, delay = desk.queue.put_back.pop()
        desk.at += timedelta(seconds=delay)

    assert timedelta(hours=72) < desk.at - first < timedelta(hours=73)
    assert job.first_put_at == first and job.attempts > 5
    assert desk.letters.added == []


def test_a_message_of_another_installation_is_put_back_as_it_was_ever_less_often() -> None:
    desk = Desk(None)
    theirs, now, delays = EventsJob(7, "e1", installation="theirs"), START, list[float]()
    for _ in range(200):
        desk.runner.run(theirs, now)
        theirs, delay = desk.queue.put_back.pop()  # type: ignore[assignment]
        delays.append(delay)
        now += timedelta(seconds=delay)

    assert desk.done == [] and theirs == EventsJob(7, "e1", installation="theirs", first_put_at=START, put_at=START)
    assert max(delays[:3]) < 5 and 100 < max(delays) < 1000
