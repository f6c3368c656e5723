"""Reads that show less, or something older, than what is there."""

from __future__ import annotations

import pytest

from sandbox.oneflow import Fault, Switches, seed
from tests.sandbox.oneflow_world import OneflowWorld

NEW = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}


def test_reads_lag_for_a_number_of_reads() -> None:
    world = OneflowWorld(lagging_reads=2)
    contract_id = world.draft(amount="1.00")
    assert world.put_field(contract_id, "amount", "2.00").json()["value"] == "2.00"
    assert [world.values(contract_id)["amount"] for _ in range(4)] == ["1.00", "1.00", "2.00", "2.00"]


def test_reads_lag_for_a_number_of_seconds() -> None:
    world = OneflowWorld(eventual_consistency_delay=10)
    contract_id = world.draft(amount="1.00")
    world.put_field(contract_id, "amount", "2.00")
    world.clock.turn(4)
    world.put_field(contract_id, "amount", "3.00")
    shown = []
    for _ in range(3):
        shown.append(world.values(contract_id)["amount"])
        world.clock.turn(4)
    assert shown == ["1.00", "1.00", "2.00"]
    assert world.values(contract_id)["amount"] == "3.00"


def test_a_lagging_read_shows_the_older_time_of_its_field() -> None:
    world = OneflowWorld(lagging_reads=1)
    contract_id = world.draft()
    world.clock.turn(60)
    world.put_field(contract_id, "amount", "2.00")
    path = f"/contracts/{contract_id}/data_fields?limit=1&offset=1"
    lagging, later = (world.get(path).json()["data"][0]["_private_ownerside"]["updated_time"] for _ in range(2))
    assert (lagging, later) == ("2024-05-03T09:00:00+0000", "2024-05-03T09:01:00+0000")


def test_lists_lag_as_well() -> None:
    world = OneflowWorld(eventual_consistency_delay=10)
    contract_id = world.sent()
    path = "/contracts?filter[states]=draft"
    assert [row["id"] for row in world.get(path).json()["data"]] == [contract_id]
    world.clock.turn(10)
    assert world.get(path).json()["data"] == []


def test_a_write_meets_the_state_of_now_whatever_reads_show() -> None:
    world = OneflowWorld(eventual_consistency_delay=10)
    contract_id = world.sent()
    world.sim.people.sign_all(contract_id)
    assert world.get(f"/contracts/{contract_id}").json()["state"] == "draft"
    assert world.put_field(contract_id, "amount", "1.00").status_code == 409


def test_a_new_contract_is_found_at_once_unless_a_switch_says_otherwise() -> None:
    world = OneflowWorld(lagging_reads=1)
    assert world.get(f"/contracts/{world.draft()}").status_code == 200
    world.switches.new_contracts_lag = True
    path = f"/contracts/{world.draft()}"
    assert [world.get(path).status_code for _ in range(2)] == [404, 200]


def test_one_ordered_read_shows_the_version_before() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="1.00")
    world.put_field(contract_id, "amount", "2.00")
    world.sim.faults.add(Fault("stale_read", method="GET", path=f"/contracts/{contract_id}"))
    assert [world.values(contract_id)["amount"] for _ in range(2)] == ["1.00", "2.00"]


def test_custom_ids_can_be_missing_from_reads_and_from_write_answers() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.switches.omit_custom_id_in_contract_reads = True
    whole = world.get(f"/contracts/{contract_id}").json()["data_fields"]
    listed = world.get(f"/contracts/{contract_id}/data_fields").json()["data"]
    assert not any("custom_id" in field["_private_ownerside"] for field in whole + listed)
    written = world.put_field(contract_id, "amount", "1.00").json()
    assert written["_private_ownerside"]["custom_id"] == "amount"
    world.switches.omit_custom_id_in_write_answers = True
    written = world.put_many(contract_id, amount="1.00").json()["data_fields"][0]
    assert "custom_id" not in written["_private_ownerside"]
    assert written["id"] == whole[1]["id"]


def test_the_time_of_a_field_can_be_absent() -> None:
    world = OneflowWorld(omit_updated_time=True)
    contract_id = world.draft()
    assert "updated_time" not in world.put_field(contract_id, "amount", "1").json()["_private_ownerside"]
    shown = world.get(f"/contracts/{contract_id}").json()
    assert not any("updated_time" in field["_private_ownerside"] for field in shown["data_fields"])
    assert shown["updated_time"]


@pytest.mark.parametrize("style", ["+0000", "+00:00"])
def test_the_offset_of_times_has_two_forms(style: str) -> None:
    world = OneflowWorld(datetime_offset_style=style)
    assert world.get(f"/contracts/{world.draft()}").json()["updated_time"] == f"2024-05-03T09:00:00{style}"


@pytest.mark.parametrize(
    "wrong",
    [{"no_such_switch": 1}, {"many_envelope": "hal"}, {"state_guard_status": 418}, {"lagging_reads": True}],
)
def test_a_wrong_switch_is_refused_and_changes_nothing(wrong: dict[str, object]) -> None:
    switches = Switches()
    with pytest.raises(ValueError, match=next(iter(wrong))):
        switches.update({"trims_values": True, **wrong})
    assert switches == Switches()
