"""The history over all contracts: what an operator asks of it, and what the law asks."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import Executor
from datetime import timedelta
from typing import Any

from sync_core.engine.model.history import HistoryEntry, shown
from sync_core.engine.settling.history_chain import breaks
from sync_core.errors import Gone
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Creations, Links, Log, Operations

log = logging.getLogger(__name__)

_PAGE = 50
_ALL = 500


class HistoryDesk:
    """Reads, checks and erases. `pool` reads the entries of a page side by side."""

    def __init__(self, links: Links, log_rows: Log, pool: Executor) -> None:
        self._links, self._log, self._pool = links, log_rows, pool

    def log(
        self, contract_id: int | None, field: str | None, after: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Entries, newest first, of one contract or of all, about one field (either side's name) or any."""
        if contract_id is None:
            found, following = self._log.page(field, after, _PAGE)
            asked = [self._pool.submit(self._links.entry, *one) for one in found]
            entries = [entry for future in asked if (entry := future.result()) is not None]
            return [shown(entry) for entry in entries], following
        page, following = self._links.history(contract_id, after, _PAGE)
        return [shown(entry) for entry in page if field is None or _is_about(entry, field)], following

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
        self, links: Links, log_rows: Log, keepers: Sequence[Operations | Creations], clock: Clock, days: int
    ) -> None:
        self._links, self._log, self._keepers = links, log_rows, keepers
        self._clock, self._days = clock, days

    def run(self) -> None:
        before = self._clock.now() - timedelta(days=self._days)
        gone = self._links.purge_history(before)
        rows = self._log.purge(before)
        answers = sum(keeper.purge(before) for keeper in self._keepers)
        log.info("history.purged entries=%s log_rows=%s answers=%s", gone, rows, answers)


def _is_about(entry: HistoryEntry, field: str) -> bool:
    wanted = field.casefold()
    return any(
        str(line.get(name, "")).casefold() == wanted
        for line in entry.fields
        for name in ("dynamics_column", "oneflow_field")
    )
