"""The search after a write to Oneflow: did it overwrite a value that we never saw (DESIGN 2.3, the one window)?"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.engine.model import Side
from sync_core.engine.parties import ContractEvent
from sync_core.engine.records import HistoryEntry
from sync_core.engine.values import normal_text
from sync_core.usecases.ports import Contracts
from sync_core.usecases.stores import Jobs, Links, Log

log = logging.getLogger(__name__)

_ENTRIES = 50  # how far back the entry is looked for
_SENT = ("written", "unclear")
_LOOKS = 2  # Oneflow's log may lag: it is looked at again before "cannot be known" is said
_NEXT_LOOK = 60.0


class SearchEvents:
    """The `events` job: {"contract_id", "entry_id", "looks"?}; no value travels through the queue."""

    def __init__(self, links: Links, log: Log, contracts: Contracts, jobs: Jobs) -> None:
        self._links, self._log, self._contracts, self._jobs = links, log, contracts, jobs

    def run(self, job: Mapping[str, Any]) -> None:
        contract_id, entry_id, looks = int(job["contract_id"]), str(job["entry_id"]), int(job.get("looks", 0))
        entry = self._entry(contract_id, entry_id)
        opened = self._links.open(contract_id)
        if entry is None or opened is None:
            return
        writes = [line for line in entry.fields if line.get("side") == Side.ONEFLOW and line.get("kind") in _SENT]
        events = self._contracts.events(contract_id, entry.extra.get("started_at") or entry.at) if writes else []
        names = {field_id: name.casefold() for field_id, name in opened.link.field_ids.items()}
        replaced = [_replaced(write, events, names) for write in writes]
        if not all(replaced) and looks < _LOOKS:
            self._jobs.put({**job, "looks": looks + 1}, delay=_NEXT_LOOK)
            return
        found = [_line(write, texts) for write, texts in zip(writes, replaced, strict=True)]
        lines = [line for line in found if line is not None]
        log.info("events.searched contract_id=%s fields=%s found=%s", contract_id, len(writes), len(lines))
        if lines:

            def news(number: int, digest: str) -> HistoryEntry:
                made = _news(entry, lines, number, digest)
                self._log.note([made])
                return made

            self._links.append(contract_id, news)

    def _entry(self, contract_id: int, entry_id: str) -> HistoryEntry | None:
        entries, _ = self._links.history(contract_id, limit=_ENTRIES)
        if any(entry.extra.get("search_of") == entry_id for entry in entries):
            return None  # the job ran before
        return next((entry for entry in entries if entry.entry_id == entry_id), None)


def _replaced(write: Mapping[str, Any], events: Sequence[ContractEvent], names: Mapping[int, str]) -> list[str]:
    """What the events say our write replaced; an event that does not name its field may be of any."""
    after, key = normal_text(str(write.get("after") or "")), str(write.get("oneflow_field", "")).casefold()
    return [
        normal_text(before)
        for event in events
        if event.field_id is None or names.get(event.field_id, key) == key
        for before, now in event.changes
        if before is not None and now is not None and normal_text(now) == after
    ]


def _line(write: Mapping[str, Any], replaced: Sequence[str]) -> dict[str, Any] | None:
    """News of one write: the value it overwrote unseen, or that nobody can know; None where all was as planned."""
    if normal_text(str(write.get("before") or "")) in replaced:
        return None
    names = ("dynamics_column", "dynamics_label", "oneflow_field", "oneflow_label", "after")
    line = {name: write.get(name) for name in names} | {"side": "oneflow", "to": write.get("to")}
    if not replaced:
        unknown = {"result": "unchanged", "kind": "unknown", "from": None, "before": None}
        return line | unknown | {"reason": _UNKNOWN, "reason_code": "overwritten_unknown"}
    lost = {"result": "written", "kind": "overwritten", "from": replaced[-1], "before": replaced[-1]}
    return line | lost | {"reason": _OVERWRITTEN, "reason_code": "overwritten_unseen"}


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
        extra={"search_of": entry.entry_id},
    )


_OVERWRITTEN = "Somebody changed the field in Oneflow between our read and our write; this is the value they had set."
_UNKNOWN = "Oneflow's events do not tell which value this write replaced, so it cannot be known."
