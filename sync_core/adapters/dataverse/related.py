"""Columns of the records that a record's lookups point at (`parentaccountid.name`), read in the record's own request.

Only a lookup that points at one table is offered: of one that may point at several (customer, owner) the columns
would depend on the record. Of those only a row's key column is read, which all the tables have, through the navigation
property of each table; whoever owns a record is read through its owning user and its owning team.
https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from sync_core.adapters.dataverse.cells import LOGICAL_NAME, cell_of, is_strange, told_of, wire_name
from sync_core.adapters.dataverse.metadata import Currency, Metadata, Relation, Table
from sync_core.engine.model import reasons
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.tables import RelatedTable
from sync_core.engine.model.words import ColumnType, Reason
from sync_core.engine.rows.key_columns import KEY
from sync_core.engine.values import REFERENCES
from sync_core.errors import Gone

_CURRENCY = "transactioncurrencyid"
# The lookups that stand beside an owner, each for one of the tables that an owner may be of.
# https://learn.microsoft.com/power-apps/developer/data-platform/reference/entities/account
_OWNING = {"systemuser": "owninguser", "team": "owningteam"}


@dataclass(frozen=True, slots=True)
class Expand:
    """One lookup of a record, with the columns that are wanted of what it points at.

    `one_of_several`: it may point at other tables too; only where it points at this one there are cells of it.
    """

    lookup: Column
    navigation: str
    table: Table
    shown: Mapping[str, Column]  # by the name that is asked for: `customerid.name`, or `customerid:name` as a key
    one_of_several: bool = False

    @property
    def columns(self) -> Sequence[Column]:
        return list(self.shown.values())

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
        target = row.get(pointer + LOGICAL_NAME)
        if self.one_of_several and row[pointer] is not None and target != self.table.entity.name:
            return {}
        if self.lookup.secured:
            return self._unreadable(reasons.SECURED)
        inner = self._empty() if row[pointer] is None else row.get(self.navigation)
        if not isinstance(inner, Mapping):
            return self._unreadable(reasons.RELATED_UNREADABLE)
        known = currency(inner, self.columns)
        found = {name: cell_of(inner, column, self.table, known) for name, column in self.shown.items()}
        return {name: cell for name, cell in found.items() if cell is not None}

    def _unreadable(self, why: Reason) -> Mapping[str, Cell]:
        return {name: Cell(unreadable=why) for name in self.shown}

    def _empty(self) -> Mapping[str, None]:
        """What is read through a lookup that points at nothing."""
        return {wire_name(column): None for column in self.columns}

    def strange(self, row: Mapping[str, Any]) -> set[tuple[str, str]]:
        """Columns whose values do not go with what is known of them, each with its value."""
        inner = row.get(self.navigation)
        if not isinstance(inner, Mapping):
            return set()
        return told_of(inner, (column for column in self.columns if is_strange(inner, column, self.table)))


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

    def target_columns(self, entity: str, lookup: str) -> Mapping[str, Mapping[str, Column]]:
        """The columns of each table that the lookup may point at, as they are now; none where it is not read through.

        Gone where the table has no such lookup."""
        pointer = self._metadata.table(entity).columns.get(lookup)
        if pointer is None or not _is_lookup(pointer):
            raise Gone(f"The table {entity!r} has no such lookup.", side="dynamics")
        known: dict[str, Mapping[str, Column]] = {target: {} for target in pointer.targets}
        return known | {
            table.entity.name: self._metadata.proven(table.entity.name).columns
            for _, _, table in self._ends(entity, lookup)
        }

    def named(self, entity: str, names: Iterable[str]) -> Mapping[str, Column]:
        """The columns of these names; what is no such column is left out. A key of several tables is as guarded as in
        the one that guards it most."""
        found: dict[str, Column] = {}
        for one in self.expands(entity, names, readable=False):
            for name, column in one.shown.items():
                through = replace(_through(one.lookup, column), name=name)
                guarded = through.secured or (name in found and found[name].secured)
                found[name] = replace(through, secured=guarded)
        return found

    def expands(self, entity: str, names: Iterable[str], readable: bool = True) -> Sequence[Expand]:
        """How to read these dotted names, by lookup. `readable`: only what has a value to read."""
        expands = []
        for lookup, inner in sorted(_by_lookup(names).items()):
            for pointer, navigation, table in self._ends(entity, lookup):
                several = len(pointer.targets) > 1
                shown = {
                    name: table.columns[column]
                    for name, column in inner.items()
                    if column in table.columns
                    and (not several or KEY in name)
                    and (not readable or _has_value(table.columns[column]))
                }
                if shown:
                    expands.append(Expand(pointer, navigation, table, shown, several))
        return expands

    def forget(self, entity: str, names: Iterable[str]) -> None:
        """Something of these was not what we thought: the next look reads anew."""
        self._metadata.forget(entity, *self.targets(entity, names))

    def targets(self, entity: str, names: Iterable[str]) -> set[str]:
        """The tables that these dotted names lead to."""
        return {one.table.entity.name for one in self.expands(entity, names, readable=False)}

    def _ends(self, entity: str, lookup: str) -> Sequence[tuple[Column, str, Table]]:
        """The tables that a lookup may point at, each with the property that it is read through; known ones."""
        pointer = self._metadata.table(entity).columns.get(lookup)
        if pointer is None or not _is_lookup(pointer):
            return []
        properties, ends = self._metadata.navigation(entity), []
        for target in pointer.targets:
            way = (_OWNING.get(target, lookup) if pointer.type is ColumnType.OWNER else lookup, target)
            if way in properties:
                with suppress(Gone):
                    ends.append((pointer, properties[way], self._metadata.table(target)))
        return ends

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


def _by_lookup(names: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Of dotted names: lookup -> name -> the column behind it."""
    found: dict[str, dict[str, str]] = {}
    for name in names:
        lookup, _, column = name.replace(KEY, ".").partition(".")
        if column:
            found.setdefault(lookup, {})[name] = column
    return found
