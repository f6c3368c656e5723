"""The port `Records` over the simulator's own tables: the model that also serves HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sandbox.dataverse import seed
from sandbox.dataverse.metadata.shapes import cast, common
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.values import shown
from sync_core.adapters.dataverse.cells import cell_of, json_of, wire_name
from sync_core.adapters.dataverse.columns import column_of
from sync_core.adapters.dataverse.metadata import Currency, Table
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contacts import Contact
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.tables import Entity, RelatedTable
from sync_core.engine.model.words import Canonical
from sync_core.errors import Gone, Ground, NotAllowed, Refused, VersionMoved
from tests.torture.vendor import Vendor

if TYPE_CHECKING:
    from tests.torture.process import Process

KEPT = 600.0  # seconds that metadata is believed
_COLUMNS: dict[int, tuple[Attribute, Column]] = {}  # one parsed column per attribute, for all worlds


class DynamicsPort(Vendor):
    def __init__(self, process: Process) -> None:
        super().__init__(process, "dynamics")
        self._rows = self._world.dataverse
        self._known: dict[str, tuple[float, Table]] = {}

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        table = self._table(entity)
        missing = [name for name in columns if name in table.columns and name not in self._schema(entity).attributes]
        if missing:
            # One unknown name fails the whole request: the metadata is read anew.
            self._world.faults.meet("column_renamed", "dynamics.read")
            self._known.pop(entity, None)
            table = self._table(entity)

        def act(_: str | None) -> Record:
            self._must(actor, "Read", entity, record_id, "dynamics.read")
            return self._record(table, self._row(entity, record_id, "dynamics.read"), columns)

        return self.call("dynamics.read", act)

    def write(
        self, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        self._world.truth.before_write("dynamics", operation, record, values)
        return self.call("dynamics.write", lambda kind: self._write(kind, record, values, actor, operation), True)

    def _write(
        self, kind: str | None, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        table, faults = self._table(record.entity), self._world.faults
        if kind == "colleague_meanwhile" and self._world.crowd.edit_dynamics(record.id, next(iter(values))):
            faults.meet(kind, "dynamics.write")
        self._must(actor, "Write", record.entity, record.id, "dynamics.write")
        row = self._row(record.entity, record.id, "dynamics.write")
        if record.version != _etag(row):
            raise VersionMoved("dynamics answered with status 412", side="dynamics", status=412)
        schema = self._schema(record.entity).attributes
        if any(name not in schema for name in values):
            raise Refused("dynamics answered with status 400", side="dynamics", status=400, ground=Ground.VALUE)
        if self._world.secured_refuses and any(schema[name].secured for name in values):
            raise Refused("dynamics answered with status 403", side="dynamics", status=403, ground=Ground.SECURED)
        columns = [table.columns[name] for name in values]
        if kind == "changes_nothing":
            faults.meet(kind, "dynamics.write")
            body = {name: row.values.get(name) for name in values}  # a plug-in resets what was sent
        else:
            body = {column.name: json_of(values[column.name], column, table) for column in columns}
        before = {column.name: self._cell(table, row, column).value for column in columns}
        try:
            row = self._rows.write(record.entity, row.id, body, self._user(actor), f"oneflow-sync:{operation}")
        except Problem as problem:
            text, ground = f"dynamics answered with status {problem.status}", Ground.RULE
            raise Refused(text, side="dynamics", status=400, ground=ground) from None
        if kind != "changes_nothing":
            self._world.truth.dynamics_written(record, operation, before, values)
        after = self._record(table, row, list(values))
        return after, after.cells

    # --- metadata and people ------------------------------------------------------------------------------------------

    def columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        return self._table(entity).columns

    def proven_columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        self._known.pop(entity, None)
        return self.columns(entity)

    def forget_columns(self, entity: str, related: Collection[str] = ()) -> None:
        self._known.pop(entity, None)

    def related(self, entity: str) -> Sequence[RelatedTable]:
        return ()

    def related_columns(self, entity: str, lookup: str) -> Mapping[str, Column]:
        raise Gone("There are no related tables here.", side="dynamics")

    def entities(self) -> Sequence[Entity]:
        return [_entity(one) for one in self._rows.tables.values()]

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        def act(_: str | None) -> bool:
            row, user = self._row(entity, record_id, "dynamics.rights"), actor.user_id or seed.APPLICATION
            table, may = self._schema(entity), self._rows.security.may
            if not may(user, table, "Read", row):
                self._world.faults.meet("right_lost", "dynamics.rights")
                raise Gone("There is no such record.", side="dynamics")
            allowed = may(user, table, "Write", row)
            if not allowed:
                self._world.faults.meet("right_lost", "dynamics.rights")
            return allowed

        return self.call("dynamics.rights", act)

    def lacks_to_read(self, entity: str, actor: Actor) -> str:
        return ""

    def person(self, object_id: str) -> Actor:
        for row in self._rows.rows["systemuser"].values():
            if row.values.get("azureactivedirectoryobjectid") == object_id:
                return Actor(object_id, row.values.get("internalemailaddress"), row.id, row.values.get("fullname", ""))
        raise NotAllowed("You are not an enabled user of this Dynamics environment.", side="dynamics")

    def user(self, user_id: str) -> Actor:
        raise NotAllowed("Nobody presses buttons of Dynamics here.", side="dynamics")

    def is_deleted(self, entity: str, record_id: str) -> bool:
        return self.call("dynamics.rights", lambda _: record_id not in self._rows.rows[entity])

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]:
        return []

    def identity(self) -> Mapping[str, str]:
        return {}

    # --- how ----------------------------------------------------------------------------------------------------------

    def _table(self, entity: str) -> Table:
        until, known = self._known.get(entity, (-1.0, None))
        if known is not None and self._world.scheduler.time < until:
            return known
        found = self.call("dynamics.columns", lambda _: table_of(self._schema(entity)))
        self._known[entity] = (self._world.scheduler.time + KEPT, found)
        return found

    def _schema(self, entity: str) -> TableSchema:
        return self._rows.tables[entity]

    def _row(self, entity: str, record_id: str, step: str) -> Row:
        try:
            return self._rows.row(entity, record_id)
        except Problem:
            self._world.faults.meet("record_deleted", step)
            raise Gone("dynamics answered with status 404", side="dynamics", status=404, ground=Ground.GONE) from None

    def _must(self, actor: Actor, verb: str, entity: str, record_id: str, step: str) -> None:
        """The person's own right and the application's."""
        table, row = self._schema(entity), self._rows.rows[entity].get(record_id)
        users = {self._user(actor), seed.APPLICATION}
        if not all(self._rows.security.may(user, table, verb, row) for user in users):
            self._world.faults.meet("right_lost", step)
            raise NotAllowed("dynamics answered with status 403", side="dynamics", status=403, ground=Ground.PRIVILEGE)

    @staticmethod
    def _user(actor: Actor) -> str:
        return actor.user_id or seed.APPLICATION

    def _record(self, table: Table, row: Row, columns: Sequence[str]) -> Record:
        cells = {name: self._shown(table, row, table.columns[name]) for name in columns if name in table.columns}
        read_only = reasons.RECORD_READ_ONLY if row.values.get("statecode") not in (None, 0) else None
        name, owner = str(row.values.get("name") or ""), row.values.get("ownerid")
        record = Record(table.entity.name, row.id, _etag(row), cells, read_only, name)
        return replace(record, owner=":".join(owner)) if owner else record

    def _cell(self, table: Table, row: Row, column: Column) -> Cell:
        attribute = self._schema(table.entity.name).attributes.get(column.name)
        value = shown(attribute, row.values.get(column.name)) if attribute is not None else None
        return self._cell_of(value, table, column)

    def _shown(self, table: Table, row: Row, column: Column) -> Cell:
        """As the app is shown it: a secured column reads as null or as a mask."""
        attribute = self._schema(table.entity.name).attributes.get(column.name)
        if attribute is None or not attribute.secured:
            return self._cell(table, row, column)
        self._world.faults.meet("column_secured", "dynamics.read")
        held = isinstance(row.values.get(column.name), str)
        return self._cell_of(self._world.secured_reads_as if held else None, table, column)

    @staticmethod
    def _cell_of(value: Any, table: Table, column: Column) -> Cell:
        cell = cell_of({wire_name(column): value}, column, table, Currency())
        assert cell is not None
        return cell


def put_back(before: Mapping[str, TableSchema], now: Mapping[str, TableSchema]) -> dict[str, TableSchema]:
    """As they were; what was changed since is changed once more by it."""
    attributes = {
        name: one if now["opportunity"].attributes.get(name) is one else replace(one)
        for name, one in before["opportunity"].attributes.items()
    }
    return {**before, "opportunity": replace(before["opportunity"], attributes=attributes)}


def table_of(schema: TableSchema) -> Table:
    columns = {one.name: _column(one) for one in schema.attributes.values() if not one.attribute_of}
    return Table(_entity(schema), columns)


def _column(attribute: Attribute) -> Column:
    known = _COLUMNS.get(id(attribute))
    if known is None:
        parts: dict[str, Any] = common(attribute, "") | cast(attribute)
        known = _COLUMNS[id(attribute)] = (attribute, column_of(parts, 1033, 2)[0])
    return known[1]


def _entity(schema: TableSchema) -> Entity:
    return Entity(schema.name, schema.label, schema.set_name, schema.id_column, schema.name_column)


def _etag(row: Row) -> str:
    return f'W/"{row.version}"'
