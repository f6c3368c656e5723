"""Closing a sync: what it saw and did becomes the link's new state, in one transaction, with its due row around it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sync_core.engine.deciding.counts import after_writes, count, with_counts
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Cause
from sync_core.engine.model.base import Bases
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import OUR_WRITES, HistoryEntry, HistoryLine, LineKind, sent_to_oneflow
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import EventsJob, SyncJob
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.records import Record
from sync_core.engine.model.standing import moved, stood
from sync_core.engine.model.words import Action, ContractState
from sync_core.engine.settling.answers import moved_bases
from sync_core.engine.settling.lines import history_fields
from sync_core.engine.settling.schedule import LATER_LOOKS, next_check, next_try, pause, recent_writes
from sync_core.engine.showing.contract_row import last_change
from sync_core.usecases.stores import Due, Jobs, Links, Log
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from sync_core.usecases.sync.parts import Parts

_EVENTS = ("webhook", "dynamics")
_SEARCH_AFTER = 5.0  # seconds


class Closer:
    """Turns an applied plan into storage."""

    def __init__(self, links: Links, due: Due, log: Log, jobs: Jobs, rows: ContractRowJobs, news: NewsJobs) -> None:
        self._due, self._log, self._jobs, self._rows, self._news = due, log, jobs, rows, news
        self._parts = Parts(links, self._announce)

    def close(self, opened: OpenLink, scene: Scene, plan: Plan, cause: Cause) -> OpenLink:
        """One transaction: bases, history and the link as they now are."""
        bases = moved_bases(opened.bases, scene.mapping, plan.steps)
        lines = history_fields(plan.steps)
        entries = [self._entry(opened, plan.action, cause, str(plan.outcome), lines)] if lines else []
        link = seen(opened, scene.contract, scene.record, bool(lines))
        link = link.having(last_change=last_change(entries, link.last_change, scene.record.modified_by))
        counts = count(after_writes(scene, plan.steps, bases))
        written = [step for step in plan.steps if step.writes]
        if written or not cause.actor.is_machine:
            link = replace(link, last_synced_at=opened.opened_at, revision=link.revision + 1)
        link = with_counts(link, counts)
        if bool(lines) or not cause.actor.is_machine:
            link = link.having(idle_hints=0)
        elif cause.name in _EVENTS:
            link = replace(link, idle_hints=link.idle_hints + 1)
        link = _paused(link, plan.action, len(written), opened.opened_at)
        link = _refused(link, opened.bases, bases, opened.opened_at, cause)
        self._search_later(entries)
        return self.store(opened, link, bases, entries)

    def left_behind(self, opened: OpenLink, bases: Bases, lines: Sequence[HistoryLine], link: Link) -> OpenLink:
        """Close an interrupted sync's intent: its writes become history under its own cause and name."""
        intent = opened.intent
        assert intent is not None
        extra = {"interrupted": True, "started_at": intent.started_at}
        # An id of its own where a part of the intent has an entry already: a search asks for one entry by its id.
        entry = HistoryEntry(
            uuid.uuid4().hex if intent.is_rest else intent.id,
            opened.link.history_count + 1,
            instant_text(opened.opened_at),
            intent.action,
            intent.cause,
            intent.who,
            opened.link.contract_id,
            "unclear" if any(line.kind is LineKind.UNCLEAR for line in lines) else "settled",
            list(lines),
            opened.link.history_digest,
            entity=opened.link.entity,
            record_id=opened.link.record_id,
            extra=extra | ({"continues": intent.id} if intent.is_rest else {}),
        )
        if any(line.kind in OUR_WRITES for line in lines):
            link = replace(link, revision=link.revision + 1)
        entries = [entry] if lines else []
        link = link.having(last_change=last_change(entries, link.last_change, None))
        self._search_later(entries)
        return self.store(opened, link, bases, entries)

    def _search_later(self, entries: Sequence[HistoryEntry]) -> None:
        """Before the transaction: a process that dies after it leaves no write without its search."""
        for entry in entries:
            if sent_to_oneflow(entry):
                self._jobs.put(EventsJob(entry.contract_id, entry.entry_id), delay=_SEARCH_AFTER)

    def _announce(self, entries: Sequence[HistoryEntry]) -> None:
        self._search_later(entries)
        self._log.note(entries)

    def store(
        self,
        opened: OpenLink,
        link: Link,
        bases: Bases,
        entries: Sequence[HistoryEntry],
        check_in: timedelta | None = None,
    ) -> OpenLink:
        """The new due row, the transaction, then the old due row goes: a crash leaves a row too many, never too few.

        `check_in`: look at the link again after this, whatever the schedule says.
        """
        now = opened.opened_at
        if entries:
            link = replace(link, history_count=entries[-1].number, history_digest=entries[-1].digest)
        check = _next_look(opened, link) if check_in is None else now + check_in
        link = stood(link, now)
        link = self._rows.closing(link)
        self._rows.moved(opened.link, link)
        link = self._news.closing(opened.link, link, entries, now)
        listing, left = moved(opened.link, link)
        due = None
        if check:
            due = self._due.put(link.contract_id, check, entries, listing)
        elif entries or listing:
            self._log.note(entries, listing)
        link = replace(link, lock=None, looked_at=now, due=due)
        closed = self._parts.close(opened, link, bases, entries)
        old = opened.link.due if opened.link.due != due else None
        if old or left:
            self._due.drop(old, left)
        return closed

    def look_again(self, opened: OpenLink) -> None:
        """Reads can lag behind webhooks: two later looks, unless some are on their way already."""
        until = opened.link.looks_until
        if until and until >= opened.opened_at + LATER_LOOKS[0]:
            return
        for delay in LATER_LOOKS:
            job = SyncJob(opened.link.contract_id, "look", put_at=opened.opened_at + delay)
            self._jobs.put(job, delay=delay.total_seconds())

    @staticmethod
    def with_looks(opened: OpenLink) -> OpenLink:
        """The link as it will be closed: the later looks that are about to be put are remembered in it."""
        until = opened.link.looks_until
        if until and until >= opened.opened_at + LATER_LOOKS[0]:
            return opened
        return replace(opened, link=replace(opened.link, looks_until=opened.opened_at + LATER_LOOKS[-1]))

    @staticmethod
    def _entry(
        opened: OpenLink, action: Action, cause: Cause, outcome: str, lines: Sequence[HistoryLine]
    ) -> HistoryEntry:
        return HistoryEntry(
            opened.intent.id if opened.intent else cause.entry_id(uuid.uuid4().hex),
            opened.link.history_count + 1,
            instant_text(opened.opened_at),
            str(action),
            cause.name,
            cause.who,
            opened.link.contract_id,
            outcome,
            lines,
            opened.link.history_digest,
            undoes=cause.undoes,
            entity=opened.link.entity,
            record_id=opened.link.record_id,
        )


def _next_look(opened: OpenLink, link: Link) -> datetime | None:
    """When the link, as it will be stored, is looked at again; None: it rests."""
    now, broken = opened.opened_at, link.status == "broken"
    touched = (link.broken_since if broken else link.touched_at) or now
    check = next_check(ContractState(link.state), broken, opened.link.state, touched, now)
    if link.refused_until and not broken:
        again = max(link.refused_until, now)
        check = min(check or again, again)
    return max(check, link.paused_until) if link.paused_until and check else check


def seen(opened: OpenLink, contract: Contract, record: Record, changed: bool) -> Link:
    """The link after a good look at both sides: a good answer mends a broken one."""
    link = opened.link
    names = {field.id: field.custom_id for field in contract.fields.values() if field.custom_id}
    mended = link.status == "broken"
    moved = changed or mended or contract.state != link.state or contract.name != link.name
    return link.having(
        status="active" if mended else link.status,
        reason=None if mended else link.reason,
        broken_since=None,
        gone_looks=0,
        name=contract.name,
        state=str(contract.state),
        template_type_id=contract.template_type_id,
        field_ids={**link.field_ids, **names},
        facts=contract.facts or link.facts,
        owner=record.owner or link.owner,
        signature_given=contract.signature_given,
        touched_at=opened.opened_at if moved or link.touched_at is None else link.touched_at,
    )


def _paused(link: Link, action: Action, written: int, now: datetime) -> Link:
    """Count automatic writes and pause a link that systems fight over; a person's action ends a pause."""
    if action is not Action.AUTOMATIC:
        return link.having(status="active", reason=None, paused_until=None, pauses=0, automatic_writes=())
    if link.status == "paused" and link.paused_until and link.paused_until <= now:
        link = link.having(status="active", reason=None, paused_until=None, automatic_writes=())
    if not written:
        return link.having(automatic_writes=recent_writes(link.automatic_writes, now))
    writes = (*recent_writes(link.automatic_writes, now), now)
    until = pause(writes, link.pauses, now)
    if until is None:
        return link.having(automatic_writes=writes)
    return link.having(
        status="paused",
        reason=reasons.PAUSED.text,
        paused_until=until,
        pauses=link.pauses + 1,
        automatic_writes=writes,
    )


def _refused(link: Link, before: Bases, now: Bases, at: datetime, cause: Cause) -> Link:
    """When the situation's refusals are tried again: the times begin anew with each that is new."""
    standing = _refused_by_situation(now)
    if not standing:
        return link.having(refused_since=None, refused_until=None)
    new = standing.items() - _refused_by_situation(before).items()
    since = at if new or not link.refused_since else link.refused_since
    held = cause.waits and link.refused_until is not None and at < link.refused_until and since == link.refused_since
    return link.having(refused_since=since, refused_until=link.refused_until if held else next_try(since, at))


def _refused_by_situation(bases: Bases) -> dict[str, str]:
    return {key: base.refusal.code for key, base in bases.items() if base.refusal and not base.refusal.of_value}
