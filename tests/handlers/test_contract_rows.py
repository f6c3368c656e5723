"""Contracts' rows in Dynamics: the job that writes them, and what becomes of it when a process dies at any step."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.jobs import ContractRowJob, content_of, job_of, parsed_job
from sync_core.engine.model.link import Link
from sync_core.engine.showing.contract_row import ENDED, ContractRow, row_of
from sync_core.errors import Gone, Ground, NotAllowed, Refused, SyncError, Temporary
from sync_core.usecases.jobs.contract_rows import MARK, SLOW_SWEEP, ContractRows
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from tests.torture import memory

START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Died(BaseException):
    """The process ends here."""


class Table:
    """The table in Dynamics; `fails`: what it answers instead. `during`: what happens while it writes."""

    def __init__(self) -> None:
        self.rows: dict[int, ContractRow | None] = {}
        self.asked: list[str] = []
        self.fails: Exception | None = None
        self.fails_asked: Exception | None = None  # what it lacks
        self.missing: tuple[str, str | None] | None = None
        self.during: Callable[[], None] = lambda: None

    def write(self, row: ContractRow) -> None:
        self._ask("write")
        self.during()
        self.rows[row.contract_id] = row

    def end(self, contract_id: int, remove: bool) -> None:
        self._ask("end")
        self.during()
        known = self.rows.get(contract_id)
        if known is None:
            raise Gone("no such row", side="dynamics")
        if remove:
            del self.rows[contract_id]
        else:
            self.rows[contract_id] = replace(known, values={**known.values, **ENDED})

    def otherwise(self, rows: Sequence[ContractRow]) -> frozenset[int]:
        self._ask("compare")
        return frozenset(row.contract_id for row in rows if self.rows.get(row.contract_id) != row)

    def lacks(self) -> tuple[str, str | None] | None:
        self.asked.append("lacks")
        if self.fails_asked is not None:
            raise self.fails_asked
        return self.missing

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if self.fails is not None:
            raise self.fails


class Desk:
    """`dies_at`: before which step of storage the process ends, counted from now; None for never."""

    def __init__(self, on: bool = True, removes: bool = False) -> None:
        self.at, self.passed = START, 0.0
        self.dies_at: int | None = None
        self.steps: list[str] = []  # of storage
        store = memory.Store(self.now)
        self.links, self.due = memory.MemoryLinks(store, self._io), memory.MemoryDue(store, self._io)
        self.jobs, self.log = memory.MemoryJobs(store, self._io), memory.MemoryLog(store, self._io)
        self.marks, self.store, self.table = memory.MemoryMarks(store, self._io), store, Table()
        clock: Any = self
        self.news = ContractRowJobs(self.jobs, on)
        mappings = memory.MemoryMappings(store, self._io, self.monotonic)
        self.closer = Closer(self.links, self.due, self.log, self.jobs, self.news, NewsJobs(self.jobs, mappings))
        parts = (self.links, self.table, self.jobs, self.due, self.marks, clock)
        self.rows = ContractRows(*parts, on, removes, connected=lambda marks: marks.get("registered"))

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)

    def _io(self, step: str, act: Callable[[], Any], writing: bool = False) -> Any:
        self.steps.append(step)
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                raise Died
        return act()

    def link(self, contract_id: int = 7, **parts: Any) -> Link:
        """A link whose row is as it should be."""
        link = Link(contract_id, "opportunity", "r", state="pending", name="Frame", facts=ContractFacts(), **parts)
        link = replace(link, shown=row_of(link).digest)
        self.links.create(link, {}, [])
        self.table.rows[contract_id] = row_of(link)
        return link

    def close(self, contract_id: int = 7, **changed: Any) -> None:
        opened = self.links.open(contract_id)
        assert opened
        self.closer.store(opened, replace(opened.link, **changed), opened.bases, [])

    def run_jobs(self, rounds: int = 4) -> list[ContractRowJob]:
        """All that is put, as it falls due; what is taken by a process that dies comes back."""
        done = []
        for _ in range(rounds):
            self.at += timedelta(minutes=21)
            while (message := self.store.queue.take()) is not None:
                job = parsed_job(message.text)
                if isinstance(job, ContractRowJob):
                    self.rows.run(job)
                    done.append(job)
                self.store.queue.delete(message, message.receipt)
        return done

    def unlink(self, contract_id: int = 7, quick: bool = False) -> None:
        """`quick`: another process is through with the job of it at once."""
        opened = self.links.open(contract_id)
        assert opened
        if not quick:
            self.news.ending(contract_id)
        self.links.remove(opened)
        if quick:
            self.rows.run(ContractRowJob(contract_id, ended=True))

    def meanwhile(self, act: Callable[[], object]) -> None:
        """What happens while the next row is being written, once."""

        def once() -> None:
            self.table.during = lambda: None
            act()

        self.table.during = once

    def ended(self, contract_id: int = 7) -> bool:
        """Whether the row says that its link has."""
        row = self.table.rows[contract_id]
        return row is not None and row.values["link_status"] == "ended"

    def shown(self, contract_id: int = 7) -> bool:
        """Whether the row is as its link says."""
        opened = self.links.open(contract_id)
        return opened is not None and self.table.rows.get(contract_id) == row_of(opened.link)


# --- the job ----------------------------------------------------------------------------------------------------------


def test_a_closing_that_changes_the_row_writes_it_once() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.run_jobs()
    assert desk.table.asked == ["write"]
    assert desk.shown()
    row = desk.table.rows[7]
    assert row and row.values["sync_state"] == "conflict"


def test_a_closing_that_changes_nothing_of_it_puts_no_job_and_asks_nothing() -> None:
    desk = Desk()
    desk.link()
    desk.close(idle_hints=1)
    assert desk.run_jobs() == []
    assert desk.table.asked == []


def test_of_many_changes_at_once_the_last_is_written_once() -> None:
    desk = Desk()
    desk.link()
    for number in range(1, 6):
        desk.close(waiting_for_push=number)
    desk.run_jobs()
    assert desk.table.asked == ["write"]
    assert desk.shown()


def test_there_and_back_again_ends_as_the_link_is() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.close(conflicts=0)
    desk.run_jobs()
    assert desk.shown()


@pytest.mark.parametrize("step", range(6))
def test_a_process_that_dies_at_any_step_of_a_closing_leaves_no_row_behind(step: int) -> None:
    desk = Desk()
    desk.link()
    desk.dies_at = step
    with suppress(Died):
        desk.close(conflicts=1)
    desk.dies_at = None
    opened = desk.links.open(7)
    assert opened
    if opened.link.conflicts:
        desk.run_jobs()
        assert desk.shown(), "what was closed is shown by the job that was put before"
    desk.close(conflicts=1)  # the next look
    desk.run_jobs()
    assert desk.shown()


@pytest.mark.parametrize("step", range(4))
def test_a_process_that_dies_while_it_writes_a_row_is_made_good_when_its_message_comes_back(step: int) -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.dies_at = step
    with suppress(Died):
        desk.run_jobs(1)
    desk.dies_at = None
    desk.run_jobs()
    assert desk.shown()


def test_a_slow_write_that_comes_after_a_newer_one_is_made_good() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)

    def meanwhile() -> None:
        desk.close(conflicts=0, refused=1)
        desk.sleep(20)
        opened = desk.links.open(7)
        assert opened
        desk.rows.run(ContractRowJob(7, opened.link.shown or ""))  # another process is through before us

    desk.meanwhile(meanwhile)
    desk.run_jobs()
    assert desk.shown()


def test_a_slow_write_that_comes_after_its_links_end_is_made_good() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)

    def meanwhile() -> None:
        desk.unlink(quick=True)
        desk.sleep(20)

    desk.meanwhile(meanwhile)
    desk.run_jobs()
    assert desk.ended()


@pytest.mark.parametrize("took", [0.0, 20.0])
def test_a_write_whose_answer_was_lost_is_followed_by_the_end_of_its_link(took: float) -> None:
    """It came after the mark of the end; what its message finds when it comes back is that there is no link."""
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)

    def meanwhile() -> None:
        desk.unlink(quick=True)
        desk.sleep(took)
        desk.dies_at = 0  # whatever it asks next

    desk.meanwhile(meanwhile)
    with suppress(Died):
        desk.run_jobs(1)
    desk.dies_at = None
    desk.run_jobs()
    assert desk.ended()


def test_a_quick_write_that_comes_after_its_links_end_is_made_good() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)

    desk.meanwhile(lambda: desk.unlink(quick=True))
    desk.run_jobs()
    assert desk.ended()


def test_the_mark_of_an_end_that_comes_after_a_new_link_is_made_good() -> None:
    desk = Desk()
    desk.link()
    desk.unlink()

    desk.meanwhile(lambda: desk.link(conflicts=1))
    desk.run_jobs()
    assert desk.shown()


def test_an_unlinked_contracts_row_stays_and_says_that_its_link_has_ended() -> None:
    desk = Desk()
    desk.link()
    desk.unlink()
    desk.run_jobs()
    assert desk.ended()
    assert desk.table.asked == ["end"]


def test_by_a_setting_the_row_goes_with_its_link() -> None:
    desk = Desk(removes=True)
    desk.link()
    desk.unlink()
    desk.run_jobs()
    assert desk.table.rows == {}


def test_an_unlinking_that_died_before_its_transaction_ends_no_row() -> None:
    desk = Desk()
    desk.link()
    desk.news.ending(7)
    desk.run_jobs()
    assert desk.shown()
    assert desk.table.asked == []


def test_switched_off_nothing_is_put_nor_asked() -> None:
    desk = Desk(on=False)
    desk.link()
    desk.close(conflicts=1)
    desk.news.ending(7)
    assert desk.run_jobs() == []
    desk.rows.run(ContractRowJob(7))
    desk.rows.heal([row for row, _ in desk.due.swept(None, 10)[0]], {})
    desk.rows.look_again({})
    assert desk.table.asked == []


def test_a_job_survives_its_message() -> None:
    for job in (ContractRowJob(7, "abc", looks=1), ContractRowJob(7, ended=True)):
        assert job_of(json.loads(json.dumps(content_of(job)))) == job


# --- what Dynamics has against it -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("error", "missing", "told"),
    [
        (Gone("no such set", side="dynamics"), ("table", None), ("table", None)),
        (NotAllowed("no", side="dynamics", missing="prvWrite"), None, ("privilege", "prvWrite")),
        (Refused("no such key", side="dynamics"), ("key", "Pending"), ("key", "Pending")),
        (Refused("no such column", side="dynamics"), None, ("refused", None)),
    ],
)
def test_what_is_missing_is_told_and_the_job_is_done(
    error: Exception, missing: tuple[str, str | None] | None, told: tuple[str, str | None]
) -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.table.fails, desk.table.missing = error, missing
    desk.run_jobs()
    shown = desk.rows.show(desk.marks.all())
    assert (shown["lacks"], shown["missing"]) == told
    assert desk.store.queue.messages == {}, "no message waits for it"


def lacking(desk: Desk, what: str) -> None:
    """It is noted already."""
    desk.marks.set(MARK, json.dumps({"what": what, "name": None, "at": "2026-03-01T12:00:00Z", "connect": None}))


@pytest.mark.parametrize("what", ["table", "key", "privilege"])
def test_what_is_known_to_be_missing_is_neither_asked_for_nor_logged_again(
    what: str, caplog: pytest.LogCaptureFixture
) -> None:
    desk = Desk()
    desk.link(8)
    desk.link()
    desk.close(conflicts=1)
    lacking(desk, what)
    desk.unlink(8)
    with caplog.at_level("INFO"):
        desk.run_jobs(1)
    assert desk.table.asked == []
    assert caplog.records == []
    # An ended link's waits; but a table that is missing has no rows.
    assert len(desk.store.queue.messages) == (0 if what == "table" else 1)
    desk.marks.set(MARK, "")
    desk.run_jobs()
    assert what == "table" or desk.ended(8)


def test_the_row_of_an_ended_link_waits_no_longer_than_any_job() -> None:
    desk = Desk()
    lacking(desk, "privilege")
    job = ContractRowJob(7, ended=True)
    desk.rows.run(replace(job, first_put_at=desk.at - timedelta(hours=71)))
    assert len(desk.store.queue.messages) == 1
    desk.rows.run(replace(job, first_put_at=desk.at - timedelta(hours=73)))
    assert len(desk.store.queue.messages) == 1


@pytest.mark.parametrize("asking", [NotAllowed("403", side="dynamics"), Refused("400", side="dynamics")], ids=str)
def test_the_row_of_an_ended_link_waits_though_nobody_may_ask_what_is_lacking(asking: SyncError) -> None:
    """A job that is refused for good is let go of, and by an ended link comes no sweep."""
    desk = Desk()
    desk.table.fails, desk.table.fails_asked = Refused("412", side="dynamics"), asking
    with pytest.raises(Temporary):
        desk.rows.run(ContractRowJob(7, ended=True))


def test_a_table_that_is_there_after_all_is_no_lack() -> None:
    """Some gateway said "not found" for a moment."""
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.table.fails = Gone("no such set", side="dynamics")
    with pytest.raises(Temporary):
        desk.run_jobs()
    assert desk.rows.show(desk.marks.all())["lacks"] is None


def test_each_row_that_is_refused_by_itself_is_named_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    desk = Desk()
    desk.table.fails = Refused("no such column", side="dynamics")
    for number in (7, 8):
        desk.link(number)
        desk.close(number, conflicts=1)
    with caplog.at_level("INFO"):
        desk.run_jobs()
    told = [one.getMessage() for one in caplog.records]
    assert [text.split()[0] for text in told] == ["contract_row.lacks", "contract_row.refused"]
    assert ["contract_id=7" in told[0], "contract_id=8" in told[1]] == [True, True]


def test_what_connect_gives_is_seen_by_the_next_sweep() -> None:
    desk = Desk()
    desk.link()
    desk.rows.look_again(desk.marks.all())
    desk.close(conflicts=1)
    desk.table.fails = NotAllowed("no", side="dynamics", missing="prvWrite")
    desk.run_jobs(1)
    desk.rows.look_again(desk.marks.all())
    assert desk.rows.show(desk.marks.all())["lacks"] == "privilege", "not before its time"
    desk.marks.set("registered", "anew")
    desk.rows.look_again(desk.marks.all())
    assert desk.rows.show(desk.marks.all())["lacks"] is None


def test_two_jobs_that_make_one_row_at_once_are_no_lack() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.table.fails = Refused("taken", side="dynamics", ground=Ground.KEY_TAKEN)
    with pytest.raises(Temporary):
        desk.run_jobs()
    assert desk.rows.show(desk.marks.all())["lacks"] is None


def test_what_was_missing_is_looked_at_again_and_then_every_row_is() -> None:
    desk = Desk()
    desk.link()
    desk.close(conflicts=1)
    desk.table.fails, desk.table.missing = Gone("no such set", side="dynamics"), ("table", None)
    desk.run_jobs(1)
    desk.rows.look_again(desk.marks.all())
    desk.marks.set(SLOW_SWEEP, '{"done_at": "2099-01-01T00:00:00Z"}')
    desk.sleep(900)
    desk.rows.look_again(desk.marks.all())
    assert desk.rows.show(desk.marks.all())["lacks"] == "table"
    desk.table.fails = desk.table.missing = None
    asked = len(desk.table.asked)
    desk.rows.look_again(desk.marks.all())
    assert len(desk.table.asked) == asked, "no more than every ten minutes"
    desk.sleep(900)
    desk.rows.look_again(desk.marks.all())
    assert desk.rows.show(desk.marks.all())["lacks"] is None
    assert desk.marks.all()[SLOW_SWEEP] == "{}"
    desk.rows.heal([link for link, _ in desk.due.swept(None, 10)[0]], desk.marks.all())
    desk.run_jobs()
    assert desk.shown()


def test_a_row_that_is_refused_by_itself_starts_no_sweep() -> None:
    desk = Desk()
    desk.link()
    desk.rows.look_again(desk.marks.all())
    desk.marks.set(SLOW_SWEEP, "done")
    desk.close(conflicts=1)
    desk.table.fails = Refused("no such column", side="dynamics")
    desk.run_jobs()
    desk.sleep(2 * 24 * 3600)
    desk.rows.look_again(desk.marks.all())
    assert desk.rows.show(desk.marks.all())["lacks"] is None
    assert desk.marks.all()[SLOW_SWEEP] == "done"


# --- the slow sweep ---------------------------------------------------------------------------------------------------


def test_rows_that_are_missing_or_were_edited_come_back_and_the_others_are_left_alone() -> None:
    desk = Desk()
    links = [desk.link(number) for number in range(1, 6)]
    del desk.table.rows[2]
    desk.table.rows[3] = row_of(replace(links[2], name="Edited by hand"))
    desk.rows.heal(links, {})
    assert [job.contract_id for job in desk.run_jobs()] == [2, 3]
    assert desk.table.asked == ["compare", "write", "write"], "one question for a page"
    assert all(desk.shown(number) for number in range(1, 6))


def test_of_a_thousand_links_one_change_is_one_request_and_a_sweep_asks_once_for_a_hundred() -> None:
    steps: dict[int, list[str]] = {}
    for number in (10, 1000):
        desk = Desk()
        links = [desk.link(contract_id) for contract_id in range(1, number + 1)]
        desk.steps.clear()
        desk.close(5, conflicts=1)
        desk.run_jobs()
        assert desk.table.asked == ["write"]
        steps[number] = list(desk.steps)
        desk.table.asked.clear()
        for page in range(0, number, 100):
            desk.rows.heal(links[page : page + 100], {})
        assert desk.table.asked == ["compare"] * max(1, number // 100)
    assert steps[10] == steps[1000], "in storage neither it grows with their number"


def test_links_of_before_facts_were_kept_get_a_row_and_are_looked_at() -> None:
    desk = Desk()
    old = Link(9, "opportunity", "r", state="signed", name="Old")
    desk.links.create(old, {}, [])
    desk.rows.heal([old], {})
    desk.run_jobs()
    assert desk.shown(9)
    assert [row.contract_id for row in desk.due.until(desk.at, 10)] == [9]


def test_a_sweep_is_not_stopped_by_dynamics() -> None:
    desk = Desk()
    link = desk.link()
    for error in (Temporary("away", side="dynamics"), Gone("no such set", side="dynamics")):
        desk.table.fails = error
        desk.rows.heal([link], {})
    assert desk.rows.show(desk.marks.all())["lacks"] is None, "the table is there"
    desk.table.missing = ("table", None)
    desk.rows.heal([link], {})
    assert desk.rows.show(desk.marks.all())["lacks"] == "table"


def test_nothing_is_compared_while_the_table_is_missing() -> None:
    desk = Desk()
    link = desk.link()
    mark = json.dumps({"what": "table", "name": None, "at": "2026-03-01T12:00:00Z"})
    desk.rows.heal([link], {MARK: mark})
    assert desk.table.asked == []
