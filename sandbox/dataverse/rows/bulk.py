"""CreateMultiple, UpdateMultiple, UpsertMultiple: all rows of one request, or none (fact sheet 1.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.odata.addresses import segment
from sandbox.dataverse.odata.refusals import bad
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rows.keys import key_values, row_id
from sandbox.dataverse.rows.transactions import transaction
from sandbox.dataverse.rows.writes import Writes
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World

ACTIONS = ("CreateMultiple", "UpdateMultiple", "UpsertMultiple")
_PAYLOAD = "0x80048d19"


class Bulk:
    def __init__(self, world: World, writes: Writes) -> None:
        self._world, self._writes = world, writes

    def run(
        self, action: str, caller: Caller, table: TableSchema, body: Mapping[str, Any], tag: str | None
    ) -> dict[str, Any] | None:
        """The action's answer; None where it has none."""
        targets = _targets(table, body)
        with transaction(self._world):
            ids = [self._one(action, caller, table, target, tag) for target in targets]
        return {"Ids": ids} if action == "CreateMultiple" else None

    def _one(self, action: str, caller: Caller, table: TableSchema, target: Mapping[str, Any], tag: str | None) -> str:
        if action == "CreateMultiple":
            return self._writes.create(caller, table, target).id
        found, values = self._meant(table, target)
        if action == "UpdateMultiple":
            if found is None:
                raise Problem(400, _PAYLOAD, f"An item of UpdateMultiple needs its {table.id_column}.")
            self._world.row(table.name, found)
        if found in self._world.rows.get(table.name, {}):
            return self._writes.update(caller, table, str(found), target, tag).id
        return self._writes.create(caller, table, {**values, **target}, found).id

    def _meant(self, table: TableSchema, target: Mapping[str, Any]) -> tuple[str | None, dict[str, Any]]:
        """The id of the row that an item names by its key column or its @odata.id, and its alternate key's values."""
        if target.get(table.id_column):
            return str(target[table.id_column]).lower(), {}
        if "@odata.id" not in target:
            return None, {}
        way = segment(str(target["@odata.id"]).rsplit("/", 1)[-1])
        if way.name != table.set_name or not way.key:
            raise bad(f"The @odata.id '{target['@odata.id']}' names no row of {table.set_name}.", _PAYLOAD)
        values = {} if isinstance(way.key, str) else key_values(table, way.key)
        return row_id(self._world, table, way.key), values


def _targets(table: TableSchema, body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    unknown = body.keys() - {"Targets"}
    if unknown:
        raise bad(f"The parameter '{min(unknown)}' in the request payload is not a valid parameter.", _PAYLOAD)
    targets = body.get("Targets")
    if not isinstance(targets, list) or not targets or not all(isinstance(one, dict) for one in targets):
        raise bad("Targets must be a collection of rows.", _PAYLOAD)
    if any("@odata.type" not in one for one in targets):
        raise bad(f"Every item of Targets needs its @odata.type: Microsoft.Dynamics.CRM.{table.name}.", _PAYLOAD)
    return targets
