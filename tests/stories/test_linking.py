"""Linking a contract made elsewhere, and moving one: what is the same is settled at once, and nothing is written."""

from __future__ import annotations

import uuid

from tests.stories.stage import Stage, line


def made_by_hand(stage: Stage) -> int:
    """A contract that says by hand what the record says, but for its description."""
    stage.edit_record(description="Ours")
    contract = stage.foreign_contract()
    stage.edit_contract(
        contract, customer_name="Nordlys", amount="1250000.00", close_date="2026-03-12", description="Theirs"
    )
    stage.drain()
    return contract


def route(stage: Stage, contract: int) -> str:
    return f"records/opportunity/{stage.record_id}/contracts/{contract}"


def test_sides_that_are_equal_are_settled_by_the_link_itself(stage: Stage) -> None:
    contract = made_by_hand(stage)
    stage.forget_requests()
    card = stage.ok("PUT", route(stage, contract), {})
    assert (card["not_agreed"], card["waiting_for_push"], card["conflicts"]) == (1, 0, 0)
    assert stage.writes() == []
    (entry,) = stage.history(contract)
    assert entry["action"] == "link"
    assert {one["oneflow_field"] for one in entry["fields"]} >= {"customer_name", "description"}
    opened = stage.world.services._links.open(contract)
    assert opened is not None and opened.bases["customer_name"].halves is not None
    stage.edit_contract(contract, customer_name="Nordlys, two seconds later")
    stage.look(contract)
    assert stage.record("name") == "Nordlys, two seconds later", "an edit after the link travels"
    assert stage.card(contract)["not_agreed"] == 1, "the other field still waits for a person"
    assert (stage.record("description"), stage.text(contract, "description")) == ("Ours", "Theirs")


def test_an_edit_in_dynamics_right_after_the_link_waits_for_a_push(stage: Stage) -> None:
    contract = made_by_hand(stage)
    stage.ok("PUT", route(stage, contract), {})
    stage.edit_record(name="Renamed two seconds later")
    stage.look(contract)
    assert stage.card(contract)["waiting_for_push"] == 1
    assert line(stage.preview(contract, "push"), "customer_name")["result"] == "written"


def test_a_move_settles_what_is_the_same_on_the_new_record(stage: Stage) -> None:
    contract = stage.contract(name=f"Travels {uuid.uuid4().hex[:6]}")
    revised = {"name": "Nordlys", "estimatedvalue": "99.00", "estimatedclosedate": "2026-03-12"}
    stage.record_id = stage.world.new_opportunity(revised)
    stage.forget_requests()
    card = stage.ok("PUT", route(stage, contract), {"move": True})
    assert stage.writes() == []
    assert card["not_agreed"] == 1, "the amount"
    opened = stage.world.services._links.open(contract)
    assert opened is not None
    shown = {key: base.halves.agreed for key, base in opened.bases.items() if base.halves}
    assert shown["customer_name"] and not shown["amount"]
    stage.edit_contract(contract, customer_name="After the move")
    stage.look(contract)
    assert stage.record("name") == "After the move"
