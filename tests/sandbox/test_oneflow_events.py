"""The list of what happened to a contract, and the forms it may take."""

from __future__ import annotations

from sandbox.oneflow import seed
from tests.sandbox.oneflow_world import OLA, OneflowWorld


def test_an_edit_is_one_event_with_who_from_and_to() -> None:
    world = OneflowWorld()
    contract_id = world.sent(customer_name="Nordlys AS")
    world.sim.people.set_fields(contract_id, {"customer_name": "Nordlys Gruppen AS"})
    event = world.events(contract_id)[-1]
    assert (event["type"], event["subject"]) == ("data_field:update", "Data field")
    assert event["data"] == {"changes": [{"attribute": "value", "from": "Nordlys AS", "to": "Nordlys Gruppen AS"}]}
    assert event["actor"]["party"]["name"] == "Nordlys AS"
    assert world.get(f"/contracts/{contract_id}/events/{event['id']}").json() == event


def test_an_event_names_its_field_where_the_switch_says_so() -> None:
    world = OneflowWorld(events_identify_field=True)
    contract_id = world.sent()
    field_id = world.put_field(contract_id, "amount", "1.00").json()["id"]
    data = world.events(contract_id)[-1]["data"]
    assert data["data_field"] == {"id": field_id, "custom_id": "amount"}
    assert data["changes"][0]["to"] == "1.00"


def test_an_event_can_say_only_that_something_changed() -> None:
    world = OneflowWorld(events_carry_changes=False)
    contract_id = world.sent()
    world.put_field(contract_id, "amount", "1.00")
    event = world.events(contract_id)[-1]
    assert (event["type"], event["data"]) == ("data_field:update", {})


def test_a_save_of_two_fields_is_two_events_or_one_that_names_both() -> None:
    world = OneflowWorld(events_identify_field=True)
    contract_id = world.sent()
    world.put_many(contract_id, amount="1.00", stage="Won")
    assert [e["data"]["data_field"]["custom_id"] for e in world.events(contract_id)[-2:]] == ["amount", "stage"]
    world.switches.one_event_per_field = False
    world.put_many(contract_id, amount="2.00", stage="Lost")
    last = world.events(contract_id)[-1]["data"]
    assert [(c["data_field"]["custom_id"], c["from"], c["to"]) for c in last["changes"]] == [
        ("amount", "1.00", "2.00"),
        ("stage", "Won", "Lost"),
    ]


def test_the_subject_of_an_event_has_three_forms() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    assert world.events(contract_id)[0]["subject"] == "Contract"
    world.switches.event_subject = "object"
    assert world.events(contract_id)[0]["subject"] == {"type": "Contract"}
    world.switches.event_subject = "in_data"
    event = world.events(contract_id)[0]
    assert "subject" not in event
    assert event["data"]["subject"] == "Contract"


def test_our_own_write_names_the_user_or_nobody() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.put_field(contract_id, "amount", "1.00", user=seed.SECOND_USER)
    assert world.events(contract_id)[-1]["actor"]["name"] == "Aksel Colleague"
    world.switches.api_actor_is_shown = False
    world.put_field(contract_id, "amount", "2.00")
    world.sim.people.set_fields(contract_id, {"amount": "3.00"}, OLA)
    ours, theirs = world.events(contract_id)[-2:]
    assert ours["actor"] is None
    assert theirs["actor"]["party"]["name"] == "Nordlys AS"


def test_writing_the_same_value_is_an_event_only_where_a_switch_says_so() -> None:
    world = OneflowWorld()
    contract_id = world.sent(amount="1.00")
    before = len(world.events(contract_id))
    world.put_field(contract_id, "amount", "1.00")
    assert len(world.events(contract_id)) == before
    world.switches.same_value_counts_as_update = True
    world.put_field(contract_id, "amount", "1.00")
    assert len(world.events(contract_id)) == before + 1


def test_events_sort_by_time_id_and_type_and_by_nothing_else() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    path = f"/contracts/{contract_id}/events"
    ids = [e["id"] for e in world.get(f"{path}?sort=-id").json()["data"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 2
    assert world.get(f"{path}?sort=subject").status_code == 400
    assert world.get(f"{path}?limit=1&sort=type").json()["data"][0]["type"] == "contract:create"


def test_the_events_of_a_lagging_account_come_late_too() -> None:
    world = OneflowWorld(eventual_consistency_delay=10)
    contract_id = world.sent()
    assert world.events(contract_id) == []
    world.clock.turn(10)
    assert [e["type"] for e in world.events(contract_id)] == ["contract:create", "contract:publish"]
