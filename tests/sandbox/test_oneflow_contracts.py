"""Contracts: made, changed, sent, signed, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.oneflow import NotPossible, seed
from tests.sandbox.oneflow_world import OLA, OneflowWorld

NEW: dict[str, Any] = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}
OLA_HERSELF = {"name": "Ola Kjøper", "email": OLA, "signatory": True}


def test_a_contract_is_created_with_its_fields_and_parties() -> None:
    world = OneflowWorld()
    body = NEW | {
        "name": "Frame agreement - Nordlys AS",
        "data_fields": [{"custom_id": "customer_name", "value": "Nordlys AS"}],
        "parties": [
            {"type": "company", "name": "Nordlys AS", "country_code": "NO", "participants": [OLA_HERSELF]},
            {"type": "individual", "participant": {"name": "Per Person", "email": "per@ex.example"}},
        ],
        "value": {"amount": "12500.00", "currency": "NOK"},
    }
    made = world.post("/contracts/create", body).json()
    assert made["id"] == seed.FIRST_CONTRACT
    assert made["state"] == "draft"
    assert made["_private"]["name"] == "Frame agreement - Nordlys AS"
    assert made["_private"]["value"] == {"amount": "12500.00", "currency": "NOK"}
    assert made["data_fields"][0]["id"] == seed.FIRST_FIELD
    assert [party["type"] for party in made["parties"]] == ["company", "company", "individual"]
    assert made["parties"][0]["participants"][0]["email"] == seed.SELLER
    assert made["parties"][2]["participant"]["name"] == "Per Person"
    assert world.get(f"/contracts/{made['id']}").json() == made


def test_what_creation_does_not_set_keeps_the_templates_default() -> None:
    world = OneflowWorld()
    contract_id = world.post("/contracts/create", NEW).json()["id"]
    values = world.values(contract_id)
    assert tuple(values) == (*seed.STORY_FIELDS, seed.SYSTEM_FIELD)
    assert values["payment_terms"] == seed.PAYMENT_TERMS
    assert values["customer_name"] == ""


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        ({"workspace_id": None}, "workspace_id"),
        ({"template_id": "4101"}, "template_id"),
        ({"external_id": "x"}, "external_id"),
        ({"name": "x" * 131}, "name"),
        ({"data_fields": [{"custom_id": "no_such_field", "value": "x"}]}, "data_fields[0].custom_id"),
        ({"data_fields": [{"external_key": "amount", "value": "x"}]}, "data_fields[0].external_key"),
        ({"data_fields": [{"custom_id": "amount", "value": 5}]}, "data_fields[0].value"),
        ({"data_fields": [{"custom_id": "amount", "value": "x" * 1025}]}, "data_fields[0].value"),
        ({"data_fields": {"amount": "x"}}, "data_fields"),
        ({"parties": [{"type": "company", "participant": OLA_HERSELF}]}, "parties[0].participant"),
        ({"parties": [{"type": "individual", "participants": [OLA_HERSELF]}]}, "parties[0].participants"),
        ({"parties": [{"participants": [{"name": "Ola", "email": "ola"}]}]}, "parties[0].participants[0].email"),
        ({"parties": [{"name": "N"}] * 41}, "parties"),
        ({"parties": [{"name": "N", "participants": [OLA_HERSELF] * 20}] * 3}, "parties"),
        ({"parties": [{"name": "N", "country_code": "NOR"}]}, "parties[0].country_code"),
        ({"value": {"amount": "1.005", "currency": "NOK"}}, "value.amount"),
        ({"value": {"amount": 12500, "currency": "kroner"}}, "value.currency"),
        ({"my_party": {"name": "Us"}}, "my_party.name"),
        ({"product_groups": [{"id": 1}]}, "product_groups"),
    ],
)
def test_creation_refuses_what_it_does_not_know(more: dict[str, Any], problem: str) -> None:
    world = OneflowWorld()
    answer = world.post("/contracts/create", NEW | more)
    assert answer.status_code == 400
    assert problem in answer.json()["parameter_problems"]
    assert world.get("/contracts").json()["count"] == 0


def test_an_email_used_twice_has_an_error_code_of_its_own() -> None:
    twice = {"parties": [{"name": "N", "participants": [OLA_HERSELF, OLA_HERSELF]}]}
    answer = OneflowWorld().post("/contracts/create", NEW | twice)
    assert (answer.status_code, answer.json()["error_code"]) == (400, 4000003)
    assert list(answer.json()["parameter_problems"]) == ["parties[0].participants[1].email"]


@pytest.mark.parametrize(
    ("more", "status"),
    [
        ({"workspace_id": 599}, 404),
        ({"template_id": 4199}, 404),
        ({"template_id": seed.RETIRED_TEMPLATE}, 403),
        ({"template_id": seed.PURCHASING_TEMPLATE}, 403),
        ({"workspace_id": seed.PURCHASING, "template_id": seed.PURCHASING_TEMPLATE}, 403),
    ],
)
def test_creation_needs_a_template_in_use_in_a_workspace_of_the_user(more: dict[str, Any], status: int) -> None:
    answer = OneflowWorld().post("/contracts/create", NEW | more, user=seed.SECOND_USER)
    assert answer.status_code == status


def test_creation_is_not_idempotent_and_a_field_finds_what_it_made() -> None:
    world = OneflowWorld()
    body = NEW | {"data_fields": [{"custom_id": "reference", "value": "a1:b2"}]}
    made = {world.post("/contracts/create", body).json()["id"] for _ in range(2)}
    world.post("/contracts/create", NEW)
    found = world.get("/contracts?filter[data_field_match]=reference:a1%3Ab2").json()
    assert {row["id"] for row in found["data"]} == made
    assert len(made) == found["count"] == 2


# What happens to a contract


def test_the_name_can_be_changed_and_data_fields_are_no_part_of_that() -> None:
    world = OneflowWorld()
    path = f"/contracts/{world.draft()}"
    assert world.put(path, {"_private": {"name": "New name"}}).json()["_private"]["name"] == "New name"
    assert world.put(path, {}).status_code == 200
    assert world.put(path, {"data_fields": []}).status_code == 400


def test_only_a_draft_can_be_sent() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    sent = world.post(f"/contracts/{contract_id}/publish", {"subject": "Please sign", "message": "Hello"}).json()
    assert (sent["state"], sent["published_time"]) == ("pending", "2024-05-03T09:00:00+0000")
    assert sent["parties"][1]["participants"][0]["delivery_status"] == "success"
    assert world.post(f"/contracts/{contract_id}/publish", {}).status_code == 409


def test_a_contract_is_signed_when_the_last_signatory_has_signed() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    assert world.sim.people.sign(contract_id, seed.SELLER).state == "pending"
    assert world.sim.people.sign(contract_id).state == "signed"
    with pytest.raises(NotPossible):
        world.sim.people.set_fields(contract_id, {"amount": "1.00"})


def test_a_signing_period_ends_by_the_clock_and_can_be_revived() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.clock.turn(30 * 86_400)
    assert world.get(f"/contracts/{contract_id}").json()["state"] == "overdue"
    world.switches.expired_reads_pending = True
    assert world.get(f"/contracts/{contract_id}").json()["state"] == "pending"
    assert world.get("/contracts").json()["data"][0]["state"] == "overdue"
    assert world.put_field(contract_id, "amount", "1.00").status_code == 409
    world.sim.people.revive(contract_id)
    assert world.put_field(contract_id, "amount", "1.00").status_code == 200


def test_deleting_is_200_twice_unless_a_switch_says_404() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    first, second = world.delete(f"/contracts/{contract_id}"), world.delete(f"/contracts/{contract_id}")
    assert (first.status_code, first.content, second.status_code) == (200, b"", 200)
    assert world.get(f"/contracts/{contract_id}").json()["error_code"] == 4040000
    world.switches.delete_missing_status = 404
    assert world.delete(f"/contracts/{contract_id}").status_code == 404


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_deleted_contract_answers_as_the_switch_says_and_an_unknown_one_404(status: int) -> None:
    world = OneflowWorld(deleted_get_status=status)
    contract_id = world.draft()
    world.sim.people.delete(contract_id)
    assert world.get(f"/contracts/{contract_id}").status_code == status
    assert world.get("/contracts/99").status_code == 404


def test_a_counterparty_edits_what_was_sent_to_it_and_no_draft() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    with pytest.raises(NotPossible):
        world.sim.people.set_fields(contract_id, {"amount": "1.00"}, "counterparty")
    world.sim.people.set_fields(contract_id, {"amount": "1.00"}, "colleague")
    world.sim.people.publish(contract_id)
    world.sim.people.set_fields(contract_id, {"amount": "2.00", "stage": "Won"}, OLA)
    values = world.values(contract_id)
    assert (values["amount"], values["stage"]) == ("2.00", "Won")


def test_a_counterparty_without_the_right_to_edit_is_refused() -> None:
    world = OneflowWorld()
    reader = OLA_HERSELF | {"_permissions": {"contract:update": False}}
    made = world.post("/contracts/create", NEW | {"parties": [{"name": "N", "participants": [reader]}]}).json()
    assert made["parties"][1]["participants"][0]["_permissions"] == {"contract:update": False}
    world.sim.people.publish(made["id"])
    with pytest.raises(NotPossible):
        world.sim.people.set_fields(made["id"], {"amount": "1.00"}, OLA)


def test_a_colleague_who_is_no_participant_edits_by_right_of_the_workspace() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.sim.people.set_fields(contract_id, {"amount": "1.00"}, seed.SECOND_USER)
    assert world.values(contract_id)["amount"] == "1.00"
    assert world.events(contract_id)[-1]["actor"]["name"] == "Aksel Colleague"
    world.sim.people.change_user(seed.SECOND_USER, workspace_ids=[])
    with pytest.raises(NotPossible):
        world.sim.people.set_fields(contract_id, {"amount": "2.00"}, seed.SECOND_USER)
