"""Table `records`: which contracts a record has, and creations under way.

A row of the index is written before its link and dropped after it: a crash leaves a row too many, never too few.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import Filter, in_partition, in_partitions
from sync_core.adapters.storage.packing import packed_with, safe_key, unpacked
from sync_core.engine.model.link import Creation, Link
from sync_core.errors import Gone, Taken

TABLE = "records"
_LINK, _CREATION = "link-", "creation-"


class RecordsIndex:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def add(self, link: Link) -> None:
        row = {**self._key(link), "contract_id": link.contract_id}
        with storage_errors(writing=True):
            self._storage.table(TABLE).upsert_entity(row)

    def drop(self, link: Link) -> None:
        key = self._key(link)
        with storage_errors(writing=True):
            self._storage.table(TABLE).delete_entity(key["PartitionKey"], key["RowKey"])

    def of_record(self, entity: str, record_id: str) -> Sequence[int]:
        return self._contracts(in_partition(partition(self._account, entity, record_id)))

    def of_entity(self, entity: str) -> Sequence[int]:
        return self._contracts(in_partitions(f"{self._account}-{safe_key(entity)}-"))

    def page(self, after: str | None, limit: int) -> tuple[Sequence[int], str | None]:
        """Contract ids of all links, a page at a time; the token is the last row's keys."""
        wanted = in_partitions(f"{self._account}-").beginning(_LINK)
        if after:
            last_partition, last_row = json.loads(after)
            after_it = "( PartitionKey gt @lp or ( PartitionKey eq @lp and RowKey gt @lr ) )"
            wanted = wanted.also(after_it, lp=last_partition, lr=last_row)
        found: list[int] = []
        with storage_errors():
            rows = self._storage.table(TABLE).query_entities(
                wanted.text, parameters=wanted.values, results_per_page=limit
            )
            for row in rows:
                found.append(int(row["contract_id"]))
                if len(found) == limit:
                    return found, json.dumps([row["PartitionKey"], row["RowKey"]])
        return found, None

    def _contracts(self, partitions: Filter) -> list[int]:
        wanted = partitions.beginning(_LINK)
        with storage_errors():
            rows: Iterable[Mapping[str, Any]] = self._storage.table(TABLE).query_entities(
                wanted.text, parameters=wanted.values
            )
            return [int(row["contract_id"]) for row in rows]

    def _key(self, link: Link) -> dict[str, str]:
        return {
            "PartitionKey": partition(self._account, link.entity, link.record_id),
            "RowKey": f"{_LINK}{link.contract_id}",
        }


class TableCreations:
    """Creations under way or done, beside the record's links."""

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def start(self, creation: Creation) -> Creation | None:
        row = {**self._key(creation.entity, creation.record_id, creation.key), **_creation_row(creation)}
        try:
            with storage_errors(writing=True):
                self._storage.table(TABLE).create_entity(row)
        except Taken:
            return self.get(creation.entity, creation.record_id, creation.key)
        return None

    def finish(self, creation: Creation, contract_id: int, result: Mapping[str, Any]) -> None:
        self._store(replace(creation, contract_id=contract_id, result=result))

    def lost(self, creation: Creation) -> None:
        self._store(replace(creation, lost=True))

    def unclear(self, creation: Creation, candidates: Sequence[int]) -> None:
        self._store(replace(creation, candidates=tuple(candidates)))

    def _store(self, creation: Creation) -> None:
        row = {**self._key(creation.entity, creation.record_id, creation.key), **_creation_row(creation)}
        with storage_errors(writing=True):
            self._storage.table(TABLE).upsert_entity(row)

    def forget(self, creation: Creation) -> None:
        key = self._key(creation.entity, creation.record_id, creation.key)
        with storage_errors(writing=True):
            self._storage.table(TABLE).delete_entity(key["PartitionKey"], key["RowKey"])

    def get(self, entity: str, record_id: str, key: str) -> Creation | None:
        found = self._key(entity, record_id, key)
        try:
            with storage_errors():
                row = self._storage.table(TABLE).get_entity(found["PartitionKey"], found["RowKey"])
        except Gone:
            return None
        return _creation(row)

    def of_record(self, entity: str, record_id: str) -> Sequence[Creation]:
        """Creations under way or done that were asked for from a record."""
        wanted = in_partition(partition(self._account, entity, record_id)).beginning(_CREATION)
        with storage_errors():
            found = self._storage.table(TABLE).query_entities(wanted.text, parameters=wanted.values)
            return [_creation(row) for row in found]

    def purge(self, before: datetime) -> int:
        wanted = in_partitions(f"{self._account}-").beginning(_CREATION).also("Timestamp lt @before", before=before)
        with storage_errors(writing=True):
            table = self._storage.table(TABLE)
            rows = table.query_entities(
                wanted.text,
                parameters=wanted.values,
                select=["PartitionKey", "RowKey"],
            )
            gone = [table.delete_entity(row["PartitionKey"], row["RowKey"]) for row in rows]
        return len(gone)

    def _key(self, entity: str, record_id: str, key: str) -> dict[str, str]:
        return {"PartitionKey": partition(self._account, entity, record_id), "RowKey": f"{_CREATION}{safe_key(key)}"}


def partition(account: str, entity: str, record_id: str) -> str:
    return f"{account}-{safe_key(entity)}-{safe_key(record_id)}"


def _creation(row: Mapping[str, Any]) -> Creation:
    content = unpacked([row])
    content["candidates"] = tuple(content.get("candidates", ()))
    asked_at = content.get("asked_at")
    return Creation(
        **{
            **content,
            "started_at": datetime.fromisoformat(content["started_at"]),
            "asked_at": datetime.fromisoformat(asked_at) if asked_at else None,
        }
    )


def _creation_row(creation: Creation) -> dict[str, Any]:
    content = {name: getattr(creation, name) for name in creation.__slots__}
    asked_at = creation.asked_at.isoformat() if creation.asked_at else None
    content |= {"started_at": creation.started_at.isoformat(), "asked_at": asked_at}
    return packed_with(creation.result, content)
