"""The search after a write to Oneflow: did it overwrite a value that we never saw (DESIGN 2.3, the one window)?"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync_core.engine.model.contracts import ContractEvent
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind, sent_to_oneflow
from sync_core.engine.model.instants import known_instant
from sync_core.engine.model.jobs import EventsJob
from sync_core.engine.model.words import OneflowKind, Result, Side
from sync_core.engine.values import normal_text
from sync_core.engine.values.canonical import is_stored_form
from sync_core.errors import Gone, NotAllowed
from sync_core.usecases.ports import Contracts
from sync_core.usecases.stores import Jobs, Links, Log

log = logging.getLogger(__name__)

_ENTRIES = 50  # how far back the entry is looked for
_LOOKS = 2  # Oneflow's log may lag: it is looked at again before "cannot be known" is said
_NEXT_LOOK = 60.0
_AWAY = 10  # each pause is twice the one before: 17 hours in all
_SAME_TIME = timedelta(seconds=2)  # Oneflow's times have whole seconds


class SearchEvents:
    """The `events` job; no value travels through the queue."""

    def __init__(self, links: Links, log: Log, contracts: Contracts, jobs: Jobs) -> None:
        self._links, self._log, self._contracts, self._jobs = links, log, contracts, jobs

    def run(self, job: EventsJob) -> None:
        contract_id, entry_id = job.contract_id, job.entry_id
        entries, _ = self._links.history(contract_id, limit=_ENTRIES)
        opened = self._links.open(contract_id)
        if opened is None or any(entry.search_of == entry_id for entry in entries):
            return  # the link has ended, or the job ran before
        entry = next((entry for entry in entries if entry.entry_id == entry_id), None)
        if entry is None:
            # The job is put before its sync closes: it has not closed yet, or died and will be settled.
            self._look_later(job)
            return
        names = {field_id: name.casefold() for field_id, name in opened.link.field_ids.items()}
        found = self._searched(job, entry, names)
        if found is None:
            return
        known = _known(entries)
        lines = [line for one in found for line in one.lines(known)]
        log.info("events.searched contract_id=%s fields=%s found=%s", contract_id, len(found), len(lines))
        if lines:
            self._tell(entry, lines)

    def _searched(self, job: EventsJob, entry: HistoryEntry, names: Mapping[int, str]) -> Sequence[_Found] | None:
        """What the contract's events tell of each write; None where they are to be looked at again."""
        writes = sent_to_oneflow(entry)
        try:
            events = self._contracts.events(job.contract_id) if writes else ()
        except (Gone, NotAllowed):
            # Its log went with the contract: nobody can know any more.
            return None if self._comes_back(job) else [_Found.of(write, entry, (), names) for write in writes]
        found = [_Found.of(write, entry, events, names) for write in writes]
        # What is in doubt may still come through: it is looked for as long as looks last.
        return None if not all(one.is_sure for one in found) and self._look_later(job) else found

    def _look_later(self, job: EventsJob) -> bool:
        """Whether another look is to come."""
        if job.looks >= _LOOKS:
            return False
        self._jobs.put(replace(job, looks=job.looks + 1), delay=_NEXT_LOOK)
        return True

    def _tell(self, entry: HistoryEntry, lines: Sequence[HistoryLine]) -> None:
        def news(number: int, digest: str) -> HistoryEntry:
            made = _news(entry, lines, number, digest)
            self._log.note([made])
            return made

        self._links.append(entry.contract_id, news)

    def _comes_back(self, job: EventsJob) -> bool:
        """A contract that cannot be read may be deleted, or only out of reach: its log is asked for through a day."""
        if job.away >= _AWAY:
            return False
        self._jobs.put(replace(job, away=job.away + 1), delay=_NEXT_LOOK * (1 << job.away))
        return True


@dataclass(frozen=True, slots=True)
class _Found:
    """What the contract's events tell of one write. `replaced`: the values that it replaced, newest first; `mute`: an
    event that may be this write's does not tell what was replaced."""

    write: HistoryLine
    replaced: Sequence[str]
    mute: bool

    @classmethod
    def of(
        cls, write: HistoryLine, entry: HistoryEntry, events: Sequence[ContractEvent], names: Mapping[int, str]
    ) -> _Found:
        """An event that does not name its field may be of any."""
        key = write.field_key
        its = [event for event in events if event.field_id is None or names.get(event.field_id, key) == key]
        mute = any(not list(_told(event)) for event in its)
        return cls(write, _replaced(write, its, _answered_at(write, entry)), mute)

    @property
    def is_sure(self) -> bool:
        return bool(self.replaced) and not self.write.is_doubtful

    def lines(self, known: set[tuple[str, str]]) -> list[HistoryLine]:
        """News: the values that it overwrote unseen, or that nobody can know; none if all was as planned."""
        key = self.write.field_key
        unseen = [text for text in dict.fromkeys(self.replaced) if (key, text) not in known]
        if unseen:
            lost = replace(_about(self.write), result=Result.WRITTEN, kind=LineKind.OVERWRITTEN)
            lost = replace(lost, reason=_OVERWRITTEN, reason_code="overwritten_unseen")
            return [replace(lost, from_text=text, before=text) for text in unseen]
        if self.replaced or (self.write.is_doubtful and not self.mute):
            return []  # as planned; or nothing tells that it ever came through, as its own line says
        unknown = replace(_about(self.write), result=Result.UNCHANGED, kind=LineKind.UNKNOWN)
        return [replace(unknown, reason=_UNKNOWN, reason_code="overwritten_unknown")]


def _told(event: ContractEvent) -> Iterator[tuple[str, str]]:
    """(before, after) of the event's changes that tell both."""
    return ((before, after) for before, after in event.changes if before is not None and after is not None)


def _replaced(write: HistoryLine, events: Sequence[ContractEvent], answered: datetime | None) -> list[str]:
    sent = write.after or ""
    told = [(event, normal_text(was)) for event in events for was, now in _told(event) if is_stored_form(now, sent)]
    # The same value may have been written before: the answer's time tells which event is this write's (both are
    # Oneflow's own times).
    then = [text for event, text in told if answered and _is_then(known_instant(event.created_time), answered)]
    return then or [text for _, text in told]


def _answered_at(write: HistoryLine, entry: HistoryEntry) -> datetime | None:
    """Oneflow's own time of the field by the answer to the write; None where no answer told it."""
    base = write.settled
    if base is None or write.kind is not LineKind.WRITTEN or entry.interrupted or base.replaced is not None:
        return None
    return known_instant(base.updated_time)


def _known(entries: Sequence[HistoryEntry]) -> set[tuple[str, str]]:
    """(field, value): what the history has of Oneflow's values that were, or may have been, overwritten."""
    return {
        (line.field_key, normal_text(line.before or ""))
        for entry in entries
        for line in entry.fields
        if line.overwrote and line.side is Side.ONEFLOW
    }


def _about(write: HistoryLine) -> HistoryLine:
    """A line about the same field; no base moved for it."""
    return HistoryLine(
        side=Side.ONEFLOW,
        dynamics_column=write.dynamics_column,
        dynamics_label=write.dynamics_label,
        oneflow_kind=OneflowKind.DATA_FIELD,
        oneflow_field=write.oneflow_field,
        oneflow_label=write.oneflow_label,
        to_text=write.to_text,
        after=write.after,
        absent=frozenset({"key", "base_before", "base_after"}),
    )


def _is_then(one: datetime | None, other: datetime) -> bool:
    return one is not None and abs(one - other) <= _SAME_TIME


def _news(entry: HistoryEntry, lines: Sequence[HistoryLine], number: int, digest: str) -> HistoryEntry:
    return HistoryEntry(
        f"{entry.entry_id}-search",
        number,
        entry.at,
        entry.action,
        "events",
        entry.who,
        entry.contract_id,
        "unchanged",
        list(lines),
        digest,
        entity=entry.entity,
        record_id=entry.record_id,
        extra={"search_of": entry.entry_id},
    )


_OVERWRITTEN = "Somebody changed the field in Oneflow between our read and our write; this is the value they had set."
_UNKNOWN = "Oneflow's events do not tell which value this write replaced, so it cannot be known."
