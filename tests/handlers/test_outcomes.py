"""What became of a message of Dynamics reaches the contract's row and whoever asked: once, whatever dies at any step,
and the message's own work never waits for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.jobs import ContractRowJob, MessageJob, OutcomeJob, parsed_job
from sync_core.engine.model.link import Link, Lock
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.news import Notify
from sync_core.engine.showing.contract_row import row_of
from sync_core.engine.showing.outcome import given_up, outcomes_of, waits
from sync_core.errors import Busy, NotAllowed, Temporary
from sync_core.usecases.jobs.tell_news import TellNews
from sync_core.usecases.jobs.tell_outcome import TellOutcome
from sync_core.usecases.people.messages import Messages
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from tests.torture import memory

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CALLER, OWNER = "a0000000-0000-4000-8000-000000000001", "a0000000-0000-4000-8000-000000000002"
PUSH = MessageJob("ofs_PushUpdates", "opportunity", "r", {"ContractId": 7}, "o1", "entra", None, first_put_at=START)


class Died(BaseException):
    """The process ends here."""


class Channel:
    """Notifications in Dynamics. A second row under one id is none, as there."""

    def __init__(self, step: Callable[[str], None]) -> None:
        self.told: dict[str, tuple[str, str, str]] = {}  # by id: who, title, text
        self.missing: tuple[str, str | None] | None = None
        self._step = step

    def swedish(self) -> bool:
        return False

    def notify(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> bool:
        self._step("notify")
        self.told.setdefault(news_id, (user_id, title, text))
        self._step("notified")
        return True

    def lacks(self) -> tuple[str, str | None] | None:
        return self.missing


class People:
    """Who asked; nobody where Dynamics knows them no more."""

    def __init__(self) -> None:
        self.gone = False

    def initiator(self, object_id: str | None, user_id: str | None) -> Actor | None:
        if self.gone:
            raise NotAllowed("You are not an enabled user of this Dynamics environment.", side="dynamics")
        return Actor(object_id, user_id=CALLER, name="Kari Seller") if object_id or user_id else None


class Operations:
    def __init__(self, step: Callable[[str], None]) -> None:
        self.kept: dict[str, Mapping[str, Any]] = {}
        self._step = step

    def result(self, operation_id: str) -> Mapping[str, Any] | None:
        return self.kept.get(operation_id)

    def finish(self, operation_id: str, result: Mapping[str, Any]) -> None:
        self._step("finish")
        self.kept[operation_id] = result
        self._step("finished")


class Pushes:
    """The push of all contracts of a record, which answers for each; a second one finds nothing to do."""

    def __init__(self) -> None:
        self.pushed = 0

    def run(self, entity: str, record_id: str, actor: Actor, confirmed: object) -> list[dict[str, Any]]:
        self.pushed += 1
        label, word = ("Topic", "synced") if self.pushed == 1 else ("", "unchanged")
        fields = [{"dynamics_label": label, "result": "written"}] if label else []
        return [{"contract_id": 7, "outcome": word, "reason": None, "fields": fields}]


class Desk:
    def __init__(self, notify: Notify = Notify.DECISIONS) -> None:
        self.at = START
        self.dies_at: int | None = None
        self.rows: list[ContractRowJob] = []
        self.store = memory.Store(lambda: self.at)
        self.links, self.jobs = memory.MemoryLinks(self.store, self._io), memory.MemoryJobs(self.store, self._io)
        marks = memory.MemoryMarks(self.store, self._io)
        mappings = memory.MemoryMappings(self.store, self._io, lambda: 0.0)
        self.store.mappings["opportunity"] = EntityMapping("opportunity", notify=notify)
        self.channel, self.people = Channel(self._step), People()
        clock: Any = self
        news = TellNews(self.links, mappings, self.jobs, marks, self.channel, clock)  # type: ignore[arg-type]
        people: Any = self.people
        self.tell = TellOutcome(self.links, people, ContractRowJobs(self.jobs), news, clock)
        self.pushes, self.operations = Pushes(), Operations(self._step)
        parts: Any = (people, None, self.pushes, None, self.operations, self.jobs)
        self.messages = Messages(*parts)
        link = Link(7, "opportunity", "r", state="pending", name="Frame", owner=f"systemuser:{OWNER}")
        self.links.create(replace(link, shown=row_of(link).digest), {}, [])

    def now(self) -> datetime:
        return self.at

    def _io(self, step: str, act: Callable[[], Any], writing: bool = False) -> Any:
        self._step(step)
        return act()

    def _step(self, step: str) -> None:
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                raise Died

    def link(self) -> Link:
        found = self.store.partition(7).link
        assert found
        return found

    def shows(self) -> tuple[str, str] | None:
        asked = self.link().last_request
        return (asked.became, asked.text) if asked else None

    def run_jobs(self, minutes: int = 30) -> None:
        """What falls due, and comes back after the lease of a process that died."""
        for _ in range(minutes):
            self.at += timedelta(minutes=1)
            while (message := self.store.queue.take()) is not None:
                job = parsed_job(message.text)
                if isinstance(job, OutcomeJob):
                    self.tell.run(job)
                elif isinstance(job, MessageJob):
                    self.messages.carry_out(job)
                elif isinstance(job, ContractRowJob):
                    self.rows.append(job)
                self.store.queue.delete(message, message.receipt)

    def put(self, *jobs: OutcomeJob) -> None:
        for job in jobs:
            self.jobs.put(job)

    def lock(self, until: datetime) -> None:
        partition = self.store.partition(7)
        assert partition.link
        partition.link = replace(partition.link, lock=Lock("another", until))


def refused(reason: str = "You may read this record but not change it.") -> OutcomeJob:
    return given_up(PUSH, "NotAllowed", reason)


def test_what_was_done_is_on_the_row_and_nobody_is_bothered_with_it() -> None:
    desk = Desk()
    desk.jobs.put(replace(PUSH, parameters={}))
    desk.run_jobs()
    assert desk.shows() == ("done", "Written: Topic.")
    assert [row.shows for row in desk.rows] == [desk.link().shown], "the row's job is for what the link shows now"
    asked = desk.link().last_request
    assert asked and (asked.who, asked.at) == ("Kari Seller", "2026-03-01T12:00:00Z")
    assert desk.channel.told == {}


def test_a_refusal_is_on_the_row_and_told_to_whoever_asked_and_to_the_records_owner() -> None:
    desk = Desk()
    desk.put(refused())
    desk.run_jobs()
    text = "Not done for Kari Seller: “You may read this record but not change it.”"
    assert desk.shows() == ("failed", text)
    title = "Frame: nothing was pushed to Oneflow"
    assert sorted(desk.channel.told.values()) == [(CALLER, title, text), (OWNER, title, text)]


def test_a_creation_that_was_refused_has_no_row_and_whoever_asked_is_told() -> None:
    desk = Desk()
    asked = MessageJob(
        "ofs_CreateContract", "opportunity", "r", {"Name": "New"}, "o2", "entra", None, first_put_at=START
    )
    desk.put(given_up(asked, "Invalid", "Nothing was created. The template is not in this workspace."))
    desk.run_jobs()
    assert desk.shows() is None
    ((user, title, text),) = desk.channel.told.values()
    assert (user, title) == (CALLER, "New: the contract was not created")
    assert "The template is not in this workspace." in text


def test_a_push_of_all_contracts_that_was_refused_as_a_whole_is_on_each_row() -> None:
    desk = Desk()
    desk.links.create(Link(8, "opportunity", "r", name="Other", owner=f"systemuser:{OWNER}"), {}, [])
    desk.put(given_up(replace(PUSH, parameters={}), "NotAllowed", "You may not."))
    desk.run_jobs()
    other = desk.store.partition(8).link
    assert desk.shows() == ("failed", "Not done for Kari Seller: “You may not.”")
    assert other and other.last_request and other.last_request.became == "failed"
    assert sorted(user for user, *_ in desk.channel.told.values()) == [CALLER, OWNER], "once each"


def test_where_a_table_tells_nobody_of_anything_the_row_alone_says_it() -> None:
    desk = Desk(Notify.OFF)
    desk.put(refused())
    desk.run_jobs()
    assert desk.shows() is not None and desk.channel.told == {}


def test_where_notifications_cannot_be_had_the_row_says_it() -> None:
    desk = Desk()
    desk.channel.missing = ("app_setting", None)
    desk.put(refused())
    desk.run_jobs()
    assert desk.shows() is not None and desk.channel.told == {}


def test_somebody_whom_dynamics_knows_no_more_is_named_by_nobody_and_the_owner_is_told() -> None:
    desk = Desk()
    desk.people.gone = True
    desk.put(refused("You are not an enabled user of this Dynamics environment."))
    desk.run_jobs()
    assert desk.shows() == ("failed", "Not done: “You are not an enabled user of this Dynamics environment.”")
    assert [user for user, *_ in desk.channel.told.values()] == [OWNER]


def test_what_waits_is_shown_until_it_is_done_and_never_afterwards() -> None:
    desk = Desk()
    waiting = waits(PUSH, Temporary("oneflow answered with status 503", side="oneflow"))
    (done,) = outcomes_of(PUSH, {"contract_id": 7, "outcome": "synced", "fields": []})
    desk.put(waiting)
    desk.run_jobs()
    assert (desk.shows() or ("",))[0] == "waiting" and desk.channel.told == {}
    desk.put(done)
    desk.put(waiting)
    desk.run_jobs()
    assert (desk.shows() or ("",))[0] == "done"


def test_while_a_sync_holds_the_link_it_waits_and_takes_nothing_from_that_sync() -> None:
    desk = Desk()
    desk.lock(START + timedelta(minutes=5))
    etag = desk.store.partition(7).etag
    with pytest.raises(Busy):
        desk.tell.run(refused())
    assert desk.store.partition(7).etag == etag, "its next transaction goes through"


def test_a_link_that_was_ended_meanwhile_is_left_alone() -> None:
    desk = Desk()
    opened = desk.links.open(7)
    assert opened
    desk.links.remove(opened)
    desk.put(refused())
    desk.run_jobs()
    assert desk.store.partition(7).link is None
    assert [user for user, *_ in desk.channel.told.values()] == [CALLER]


@pytest.mark.parametrize("dies_at", range(30))
def test_a_process_that_dies_at_any_step_leaves_the_outcome_to_the_next_one(dies_at: int) -> None:
    desk = Desk()
    desk.jobs.put(replace(PUSH, parameters={}))
    desk.dies_at = dies_at
    with suppress(Died):
        desk.run_jobs()
    desk.dies_at = None
    desk.run_jobs(60)
    # Dead between the work and its being written down, it is done once more, and finds nothing left to do.
    again = "There was nothing to write: both sides agree."
    assert desk.shows() in (("done", "Written: Topic."), ("nothing", again))
    assert desk.pushes.pushed == 1 or desk.shows() == ("nothing", again)
    assert desk.link().shown == row_of(desk.link()).digest
    assert [row.shows for row in desk.rows if row.shows == desk.link().shown], "a job of it brings up the row"


@pytest.mark.parametrize("dies_at", range(20))
def test_whoever_is_told_of_a_refusal_is_told_once_whatever_dies(dies_at: int) -> None:
    desk = Desk()
    desk.put(refused())
    desk.dies_at = dies_at
    with suppress(Died):
        desk.run_jobs()
    desk.dies_at = None
    desk.run_jobs(60)
    assert sorted(user for user, *_ in desk.channel.told.values()) == [CALLER, OWNER]
    assert desk.shows() is not None
