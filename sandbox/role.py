"""The roles that the product asks for: the sellers' of the whole world, and both of a simulator that stands alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sandbox.dataverse import seed
from sandbox.dataverse.metadata.shapes import cast, common
from sandbox.dataverse.platform_tables import BUSINESS_UNIT, named
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World
from sync_core.adapters.dataverse.columns import column_of
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import Direction
from sync_core.engine.rows.eligibility import may_be_two_way, refusals
from sync_core.engine.rows.privileges import ALWAYS, SELLERS, needs

ROLE = named("role", "Oneflow sync application")
SELLERS_ROLE = named("role", "Oneflow sync seller")


def give_role(world: World, *mappings: EntityMapping) -> None:
    """What these mappings need, and no more, to the application user and to the sellers; no row may be read through a
    lookup."""
    _give(world, ROLE, "Oneflow sync application", {*ALWAYS, *_names(world, mappings)})
    world.security.assign(seed.APPLICATION, ROLE)
    give_sellers_role(world, {*SELLERS, *_names(world, mappings, person=True)})


def give_sellers_role(world: World, privileges: Iterable[str]) -> None:
    """As an administrator does who goes by docs/security.md: whoever sells has these, at first in no other role."""
    _give(world, SELLERS_ROLE, "Oneflow sync seller", set(privileges))
    for user in seed.SELLERS:
        world.security.assign(user, SELLERS_ROLE)


def _names(world: World, mappings: Iterable[EntityMapping], person: bool = False) -> set[str]:
    every = (needs(one, columns_of(world.tables[one.entity]), (), person) for one in mappings)
    wanted = [(world.tables[need.entity], need.verb) for found in every for need in found]
    return {table.privilege(verb) for table, verb in wanted if verb in table.verbs}


def _give(world: World, role: str, name: str, privileges: set[str]) -> None:
    if role not in world.rows["role"]:
        unit = {"businessunitid": ("businessunit", BUSINESS_UNIT)}
        world.add("role", {"name": name} | unit, seed.ADMINISTRATOR, role)
    world.security.give(role, dict.fromkeys(privileges, "Global"), replace=True)


def give_whole_role(world: World) -> None:
    """As if every column of every table that is owned were mapped."""
    give_role(world, *(everything(one) for one in world.tables.values() if one.owned))


def everything(schema: TableSchema) -> EntityMapping:
    """Each column that may be mapped, in both directions where an option or none allows it."""
    rows = []
    for column in columns_of(schema).values():
        if may_be_two_way(column):
            rows.append(_row(column, Direction.TWO_WAY))
        elif Direction.SYNC_ONCE not in refusals(column):
            rows.append(_row(column, Direction.SYNC_ONCE))
    return EntityMapping(schema.name, tuple(rows))


def _row(column: Column, direction: Direction) -> FieldMapping:
    both = direction is Direction.TWO_WAY
    lifted = both and Direction.TWO_WAY in refusals(column)
    return FieldMapping(column.name, column.name, direction, options=RowOptions(resolve_labels=lifted))


def columns_of(schema: TableSchema) -> dict[str, Column]:
    found = {}
    for attribute in schema.attributes.values():
        parts: dict[str, Any] = common(attribute, schema.id_column) | cast(attribute)
        if not attribute.attribute_of:
            found[attribute.name] = replace(column_of(parts, 1033, 2)[0], versioned=schema.versioned)
    return found
