"""What a sweep makes of due rows and dead letters, over the stores in memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.jobs import (
    _KINDS,
    ContractRowJob,
    CreationJob,
    DocumentJob,
    DueLinksJob,
    EventsJob,
    Job,
    MessageJob,
    NewsJob,
    OutcomeJob,
    RecordJob,
    SecretsJob,
    SwitchJob,
    SyncJob,
    UnknownJob,
    content_of,
    contract_of_job,
    job_of,
    parsed_job,
)
from sync_core.engine.model.link import Link
from sync_core.engine.model.records import Record
from sync_core.engine.model.words import ContractState
from sync_core.errors import ConnectionBroken
from sync_core.usecases.jobs.broken_connection import BrokenConnection
from sync_core.usecases.jobs.reconcile import Reconcile
from sync_core.usecases.jobs.runner import JobRunner, OtherJobs
from sync_core.usecases.sync.close import Closer, seen
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from tests.handlers.clock import StandingClock
from tests.torture import memory

START = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


def at_once(step: str, act: Callable[[], Any], writing: bool = False) -> Any:
    return act()


class Desk(StandingClock):
    def __init__(self, alive: Callable[[], object] = lambda: None) -> None:
        super().__init__(START)
        store = memory.Store(self.now)
        self.links, self.due = memory.MemoryLinks(store, at_once), memory.MemoryDue(store, at_once)
        self.jobs, self.letters = memory.MemoryJobs(store, at_once), memory.MemoryDeadLetters(store, at_once)
        self.marks, self.log = memory.MemoryMarks(store, at_once), memory.MemoryLog(store, at_once)
        self.standings = memory.MemoryStandings(store, at_once)
        mappings = memory.MemoryMappings(store, at_once, self.monotonic)
        rows, news = ContractRowJobs(self.jobs, on=False), NewsJobs(self.jobs, mappings)
        self.closer = Closer(self.links, self.due, self.log, self.jobs, rows, news)
        clock: Any = self
        self.marks.set("slow_sweep", '{"done_at": "2099-01-01T00:00:00Z"}')
        broken = BrokenConnection(self.marks, clock, alive)
        self.broken = broken
        self.told = False  # whether the processes of jobs have told which secrets they use
        self.sweep = Reconcile(
            *(self.links, self.due, self.jobs, self.letters, self.marks, clock, broken, self.standings),
            secrets=lambda marks: self.told,
        )

    def rows(self) -> dict[str, int]:
        return {row.row_key: row.contract_id for row in self.due.until(self.at + timedelta(days=400), 1000)}


@pytest.mark.parametrize("idle", [timedelta(minutes=n) for n in range(590, 611)])
def test_a_link_keeps_its_due_row_whenever_it_is_swept_and_looked_at(idle: timedelta) -> None:
    """Idle for ten hours, its next look is due in ten minutes, as is the row that makes its job anew."""
    desk = Desk()
    key = desk.due.put(7, desk.at)
    desk.links.create(Link(7, "opportunity", "r", state="pending", touched_at=desk.at - idle, due=key), {}, [])
    desk.sweep.run()
    (kept,) = [row for row in desk.rows() if row != key]
    opened = desk.links.open(7)
    assert opened
    contract = Contract(7, opened.link.name, ContractState.PENDING, {})
    link = seen(opened, contract, Record("opportunity", "r", "", {}), changed=False)
    closed = desk.closer.store(opened, link, {}, [])
    desk.due.drop(kept)  # as the runner does when the job is done
    assert closed.link.due in desk.rows()


def test_the_daily_sweep_takes_up_whatever_is_not_at_rest() -> None:
    """A signed contract rests; its last value, while Dynamics refuses it, does not."""
    desk = Desk()
    desk.marks.set("slow_sweep", "{}")
    links = {
        1: Link(1, "opportunity", "r", state="pending"),
        2: Link(2, "opportunity", "r", state="signed"),
        3: Link(3, "opportunity", "r", state="signed", refused=1, refused_since=START),
        4: Link(4, "opportunity", "r", state="signed", status="broken"),
    }
    for link in links.values():
        desk.links.create(link, {}, [])
    desk.sweep.run()
    assert set(desk.rows().values()) == {1, 3, 4}


def test_dead_letters_beyond_the_first_page_are_closed_too() -> None:
    desk = Desk()
    for contract_id in range(1, 131):
        desk.letters.add(contract_id, "temporary", "why", SyncJob(contract_id))
        desk.letters.add(contract_id, "refused", "why", EventsJob(contract_id, "e1"))
        looked = desk.at + timedelta(minutes=1)
        desk.links.create(Link(contract_id, "opportunity", "r", looked_at=looked), {}, [])
    for _ in range(8):  # 260 letters, 50 a sweep, and some are closed meanwhile
        desk.sweep.run()
    left, _ = desk.letters.list(limit=1000)
    assert len(left) == 130 and {one.cause for one in left} == {"refused"}


def test_a_question_for_secrets_that_was_given_up_is_closed_once_another_was_answered() -> None:
    """An instance of the version before, which does not know the kind, may take it while a new one is rolled out."""
    desk = Desk()
    desk.letters.add(None, "SyncError", "The job's kind is unknown.", SecretsJob())
    desk.letters.add(None, "crash", "Another kind.", RecordJob(entity="opportunity", record_id="r"))
    desk.sweep.run()
    assert len(desk.letters.list()[0]) == 2, "nobody has told yet"
    desk.told = True
    desk.sweep.run()
    assert [one.reason for one in desk.letters.list()[0]] == ["Another kind."]


SEVERAL: list[Job] = [
    SyncJob(7, "webhook"),
    RecordJob("opportunity", "r", changed=("name",)),
    EventsJob(7, "e1"),
    CreationJob("opportunity", "r", "k1"),
    MessageJob("ofs_PushUpdates", "opportunity", "r", {"ContractId": "7"}, operation_id="o1", user="u"),
    DueLinksJob("opportunity"),
    ContractRowJob(7, "abc"),
    ContractRowJob(7, "abc", ended=True),
    NewsJob(7, "a-guid"),
    OutcomeJob("o1", "ofs_PushUpdates", "partly", "2026-03-01T10:00:00Z", "opportunity", "r", 7, left=("Topic",)),
    DocumentJob(7),
    SwitchJob("plan", "turn", part=3),
]


def as_an_older_version_keeps_it(job: Job) -> UnknownJob:
    """Its kind tells that version nothing."""
    return UnknownJob(content_of(job))


def given_up_by_an_older_version(desk: Desk, job: Job) -> None:
    """What the real runner makes of a job that it does not know, stored and read as this version does."""
    nobody: Any = None
    clock: Any = desk
    parts: tuple[Any, Any, Any, Any] = (nobody, nobody, desk.jobs, desk.letters)
    others = OtherJobs(*(lambda job: None,) * len(OtherJobs._fields))
    runner = JobRunner(*parts, others, lambda: 0.0, nullcontext, clock, desk.broken, lambda stamp: True)
    runner.run(as_an_older_version_keeps_it(job), desk.at)
    for letter_id, letter in desk.jobs._store.letters.items():
        if letter.job is not None:
            desk.jobs._store.letters[letter_id] = replace(letter, job=job_of(content_of(letter.job)))


def put(desk: Desk) -> list[Job]:
    return [parsed_job(message.text) for message in desk.jobs._store.queue.messages.values()]


def test_each_kind_that_can_be_put_anew_is_tried() -> None:
    assert {type(job) for job in SEVERAL} == set(_KINDS.values()) - {SecretsJob}


@pytest.mark.parametrize("linked", [True, False], ids=["linked", "without a link"])
@pytest.mark.parametrize("job", SEVERAL, ids=lambda job: job.kind)
def test_a_job_that_an_older_version_gave_up_is_put_anew(job: Job, linked: bool) -> None:
    """While a new one is rolled out, as above: a contract without a link has its row, which is to say so."""
    desk = Desk()
    if linked:
        desk.links.create(Link(7, "opportunity", "r", looked_at=desk.at - timedelta(minutes=1)), {}, [])
    given_up_by_an_older_version(desk, replace(job, attempts=1, first_put_at=desk.at - timedelta(hours=1)))
    assert len(desk.letters.list()[0]) == 1
    desk.sweep.run()
    assert desk.letters.list()[0] == []
    assert put(desk) == [job]
    desk.sweep.run()
    assert len(put(desk)) == 1, "once"


def test_a_job_of_a_kind_that_this_version_does_not_know_either_waits_for_one_that_does() -> None:
    desk = Desk()
    given_up_by_an_older_version(desk, UnknownJob({"kind": "of_tomorrow", "what": "a"}))
    desk.sweep.run()
    assert (len(desk.letters.list()[0]), put(desk)) == (1, [])


def test_of_several_jobs_that_an_older_version_gave_up_none_takes_anothers_place() -> None:
    desk = Desk()
    jobs = [
        *(MessageJob("ofs_PushUpdates", "opportunity", each, {}, each) for each in ("a", "b")),
        *(NewsJob(7, each) for each in ("a", "b")),
    ]
    for job in (*jobs, *jobs):
        given_up_by_an_older_version(desk, job)
    assert len(desk.letters.list()[0]) == 4
    desk.sweep.run()
    assert sorted(map(str, put(desk))) == sorted(map(str, jobs))


def test_what_a_person_asked_for_days_ago_is_left_for_a_person() -> None:
    desk = Desk()
    given_up_by_an_older_version(desk, SEVERAL[4])
    desk.sleep(73 * 3600)
    desk.sweep.run()
    assert (len(desk.letters.list()[0]), put(desk)) == (1, [])


@pytest.mark.parametrize(
    "job", [one for one in SEVERAL if one.kind not in ("contract_row", "news", "outcome", "document")]
)
def test_what_failed_otherwise_is_not_put_anew(job: Job) -> None:
    desk = Desk()
    desk.links.create(Link(7, "opportunity", "r", looked_at=desk.at - timedelta(minutes=1)), {}, [])
    desk.letters.add(contract_of_job(job), "Refused", "why", job)
    desk.sweep.run()
    assert (len(desk.letters.list()[0]), put(desk)) == (1, [])


def test_a_connection_that_stays_broken_is_told_at_each_sweep_though_no_job_runs(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The alert `connection-broken` stays open by it: a job tells it once, and waits in a row then."""
    refused = ConnectionBroken("oneflow refuses the token", side="oneflow", status=401)

    def alive() -> None:
        raise refused

    desk = Desk(alive)
    desk.due.put(7, desk.at)
    desk.broken.met(refused)
    for _ in range(3):
        caplog.clear()
        desk.sleep(30)
        with caplog.at_level(logging.INFO):
            desk.sweep.run()
        told = [one.getMessage().split()[0] for one in caplog.records]
        assert told == ["connection.broken", "reconcile.swept"]
