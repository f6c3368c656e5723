"""Metadata requests: tables, columns and their casts, relationships (fact sheet 2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema, cast, common
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

Json = dict[str, Any]
_ENTITY = re.compile(r"EntityDefinitions\(LogicalName='(\w+)'\)")
_ATTRIBUTES = re.compile(_ENTITY.pattern + r"/Attributes(?:/Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata)?")
_MANY_TO_ONE = re.compile(_ENTITY.pattern + r"/ManyToOneRelationships")


class MetadataApi:
    """`answer` is None for what is no metadata request."""

    def __init__(self, world: World) -> None:
        self._world = world

    def answer(self, request: Request, path: str) -> Response | None:
        if path == "EntityDefinitions":
            return self._definitions(request)
        for pattern, handle in (
            (_MANY_TO_ONE, self._many_to_one),
            (_ATTRIBUTES, self._attributes),
            (_ENTITY, self._definition),
        ):
            match = pattern.fullmatch(path)
            if match:
                return handle(request, *match.groups())
        return None

    def _definitions(self, request: Request) -> Response:
        tables = list(_picked(request, (one.definition() for one in self._world.tables.values())))
        return Response.of_json(200, {"value": tables})

    def _definition(self, request: Request, name: str) -> Response:
        return Response.of_json(200, next(_picked(request, [self._schema(name).definition()])))

    def _attributes(self, request: Request, name: str, kind: str | None) -> Response:
        table = self._schema(name)
        attributes = list(table.attributes.values())
        if kind is None:
            views = [common(one, table.id_column) for one in attributes]
        elif kind == "Lookup":
            views = [cast(one) for one in attributes if one.is_reference]
        else:
            views = [cast(one) for one in attributes if one.kind == kind]
        return Response.of_json(200, {"value": list(_picked(request, views))})

    def _many_to_one(self, request: Request, name: str) -> Response:
        rows = [
            {
                "ReferencingAttribute": one.name,
                "ReferencedEntity": target,
                "ReferencingEntityNavigationPropertyName": one.navigation_to(target),
            }
            for one in self._schema(name).attributes.values()
            for target in (("owner",) if one.kind == "Owner" else one.targets)
        ]
        return Response.of_json(200, {"value": rows})

    def _schema(self, name: str) -> TableSchema:
        found = self._world.tables.get(name)
        if found is None:
            raise Problem(404, "0x80060888", f"Could not find an entity with name {name}.")
        return found


def _picked(request: Request, views: Any) -> Iterator[Json]:
    """The properties that $select and $expand name; an unknown one is refused."""
    names = [name for name in (request.param("$select") or "").split(",") if name]
    names += re.findall(r"(\w+)\(\$select=", request.param("$expand") or "")
    for view in views:
        yield {name: view[name] for name in (*names, "@odata.type") if name in view} if names else view
