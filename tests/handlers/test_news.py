"""The owner of a record is told of what happens to its contracts: once, by a job, whatever dies at any step."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.jobs import NewsJob, content_of, job_of, parsed_job
from sync_core.engine.model.link import Link
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.news import Notify
from sync_core.engine.model.words import Side
from sync_core.errors import NotAllowed, Temporary
from sync_core.usecases.jobs.tell_news import MARK, TellNews
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from tests.handlers.clock import StandingClock
from tests.torture import memory

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
OWNER = "systemuser:a0000000-0000-4000-8000-000000000002"
EVERYTHING = EntityMapping("opportunity", notify=Notify.EVERYTHING)


class Died(BaseException):
    """The process ends here."""


class Channel:
    """Dynamics. A second row under one id is none, as there."""

    def __init__(self, step: Callable[[str], None]) -> None:
        self.told: dict[str, tuple[str, str, str]] = {}  # by id: who, title, text
        self.notes: dict[str, tuple[str, str]] = {}
        self.disabled: set[str] = set()
        self.missing: tuple[str, str | None] | None = None
        self.asked = 0
        self.fails: Exception | None = None
        self._step = step

    def swedish(self) -> bool:
        return False

    def notify(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> bool:
        self._step("notify")
        if user_id in self.disabled:
            return False
        if self.fails is not None:
            raise self.fails
        self.told.setdefault(news_id, (user_id, title, text))
        self._step("notified")
        return True

    def note(self, note_id: str, entity: str, record_id: str, title: str, text: str) -> None:
        self._step("note")
        self.notes.setdefault(note_id, (title, text))
        self._step("noted")

    def lacks(self) -> tuple[str, str | None] | None:
        self._step("lacks")
        self.asked += 1
        return self.missing


class Desk(StandingClock):
    def __init__(self, mapping: EntityMapping = EVERYTHING, owner: str = OWNER) -> None:
        super().__init__(START)
        self.dies_at: int | None = None
        store = memory.Store(self.now)
        self.links, self.due = memory.MemoryLinks(store, self._io), memory.MemoryDue(store, self._io)
        self.jobs, self.log = memory.MemoryJobs(store, self._io), memory.MemoryLog(store, self._io)
        self.marks, self.store = memory.MemoryMarks(store, self._io), store
        self.mappings = memory.MemoryMappings(store, self._io, self.monotonic)
        store.mappings["opportunity"] = mapping
        self.channel = Channel(self._step)
        clock: Any = self
        rows, news = ContractRowJobs(self.jobs, on=False), NewsJobs(self.jobs, self.mappings)
        self.closer = Closer(self.links, self.due, self.log, self.jobs, rows, news)
        parts = (self.links, self.mappings, self.jobs, self.marks, self.channel, clock)
        self.tell = TellNews(*parts, connected=lambda marks: marks.get("registered"))
        link = Link(7, "opportunity", "r", state="pending", name="Frame", owner=owner, signature_given=True)
        self.links.create(link, {}, [])

    def _io(self, step: str, act: Callable[[], Any], writing: bool = False) -> Any:
        self._step(step)
        return act()

    def _step(self, step: str) -> None:
        if self.dies_at is not None:
            self.dies_at -= 1
            if self.dies_at < 0:
                raise Died

    def close(self, *lines: HistoryLine, **changed: Any) -> None:
        opened = self.links.open(7)
        assert opened
        entries = []
        if lines:
            number = opened.link.history_count + 1
            what = ("automatic", "webhook", "application", 7, "synced", list(lines), opened.link.history_digest)
            entries = [HistoryEntry(uuid.uuid4().hex, number, self.at.isoformat(), *what)]
        self.closer.store(opened, replace(opened.link, **changed), opened.bases, entries)

    def edited(self, label: str = "Topic", before: str = "old", after: str = "new") -> HistoryLine:
        """The counterparty changed a field, and it was brought to Dynamics."""
        return HistoryLine(
            LineKind.WRITTEN, side=Side.DYNAMICS, dynamics_column=label.lower(), dynamics_label=label,
            from_text=before, to_text=after,
        )  # fmt: skip

    def run_due(self) -> None:
        """What the queue shows now; what a process that dies had taken comes back after its lease."""
        while (message := self.store.queue.take()) is not None:
            job = parsed_job(message.text)
            if isinstance(job, NewsJob):
                self.tell.run(job)
            self.store.queue.delete(message, message.receipt)

    def pass_time(self, minutes: float) -> None:
        for _ in range(int(minutes * 2)):
            self.sleep(30)
            self.run_due()

    def titles(self) -> list[str]:
        return sorted(title for _, title, _ in self.channel.told.values())


@pytest.mark.parametrize(
    ("changed", "title"),
    [
        ({"state": "signed"}, "Frame: signed"),
        ({"state": "declined"}, "Frame: declined"),
        ({"status": "broken", "reason": "The contract was deleted in Oneflow."}, "Frame: the link is broken"),
        ({"conflicts": 1}, "Frame: needs a decision"),
        ({"refused": 2}, "Frame: a value was refused"),
        ({"signature_given": False}, "Frame: signatures were reset"),
    ],
)
def test_the_owner_is_told_once_of_each_event(changed: dict[str, Any], title: str) -> None:
    desk = Desk()
    desk.close(**changed)
    desk.close()  # a later look finds it as it is
    desk.pass_time(30)
    assert desk.titles() == [title]
    ((user, _, _),) = desk.channel.told.values()
    assert user == OWNER.split(":")[1]


def test_a_signature_of_a_contract_that_is_signed_was_not_reset() -> None:
    desk = Desk()
    desk.close(state="signed", signature_given=False)
    desk.pass_time(1)
    assert desk.titles() == ["Frame: signed"]


@pytest.mark.parametrize("state", ["signed", "declined"])
def test_a_read_that_lags_has_nobody_told_again_how_a_contract_ended(state: str) -> None:
    desk = Desk()
    for shown in (state, "pending", state):
        desk.close(state=shown)
        desk.pass_time(5)
    assert desk.titles() == [f"Frame: {state}"]


def test_changes_of_a_quarter_of_an_hour_are_gathered_and_none_is_lost() -> None:
    desk = Desk()
    for place in range(20):
        desk.close(desk.edited(f"Field {place}"))
        desk.pass_time(1)
    desk.pass_time(40)
    texts = [text for _, _, text in desk.channel.told.values()]
    assert len(texts) == 3, "at once, after 15 minutes, after 30"
    assert {f"Field {place}" for place in range(20)} <= set(", ".join(texts).replace("\n", ", ").split(", "))


def test_news_of_changes_is_never_told_twice_within_a_quarter_of_an_hour() -> None:
    desk = Desk()
    told: list[datetime] = []
    for place in range(200):
        desk.close(desk.edited(f"Field {place}"))
        before = len(desk.channel.told)
        desk.pass_time(0.5)
        told += [desk.at] * (len(desk.channel.told) - before)
    assert len(told) > 5
    assert all(later - earlier >= timedelta(minutes=14) for earlier, later in pairwise(told))


def test_no_value_is_told_unless_the_administrator_allows_it() -> None:
    for allowed in (False, True):
        desk = Desk(replace(EVERYTHING, notify_values=allowed, timeline_notes=True))
        desk.close(desk.edited(before="secret one", after="secret two"))
        desk.pass_time(1)
        shown = str([*desk.channel.told.values(), *desk.channel.notes.values()])
        assert "Topic" in shown
        assert ("secret one" in shown, "secret two" in shown) == (allowed, allowed)


def test_by_default_only_what_needs_a_decision_is_told_and_switched_off_nothing_is_even_put() -> None:
    for level, titles in (
        (Notify.DECISIONS, ["Frame: needs a decision"]),
        (Notify.OFF, []),
    ):
        desk = Desk(replace(EVERYTHING, notify=level))
        desk.close(desk.edited(), conflicts=1)
        desk.close(state="signed")
        desk.pass_time(1)
        assert desk.titles() == titles
    assert EntityMapping("opportunity").notify is Notify.DECISIONS
    assert Desk(replace(EVERYTHING, notify=Notify.OFF)).store.queue.messages == {}


def test_what_was_switched_off_meanwhile_is_not_told() -> None:
    desk = Desk()
    desk.close(conflicts=1)
    desk.store.mappings["opportunity"] = replace(EVERYTHING, notify=Notify.OFF)
    desk.sleep(60)
    desk.run_due()
    assert desk.channel.told == {}


@pytest.mark.parametrize("owner", ["team:a0000000-0000-4000-8000-000000000009", None])
def test_a_team_is_told_nothing_in_the_app_but_its_record_has_the_note(owner: str) -> None:
    desk = Desk(replace(EVERYTHING, timeline_notes=True), owner=owner)
    desk.close(conflicts=1)
    desk.pass_time(1)
    assert desk.channel.told == {}
    assert [title for title, _ in desk.channel.notes.values()] == ["Frame: needs a decision"]


def test_a_disabled_user_is_told_nothing() -> None:
    desk = Desk()
    desk.channel.disabled.add(OWNER.split(":")[1])
    desk.close(conflicts=1)
    desk.pass_time(1)
    assert desk.channel.told == {}
    assert desk.tell.show(desk.marks.all())["lacks"] is None


@pytest.mark.parametrize("missing", [("app_setting", None), ("privilege", "prvCreateappnotification"), ("table", None)])
def test_what_stops_notifications_is_told_and_asked_for_again(missing: tuple[str, str | None]) -> None:
    desk = Desk(replace(EVERYTHING, fields=()))
    desk.channel.missing = missing
    desk.close(conflicts=1)
    desk.close(state="declined")
    desk.sleep(5)
    desk.run_due()
    assert desk.channel.told == {}
    assert desk.channel.asked == 1, "not by each job"
    known = json.loads(desk.marks.all()[MARK])
    assert (known["what"], known["name"]) == missing
    desk.channel.missing = None
    desk.sleep(900)
    desk.close(state="signed")
    desk.sleep(5)
    desk.run_due()
    assert desk.titles() == ["Frame: signed"]


def test_after_connect_it_is_asked_at_once() -> None:
    desk = Desk()
    desk.channel.missing = ("privilege", "prvCreateappnotification")
    desk.close(conflicts=1)
    desk.sleep(5)
    desk.run_due()
    desk.channel.missing = None
    desk.marks.set("registered", "anew")
    desk.close(state="signed")
    desk.sleep(5)
    desk.run_due()
    assert desk.titles() == ["Frame: signed"]


def test_one_user_who_may_receive_none_stops_nobody_elses() -> None:
    desk = Desk()
    desk.channel.fails = NotAllowed("no", side="dynamics", missing="prvReadappnotification")
    desk.close(conflicts=1)
    desk.sleep(5)
    desk.run_due()
    assert json.loads(desk.marks.all()[MARK])["what"] is None


@pytest.mark.parametrize("step", range(12))
@pytest.mark.parametrize("lines", [False, True], ids=["conflict", "change"])
def test_a_process_that_dies_at_any_step_of_a_closing_has_each_event_told_once(step: int, lines: bool) -> None:
    desk = Desk()

    def event() -> None:
        opened = desk.links.open(7)
        assert opened
        if lines and not opened.link.history_count:
            desk.close(desk.edited())
        elif not lines:
            desk.close(conflicts=1)

    desk.dies_at = step
    with suppress(Died):
        event()
    desk.dies_at = None
    event()  # the next look finds what is left to do
    desk.pass_time(40)
    assert len(desk.channel.told) == 1


@pytest.mark.parametrize("step", range(14))
def test_a_process_that_dies_at_any_step_of_the_telling_tells_it_once(step: int) -> None:
    desk = Desk(replace(EVERYTHING, timeline_notes=True))
    desk.close(conflicts=1)
    desk.sleep(5)
    desk.dies_at = step
    with suppress(Died):
        desk.run_due()
    desk.dies_at = None
    desk.pass_time(40)
    assert len(desk.channel.told) == 1
    assert len(desk.channel.notes) == 1


def test_an_answer_that_was_lost_makes_no_second_one() -> None:
    desk = Desk()
    desk.close(conflicts=1)
    (news,) = desk.links.open(7).link.news  # type: ignore[union-attr]
    desk.sleep(5)
    desk.channel.fails = None
    for _ in range(3):
        desk.tell.run(NewsJob(7, news.id))
    assert len(desk.channel.told) == 1
    desk.channel.fails = Temporary("away", side="dynamics")
    with pytest.raises(Temporary):
        desk.tell.run(NewsJob(7, news.id))


def test_what_a_link_keeps_of_news_is_bounded_and_goes_with_time() -> None:
    desk = Desk()
    for place in range(60):
        desk.close(conflicts=place % 2)
    opened = desk.links.open(7)
    assert opened and len(opened.link.news) <= 21
    desk.sleep(5 * 24 * 3600)
    desk.close()
    opened = desk.links.open(7)
    assert opened and opened.link.news == ()


def test_a_job_survives_its_message() -> None:
    job = NewsJob(7, "a-guid", looks=1)
    assert job_of(json.loads(json.dumps(content_of(job)))) == job


def test_a_mapping_keeps_who_is_told_and_an_older_one_reads_as_it_did() -> None:
    mapping = EntityMapping("opportunity", notify=Notify.OFF, notify_values=True, timeline_notes=True)
    assert EntityMapping.from_json(mapping.to_json()) == mapping
    assert "notify" not in EntityMapping("opportunity").to_json()
