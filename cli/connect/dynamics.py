"""What of ours is in Dynamics, and how each change is made there.

https://learn.microsoft.com/power-apps/developer/data-platform/register-web-hook
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from cli.connect.items import Found, Kind, Ref
from cli.connect.rows import ROWS
from cli.connect.wanted import ROLE
from dynamics.description.commands import COMMANDS
from dynamics.description.publisher import LOOSE_VERSION, PREFIX, PUBLISHER, SOLUTION
from dynamics.description.steps import ENDPOINT, STEPS
from dynamics.description.variables import APP_URL
from dynamics.files.widget_tab import PAGE, SCRIPT, look
from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.engine.model.ids import canonical_id, is_guid
from sync_core.errors import Invalid

_NO_USER = (
    "This environment has no enabled application user for DATAVERSE_CLIENT_ID. Make one in the Power Platform admin "
    "center: Environments > your environment > Settings > Users > Application users > New app user."
)
_UNPUBLISHED = "webresourceset/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()"
Row = Mapping[str, Any]
_MAIN, _ACTIVE = 2, 1  # type and formactivationstate of a form
_BROUGHT = frozenset(step.id for step in STEPS)


class DynamicsFound:
    """One look; `read()` is everything that is named as ours are named, whoever made it."""

    def __init__(self, api: DataverseApi, client_id: str) -> None:
        self._api, self._client_id = api, client_id
        self.user_id = ""  # of the application user; stays empty where there is none
        self.business_unit = ""
        self.imported = False  # there is a solution that was imported, not one that `connect` made
        self.managed = False
        self.variable_id = ""  # of the environment variable that says where the app is

    def read(self) -> list[Found]:
        role, components = self._role_and_home()
        if self.imported:
            return [*role, *self._endpoint(components), *self._commands(), *self._variable(), *self._forms()]
        return [
            *role,
            *self._endpoint(components),
            *self._custom_apis(components),
            *self._web_resources(components),
        ]

    def read_role(self) -> list[Found]:
        """The application user's role and the solution that it is kept in, and nothing else."""
        return self._role_and_home()[0]

    def must_have_user(self) -> None:
        """Invalid where the application user is missing or disabled."""
        if not self.user_id:
            raise Invalid(_NO_USER)

    def _role_and_home(self) -> tuple[list[Found], frozenset[str]]:
        self._people()
        home = list(self._home())
        solution = next((one for one in home if one.kind is Kind.SOLUTION), None)
        self.imported = solution is not None and solution.columns["version"] != LOOSE_VERSION
        self.managed = bool(self.imported and solution and solution.columns["ismanaged"])
        components = self._components(solution.id) if solution else frozenset()
        if self.imported:  # what it brought is its own: it goes with it
            return list(self._role(frozenset())), components
        return [*home, *self._role(components)], components

    def _people(self) -> None:
        params = {"$select": "systemuserid,isdisabled", "$filter": f"applicationid eq {self._client_id.lower()}"}
        user = next((row for row in self._api.rows("systemusers", params=params) if not row.get("isdisabled")), None)
        self.user_id = str(user["systemuserid"]) if user else ""
        params = {"$select": "businessunitid", "$filter": "_parentbusinessunitid_value eq null"}
        self.business_unit = str(next(iter(self._api.rows("businessunits", params=params)))["businessunitid"])

    def _home(self) -> Iterator[Found]:
        """The publisher is not ours to take away where somebody else's solution is of it too."""
        for row in self._rows(Kind.PUBLISHER, f"uniquename eq '{PUBLISHER}'"):
            publisher_id = str(row["publisherid"])
            of_it = self._rows(Kind.SOLUTION, f"_publisherid_value eq {publisher_id}")
            ours = all(solution["uniquename"] == SOLUTION for solution in of_it)
            yield _found(Kind.PUBLISHER, PUBLISHER, row, ours)
            for solution in self._rows(Kind.SOLUTION, f"uniquename eq '{SOLUTION}'"):
                same = solution.get("_publisherid_value") == publisher_id
                refs = {"publisherid": (Kind.PUBLISHER, PUBLISHER if same else "of somebody else")}
                yield _found(Kind.SOLUTION, SOLUTION, solution, True, refs)

    def _components(self, solution_id: str) -> frozenset[str]:
        params = {"$select": "objectid", "$filter": f"_solutionid_value eq {solution_id}"}
        return frozenset(str(row["objectid"]).lower() for row in self._api.rows("solutioncomponents", params=params))

    def _role(self, components: frozenset[str]) -> Iterator[Found]:
        wanted = f"name eq '{ROLE}' and _businessunitid_value eq {self.business_unit}"
        for row in self._rows(Kind.ROLE, wanted):
            role_id = str(row["roleid"])
            ours = role_id.lower() in components
            yield _found(Kind.ROLE, ROLE, row, ours)
            held = self._api.call("GET", "RetrieveRolePrivilegesRole(RoleId={id})", at={"id": role_id}).data or {}
            names = frozenset(str(one.get("PrivilegeName")) for one in held.get("RolePrivileges") or ())
            columns = {"privileges": names, "tables": row.get("description")}
            yield Found(Kind.PRIVILEGES, ROLE, role_id, columns, ours=ours)
            if not self.user_id:
                continue
            path = "systemusers({id})/systemuserroles_association"
            roles = self._api.rows(path, at={"id": self.user_id}, params={"$select": "roleid"})
            if any(str(one["roleid"]) == role_id for one in roles):
                yield Found(Kind.ASSIGNMENT, ROLE, role_id, ours=ours)

    def _endpoint(self, components: frozenset[str]) -> Iterator[Found]:
        """With all steps on it: it cannot go before them."""
        for row in self._rows(Kind.ENDPOINT, f"name eq '{ENDPOINT}'"):
            ours = str(row["serviceendpointid"]).lower() in components
            yield _found(Kind.ENDPOINT, ENDPOINT, row, ours and not self.imported)
            seen: set[str] = set()
            for step in self._rows(Kind.STEP, f"_eventhandler_value eq {row['serviceendpointid']}"):
                name = str(step["name"])
                name = f"{name} ({step['sdkmessageprocessingstepid']})" if name in seen else name
                seen.add(name)
                brought = self.imported and str(step["sdkmessageprocessingstepid"]).lower() in _BROUGHT
                yield _found(Kind.STEP, name, step, (ours or self.imported) and not brought)

    def _commands(self) -> Iterator[Found]:
        for row in self._rows(Kind.COMMAND, f"startswith(uniquename,'{PREFIX}_')"):
            name = str(row["uniquename"])
            yield _found(Kind.COMMAND, name, row, name not in {command.name for command in COMMANDS})

    def _variable(self) -> Iterator[Found]:
        """The value of the app's address, where one is set."""
        params = {"$select": "environmentvariabledefinitionid", "$filter": f"schemaname eq '{APP_URL.name}'"}
        for row in self._api.rows("environmentvariabledefinitions", params=params):
            self.variable_id = str(row["environmentvariabledefinitionid"])
            where = f"_environmentvariabledefinitionid_value eq {self.variable_id}"
            for value in self._rows(Kind.VARIABLE, where):
                yield _found(Kind.VARIABLE, APP_URL.name, value, True)

    def _forms(self) -> Iterator[Found]:
        """With the widget's tab that `connect` made, or what is left of it. The widget that somebody else has put on a
        form is theirs."""
        for row in self._rows(Kind.FORM, f"contains(formxml,'{PAGE}') or contains(formxml,'{SCRIPT}')"):
            form_id = str(row["formid"]).lower()
            if parts := look(str(row["formxml"]), form_id).own:
                yield Found(Kind.FORM, _form_name(row), form_id, {"parts": parts, "formid": form_id})

    def form(self, chosen: str) -> tuple[str, str]:
        """Name and id of the form that is meant: by its id, or the only main form of a table. Invalid where there is
        none, or more than one, or somebody else has put the widget on it."""
        if not self.imported:
            raise Invalid("A form takes the widget of an installed solution: `python -m cli solution install` first.")
        guid = canonical_id(chosen)
        where = f"formid eq {guid}" if is_guid(guid) else f"objecttypecode eq '{chosen.lower()}'"
        if not re.fullmatch(r"\w+", chosen, re.ASCII) and not is_guid(guid):
            raise Invalid(f"{chosen!r} is neither a form's id nor a table's name.")
        rows = list(self._rows(Kind.FORM, f"{where} and type eq {_MAIN} and formactivationstate eq {_ACTIVE}"))
        if len(rows) != 1:
            listed = "; ".join(_form_name(row) for row in rows) or "there is none"
            raise Invalid(f"--form {chosen}: say which main form is meant, by its id: {listed}.")
        name, form_id = _form_name(rows[0]), str(rows[0]["formid"]).lower()
        if look(str(rows[0]["formxml"]), form_id).foreign:
            raise Invalid(f"The form {name} has the widget already, which somebody put there; it stays as it is.")
        return name, form_id

    def _custom_apis(self, components: frozenset[str]) -> Iterator[Found]:
        for row in self._rows(Kind.CUSTOM_API, f"startswith(uniquename,'{PREFIX}_')"):
            api_id, name = str(row["customapiid"]), str(row["uniquename"])
            ours = api_id.lower() in components
            yield _found(Kind.CUSTOM_API, name, row, ours)
            for parameter in self._rows(Kind.PARAMETER, f"_customapiid_value eq {api_id}"):
                yield _found(Kind.PARAMETER, f"{name}.{parameter['uniquename']}", parameter, ours)

    def _web_resources(self, components: frozenset[str]) -> Iterator[Found]:
        """As they were last saved; whether that is what Dynamics serves, the published ones tell."""
        kind = ROWS[Kind.WEB_RESOURCE]
        params = {"$select": kind.select, "$filter": f"startswith(name,'{PREFIX}_/')"}
        served = {str(row["name"]): row.get("content") for row in self._api.rows("webresourceset", params=params)}
        published = True
        for row in self._api.rows(_UNPUBLISHED, params=params):
            ours = str(row["webresourceid"]).lower() in components
            published = published and (not ours or served.get(str(row["name"])) == row.get("content"))
            yield _found(Kind.WEB_RESOURCE, str(row["name"]), row, ours)
        yield Found(Kind.PUBLISH, "web resources", "", {"published": published}, ours=False)

    def _rows(self, kind: Kind, where: str) -> Sequence[Row]:
        row = ROWS[kind]
        return list(self._api.rows(row.set_name, params={"$select": row.select, "$filter": where}))


def _found(kind: Kind, name: str, row: Row, ours: bool, refs: Mapping[str, Ref] | None = None) -> Found:
    known = ROWS[kind]
    return Found(
        kind, name, str(row[known.id_column]), {each: row.get(each) for each in known.columns}, refs or {}, ours
    )


def _form_name(row: Row) -> str:
    return f"{row['name']} of {row['objecttypecode']} ({str(row['formid']).lower()})"
