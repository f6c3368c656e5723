"""Steps that were registered as rows, and Custom APIs, whose call raises an event (fact sheet 4.1, 4.6)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.odata.options import options_of
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.step import Change, Step
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

_WEBHOOK, _WEBHOOK_KEY = 8, 4
_STRING, _BOOLEAN, _REFERENCE, _INTEGER = 10, 0, 5, 7
_PYTHON_TYPES = {_STRING: str, _BOOLEAN: bool, _INTEGER: int}


def registered_steps(world: World) -> Iterator[Step]:
    """Enabled steps whose handler is a webhook; the key of a WebhookKey endpoint travels as `?code=`."""
    for row in list(world.rows.get("sdkmessageprocessingstep", {}).values()):
        if row.values.get("statecode") != 0:
            continue
        endpoint = world.row(*row.values["eventhandler"]).values
        if endpoint["contract"] != _WEBHOOK:
            continue
        key = endpoint.get("authvalue") if endpoint["authtype"] == _WEBHOOK_KEY else None
        message = world.row(*row.values["sdkmessageid"]).values["name"]
        chosen = row.values.get("sdkmessagefilterid")
        entity = str(world.row(*chosen).values["primaryobjecttypecode"]) if chosen else ""
        names = str(row.values.get("filteringattributes") or "").split(",")
        url = endpoint["url"] + (f"?code={quote(key)}" if key else "")
        filtering = frozenset(name for name in names if name)
        keeps = not row.values.get("asyncautodelete")
        yield Step(url, message, entity, filtering, row.id, str(row.values["name"]), keeps)


class CustomApis:
    """Without a plug-in the call does nothing itself: its event goes to the steps, and it answers 204."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request, path: str, caller: Caller) -> Response | None:
        found = next((one for one in self._rows("customapi") if one.values["uniquename"] == path), None)
        if found is None or request.method != "POST":
            return None
        options_of(request, {"tag"})
        given = body_of(request) if request.body else {}
        parameters = []
        for one in self._rows("customapirequestparameter"):
            if one.values["customapiid"] != ("customapi", found.id):
                continue
            name = one.values["uniquename"]
            if name in given:
                parameters.append((name, self._checked(one.values, given.pop(name))))
            elif not one.values.get("isoptional"):
                raise Problem(400, "0x80040203", f"The required parameter {name} is missing.")
        if given:
            raise Problem(400, "0x80048d19", f"{next(iter(given))} is no parameter of {path}.")
        if self._world.on_change:
            self._world.on_change(Change(path, "", "", {}, caller.user_id, parameters=tuple(parameters)))
        return Response(204)

    def _checked(self, parameter: Mapping[str, Any], value: Any) -> Any:
        """A reference becomes (table, id), as lookups are kept."""
        name, kind = parameter["uniquename"], parameter["type"]
        if kind != _REFERENCE:
            if not isinstance(value, _PYTHON_TYPES[kind]):
                raise Problem(400, "0x80048d19", f"Cannot convert the literal of {name} to its type.")
            return value
        table = str(value.get("@odata.type", "")).removeprefix("#").removeprefix("Microsoft.Dynamics.CRM.")
        record_id = value.get(f"{table}id")
        if table not in self._world.tables or not record_id:
            raise Problem(400, "0x80048d19", f"{name} names no record.")
        self._world.row(table, record_id)
        return (table, record_id)

    def _rows(self, kind: str) -> list[Any]:
        return list(self._world.rows.get(kind, {}).values())
