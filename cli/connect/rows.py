"""Dataverse's rows for each kind: their table, the columns that are read, and what they are known by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from cli.connect.items import Kind


@dataclass(frozen=True, slots=True)
class RowKind:
    """`set_name` in addresses; `columns` are read and compared."""

    set_name: str
    id_column: str
    columns: tuple[str, ...]
    lookups: tuple[str, ...] = ()

    @property
    def select(self) -> str:
        return ",".join((self.id_column, *self.columns, *self.lookups))


_PARAMETER = ("uniquename", "name", "displayname", "description", "type", "isoptional")
ROWS: Mapping[Kind, RowKind] = {
    Kind.PUBLISHER: RowKind(
        "publishers",
        "publisherid",
        ("uniquename", "friendlyname", "customizationprefix", "customizationoptionvalueprefix"),
    ),
    Kind.SOLUTION: RowKind(
        "solutions", "solutionid", ("uniquename", "friendlyname", "version", "ismanaged"), ("_publisherid_value",)
    ),
    Kind.ROLE: RowKind("roles", "roleid", ("name", "description")),
    Kind.ENDPOINT: RowKind(
        "serviceendpoints",
        "serviceendpointid",
        ("name", "url", "contract", "authtype", "messageformat", "description"),
    ),
    Kind.CUSTOM_API: RowKind(
        "customapis",
        "customapiid",
        (
            "uniquename", "name", "displayname", "description", "bindingtype", "isfunction", "isprivate",
            "allowedcustomprocessingsteptype",
        ),
    ),
    Kind.PARAMETER: RowKind("customapirequestparameters", "customapirequestparameterid", _PARAMETER),
    Kind.STEP: RowKind(
        "sdkmessageprocessingsteps",
        "sdkmessageprocessingstepid",
        (
            "name", "stage", "mode", "rank", "supporteddeployment", "asyncautodelete", "filteringattributes",
            "statecode",
        ),
    ),
    Kind.COMMAND: RowKind(
        "appactions",
        "appactionid",
        (
            "uniquename", "name", "context", "contextvalue", "location", "type", "buttonlabeltext",
            "buttontooltiptitle", "buttonsequencepriority", "onclickeventtype", "onclickeventjavascriptfunctionname",
            "onclickeventjavascriptparameters",
        ),
    ),
    Kind.FORM: RowKind("systemforms", "formid", ("name", "objecttypecode", "formxml")),
    Kind.VARIABLE: RowKind("environmentvariablevalues", "environmentvariablevalueid", ("value",)),
    Kind.WEB_RESOURCE: RowKind(
        "webresourceset", "webresourceid", ("name", "displayname", "webresourcetype", "content")
    ),
}  # fmt: skip
