"""Table `mappings`: one row per Dataverse table, saved as a whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.packing import packed, safe_key, unpacked
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.mapping import EntityMapping
from sync_core.errors import Gone, Taken, VersionMoved

_TABLE = "mappings"
KEEP = 30.0  # seconds


class TableMappings:
    """`monotonic` is this process's clock: what was read is believed for 30 s."""

    def __init__(self, storage: Storage, account: str, monotonic: Callable[[], float]) -> None:
        self._storage, self._account, self._monotonic = storage, account, monotonic
        self._guard = threading.Lock()
        self._known: dict[str, tuple[float, EntityMapping | None]] = {}

    def get(self, entity: str, *, fresh: bool = False) -> EntityMapping | None:
        with self._guard:
            until, known = self._known.get(entity, (0.0, None))
        if not fresh and self._monotonic() < until:
            return known
        try:
            with storage_errors():
                row = self._storage.table(_TABLE).get_entity(self._account, safe_key(entity))
        except Gone:
            return self._remember(entity, None)
        return self._remember(entity, _mapping(row))

    def put(self, mapping: EntityMapping, etag: str) -> EntityMapping:
        """With "" only where there is none yet, with "*" whatever is there. VersionMoved."""
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        row = {"PartitionKey": self._account, "RowKey": safe_key(mapping.entity), **packed(mapping.to_json())[0]}
        table = self._storage.table(_TABLE)
        try:
            with storage_errors(writing=True):
                if etag == "*":
                    answer = table.upsert_entity(row, mode=UpdateMode.REPLACE)
                elif etag:
                    condition = MatchConditions.IfNotModified
                    answer = table.update_entity(row, mode=UpdateMode.REPLACE, etag=etag, match_condition=condition)
                else:
                    answer = table.create_entity(row)
        except (Taken, Gone) as error:
            raise VersionMoved("Somebody else saved this in the meantime.", side="storage") from error
        saved = replace(mapping, etag=str(answer["etag"]))
        self._remember(mapping.entity, saved)
        return saved

    def all(self) -> Sequence[EntityMapping]:
        with storage_errors():
            rows = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @account", parameters={"account": self._account}
            )
            return [_mapping(row) for row in rows]

    def _remember(self, entity: str, mapping: EntityMapping | None) -> EntityMapping | None:
        with self._guard:
            self._known[entity] = (self._monotonic() + KEEP, mapping)
        return mapping


# A row's members, and the mapping's, as they were named before they were named as on the wire.
_ROW_BEFORE = {
    "column": "dynamics_column",
    "field": "oneflow_field",
    "kind": "oneflow_kind",
    "policy": "conflict_policy",
}


def _mapping(row: Any) -> EntityMapping:
    content = unpacked([row])
    mapping = EntityMapping.from_json(_as_now(content) if "rows" in content else content, str(row.metadata["etag"]))
    saved_at = row.metadata.get("timestamp")
    return replace(mapping, saved_at=instant_text(saved_at) if saved_at else None)


def _as_now(content: Mapping[str, Any]) -> dict[str, Any]:
    """What an earlier version stored: other names, and a row's options in an object of their own."""
    fields = []
    for row in content["rows"]:
        named = {_ROW_BEFORE.get(name, name): value for name, value in row.items() if name != "options"}
        fields.append(named | row.get("options", {}))
    return {**content, "fields": fields, "conflict_policy": content["policy"]}
