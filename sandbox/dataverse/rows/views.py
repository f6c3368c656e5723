"""A row as JSON: the columns that are selected, their annotations, and what $expand leads to (fact sheet 1.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.odata.expand import Expansion, expansions
from sandbox.dataverse.odata.filters import matcher
from sandbox.dataverse.odata.headers import FORMATTED, LOGICAL_NAME, NAVIGATION, Preferences
from sandbox.dataverse.odata.options import Options
from sandbox.dataverse.odata.ordering import in_order
from sandbox.dataverse.odata.refusals import absent, unknown_property
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.row import Row
from sandbox.dataverse.rows.names import RowNames, collection, navigation
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.values import shown
from sandbox.dataverse.world import World

Json = dict[str, Any]
MASK = "***-**-5353"


@dataclass(frozen=True)
class Asked:
    """Who asks, for what, and how the answer is to be."""

    caller: Caller
    options: Options
    preferences: Preferences


class Views:
    def __init__(self, world: World, switches: Switches, rights: Rights) -> None:
        self._world, self._switches, self._rights = world, switches, rights

    def whole(self, asked: Asked, table: TableSchema, row: Row) -> Json:
        """With what is expanded."""
        view = self.own(asked, table, row)
        for one in expansions(asked.options.expand):
            view[one.name] = self._expanded(asked, table, row, one)
        return view

    def own(self, asked: Asked, table: TableSchema, row: Row) -> Json:
        """Its columns alone, as a write gives them back."""
        view: Json = {"@odata.etag": etag(row), table.id_column: row.id}
        for attribute in self.selected(table, asked.options.select):
            self._show(view, table, attribute, row, asked)
        return view

    def selected(self, table: TableSchema, select: tuple[str, ...]) -> list[Attribute]:
        known = {one.wire: one for one in table.attributes.values() if not one.hidden}
        for name in select:
            if name not in known:
                raise unknown_property(name, table.name)
        attributes = [known[name] for name in select] or list(known.values())
        if any(one.kind == "Money" for one in attributes) and "transactioncurrencyid" in table.attributes:
            attributes.append(table.attributes["transactioncurrencyid"])  # money brings its currency along
        return attributes

    def listed(self, asked: Asked, table: TableSchema, rows: list[Row]) -> list[Row]:
        """Filtered and in order; not cut to pages."""
        names = self.names(asked.caller)
        wanted = matcher(asked.options.filter, names.of(table))
        return in_order(
            [row for row in rows if wanted(row)], asked.options.orderby, names.of(table), names.order(table)
        )

    def names(self, caller: Caller) -> RowNames:
        return RowNames(
            self._world,
            caller.user_id,
            lambda table: self._rights.read(caller, table),
            lambda table, attribute: self.sees(caller, table, attribute, "read"),
            self._switches.filters_without_accents,
        )

    def context(self, table: TableSchema, options: Options) -> str:
        """What a context names after `$metadata#`."""
        expanded = [f"{one.name}({','.join(one.options.select)})" for one in expansions(options.expand)]
        parts = ",".join([*options.select, *expanded])
        return f"{table.set_name}({parts})" if parts else table.set_name

    def sees(self, caller: Caller, table: TableSchema, attribute: Attribute, verb: str) -> bool:
        security = self._world.security
        return all(security.sees_secured(user, table.name, attribute.name, verb) for user in caller.users)

    def _show(self, view: Json, table: TableSchema, attribute: Attribute, row: Row, asked: Asked) -> None:
        value = row.value(attribute)
        if attribute.secured and not self.sees(asked.caller, table, attribute, "read"):
            value = MASK if value is not None and self._switches.masks_secured else None
        view[attribute.wire] = shown(attribute, value)
        if value is None or attribute.secured:
            return
        wanted = asked.preferences.annotates
        label = self._world.label(value, attribute, asked.caller.user_id)
        if attribute.is_reference and not self._switches.shows_unreadable_names:
            label = label if self._rights.names(asked.caller, value[0]) else None
        if wanted(FORMATTED) and label is not None and attribute.kind not in ("String", "Memo"):
            view[f"{attribute.wire}@{FORMATTED}"] = label
        if not attribute.is_reference:
            return
        if wanted(NAVIGATION):
            view[f"{attribute.wire}@{NAVIGATION}"] = attribute.navigation_to(value[0])
        if wanted(LOGICAL_NAME):
            view[f"{attribute.wire}@{LOGICAL_NAME}"] = value[0]

    def _expanded(self, asked: Asked, table: TableSchema, row: Row, one: Expansion) -> Any:
        """A record that the caller may not see is null, or a Problem where the switch says so."""
        inner = Asked(asked.caller, one.options, asked.preferences)
        try:
            return self._one(inner, table, row, one)
        except Problem as problem:
            if self._switches.refuses_unreadable_expand or problem.status != 403:
                raise
            return None

    def _one(self, inner: Asked, table: TableSchema, row: Row, one: Expansion) -> Any:
        led = navigation(table, one.name)
        if led is None:
            return self._many(inner, table, row, one)
        if inner.options.filter or inner.options.orderby or inner.options.top is not None:
            raise absent(f"$filter, $orderby or $top inside of $expand={one.name}, which is one record,")
        lookup, target = led
        at = row.value(lookup)
        found_id = at[1] if at and at[0] == target else None
        related = self._world.tables[target]
        self.selected(related, inner.options.select)
        self._rights.read(inner.caller, related, found_id)
        found = self._world.rows.get(target, {}).get(found_id or "")
        return _without_version(self.own(inner, related, found)) if found else None

    def _many(self, inner: Asked, table: TableSchema, row: Row, one: Expansion) -> list[Json]:
        led = collection(self._world, table, one.name)
        if led is None:
            raise unknown_property(one.name, table.name)
        related, lookup = led
        self.selected(related, inner.options.select)
        readable = self._rights.readable(inner.caller, related)
        of_row = [one for one in children(self._world, related, lookup, table, row) if readable(one)]
        rows = self.listed(inner, related, of_row)
        cut = rows if inner.options.top is None else rows[: inner.options.top]
        return [_without_version(self.own(inner, related, each)) for each in cut]


def children(world: World, related: TableSchema, lookup: Attribute, table: TableSchema, row: Row) -> list[Row]:
    return [each for each in world.rows.get(related.name, {}).values() if each.value(lookup) == (table.name, row.id)]


def etag(row: Row) -> str:
    return f'W/"{row.version}"'


def _without_version(view: Json) -> Json:
    return {name: value for name, value in view.items() if name != "@odata.etag"}
