"""The main job, through the real functions: what each action writes, and what it leaves alone."""

from __future__ import annotations

import pytest

from tests.stories.stage import ROWS, Stage, line


def test_a_contract_created_from_a_record_holds_its_values(stage: Stage) -> None:
    contract = stage.contract()
    assert stage.text(contract, "customer_name") == "Nordlys"
    assert stage.text(contract, "amount") == "1250000.00"
    assert stage.text(contract, "close_date") == "2026-03-12"
    assert stage.card(contract)["waiting_for_push"] == 0


def test_a_counterpartys_edit_reaches_dynamics_without_any_other_call(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Nordlys Gruppen AS", close_date="2026-04-30")
    stage.until(lambda: stage.record("name") == "Nordlys Gruppen AS", "the topic follows")
    assert str(stage.record("estimatedclosedate")) == "2026-04-30"
    stage.drain()
    entry = next(one for one in stage.history(contract) if one["cause"] == "webhook")
    written = line(entry, "customer_name")
    assert (written["from"], written["to"], written["side"]) == ("Nordlys", "Nordlys Gruppen AS", "dynamics")


def test_a_sellers_edit_is_previewed_and_pushed_exactly_so(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(estimatedvalue="1300000.50")
    preview = stage.preview(contract, "push")
    assert stage.text(contract, "amount") == "1250000.00"
    result = stage.push(contract, plan_id=preview["plan_id"])
    shown = [{name: part for name, part in field.items() if name != "known"} for field in preview["fields"]]
    assert result["fields"] == shown, "only what is known of who changed it is the preview's own"
    assert result["outcome"] == "synced"
    assert stage.text(contract, "amount") == "1300000.50"


def test_a_stale_preview_is_refused_with_the_new_plan(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="First")
    preview = stage.preview(contract, "push")
    stage.edit_record(name="Second")
    answer = stage.call("POST", f"contracts/{contract}/push", {"plan_id": preview["plan_id"]})
    assert answer.status_code == 409
    assert line(answer.json(), "customer_name")["to"] == "Second"
    assert stage.text(contract, "customer_name") == "Nordlys"


def test_a_push_of_equal_values_writes_nothing_on_either_side(stage: Stage) -> None:
    contract = stage.contract()
    stage.forget_requests()
    assert stage.push(contract)["outcome"] == "unchanged"
    assert stage.writes() == []


def test_sync_once_never_moves_again(stage: Stage) -> None:
    contract = stage.contract()
    before = stage.text(contract, "owner_name")
    assert before
    stage.edit_contract(contract, owner_name="Somebody else")
    stage.drain()
    stage.push(contract)
    stage.fetch(contract)
    stage.look(contract)
    assert stage.text(contract, "owner_name") == "Somebody else"


def test_one_way_fields_never_come_back(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(new_starttime="2026-05-01T10:00:00Z")
    stage.push(contract)
    stage.edit_contract(contract, start_time="2030-01-01T00:00:00Z")
    stage.drain()
    stage.fetch(contract)
    assert str(stage.record("new_starttime")).startswith("2026-05-01T10:00:00")


def test_a_two_way_lookup_is_refused_with_the_reason(stage: Stage) -> None:
    body = {
        "entity": "opportunity",
        "fields": [{"dynamics_column": "parentaccountid", "oneflow_field": "account_name", "direction": "two_way"}],
    }
    answer = stage.call("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
    assert answer.status_code == 422
    assert "reference" in answer.json()["errors"][0]["detail"]
    mapping = stage.ok("GET", "entities/opportunity/mapping")
    assert len(mapping["fields"]) == len(ROWS), "nothing of it was saved"


def test_perhaps_in_a_boolean_is_reported_once_and_leaves_dynamics_alone(stage: Stage) -> None:
    contract = stage.contract()
    before = stage.record("new_priority")
    stage.edit_contract(contract, is_priority="Perhaps")
    stage.drain()
    stage.look(contract)
    stage.look(contract)
    assert stage.record("new_priority") == before
    told = [
        one
        for entry in stage.history(contract)
        for one in entry["fields"]
        if one["oneflow_field"] == "is_priority" and one["result"] == "skipped"
    ]
    assert len(told) == 1
    assert "Yes" in told[0]["reason"]
    stage.edit_contract(contract, is_priority="yes")
    stage.until(lambda: stage.record("new_priority") is True, "an understood answer travels")


def test_a_newly_mapped_field_waits_for_a_person_and_travels_afterwards(stage: Stage) -> None:
    stage.map([row for row in ROWS if row[0] != "description"])
    contract = stage.contract()
    stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.map()
    stage.look(contract)
    assert (stage.record("description"), stage.text(contract, "description")) == ("Ours", "Theirs")
    assert stage.card(contract)["not_agreed"] == 1
    stage.edit_contract(contract, description="Theirs, later")
    stage.until(lambda: stage.record("description") == "Theirs, later", "a later edit travels")


def test_a_draft_is_fetched_by_hand(stage: Stage) -> None:
    contract = stage.contract(publish=False)
    stage.edit_contract(contract, "colleague", description="Edited in the draft")
    stage.drain()
    result = stage.fetch(contract)
    assert line(result, "description")["result"] == "written"
    assert stage.record("description") == "Edited in the draft"


def test_a_signed_contract_is_never_written_but_its_last_values_are_fetched(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign_all(contract)
    stage.drain()
    stage.edit_record(name="After the signature")
    result = stage.push(contract)
    assert result["outcome"] == "blocked"
    assert "signed" in result["reason"]
    assert stage.text(contract, "customer_name") == "Nordlys"
    assert stage.fetch(contract)["outcome"] in ("synced", "unchanged")


def test_a_push_over_a_signature_asks_first(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign(contract)
    stage.drain()
    stage.edit_record(name="Changed after the first signature")
    assert stage.push(contract)["outcome"] == "blocked"
    assert stage.text(contract, "customer_name") == "Nordlys"
    assert stage.push(contract, confirm_signature_reset=True)["outcome"] == "synced"
    assert stage.text(contract, "customer_name") == "Changed after the first signature"


def test_both_sides_changed_the_policy_decides_and_what_lost_is_in_the_history(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.until(lambda: stage.record("description") == "Theirs", "Oneflow wins by default")
    stage.drain()
    lost = [one for entry in stage.history(contract) for one in entry["fields"] if one["from"] == "Ours"]
    assert lost and lost[0]["to"] == "Theirs"


@pytest.mark.parametrize("auto_push", [False, True])
def test_two_contracts_of_one_record_with_the_same_two_way_column(stage: Stage, auto_push: bool) -> None:
    """What one contract brings into Dynamics is, for the other, a change of Dynamics (DESIGN 2.6, 10)."""
    stage.map(auto_push=auto_push)
    one, other = stage.contract(), stage.contract()
    stage.edit_contract(one, customer_name="From the first")
    stage.until(lambda: stage.record("name") == "From the first", "the record follows")
    stage.look(other)
    if auto_push:
        assert stage.text(other, "customer_name") == "From the first"
    else:
        assert stage.text(other, "customer_name") == "Nordlys"
        assert stage.card(other)["waiting_for_push"] == 1
        assert stage.push(other)["outcome"] == "synced"
        assert stage.text(other, "customer_name") == "From the first"
    stage.look(one)
    assert stage.text(one, "customer_name") == "From the first"
