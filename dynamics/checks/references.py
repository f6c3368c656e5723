"""Whatever points to something, points to something that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from dynamics.checks.package import Package, bare, label

_STANDARD = frozenset({"opportunity", "quote", "account", "contact"})
_PLATFORM_COLUMNS = frozenset(
    {"ownerid", "createdon", "createdby", "modifiedon", "modifiedby", "statecode", "statuscode"}
)
_PLATFORM_ROLES = frozenset({"627090ff-40a3-4053-8790-584edc5be201", "119f245c-3cc8-4b62-b31c-d1a046ced15d"})
_FIELD = re.compile(r"[A-Za-z_$][\w$]*")
_TABLE, _ROLE, _VIEW, _CHART, _FORM, _WEB_RESOURCE, _SITE_MAP, _APP, _STEP, _ENDPOINT = (
    "1", "20", "26", "59", "60", "61", "62", "80", "92", "95",
)  # fmt: skip


def roots(package: Package) -> Iterator[str]:
    """Every part is a root component or in one, and every root component is there."""
    there = _components(package)
    told: dict[str, set[str]] = {}
    for one in package.manifest.findall("RootComponents/RootComponent"):
        kind, who = one.get("type") or "", one.get("schemaName") or bare(one.get("id") or "")
        if not kind.isdigit():
            yield f"a root component is of type {kind}, which is no number"
            continue
        if kind not in there:
            yield f"the root component {who} is of type {kind}, which nothing here is"
        elif who not in there[kind]:
            yield f"the root component {who} of type {kind} is not there"
        if one.get("behavior") != "0" and who in package.tables:
            yield f"the root component {who} is not taken as a whole"
        if kind == _TABLE and who in _STANDARD and one.get("behavior") == "0":
            yield f"the root component {who} claims the whole of a standard table"
        told.setdefault(kind, set()).add(who)
    for kind in (_TABLE, _ROLE, _WEB_RESOURCE, _SITE_MAP, _APP, _STEP, _ENDPOINT):
        for who in sorted(there[kind] - told.get(kind, set())):
            yield f"{who} of type {kind} is no root component"


def _components(package: Package) -> dict[str, set[str]]:
    custom = package.custom

    def by(path: str, attribute: str) -> set[str]:
        return {bare(one.get(attribute) or "") for one in custom.findall(path)}

    def inside(path: str) -> set[str]:
        return {bare(one.text or "") for one in custom.findall(path)}

    return {
        _TABLE: set(package.tables),
        _ROLE: by("Roles/Role", "id"),
        _VIEW: inside(".//savedqueryid"),
        _CHART: inside(".//savedqueryvisualizationid"),
        _FORM: inside(".//formid") | inside("Dashboards/Dashboard/FormId"),
        _WEB_RESOURCE: set(package.web_resources),
        _SITE_MAP: {one.findtext("SiteMapUniqueName") or "" for one in custom.iter("AppModuleSiteMap")},
        _APP: {one.findtext("UniqueName") or "" for one in custom.iter("AppModule")},
        _STEP: by("SdkMessageProcessingSteps/SdkMessageProcessingStep", "SdkMessageProcessingStepId"),
        _ENDPOINT: by("ServiceEndpoints/ServiceEndpoint", "ServiceEndpointId"),
    }


def pages(package: Package) -> Iterator[str]:
    """Web resources that something else names."""
    for where, name in _named_pages(package):
        if name not in package.web_resources:
            yield f"{where} names the web resource {name}, which is not there"


def _named_pages(package: Package) -> Iterator[tuple[str, str]]:
    for one in package.custom.iter():
        for value in one.attrib.values():
            if value.startswith("$webresource:"):
                yield f"{one.tag} {label(one)}", value.removeprefix("$webresource:")
        if one.tag == "Library":
            yield "a form's library", one.get("name") or ""
        if one.tag == "Handler":
            yield "a form's handler", one.get("libraryName") or ""
        if one.tag == "control" and (one.get("id") or "").startswith("WebResource_"):
            yield f"the form's control {one.get('id')}", one.findtext("parameters/Url") or ""
    ids = {bare(one.findtext("WebResourceId") or ""): name for name, one in package.web_resources.items()}
    for app in package.custom.iter("AppModule"):
        icon = bare(app.findtext("WebResourceId") or "")
        yield f"the icon of the app {label(app)}", ids.get(icon, icon)
    for name, root in package.parts("appaction.xml"):
        yield name, root.findtext("onclickeventjavascriptwebresourceid/name") or ""


def functions(package: Package) -> Iterator[str]:
    """A function that a button or a form calls is defined in the script that it names."""
    for where, script, function in _called(package):
        content = package.content(script)
        if content is None:
            continue  # `pages` says so
        text = content.decode(errors="replace")
        holder, _, name = function.partition(".")
        defined = re.search(rf"\bwindow\.{re.escape(holder)}\s*=", text) and re.search(
            rf"\bfunction\s+{re.escape(name)}\s*\(", text
        )
        if not _FIELD.fullmatch(name) or not defined:
            yield f"{where} calls {function}, which {script} does not define"


def _called(package: Package) -> Iterator[tuple[str, str, str]]:
    for name, root in package.parts("appaction.xml"):
        yield (
            name,
            root.findtext("onclickeventjavascriptwebresourceid/name") or "",
            root.findtext("onclickeventjavascriptfunctionname") or "",
        )
    for one in package.custom.iter("Handler"):
        yield "a form's handler", one.get("libraryName") or "", one.get("functionName") or ""
    for one in package.custom.iter("JavaScriptFunction"):
        script = (one.get("Library") or "").removeprefix("$webresource:")
        yield "a ribbon's button", script, one.get("FunctionName") or ""


def columns(package: Package) -> Iterator[str]:
    """Columns that keys, views, charts and forms name; a lookup has its relationship."""
    lookups = {
        tuple((one.findtext(place) or "").lower() for place in ("ReferencingEntityName", "ReferencingAttributeName"))
        for one in package.custom.findall("EntityRelationships/EntityRelationship")
    }
    for table, entity in package.tables.items():
        known = package.columns(table)
        names = known.keys() | _PLATFORM_COLUMNS | {f"{table}id"}
        for where, column in _named_columns(entity):
            if column not in names:
                yield f"{where} of {table} names the column {column}, which is not there"
        for name, one in known.items():
            if one.findtext("Type") == "lookup" and (table, name) not in lookups:
                yield f"the lookup {name} of {table} has no relationship"
        for _, column in sorted(pair for pair in lookups if pair[0] == table):
            if column not in known:
                yield f"a relationship of {table} names the column {column}, which is not there"


def _named_columns(entity: Element) -> Iterator[tuple[str, str]]:
    for one in entity.iter("AttributeName"):
        yield "a key", one.text or ""
    for view in (*entity.iter("savedquery"), *entity.iter("visualization")):
        where = f"{'the view' if view.tag == 'savedquery' else 'the chart'} {label(view)}"
        for one in view.iter():
            if one.tag in ("attribute", "cell"):
                yield where, one.get("name") or ""
            if one.tag in ("condition", "order"):
                yield where, one.get("attribute") or ""
    for one in entity.iter("control"):
        if one.get("datafieldname"):
            yield "the form", one.get("datafieldname") or ""


def targets(package: Package) -> Iterator[str]:
    """Ids and names inside the app, the site map, the dashboard, steps and commands."""
    there = _components(package)
    custom = package.custom
    for one in custom.iter("AppModuleComponent"):
        kind, who = one.get("type") or "", one.get("schemaName") or bare(one.get("id") or "")
        if who not in there.get(kind, ()):
            yield f"the app's component {who} of type {kind} is not there"
    for one in custom.findall(".//AppModuleRoleMaps/Role"):
        if bare(one.get("id") or "") not in there[_ROLE] | _PLATFORM_ROLES:
            yield f"the app is for the role {one.get('id')}, which is not there"
    for one in custom.iter("SubArea"):
        if one.get("Entity") and one.get("Entity") not in package.tables:
            yield f"the site map's {one.get('Id')} names the table {one.get('Entity')}, which is not there"
        if one.get("DefaultDashboard") and bare(one.get("DefaultDashboard") or "") not in there[_FORM]:
            yield f"the site map's {one.get('Id')} names a dashboard that is not there"
        if not any(one.get(place) for place in ("Entity", "Url", "DefaultDashboard")):
            yield f"the site map's {one.get('Id')} leads nowhere"
    for control in custom.iter("parameters"):
        for place, kind in (("ViewId", _VIEW), ("VisualizationId", _CHART)):
            given = control.findtext(place)
            if given and bare(given) not in there[kind]:
                yield f"a dashboard's tile names {place} {given}, which is not there"
        table = control.findtext("TargetEntityType")
        if table and table not in package.tables:
            yield f"a dashboard's tile names the table {table}, which is not there"
    for one in custom.iter("SdkMessageProcessingStep"):
        if bare(one.findtext("EventHandler") or "") not in there[_ENDPOINT]:
            yield f"the step {label(one)} has a handler that is not there"
        if one.findtext("PrimaryEntity") not in package.tables.keys() | _STANDARD:
            yield f"the step {label(one)} is of the table {one.findtext('PrimaryEntity')}, which is not there"
    for name, root in package.parts("appaction.xml"):
        if root.findtext("contextentity/logicalname") not in package.tables.keys() | _STANDARD:
            yield f"{name} is of a table that is not there"
    for one in custom.findall("EntityRelationships/EntityRelationship"):
        for place in ("ReferencedEntityName", "ReferencingEntityName"):
            if (one.findtext(place) or "").lower() not in package.tables.keys() | _STANDARD:
                yield f"the relationship {label(one)} names the table {one.findtext(place)}, which is not there"
