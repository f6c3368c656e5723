"""Table `operations`: what was answered to an operation that may be asked for twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition
from sync_core.adapters.storage.packing import packed_with, safe_key, unpacked
from sync_core.errors import Gone, VersionMoved

_TABLE = "operations"


class TableOperations:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def result(self, operation_id: str) -> Mapping[str, Any] | None:
        try:
            with storage_errors():
                row = self._storage.table(_TABLE).get_entity(self._account, safe_key(operation_id))
        except Gone:
            return None
        found: Mapping[str, Any] | None = unpacked([row])
        return found

    def listed(self, start: str) -> Sequence[Mapping[str, Any]]:
        wanted = in_partition(self._account).beginning(start)
        with storage_errors():
            rows = list(self._storage.table(_TABLE).query_entities(wanted.text, parameters=wanted.values))
        return [found for row in rows if (found := unpacked([row])) is not None]

    def finish(self, operation_id: str, result: Mapping[str, Any]) -> None:
        with storage_errors(writing=True):
            self._storage.table(_TABLE).upsert_entity(self._row(operation_id, result))

    def change(self, operation_id: str, result: Mapping[str, Any], still: Callable[[Mapping[str, Any]], bool]) -> None:
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        table = self._storage.table(_TABLE)
        while True:
            with storage_errors():
                row = table.get_entity(self._account, safe_key(operation_id))
            if not still(unpacked([row])):
                raise VersionMoved("Somebody else came first.", side="storage")
            seen: dict[str, Any] = {"etag": row.metadata["etag"], "match_condition": MatchConditions.IfNotModified}
            try:
                with storage_errors(writing=True):
                    table.update_entity(self._row(operation_id, result), mode=UpdateMode.REPLACE, **seen)
            except VersionMoved:
                continue  # by something that it may hold after all: it is looked at again
            return

    def forget(self, operation_id: str) -> None:
        with storage_errors(writing=True):
            self._storage.table(_TABLE).delete_entity(self._account, safe_key(operation_id))

    def purge(self, before: datetime) -> int:
        query = "PartitionKey eq @account and Timestamp lt @before"
        with storage_errors(writing=True):
            table = self._storage.table(_TABLE)
            rows = list(
                table.query_entities(query, parameters={"account": self._account, "before": before}, select=["RowKey"])
            )
            for row in rows:
                table.delete_entity(self._account, row["RowKey"])
        return len(rows)

    def _row(self, operation_id: str, result: Mapping[str, Any] | None) -> dict[str, Any]:
        return {"PartitionKey": self._account, "RowKey": safe_key(operation_id), **packed_with(result)}
