"""The search after a write to Oneflow: did it overwrite a value that we never saw (DESIGN 2.3, the one window)?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.model.contracts import ContractEvent
from sync_core.engine.model.history import HistoryEntry, is_doubtful, sent_to_oneflow
from sync_core.engine.model.instants import known_instant
from sync_core.engine.model.jobs import EventsJob
from sync_core.engine.model.words import Side
from sync_core.engine.values import normal_text
from sync_core.errors import Gone, NotAllowed
from sync_core.usecases.ports import Contracts
from sync_core.usecases.stores import Jobs, Links, Log

log = logging.getLogger(__name__)

_ENTRIES = 50  # how far back the entry is looked for
_LOOKS = 2  # Oneflow's log may lag: it is looked at again before "cannot be known" is said
_NEXT_LOOK = 60.0
_AWAY = 10  # each pause is twice the one before: 17 hours in all
_OVERWRITES = ("written", "unclear", "late", "overwritten")
_SAME_TIME = timedelta(seconds=2)  # Oneflow's times have whole seconds


class SearchEvents:
    """The `events` job; no value travels through the queue."""

    def __init__(self, links: Links, log: Log, contracts: Contracts, jobs: Jobs) -> None:
        self._links, self._log, self._contracts, self._jobs = links, log, contracts, jobs

    def run(self, job: EventsJob) -> None:
        contract_id, entry_id, looks = job.contract_id, job.entry_id, job.looks
        entries, _ = self._links.history(contract_id, limit=_ENTRIES)
        opened = self._links.open(contract_id)
        if opened is None or any(entry.extra.get("search_of") == entry_id for entry in entries):
            return  # the link has ended, or the job ran before
        entry = next((entry for entry in entries if entry.entry_id == entry_id), None)
        if entry is None:
            # The job is put before its sync closes: it has not closed yet, or died and will be settled.
            if looks < _LOOKS:
                self._jobs.put(replace(job, looks=looks + 1), delay=_NEXT_LOOK)
            return
        writes = sent_to_oneflow(entry)
        events: Sequence[ContractEvent] = ()
        try:
            if writes:
                events = self._contracts.events(contract_id, entry.extra.get("started_at") or entry.at)
        except (Gone, NotAllowed):
            if self._comes_back(job):
                return
            looks = _LOOKS  # its log went with the contract: nobody can know any more
        names = {field_id: name.casefold() for field_id, name in opened.link.field_ids.items()}
        known = _known(entries)
        replaced = [_replaced(write, events, names, _answered_at(write, entry)) for write in writes]
        # What is in doubt may still come through: it is looked for as long as looks last.
        if looks < _LOOKS and not all(replaced[n] and not is_doubtful(write) for n, write in enumerate(writes)):
            self._jobs.put(replace(job, looks=looks + 1), delay=_NEXT_LOOK)
            return
        mute = [_is_mute(write, events, names) for write in writes]
        lines = [line for found in zip(writes, replaced, mute, strict=True) for line in _lines(*found, known)]
        log.info("events.searched contract_id=%s fields=%s found=%s", contract_id, len(writes), len(lines))
        if lines:

            def news(number: int, digest: str) -> HistoryEntry:
                made = _news(entry, lines, number, digest)
                self._log.note([made])
                return made

            self._links.append(contract_id, news)

    def _comes_back(self, job: EventsJob) -> bool:
        """A contract that cannot be read may be deleted, or only out of reach: its log is asked for through a day."""
        if job.away >= _AWAY:
            return False
        self._jobs.put(replace(job, away=job.away + 1), delay=_NEXT_LOOK * (1 << job.away))
        return True


def _replaced(
    write: Mapping[str, Any], events: Sequence[ContractEvent], names: Mapping[int, str], answered: datetime | None
) -> list[str]:
    """What the events say our write replaced, newest first; an event that does not name its field may be of any."""
    after, key = normal_text(str(write.get("after") or "")), _key(write)
    told = [
        (event, normal_text(before))
        for event in events
        if _may_be_of(event, key, names)
        for before, now in event.changes
        if before is not None and now is not None and normal_text(now) == after
    ]
    # The same value may have been written before: the answer's time tells which event is this write's (both are
    # Oneflow's own times).
    then = [text for event, text in told if answered and _is_then(known_instant(event.created_time), answered)]
    return then or [text for _, text in told]


def _may_be_of(event: ContractEvent, key: str, names: Mapping[int, str]) -> bool:
    return event.field_id is None or names.get(event.field_id, key) == key


def _is_mute(write: Mapping[str, Any], events: Sequence[ContractEvent], names: Mapping[int, str]) -> bool:
    """Whether an event that may be this write's does not tell what was replaced."""
    return any(
        _may_be_of(event, _key(write), names)
        for event in events
        if not any(before is not None and now is not None for before, now in event.changes)
    )


def _answered_at(write: Mapping[str, Any], entry: HistoryEntry) -> datetime | None:
    """Oneflow's own time of the field by the answer to the write; None where no answer told it."""
    base = write.get("base_after") or {}
    if write.get("kind") != "written" or entry.extra.get("interrupted") or "replaced" in base:
        return None
    return known_instant(base.get("updated_time"))


def _known(entries: Sequence[HistoryEntry]) -> set[tuple[str, str]]:
    """(field, value): what the history has of Oneflow's values that were, or may have been, overwritten."""
    return {
        (_key(line), normal_text(str(line.get("before") or "")))
        for entry in entries
        for line in entry.fields
        if line.get("side") == Side.ONEFLOW and line.get("kind") in _OVERWRITES
    }


def _lines(
    write: Mapping[str, Any], replaced: Sequence[str], mute: bool, known: set[tuple[str, str]]
) -> list[dict[str, Any]]:
    """News of one write: the values that it overwrote unseen, or that nobody can know; none if all was as planned."""
    names = ("dynamics_column", "dynamics_label", "oneflow_field", "oneflow_label", "after")
    line = {name: write.get(name) for name in names}
    line |= {"oneflow_kind": "data_field", "side": "oneflow", "to": write.get("to")}
    unseen = [text for text in dict.fromkeys(replaced) if (_key(write), text) not in known]
    if unseen:
        lost = {"result": "written", "kind": "overwritten", "reason": _OVERWRITTEN, "reason_code": "overwritten_unseen"}
        return [line | lost | {"from": text, "before": text} for text in unseen]
    if replaced or (is_doubtful(write) and not mute):
        return []  # as planned; or nothing tells that it ever came through, as its own line says
    unknown = {"result": "unchanged", "kind": "unknown", "from": None, "before": None}
    return [line | unknown | {"reason": _UNKNOWN, "reason_code": "overwritten_unknown"}]


def _key(line: Mapping[str, Any]) -> str:
    return str(line.get("oneflow_field", "")).casefold()


def _is_then(one: datetime | None, other: datetime) -> bool:
    return one is not None and abs(one - other) <= _SAME_TIME


def _news(entry: HistoryEntry, lines: Sequence[dict[str, Any]], number: int, digest: str) -> HistoryEntry:
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
