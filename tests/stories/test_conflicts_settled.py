"""A conflict under `ask` is settled by whatever a person does about it, and does not come back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.stories.stage import Stage, line


def conflicts(stage: Stage, contract: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    return found


def keep(stage: Stage, contract: int, side: str) -> None:
    (conflict,) = conflicts(stage, contract)
    body = {"oneflow_field": "description", "conflict_id": conflict["conflict_id"], "keep": side}
    stage.ok("POST", f"contracts/{contract}/conflicts", body)


def in_conflict(stage: Stage) -> int:
    """A contract whose description somebody typed on both sides, with history behind it."""
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    for text in ("Before", "Theirs"):
        stage.edit_record(description=text)
        stage.push(contract)
    stage.edit_contract(contract, description="In between")
    stage.look(contract)
    with stage.silently():
        stage.edit_record(description="Ours")
        stage.edit_contract(contract, description="Theirs")
        stage.look(contract)
    return contract


def undo(stage: Stage, contract: int) -> None:
    """Of the push that replaced Before by Theirs in Oneflow, where Theirs stands again."""
    entries = [one for one in stage.history(contract) if one["action"] == "push"]
    entry = next(one for one in entries if line(one, "description")["to"] == "Theirs")
    stage.ok("POST", f"contracts/{contract}/history/{entry['entry_id']}/undo", {})


# What a person does, and what then stands in Dynamics and in the contract.
WAYS: dict[str, tuple[Callable[[Stage, int], object], str, str]] = {
    "keep Dynamics": (lambda stage, contract: keep(stage, contract, "dynamics"), "Ours", "Ours"),
    "keep Oneflow": (lambda stage, contract: keep(stage, contract, "oneflow"), "Theirs", "Theirs"),
    "push": (lambda stage, contract: stage.push(contract), "Ours", "Ours"),
    "fetch": (lambda stage, contract: stage.fetch(contract), "Theirs", "Theirs"),
    "undo": (undo, "Ours", "Before"),
}


@pytest.mark.parametrize("way", WAYS)
def test_each_way_settles_it_and_it_does_not_come_back(stage: Stage, way: str) -> None:
    act, dynamics, oneflow = WAYS[way]
    contract = in_conflict(stage)
    assert [one["kind"] for one in conflicts(stage, contract)] == ["conflict"]

    act(stage, contract)
    for _ in range(3):
        assert conflicts(stage, contract) == []
        assert (stage.card(contract)["conflicts"], stage.card(contract)["not_agreed"]) == (0, 0)
        assert (stage.record("description"), stage.text(contract, "description")) == (dynamics, oneflow)
        stage.look(contract)
    assert stage.world.services.history.check(contract)["problems"] == []


def test_a_row_may_have_another_policy_than_its_table(stage: Stage) -> None:
    rows = [("name", "customer_name", "dynamics_wins"), ("description", "description", None)]
    fields = [
        {"dynamics_column": column, "oneflow_field": field, "direction": "two_way"}
        | ({"conflict_policy": policy} if policy else {})
        for column, field, policy in rows
    ] + [
        {
            "dynamics_column": "estimatedvalue",
            "oneflow_field": "amount",
            "direction": "two_way",
            "conflict_policy": "oneflow_wins",
        }
    ]
    body = {"entity": "opportunity", "fields": fields, "conflict_policy": "ask"}
    stage.ok("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name="Ours", description="Ours", estimatedvalue="10.00")
        stage.edit_contract(contract, customer_name="Theirs", description="Theirs", amount="20.00")
        stage.look(contract)
    stage.drain()
    assert (stage.record("name"), stage.record("description")) == ("Ours", "Ours")
    assert str(stage.record("estimatedvalue")).startswith("20"), "the row's own policy: Oneflow wins"
    assert stage.text(contract, "customer_name") == "Theirs", "Dynamics wins, and waits for a push"
    listed = {one["oneflow_field"]: one["kind"] for one in conflicts(stage, contract)}
    assert listed == {"customer_name": "waiting_for_push", "description": "conflict"}, "the table's: a person is asked"
    assert stage.card(contract)["waiting_for_push"] == 1


def test_a_dispute_that_can_still_be_settled_cannot_be_left(stage: Stage) -> None:
    contract = in_conflict(stage)
    one = conflicts(stage, contract)[0]
    assert one["keep"] == ["dynamics", "oneflow"]

    body = {"oneflow_field": one["oneflow_field"], "conflict_id": one["conflict_id"], "keep": "leave"}
    answer = stage.call("POST", f"contracts/{contract}/conflicts", body)

    assert answer.status_code == 409, "push, fetch, or keep one side"


def test_what_differs_on_a_signed_contract_is_taken_or_left(stage: Stage) -> None:
    contract = in_conflict(stage)
    with stage.silently():
        stage.world.oneflow.people.sign_all(contract)
    one = conflicts(stage, contract)[0]
    assert one["keep"] == ["oneflow", "leave"], "never a keep that is known to be refused"

    body = {"oneflow_field": one["oneflow_field"], "conflict_id": one["conflict_id"], "keep": "leave"}
    result = stage.ok("POST", f"contracts/{contract}/conflicts", body)

    assert (result["outcome"], result["fields"][0]["reason_code"]) == ("unchanged", "left_different")
    assert conflicts(stage, contract) == []
    newest = stage.ok("GET", f"contracts/{contract}/history")["entries"][0]
    assert (newest["cause"], newest["fields"][0]["kind"]) == ("keep", "settled")
