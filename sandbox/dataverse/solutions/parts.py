"""The parts of a solution's file, as rows of the platform's tables and as tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from sandbox.dataverse.columns import states, text, when
from sandbox.dataverse.schema import OWNING, Attribute, TableSchema
from sandbox.dataverse.solutions.package import Package, Refused, bare, text_of, texts_of

Json = dict[str, Any]
_KINDS = {"nvarchar": "String", "ntext": "Memo", "int": "Integer", "decimal": "Decimal", "picklist": "Picklist",
          "file": "File", "datetime": "DateTime", "lookup": "Lookup"}  # fmt: skip
_BEHAVIORS = {"1": "UserLocal", "2": "DateOnly", "3": "TimeZoneIndependent"}
_PLATFORM_ROLES = frozenset({"627090ff-40a3-4053-8790-584edc5be201", "119f245c-3cc8-4b62-b31c-d1a046ced15d"})


@dataclass(frozen=True)
class Part:
    """A row that the import makes: with its id where the file has one."""

    table: str
    name: str
    values: Json
    id: str = ""


def tables_of(package: Package) -> list[TableSchema]:
    relationships = package.custom.findall("EntityRelationships/EntityRelationship")
    return [
        _table(entity, relationships)
        for entity in package.custom.findall("Entities/Entity")
        if entity.find("EntityInfo/entity") is not None
    ]


def targets_of(package: Package) -> list[str]:
    """Tables that its relationships, steps and commands are of."""
    found = [one.findtext("ReferencedEntityName") or "" for one in package.custom.iter("EntityRelationship")]
    found += [one.findtext("PrimaryEntity") or "" for one in package.custom.iter("SdkMessageProcessingStep")]
    found += [root.findtext("contextentity/logicalname") or "" for _, root in package.parts("appaction.xml")]
    return [name.lower() for name in found]


def _table(entity: Element, relationships: list[Element]) -> TableSchema:
    schema = entity.findtext("Name") or ""
    name, info = schema.lower(), entity.find("EntityInfo/entity")
    assert info is not None
    columns = [_column(one, relationships) for one in info.findall("attributes/attribute")]
    primary = next(
        (one for one in info.findall("attributes/attribute") if "PrimaryName" in (one.findtext("DisplayMask") or "")),
        None,
    )
    if primary is None:
        raise Refused(f"The entity {schema} has no primary attribute.")
    shared = (
        Attribute(f"{name}id", "Uniqueidentifier", text_of(info.find("LocalizedNames")), updatable=False,
                  required="SystemRequired", source=None),
        when("createdon", "Created on", updatable=False),
        when("modifiedon", "Modified on", updatable=False),
        Attribute("modifiedby", "Lookup", "Modified by", targets=("systemuser",), updatable=False),
        Attribute("ownerid", "Owner", "Owner", targets=("systemuser", "team")),
        *(Attribute(each, "Lookup", each.title(), targets=(to,), updatable=False) for each, to in OWNING.items()),
        Attribute("versionnumber", "BigInt", "Version", updatable=False),
        *states({0: ("Active", "Aktiv"), 1: ("Inactive", "Inaktiv")},
                {1: (0, "Active", "Aktiv"), 2: (1, "Inactive", "Inaktiv")}),
    )  # fmt: skip
    if twice := next((one.name for one in columns if one.name in {each.name for each in shared}), None):
        raise Refused(f"An attribute with the name {twice} already exists.")
    keys = {
        key.findtext("Name") or "": tuple(one.text or "" for one in key.iter("AttributeName"))
        for key in info.findall("EntityKeys/EntityKey")
    }
    return TableSchema(
        name,
        text_of(info.find("LocalizedNames")),
        info.findtext("EntitySetName") or f"{name}s",
        f"{name}id",
        primary.findtext("LogicalName") or "",
        {one.name: one for one in (*shared, *columns)},
        custom=True,
        noun=schema,
        owned=info.findtext("OwnershipTypeMask") == "UserOwned",
        keys=keys,
    )


def _column(one: Element, relationships: list[Element]) -> Attribute:
    name, kind = one.findtext("LogicalName") or "", one.findtext("Type") or ""
    label, required = text_of(one.find("displaynames")), one.findtext("RequiredLevel")
    must = "ApplicationRequired" if required == "required" else "None"
    if kind == "nvarchar":
        return text(name, label, int(one.findtext("MaxLength") or 100), required=must)
    if kind == "datetime":
        shape = "DateOnly" if one.findtext("Format") == "date" else "DateAndTime"
        return when(name, label, _BEHAVIORS[one.findtext("Behavior") or "1"], shape)
    if kind == "lookup":
        schema = one.get("PhysicalName") or ""
        own = [each for each in relationships if each.findtext("ReferencingAttributeName") == schema]
        targets = tuple((each.findtext("ReferencedEntityName") or "").lower() for each in own)
        return Attribute(name, "Lookup", label, targets=targets, nav=schema, relationship=own[0].get("Name") or "")
    options = {int(each.get("value") or 0): texts_of(each.find("labels")) for each in one.iter("option")}
    more: Json = {}
    if kind == "ntext":
        more = {"MaxLength": int(one.findtext("MaxLength") or 2000)}
    elif kind == "int":
        more = {"MinValue": int(one.findtext("MinValue") or 0), "MaxValue": int(one.findtext("MaxValue") or 0)}
    elif kind == "decimal":
        more = {"MinValue": int(one.findtext("MinValue") or 0), "MaxValue": int(one.findtext("MaxValue") or 0),
                "Precision": int(one.findtext("Accuracy") or 2)}  # fmt: skip
    return Attribute(name, _KINDS[kind], label, more, options=options, required=must)


def rows_of(package: Package, reads_commands: bool) -> Iterator[Part]:
    """In the order in which they can be made. `reads_commands`: whether the folder of commands is known."""
    yield from _pages(package)
    yield from _of_tables(package)
    yield from _roles(package)
    yield from _endpoints(package)
    yield from _messages(package)
    yield from _app(package)
    for _, root in package.parts("environmentvariabledefinition.xml"):
        name = root.get("schemaname") or ""
        values = {
            "schemaname": name,
            "displayname": text_of(root.find("displayname")),
            "type": int(root.findtext("type") or 0),
            "defaultvalue": root.findtext("defaultvalue"),
        }
        yield Part("environmentvariabledefinition", name, values)
    for _, root in package.parts("appaction.xml") if reads_commands else ():
        yield _command(root)


def _pages(package: Package) -> Iterator[Part]:
    for one in package.custom.findall("WebResources/WebResource"):
        name = one.findtext("Name") or ""
        kind = int(one.findtext("WebResourceType") or 0)
        if kind not in range(1, 13):
            raise Refused(f"The web resource {name} has an invalid type {kind}.")
        values = {
            "name": name,
            "displayname": one.findtext("DisplayName"),
            "webresourcetype": kind,
            "content": package.content(one.findtext("FileName") or ""),
        }
        yield Part("webresource", name, values, bare(one.findtext("WebResourceId")))


def _of_tables(package: Package) -> Iterator[Part]:
    for entity in package.custom.findall("Entities/Entity"):
        table = (entity.findtext("Name") or "").lower()
        for one in entity.iter("savedquery"):
            label = text_of(one.find("LocalizedNames"))
            values = {
                "name": label,
                "returnedtypecode": table,
                "querytype": int(one.findtext("querytype") or 0),
                "fetchxml": _inside(one, "fetchxml"),
                "layoutxml": _inside(one, "layoutxml"),
            }
            yield Part("savedquery", label, values, bare(one.findtext("savedqueryid")))
        for one in entity.iter("visualization"):
            label = text_of(one.find("LocalizedNames"))
            values = {"name": label, "primaryentitytypecode": table}
            yield Part("savedqueryvisualization", label, values, bare(one.findtext("savedqueryvisualizationid")))
        for one in entity.iter("systemform"):
            label = text_of(one.find("LocalizedNames"))
            values = {
                "name": label,
                "objecttypecode": table,
                "type": 2,
                "formxml": _inside(one, "form"),
                "formactivationstate": 1,
            }
            yield Part("systemform", label, values, bare(one.findtext("formid")))
    for one in package.custom.findall("Dashboards/Dashboard"):
        label = text_of(one.find("LocalizedNames"))
        values = {"name": label, "objecttypecode": "none", "type": 0, "formxml": _inside(one, "FormXml")}
        yield Part("systemform", label, values, bare(one.findtext("FormId")))


def _inside(one: Element, place: str) -> str:
    found = one.find(place)
    return "" if found is None else "".join(ElementTree.tostring(each, encoding="unicode") for each in found)


def _roles(package: Package) -> Iterator[Part]:
    for one in package.custom.findall("Roles/Role"):
        held = {each.get("name") or "": each.get("level") or "" for each in one.iter("RolePrivilege")}
        values = {"name": one.get("name"), "description": one.findtext("Description"), "#privileges": held}
        yield Part("role", one.get("name") or "", values, bare(one.get("id")))


def _endpoints(package: Package) -> Iterator[Part]:
    for one in package.custom.findall("ServiceEndpoints/ServiceEndpoint"):
        values: dict[str, Any] = {
            "name": one.get("Name"),
            "url": one.findtext("Url"),
            "contract": int(one.findtext("Contract") or 0),
            "authtype": int(one.findtext("AuthType") or 0),
            "messageformat": int(one.findtext("MessageFormat") or 0),
        }
        yield Part("serviceendpoint", one.get("Name") or "", values, bare(one.get("ServiceEndpointId")))
    for one in package.custom.findall("SdkMessageProcessingSteps/SdkMessageProcessingStep"):
        values = {
            "name": one.get("Name"),
            "stage": int(one.findtext("Stage") or 0),
            "mode": int(one.findtext("Mode") or 0),
            "rank": int(one.findtext("Rank") or 1),
            "supporteddeployment": 0,
            "asyncautodelete": one.findtext("AsyncAutoDelete") == "1",
            "filteringattributes": one.findtext("FilteringAttributes"),
            "#message": bare(one.findtext("SdkMessageId")),
            "#entity": one.findtext("PrimaryEntity"),
            "eventhandler": ("serviceendpoint", bare(one.findtext("EventHandler"))),
        }
        step = bare(one.get("SdkMessageProcessingStepId"))
        yield Part("sdkmessageprocessingstep", one.get("Name") or "", values, step)


def _messages(package: Package) -> Iterator[Part]:
    for entry, root in package.parts("customapi.xml"):
        name = root.get("uniquename") or ""
        values = {
            "uniquename": name,
            "name": root.findtext("name"),
            "displayname": text_of(root.find("displayname")),
            "description": text_of(root.find("description")),
            "bindingtype": int(root.findtext("bindingtype") or 0),
            "isfunction": root.findtext("isfunction") == "1",
            "isprivate": root.findtext("isprivate") == "1",
            "allowedcustomprocessingsteptype": int(root.findtext("allowedcustomprocessingsteptype") or 0),
            "executeprivilegename": root.findtext("executeprivilegename"),
        }
        yield Part("customapi", name, values)
        home = entry.rpartition("/")[0]
        for place, each in package.parts("customapirequestparameter.xml"):
            if place.startswith(f"{home}/"):
                parameter = {
                    "uniquename": each.get("uniquename"),
                    "name": each.findtext("name"),
                    "displayname": text_of(each.find("displayname")),
                    "description": text_of(each.find("description")),
                    "type": int(each.findtext("type") or 0),
                    "isoptional": each.findtext("isoptional") == "1",
                    "#api": name,
                }
                yield Part("customapirequestparameter", f"{name}.{each.get('uniquename')}", parameter)


def _app(package: Package) -> Iterator[Part]:
    for one in package.custom.iter("AppModuleSiteMap"):
        name = one.findtext("SiteMapUniqueName") or ""
        values: dict[str, Any] = {"sitemapnameunique": name, "sitemapname": name, "sitemapxml": _inside(one, "SiteMap")}
        yield Part("sitemap", name, values)
    for one in package.custom.iter("AppModule"):
        name = one.findtext("UniqueName") or ""
        english, swedish = texts_of(one.find("LocalizedNames"))
        settings = {
            each.get("settingdefinitionid.uniquename") or "": each.findtext("value") for each in one.iter("appsetting")
        }
        roles = [bare(each.get("id")) for each in one.findall("AppModuleRoleMaps/Role")]
        known = {bare(each.get("id")) for each in package.custom.findall("Roles/Role")} | _PLATFORM_ROLES
        if unknown := [role for role in roles if role not in known]:
            raise Refused(f"The app {name} refers to the role {unknown[0]}, which is missing.")
        client = int(one.findtext("ClientType") or 0)
        values = {"uniquename": name, "name": english, "clienttype": client}
        more = {"#swedish": swedish, "#settings": settings, "#roles": roles}
        yield Part("appmodule", name, values | more)


def _command(root: Element) -> Part:
    name = root.get("uniquename") or ""
    values = {
        "uniquename": name,
        "name": root.findtext("name"),
        "context": int(root.findtext("context") or 0),
        "contextvalue": root.findtext("contextvalue"),
        "location": int(root.findtext("location") or 0),
        "type": int(root.findtext("type") or 0),
        "hidden": root.findtext("hidden") == "1",
        "buttonlabeltext": text_of(root.find("buttonlabeltext")),
        "buttontooltiptitle": text_of(root.find("buttontooltiptitle")),
        "buttonsequencepriority": int(root.findtext("buttonsequencepriority") or 0),
        "onclickeventtype": int(root.findtext("onclickeventtype") or 0),
        "onclickeventjavascriptfunctionname": root.findtext("onclickeventjavascriptfunctionname"),
        "onclickeventjavascriptparameters": root.findtext("onclickeventjavascriptparameters"),
        "#script": root.findtext("onclickeventjavascriptwebresourceid/name"),
        "#swedish": texts_of(root.find("buttonlabeltext"))[1],
    }
    return Part("appaction", name, values)
