"""The Web API's requests: which part answers which address, and what holds for all of them (fact sheet 1).

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from sandbox.dataverse import documents
from sandbox.dataverse.caller import Caller
from sandbox.dataverse.customizing.messages import CustomApis
from sandbox.dataverse.customizing.requests import CustomizingApi
from sandbox.dataverse.customizing.rows import PlatformRows
from sandbox.dataverse.metadata.api import MetadataApi
from sandbox.dataverse.odata.addresses import Segment, segments
from sandbox.dataverse.odata.batch import Batch
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.odata.headers import check_headers, preferences_of
from sandbox.dataverse.odata.options import NONE, ONE, WRITE, Options, options_of
from sandbox.dataverse.odata.refusals import absent, no_method
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.row import Row
from sandbox.dataverse.rows.answers import answer, nothing
from sandbox.dataverse.rows.bulk import ACTIONS, Bulk
from sandbox.dataverse.rows.conditions import must_match, not_modified
from sandbox.dataverse.rows.files import Files
from sandbox.dataverse.rows.keys import Key, key_values, reference, row_id, table_of
from sandbox.dataverse.rows.lists import Lists
from sandbox.dataverse.rows.properties import Properties
from sandbox.dataverse.rows.transactions import transaction
from sandbox.dataverse.rows.views import Asked, Views
from sandbox.dataverse.rows.writes import Writes
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.solutions.requests import SolutionsApi
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

PREFIX = "/api/data/v9.2"
_ACCESS = re.compile(
    r"systemusers\(([0-9a-fA-F-]{36})\)/Microsoft\.Dynamics\.CRM\.RetrievePrincipalAccess\(Target=@(\w+)\)"
)
_UNPUBLISHED = "Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple"
_BOUND = "Microsoft.Dynamics.CRM."


class Api:
    """Answers one request as one user; raises Problem."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world, self._switches = world, switches
        self._metadata = MetadataApi(world)
        self._customizing = CustomizingApi(world, switches, world.security)
        self._custom_apis = CustomApis(world)
        self._solutions = SolutionsApi(world, switches, world.security)
        self._platform = PlatformRows(world, switches, world.security)
        self._rights = Rights(world)
        self._views = Views(world, switches, self._rights)
        self._writes = Writes(world, self._rights, self._views.sees)
        self._bulk = Bulk(world, self._writes)
        self._lists = Lists(self._views, switches)
        self._files = Files(world, switches, self._rights)
        self._properties = Properties(world, self._views, self._writes, self._rights, self._lists)

    def answer(self, request: Request, caller: Caller, base_url: str) -> Response:
        path, service = request.path.removeprefix(PREFIX).strip("/"), f"{base_url}{PREFIX}"
        check_headers(request, batch=path == "$batch")
        asked = Asked(caller, Options(), preferences_of(request))
        if path == "$batch":
            return self._batch(request, asked, base_url)
        if asked.preferences.continues:
            raise absent("odata.continue-on-error outside of a batch")
        special = self._special(request, path, caller, service)
        if special is not None:
            return special
        first, *rest = segments(path)
        table = table_of(self._world, first.name)
        if first.key is None:
            return self._of_set(request, asked, table, rest, service)
        if first.key == {}:
            raise Problem(404, "0x8006088a", f"Resource not found for the segment '{first.name}()'.")
        if rest:
            record_id = self._id(table, first.key)
            at = f"{service}/{table.set_name}({record_id})/{rest[0].name}"
            file = self._files.answer(request, caller, table, record_id, rest, at)
            return file or self._properties.answer(request, asked, table, record_id, rest, service)
        return self._row(request, asked, table, first.key, service)

    def _special(self, request: Request, path: str, caller: Caller, service: str) -> Response | None:
        """What is no table's set or row."""
        own = documents.answered(self._world, request, path, caller.user_id, service)
        if own is not None:
            return own
        self._rights.definitions(caller, request, path)
        metadata = self._metadata.answer(request, path, service)
        if metadata is not None:
            return metadata
        for part in (self._customizing, self._solutions, self._custom_apis):
            special = part.answer(request, path, caller)
            if special is not None:
                return special
        match = _ACCESS.fullmatch(path)
        return self._access(request, caller, *match.groups()) if match and request.method == "GET" else None

    # --- sets ---------------------------------------------------------------------------------------------------------

    def _of_set(
        self, request: Request, asked: Asked, table: TableSchema, rest: Sequence[Segment], service: str
    ) -> Response:
        name = rest[0].name if rest else ""
        if len(rest) > 1 or (name and name not in ("$count", _UNPUBLISHED) and not name.startswith(_BOUND)):
            raise Problem(404, "0x8006088a", f"Resource not found for the segment '{rest[-1].name}'.")
        action = name.removeprefix(_BOUND)
        if action in ACTIONS:
            return self._many(request, asked, table, action, service)
        if name.startswith(_BOUND) and name != _UNPUBLISHED:
            raise Problem(404, "0x8006088a", f"Resource not found for the segment '{name}'.")
        if request.method == "GET":
            readable = self._rights.readable(asked.caller, table)
            rows = [row for row in self._platform.listed(table, name == _UNPUBLISHED) if readable(row)]
            path = {"": "", "$count": "/$count", _UNPUBLISHED: f"/{name}()"}[name]
            unpublished = name == _UNPUBLISHED
            return self._lists.answer(request, asked, table, rows, f"{table.set_name}{path}", service, unpublished)
        if request.method != "POST" or name:
            raise no_method(request)
        asked = self._to_write(request, asked, table)
        address = f"{service}/{table.set_name}"
        if table.business:
            row = self._writes.create(asked.caller, table, body_of(request))
            return self._written(asked, table, row, service, 201, {"OData-EntityId": f"{address}({row.id})"})
        made = self._platform.create(request, asked.caller, table, body_of(request), address)
        _, record_id = reference(self._world, made.headers["OData-EntityId"])
        return self._written(asked, table, self._world.row(table.name, record_id), service, 201, made.headers)

    def _many(self, request: Request, asked: Asked, table: TableSchema, action: str, service: str) -> Response:
        if request.method != "POST":
            raise no_method(request)
        if not table.business:
            raise absent(f"{action} of {table.set_name}")
        options = options_of(request, {"tag"})
        found = self._bulk.run(action, asked.caller, table, body_of(request), options.tag)
        if found is None:
            return nothing()
        context = f"{service}/$metadata#Microsoft.Dynamics.CRM.{action}Response"
        return answer(200, {"@odata.context": context, **found})

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _row(self, request: Request, asked: Asked, table: TableSchema, key: Key, service: str) -> Response:
        if request.method == "GET":
            asked = Asked(asked.caller, options_of(request, ONE), asked.preferences)
            record_id = self._id(table, key)
            self._rights.read(asked.caller, table, record_id)
            row = self._world.row(table.name, record_id)
            if not_modified(request, row, asked):
                return Response(304)
            view = self._views.whole(asked, table, row)
            context = f"{service}/$metadata#{self._views.context(table, asked.options)}/$entity"
            return answer(200, {"@odata.context": context, **view}, asked.preferences.applied())
        if request.method not in ("PATCH", "DELETE"):
            raise no_method(request)
        asked = self._to_write(request, asked, table)
        if not table.business:
            record_id = self._id(table, key)
            must_match(request, table, self._world.rows.get(table.name, {}).get(record_id), self._switches)
            changed = self._platform.change(request, asked.caller, table, record_id)
            if request.method == "DELETE":
                return changed
            return self._written(asked, table, self._world.row(table.name, record_id), service, 200, {})
        if request.method == "DELETE":
            row = self._world.row(table.name, self._id(table, key))
            self._rights.delete(asked.caller, table, row)
            must_match(request, table, row, self._switches)
            self._world.delete(table.name, row.id, asked.caller.user_id)
            return nothing()
        return self._patch(request, asked, table, key, service)

    def _patch(self, request: Request, asked: Asked, table: TableSchema, key: Key, service: str) -> Response:
        body = body_of(request)
        record_id = row_id(self._world, table, key)
        if record_id not in self._world.rows.get(table.name, {}):
            if request.headers.get("if-match"):
                self._world.row(table.name, self._id(table, key))  # 404
            values = {} if isinstance(key, str) else key_values(table, key)
            row = self._writes.create(asked.caller, table, {**values, **body}, record_id)  # it is an upsert
            where = {"OData-EntityId": f"{service}/{table.set_name}({row.id})"}
            return self._written(asked, table, row, service, 201, where)
        assert record_id is not None
        row = self._world.row(table.name, record_id)
        self._rights.change(asked.caller, table, row, {})
        must_match(request, table, row, self._switches)
        row = self._writes.update(asked.caller, table, record_id, body, asked.options.tag)
        where = {"OData-EntityId": f"{service}/{table.set_name}({row.id})"}
        return self._written(asked, table, row, service, 200, where)

    def _to_write(self, request: Request, asked: Asked, table: TableSchema) -> Asked:
        """What its answer is to have is read before anything is written."""
        options = options_of(request, {"tag"} if request.method == "DELETE" else WRITE)
        self._views.selected(table, options.select)
        must_match(request, table, None, self._switches)
        return Asked(asked.caller, options, asked.preferences)

    def _written(
        self, asked: Asked, table: TableSchema, row: Row, service: str, status: int, headers: dict[str, str]
    ) -> Response:
        """$expand is ignored in a write's answer, as it is documented."""
        if not asked.preferences.representation or not self._switches.returns_representation:
            return nothing(headers)
        self._rights.read(asked.caller, table, row.id)
        context = f"{service}/$metadata#{self._views.context(table, Options(asked.options.select))}/$entity"
        view = {"@odata.context": context, **self._views.own(asked, table, row)}
        return answer(status, view, {**headers, **asked.preferences.applied()})

    def _id(self, table: TableSchema, key: Key) -> str:
        found = row_id(self._world, table, key)
        if found is None:
            raise Problem(404, "0x80060891", "A record with the specified key values does not exist in the table.")
        return found

    # --- several, and functions ---------------------------------------------------------------------------------------

    def _batch(self, request: Request, asked: Asked, base_url: str) -> Response:
        options_of(request, NONE)
        if request.method != "POST":
            raise no_method(request)

        def ask(one: Request) -> Response:
            try:
                return self.answer(one, asked.caller, base_url)
            except Problem as problem:
                return problem.response()

        return Batch(ask, lambda: transaction(self._world)).answer(request, asked.preferences.continues)

    def _access(self, request: Request, caller: Caller, user_id: str, parameter: str) -> Response:
        given = options_of(request, NONE).aliases.get(f"@{parameter}", "{}")
        try:
            target = json.loads(given).get("@odata.id", "")
        except (ValueError, AttributeError):
            target = ""
        table, record_id = reference(self._world, target)
        self._rights.read(caller, table, record_id)
        rights = self._rights.of_user(user_id.lower(), table, self._world.row(table.name, record_id))
        return Response.of_json(200, {"AccessRights": ", ".join(rights) or "None"})
