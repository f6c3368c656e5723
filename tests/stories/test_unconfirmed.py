"""What nobody could confirm of Oneflow: each story goes both ways, and none depends on the kind answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.oneflow.switches import Switches
from sync_core import bootstrap
from sync_core.bootstrap import Services
from sync_core.engine.model.probed import PREFIX
from sync_core.errors import Refused
from sync_core.settings import Settings
from sync_core.usecases.people.create_contract import NewContractRequest
from tests.stories.stage import Stage, line


@pytest.fixture
def switched(stage: Stage, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Oneflow behaves so while the test runs: the parameter names the switches."""
    switches = stage.world.oneflow.switches
    before = switches.as_dict()
    switches.update(request.param)
    yield request.param
    switches.update(before)


def both_ways(*ways: dict[str, Any]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("switched", ways, indirect=True, ids=[str(way) for way in ways])


def test_the_kind_answer_is_the_default() -> None:
    kind = Switches()
    assert kind.users_see_all_contracts and kind.template_types_extension
    assert (kind.state_form, kind.type_fields, kind.webhook_filters) == ("text", "shown", "all")
    assert (kind.contract_filters, kind.template_filters, kind.event_sort) == ("taken", "taken", "honoured")


# --- does the machine's user see every contract? ---


def hand_over(stage: Stage, contract_id: int) -> None:
    """In Oneflow the contract becomes a colleague's: the machine's user takes no part in it any more."""
    oneflow = stage.world.oneflow
    with oneflow.lock:
        contract = oneflow.world.state.contracts[contract_id]
        parties = [
            replace(
                party,
                participants=tuple(
                    replace(one, email=stage.world.oneflow_seed.SECOND_USER) for one in party.participants
                ),
            )
            if party.my_party
            else party
            for party in contract.parties
        ]
        oneflow.world.state.contracts[contract_id] = replace(contract, parties=tuple(parties))


@both_ways(
    {"users_see_all_contracts": True},
    {"users_see_all_contracts": False, "unseen_contract_status": 404},
    {"users_see_all_contracts": False, "unseen_contract_status": 403},
)
def test_a_contract_that_only_its_people_see_is_not_called_deleted(stage: Stage, switched: dict[str, Any]) -> None:
    contract = stage.contract()
    hand_over(stage, contract)
    stage.age(contract)
    stage.world.edit_contract(contract, {"customer_name": "Nordlys Gruppen AS"})
    stage.drain()
    card = stage.card(contract)
    if switched["users_see_all_contracts"]:
        assert card["link"] == "active"
        assert stage.record("name") == "Nordlys Gruppen AS"
        return
    assert card["link"] == "broken" and "not visible to the Oneflow user in ONEFLOW_USER_EMAIL" in card["reason"]
    stage.world.oneflow.switches.update({"users_see_all_contracts": True})  # somebody gives that user access
    stage.look(contract)
    assert stage.card(contract)["link"] == "active", "a good look mends it"
    assert stage.record("name") == "Nordlys Gruppen AS"


@pytest.fixture
def probed(stage: Stage, switched: dict[str, Any]) -> Iterator[None]:
    """As a probe saw the account; the app has started since."""
    marks, name = stage.world.services._marks, f"{PREFIX}user_sees_all"
    marks.set(name, "yes" if switched["users_see_all_contracts"] else "no")
    bootstrap.exchange(None)
    yield
    marks.set(name, "")
    bootstrap.exchange(None)


@both_ways(
    {"users_see_all_contracts": True},
    {"users_see_all_contracts": False, "unseen_contract_status": 404},
    {"users_see_all_contracts": False, "unseen_contract_status": 403},
)
def test_where_a_probe_saw_that_the_user_sees_not_all_contracts_they_are_read_with_the_token_alone(
    stage: Stage, switched: dict[str, Any], probed: None
) -> None:
    stage.map(auto_push=True)
    contract = stage.contract()
    hand_over(stage, contract)
    stage.age(contract)
    stage.world.edit_contract(contract, {"customer_name": "Nordlys Gruppen AS"})
    stage.drain()
    assert stage.card(contract)["link"] == "active"
    assert stage.record("name") == "Nordlys Gruppen AS"
    alone = not switched["users_see_all_contracts"]
    assert stage.ok("GET", "connection")["oneflow"]["reads_alone"] is alone

    stage.edit_record(name="Nordlys Nord")  # goes to Oneflow by itself, as the user
    stage.look(contract)
    card = stage.card(contract)
    assert card["link"] == "active" and card["refused"] == (1 if alone else 0)
    assert stage.text(contract, "customer_name") == ("Nordlys Gruppen AS" if alone else "Nordlys Nord")
    if not alone:
        return
    lacks = [one["code"] for one in stage.ok("GET", "connection")["lacks"] if one["side"] == "oneflow"]
    assert lacks == ["oneflow_forbids"]
    told = line(stage.history(contract)[0], "customer_name")["reason"]
    assert told == "Oneflow does not let the acting user change this contract."
    stage.world.oneflow.switches.update({"users_see_all_contracts": True})  # somebody gives that user access
    stage.look(contract)
    assert stage.text(contract, "customer_name") == "Nordlys Nord"


@both_ways({"users_see_all_contracts": True}, {"users_see_all_contracts": False})
def test_a_contract_that_is_gone_is_gone_for_the_token_alone_too(
    stage: Stage, switched: dict[str, Any], probed: None
) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.delete(contract)
    stage.look(contract)
    stage.look(contract)
    assert "was deleted in Oneflow" in stage.card(contract)["reason"]


@both_ways({"users_see_all_contracts": True}, {"users_see_all_contracts": False})
def test_a_contract_that_is_gone_is_called_deleted_either_way(stage: Stage, switched: dict[str, Any]) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.delete(contract)
    stage.look(contract)
    stage.look(contract)
    assert "was deleted in Oneflow" in stage.card(contract)["reason"]


# --- what does its list of contracts take? ---


@both_ways({"contract_filters": "taken"}, {"contract_filters": "refused"})
def test_a_creation_whose_answer_was_lost_is_found_again_and_made_once(stage: Stage, switched: dict[str, Any]) -> None:
    seed, name = stage.world.oneflow_seed, f"Lost {uuid.uuid4().hex[:6]}"
    asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": name, "parties": []}
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
    assert stage.call("POST", f"records/opportunity/{stage.record_id}/contracts", asked).status_code == 503
    stage.look_for_creation(name)
    made = [one.id for one in stage.world.oneflow.world.state.contracts.values() if one.name == name]
    cards = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
    assert [card["contract_id"] for card in cards] == made and len(made) == 1


# --- templates and their fields ---


@pytest.fixture
def fresh(stage: Stage) -> Services:
    """The app as it has just started: it keeps no list of before."""
    return Services(Settings.read(stage.world.env))


@both_ways({"template_filters": "taken"}, {"template_filters": "refused"})
def test_templates_can_be_chosen_from(stage: Stage, switched: dict[str, Any], fresh: Services) -> None:
    seed = stage.world.oneflow_seed
    found = fresh.pickers.templates(seed.SALES)
    assert {one["id"] for one in found["templates"]} == {seed.FRAME_TEMPLATE, seed.PLAIN_TEMPLATE}
    assert {one["id"] for one in found["left_out"]} == {seed.DYNAMICS_TEMPLATE}


@both_ways({"type_fields": "shown"}, {"type_fields": "helper"}, {"type_fields": "nowhere"})
def test_fields_that_are_not_told_are_not_taken_for_none(
    stage: Stage, switched: dict[str, Any], fresh: Services
) -> None:
    """No contract is made with empty fields because its template's were not told."""
    seed, name = stage.world.oneflow_seed, f"With fields {uuid.uuid4().hex[:6]}"
    request = NewContractRequest(seed.FRAME_TEMPLATE, seed.SALES, name)
    actor = fresh.people.actor(stage.world.dataverse_seed.SELLER_OID, frozenset())
    if switched["type_fields"] == "nowhere":
        with pytest.raises(Refused, match="does not tell which data fields"):
            fresh.create.run("opportunity", stage.record_id, request, actor)
        assert not [one for one in stage.world.oneflow.world.state.contracts.values() if one.name == name]
        return
    made = fresh.create.run("opportunity", stage.record_id, request, actor)
    assert stage.text(made["contract_id"], "customer_name") == "Nordlys"


# --- webhooks and events ---


@both_ways({"webhook_filters": "all"}, {"webhook_filters": "connector"}, {"webhook_filters": "refused"})
def test_webhooks_are_switched_on_with_as_many_events_as_oneflow_takes(stage: Stage, switched: dict[str, Any]) -> None:
    stage.ok("DELETE", "connection/webhooks")
    told = stage.ok("PUT", "connection/webhooks", {})
    said = {"all": None, "connector": "fewer event types", "refused": "no filter"}[switched["webhook_filters"]]
    assert told["on"] and told["current"] and (said in told["reason"] if said else told["reason"] is None)
    contract = stage.contract()
    stage.age(contract)
    stage.world.edit_contract(contract, {"customer_name": "Nordlys Gruppen AS"})
    stage.drain()
    assert stage.record("name") == "Nordlys Gruppen AS"
    stage.world.oneflow.switches.update({"webhook_filters": "all"})
    assert stage.ok("PUT", "connection/webhooks", {})["reason"] is None, "repaired once Oneflow takes them"


@both_ways(*(
    {"event_sort": sort, "events_identify_field": named}
    for sort in ("honoured", "ignored", "refused") for named in (True, False)
), {"trims_values": True})  # fmt: skip
def test_a_value_that_was_overwritten_unseen_is_found(stage: Stage, switched: dict[str, Any]) -> None:
    contract = stage.contract()
    for n in range(101):  # more than one page of events
        stage.world.oneflow.people.set_fields(contract, {"payment_terms": f"{n} days"}, "colleague")
    stage.edit_record(name="Nordlys Nord ")  # the blank at its end Oneflow may store or not
    edited: list[str] = []

    def edit(_: Any) -> None:
        if not edited:
            edited.append("Between read and write")
            stage.world.edit_contract(contract, {"customer_name": edited[0]})

    stage.before_oneflow_write(edit)
    stage.push(contract)
    stage.calm()
    search = {"kind": "events", "contract_id": contract, "entry_id": stage.history(contract)[0]["entry_id"]}
    stage.put_job(search)  # what the push put on the queue itself, where it may have been too early
    stage.drain()
    lost = [line for entry in stage.history(contract) for line in entry["fields"] if line["from"] == edited[0]]
    assert [line["reason_code"] for line in lost] == ["overwritten_unseen"]


# --- the state ---


@both_ways({"state_form": "text"}, {"state_form": "number"}, {"state_form": "unknown"})
def test_a_state_that_we_do_not_know_is_shown_and_read_and_never_written(
    stage: Stage, switched: dict[str, Any]
) -> None:
    contract = stage.contract()
    stage.world.edit_contract(contract, {"customer_name": "Nordlys Gruppen AS"})
    stage.look(contract)
    assert stage.record("name") == "Nordlys Gruppen AS", "it is read either way"
    stage.edit_record(name="Nordlys Nord")
    result = stage.push(contract)
    known = switched["state_form"] == "text"
    assert result["outcome"] == ("synced" if known else "blocked")
    assert stage.card(contract)["state"] == ("pending" if known else "unknown")
    assert stage.text(contract, "customer_name") == ("Nordlys Nord" if known else "Nordlys Gruppen AS")
