"""What a caller may do with a table and its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema

if TYPE_CHECKING:
    from sandbox.dataverse.callers import Caller
    from sandbox.dataverse.world import Row, World

_EVERYBODYS = ("systemuser", "team", "organization", "transactioncurrency")


class Rights:
    """Each raises a Problem where the caller may not."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, caller: Caller, table: TableSchema, record_id: str | None = None) -> None:
        self._must(caller, table, "Read", record_id)

    def readable(self, caller: Caller, table: TableSchema) -> Callable[[Row], bool]:
        """Which rows of a list the caller is shown."""
        self._must(caller, table, "Read")
        return lambda row: True

    def create(self, caller: Caller, table: TableSchema, values: Mapping[str, Any]) -> dict[str, Any]:
        """The values that the row is made with."""
        self._must(caller, table, "Write")
        return dict(values)

    def change(self, caller: Caller, table: TableSchema, row: Row, values: Mapping[str, Any]) -> None:
        self._must(caller, table, "Write", row.id)

    def delete(self, caller: Caller, table: TableSchema, row: Row) -> None:
        self._must(caller, table, "Write", row.id)

    def of_user(self, user_id: str, table: TableSchema, row: Row) -> list[str]:
        """The rights of one user to a record, as RetrievePrincipalAccess names them."""
        return [one for one in ("ReadAccess", "WriteAccess") if self._world.may(user_id, one, row.id)]

    def _must(self, caller: Caller, table: TableSchema, verb: str, record_id: str | None = None) -> None:
        self._world.security.must(caller.user_id, table.privilege(verb))
        if not table.business or (table.name in _EVERYBODYS and verb == "Read"):
            return
        if not self._world.may(caller.user_id, f"{verb}Access", record_id):
            text = f"Principal user (Id={caller.user_id}, type=8) is missing {table.privilege(verb)} privilege."
            raise Problem(403, "0x80040220", text)
