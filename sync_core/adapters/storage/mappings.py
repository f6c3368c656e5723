"""Table `mappings`: one row per Dataverse table, saved as a whole."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.packing import packed, safe_key, unpacked
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind
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

        row = {"PartitionKey": self._account, "RowKey": safe_key(mapping.entity), **packed(_content(mapping))[0]}
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
            raise VersionMoved("Somebody else saved meanwhile.", side="storage") from error
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


def _content(mapping: EntityMapping) -> dict[str, Any]:
    rows = []
    for row in mapping.fields:
        content: dict[str, Any] = {
            "column": row.dynamics_column,
            "field": row.oneflow_field,
            "direction": str(row.direction),
        }
        if row.oneflow_kind is not OneflowKind.DATA_FIELD:
            content["kind"] = str(row.oneflow_kind)
        if row.conflict_policy is not None:
            content["policy"] = str(row.conflict_policy)
        if row.options.given:
            content["options"] = row.options.to_json()
        rows.append(content)
    return {
        "entity": mapping.entity,
        "rows": rows,
        "auto_push": mapping.auto_push,
        "policy": str(mapping.conflict_policy),
    }


def _mapping(row: Any) -> EntityMapping:
    content = unpacked([row])
    return EntityMapping(
        content["entity"],
        tuple(_field(one) for one in content["rows"]),
        content["auto_push"],
        ConflictPolicy(content["policy"]),
        str(row.metadata["etag"]),
        _saved_at(row.metadata.get("timestamp")),
    )


def _saved_at(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None


def _field(content: Mapping[str, Any]) -> FieldMapping:
    policy = content.get("policy")
    return FieldMapping(
        content["column"],
        content["field"],
        Direction(content["direction"]),
        OneflowKind(content.get("kind", OneflowKind.DATA_FIELD)),
        ConflictPolicy(policy) if policy else None,
        RowOptions.from_json(content.get("options", {})),
    )
