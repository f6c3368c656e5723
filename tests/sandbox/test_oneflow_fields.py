"""Data fields of a contract: what a write changes, and what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.oneflow import seed
from tests.sandbox.oneflow_world import OLA, OneflowWorld, items


def test_one_field_is_written_by_id_or_by_custom_id() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    by_custom_id = world.put_field(contract_id, "customer_name", "Nordlys Gruppen AS")
    assert by_custom_id.status_code == 200
    field_id = by_custom_id.json()["id"]
    by_id = world.put(f"/contracts/{contract_id}/data_fields/{field_id}", {"value": "Nordlys AS"})
    assert by_id.json()["value"] == "Nordlys AS"
    assert by_id.json()["_private_ownerside"]["custom_id"] == "customer_name"
    assert world.values(contract_id)["customer_name"] == "Nordlys AS"


def test_a_custom_id_with_odd_characters_is_reached_through_an_encoded_path() -> None:
    world = OneflowWorld()
    world.sim.people.set_template_field(seed.FRAME_AGREEMENT, "beløp/år 100%")
    contract_id = world.draft()
    answer = world.put(f"/contracts/{contract_id}/data_fields/c::bel%C3%B8p%2F%C3%A5r%20100%25", {"value": "7"})
    assert answer.status_code == 200
    assert world.values(contract_id)["beløp/år 100%"] == "7"


def test_a_write_moves_the_times_of_the_field_and_of_the_contract() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    before = world.get(f"/contracts/{contract_id}").json()["updated_time"]
    world.clock.turn(61)
    field = world.put_field(contract_id, "amount", "1.00").json()
    assert field["_private_ownerside"]["updated_time"] == "2024-05-03T09:01:01+0000"
    assert world.get(f"/contracts/{contract_id}").json()["updated_time"] == "2024-05-03T09:01:01+0000"
    world.switches.field_write_moves_contract_time = False
    world.clock.turn(60)
    world.put_field(contract_id, "amount", "2.00")
    assert world.get(f"/contracts/{contract_id}").json()["updated_time"] == "2024-05-03T09:01:01+0000" != before


def test_without_a_value_nothing_changes_and_null_clears() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="5.00")
    path = f"/contracts/{contract_id}/data_fields/c::amount"
    assert world.put(path, {}).json()["value"] == "5.00"
    assert world.put(path, {"value": None}).json()["value"] == ""
    world.put(path, {"value": "6.00"})
    assert world.put(path, {"value": ""}).json()["value"] == ""
    assert world.values(contract_id)["amount"] == ""


def test_a_system_field_answers_200_and_does_not_change() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    answer = world.put_field(contract_id, seed.SYSTEM_FIELD, "mine")
    assert answer.status_code == 200
    assert answer.json()["value"] == world.values(contract_id)[seed.SYSTEM_FIELD] == f"OF-{contract_id}"
    many = world.put_many(contract_id, **{seed.SYSTEM_FIELD: "mine", "amount": "1.00"})
    assert [f["value"] for f in many.json()["data_fields"]] == ["1.00", f"OF-{contract_id}"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"value": 5}, "value"),
        ({"value": True}, "value"),
        ({"value": ["x"]}, "value"),
        ({"value": "x" * 1025}, "value"),
        ({"value": "x", "name": "New name"}, "name"),
        ({"value": "x", "placeholder": ""}, "placeholder"),
        ({"value": "x", "_private_ownerside": {"custom_id": "amount", "extra": 1}}, "_private_ownerside.extra"),
        ({"value": "x", "_private_ownerside": {"custom_id": "stage"}}, "_private_ownerside.custom_id"),
        ({"value": "x", "id": 1}, "id"),
    ],
)
def test_a_wrong_body_is_400_names_the_key_and_changes_nothing(body: dict[str, Any], problem: str) -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="5.00")
    answer = world.put(f"/contracts/{contract_id}/data_fields/c::amount", body)
    assert answer.status_code == 400
    assert list(answer.json()["parameter_problems"]) == [problem]
    assert world.values(contract_id)["amount"] == "5.00"


def test_a_value_of_1024_characters_fits() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    assert world.put_field(contract_id, "description", "å" * 1024).json()["value"] == "å" * 1024


def test_a_field_that_the_contract_lacks_is_404() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    assert world.put_field(contract_id, "no_such_field", "x").status_code == 404
    assert world.put(f"/contracts/{contract_id}/data_fields/12", {"value": "x"}).status_code == 404
    assert world.put_field(99, "amount", "x").status_code == 404


def test_many_fields_are_written_in_one_request() -> None:
    world = OneflowWorld()
    contract_id = world.draft(stage="Propose")
    answer = world.put_many(contract_id, customer_name="Nordlys AS", amount="1250000.00")
    assert [(f["name"], f["value"]) for f in answer.json()["data_fields"]] == [
        ("Customer name", "Nordlys AS"),
        ("Amount", "1250000.00"),
    ]
    assert world.values(contract_id)["stage"] == "Propose"


@pytest.mark.parametrize(
    "item",
    [
        {"value": "x"},
        {"_private_ownerside": {"custom_id": "no_such_field"}, "value": "x"},
        {"_private_ownerside": {"custom_id": "stage"}, "value": 7},
        {"_private_ownerside": {"custom_id": "stage"}, "value": "x", "custom_id": "stage"},
        "stage",
    ],
)
def test_a_wrong_item_fails_the_whole_write_or_only_itself(item: Any) -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    body = {"data_fields": [*items(amount="1.00"), item]}
    path = f"/contracts/{contract_id}/data_fields"
    assert world.put(path, body).status_code == 400
    assert world.values(contract_id)["amount"] == ""
    world.switches.many_atomic = False
    answer = world.put(path, body)
    assert answer.status_code == 400
    assert all(path.startswith("data_fields[1]") for path in answer.json()["parameter_problems"])
    assert world.values(contract_id)["amount"] == "1.00"


@pytest.mark.parametrize(
    ("switches", "bare_list", "status"),
    [
        ({}, False, 200),
        ({}, True, 400),
        ({"many_envelope": "list"}, True, 200),
        ({"many_envelope": "list"}, False, 400),
        ({"many_envelope": "refused"}, False, 405),
        ({"many_envelope": "refused", "many_refused_status": 404}, True, 404),
        ({"many_envelope": "refused", "many_refused_status": 400}, False, 400),
    ],
)
def test_the_envelope_of_a_many_write_is_a_switch(switches: dict[str, Any], bare_list: bool, status: int) -> None:
    world = OneflowWorld(**switches)
    contract_id = world.draft()
    rows = items(amount="1.00", stage="Won")
    answer = world.put(f"/contracts/{contract_id}/data_fields", rows if bare_list else {"data_fields": rows})
    assert answer.status_code == status
    assert world.values(contract_id)["stage"] == ("Won" if status == 200 else "")


@pytest.mark.parametrize(
    ("shape", "read"),
    [
        ("data_fields", lambda body: body["data_fields"][0]["value"]),
        ("list", lambda body: body[0]["value"]),
        ("data", lambda body: body["data"][0]["value"]),
        ("empty", lambda body: "1.00" if body == {} else None),
    ],
)
def test_the_answer_to_a_many_write_is_a_switch(shape: str, read: Any) -> None:
    world = OneflowWorld(many_answer=shape)
    contract_id = world.draft()
    assert read(world.put_many(contract_id, amount="1.00").json()) == "1.00"


@pytest.mark.parametrize("end", ["sign_all", "decline", "expire"])
@pytest.mark.parametrize("status", [409, 403])
def test_a_contract_that_is_closed_refuses_field_writes_and_still_reads(end: str, status: int) -> None:
    world = OneflowWorld(state_guard_status=status)
    contract_id = world.sent(amount="5.00")
    getattr(world.sim.people, end)(contract_id)
    one = world.put_field(contract_id, "amount", "6.00")
    assert one.status_code == world.put_many(contract_id, amount="6.00").status_code == status
    assert one.json()["error_code"] == status * 10_000
    assert world.values(contract_id)["amount"] == "5.00"


def test_a_write_to_a_partly_signed_contract_takes_the_signatures_away() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.sim.people.sign(contract_id, OLA)
    assert _sign_states(world, contract_id) == ["undecided", "signed"]
    assert world.put_field(contract_id, "amount", "6.00").status_code == 200
    assert _sign_states(world, contract_id) == ["undecided", "undecided"]
    assert world.events(contract_id)[-1]["type"] == "contract:signature_reset"


def test_a_write_that_changes_nothing_leaves_the_signatures() -> None:
    world = OneflowWorld()
    contract_id = world.sent(amount="6.00")
    world.sim.people.sign(contract_id, OLA)
    before = len(world.events(contract_id))
    world.put_field(contract_id, "amount", "6.00")
    assert _sign_states(world, contract_id) == ["undecided", "signed"]
    assert len(world.events(contract_id)) == before


def test_what_is_stored_may_be_trimmed() -> None:
    world = OneflowWorld(trims_values=True)
    assert world.put_field(world.draft(), "amount", " 6.00\n").json()["value"] == "6.00"


def test_fields_are_listed_page_by_page_in_the_types_order() -> None:
    world = OneflowWorld()
    path = f"/contracts/{world.draft()}/data_fields"
    page = world.get(path + "?limit=2&offset=1").json()
    assert page["count"] == len(seed.STORY_FIELDS) + 1
    assert [f["_private_ownerside"]["custom_id"] for f in page["data"]] == list(seed.STORY_FIELDS[1:3])
    assert world.get(path + "?filter[name]=x").status_code == 400


def test_reading_one_field_is_a_switch() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="5.00")
    path = f"/contracts/{contract_id}/data_fields/c::amount"
    assert world.get(path).status_code == 405
    world.switches.get_one_data_field = True
    assert world.get(path).json()["value"] == "5.00"


def _sign_states(world: OneflowWorld, contract_id: int) -> list[str]:
    parties = world.get(f"/contracts/{contract_id}").json()["parties"]
    return [p["sign_state"] for party in parties for p in party["participants"]]
