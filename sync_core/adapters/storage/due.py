"""Table `due`: when each link is looked at next, the earliest first; the log's rows (log.py) and the lists of links
(standings.py).

A link has a row of its own, `<time>-<contract>`, whose key the link knows. Jobs have others, which no link's row can be
taken for where both fall into one second: `<time>-0<contract>` makes a job anew that was put on the queue and got lost,
`<time>-00<contract>` is a job that waits. (To versions that know neither, both are rows of the link.)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sync_core.adapters.storage import link_rows
from sync_core.adapters.storage.connection import ServiceTime, Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.log import log_rows
from sync_core.adapters.storage.records_index import RecordsIndex
from sync_core.adapters.storage.standings import listing_key, listing_row
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.jobs import SyncJob, as_one, content_of, parsed_job
from sync_core.engine.model.link import DueRow, Link
from sync_core.engine.model.standing import Listing
from sync_core.errors import Gone, Taken

_TABLE, _LINKS = "due", "contracts"
_FORMAT = "%Y%m%dT%H%M%SZ"
OF_LINK, OF_JOB, WAITING = "", "0", "00"
_SKEW = timedelta(minutes=10)  # how wrong this machine's clock may be: only the service's time decides


class TableDue:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account
        self._index = RecordsIndex(storage, account)

    def put(
        self,
        contract_id: int,
        due_at: datetime,
        entries: Sequence[HistoryEntry] = (),
        listing: Listing | None = None,
    ) -> str:
        row_key = row_key_of(contract_id, due_at, OF_LINK)
        rows = [{"PartitionKey": self._account, "RowKey": row_key}, *log_rows(self._account, entries)]
        rows += [listing_row(self._account, listing)] if listing else []
        with storage_errors(writing=True):
            if len(rows) > 1:
                self._storage.table(_TABLE).submit_transaction([("upsert", row) for row in rows])
            else:
                self._storage.table(_TABLE).upsert_entity(rows[0])
        return row_key

    def keep(self, contract_id: int, due_at: datetime) -> str:
        row_key = row_key_of(contract_id, due_at, OF_JOB)
        with storage_errors(writing=True):
            self._storage.table(_TABLE).upsert_entity({"PartitionKey": self._account, "RowKey": row_key})
        return row_key

    def wait(self, job: SyncJob, due_at: datetime) -> None:
        row_key = row_key_of(job.contract_id, due_at, WAITING)
        table = self._storage.table(_TABLE)
        try:
            with storage_errors(writing=True):
                table.create_entity(self._waiting(row_key, job))
        except Taken:
            # Two at once may leave the younger: then it is the next time that the older one is kept.
            known = self._known(row_key)
            merged = as_one(job, known) if known else job
            if merged != known:
                with storage_errors(writing=True):
                    table.upsert_entity(self._waiting(row_key, merged))

    def _waiting(self, row_key: str, job: SyncJob) -> dict[str, str]:
        return {"PartitionKey": self._account, "RowKey": row_key, "job": json.dumps(content_of(job))}

    def _known(self, row_key: str) -> SyncJob | None:
        try:
            with storage_errors():
                return _row(self._storage.table(_TABLE).get_entity(self._account, row_key)).job
        except Gone:
            return None

    def drop(self, row_key: str | None, listing: Listing | None = None) -> None:
        keys = [key for key in (row_key, listing_key(listing) if listing else None) if key]
        table = self._storage.table(_TABLE)
        if len(keys) > 1:
            try:
                with storage_errors(writing=True):
                    table.submit_transaction([("delete", self._key(key)) for key in keys])
                return
            except Gone:
                pass  # one of them is gone already, so that neither went: each on its own
        for key in keys:
            with storage_errors(writing=True):
                table.delete_entity(self._account, key)

    def _key(self, row_key: str) -> dict[str, str]:
        return {"PartitionKey": self._account, "RowKey": row_key}

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
                due = _row(row)
                if due.due_at > (now or time.sure()) or len(found) == limit:
                    break
                found.append(due)
        return found

    def swept(self, after: str | None, limit: int) -> tuple[Sequence[tuple[Link, bool]], str | None]:
        contracts, following = self._index.page(after, limit)
        links = (self._link(contract_id) for contract_id in contracts)
        return [(link, self._is_there(link.due)) for link in links if link], following

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


def row_key_of(contract_id: int, due_at: datetime, whose: str) -> str:
    return f"{due_at.astimezone(UTC).strftime(_FORMAT)}-{whose}{contract_id}"


def _row(row: Mapping[str, Any]) -> DueRow:
    moment, _, contract_id = row["RowKey"].partition("-")
    job = parsed_job(row["job"]) if row.get("job") else None
    due_at = datetime.strptime(moment, _FORMAT).replace(tzinfo=UTC)
    return DueRow(row["RowKey"], int(contract_id), due_at, job if isinstance(job, SyncJob) else None)
