"""Creating, changing and deleting one row as one user: what every way of writing comes to."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.row import Row
from sandbox.dataverse.rows.bindings import unbound
from sandbox.dataverse.rows.keys import must_be_new
from sandbox.dataverse.rows.notices import must_be_for_a_user
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.states import begin
from sandbox.dataverse.values import checked
from sandbox.dataverse.world import World

Json = Mapping[str, Any]
Sees = Callable[[Caller, TableSchema, Attribute, str], bool]


class Writes:
    """`sees(caller, table, column, verb)`: whether a column security profile lets the caller. All is asked before
    anything is written."""

    def __init__(self, world: World, rights: Rights, sees: Sees) -> None:
        self._world, self._rights, self._sees = world, rights, sees

    def create(self, caller: Caller, table: TableSchema, body: Json, record_id: str | None = None) -> Row:
        """Columns that are not valid for create are ignored without a word."""
        given = unbound(self._world, table, body)
        own = given.pop(table.id_column, None)
        record_id = record_id or (str(own).lower() if own else str(uuid.uuid4()))
        _id(record_id)
        columns = {name: self._world.attribute(table.name, name) for name in given}
        values = {name: checked(columns[name], value) for name, value in given.items() if columns[name].updatable}
        values = self._rights.create(caller, table, values)
        if record_id in self._world.rows.get(table.name, {}):
            raise Problem(412, "0x80040237", "A record with matching key values already exists.")
        must_be_for_a_user(self._world, table, values)
        must_be_new(self._world, table, values)
        begin(table, values)
        return self._world.add(table.name, values, caller.user_id, record_id)

    def update(self, caller: Caller, table: TableSchema, record_id: str, body: Json, tag: str | None = None) -> Row:
        row = self._world.row(table.name, record_id)
        values = unbound(self._world, table, body)
        values.pop(table.id_column, None)
        self._rights.change(caller, table, row, values)
        for name in values:
            attribute = self._world.attribute(table.name, name)
            if attribute.secured and not self._sees(caller, table, attribute, "update"):
                text = f"Caller user with Id {caller.user_id} does not have update permissions to a secured field."
                raise Problem(403, "0x8004f507", text)
        must_be_new(self._world, table, values, record_id)
        return self._world.write(table.name, record_id, values, caller.user_id, tag)


def _id(text: str) -> None:
    try:
        uuid.UUID(text)
    except ValueError:
        message = f"Cannot convert the literal '{text}' to the expected type 'Edm.Guid'."
        raise Problem(400, "0x80048d19", message) from None
