"""The application user has exactly the role that `connect` makes. Each privilege of it is needed: without it the story
that is named beside it fails. A person acts within that role and their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest

from sandbox.dataverse import seed
from sync_core import bootstrap
from tests.stories.stage import Stage, line
from tests.stories.test_row_options import ROUTE, row

Tell = Callable[[Stage, int], None]
# Every kind of column that asks for privileges of its own.
ROWS = (
    row("name", "customer_name"),
    row("customerid", "account_name", resolve_labels=True),
    row("ownerid", "owner_name", resolve_labels=True),
    row("estimatedvalue", "amount", "dynamics_to_oneflow"),
    row("new_stage", "stage", "dynamics_to_oneflow"),
)


def a_seller_pushes(stage: Stage, contract: int) -> None:
    name = f"Pushed {uuid.uuid4().hex[:8]}"
    stage.edit_record(name=name)
    stage.push(contract)
    assert stage.text(contract, "customer_name") == name


def a_counterpartys_edit_arrives(stage: Stage, contract: int) -> None:
    stage.edit_contract(contract, "colleague", customer_name="Typed in Oneflow")
    stage.look(contract)
    assert stage.record("name") == "Typed in Oneflow"


def the_settings_offer_columns(stage: Stage, contract: int) -> None:
    assert stage.ok("GET", "entities/opportunity/columns")["columns"]


def an_amount_goes_out(stage: Stage, contract: int) -> None:
    stage.edit_record(estimatedvalue="77.50")
    stage.push(contract)
    assert stage.text(contract, "amount") == "77.50"


def a_choice_goes_out_as_its_label(stage: Stage, contract: int) -> None:
    stage.edit_record(new_stage=100000001)
    stage.push(contract)
    assert stage.text(contract, "stage") == "Negotiation"


def an_account_by_name_becomes_the_customer(stage: Stage, contract: int) -> None:
    name = f"Fjord {uuid.uuid4().hex[:8]}"
    account = stage.world.dataverse.people.new("account", {"name": name})
    stage.edit_contract(contract, "colleague", account_name=name)
    stage.fetch(contract)
    assert stage.record("customerid") == ("account", account)


def a_contact_by_name_becomes_the_customer(stage: Stage, contract: int) -> None:
    stage.edit_contract(contract, "colleague", account_name="Ola Kjoper")
    stage.fetch(contract)
    assert stage.record("customerid") == ("contact", seed.CONTACT)


def a_colleague_by_name_becomes_the_owner(stage: Stage, contract: int) -> None:
    stage.edit_contract(contract, "colleague", owner_name="Aksel Colleague")
    stage.fetch(contract)
    assert stage.record("ownerid") == ("systemuser", seed.COLLEAGUE)


def a_teams_name_goes_out_as_the_owners(stage: Stage, contract: int) -> None:
    name = f"Team {uuid.uuid4().hex[:8]}"
    team = stage.world.dataverse.world.add("team", {"name": name}, seed.ADMINISTRATOR).id
    stage.edit_record(ownerid=("team", team))
    stage.push(contract)
    assert stage.text(contract, "owner_name") == name


def the_contacts_are_offered_with_their_company(stage: Stage, contract: int) -> None:
    offered = stage.ok("GET", f"records/opportunity/{stage.record_id}/contacts")["contacts"]
    assert ("Ola Kjoper", "Nordlys AS") in {(one["name"], one["company"]) for one in offered}


STORIES: dict[str, Tell] = {
    "prvActOnBehalfOfAnotherUser": a_seller_pushes,
    "prvReadUser": a_seller_pushes,
    "prvReadOrganization": a_seller_pushes,
    "prvReadEntity": the_settings_offer_columns,
    "prvReadAttribute": the_settings_offer_columns,
    "prvReadRelationship": an_account_by_name_becomes_the_customer,
    "prvReadOptionSet": a_choice_goes_out_as_its_label,
    "prvReadContact": the_contacts_are_offered_with_their_company,
    "prvReadAccount": the_contacts_are_offered_with_their_company,
    "prvReadOpportunity": a_seller_pushes,
    "prvWriteOpportunity": a_counterpartys_edit_arrives,
    "prvReadTransactionCurrency": an_amount_goes_out,
    "prvAppendOpportunity": an_account_by_name_becomes_the_customer,
    "prvAppendToAccount": an_account_by_name_becomes_the_customer,
    "prvAppendToContact": a_contact_by_name_becomes_the_customer,
    "prvReadTeam": a_teams_name_goes_out_as_the_owners,
    "prvAssignOpportunity": a_colleague_by_name_becomes_the_owner,
}


@pytest.fixture
def contract(stage: Stage) -> int:
    """A draft of a record whose customer is an account, under a mapping that needs each privilege; nobody is told of
    edits in it (what that needs: test_notifications.py)."""
    for one in stage.ok("GET", "entities")["entities"]:
        if one["fields"] and one["entity"] != "opportunity":  # another story's
            stage.ok("PUT", f"entities/{one['entity']}/mapping", {"fields": []}, {"If-Match": "*"})
    stage.edit_record(customerid=("account", seed.ACCOUNT), new_stage=100000000)
    stage.ok("PUT", ROUTE, {"fields": list(ROWS), "notify": "off"}, {"If-Match": "*"})
    return stage.contract(publish=False)


@pytest.fixture(autouse=True)
def as_connect_leaves_it(stage: Stage) -> Iterator[None]:
    yield
    stage.world.connects = True
    stage.world.dataverse.people.give_rights()
    stage.map()
    bootstrap.exchange(None)


def test_each_privilege_of_the_role_has_a_story_that_needs_it(stage: Stage, contract: int) -> None:
    security = stage.world.dataverse.world.security
    assert security.of_user(seed.APPLICATION).keys() == STORIES.keys()
    assert len(security.roles_of(seed.APPLICATION)) == 1


@pytest.mark.parametrize("tell", dict.fromkeys(STORIES.values()), ids=lambda tell: tell.__name__)
def test_the_stories_go_well_under_the_exact_role(stage: Stage, contract: int, tell: Tell) -> None:
    bootstrap.exchange(None)  # an app that has just started, and knows nothing yet
    tell(stage, contract)


@pytest.mark.parametrize(("privilege", "tell"), STORIES.items(), ids=[f"{p}: {t.__name__}" for p, t in STORIES.items()])
def test_without_any_one_privilege_its_story_fails(stage: Stage, contract: int, privilege: str, tell: Tell) -> None:
    security = stage.world.dataverse.world.security
    [role] = security.roles_of(seed.APPLICATION)
    held = security.of_role(role)
    bootstrap.exchange(None)
    security.give(role, {name: depth for name, depth in held.items() if name != privilege}, replace=True)
    try:
        with pytest.raises(AssertionError):
            tell(stage, contract)
    finally:
        security.give(role, held, replace=True)


@pytest.mark.parametrize("tell", [an_account_by_name_becomes_the_customer, a_colleague_by_name_becomes_the_owner])
def test_until_somebody_connects_a_new_row_is_refused_and_the_privilege_is_named(stage: Stage, tell: Tell) -> None:
    """The mapping was saved, but the role is that of the mapping before it."""
    needed: dict[Callable[[Stage, int], None], str] = {
        an_account_by_name_becomes_the_customer: "prvAppendOpportunity",
        a_colleague_by_name_becomes_the_owner: "prvAssignOpportunity",
    }
    stage.world.connects = False
    stage.ok("PUT", ROUTE, {"fields": list(ROWS[:3])}, {"If-Match": "*"})
    contract = stage.contract(publish=False)
    with pytest.raises(AssertionError):
        tell(stage, contract)
    told = [one["reason"] for one in stage.fetch(contract)["fields"] if one["result"] == "failed"]
    assert told and all(needed[tell] in reason for reason in told)
    stage.world.connect()
    tell(stage, contract)


def test_a_seller_without_a_right_of_her_own_gets_no_more_through_the_application(stage: Stage, contract: int) -> None:
    """The application user may assign; she may not."""
    stage.world.dataverse.people.take_right(seed.SELLER, "AssignAccess")
    stage.edit_contract(contract, "colleague", owner_name="Aksel Colleague")
    told = line(stage.fetch(contract), "owner_name")
    assert told["result"] == "failed" and "prvAssignOpportunity" in told["reason"]
    stage.world.dataverse.people.give_rights()
    assert line(stage.fetch(contract), "owner_name")["result"] == "written"


def test_the_application_gets_no_more_through_a_seller(stage: Stage, contract: int) -> None:
    """She may assign; the role does not let the application."""
    stage.world.dataverse.people.take_right(seed.APPLICATION, "AssignAccess")
    stage.edit_contract(contract, "colleague", owner_name="Aksel Colleague")
    told = line(stage.fetch(contract), "owner_name")
    assert told["result"] == "failed" and "prvAssignOpportunity" in told["reason"]
