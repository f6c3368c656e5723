"""Which row an address means: by its id, by its id's name, or by an alternate key (fact sheet 1.4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.odata.addresses import Segment, segments
from sandbox.dataverse.odata.refusals import bad
from sandbox.dataverse.odata.tokens import Literal
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.values import checked
from sandbox.dataverse.world import World

Key = str | Mapping[str, Literal]
_SERVICE = re.compile(r"(?:https?://[^/]+)?/api/data/v9\.\d/")


def table_of(world: World, set_name: str) -> TableSchema:
    found = next((one for one in world.tables.values() if one.set_name == set_name), None)
    if found is None:
        raise Problem(404, "0x8006088a", f"Resource not found for the segment '{set_name}'.")
    return found


def row_id(world: World, table: TableSchema, key: Key) -> str | None:
    """The id that is meant, whether or not there is such a row; None where an alternate key finds none."""
    if isinstance(key, str):
        return key
    values = key_values(table, key)
    if set(values) == {table.id_column}:
        return str(values[table.id_column])
    return next((row.id for row in world.rows.get(table.name, {}).values() if _has(row, table, values)), None)


def key_values(table: TableSchema, key: Mapping[str, Literal]) -> dict[str, Any]:
    """The columns of a key with their values. Problem where the table has no such key."""
    attributes = [(_column(table, name), value) for name, value in key.items()]
    names = {attribute.name for attribute, _ in attributes}
    built = [columns for name, columns in table.keys.items() if name not in table.unbuilt]
    if names != {table.id_column} and all(set(columns) != names for columns in built):
        raise _no_key(table)
    return {attribute.name: _value(attribute, value) for attribute, value in attributes}


def must_be_new(world: World, table: TableSchema, values: Mapping[str, Any], record_id: str | None = None) -> None:
    """412 where another row has the same alternate key; a key with an empty part is none."""
    for name, columns in table.keys.items():
        if not set(columns) & values.keys():
            continue
        own = world.rows.get(table.name, {}).get(record_id or "")
        wanted = {column: values[column] if column in values else own and own.values.get(column) for column in columns}
        if any(value is None for value in wanted.values()):
            continue
        for row in world.rows.get(table.name, {}).values():
            if row.id != record_id and _has(row, table, wanted):
                text = f"Entity Key {name} violated. A record with the same value for {', '.join(columns)}"
                raise Problem(412, "0x80060892", f"{text} already exists.")


def reference(world: World, text: Any) -> tuple[TableSchema, str]:
    """The row that a reference such as "/accounts(id)" names; it must be there."""
    try:
        way: tuple[Segment, ...] = segments(_SERVICE.sub("", str(text)).lstrip("/"))
    except Problem:
        way = ()
    if len(way) != 1 or way[0].key in (None, {}):
        raise bad(f"The reference '{text}' names no record.", "0x80048d19")
    table = table_of(world, way[0].name)
    found = row_id(world, table, way[0].key or "")
    if found is None:
        raise Problem(404, "0x80060891", "A record with the specified key values does not exist in the table.")
    return table, world.row(table.name, found).id


def _column(table: TableSchema, name: str) -> Attribute:
    found = next((one for one in table.attributes.values() if one.wire == name), None)
    if found is None:
        raise _no_key(table)
    return found


def _value(attribute: Attribute, value: Literal) -> Any:
    if attribute.is_reference or attribute.kind == "Uniqueidentifier":
        return str(value.value).lower()
    given = value.value
    if value.edm in ("Edm.DateTimeOffset", "Edm.Date"):
        given = given.isoformat()
    return checked(attribute, int(given) if value.edm == "Edm.Int64" else given)


def _has(row: Row, table: TableSchema, values: Mapping[str, Any]) -> bool:
    return all(_same(row.value(table.attributes[name]), value) for name, value in values.items())


def _same(held: Any, wanted: Any) -> bool:
    held, wanted = (one[1] if isinstance(one, tuple) else one for one in (held, wanted))
    if isinstance(held, str) and isinstance(wanted, str):
        return held.lower() == wanted.lower()
    return held is not None and bool(held == wanted)


def _no_key(table: TableSchema) -> Problem:
    return bad(
        f"The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.{table.name}'. Ensure that the "
        "names and number of key properties match the declared or alternate key properties for the resource."
    )
