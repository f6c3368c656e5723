"""Table `marks`: small facts about the installation."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.errors import Gone

_TABLE = "marks"


class TableMarks:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def set(self, name: str, value: str) -> None:
        row = {"PartitionKey": self._account, "RowKey": name, "value": value}
        with storage_errors(writing=True):
            self._storage.table(_TABLE).upsert_entity(row)

    def count(self, name: str) -> None:
        """Two at once may count as one: it is a measure, not a ledger."""
        self.set(name, str(int(self._one(name) or "0") + 1))

    def drop(self, name: str) -> None:
        with storage_errors(writing=True):
            self._storage.table(_TABLE).delete_entity(self._account, name)

    def _one(self, name: str) -> str | None:
        try:
            with storage_errors():
                return str(self._storage.table(_TABLE).get_entity(self._account, name)["value"])
        except Gone:
            return None

    def all(self) -> Mapping[str, str]:
        with storage_errors():
            rows = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @account", parameters={"account": self._account}
            )
            return {row["RowKey"]: str(row["value"]) for row in rows}
