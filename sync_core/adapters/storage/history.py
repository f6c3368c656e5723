"""A contract's history: pages, newest first; and a checkpoint in the place of what is let go or erased."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.adapters.storage import link_rows as rows
from sync_core.adapters.storage.connection import ServiceTime, Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition, in_partitions
from sync_core.adapters.storage.link_rows import StoredCheckpoint
from sync_core.adapters.storage.packing import MOST_OPERATIONS, within_limits
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.settling.history_chain import Checkpoint, checkpoint_after
from sync_core.errors import Gone, InvalidPageToken, TooLarge

_TABLE = "contracts"
_FIRST, _END = f"{rows.HISTORY}-", f"{rows.HISTORY}-~"
_TOKEN = re.compile(rf"{rows.HISTORY}-\d{{10}}", re.ASCII)  # of the next page: the key of an entry
_ROOM = MOST_OPERATIONS - 10  # of a transaction, beside the checkpoint's own rows


class TableHistory:
    """Of the contracts of one installation."""

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def page(self, partition: str, after: str | None, limit: int) -> tuple[Sequence[HistoryEntry], str | None]:
        """Entries after the token, and the next token."""
        if after is not None and not _TOKEN.fullmatch(after):
            raise InvalidPageToken
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
        """The entry with this number, None where there is none."""
        start = rows.history_key(number)
        with storage_errors():
            for _, entry in rows.history_entries(self._query(partition, f"{start}-", f"{start}-~")):
                return entry
        return None

    def checkpoint(self, partition: str) -> StoredCheckpoint | None:
        with storage_errors():
            return rows.checkpoint_of(list(self._query(partition, rows.CHECKPOINT, f"{rows.CHECKPOINT}-~")))

    def purge(self, before: datetime) -> int:
        """Let entries older than this go, of all contracts; how many went."""
        wanted = in_partitions(f"{self._account}-").between(_FIRST, _END).also("at lt @before", before=before)
        with storage_errors():
            old = self._storage.table(_TABLE).query_entities(
                wanted.text, parameters=wanted.values, select=["PartitionKey", "RowKey"]
            )
            begins: dict[str, str] = {}  # where each contract's old entries begin: the newest of them comes first
            for row in old:
                key = rows.group_of(row)
                begins[row["PartitionKey"]] = min(key, begins.get(row["PartitionKey"], key))
        return sum(self.erase(partition, before, begins[partition]) for partition in sorted(begins))

    def find(self, partition: str, entry_id: str) -> HistoryEntry | None:
        """The entry with this id, straight by its row of the index."""
        row = self._row(partition, rows.entry_key(entry_id))
        if row is not None:
            entry = self.one(partition, int(row["number"]))
            return entry if entry and entry.entry_id == entry_id else None
        return None if self._is_indexed(partition) else self._looked_up(partition, entry_id)

    def _is_indexed(self, partition: str) -> bool:
        """Whether all entries have rows in the index: versions before wrote none, and what is newer has one."""
        known = self.checkpoint(partition)
        oldest = self._row(partition, f"{rows.history_key((known.number if known else 0) + 1)}-00", ["indexed"])
        return bool(oldest and oldest.get("indexed"))

    def _looked_up(self, partition: str, entry_id: str) -> HistoryEntry | None:
        """The entry, by reading them all; they are put into the index, so that it is for the last time."""
        with storage_errors():
            found = list(self._query(partition, _FIRST, _END))
        lacking = {rows.group_of(row) for row in found if row["RowKey"].endswith("-00")}
        lacking -= {rows.group_of(row) for row in found if row.get("indexed")}
        entries = list(rows.history_entries(found))
        old = [(prefix, entry) for prefix, entry in entries if prefix in lacking]
        for start in range(0, len(old), MOST_OPERATIONS // 2):
            operations: list[Any] = []
            for prefix, entry in old[start : start + MOST_OPERATIONS // 2]:
                operations.append(("upsert", rows.entry_row(partition, entry)))
                mark = {"PartitionKey": partition, "RowKey": f"{prefix}-00", "indexed": True}
                operations.append(("update", mark, {"mode": "merge"}))
            with storage_errors(writing=True), contextlib.suppress(Gone):  # let go meanwhile
                self._storage.table(_TABLE).submit_transaction(operations)
        return next((entry for _, entry in entries if entry.entry_id == entry_id), None)

    def erase(self, partition: str, before: datetime | None = None, begin: str = _FIRST) -> int:
        """Put a checkpoint in the place of a contract's entries (`before`: only of older ones, which `begin` there);
        how many went.

        Oldest first, the checkpoint growing with each transaction: whenever it stops, the chain is whole.
        """
        with storage_errors():
            time = ServiceTime()
            found = list(self._query(partition, begin, _END, hook=time))
            linked = self._is_linked(partition)
        # of all rows that go with an entry
        keys = {prefix: [row["RowKey"] for row in several] for prefix, several in rows.grouped(found).items()}
        indexed = {rows.group_of(row) for row in found if row.get("indexed")}
        oldest_first = list(reversed(list(rows.history_entries(found))))
        removed: list[tuple[str, HistoryEntry]] = []
        for prefix, entry in oldest_first:
            if before is not None and instant_of(entry.at) >= before:
                break
            removed.append((prefix, entry))
            if prefix in indexed:
                keys[prefix].append(rows.entry_key(entry.entry_id))
        at = instant_text(time.sure())
        for part in _parts(removed, keys):
            self._replace(partition, part, keys, at, keep_base=linked)
        return len(removed)

    def _replace(
        self,
        partition: str,
        part: Sequence[tuple[str, HistoryEntry]],
        keys: Mapping[str, Sequence[str]],
        at: str,
        keep_base: bool,
    ) -> None:
        known = self.checkpoint(partition) or StoredCheckpoint()
        checkpoint = checkpoint_after([entry for _, entry in part], known, at)
        if not keep_base:
            checkpoint = Checkpoint(checkpoint.number, checkpoint.digest, checkpoint.at)
        written, deleted, base, base_gone = rows.checkpoint_rows(partition, known, checkpoint)
        gone = [{"PartitionKey": partition, "RowKey": key} for prefix, _ in part for key in keys[prefix]]
        head = _operations(written, [*deleted, *gone])
        whole = [_operations(*one) for one in _by_part(base, base_gone)]
        # A base of one part or a few goes with them. Of a larger one its parts go first: what an entry that is still
        # there settles is settled by it once more, so a base that is ahead of the checkpoint leads to the same.
        for operations in _fitting([*whole, head]):
            with storage_errors(writing=True):
                self._storage.table(_TABLE).submit_transaction(operations)

    def _is_linked(self, partition: str) -> bool:
        return self._row(partition, rows.LINK, ["PartitionKey"]) is not None

    def _row(self, partition: str, row_key: str, select: list[str] | None = None) -> Mapping[str, Any] | None:
        try:
            with storage_errors():
                found: Mapping[str, Any] = self._storage.table(_TABLE).get_entity(partition, row_key, select=select)
                return found
        except Gone:
            return None

    def _query(self, partition: str, start: str, end: str, size: int = 1000, hook: Any = None) -> Any:
        wanted = in_partition(partition).between(start, end)
        return self._storage.table(_TABLE).query_entities(
            wanted.text,
            parameters=wanted.values,
            results_per_page=size,
            **({"raw_response_hook": hook} if hook else {}),
        )


def _parts(
    removed: Sequence[tuple[str, HistoryEntry]], keys: Mapping[str, Sequence[str]]
) -> Sequence[Sequence[tuple[str, HistoryEntry]]]:
    """What fits one transaction each."""
    parts: list[list[tuple[str, HistoryEntry]]] = []
    room = 0
    for one in removed:
        if len(keys[one[0]]) > room:
            parts.append([])
            room = _ROOM
        parts[-1].append(one)
        room -= len(keys[one[0]])
    return parts


def _operations(written: Sequence[rows.Row], gone: Sequence[rows.Row]) -> list[Any]:
    return [*(("upsert", row, {"mode": "replace"}) for row in written), *(("delete", key) for key in gone)]


def _by_part(written: Sequence[rows.Row], gone: Sequence[rows.Row]) -> Iterable[tuple[list[rows.Row], list[rows.Row]]]:
    """Rows that make one part of a base, and those that are no longer of it."""
    of_written, of_gone = rows.grouped(written), rows.grouped(gone)
    return [(of_written.get(prefix, []), of_gone.get(prefix, [])) for prefix in of_written | of_gone]


def _fitting(groups: Iterable[list[Any]]) -> Iterable[list[Any]]:
    """As few transactions as take them, in their order; a group stays whole."""
    now: list[Any] = []
    for group in groups:
        try:
            within_limits([*now, *group])
        except TooLarge:
            if now:
                yield now
            now = []
        now = [*now, *group]
    yield now
