"""What the platform's own tables demand beyond their columns (fact sheet 4.1, 4.6)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse.customizing.form_xml import form_problem
from sandbox.dataverse.platform_tables import COMPONENT_TYPES
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import World

Json = dict[str, Any]
MANAGED = "#managed"  # of a component's row: the solution that brought it
BLOCKED = (
    "This environment doesn't allow unmanaged customizations. To enable unmanaged customizations, update the "
    "environment settings in the Power Platform admin center."
)
_PREFIX = re.compile(r"(?!mscrm)[a-z][a-z0-9]{1,7}", re.IGNORECASE)
_GLOBAL, _TO_ENTITY = 0, 1
_ASYNC = 1
_UNIQUE = {
    "publisher": ("uniquename", "customizationprefix"), "solution": ("uniquename",), "customapi": ("uniquename",),
    "webresource": ("name",), "role": ("name",),
}  # fmt: skip
# Rows that go with the row they belong to, and rows that forbid its end.
_CASCADES = {"customapi": (("customapirequestparameter", "customapiid"), ("customapiresponseproperty", "customapiid"))}
_HOLDERS = {
    "publisher": (("solution", "publisherid"),),
    "serviceendpoint": (("sdkmessageprocessingstep", "eventhandler"),),
}


class Rules:
    def __init__(self, world: World) -> None:
        self._world = world
        self._creating: Mapping[str, Callable[[Json], None]] = {
            "publisher": self._publisher,
            "serviceendpoint": self._endpoint,
            "sdkmessageprocessingstep": self._step,
            "customapi": self._custom_api,
            "customapirequestparameter": self._of_custom_api,
            "customapiresponseproperty": self._response_property,
            "webresource": self._web_resource,
            "systemform": self._form,
        }

    def create(self, table: TableSchema, values: Json, solution: str | None) -> str:
        """Checks, adds, and puts into the solution that MSCRM.SolutionUniqueName names; the id."""
        missing = [one.name for one in table.attributes.values() if one.needed and values.get(one.name) is None]
        if missing:
            raise Problem(400, "0x80040203", f"Attribute: {missing[0]} cannot be set to NULL")
        for name in _UNIQUE.get(table.name, ()):
            self._unique(table, name, values.get(name))
        self.check(table.name, values)
        holder = self._solution(solution) if solution else None
        row = self._world.add(table.name, values, "")
        if table.name == "sdkmessageprocessingstep":
            row.values |= {"statecode": 0, "statuscode": 1}
        if table.name == "customapi":
            self._world.add("sdkmessage", {"name": values["uniquename"]}, "", _message_id(row.id))
        if holder:
            self.into_solution(holder, table.name, row.id)
        return row.id

    def update(self, table: TableSchema, record_id: str, values: Json) -> None:
        row = self._world.row(table.name, record_id)
        for name, value in values.items():
            attribute = table.attributes[name]
            if attribute.fixed and value != row.values.get(name):
                raise Problem(
                    400, "0x80040203", f"The column {name} of {table.name} cannot be changed after it is saved."
                )
        self.check(table.name, {**row.values, **values})
        row.values |= values
        row.version = self._world.touched()

    def delete(self, table: TableSchema, record_id: str) -> None:
        self._world.row(table.name, record_id)
        message = _message_id(record_id) if table.name == "customapi" else None
        holders = [*_HOLDERS.get(table.name, ())]
        if message:
            holders.append(("sdkmessageprocessingstep", "sdkmessageid"))
        for kind, column in holders:
            wanted = ("sdkmessage", message) if column == "sdkmessageid" else (table.name, record_id)
            if any(row.values.get(column) == wanted for row in self._rows(kind)):
                text = (
                    f"The {table.name}({record_id}) component cannot be deleted because it is referenced by a {kind}."
                )
                raise Problem(400, "0x8004f01f", text)
        for kind, column in _CASCADES.get(table.name, ()):
            for row in self._rows(kind):
                if row.values.get(column) == (table.name, record_id):
                    self._gone(kind, row.id)
        if message:
            self._world.rows["sdkmessage"].pop(message, None)
        if table.name == "solution":
            for row in self._rows("solutioncomponent"):
                if row.values.get("solutionid") == ("solution", record_id):
                    self._world.rows["solutioncomponent"].pop(row.id)
        self._gone(table.name, record_id)

    def into_solution(self, solution_id: str, kind: str, record_id: str) -> None:
        number = COMPONENT_TYPES.get(kind)
        if number is None:
            return
        values = {"solutionid": ("solution", solution_id), "objectid": record_id, "componenttype": number}
        if all(row.values != values for row in self._rows("solutioncomponent")):
            self._world.add("solutioncomponent", values, "")

    def _gone(self, kind: str, record_id: str) -> None:
        self._world.rows[kind].pop(record_id)
        for row in self._rows("solutioncomponent"):
            if row.values.get("objectid") == record_id:
                self._world.rows["solutioncomponent"].pop(row.id)
        self._world.touched()

    # --- each kind ----------------------------------------------------------------------------------------------------

    def check(self, kind: str, values: Json) -> None:
        check = self._creating.get(kind)
        if check:
            check(values)

    def _publisher(self, values: Json) -> None:
        if not _PREFIX.fullmatch(str(values.get("customizationprefix"))):
            raise Problem(400, "0x80048d19", "The customization prefix is not valid.")

    def _endpoint(self, values: Json) -> None:
        url = str(values.get("url") or "")
        if values.get("contract") == 8 and not re.match(
            r"https://[^:/]+(:443)?/|http://(127\.0\.0\.1|localhost)[:/]", url
        ):
            raise Problem(400, "0x80040203", "A webhook needs an https address on port 443.")
        if values.get("contract") == 8 and values.get("authtype") not in (4, 5, 6):
            raise Problem(400, "0x80040203", "A webhook's authtype is WebhookKey, HttpHeader or HttpQueryString.")

    def _step(self, values: Json) -> None:
        if values["mode"] == _ASYNC and values["stage"] != 40:
            raise Problem(400, "0x80040203", "An asynchronous step runs in stage 40 only.")
        message = self._world.row("sdkmessage", values["sdkmessageid"][1]).values["name"]
        api = next((row for row in self._rows("customapi") if row.values["uniquename"] == message), None)
        if api is not None:
            allowed = api.values["allowedcustomprocessingsteptype"]
            if allowed == 0 or (allowed == 1 and values["mode"] != _ASYNC):
                raise Problem(400, "0x80040203", "The message does not allow such a custom processing step.")
        table = None
        if values.get("sdkmessagefilterid"):
            found = self._world.row("sdkmessagefilter", values["sdkmessagefilterid"][1])
            if found.values["sdkmessageid"] != values["sdkmessageid"]:
                raise Problem(400, "0x80040203", "The filter is not one of the message.")
            table = str(found.values["primaryobjecttypecode"])
        names = [name for name in str(values.get("filteringattributes") or "").split(",") if name]
        if names and (message != "Update" or table is None):
            raise Problem(400, "0x80040203", "Only an Update of one table takes filtering attributes.")
        for name in names:
            self._world.attribute(str(table), name)

    def _custom_api(self, values: Json) -> None:
        self._prefixed(str(values["uniquename"]))
        if (values["bindingtype"] == _GLOBAL) == bool(values.get("boundentitylogicalname")):
            raise Problem(400, "0x80040203", "A bound Custom API names its table, a global one does not.")

    def _of_custom_api(self, values: Json) -> None:
        api = self._world.row("customapi", values["customapiid"][1])
        if api.values["bindingtype"] == _TO_ENTITY and values["uniquename"] == "Target":
            raise Problem(400, "0x80040203", "A bound Custom API has its Target already.")

    def _response_property(self, values: Json) -> None:
        self._of_custom_api(values)
        raise Problem(400, "0x80040203", "Without a plug-in a Custom API has no response properties.")

    def _web_resource(self, values: Json) -> None:
        self._prefixed(str(values["name"]))
        if not re.fullmatch(r"[\w./]+", str(values["name"]), re.ASCII) or "//" in str(values["name"]):
            raise Problem(400, "0x80040203", "A web resource's name has letters, digits, dots and single slashes only.")

    def _form(self, values: Json) -> None:
        pages = {str(row.values["name"]) for row in self._rows("webresource")}
        if wrong := form_problem(str(values["formxml"]), pages):
            raise Problem(400, "0x8004f658", f"The form's XML is not valid: {wrong}")

    # --- smaller parts ------------------------------------------------------------------------------------------------

    def _prefixed(self, name: str) -> None:
        prefixes = {f"{row.values['customizationprefix']}_" for row in self._rows("publisher")}
        if not name.startswith(tuple(prefixes)):
            raise Problem(400, "0x80040203", f"The name must begin with a publisher's prefix: {name}")

    def _unique(self, table: TableSchema, name: str, value: Any) -> None:
        if any(str(row.values.get(name)).lower() == str(value).lower() for row in self._rows(table.name)):
            raise Problem(412, "0x80060892", f"A record with the same value for {name} already exists.")

    def _solution(self, unique_name: str) -> str:
        for row in self._rows("solution"):
            if row.values["uniquename"] == unique_name:
                return str(row.id)
        raise Problem(404, "0x80040217", f"The solution {unique_name} does not exist.")

    def _rows(self, kind: str) -> list[Any]:
        return list(self._world.rows.get(kind, {}).values())


def _message_id(api_id: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"message of {api_id}"))
