"""The Web API's requests: rows, functions, metadata (fact sheet 1 and 2)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from sandbox.dataverse import seed
from sandbox.dataverse.bindings import unbound
from sandbox.dataverse.bodies import body_of
from sandbox.dataverse.callers import Caller
from sandbox.dataverse.customizing.messages import CustomApis
from sandbox.dataverse.customizing.requests import DRAFT, CustomizingApi
from sandbox.dataverse.customizing.rows import PlatformRows
from sandbox.dataverse.customizing.tables import BUSINESS_UNIT
from sandbox.dataverse.expand import expanded
from sandbox.dataverse.filters import matcher
from sandbox.dataverse.metadata_api import MetadataApi
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.values import shown
from sandbox.dataverse.world import Row, World
from sandbox.wire import Request, Response

Json = dict[str, Any]
PREFIX = "/api/data/v9.2"
_ROW = re.compile(r"(\w+)\(([0-9a-fA-F-]{36})\)")
_SET = re.compile(r"(\w+)(/Microsoft\.Dynamics\.CRM\.RetrieveUnpublishedMultiple\(\))?")
_ACCESS = re.compile(
    r"systemusers\(([0-9a-fA-F-]{36})\)/Microsoft\.Dynamics\.CRM\.RetrievePrincipalAccess\(Target=@(\w+)\)"
)
MASK = "***-**-5353"


class Api:
    """Answers one request as one user; raises Problem."""

    def __init__(self, world: World, switches: Switches) -> None:
        self._world, self._switches = world, switches
        self._rights = Rights(world)
        self._metadata = MetadataApi(world)
        self._customizing = CustomizingApi(world, world.security)
        self._custom_apis = CustomApis(world)
        self._platform = PlatformRows(world, switches, world.security)

    def answer(self, request: Request, caller: Caller, base_url: str) -> Response:
        path = request.path.removeprefix(PREFIX).strip("/")
        routes: tuple[tuple[re.Pattern[str], Callable[..., Response]], ...] = (
            (_ACCESS, self._access),
            (_ROW, self._row),
        )
        if path == "WhoAmI" and request.method == "GET":
            body = {"BusinessUnitId": BUSINESS_UNIT, "UserId": caller.user_id, "OrganizationId": seed.ORGANIZATION}
            return Response.of_json(200, body)
        self._rights.definitions(caller, request, path)
        metadata = self._metadata.answer(request, path) if request.method == "GET" else None
        if metadata is not None:
            return metadata
        for part in (self._customizing, self._custom_apis):
            special = part.answer(request, path, caller)
            if special is not None:
                return special
        for pattern, handle in routes:
            match = pattern.fullmatch(path)
            if match:
                return handle(request, caller, *match.groups())
        match = _SET.fullmatch(path)
        if match:
            return self._collection(request, caller, match.group(1), base_url, bool(match.group(2)))
        raise Problem(404, "0x8006088a", f"Resource not found for the segment '{path.split('/')[0]}'.")

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _row(self, request: Request, caller: Caller, set_name: str, record_id: str) -> Response:
        table = self._table(set_name)
        record_id = record_id.lower()
        if request.method == "GET":
            self._rights.read(caller, table, record_id)
            view = self._expanded(request, caller, table, self._world.row(table.name, record_id))
            return Response.of_json_exact(view)
        if not table.business and request.method in ("PATCH", "DELETE"):
            return self._platform.change(request, caller, table, record_id)
        if request.method == "PATCH":
            return self._patch(request, caller, table, record_id)
        if request.method == "DELETE":
            self._rights.delete(caller, table, self._world.row(table.name, record_id))
            self._world.delete(table.name, record_id, caller.user_id)
            return Response(204)
        raise Problem(405, "", "The requested resource does not support this method.")

    def _patch(self, request: Request, caller: Caller, table: TableSchema, record_id: str) -> Response:
        match = request.headers.get("if-match")
        body = unbound(self._world, table, body_of(request))
        if record_id not in self._world.rows.get(table.name, {}):
            if match:
                self._world.row(table.name, record_id)  # 404
            body = self._rights.create(caller, table, body)
            self._world.add(table.name, body, caller.user_id, record_id)  # without If-Match a PATCH creates
            return Response(204)
        row = self._world.row(table.name, record_id)
        self._rights.change(caller, table, row, body)
        if match not in (None, "*") and not table.versioned:
            raise self._unversioned(table)
        if request.headers.get("if-none-match") == "*":
            raise Problem(412, "0x80040237", "A record with matching key values already exists.")
        if match and match not in ("*", _etag(row)):
            code = "" if self._switches.version_code_is_empty else "0x80060882"
            text = "The version of the existing record doesn't match the RowVersion property provided."
            raise Problem(412, code, text)
        for name in body:
            attribute = self._world.attribute(table.name, name)
            if attribute.secured and not self._sees(caller, table, attribute, "update"):
                text = f"Caller user with Id {caller.user_id} does not have update permissions to a secured field."
                raise Problem(403, "0x8004f507", text)
        row = self._world.write(table.name, record_id, body, caller.user_id, request.param("tag"))
        if "return=representation" in request.headers.get("prefer", "") and self._switches.returns_representation:
            return Response.of_json_exact(self._view(request, caller, table, row))
        return Response(204)

    def _collection(
        self, request: Request, caller: Caller, set_name: str, base_url: str, unpublished: bool
    ) -> Response:
        table = self._table(set_name)
        if request.method == "POST" and not table.business:
            address = f"{base_url}{PREFIX}/{set_name}"
            return self._platform.create(request, caller, table, body_of(request), address)
        if request.method == "POST":
            values = self._rights.create(caller, table, unbound(self._world, table, body_of(request)))
            row = self._world.add(table.name, values, caller.user_id)
            location = f"{base_url}{PREFIX}/{set_name}({row.id})"
            return Response(204, headers={"OData-EntityId": location})
        if request.method != "GET":
            raise Problem(405, "", "The requested resource does not support this method.")
        readable = self._rights.readable(caller, table)
        wanted = matcher(request.param("$filter"), table, self._switches.filters_without_accents)
        rows = [row for row in self._platform.listed(table, unpublished) if readable(row) and wanted(row)]
        start = int(request.param("$skiptoken") or 0)
        size = self._page_size(request)
        top = request.param("$top")
        end = min(len(rows), int(top)) if top else len(rows)
        page = rows[start : min(start + size, end)]
        content: Json = {"value": [self._expanded(request, caller, table, row) for row in page]}
        if unpublished:
            for row, view in zip(page, content["value"], strict=True):
                view["content"] = row.values.get(DRAFT, row.values.get("content"))
        if start + size < end:
            kept = [f"{name}={quote(value)}" for name, value in request.query if name != "$skiptoken"]
            link = "&".join([*kept, f"$skiptoken={start + size}"])
            content["@odata.nextLink"] = f"{base_url}{PREFIX}/{set_name}?{link}"
        return Response.of_json_exact(content)

    def _page_size(self, request: Request) -> int:
        asked = re.search(r"odata\.maxpagesize=(\d+)", request.headers.get("prefer", ""))
        return min(int(asked.group(1)), self._switches.page_size) if asked else self._switches.page_size

    def _expanded(self, request: Request, caller: Caller, table: TableSchema, row: Row) -> Json:
        def look(target: str, record_id: str | None, select: str) -> Json | None:
            related = self._world.tables[target]
            self._rights.read(caller, related, record_id)
            found = self._world.rows.get(target, {}).get(record_id or "")
            return self._view(request, caller, related, found, select) if found else None

        view, refuses = self._view(request, caller, table, row), self._switches.refuses_unreadable_expand
        return view | expanded(request.param("$expand"), table, row.value, look, refuses)

    def _view(self, request: Request, caller: Caller, table: TableSchema, row: Row, select: str | None = None) -> Json:
        names = ((request.param("$select") if select is None else select) or "").split(",")
        attributes = [self._selected(table, name) for name in names if name] or list(table.attributes.values())
        if any(one.kind == "Money" for one in attributes) and "transactioncurrencyid" in table.attributes:
            attributes.append(table.attributes["transactioncurrencyid"])  # money brings its currency along
        prefer = request.headers.get("prefer", "")
        view: Json = {"@odata.etag": _etag(row), table.id_column: row.id}
        for attribute in attributes:
            self._show(view, table, attribute, row, caller, prefer)
        return view

    def _show(
        self, view: Json, table: TableSchema, attribute: Attribute, row: Row, caller: Caller, prefer: str
    ) -> None:
        if attribute.hidden:
            return
        value = row.value(attribute)
        if attribute.secured and not self._sees(caller, table, attribute, "read"):
            value = MASK if value is not None and self._switches.masks_secured else None
        view[attribute.wire] = shown(attribute, value)
        if value is None or attribute.secured:
            return
        label = self._world.label(value, attribute, caller.user_id)
        if attribute.is_reference and not self._switches.shows_unreadable_names:
            label = label if self._rights.names(caller, value[0]) else None
        everything = 'include-annotations="*"' in prefer
        if (
            (everything or "FormattedValue" in prefer)
            and label is not None
            and attribute.kind not in ("String", "Memo")
        ):
            view[f"{attribute.wire}@OData.Community.Display.V1.FormattedValue"] = label
        if (everything or "lookuplogicalname" in prefer) and attribute.is_reference:
            view[f"{attribute.wire}@Microsoft.Dynamics.CRM.lookuplogicalname"] = value[0]

    def _selected(self, table: TableSchema, name: str) -> Attribute:
        found = next((one for one in table.attributes.values() if one.wire == name), None)
        if found is None:
            text = f"Could not find a property named '{name}' on type 'Microsoft.Dynamics.CRM.{table.name}'."
            raise Problem(400, "0x0", text)
        return found

    def _table(self, set_name: str) -> TableSchema:
        found = next((one for one in self._world.tables.values() if one.set_name == set_name), None)
        if found is None:
            raise Problem(404, "0x8006088a", f"Resource not found for the segment '{set_name}'.")
        return found

    def _unversioned(self, table: TableSchema) -> Problem:
        text = (
            f"Optimistic concurrency isn't enabled for entity type {table.name}. The IfVersionMatches value of "
            "ConcurrencyBehavior can only be used if optimistic concurrency is enabled."
        )
        return Problem(self._switches.unversioned_status, self._switches.unversioned_code, text)

    def _sees(self, caller: Caller, table: TableSchema, attribute: Attribute, verb: str) -> bool:
        security = self._world.security
        return all(security.sees_secured(user, table.name, attribute.name, verb) for user in caller.users)

    # --- functions ----------------------------------------------------------------------------------------------------

    def _access(self, request: Request, caller: Caller, user_id: str, parameter: str) -> Response:
        target = json.loads(request.param(f"@{parameter}") or "{}").get("@odata.id", "")
        match = _ROW.fullmatch(str(target).rsplit("/", 1)[-1])
        if not match:
            raise Problem(400, "0x80048d19", "The target is no record.")
        table, record_id = self._table(match.group(1)), match.group(2).lower()
        row = self._world.row(table.name, record_id)
        self._rights.read(caller, table, record_id)
        rights = self._rights.of_user(user_id.lower(), table, row)
        return Response.of_json(200, {"AccessRights": ", ".join(rights) or "None"})


def _etag(row: Row) -> str:
    return f'W/"{row.version}"'
