"""A contract's history: pages, newest first, and letting old entries go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby

from sync_core.adapters.storage import link_rows as rows
from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.packing import MOST_OPERATIONS
from sync_core.engine.records import HistoryEntry
from sync_core.errors import Invalid

_TABLE = "contracts"


class TableHistory:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def page(self, partition: str, after: str | None, limit: int) -> tuple[Sequence[HistoryEntry], str | None]:
        """Entries after the token, and the next token."""
        if after is not None and not after.replace("-", "").isalnum():
            raise Invalid("The token of the next page is not one of ours.", status=400)
        start = f"{rows.HISTORY}-" if after is None else f"{after}-~"
        found: list[HistoryEntry] = []
        with storage_errors():
            wanted = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @partition and RowKey gt @start and RowKey lt @end",
                parameters={"partition": partition, "start": start, "end": f"{rows.HISTORY}-~"},
                results_per_page=min(limit + 1, 1000),
            )
            last = ""
            for prefix, entry in rows.history_entries(wanted):
                if len(found) == limit:
                    return found, last
                found.append(entry)
                last = prefix
        return found, None

    def purge(self, before: datetime) -> int:
        """Delete rows of entries older than this, a partition at a time; the digests of what stays remain true."""
        gone = 0
        with storage_errors():
            table = self._storage.table(_TABLE)
            old = table.query_entities(
                "RowKey ge @start and RowKey lt @end and at lt @before",
                parameters={"start": f"{rows.HISTORY}-", "end": f"{rows.HISTORY}-~", "before": before},
                select=["PartitionKey", "RowKey"],
            )
            for partition, grouped in groupby(old, key=lambda row: row["PartitionKey"]):
                keys = [row["RowKey"] for row in grouped]
                for begin in range(0, len(keys), MOST_OPERATIONS):
                    part = keys[begin : begin + MOST_OPERATIONS]
                    table.submit_transaction([("delete", {"PartitionKey": partition, "RowKey": key}) for key in part])
                gone += sum(1 for key in keys if key.endswith("-00"))
        return gone
