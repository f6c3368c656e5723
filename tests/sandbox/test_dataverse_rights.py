"""Who may do what in the simulated Dataverse (fact sheets dataverse-api 1.2, 1.5 and dynamics-solution 6.1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.platform_tables import ADMINISTRATOR
from sandbox.dataverse.store import Store
from sandbox.role import ROLE, SELLERS_ROLE, give_whole_role
from sandbox.wire import Request, Response

URL = "https://contoso.crm4.dynamics.com/api/data/v9.2/"
ROW = f"opportunities({seed.OPPORTUNITY})"
PROJECT = f"new_projects({seed.PROJECT})"
LABEL = "@OData.Community.Display.V1.FormattedValue"
SELLER = {"CallerObjectId": seed.SELLER_OID}
CUSTOMER = {"customerid_account@odata.bind": f"/accounts({seed.ACCOUNT})"}
OWNER = {"ownerid@odata.bind": f"/systemusers({seed.COLLEAGUE})"}


class Caller:
    """The application: it holds what a seller holds, so that each privilege can be taken from either."""

    def __init__(self, sim: DataverseSimulator) -> None:
        self.sim, self.security = sim, sim.world.security
        give_whole_role(sim.world)
        self.security.assign(seed.APPLICATION, seed.SALESPERSON)
        for user in seed.SELLERS:
            self.security.take(user, SELLERS_ROLE)
            self.security.assign(user, seed.SALESPERSON)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        sent = {"Authorization": "Bearer t", **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.sim(Request.of(method, URL + path, sent, b"" if body is None else json.dumps(body).encode()))

    def patch(self, body: Any, **headers: str) -> Response:
        return self.call("PATCH", ROW, body, **{"if_match": "*"} | headers)

    def without(self, user: str, *privileges: str) -> None:
        self.sim.people.take_privileges(user, *privileges)


@pytest.fixture
def caller() -> Iterator[Caller]:
    sim = DataverseSimulator(send=lambda *_: 202)
    yield Caller(sim)
    sim.close()


def refused(answer: Response, privilege: str, user: str = "") -> bool:
    error = json.loads(answer.body)["error"]
    named = f"missing {privilege} privilege" in error["message"] and user in error["message"]
    return (answer.status, error["code"]) == (403, "0x80040220") and named


def test_nobody_is_system_administrator_but_who_installs() -> None:
    sim = DataverseSimulator(send=lambda *_: 202)
    holders = [user for user in seed.USERS if ADMINISTRATOR in sim.world.security.roles_of(user)]
    assert holders == [seed.ADMINISTRATOR]
    assert sim.world.security.of_user(seed.APPLICATION) == {}, "until connect gives it a role"


@pytest.mark.parametrize("who", [seed.SELLER, seed.APPLICATION])
def test_an_impersonated_request_takes_the_privileges_of_both(caller: Caller, who: str) -> None:
    assert caller.patch({"name": "x"}, **SELLER).status == 204
    caller.without(who, "prvWriteOpportunity")
    assert refused(caller.patch({"name": "y"}, **SELLER), "prvWriteOpportunity", who)
    assert caller.call("GET", ROW, **SELLER).status == 200
    caller.without(who, "prvReadOpportunity")
    assert refused(caller.call("GET", ROW, **SELLER), "prvReadOpportunity", who)
    assert refused(caller.call("GET", "opportunities", **SELLER), "prvReadOpportunity", who)


def test_who_acts_for_another_holds_that_right_itself_and_not_through_a_team(caller: Caller) -> None:
    team = caller.sim.world.add("team", {"name": "Integrations"}, seed.ADMINISTRATOR).id
    for role in caller.security.roles_of(seed.APPLICATION):
        caller.security.take(seed.APPLICATION, role)
        caller.security.assign(team, role, "team")
    assert refused(caller.patch({"name": "x"}), "prvWriteOpportunity", seed.APPLICATION)
    caller.security.join(seed.APPLICATION, team)
    assert caller.patch({"name": "x"}).status == 204, "all else may come through a team"
    assert refused(caller.patch({"name": "x"}, **SELLER), "prvActOnBehalfOfAnotherUser", seed.APPLICATION)
    caller.security.assign(seed.APPLICATION, ROLE)
    assert caller.patch({"name": "x"}, **SELLER).status == 204


@pytest.mark.parametrize("who", [seed.SELLER, seed.APPLICATION])
@pytest.mark.parametrize("privilege", ["prvAppendOpportunity", "prvAppendToAccount", "prvReadAccount"])
def test_setting_a_lookup_takes_append_and_append_to(caller: Caller, privilege: str, who: str) -> None:
    assert caller.patch(CUSTOMER, **SELLER).status == 204
    caller.without(who, privilege)
    assert refused(caller.patch(CUSTOMER, **SELLER), privilege, who)
    assert caller.patch({"name": "x"}, **SELLER).status == 204, "a column that is none is not concerned"
    assert caller.patch({"customerid_account@odata.bind": None}, **SELLER).status == 204


def test_changing_the_owner_takes_assign_and_a_new_owner_who_may_read(caller: Caller) -> None:
    stranger = {"ownerid@odata.bind": f"/systemusers({seed.STRANGER})"}
    assert caller.patch(OWNER).status == 204
    assert refused(caller.patch(stranger), "prvReadOpportunity", seed.STRANGER)
    caller.without(seed.APPLICATION, "prvAssignOpportunity")
    assert refused(caller.patch(OWNER), "prvAssignOpportunity")


def test_creating_takes_create_and_for_another_assign(caller: Caller) -> None:
    made = caller.call("POST", "opportunities", {"name": "New"}, **SELLER)
    assert made.status == 204
    row = json.loads(caller.call("GET", made.headers["OData-EntityId"].removeprefix(URL)).body)
    assert row["_ownerid_value"] == seed.SELLER, "who makes a row owns it"
    assert caller.call("POST", "opportunities", {"name": "New", **OWNER}, **SELLER).status == 204
    caller.without(seed.SELLER, "prvAssignOpportunity")
    assert refused(caller.call("POST", "opportunities", {"name": "x", **OWNER}, **SELLER), "prvAssignOpportunity")
    caller.without(seed.SELLER, "prvAppendOpportunity")
    assert refused(caller.call("POST", "opportunities", {"name": "x", **CUSTOMER}, **SELLER), "prvAppendOpportunity")
    caller.without(seed.APPLICATION, "prvCreateOpportunity")
    assert refused(caller.call("POST", "opportunities", {"name": "x"}, **SELLER), "prvCreateOpportunity")
    nobody = "opportunities(ffffffff-ffff-4fff-8fff-ffffffffffff)"
    assert refused(caller.call("PATCH", nobody, {"name": "x"}, **SELLER), "prvCreateOpportunity"), "an upsert"


def test_deleting_takes_delete(caller: Caller) -> None:
    caller.without(seed.APPLICATION, "prvDeleteOpportunity")
    assert refused(caller.call("DELETE", ROW, **SELLER), "prvDeleteOpportunity")


def test_a_role_of_the_own_records_reaches_no_others(caller: Caller) -> None:
    held = caller.security.of_role(seed.SALESPERSON)
    caller.security.give(seed.SALESPERSON, held | {"prvReadOpportunity": "Basic", "prvWriteOpportunity": "Basic"})
    theirs = caller.sim.people.new("opportunity", {"name": "Theirs", "ownerid": ("systemuser", seed.COLLEAGUE)})
    listed = json.loads(caller.call("GET", "opportunities?$select=name", **SELLER).body)["value"]
    assert [one["opportunityid"] for one in listed] == [seed.OPPORTUNITY]
    assert refused(caller.call("GET", f"opportunities({theirs})", **SELLER), "prvReadOpportunity", seed.SELLER)
    assert caller.patch({"name": "x"}, **SELLER).status == 204


def test_a_record_out_of_reach_is_in_no_list(caller: Caller) -> None:
    caller.sim.people.put_out_of_reach(seed.SELLER, seed.OPPORTUNITY)
    assert json.loads(caller.call("GET", "opportunities?$select=name", **SELLER).body)["value"] == []
    assert refused(caller.call("GET", ROW, **SELLER), "prvReadOpportunity", seed.SELLER)


def test_a_record_out_of_reach_is_in_no_count_and_among_no_children(caller: Caller) -> None:
    children = f"accounts({seed.ACCOUNT})/opportunity_parent_account"

    def seen() -> tuple[str, int, int]:
        of_account = json.loads(caller.call("GET", f"{children}?$select=name", **SELLER).body)["value"]
        account = f"accounts({seed.ACCOUNT})?$select=name&$expand=opportunity_parent_account($select=name)"
        expanded = json.loads(caller.call("GET", account, **SELLER).body)["opportunity_parent_account"]
        return caller.call("GET", "opportunities/$count", **SELLER).body.decode(), len(of_account), len(expanded)

    assert seen() == ("1", 1, 1)
    caller.sim.people.put_out_of_reach(seed.SELLER, seed.OPPORTUNITY)
    assert seen() == ("0", 0, 0)


def test_other_ways_of_writing_take_the_same_privileges(caller: Caller) -> None:
    caller.without(seed.SELLER, "prvWriteOpportunity", "prvCreateOpportunity")
    typed = {"@odata.type": "Microsoft.Dynamics.CRM.opportunity", "name": "x"}
    for action, target, verb in (
        ("CreateMultiple", typed, "Create"),
        ("UpdateMultiple", typed | {"opportunityid": seed.OPPORTUNITY}, "Write"),
    ):
        many = f"opportunities/Microsoft.Dynamics.CRM.{action}"
        assert refused(caller.call("POST", many, {"Targets": [target]}, **SELLER), f"prv{verb}Opportunity", seed.SELLER)
    reference = {"@odata.id": f"accounts({seed.ACCOUNT})"}
    for method, path, body in (
        ("PUT", f"{ROW}/name", {"value": "x"}),
        ("PUT", f"{ROW}/parentaccountid/$ref", reference),
        ("DELETE", f"{ROW}/description", None),
    ):
        assert refused(caller.call(method, path, body, **SELLER), "prvWriteOpportunity", seed.SELLER), path


TABLE = "EntityDefinitions(LogicalName='opportunity')"


@pytest.mark.parametrize(
    ("privilege", "path"),
    [
        ("prvReadEntity", f"{TABLE}?$select=LogicalName"),
        ("prvReadEntity", "EntityDefinitions?$select=LogicalName"),
        ("prvReadAttribute", f"{TABLE}/Attributes?$select=LogicalName"),
        ("prvReadRelationship", f"{TABLE}/ManyToOneRelationships?$select=ReferencingAttribute"),
        (
            "prvReadOptionSet",
            f"{TABLE}/Attributes/Microsoft.Dynamics.CRM.PicklistAttributeMetadata"
            "?$select=LogicalName&$expand=OptionSet($select=Options)",
        ),
    ],
)
def test_definitions_are_read_by_who_may(caller: Caller, privilege: str, path: str) -> None:
    assert caller.call("GET", path).status == 200
    caller.without(seed.APPLICATION, privilege)
    assert refused(caller.call("GET", path), privilege)


@pytest.mark.parametrize("shown", [False, True])
def test_the_name_behind_a_lookup_may_be_hidden_from_who_may_not_read_that_table(caller: Caller, shown: bool) -> None:
    caller.sim.switches.shows_unreadable_names = shown
    path, asked = f"{ROW}?$select=_customerid_value", {"prefer": 'odata.include-annotations="*"'}
    assert json.loads(caller.call("GET", path, **asked).body)[f"_customerid_value{LABEL}"] == "Nordlys AS"
    caller.without(seed.APPLICATION, "prvReadAccount")
    row = json.loads(caller.call("GET", path, **asked).body)
    assert row["_customerid_value"] == seed.ACCOUNT
    assert row.get(f"_customerid_value{LABEL}") == ("Nordlys AS" if shown else None)


def test_a_table_without_optimistic_concurrency_takes_no_version(caller: Caller) -> None:
    etag = json.loads(caller.call("GET", PROJECT).body)["@odata.etag"]
    answer = caller.call("PATCH", PROJECT, {"new_name": "x"}, if_match=etag)
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (400, "0x8006088d")
    assert caller.call("DELETE", PROJECT, if_match=etag).status == 400, "deleting takes none either"
    assert caller.call("PATCH", PROJECT, {"new_name": "x"}, if_match="*").status == 204
    told = [
        json.loads(caller.call("GET", f"EntityDefinitions(LogicalName='{name}')").body)
        for name in ("new_project", "opportunity")
    ]
    assert [one["IsOptimisticConcurrencyEnabled"] for one in told] == [False, True]


def test_a_file_of_an_older_sandbox_leaves_no_other_administrator(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    first = DataverseSimulator(send=lambda *_: 202)
    first.world.security.assign(seed.APPLICATION, ADMINISTRATOR)
    first.world.rows["role"].pop(seed.ONLOOKER)
    first.world.security.assign(seed.READER, seed.SALESPERSON)
    first.world.security.assign(seed.SELLER, seed.SALESPERSON)
    first.world.rows.pop("systemform")
    Store(first, path).close()

    second = DataverseSimulator(send=lambda *_: 202)
    Store(second, path).close()

    security = second.world.security
    assert security.roles_of(seed.APPLICATION) == []
    assert security.roles_of(seed.READER) == [seed.ONLOOKER]
    assert security.roles_of(seed.SELLER) == [], "a seller has what the product says that she needs"
    assert len(second.world.rows["systemform"]) == 2
    assert security.roles_of(seed.ADMINISTRATOR) == [ADMINISTRATOR]
