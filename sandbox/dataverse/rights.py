"""What a caller may do with a table and its rows (fact sheets dataverse-api 1.2 and dynamics-solution 6.1).

| request | needs |
|---|---|
| read | Read |
| create | Create and Read; for another owner Assign |
| change | Write |
| point a lookup at a record | Append to the row, Read and AppendTo of the record |
| change the owner | Assign; the new owner Read |
| delete | Delete |
| read definitions | prvReadEntity, prvReadAttribute, prvReadRelationship, prvReadOptionSet |

Who acts for another needs each of them twice: the user's own and that other's.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import TableSchema, privilege_id
from sandbox.dataverse.world import World
from sandbox.wire import Request

# As RetrievePrincipalAccess lists them.
ACCESS = ("Read", "Write", "Append", "AppendTo", "Create", "Delete", "Share", "Assign")
_DEFINITIONS = (
    (re.compile(r"/Attributes|\$expand=[^&]*Attributes"), "prvReadAttribute"),
    (re.compile(r"Relationships|RelationshipDefinitions"), "prvReadRelationship"),
    (re.compile(r"OptionSet"), "prvReadOptionSet"),
)
_OF_DEFINITIONS = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions", "RetrieveMetadata")


class Rights:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, caller: Caller, table: TableSchema, record_id: str | None = None) -> None:
        """Problem where the caller may not; a record that is not there is another's to find."""
        self._must(caller, table, "Read", self._world.rows.get(table.name, {}).get(record_id or ""))

    def readable(self, caller: Caller, table: TableSchema) -> Callable[[Row], bool]:
        """Which rows of a list the caller is shown. Problem where the table as a whole may not be read."""
        self._must(caller, table, "Read")
        may = self._world.security.may
        return lambda row: all(may(user, table, "Read", row) for user in caller.users)

    def names(self, caller: Caller, table: str) -> bool:
        """Whether the names of a table's records are shown where a lookup points at them."""
        security, privilege = self._world.security, self._world.tables[table].privilege("Read")
        return all(security.depth(user, privilege) for user in caller.users)

    def create(self, caller: Caller, table: TableSchema, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values with their owner, who is the caller where they name none."""
        for verb in ("Create", "Read"):
            self._must(caller, table, verb)
        own = ("systemuser", caller.user_id)
        owner = values.get("ownerid") or own
        if owner != own:
            self._must(caller, table, "Assign")
            self._owner(table, owner)
        self._append(caller, table, None, values)
        return {**values, "ownerid": owner} if table.owned else dict(values)

    def change(self, caller: Caller, table: TableSchema, row: Row, values: Mapping[str, Any]) -> None:
        self._must(caller, table, "Write", row)
        if values.get("ownerid") is not None:
            self._must(caller, table, "Assign", row)
            self._owner(table, values["ownerid"])
        self._append(caller, table, row, values)

    def delete(self, caller: Caller, table: TableSchema, row: Row) -> None:
        self._must(caller, table, "Delete", row)

    def definitions(self, caller: Caller, request: Request, path: str) -> None:
        """Of tables, columns, relationships and options, each its own."""
        if not path.startswith(_OF_DEFINITIONS):
            return
        asked = f"{path}?" + "&".join(f"{name}={value}" for name, value in request.query)
        self._world.security.must(caller, "prvReadEntity")
        for pattern, privilege in _DEFINITIONS:
            if pattern.search(asked):
                self._world.security.must(caller, privilege)

    def of_user(self, user_id: str, table: TableSchema, row: Row) -> list[str]:
        """The rights of one user to a record, as RetrievePrincipalAccess names them."""
        may = self._world.security.may
        return [f"{verb}Access" for verb in ACCESS if may(user_id, table, verb, row)]

    def _append(self, caller: Caller, table: TableSchema, row: Row | None, values: Mapping[str, Any]) -> None:
        """Taking a link away needs no more than Write; an owner is assigned, not appended."""
        for name, value in values.items():
            if name == "ownerid" or not isinstance(value, tuple):
                continue
            self._must(caller, table, "Append", row)
            target = self._world.tables[value[0]]
            for verb in ("Read", "AppendTo"):
                self._must(caller, target, verb, self._world.row(*value))

    def _owner(self, table: TableSchema, owner: tuple[str, str]) -> None:
        kind, owner_id = owner
        security, privilege = self._world.security, table.privilege("Read")
        held = security.of_team(owner_id) if kind == "team" else security.of_user(owner_id)
        if privilege not in held:
            raise _refused(owner_id, privilege)

    def _must(self, caller: Caller, table: TableSchema, verb: str, row: Row | None = None) -> None:
        security = self._world.security
        security.must(caller, table.privilege(verb))
        for user in caller.users:
            if row is not None and not security.may(user, table, verb, row):
                raise _refused(user, table.privilege(verb))


def _refused(user_id: str, privilege: str) -> Problem:
    text = f"Principal user (Id={user_id}, type=8) is missing {privilege} privilege (Id={privilege_id(privilege)})."
    return Problem(403, "0x80040220", text)
