"""What stands behind a row's address: one column, the row that a lookup leads to, its children, and their $ref.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/associate-disassociate-entities-using-web-api
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sandbox.dataverse.odata.addresses import Segment
from sandbox.dataverse.odata.bodies import body_of
from sandbox.dataverse.odata.options import NONE, ONE, options_of
from sandbox.dataverse.odata.refusals import absent, bad, no_method
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.rights import Rights
from sandbox.dataverse.rows.answers import answer, nothing
from sandbox.dataverse.rows.keys import reference
from sandbox.dataverse.rows.lists import Lists
from sandbox.dataverse.rows.names import collection, navigation
from sandbox.dataverse.rows.views import Asked, Views, children
from sandbox.dataverse.rows.writes import Writes
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.values import shown
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

_ID = "$id"


class Properties:
    def __init__(self, world: World, views: Views, writes: Writes, rights: Rights, lists: Lists) -> None:
        self._world, self._views, self._writes, self._rights, self._lists = world, views, writes, rights, lists

    def answer(
        self, request: Request, asked: Asked, table: TableSchema, record_id: str, rest: Sequence[Segment], service: str
    ) -> Response:
        name, last = rest[0].name, rest[-1].name
        tail = [one.name for one in rest[1:]]
        led = navigation(table, name)
        if led is not None and tail in ([], ["$ref"]):
            return self._single(request, asked, table, record_id, name, led, bool(tail), service)
        many = collection(self._world, table, name)
        if many is not None and tail in ([], ["$ref"], ["$count"]):
            return self._many(request, asked, table, record_id, rest, many, service)
        attribute = next((one for one in table.attributes.values() if one.wire == name and not one.hidden), None)
        if attribute is not None and not tail:
            return self._column(request, asked, table, record_id, attribute, service)
        if attribute is not None and tail == ["$value"]:
            raise absent("A column's $value")
        if led is not None and tail and request.method == "GET":
            raise absent(f"The address behind {name}")
        raise Problem(404, "0x8006088a", f"Resource not found for the segment '{name if len(rest) == 1 else last}'.")

    def _column(
        self, request: Request, asked: Asked, table: TableSchema, record_id: str, attribute: Attribute, service: str
    ) -> Response:
        options = options_of(request, NONE if request.method == "GET" else {"tag"})
        if request.method == "GET":
            self._rights.read(asked.caller, table, record_id)
            row = self._world.row(table.name, record_id)
            hidden = attribute.secured and not self._views.sees(asked.caller, table, attribute, "read")
            value = None if hidden else shown(attribute, row.value(attribute))
            if value is None:
                return nothing()
            where = f"{service}/$metadata#{table.set_name}({record_id})/{attribute.wire}"
            return answer(200, {"@odata.context": where, "value": value})
        if attribute.is_reference:
            raise bad(f"The lookup {attribute.name} is set and cleared by its $ref.", "0x80048d19")
        if request.method == "DELETE":
            value = None
        elif request.method == "PUT":
            body = body_of(request)
            if set(body) != {"value"}:
                raise bad('A single property is set by {"value": ...}.', "0x80048d19")
            value = body["value"]
        else:
            raise no_method(request)
        self._world.row(table.name, record_id)
        self._writes.update(asked.caller, table, record_id, {attribute.name: value}, options.tag)
        return nothing()

    def _single(
        self, request: Request, asked: Asked, table: TableSchema, record_id: str, name: str,
        led: tuple[Attribute, str], is_reference: bool, service: str,
    ) -> Response:  # fmt: skip
        lookup, target = led
        if request.method != "GET":
            if not is_reference or request.method not in ("PUT", "DELETE"):
                raise no_method(request)
            options = options_of(request, {"tag"})
            self._world.row(table.name, record_id)
            value = _reference_in(request) if request.method == "PUT" else None
            self._writes.update(asked.caller, table, record_id, {f"{name}@odata.bind": value}, options.tag)
            return nothing()
        self._rights.read(asked.caller, table, record_id)
        at = self._world.row(table.name, record_id).value(lookup)
        related = self._world.tables[target]
        options = options_of(request, NONE if is_reference else ONE)
        if not at or at[0] != target:
            return nothing()
        if is_reference:
            where = f"{service}/{related.set_name}({at[1]})"
            return answer(200, {"@odata.context": f"{service}/$metadata#$ref", "@odata.id": where})
        self._rights.read(asked.caller, related, at[1])
        view = self._views.whole(Asked(asked.caller, options, asked.preferences), related, self._world.row(*at))
        context = f"{service}/$metadata#{self._views.context(related, options)}/$entity"
        return answer(200, {"@odata.context": context, **view}, asked.preferences.applied())

    def _many(
        self, request: Request, asked: Asked, table: TableSchema, record_id: str, rest: Sequence[Segment],
        many: tuple[TableSchema, Attribute], service: str,
    ) -> Response:  # fmt: skip
        related, lookup = many
        is_reference = rest[-1].name == "$ref"
        if request.method == "GET":
            if is_reference or rest[0].key is not None:
                raise absent(f"The references of {rest[0].name}")
            self._rights.read(asked.caller, table, record_id)
            readable = self._rights.readable(asked.caller, related)
            own = children(self._world, related, lookup, table, self._world.row(table.name, record_id))
            rows = [row for row in own if readable(row)]
            path = "/".join((f"{table.set_name}({record_id})", *(one.name for one in rest)))
            return self._lists.answer(request, asked, related, rows, path, service)
        if not is_reference:
            raise absent(f"Creating by {rest[0].name}") if request.method == "POST" else no_method(request)
        options = options_of(request, {"tag", _ID} if request.method == "DELETE" else {"tag"})
        row = self._world.row(table.name, record_id)
        if request.method == "POST":
            child, child_id = reference(self._world, _reference_in(request))
            value: Any = f"/{table.set_name}({row.id})"
        elif request.method == "DELETE":
            child, child_id = self._child(request, related, rest[0])
            value = None
        else:
            raise no_method(request)
        if child.name != related.name:
            raise bad(f"{rest[0].name} holds {related.set_name}, not {child.set_name}.", "0x80048d19")
        bound = f"{lookup.navigation_to(table.name)}@odata.bind"
        self._writes.update(asked.caller, related, child_id, {bound: value}, options.tag)
        return nothing()

    def _child(self, request: Request, related: TableSchema, segment: Segment) -> tuple[TableSchema, str]:
        """Of a DELETE: in the address, or by $id."""
        if isinstance(segment.key, str):
            return related, self._world.row(related.name, segment.key).id
        return reference(self._world, request.param(_ID))


def _reference_in(request: Request) -> Any:
    body = body_of(request)
    if set(body) - {"@odata.context"} != {"@odata.id"}:
        raise bad('A reference is set by {"@odata.id": ...}.', "0x80048d19")
    return body["@odata.id"]
