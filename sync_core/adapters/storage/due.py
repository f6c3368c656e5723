"""Table `due`: one row per link, its key sorted by when the link is looked at next; and the log's rows (log.py)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from sync_core.adapters.storage import link_rows
from sync_core.adapters.storage.connection import ServiceTime, Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.log import log_rows
from sync_core.adapters.storage.records_index import RecordsIndex
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.link import DueRow, Link
from sync_core.errors import Gone

_TABLE, _LINKS = "due", "contracts"
_FORMAT = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=10)  # how wrong this machine's clock may be: only the service's time decides


class TableDue:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account
        self._index = RecordsIndex(storage, account)

    def put(self, contract_id: int, due_at: datetime, entries: Sequence[HistoryEntry] = ()) -> str:
        row_key = f"{due_at.astimezone(UTC).strftime(_FORMAT)}-{contract_id}"
        rows = [{"PartitionKey": self._account, "RowKey": row_key}, *log_rows(self._account, entries)]
        with storage_errors(writing=True):
            if entries:
                self._storage.table(_TABLE).submit_transaction([("upsert", row) for row in rows])
            else:
                self._storage.table(_TABLE).upsert_entity(rows[0])
        return row_key

    def drop(self, row_key: str) -> None:
        with storage_errors(writing=True):
            self._storage.table(_TABLE).delete_entity(self._account, row_key)

    def until(self, now: datetime | None, limit: int) -> Sequence[DueRow]:
        """`now` of None is the service's time, as its answer tells it."""
        end, time = (now or datetime.now(UTC) + _SKEW), ServiceTime()
        found: list[DueRow] = []
        with storage_errors():
            rows = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @account and RowKey le @end",
                parameters={"account": self._account, "end": end.astimezone(UTC).strftime(_FORMAT) + "~"},
                results_per_page=limit,
                raw_response_hook=time,
            )
            for row in rows:
                due = _row(row["RowKey"])
                if due.due_at > (now or time.sure()) or len(found) == limit:
                    break
                found.append(due)
        return found

    def missing(self, after: str | None, limit: int) -> tuple[Sequence[Link], str | None]:
        contracts, following = self._index.page(after, limit)
        links = (self._link(contract_id) for contract_id in contracts)
        return [link for link in links if link and not self._is_there(link.due)], following

    def _link(self, contract_id: int) -> Link | None:
        try:
            with storage_errors():
                row = self._storage.table(_LINKS).get_entity(f"{self._account}-{contract_id}", link_rows.LINK)
        except Gone:
            return None
        return link_rows.link_of(row)

    def _is_there(self, row_key: str | None) -> bool:
        if not row_key:
            return False
        try:
            with storage_errors():
                self._storage.table(_TABLE).get_entity(self._account, row_key)
        except Gone:
            return False
        return True


def _row(row_key: str) -> DueRow:
    moment, _, contract_id = row_key.partition("-")
    return DueRow(row_key, int(contract_id), datetime.strptime(moment, _FORMAT).replace(tzinfo=UTC))
