"""The simulated platform's own tables refuse what Dataverse refuses (fact sheet 1.6, 4.1, 4.6)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.platform_tables import ADMINISTRATOR, BUSINESS_UNIT, message_id, named
from sandbox.wire import Request, Response

URL = "https://contoso.crm4.dynamics.com/api/data/v9.2/"


class Customizer:
    """A system customizer with a publisher, a solution and an endpoint."""

    def __init__(self, sim: DataverseSimulator) -> None:
        self.sim = sim
        self.publisher = self.made(
            "publishers",
            {
                "uniquename": "ours",
                "friendlyname": "Ours",
                "customizationprefix": "ofs",
                "customizationoptionvalueprefix": 72310,
            },
        )
        self.solution = self.made(
            "solutions",
            {
                "uniquename": "Ours",
                "friendlyname": "Ours",
                "version": "1.0.0.0",
                "publisherid@odata.bind": f"/publishers({self.publisher})",
            },
        )
        self.endpoint = self.made("serviceendpoints", ENDPOINT, solution="Ours")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {"Authorization": "Bearer t", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if "solution" in sent:
            sent["MSCRM.SolutionUniqueName"] = sent.pop("solution")
        return self.sim(Request.of(method, URL + path, sent, b"" if body is None else json.dumps(body).encode()))

    def made(self, set_name: str, body: dict[str, Any], **headers: str) -> str:
        answer = self.call("POST", set_name, body, **headers)
        assert answer.status == 204, answer.body
        return answer.headers["OData-EntityId"].rsplit("(", 1)[1].rstrip(")")

    def rows(self, path: str) -> list[dict[str, Any]]:
        answer = self.call("GET", path)
        assert answer.status == 200, answer.body
        rows: list[dict[str, Any]] = json.loads(answer.body)["value"]
        return rows

    def step(self, **changes: Any) -> dict[str, Any]:
        body = {
            "name": "a step",
            "stage": 40,
            "mode": 1,
            "rank": 1,
            "supporteddeployment": 0,
            "filteringattributes": "name",
            "eventhandler_serviceendpoint@odata.bind": f"/serviceendpoints({self.endpoint})",
            "sdkmessageid@odata.bind": f"/sdkmessages({message_id('Update')})",
            "sdkmessagefilterid@odata.bind": f"/sdkmessagefilters({named('filter', 'Update/opportunity')})",
        }
        return {name: value for name, value in {**body, **changes}.items() if value is not None}


ENDPOINT = {
    "name": "hook",
    "url": "https://app.example/api/dynamics/events",
    "contract": 8,
    "authtype": 4,
    "authvalue": "key",
    "messageformat": 2,
}
API = {
    "uniquename": "ofs_Do",
    "name": "ofs_Do",
    "displayname": "Do",
    "description": "Do",
    "bindingtype": 0,
    "isfunction": False,
    "isprivate": False,
    "allowedcustomprocessingsteptype": 1,
}
PAGE = {"name": "ofs_/page.html", "webresourcetype": 1, "content": base64.b64encode(b"<p>").decode()}


@pytest.fixture
def customizer() -> Iterator[Customizer]:
    sim = DataverseSimulator(send=lambda *_: 202, holder=lambda token: seed.ADMINISTRATOR_OID)
    yield Customizer(sim)
    sim.close()


@pytest.mark.parametrize(
    ("set_name", "body"),
    [
        ("publishers", {"uniquename": "x", "friendlyname": "X", "customizationprefix": "mscrmx",
                        "customizationoptionvalueprefix": 10000}),
        ("publishers", {"uniquename": "x", "friendlyname": "X", "customizationprefix": "xx",
                        "customizationoptionvalueprefix": 1}),
        ("publishers", {"uniquename": "x"}),
        ("serviceendpoints", {**ENDPOINT, "url": "https://app.example:7071/api"}),
        ("serviceendpoints", {**ENDPOINT, "url": "http://app.example/api"}),
        ("serviceendpoints", {**ENDPOINT, "authtype": 1}),
        ("customapis", {**API, "uniquename": "Do"}),
        ("customapis", {**API, "bindingtype": 1}),
        ("customapis", {**API, "boundentitylogicalname": "opportunity"}),
        ("webresourceset", {**PAGE, "name": "page.html"}),
        ("webresourceset", {**PAGE, "name": "ofs_/a-dash.html"}),
        ("webresourceset", {**PAGE, "webresourcetype": 99}),
        ("roles", {"name": "a role without its business unit"}),
        ("roles", {"name": "x", "BusinessUnitId@odata.bind": f"/businessunits({BUSINESS_UNIT})"}),
        ("sdkmessages", {"name": "Mine"}),
    ],
)  # fmt: skip
def test_an_invalid_row_is_refused(customizer: Customizer, set_name: str, body: dict[str, Any]) -> None:
    assert customizer.call("POST", set_name, body).status == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"stage": 20},  # asynchronous steps run after the operation only
        {"stage": 30},
        {"filteringattributes": "nosuchcolumn"},
        {"sdkmessagefilterid@odata.bind": None},  # columns of which table?
        {"sdkmessageid@odata.bind": f"/sdkmessages({message_id('Delete')})"},  # the filter is Update's
        {"sdkmessageid@odata.bind": None},
        {"eventhandler@odata.bind": "/serviceendpoints(00000000-0000-0000-0000-000000000000)"},  # wrong name
    ],
)
def test_an_invalid_step_is_refused(customizer: Customizer, changes: dict[str, Any]) -> None:
    assert customizer.call("POST", "sdkmessageprocessingsteps", customizer.step(**changes)).status == 400
    assert customizer.call("POST", "sdkmessageprocessingsteps", customizer.step()).status == 204


def test_a_bind_to_what_is_not_there_is_not_found(customizer: Customizer) -> None:
    nowhere = "/serviceendpoints(00000000-0000-4000-8000-000000000000)"
    step = customizer.step(**{"eventhandler_serviceendpoint@odata.bind": nowhere})

    assert customizer.call("POST", "sdkmessageprocessingsteps", step).status == 404


def test_an_endpoints_key_is_never_given_out(customizer: Customizer) -> None:
    [row] = customizer.rows("serviceendpoints")

    assert "authvalue" not in row
    assert "key" not in row.values()


def test_what_a_step_stands_on_cannot_go_before_it(customizer: Customizer) -> None:
    step = customizer.made("sdkmessageprocessingsteps", customizer.step())

    assert customizer.call("DELETE", f"serviceendpoints({customizer.endpoint})").status == 400
    assert customizer.call("DELETE", f"sdkmessageprocessingsteps({step})").status == 204
    assert customizer.call("DELETE", f"serviceendpoints({customizer.endpoint})").status == 204
    assert customizer.call("DELETE", f"publishers({customizer.publisher})").status == 400, "it has a solution"


def test_a_row_made_for_a_solution_is_its_component(customizer: Customizer) -> None:
    customizer.made("webresourceset", PAGE)
    components = customizer.rows(f"solutioncomponents?$filter=_solutionid_value eq {customizer.solution}")

    assert [row["objectid"] for row in components] == [customizer.endpoint]
    customizer.call("DELETE", f"solutions({customizer.solution})")
    assert customizer.rows("solutioncomponents") == []
    assert len(customizer.rows("serviceendpoints")) == 1, "an unmanaged solution leaves its components"


def test_a_name_is_taken_once(customizer: Customizer) -> None:
    customizer.made("customapis", API)

    assert customizer.call("POST", "customapis", API).status == 412


def test_a_custom_api_is_fixed_once_saved_and_takes_its_parameters_along(customizer: Customizer) -> None:
    api = customizer.made("customapis", API)
    parameter = {
        "uniquename": "What", "name": "What", "displayname": "What", "description": "What", "type": 10,
        "CustomAPIId@odata.bind": f"/customapis({api})",
    }  # fmt: skip
    customizer.made("customapirequestparameters", parameter)

    assert customizer.call("PATCH", f"customapis({api})", {"bindingtype": 2}, if_match="*").status == 400
    assert customizer.call("PATCH", f"customapis({api})", {"description": "Do it"}, if_match="*").status == 204
    assert customizer.call("POST", "customapiresponseproperties", parameter).status == 400, "it has no plug-in"
    assert customizer.call("POST", "ofs_Do", {"What": 1}).status == 400
    assert customizer.call("POST", "ofs_Do", {}).status == 400
    assert customizer.call("POST", "ofs_Do", {"What": "x"}).status == 204
    assert customizer.call("DELETE", f"customapis({api})").status == 204
    assert customizer.rows("customapirequestparameters") == []
    assert customizer.call("POST", "ofs_Do", {"What": "x"}).status == 404


def test_only_asynchronous_steps_where_the_api_says_so(customizer: Customizer) -> None:
    customizer.made("customapis", API)
    [message] = customizer.rows("sdkmessages?$filter=name eq 'ofs_Do'")
    parts = {
        "sdkmessageid@odata.bind": f"/sdkmessages({message['sdkmessageid']})",
        "sdkmessagefilterid@odata.bind": None,
        "filteringattributes": None,
    }

    assert customizer.call("POST", "sdkmessageprocessingsteps", customizer.step(**parts, mode=0)).status == 400
    assert customizer.call("POST", "sdkmessageprocessingsteps", customizer.step(**parts)).status == 204


def test_a_web_resource_is_served_once_it_is_published(customizer: Customizer) -> None:
    page = customizer.made("webresourceset", PAGE)
    unpublished = "webresourceset/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()"
    xml = f"<importexportxml><webresources><webresource>{{{page}}}</webresource></webresources></importexportxml>"

    assert (len(customizer.rows("webresourceset")), len(customizer.rows(unpublished))) == (0, 1)
    assert customizer.call("POST", "PublishXml", {"ParameterXml": xml}).status == 204
    assert customizer.rows("webresourceset")[0]["content"] == PAGE["content"]
    customizer.call("PATCH", f"webresourceset({page})", {"content": "bmV3"}, if_match="*")
    assert customizer.rows("webresourceset")[0]["content"] == PAGE["content"]
    assert customizer.rows(unpublished)[0]["content"] == "bmV3"


def test_a_role_holds_the_privileges_it_is_given(customizer: Customizer) -> None:
    role = customizer.made("roles", {"name": "r", "businessunitid@odata.bind": f"/businessunits({BUSINESS_UNIT})"})
    [privilege] = customizer.rows("privileges?$filter=name eq 'prvReadOpportunity'")
    action = f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole"
    given = {"Privileges": [{"Depth": "3", "PrivilegeId": privilege["privilegeid"]}]}

    assert customizer.call("POST", action, {"Privileges": [{**given["Privileges"][0], "Depth": "9"}]}).status == 400
    assert customizer.call("POST", action, given).status == 204
    held = json.loads(customizer.call("GET", f"RetrieveRolePrivilegesRole(RoleId={role})").body)["RolePrivileges"]
    assert [(one["PrivilegeName"], one["Depth"]) for one in held] == [("prvReadOpportunity", "Global")]


def test_what_no_role_could_be_given_is_refused(customizer: Customizer) -> None:
    role = customizer.made("roles", {"name": "r", "businessunitid@odata.bind": f"/businessunits({BUSINESS_UNIT})"})
    action = f"roles({role})/Microsoft.Dynamics.CRM.AddPrivilegesRole"
    unknown = {"Privileges": [{"Depth": "Global", "PrivilegeId": "00000000-0000-4000-8000-000000000000"}]}

    assert customizer.call("POST", action, unknown).status == 404
    assert customizer.call("POST", action, {"Privileges": []}).status == 400
    roles = f"systemusers({seed.SELLER})/systemuserroles_association/$ref"
    assert customizer.call("POST", roles, {"@odata.id": "nothing"}).status == 400


def test_lookups_are_set_by_their_navigation_property_and_to_their_own_table(customizer: Customizer) -> None:
    unit = f"/businessunits({BUSINESS_UNIT})"

    assert customizer.call("POST", "roles", {"name": "r", "_businessunitid_value": BUSINESS_UNIT}).status == 400
    assert customizer.call("POST", "roles", {"name": "r", "businessunitid@odata.bind": f"/roles({ADMINISTRATOR})"}
                           ).status == 404  # fmt: skip
    assert customizer.call("POST", "roles", {"name": "r", "businessunitid@odata.bind": unit}).status == 204


def test_a_change_makes_no_row_of_the_platforms_tables(customizer: Customizer) -> None:
    nowhere = "publishers(00000000-0000-4000-8000-000000000000)"

    assert customizer.call("PATCH", nowhere, {"friendlyname": "x"}).status == 400


def test_a_row_is_made_for_a_solution_that_is_there(customizer: Customizer) -> None:
    assert customizer.call("POST", "webresourceset", PAGE, solution="Nothing").status == 404
    assert customizer.rows("webresourceset/Microsoft.Dynamics.CRM.RetrieveUnpublishedMultiple()") == []


def test_what_is_published_is_named_in_xml(customizer: Customizer) -> None:
    assert customizer.call("POST", "PublishXml", {"ParameterXml": "everything"}).status == 400


def test_a_custom_api_takes_the_parameters_that_it_has(customizer: Customizer) -> None:
    api = customizer.made("customapis", {**API, "bindingtype": 1, "boundentitylogicalname": "opportunity"})
    parameter = {
        "uniquename": "Target", "name": "Target", "displayname": "Target", "description": "Target", "type": 5,
        "CustomAPIId@odata.bind": f"/customapis({api})",
    }  # fmt: skip

    assert customizer.call("POST", "customapirequestparameters", parameter).status == 400, "it has its Target already"
    free = customizer.made("customapis", {**API, "uniquename": "ofs_Of", "name": "ofs_Of"})
    customizer.made("customapirequestparameters", parameter | {"CustomAPIId@odata.bind": f"/customapis({free})"})
    row = {"@odata.type": "Microsoft.Dynamics.CRM.opportunity", "opportunityid": seed.OPPORTUNITY}
    assert customizer.call("POST", "ofs_Of", {"Target": {"@odata.type": row["@odata.type"]}}).status == 400
    assert customizer.call("POST", "ofs_Of", {"Target": row, "Other": 1}).status == 400
    assert customizer.call("POST", "ofs_Of", {"Target": row}).status == 204


def test_who_lacks_a_privilege_is_told_its_name(customizer: Customizer) -> None:
    customizer.sim.world.security.take(seed.ADMINISTRATOR, ADMINISTRATOR)

    answer = customizer.call("POST", "publishers", {"uniquename": "x"})

    assert answer.status == 403
    assert json.loads(answer.body)["error"]["code"] == "0x80040220"
    assert b"missing prvCreatePublisher privilege" in answer.body
    assert customizer.call("GET", f"opportunities({seed.OPPORTUNITY})", CallerObjectId=seed.SELLER_OID).status == 403


def test_a_token_of_nobody_in_the_environment_is_refused(customizer: Customizer) -> None:
    customizer.sim.world.rows["systemuser"].pop(seed.ADMINISTRATOR)

    assert customizer.call("GET", "WhoAmI").status == 403


def test_a_registered_step_fires_for_its_columns_and_only_while_it_is_enabled(customizer: Customizer) -> None:
    step = customizer.made("sdkmessageprocessingsteps", customizer.step())
    events, people = customizer.sim.events, customizer.sim.people

    def told(**columns: Any) -> int:
        before = len(events.statuses)
        people.set_columns("opportunity", seed.OPPORTUNITY, columns)
        while not events.idle():
            pass
        return len(events.statuses) - before

    assert (told(name="a"), told(description="b")) == (1, 0)
    body = {"statecode": 1, "statuscode": 2}
    assert customizer.call("PATCH", f"sdkmessageprocessingsteps({step})", body, if_match="*").status == 204
    assert told(name="c") == 0


# --- system jobs and forms ---


def failed_jobs(customizer: Customizer, step: str) -> list[dict[str, Any]]:
    return customizer.rows(
        "asyncoperations?$select=name,statuscode,friendlymessage,createdon"
        f"&$filter=statuscode eq 31 and _owningextensionid_value eq {step} and createdon ge 2020-01-01T00:00:00Z"
    )


@pytest.mark.parametrize(("answered", "kept"), [(202, 0), (0, 1), (401, 1), (500, 1), (503, 1)])
def test_a_steps_system_job_stays_only_where_it_failed(answered: int, kept: int) -> None:
    bodies: list[dict[str, Any]] = []

    def send(url: str, body: bytes, headers: dict[str, str]) -> int:
        bodies.append(json.loads(body))
        return answered

    customizer = Customizer(DataverseSimulator(send=send, holder=lambda token: seed.ADMINISTRATOR_OID))
    step = customizer.made("sdkmessageprocessingsteps", customizer.step(asyncautodelete=True))
    customizer.sim.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "a"})
    while not customizer.sim.events.idle():
        pass
    jobs = failed_jobs(customizer, step)
    assert [one["name"] for one in jobs] == ["a step"] * kept
    assert len(customizer.rows("asyncoperations")) == kept
    assert {one["OperationId"] for one in bodies} >= {one["asyncoperationid"] for one in jobs}
    assert bodies[0]["OwningExtension"] | {"KeyAttributes": []} == {
        "Id": step, "KeyAttributes": [], "LogicalName": "sdkmessageprocessingstep", "Name": "a step",
        "RowVersion": None,
    }  # fmt: skip
    customizer.sim.close()


def test_a_success_stays_in_the_list_of_jobs_where_its_step_does_not_delete_it(customizer: Customizer) -> None:
    step = customizer.made("sdkmessageprocessingsteps", customizer.step(asyncautodelete=False))
    customizer.sim.people.set_columns("opportunity", seed.OPPORTUNITY, {"name": "a"})
    while not customizer.sim.events.idle():
        pass
    (job,) = customizer.rows(f"asyncoperations?$filter=_owningextensionid_value eq {step}")
    assert (job["statecode"], job["statuscode"]) == (3, 30)
    assert failed_jobs(customizer, step) == []


def test_a_tables_main_form_shows_what_was_put_on_it(customizer: Customizer) -> None:
    placed = "systemforms?$select=formid,objecttypecode,type&$filter=contains(formxml,'ofs_/page.html')"
    assert {one["objecttypecode"] for one in customizer.rows("systemforms")} == {"opportunity", "quote"}
    assert customizer.rows(placed) == []
    customizer.sim.people.put_on_form("quote", "ofs_/page.html")
    (form,) = customizer.rows(placed)
    assert (form["objecttypecode"], form["type"]) == ("quote", 2) and form["formid"]
    assert customizer.sim.people.is_on_form("quote", "ofs_/page.html")
    customizer.sim.people.clear_form("quote")
    assert customizer.rows(placed) == []
