"""Lookups in what is written: by `<navigation property>@odata.bind` and in no other way (fact sheet 1.6)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.world import World

_BIND = "@odata.bind"
_TARGET = re.compile(r"/?(\w+)\(([0-9a-fA-F-]{36})\)")


def unbound(world: World, table: TableSchema, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with columns' values alone: a lookup as (table, id). A null unlinks, by its property or its binding."""
    values: dict[str, Any] = {}
    for name, value in body.items():
        navigation = name.removesuffix(_BIND)
        bound = _bound(table, navigation)
        if bound is None:
            if navigation != name:
                raise _undeclared(table, navigation)
            if world.attribute(table.name, name).is_reference:
                raise _undeclared(table, name)
            values[name] = value
        elif value is None:
            values[bound.name] = None
        elif navigation == name:
            raise _undeclared(table, name)
        else:
            values[bound.name] = _target(world, table, bound, navigation, value)
    return values


def _bound(table: TableSchema, navigation: str) -> Attribute | None:
    references = [one for one in table.attributes.values() if one.is_reference]
    return next((one for one in references if navigation in map(one.navigation_to, one.targets)), None)


def _target(world: World, table: TableSchema, bound: Attribute, navigation: str, value: Any) -> tuple[str, str]:
    match = _TARGET.fullmatch(str(value))
    targets = {world.tables[one].set_name: one for one in bound.targets if bound.navigation_to(one) == navigation}
    if match is None or match.group(1) not in targets:
        raise _undeclared(table, navigation)
    target = targets[match.group(1)]
    return target, world.row(target, match.group(2)).id


def _undeclared(table: TableSchema, name: str) -> Problem:
    return Problem(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{table.set_name}' ----> InnerException : An "
        f"undeclared property '{name}' which only has property annotations in the payload but no property value was "
        "found in the payload.",
    )
