"""What a request asks of definitions: $select, $filter and $expand; one unknown name refuses it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sandbox.dataverse.odata.comparing import Names, Property
from sandbox.dataverse.odata.expand import Expansion, expansions
from sandbox.dataverse.odata.filters import matcher
from sandbox.dataverse.odata.options import Options
from sandbox.dataverse.odata.refusals import absent, unknown_property

Json = dict[str, Any]
Expand = Callable[[Json], Any]  # a definition, in full, to what it leads to
_CRM = "Microsoft.Dynamics.CRM."
_TYPES = {
    "MetadataId": "Edm.Guid",
    "SourceType": "Edm.Int32",
    "AttributeType": f"{_CRM}AttributeTypeCode",
    "RequiredLevel/Value": f"{_CRM}AttributeRequiredLevel",
    "OwnershipType": f"{_CRM}OwnershipTypes",
    "RelationshipType": f"{_CRM}RelationshipType",
    "OptionSetType": f"{_CRM}OptionSetType",
}


def picked(
    views: Sequence[Json], properties: Iterable[str], options: Options, kind: str, leads: Mapping[str, Expand] = {}
) -> list[Json]:
    """`properties`: all that a definition of this kind has; `leads`: what can be expanded. Problem."""
    known = frozenset(properties)
    for name in options.select:
        if name not in known:
            raise unknown_property(name, kind)
    wanted = matcher(options.filter, Names(lambda path: _property(path, known, views, kind), of_metadata=True))
    expands = expansions(options.expand)
    for one in expands:
        if one.name not in leads:
            raise unknown_property(one.name, kind)
    found = []
    for view in views:
        if not wanted(view):
            continue
        # Unselected, a definition comes with what its own type adds to the one that is asked for.
        names = {"@odata.type", "MetadataId", *options.select} if options.select else view.keys() - leads.keys()
        shown = {name: view[name] for name in view if name in names}
        found.append(shown | {one.name: _expanded(leads[one.name](view), one) for one in expands})
    return found


def _expanded(found: Any, one: Expansion) -> Any:
    inner = one.options
    for name, given in (("$filter", inner.filter), ("$orderby", inner.orderby), ("$top", inner.top)):
        if given is not None and not (name == "$filter" and isinstance(found, list)):
            raise absent(f"{name} inside of $expand={one.name}")
    if isinstance(found, list):
        properties = {name for view in found for name in view}
        return picked(found, properties, inner, one.name) if found else []
    return found and picked([found], found, inner, one.name)[0]


def _property(path: tuple[str, ...], known: frozenset[str], views: Sequence[Json], kind: str) -> Property:
    if path[0] not in known:
        raise unknown_property("/".join(path), kind)

    def of(view: Json) -> Any:
        value: Any = view
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        return value

    values = [of(view) for view in views]
    if len(path) > 1 and views and not any(_has(view, path) for view in views):
        raise unknown_property("/".join(path), kind)
    edm = _TYPES.get("/".join(path)) or _edm(values, kind, path)
    return Property(edm, of)


def _has(view: Json, path: tuple[str, ...]) -> bool:
    value: Any = view
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return False
        value = value[step]
    return True


def _edm(values: Sequence[Any], kind: str, path: tuple[str, ...]) -> str:
    some = next((one for one in values if one is not None), "")
    if isinstance(some, dict | list):
        raise absent(f"$filter by {'/'.join(path)} of {kind}")
    if isinstance(some, bool):
        return "Edm.Boolean"
    return "Edm.Int32" if isinstance(some, int) else "Edm.String"
