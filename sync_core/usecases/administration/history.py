"""The history over all contracts: what an operator asks of it, and what the law asks."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import timedelta
from typing import Any

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.history import HistoryEntry, shown, withheld
from sync_core.engine.settling.history_chain import breaks
from sync_core.engine.settling.history_records import Record
from sync_core.errors import Gone, NotAllowed
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.people.sight import Ownership
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Creations, Links, Log, Operations

log = logging.getLogger(__name__)

_PAGE = 50
_ALL = 500


class HistoryDesk:
    """Reads, checks and erases. `pool` reads the entries of a page, and asks for rights, side by side."""

    def __init__(self, links: Links, log_rows: Log, pool: Executor, rights: Rights) -> None:
        self._links, self._log, self._pool, self._rights = links, log_rows, pool, rights

    def log(
        self,
        contract_id: int | None,
        field: str | None,
        after: str | None,
        reader: Callable[[], Actor] | None = None,
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Entries, newest first, of one contract or of all, about one field (either side's name) or any.

        `reader`: who asks. Of a record that they may not read, or where they are no user of Dynamics (NotAllowed), they
        are told that something was done, and no value. None: who holds the storage itself.
        """
        if contract_id is None:
            found, following = self._log.page(field, after, _PAGE)
            asked = [self._pool.submit(self._links.entry, *one) for one in found]
            entries = [entry for future in asked if (entry := future.result()) is not None]
            return self._told(entries, reader), following
        page, following = self._links.history(contract_id, after, _PAGE)
        about = [entry for entry in page if field is None or any(line.is_about(field) for line in entry.fields)]
        return self._told(about, reader), following

    def _told(self, entries: Sequence[HistoryEntry], reader: Callable[[], Actor] | None) -> list[dict[str, Any]]:
        if reader is None:
            return [shown(entry) for entry in entries]
        try:
            actor = reader()
        except NotAllowed:
            return [withheld(entry) for entry in entries]
        records = self._records(entries)
        asked = {
            record: self._pool.submit(self._rights.may_read, *record, actor) for record in records if record is not None
        }
        readable = {record for record, future in asked.items() if future.result()}
        return [
            shown(entry) if record in readable else withheld(entry)
            for entry, record in zip(entries, records, strict=True)
        ]

    def _records(self, entries: Sequence[HistoryEntry]) -> list[Record | None]:
        """Whose each entry is; what does not say it itself is told by its contract's whole history, looked at once."""
        owners: dict[int, Ownership] = {}
        for contract_id in {entry.contract_id for entry in entries if entry.record is None}:
            opened = self._links.open(contract_id)
            owners[contract_id] = Ownership(self._links, contract_id, opened.link.record if opened else None)
        return [entry.record or owners[entry.contract_id].of([entry])[0] for entry in entries]

    def check(self, contract_id: int) -> dict[str, Any]:
        """Whether a contract's history is whole: how many entries, from which on, and what is wrong. Gone: none."""
        entries = self._all(contract_id)
        checkpoint = self._links.checkpoint(contract_id)
        if not entries and checkpoint is None:
            raise Gone("This contract has no history.", side="storage")
        opened = self._links.open(contract_id)
        problems = breaks(reversed(entries), checkpoint)
        last = entries[0].digest if entries else checkpoint.digest if checkpoint else ""
        if opened is not None and opened.link.history_digest != last:
            problems.append("The newest entries are missing: the link knows of a later one.")
        return {
            "contract_id": contract_id,
            "entries": len(entries),
            "from_number": (checkpoint.number if checkpoint else 0) + 1,
            "problems": problems,
        }

    def erase(self, contract_id: int) -> int:
        """Put a checkpoint in the place of all entries; how many went. The sync goes on from the base."""
        gone = self._links.erase_history(contract_id)
        log.warning("history.erased contract_id=%s entries=%s", contract_id, gone)
        return gone

    def _all(self, contract_id: int) -> list[HistoryEntry]:
        found: list[HistoryEntry] = []
        after: str | None = None
        while True:
            page, after = self._links.history(contract_id, after, _ALL)
            found += page
            if after is None:
                return found


class PurgeHistory:
    """The daily timer that lets go what is older than `days`: history, log, and answers to repeated requests."""

    def __init__(
        self,
        links: Links,
        log_rows: Log,
        keepers: Sequence[Operations | Creations],
        clock: Clock,
        days: int,
        purge_measures: Callable[[], None] = lambda: None,
    ) -> None:
        self._links, self._log, self._keepers, self._purge_measures = links, log_rows, keepers, purge_measures
        self._clock, self._days = clock, days

    def run(self) -> None:
        before = self._clock.now() - timedelta(days=self._days)
        gone = self._links.purge_history(before)
        rows = self._log.purge(before)
        answers = sum(keeper.purge(before) for keeper in self._keepers)
        self._purge_measures()
        log.info("history.purged entries=%s log_rows=%s answers=%s", gone, rows, answers)
