"""What $filter and $orderby may name of a row: its columns, and those of the rows that its lookups lead to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.dataverse.odata.comparing import Names, Property
from sandbox.dataverse.odata.refusals import absent, unknown_property
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import Attribute, TableSchema, relationship_name
from sandbox.dataverse.values import shown
from sandbox.dataverse.world import World

_EDM = {
    "String": "Edm.String", "Memo": "Edm.String", "Integer": "Edm.Int32", "BigInt": "Edm.Int64",
    "Picklist": "Edm.Int32", "State": "Edm.Int32", "Status": "Edm.Int32", "Decimal": "Edm.Decimal",
    "Money": "Edm.Decimal", "Double": "Edm.Double", "Boolean": "Edm.Boolean", "MultiSelectPicklist": "Edm.String",
}  # fmt: skip


class RowNames:
    """As one user sees them. `read` raises where they may not read a table, `sees` tells of a secured column."""

    def __init__(
        self, world: World, user_id: str, read: Callable[[TableSchema], None],
        sees: Callable[[TableSchema, Attribute], bool], without_accents: bool,
    ) -> None:  # fmt: skip
        self._world, self._user_id, self._read, self._sees = world, user_id, read, sees
        self._without_accents = without_accents

    def of(self, table: TableSchema) -> Names:
        return Names(lambda path: self._property(table, path), without_accents=self._without_accents)

    def order(self, table: TableSchema) -> Callable[[str], Property]:
        """Choices and lookups are ordered by what people read."""

        def find(name: str) -> Property:
            *way, last = name.split("/")
            end = self._end(table, tuple(way))
            attribute = _column(end, last)
            if not (attribute.options or attribute.is_reference or attribute.kind == "Boolean"):
                return self._property(table, (*way, last))

            def label(row: Row) -> str | None:
                return self._world.label(row.value(attribute), attribute, self._user_id)

            return self._along(table, tuple(way), Property("Edm.String", label))

        return find

    def _property(self, table: TableSchema, path: tuple[str, ...]) -> Property:
        *way, last = path
        end = self._end(table, tuple(way))
        attribute = _column(end, last)
        if attribute.kind in ("File", "Image"):
            raise absent(f"{last} in $filter")

        def of(row: Row) -> Any:
            if attribute.secured and not self._sees(end, attribute):
                return None
            return shown(attribute, row.value(attribute))

        return self._along(table, tuple(way), Property(edm_of(attribute), of))

    def _end(self, table: TableSchema, way: tuple[str, ...]) -> TableSchema:
        for step in way:
            table = self._world.tables[self._lookup(table, step)[1]]
            self._read(table)
        return table

    def _along(self, table: TableSchema, way: tuple[str, ...], last: Property) -> Property:
        if not way:
            return last
        lookup, target = self._lookup(table, way[0])
        rest = self._along(self._world.tables[target], way[1:], last)

        def of(row: Row) -> Any:
            at = row.value(lookup)
            found = self._world.rows.get(target, {}).get(at[1]) if at and at[0] == target else None
            return rest.of(found) if found else None

        return Property(rest.edm, of)

    def _lookup(self, table: TableSchema, name: str) -> tuple[Attribute, str]:
        found = navigation(table, name)
        if found is None:
            if collection(self._world, table, name):
                raise absent(f"{name} in $filter or $orderby, which leads to many rows,")
            raise unknown_property(name, table.name)
        return found


def navigation(table: TableSchema, name: str) -> tuple[Attribute, str] | None:
    """The lookup behind a single-valued navigation property, and the table that it leads to."""
    for attribute in table.attributes.values():
        for target in attribute.targets:
            if attribute.navigation_to(target) == name:
                return attribute, target
    return None


def collection(world: World, table: TableSchema, name: str) -> tuple[TableSchema, Attribute] | None:
    """The children's table and their lookup, behind a collection-valued navigation property."""
    for child in world.tables.values():
        for attribute in child.attributes.values():
            if table.name in attribute.targets and relationship_name(child, attribute, table.name) == name:
                return child, attribute
    return None


def edm_of(attribute: Attribute) -> str:
    if attribute.kind == "DateTime":
        return "Edm.Date" if attribute.more["DateTimeBehavior"]["Value"] == "DateOnly" else "Edm.DateTimeOffset"
    return _EDM.get(attribute.kind, "Edm.Guid")


def _column(table: TableSchema, name: str) -> Attribute:
    found = next((one for one in table.attributes.values() if one.wire == name and not one.hidden), None)
    if found is None:
        raise unknown_property(name, table.name)
    return found
