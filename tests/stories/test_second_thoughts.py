"""Conflicts that a person decides, and history entries that a person takes back."""

from __future__ import annotations

from typing import Any

from tests.stories.stage import ROWS, Stage, line


def disputed(stage: Stage, policy: str = "ask", **mapping: Any) -> int:
    """A contract whose description was changed on both sides, looked at once."""
    stage.map(conflict_policy=policy, **mapping)
    contract = stage.contract()
    stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.look(contract)
    return contract


def conflicts(stage: Stage, contract: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    return found


def keep(stage: Stage, contract: int, side: str, conflict_id: str) -> Any:
    body = {"oneflow_field": "description", "conflict_id": conflict_id, "keep": side}
    return stage.call("POST", f"contracts/{contract}/conflicts", body)


def test_a_conflict_is_stored_and_shown_and_nothing_is_written(stage: Stage) -> None:
    contract = disputed(stage)
    stage.look(contract)
    assert (stage.record("description"), stage.text(contract, "description")) == ("Ours", "Theirs")
    (conflict,) = conflicts(stage, contract)
    assert (conflict["dynamics"], conflict["oneflow"], conflict["kind"]) == ("Ours", "Theirs", "conflict")
    assert stage.card(contract)["conflicts"] == 1
    told = [one for entry in stage.history(contract) for one in entry["fields"] if one["result"] == "conflict"]
    assert len(told) == 1, "told once, however often it is looked at"


def test_keeping_one_side_settles_the_conflict_and_it_does_not_come_back(stage: Stage) -> None:
    for side, wanted in (("oneflow", "Theirs"), ("dynamics", "Ours")):
        contract = disputed(stage)
        (conflict,) = conflicts(stage, contract)
        result = keep(stage, contract, side, conflict["conflict_id"]).json()
        assert line(result, "description")["result"] == "written"
        assert (stage.record("description"), stage.text(contract, "description")) == (wanted, wanted)
        stage.look(contract)
        assert conflicts(stage, contract) == []
        assert stage.card(contract)["conflicts"] == 0
        stage.edit_record(description=None)
        stage.push(contract)


def test_a_conflict_that_moved_is_not_settled_by_an_old_look(stage: Stage) -> None:
    contract = disputed(stage)
    (conflict,) = conflicts(stage, contract)
    stage.edit_record(description="Ours, later")
    answer = keep(stage, contract, "oneflow", conflict["conflict_id"])
    assert answer.status_code == 409
    fresh = answer.json()["conflict"]
    assert fresh["dynamics"] == "Ours, later"
    assert stage.record("description") == "Ours, later"
    assert keep(stage, contract, "oneflow", fresh["conflict_id"]).status_code == 200


def test_a_later_edit_to_the_same_value_ends_the_conflict_with_an_entry(stage: Stage) -> None:
    contract = disputed(stage)
    stage.edit_record(description="Theirs")
    stage.look(contract)
    assert conflicts(stage, contract) == []
    assert stage.card(contract)["conflicts"] == 0
    assert stage.text(contract, "description") == "Theirs"


def test_a_side_that_goes_back_ends_the_conflict_with_an_entry(stage: Stage) -> None:
    contract = disputed(stage)
    stage.edit_contract(contract, description="")
    stage.look(contract)
    assert stage.card(contract)["conflicts"] == 0
    kinds = [one["kind"] for entry in stage.history(contract) for one in entry["fields"]]
    assert kinds.count("conflict") == 1 and kinds.count("conflict_over") == 1
    assert stage.card(contract)["waiting_for_push"] == 1


def test_a_push_settles_a_conflict(stage: Stage) -> None:
    contract = disputed(stage)
    assert stage.push(contract)["outcome"] == "synced"
    assert conflicts(stage, contract) == []
    assert stage.text(contract, "description") == "Ours"


def test_a_field_not_yet_agreed_is_listed_and_settled_by_keep(stage: Stage) -> None:
    stage.map([row for row in ROWS if row[0] != "description"])
    contract = stage.contract()
    stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.map()
    stage.look(contract)
    (dispute,) = conflicts(stage, contract)
    assert dispute["kind"] == "not_agreed"
    assert keep(stage, contract, "dynamics", dispute["conflict_id"]).status_code == 200
    assert stage.text(contract, "description") == "Ours"
    assert conflicts(stage, contract) == []


def test_undo_puts_back_what_nobody_changed_since_and_lists_the_rest(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(description="Before", estimatedvalue="10.00")
    stage.push(contract)
    stage.edit_record(description="After", estimatedvalue="20.00")
    stage.push(contract)
    entry = stage.history(contract)[0]
    stage.edit_contract(contract, amount="30.00")
    stage.look(contract)
    result = stage.ok("POST", f"contracts/{contract}/history/{entry['entry_id']}/undo", {})
    assert line(result, "description")["to"] == "Before"
    assert line(result, "amount")["result"] == "skipped"
    assert stage.text(contract, "description") == "Before"
    assert stage.text(contract, "amount") == "30.00"
    newest = stage.history(contract)[0]
    assert (newest["action"], newest["undoes"]) == ("undo", entry["entry_id"])
    stage.look(contract)
    assert stage.record("description") == "After", "an undone push leaves Dynamics alone"
    assert stage.card(contract)["waiting_for_push"] == 0


def test_a_creation_and_what_overwrote_nothing_cannot_be_undone(stage: Stage) -> None:
    contract = stage.contract()
    creation = stage.history(contract)[-1]
    answer = stage.call("POST", f"contracts/{contract}/history/{creation['entry_id']}/undo", {})
    assert answer.status_code == 409
    assert stage.call("POST", f"contracts/{contract}/history/nothing/undo", {}).status_code == 404
