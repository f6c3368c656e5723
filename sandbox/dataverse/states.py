"""State and status go together: each status belongs to one state (fact sheet 1.9, 2.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema


def settle(table: TableSchema, record_id: str, held: Mapping[str, Any], stored: dict[str, Any]) -> None:
    """A state alone brings its first status along; a status of another state is refused."""
    status = table.attributes.get("statuscode")
    if status is None or not status.states or not {"statecode", "statuscode"} & stored.keys():
        return
    state = stored.get("statecode", held.get("statecode") or 0)
    chosen = stored.get("statuscode")
    if chosen is None:
        stored["statuscode"] = next(one for one, belongs in status.states.items() if belongs == state)
    elif status.states[chosen] != state:
        name = table.attributes["statecode"].options[state][0]
        text = f"{chosen} is not a valid status code for state code {table.name.capitalize()}State.{name}"
        raise Problem(400, "0x80048408", f"{text} on {table.name} with Id {record_id}.")


def begin(table: TableSchema, values: dict[str, Any]) -> None:
    """A new row is in its first state."""
    for name in ("statecode", "statuscode"):
        attribute = table.attributes.get(name)
        if attribute is None or not attribute.options or table.attributes["statuscode"].states == {}:
            return
    values.setdefault("statecode", min(table.attributes["statecode"].options))
    settle(table, "", {}, values)
