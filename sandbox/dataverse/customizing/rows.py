"""Making, changing and deleting rows of the platform's own tables: lookups by @odata.bind, solutions by header."""

from __future__ import annotations

import re
from typing import Any

from sandbox.dataverse.caller import Caller
from sandbox.dataverse.customizing.requests import DRAFT
from sandbox.dataverse.customizing.rules import BLOCKED, MANAGED, Rules
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.security import Security
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.values import checked
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

Json = dict[str, Any]
_TARGET = re.compile(r"/?(\w+)\(([0-9a-fA-F-]{36})\)")
_MADE_BY_PEOPLE = frozenset(
    {
        "publisher", "solution", "serviceendpoint", "sdkmessageprocessingstep", "customapi", "webresource", "role",
        "customapirequestparameter", "customapiresponseproperty", "appaction", "environmentvariablevalue",
    }
)  # fmt: skip
_CHANGED_BY_PEOPLE = frozenset({"systemform"})
_ALWAYS_ALLOWED = frozenset({"environmentvariablevalue"})
# What a customizer saves, and nobody sees before it is published.
_DRAFTED = {"webresource": "content", "systemform": "formxml"}


class PlatformRows:
    def __init__(self, world: World, switches: Switches, security: Security) -> None:
        self._world, self._switches, self._security = world, switches, security
        self._rules = Rules(world)

    def create(self, request: Request, caller: Caller, table: TableSchema, body: Json, address: str) -> Response:
        self._may(caller, table, "Create")
        if self._switches.blocks_unmanaged and table.name not in _ALWAYS_ALLOWED:
            raise Problem(400, "0x8004f041", BLOCKED)
        values = self._values(table, body)
        draft = values.pop("content", None) if table.name == "webresource" else None
        record_id = self._rules.create(table, values, request.headers.get("mscrm.solutionuniquename"))
        if table.name == "webresource":
            row = self._world.row(table.name, record_id)
            row.values[DRAFT] = draft
            if self._switches.new_webresources_are_published:
                row.values["content"] = row.values.pop(DRAFT)
        return Response(204, headers={"OData-EntityId": f"{address}({record_id})"})

    def change(self, request: Request, caller: Caller, table: TableSchema, record_id: str) -> Response:
        """PATCH or DELETE."""
        if request.method == "DELETE":
            self._may(caller, table, "Delete")
            self._rules.delete(table, record_id)
            return Response(204)
        self._may(caller, table, "Write")
        self._blocked(table, record_id, body_of(request))
        if request.headers.get("if-match") != "*" and record_id not in self._world.rows.get(table.name, {}):
            raise Problem(
                400, "0x80040203", "Without If-Match a PATCH would create; the platform's tables take a POST."
            )
        values = self._values(table, body_of(request))
        self._rules.check(table.name, {**self._world.row(table.name, record_id).values, **values})
        draft = values.pop(_DRAFTED.get(table.name, ""), None)
        self._rules.update(table, record_id, values)
        if draft is not None:
            self._world.row(table.name, record_id).values[DRAFT] = draft
        return Response(204)

    def listed(self, table: TableSchema, unpublished: bool) -> list[Row]:
        """Unpublished web resources are not among the others."""
        rows = list(self._world.rows.get(table.name, {}).values())
        if table.name != "webresource" or unpublished:
            return rows
        return [row for row in rows if "content" in row.values]

    def _blocked(self, table: TableSchema, record_id: str, body: Json) -> None:
        """With unmanaged customizations blocked, managed components may still be switched on and off."""
        row = self._world.rows.get(table.name, {}).get(record_id)
        managed = row is not None and MANAGED in row.values
        endpoint = table.name == "serviceendpoint" and not self._switches.blocks_endpoint
        states_only = body.keys() <= {"statecode", "statuscode"}
        form = table.name == "systemform"  # those of the platform's own tables are managed from the start
        own = endpoint and body.keys() <= {"authvalue", "url", "description"}
        if self._switches.blocks_unmanaged and (managed or form) and not (states_only or own):
            raise Problem(400, "0x8004f041", BLOCKED)

    def _may(self, caller: Caller, table: TableSchema, verb: str) -> None:
        if table.name not in _MADE_BY_PEOPLE | (_CHANGED_BY_PEOPLE if verb == "Write" else frozenset()):
            raise Problem(400, "0x80040800", f"The '{verb}' method does not support entities of type '{table.name}'.")
        self._security.must(caller, table.privilege(verb))

    def _values(self, table: TableSchema, body: Json) -> Json:
        """Lookups are set by `<navigation property>@odata.bind`, which is case sensitive, and in no other way."""
        found: Json = {}
        for name, value in body.items():
            navigation, bound, _ = name.partition("@odata.bind")
            if not bound:
                attribute = self._world.attribute(table.name, name)
                if attribute.is_reference:
                    raise _undeclared(name)
                if attribute.updatable:
                    found[name] = checked(attribute, value)
                continue
            lookup = next(
                (one for one in table.attributes.values() if one.is_reference and one.navigation == navigation), None
            )
            match = _TARGET.fullmatch(str(value))
            if lookup is None or match is None:
                raise _undeclared(navigation)
            target = self._world.tables[lookup.targets[0]]
            if match.group(1) != target.set_name:
                raise Problem(404, "0x8006088a", f"Resource not found for the segment '{match.group(1)}'.")
            found[lookup.name] = (target.name, self._world.row(target.name, match.group(2)).id)
        return found


def _undeclared(name: str) -> Problem:
    text = f"An undeclared property '{name}' which only has property annotations in the payload was found."
    return Problem(400, "0x80048d19", f"Error identified in Payload provided by the user: {text}")
