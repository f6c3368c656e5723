"""What is written, as columns' values: lookups by `<navigation property>@odata.bind` and in no other way (1.6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.odata.refusals import absent, bad
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rows.keys import reference
from sandbox.dataverse.rows.names import collection, navigation
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World

_BIND = "@odata.bind"


def unbound(world: World, table: TableSchema, body: Mapping[str, Any]) -> dict[str, Any]:
    """The body with columns' values alone: a lookup as (table, id). A null unlinks, by its property or its binding."""
    values: dict[str, Any] = {}
    for name, value in body.items():
        if name.startswith("@"):
            _control(table, name, value)
            continue
        property_, mark, _ = name.partition("@")
        if mark and not name.endswith(_BIND):
            if property_ not in body:
                raise undeclared(table, property_)
            continue  # what a read annotated says nothing in a write
        bound = navigation(table, property_)
        if bound is None:
            if mark:
                raise undeclared(table, property_)
            if collection(world, table, name):
                raise absent(f"Deep insert, by {name},")
            if world.attribute(table.name, name).is_reference:
                raise undeclared(table, name)
            values[name] = value
        elif value is None:
            values[bound[0].name] = None
        elif not mark:
            raise absent(f"Deep insert, by {name},") if isinstance(value, dict) else undeclared(table, name)
        else:
            values[bound[0].name] = _target(world, table, bound[1], property_, value)
    return values


def _target(world: World, table: TableSchema, lookup_target: str, name: str, value: Any) -> tuple[str, str]:
    try:
        target, record_id = reference(world, value)
    except Problem as problem:
        raise problem if problem.code in ("0x80040217", "0x80060891") else undeclared(table, name) from None
    bound = navigation(table, name)
    allowed = [one for one in (bound[0].targets if bound else ()) if bound and bound[0].navigation_to(one) == name]
    if target.name not in (allowed or [lookup_target]):
        raise undeclared(table, name)
    return target.name, record_id


def _control(table: TableSchema, name: str, value: Any) -> None:
    if name == "@odata.type":
        kind = str(value).removeprefix("#")
        if kind != f"Microsoft.Dynamics.CRM.{table.name}":
            raise bad(f"The type '{kind}' is not one of {table.set_name}.", "0x80048d19")
    elif name not in ("@odata.id", "@odata.etag", "@odata.context"):
        raise bad(f"The annotation {name} is not supported in what is written.", "0x80048d19")


def undeclared(table: TableSchema, name: str) -> Problem:
    return Problem(
        400,
        "0x80048d19",
        f"Error identified in Payload provided by the user for Entity :'{table.set_name}' ----> InnerException : An "
        f"undeclared property '{name}' which only has property annotations in the payload but no property value was "
        "found in the payload.",
    )
