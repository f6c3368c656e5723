"""The log over all contracts: one small row per history entry, newest first, beside what is due in table `due`.

A row of it names an entry and the fields it is about, and never a value. It is written before its entry, in the
transaction of the due row where there is one; without its entry (lost race, crash, purge, erasure) it means nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition
from sync_core.adapters.storage.packing import MOST_OPERATIONS, packed, unpacked
from sync_core.adapters.storage.standings import listing_row
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.instants import instant_of
from sync_core.engine.model.standing import Listing
from sync_core.errors import InvalidPageToken

TABLE = "due"
_FIRST, _END = "log-", "log-~"
_TOKEN = re.compile(r"log-\d{10}-\d{1,19}-\d{10}", re.ASCII)  # of the next page: a row's key
_HIGHEST = 9_999_999_999  # seconds, or entries
_MOST_LOOKED_AT = 1000  # rows of one page, however few of them are wanted


def log_rows(account: str, entries: Iterable[HistoryEntry]) -> list[dict[str, Any]]:
    return [
        {"PartitionKey": account, "RowKey": _key(entry), "number": entry.number, **packed(_names(entry))[0]}
        for entry in entries
    ]


class TableLog:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def note(self, entries: Sequence[HistoryEntry], listing: Listing | None = None) -> None:
        rows = log_rows(self._account, entries)
        rows += [listing_row(self._account, listing)] if listing else []
        with storage_errors(writing=True):
            for row in rows:
                self._storage.table(TABLE).upsert_entity(row)

    def page(self, field: str | None, after: str | None, limit: int) -> tuple[Sequence[tuple[int, int]], str | None]:
        """(contract id, entry number), newest first, of entries that are about `field` (a column or a data field)."""
        if after is not None and not _TOKEN.fullmatch(after):
            raise InvalidPageToken
        found: list[tuple[int, int]] = []
        wanted = in_partition(self._account).between(after or _FIRST, _END)
        with storage_errors():
            rows = self._storage.table(TABLE).query_entities(
                wanted.text,
                parameters=wanted.values,
                results_per_page=_MOST_LOOKED_AT if field else limit + 1,
            )
            last = ""
            for place, row in enumerate(rows):
                if len(found) == limit or place == _MOST_LOOKED_AT:
                    return found, last
                last = row["RowKey"]
                if field is None or field.casefold() in unpacked([row]):
                    found.append((int(last.split("-")[2]), int(row["number"])))
        return found, None

    def purge(self, before: datetime) -> int:
        """Rows of entries older than this go."""
        wanted = in_partition(self._account).between(f"log-{_inverted(before)}-~", _END)
        with storage_errors():
            table = self._storage.table(TABLE)
            rows = table.query_entities(wanted.text, parameters=wanted.values, select=["RowKey"])
            keys = [row["RowKey"] for row in rows]
        for begin in range(0, len(keys), MOST_OPERATIONS):
            part = keys[begin : begin + MOST_OPERATIONS]
            with storage_errors(writing=True):
                table.submit_transaction([("delete", {"PartitionKey": self._account, "RowKey": key}) for key in part])
        return len(keys)


def _key(entry: HistoryEntry) -> str:
    return f"log-{_inverted(instant_of(entry.at))}-{entry.contract_id}-{_HIGHEST - entry.number:010d}"


def _inverted(moment: datetime) -> str:
    return f"{_HIGHEST - int(moment.astimezone(UTC).timestamp()):010d}"


def _names(entry: HistoryEntry) -> list[str]:
    found = {name.casefold() for line in entry.fields for name in (line.dynamics_column, line.oneflow_field) if name}
    return sorted(found)
