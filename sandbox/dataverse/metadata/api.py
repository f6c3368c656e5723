"""Requests for definitions (fact sheet 2.1): they are read here, never changed.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox.dataverse.metadata.changes import retrieve_changes
from sandbox.dataverse.metadata.definitions import Definitions
from sandbox.dataverse.metadata.picked import Expand, picked
from sandbox.dataverse.odata.addresses import Segment, segments
from sandbox.dataverse.odata.options import METADATA, NONE, ONE, options_of
from sandbox.dataverse.odata.refusals import absent, bad, no_method
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.world import World
from sandbox.wire import Request, Response

Json = dict[str, Any]
_ROOTS = ("EntityDefinitions", "RelationshipDefinitions", "GlobalOptionSetDefinitions", "RetrieveMetadataChanges")
_CAST = re.compile(r"Microsoft\.Dynamics\.CRM\.(\w*?)(AttributeMetadata|RelationshipMetadata|OptionSetMetadata)")
_KINDS = {
    "Keys": "EntityKeyMetadata", "OneToManyRelationships": "OneToManyRelationshipMetadata",
    "ManyToOneRelationships": "OneToManyRelationshipMetadata",
    "ManyToManyRelationships": "ManyToManyRelationshipMetadata",
}  # fmt: skip
_CONTEXT = "/$metadata#"


class MetadataApi:
    """`answer` is None for what is no request for definitions."""

    def __init__(self, world: World) -> None:
        self._definitions = Definitions(world)

    def answer(self, request: Request, path: str, service: str) -> Response | None:
        """`service`: the address that contexts begin with."""
        if path.partition("(")[0].partition("/")[0] not in _ROOTS:
            return None
        if path.startswith("RetrieveMetadataChanges"):
            return self._changes(request, path, service)
        way = segments(path)
        if request.method != "GET":
            raise absent(f"{request.method} of {way[0].name}, which would change a definition,")
        found = self._found(request, way, path)
        found = {"@odata.context": f"{service}{_CONTEXT}{path}", **found}
        return Response.of_json(200, found, _FORM)

    def _found(self, request: Request, way: Sequence[Segment], path: str) -> Json:
        root, *rest = way
        if root.name == "RelationshipDefinitions":
            return self._relationships(request, root, rest, path)
        if root.name == "GlobalOptionSetDefinitions":
            views = self._definitions.global_option_sets()
            if rest and not _is_cast(rest.pop(0), "OptionSetMetadata"):
                raise _no_such(path)
            return self._answer(request, views, _properties(views), "OptionSetMetadata", root.key, rest, path)
        if root.key is None or not rest:
            leads = self._definitions.of_tables()
            views = self._definitions.tables()
            return self._answer(request, views, _properties(views), "EntityMetadata", root.key, rest, path, leads)
        table = _one(self._definitions.tables(), root.key, path)["LogicalName"]
        part, *rest = rest
        if part.name == "Attributes":
            return self._attributes(request, table, part, rest, path)
        if part.name in self._definitions.of_tables():
            views = self._definitions.of_tables()[part.name]({"LogicalName": table})
            properties, kind = self._definitions.properties(part.name), _KINDS[part.name]
            return self._answer(request, views, properties, kind, part.key, rest, path)
        raise _no_such(path)

    def _attributes(self, request: Request, table: str, part: Segment, rest: list[Segment], path: str) -> Json:
        kind: str | None = None
        sets: Mapping[str, Expand] = {}
        if rest and (match := _CAST.fullmatch(rest[0].name)) and match.group(2) == "AttributeMetadata":
            kind, sets = match.group(1), self._definitions.option_sets(table)
            rest.pop(0)
        views, properties = self._definitions.columns(table, kind)
        name = f"{kind or ''}AttributeMetadata"
        if part.key is not None and rest and rest[0].name in sets:
            view = sets[rest[0].name](_one(views, part.key, path))
            return self._answer(request, [view], view, "OptionSetMetadata", {}, rest[1:], path)
        return self._answer(request, views, properties, name, part.key, rest, path, sets)

    def _relationships(self, request: Request, root: Segment, rest: list[Segment], path: str) -> Json:
        views = self._definitions.relationships()
        properties = self._definitions.properties("RelationshipDefinitions")
        if rest and _is_cast(rest[0], "RelationshipMetadata"):
            name = rest.pop(0).name.removeprefix("Microsoft.Dynamics.CRM.").removesuffix("RelationshipMetadata")
            views = [one for one in views if one["RelationshipType"] == f"{name}Relationship"]
            properties = self._definitions.properties(f"{name}Relationships")
        elif root.key is not None:
            properties = self._definitions.properties("OneToManyRelationships")
        kind = "RelationshipMetadataBase"
        return self._answer(request, views, properties, kind, root.key, rest, path)

    def _answer(
        self, request: Request, views: Sequence[Json], properties: Any, kind: str, key: Any, rest: Sequence[Segment],
        path: str, leads: Mapping[str, Expand] = {},
    ) -> Json:  # fmt: skip
        if rest:
            raise bad("$count is not supported for Metadata Entities.") if rest[0].name == "$count" else _no_such(path)
        if key is None:
            return {"value": picked(views, properties, options_of(request, METADATA), kind, leads)}
        one = views[0] if key == {} else _one(views, key, path)
        return picked([one], properties, options_of(request, ONE), kind, leads)[0]

    def _changes(self, request: Request, path: str, service: str) -> Response:
        if request.method != "GET":
            raise no_method(request)
        found = retrieve_changes(path, options_of(request, NONE).aliases, self._definitions)
        kind = "Microsoft.Dynamics.CRM.RetrieveMetadataChangesResponse"
        return Response.of_json(200, {"@odata.context": f"{service}{_CONTEXT}{kind}", **found}, _FORM)


_FORM = {"Content-Type": "application/json; odata.metadata=minimal"}


def _properties(views: Sequence[Json]) -> list[str]:
    return list(dict.fromkeys(name for view in views for name in view if name != "@odata.type"))


def _is_cast(part: Segment, kind: str) -> bool:
    match = _CAST.fullmatch(part.name)
    return match is not None and match.group(2) == kind and part.key is None


def _one(views: Sequence[Json], key: Any, path: str) -> Json:
    """By its id or its name, whichever the key is made of."""
    if isinstance(key, str):
        wanted = {"MetadataId": key}
    else:
        wanted = {name: value.value for name, value in key.items()}
    if len(wanted) != 1 or next(iter(wanted)) not in ("MetadataId", "LogicalName", "SchemaName", "Name"):
        raise bad(f"The key in the request URI is not valid for resource '{path}'.")
    for view in views:
        if all(str(view.get(name)).lower() == str(value).lower() for name, value in wanted.items()):
            return view
    raise Problem(404, "0x80060888", f"Could not find a definition with {' '.join(map(str, wanted.items()))}.")


def _no_such(path: str) -> Problem:
    return Problem(404, "0x8006088a", f"Resource not found for the segment '{path.rsplit('/', 1)[-1]}'.")
