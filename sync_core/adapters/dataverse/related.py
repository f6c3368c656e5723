"""Columns of the records that a record's lookups point at (`parentaccountid.name`), read in the record's own request.

Only a lookup that points at one table is offered: of one that may point at several (customer, owner) the columns
would depend on the record.
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.adapters.dataverse.cells import cell_of, is_strange, wire_name
from sync_core.adapters.dataverse.metadata import Currency, Metadata, Relation, Table
from sync_core.engine import reasons
from sync_core.engine.model import Cell, Column, ColumnType
from sync_core.engine.parties import RelatedTable
from sync_core.engine.values import REFERENCES
from sync_core.errors import Gone

_CURRENCY = "transactioncurrencyid"


@dataclass(frozen=True, slots=True)
class Expand:
    """One lookup of a record, with the columns that are wanted of what it points at."""

    lookup: Column
    navigation: str
    table: Table
    columns: Sequence[Column]

    @property
    def query(self) -> str:
        names = [wire_name(column) for column in self.columns]
        if _CURRENCY in self.table.columns and any(column.type is ColumnType.MONEY for column in self.columns):
            names.append(f"_{_CURRENCY}_value")
        return f"{self.navigation}($select={','.join(dict.fromkeys(names))})"

    def cells(
        self, row: Mapping[str, Any], currency: Callable[[Mapping[str, Any], Sequence[Column]], Currency]
    ) -> Mapping[str, Cell]:
        """By dotted name. An empty lookup makes empty cells; a record that is not given out makes unreadable ones."""
        pointer = wire_name(self.lookup)
        if pointer not in row:
            return {}
        inner = row.get(self.navigation)
        if row[pointer] is None:
            inner = {wire_name(column): None for column in self.columns}
        if self.lookup.secured or not isinstance(inner, Mapping):
            unreadable = reasons.SECURED if self.lookup.secured else reasons.RELATED_UNREADABLE
            return {dotted(self.lookup, column): Cell(unreadable=unreadable) for column in self.columns}
        known = currency(inner, self.columns)
        found = {dotted(self.lookup, column): cell_of(inner, column, self.table, known) for column in self.columns}
        return {name: cell for name, cell in found.items() if cell is not None}

    def strange(self, row: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Columns whose values do not go with what is known of them, each with its value."""
        inner = row.get(self.navigation)
        if not isinstance(inner, Mapping):
            return set()
        found = [column for column in self.columns if is_strange(inner, column, self.table)]
        return {(column.name, repr(inner[wire_name(column)])[:60]) for column in found}


class Related:
    """What the metadata says of them. Thread-safe."""

    def __init__(self, metadata: Metadata) -> None:
        self._metadata = metadata

    def tables(self, entity: str) -> Sequence[RelatedTable]:
        """By the lookup's label."""
        columns, known = self._metadata.table(entity).columns, self._metadata.definitions()
        found = [
            RelatedTable(one.lookup, columns[one.lookup].label, one.target, known[one.target].label)
            for one in self._metadata.relations(entity).values()
            if _is_lookup(columns.get(one.lookup)) and one.target in known
        ]
        return sorted(found, key=lambda one: (one.label, one.lookup))

    def columns(self, entity: str, lookup: str) -> Mapping[str, Column]:
        """All columns of the table that the lookup points at, by dotted name. Gone where it points at no one table."""
        found = self._at(entity, lookup)
        if found is None:
            raise Gone(f"The table {entity!r} has no such lookup that points at one table.", side="dynamics")
        pointer, _, table = found
        return {dotted(pointer, column): _through(pointer, column) for column in table.columns.values()}

    def named(self, entity: str, names: Iterable[str]) -> Mapping[str, Column]:
        """The columns of these dotted names; what is no such column is left out."""
        expands = self.expands(entity, names, readable=False)
        return {dotted(one.lookup, column): _through(one.lookup, column) for one in expands for column in one.columns}

    def expands(self, entity: str, names: Iterable[str], readable: bool = True) -> Sequence[Expand]:
        """How to read these dotted names, by lookup. `readable`: only what has a value to read."""
        wanted: dict[str, list[str]] = {}
        for name in names:
            lookup, dot, column = name.partition(".")
            if dot:
                wanted.setdefault(lookup, []).append(column)
        expands = []
        for lookup, inner in sorted(wanted.items()):
            found = self._at(entity, lookup)
            if found is None:
                continue
            pointer, relation, table = found
            columns = [table.columns[name] for name in inner if name in table.columns]
            columns = [column for column in columns if not readable or _has_value(column)]
            if columns:
                expands.append(Expand(pointer, relation.navigation, table, columns))
        return expands

    def forget(self, entity: str, names: Iterable[str]) -> None:
        """Something of these was not what we thought: the next look reads anew."""
        self._metadata.forget(entity, *self.targets(entity, names))

    def targets(self, entity: str, names: Iterable[str]) -> set[str]:
        """The tables that these dotted names lead to."""
        return {one.table.entity.name for one in self.expands(entity, names, readable=False)}

    def _at(self, entity: str, lookup: str) -> tuple[Column, Relation, Table] | None:
        pointer = self._metadata.table(entity).columns.get(lookup)
        relation = self._metadata.relations(entity).get(lookup) if _is_lookup(pointer) else None
        if pointer is None or relation is None:
            return None
        try:
            return pointer, relation, self._metadata.table(relation.target)
        except Gone:
            return None


def dotted(lookup: Column, column: Column) -> str:
    return f"{lookup.name}.{column.name}"


def _through(lookup: Column, column: Column) -> Column:
    label = f"{column.label} ({lookup.label})"
    secured = column.secured or lookup.secured
    return replace(column, name=dotted(lookup, column), label=label, via=lookup.name, secured=secured, required=False)


def _is_lookup(column: Column | None) -> bool:
    return column is not None and column.readable and column.type in REFERENCES


def _has_value(column: Column) -> bool:
    return column.readable and column.type not in (ColumnType.FILE, ColumnType.IMAGE)
