"""A contract's history: pages, newest first; and a checkpoint in the place of what is let go or erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.adapters.storage import link_rows as rows
from sync_core.adapters.storage.connection import ServiceTime, Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.packing import MOST_OPERATIONS
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.settling.history_chain import Checkpoint, checkpoint_after
from sync_core.errors import Gone, Invalid

_TABLE = "contracts"
_FIRST, _END = f"{rows.HISTORY}-", f"{rows.HISTORY}-~"
_ROOM = MOST_OPERATIONS - 10  # of a transaction, beside the checkpoint's own rows


class TableHistory:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def page(self, partition: str, after: str | None, limit: int) -> tuple[Sequence[HistoryEntry], str | None]:
        """Entries after the token, and the next token."""
        if after is not None and not after.replace("-", "").isalnum():
            raise Invalid("The token of the next page is not one of ours.", status=400)
        start = _FIRST if after is None else f"{after}-~"
        found: list[HistoryEntry] = []
        with storage_errors():
            wanted = self._query(partition, start, _END, min(limit + 1, 1000))
            last = ""
            for prefix, entry in rows.history_entries(wanted):
                if len(found) == limit:
                    return found, last
                found.append(entry)
                last = prefix
        return found, None

    def one(self, partition: str, number: int) -> HistoryEntry | None:
        """The entry with this number, None where it is not there (any more)."""
        start = rows.history_key(number)
        with storage_errors():
            for _, entry in rows.history_entries(self._query(partition, f"{start}-", f"{start}-~")):
                return entry
        return None

    def checkpoint(self, partition: str) -> Checkpoint | None:
        with storage_errors():
            return rows.checkpoint_of(list(self._query(partition, rows.CHECKPOINT, f"{rows.CHECKPOINT}-~")))

    def purge(self, before: datetime) -> int:
        """Let entries older than this go, everywhere; how many went."""
        with storage_errors():
            old = self._storage.table(_TABLE).query_entities(
                "RowKey ge @start and RowKey lt @end and at lt @before",
                parameters={"start": _FIRST, "end": _END, "before": before},
                select=["PartitionKey"],
            )
            partitions = sorted({row["PartitionKey"] for row in old})
        return sum(self.erase(partition, before) for partition in partitions)

    def erase(self, partition: str, before: datetime | None = None) -> int:
        """Put a checkpoint in the place of a contract's entries (`before`: only of older ones); how many went.

        Oldest first, the checkpoint growing with each transaction: whenever it stops, the chain is whole.
        """
        with storage_errors():
            time = ServiceTime()
            found = list(self._query(partition, _FIRST, _END, hook=time))
            linked = self._is_linked(partition)
        count: dict[str, int] = {}
        for row in found:
            prefix = row["RowKey"].rsplit("-", 1)[0]
            count[prefix] = count.get(prefix, 0) + 1
        oldest_first = list(reversed(list(rows.history_entries(found))))
        removed: list[tuple[str, HistoryEntry]] = []
        for prefix, entry in oldest_first:
            if before is not None and datetime.fromisoformat(entry.at) >= before:
                break
            removed.append((prefix, entry))
        at = time.sure().strftime("%Y-%m-%dT%H:%M:%SZ")
        for part in _parts(removed, count):
            self._replace(partition, part, count, at, keep_base=linked)
        return len(removed)

    def _replace(
        self,
        partition: str,
        part: Sequence[tuple[str, HistoryEntry]],
        count: Mapping[str, int],
        at: str,
        keep_base: bool,
    ) -> None:
        known = self.checkpoint(partition)
        checkpoint = checkpoint_after([entry for _, entry in part], known, at)
        if not keep_base:
            checkpoint = Checkpoint(checkpoint.number, checkpoint.digest, checkpoint.at)
        operations: list[Any] = [
            ("upsert", row, {"mode": "replace"}) for row in rows.checkpoint_rows(partition, checkpoint)
        ]
        for prefix, _ in part:
            operations += [
                ("delete", {"PartitionKey": partition, "RowKey": f"{prefix}-{place:02d}"})
                for place in range(count[prefix])
            ]
        with storage_errors(writing=True):
            self._storage.table(_TABLE).submit_transaction(operations)

    def _is_linked(self, partition: str) -> bool:
        try:
            with storage_errors():
                self._storage.table(_TABLE).get_entity(partition, rows.LINK, select=["PartitionKey"])
        except Gone:
            return False
        return True

    def _query(self, partition: str, start: str, end: str, size: int = 1000, hook: Any = None) -> Any:
        return self._storage.table(_TABLE).query_entities(
            "PartitionKey eq @partition and RowKey gt @start and RowKey lt @end",
            parameters={"partition": partition, "start": start, "end": end},
            results_per_page=size,
            **({"raw_response_hook": hook} if hook else {}),
        )


def _parts(
    removed: Sequence[tuple[str, HistoryEntry]], count: Mapping[str, int]
) -> Sequence[Sequence[tuple[str, HistoryEntry]]]:
    """What fits one transaction each."""
    parts: list[list[tuple[str, HistoryEntry]]] = []
    room = 0
    for one in removed:
        if count[one[0]] > room:
            parts.append([])
            room = _ROOM
        parts[-1].append(one)
        room -= count[one[0]]
    return parts
