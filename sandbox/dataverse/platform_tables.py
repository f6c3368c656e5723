"""The platform's own tables, as far as an integration registers itself in them (fact sheet 4.1, 4.6, 5).

Rows that are there from the start: messages and their filters, the business unit, the role System Administrator.
"""

from __future__ import annotations

import uuid
from typing import Any

from sandbox.dataverse.columns import when
from sandbox.dataverse.schema import Attribute, TableSchema

Json = dict[str, Any]
BUSINESS_UNIT = "09000000-0000-4000-8000-000000000002"
ADMINISTRATOR = "40000000-0000-4000-8000-000000000001"  # the role System Administrator: every privilege there is
# Alike in every organisation.
MESSAGES = {
    "Create": "9ebdbb1b-ea3e-db11-86a7-000a3a5473e8",
    "Update": "20bebb1b-ea3e-db11-86a7-000a3a5473e8",
    "Delete": "a1bdbb1b-ea3e-db11-86a7-000a3a5473e8",
}
NOTIFICATIONS_ON = "AllowNotificationsEarlyAccess"  # the setting of an app, off by default
MAIN_FORM = 2  # systemform.type
FORM = (
    '<form><tabs><tab name="SUMMARY_TAB"><columns><column width="100%"><sections><section name="SUMMARY"><rows><row>'
    '<cell><control id="name" classid="{{4273EDBD-AC1D-40d3-9FB2-095C621B552D}}" datafieldname="name" /></cell>'
    "{control}</row></rows></section></sections></column></columns></tab></tabs></form>"
)
# solutioncomponent.componenttype; a Custom API's number differs from one environment to the next.
COMPONENT_TYPES = {
    "role": 20, "webresource": 61, "sdkmessageprocessingstep": 92, "serviceendpoint": 95, "customapi": 10031,
    "customapirequestparameter": 10032, "customapiresponseproperty": 10033, "savedquery": 26,
    "savedqueryvisualization": 59, "systemform": 60, "sitemap": 62, "appmodule": 80,
    "environmentvariabledefinition": 380, "appaction": 10_100,
}  # fmt: skip


def _text(name: str, longest: int, **more: Any) -> Attribute:
    return Attribute(name, "String", name, {"MaxLength": longest}, **more)


def _choice(name: str, *values: int, **more: Any) -> Attribute:
    return Attribute(name, "Picklist", name, options={value: (str(value),) * 2 for value in values}, **more)


def _flag(name: str, **more: Any) -> Attribute:
    return Attribute(name, "Boolean", name, **more)


def _whole(name: str, low: int, high: int, **more: Any) -> Attribute:
    return Attribute(name, "Integer", name, {"MinValue": low, "MaxValue": high}, **more)


def _to(name: str, target: str, **more: Any) -> Attribute:
    return Attribute(name, "Lookup", name, targets=(target,), **more)


def _id(name: str, **more: Any) -> Attribute:
    return Attribute(name, "Uniqueidentifier", name, **more)


def _table(
    name: str, set_name: str, noun: str, *attributes: Attribute, name_column: str = "name", id_column: str = ""
) -> TableSchema:
    own = _id(id_column or f"{name}id", updatable=False, source=None)
    each = {one.name: one for one in (own, *attributes)}
    return TableSchema(name, noun, set_name, own.name, name_column, each, noun=noun, business=False)


_PARAMETER = (
    _text("uniquename", 128, needed=True, fixed=True), _text("name", 100, needed=True),
    _text("displayname", 100, needed=True), _text("description", 300, needed=True),
    _choice("type", *range(13), needed=True, fixed=True), _text("logicalentityname", 100, fixed=True),
    _to("customapiid", "customapi", needed=True, fixed=True, nav="CustomAPIId"), _flag("iscustomizable"),
)  # fmt: skip

_PUBLISHER = _table(
    "publisher", "publishers", "Publisher", _text("uniquename", 256, needed=True, fixed=True),
    _text("friendlyname", 256, needed=True), _text("customizationprefix", 8, needed=True),
    _whole("customizationoptionvalueprefix", 10_000, 99_999, needed=True), _text("description", 2000),
)  # fmt: skip
_SOLUTION = _table(
    "solution", "solutions", "Solution", _text("uniquename", 65, needed=True, fixed=True),
    _text("friendlyname", 256, needed=True), _text("version", 256, needed=True), _text("description", 2000),
    _flag("ismanaged", updatable=False), _to("publisherid", "publisher", needed=True),
)  # fmt: skip
_COMPONENT = _table(
    "solutioncomponent", "solutioncomponents", "Solution", _to("solutionid", "solution", updatable=False),
    _id("objectid", updatable=False), _whole("componenttype", 0, 99_999, updatable=False), name_column="objectid",
)  # fmt: skip
_ENDPOINT = _table(
    "serviceendpoint", "serviceendpoints", "ServiceEndpoint", _text("name", 100, needed=True), _text("url", 2000),
    _choice("contract", *range(1, 10), needed=True), _choice("authtype", *range(1, 10), needed=True),
    _text("authvalue", 2048, hidden=True), _choice("messageformat", 1, 2, 3), _text("description", 2000),
)  # fmt: skip
_MESSAGE = _table("sdkmessage", "sdkmessages", "SdkMessage", _text("name", 256, needed=True))
_FILTER = _table(
    "sdkmessagefilter", "sdkmessagefilters", "SdkMessage", _text("primaryobjecttypecode", 256),
    _to("sdkmessageid", "sdkmessage"), name_column="primaryobjecttypecode",
)  # fmt: skip
_STEP = _table(
    "sdkmessageprocessingstep", "sdkmessageprocessingsteps", "SdkMessageProcessingStep",
    _text("name", 256, needed=True), _text("description", 256), _choice("stage", 10, 20, 40, needed=True),
    _choice("mode", 0, 1, needed=True), _whole("rank", 0, 2_147_483_647, needed=True),
    _choice("supporteddeployment", 0, 1, 2, needed=True), _flag("asyncautodelete"),
    _text("filteringattributes", 100_000),
    _choice("statecode", 0, 1), _choice("statuscode", 1, 2),
    _to("eventhandler", "serviceendpoint", needed=True, nav="eventhandler_serviceendpoint"),
    _to("sdkmessageid", "sdkmessage", needed=True), _to("sdkmessagefilterid", "sdkmessagefilter"),
)  # fmt: skip
_CUSTOM_API = _table(
    "customapi", "customapis", "CustomAPI", _text("uniquename", 128, needed=True, fixed=True),
    _text("name", 100, needed=True), _text("displayname", 100, needed=True), _text("description", 300, needed=True),
    _choice("bindingtype", 0, 1, 2, needed=True, fixed=True), _text("boundentitylogicalname", 100, fixed=True),
    _flag("isfunction", needed=True, fixed=True), _flag("isprivate", needed=True),
    _choice("allowedcustomprocessingsteptype", 0, 1, 2, needed=True, fixed=True), _text("executeprivilegename", 100),
    _flag("workflowsdkstepenabled", fixed=True), _flag("iscustomizable"),
)  # fmt: skip
_REQUEST_PARAMETER = _table(
    "customapirequestparameter", "customapirequestparameters", "CustomAPIRequestParameter",
    *_PARAMETER, _flag("isoptional", fixed=True),
)  # fmt: skip
_RESPONSE_PROPERTY = _table(
    "customapiresponseproperty", "customapiresponseproperties", "CustomAPIResponseProperty", *_PARAMETER
)
_WEB_RESOURCE = _table(
    "webresource", "webresourceset", "WebResource", _text("name", 256, needed=True, fixed=True),
    _text("displayname", 256), _text("description", 2000),
    _choice("webresourcetype", *range(1, 13), needed=True, fixed=True),
    _text("content", 6_000_000),
)  # fmt: skip
_ROLE = _table(
    "role", "roles", "Role", _text("name", 100, needed=True), _text("description", 2000),
    _to("businessunitid", "businessunit", needed=True, fixed=True),
)  # fmt: skip
_PRIVILEGE = _table("privilege", "privileges", "Privilege", _text("name", 100, updatable=False))
_UNIT = _table(
    "businessunit", "businessunits", "BusinessUnit", _text("name", 160), _to("parentbusinessunitid", "businessunit")
)
_VIEW = _table(
    "savedquery", "savedqueries", "Query", _text("name", 200, needed=True), _text("returnedtypecode", 100),
    _whole("querytype", 0, 8192), _text("fetchxml", 1_000_000), _text("layoutxml", 1_000_000),
)  # fmt: skip
_CHART = _table(
    "savedqueryvisualization", "savedqueryvisualizations", "SavedQueryVisualizations", _text("name", 100, needed=True),
    _text("primaryentitytypecode", 100),
)  # fmt: skip
_FORM = _table(
    "systemform", "systemforms", "SystemForm", _text("name", 100, needed=True), _text("objecttypecode", 100),
    _whole("type", 0, 100, updatable=False), _text("formxml", 1_000_000),
    _choice("formactivationstate", 0, 1, updatable=False), id_column="formid",
)  # fmt: skip
_SITE_MAP = _table(
    "sitemap", "sitemaps", "SiteMap", _text("sitemapname", 100), _text("sitemapnameunique", 100),
    _text("sitemapxml", 1_000_000), name_column="sitemapname",
)  # fmt: skip
_APP = _table(
    "appmodule", "appmodules", "AppModule", _text("uniquename", 100, needed=True, fixed=True), _text("name", 100),
    _whole("clienttype", 0, 31),
)  # fmt: skip
_SETTING = _table(
    "settingdefinition", "settingdefinitions", "SettingDefinition", _text("uniquename", 200, needed=True, fixed=True),
    _text("defaultvalue", 2000), name_column="uniquename",
)  # fmt: skip
_APP_SETTING = _table(
    "appsetting", "appsettings", "AppSetting", _text("value", 2000),
    _to("settingdefinitionid", "settingdefinition", needed=True, nav="SettingDefinitionId"),
    _to("parentappmoduleid", "appmodule", needed=True, nav="ParentAppModuleId"), name_column="value",
)  # fmt: skip
_VARIABLE = _table(
    "environmentvariabledefinition", "environmentvariabledefinitions", "EnvironmentVariableDefinition",
    _text("schemaname", 100, needed=True, fixed=True), _text("displayname", 100), _text("defaultvalue", 2000),
    _choice("type", *range(100_000_000, 100_000_006)), name_column="schemaname",
)  # fmt: skip
_VARIABLE_VALUE = _table(
    "environmentvariablevalue", "environmentvariablevalues", "EnvironmentVariableValue",
    _text("schemaname", 100), _text("value", 2000),
    _to("environmentvariabledefinitionid", "environmentvariabledefinition", needed=True,
        nav="EnvironmentVariableDefinitionId",
        relationship="environmentvariabledefinition_environmentvariablevalue"),
    name_column="schemaname",
)  # fmt: skip
_COMMAND = _table(
    "appaction", "appactions", "AppAction", _text("uniquename", 100, needed=True, fixed=True),
    _text("name", 100, needed=True, fixed=True), _choice("context", 0, 1, fixed=True),
    _text("contextvalue", 100, fixed=True), _choice("location", *range(7), fixed=True), _choice("type", *range(4)),
    _flag("hidden"), _text("buttonlabeltext", 256), _text("buttontooltiptitle", 256),
    _text("buttontooltipdescription", 500), _whole("buttonsequencepriority", 0, 100_000),
    _choice("onclickeventtype", 0, 1, 2), _text("onclickeventjavascriptfunctionname", 250),
    _text("onclickeventjavascriptparameters", 4000), _text("fonticon", 100), _choice("visibilitytype", 0, 1, 2),
    _to("onclickeventjavascriptwebresourceid", "webresource", nav="OnClickEventJavaScriptWebResourceId"),
)  # fmt: skip
_IMPORT = _table(
    "importjob", "importjobs", "ImportJob", _text("solutionname", 200), _text("data", 1_000_000),
    Attribute("progress", "Double", "progress", {"MinValue": 0, "MaxValue": 100, "Precision": 2}),
    when("completedon", "completedon"),
    name_column="solutionname",
)  # fmt: skip
_JOB = _table(
    "asyncoperation", "asyncoperations", "AsyncOperation", _text("name", 256), _choice("statecode", 0, 1, 2, 3),
    _choice("statuscode", 0, 10, 20, 21, 22, 30, 31, 32), _text("message", 100_000), _text("friendlymessage", 2000),
    _whole("operationtype", 0, 1000), _to("owningextensionid", "sdkmessageprocessingstep", updatable=False),
    when("createdon", "createdon", updatable=False),
)  # fmt: skip

TABLES = {
    one.name: one
    for one in (
        _PUBLISHER, _SOLUTION, _COMPONENT, _ENDPOINT, _MESSAGE, _FILTER, _STEP, _CUSTOM_API, _REQUEST_PARAMETER,
        _RESPONSE_PROPERTY, _WEB_RESOURCE, _ROLE, _PRIVILEGE, _UNIT, _VIEW, _CHART, _FORM, _SITE_MAP, _APP, _SETTING,
        _APP_SETTING, _VARIABLE,
        _VARIABLE_VALUE, _COMMAND, _IMPORT, _JOB,
    )
}  # fmt: skip


def message_id(name: str) -> str:
    return MESSAGES[name]


def named(kind: str, name: str) -> str:
    """The id of a row that is there from the start."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind}/{name}"))


def form(table: str) -> Json:
    """The table's main form as an organisation has it from the start, with nobody's web resource on it."""
    named_as = {"name": table.title(), "objecttypecode": table, "type": MAIN_FORM, "formactivationstate": 1}
    return {**named_as, "formxml": FORM.format(control="")}


def rows(business: dict[str, TableSchema], privileges: dict[str, str]) -> dict[str, dict[str, Json]]:
    """The first rows. `privileges`: name -> id."""
    filters = {
        named("filter", f"{message}/{table}"): {
            "primaryobjecttypecode": table,
            "sdkmessageid": ("sdkmessage", message_id(message)),
        }
        for message in MESSAGES
        for table in business
    }
    return {
        "systemform": {named("form", table): form(table) for table in ("opportunity", "quote")},
        "businessunit": {BUSINESS_UNIT: {"name": "fjordkraft"}},
        "sdkmessage": {message_id(message): {"name": message} for message in MESSAGES},
        "sdkmessagefilter": filters,
        "privilege": {privilege: {"name": name} for name, privilege in privileges.items()},
        "settingdefinition": {
            named("settingdefinition", NOTIFICATIONS_ON): {"uniquename": NOTIFICATIONS_ON, "defaultvalue": "false"}
        },
        "role": {ADMINISTRATOR: {"name": "System Administrator", "businessunitid": ("businessunit", BUSINESS_UNIT)}},
    }
