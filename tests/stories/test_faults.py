"""Vendors fail, answers get lost, systems fight: what was typed is still there, and it says why."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from tests.stories.stage import Stage, line


def test_a_vendor_that_is_down_costs_nothing_but_time(stage: Stage) -> None:
    contract = stage.contract()
    stage.fail("dynamics", status=503, times=2)
    stage.edit_contract(contract, customer_name="Through the outage")
    stage.until(lambda: stage.record("name") == "Through the outage", "the job comes back")


def test_a_person_is_told_when_a_vendor_is_down(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Waits")
    stage.fail("oneflow", status=503, times=2)
    answer = stage.call("POST", f"contracts/{contract}/push", {})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) >= 1
    stage.calm()
    assert stage.push(contract)["outcome"] == "synced"


def test_a_write_to_oneflow_whose_answer_is_lost_is_no_edit_of_the_counterparty(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Written, answer lost")
    stage.fail("oneflow", kind="drop", method="PUT", after_commit=True, times=1)
    result = stage.push(contract)
    assert stage.text(contract, "customer_name") == "Written, answer lost"
    assert line(result, "customer_name")["result"] == "written"
    stage.edit_record(name="Typed later")
    stage.look(contract)
    assert stage.record("name") == "Typed later", "our own write is no change of Oneflow"


def test_a_version_that_moved_is_planned_anew(stage: Stage) -> None:
    contract = stage.contract()
    moved: list[str] = []

    def colleague(request: object) -> None:
        if not moved:
            moved.append("once")
            stage.edit_record(description="Typed between our read and our write")

    stage.edit_contract(contract, customer_name="Theirs")
    stage.age(contract)
    stage.before_dynamics_write(colleague)
    stage.until(lambda: stage.record("name") == "Theirs", "the sync comes through")
    assert stage.record("description") == "Typed between our read and our write"


def test_a_refused_column_leaves_the_others(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="x" * 400, description="Fits")
    stage.until(lambda: stage.record("description") == "Fits", "the other column is written")
    stage.drain()
    assert stage.record("name") == "Nordlys"
    told = [
        one for entry in stage.history(contract) for one in entry["fields"] if one["oneflow_field"] == "customer_name"
    ]
    assert told[0]["result"] == "skipped" and told[0]["reason"]


def test_a_system_field_that_ignores_a_write_is_reported_as_failed(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Ignored")
    stage.fail("oneflow", kind="changes_nothing", method="PUT", times=1)
    assert line(stage.push(contract), "customer_name")["result"] == "failed"


def test_fighting_systems_pause_the_link_and_a_push_ends_the_pause(stage: Stage) -> None:
    contract = stage.contract()
    for number in range(11):
        stage.edit_contract(contract, customer_name=f"Round {number}")
        stage.look(contract)
    card = stage.card(contract)
    assert card["link"] == "paused" and card["reason"]
    stage.edit_contract(contract, customer_name="While paused")
    stage.look(contract)
    assert stage.record("name") != "While paused"
    due = stage.world.services._due.until(datetime.now(UTC) + timedelta(hours=2), 100_000)
    assert contract in {row.contract_id for row in due}, "it is looked at when the pause ends"
    stage.fetch(contract)
    assert stage.record("name") == "While paused"
    assert stage.card(contract)["link"] == "active"


def test_a_contract_deleted_in_oneflow_breaks_its_link_and_nothing_else(stage: Stage) -> None:
    contract, other = stage.contract(), stage.contract()
    stage.world.oneflow.people.delete(contract)
    stage.look(contract)
    stage.look(contract)
    card = stage.card(contract)
    assert card["link"] == "broken" and "deleted" in card["reason"]
    stage.edit_contract(other, customer_name="Goes on")
    stage.until(lambda: stage.record("name") == "Goes on", "the other contract goes on")


def test_a_counterpartys_edit_inside_the_window_goes_into_the_history(stage: Stage) -> None:
    """The one window that cannot be closed (DESIGN 2.3)."""
    contract = stage.contract()
    stage.edit_record(name="Pushed")
    unseen: list[str] = []

    def counterparty(request: object) -> None:
        if not unseen:
            unseen.append("typed")
            stage.edit_contract(contract, customer_name="Typed in the window")

    stage.before_oneflow_write(counterparty)
    stage.push(contract)
    assert stage.text(contract, "customer_name") == "Pushed"

    def told() -> bool:
        return any(one["from"] == "Typed in the window" for entry in stage.history(contract) for one in entry["fields"])

    stage.until(told, "the search of events finds the lost value")


def test_no_value_token_or_secret_is_in_any_log_or_message(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        contract = stage.contract()
        stage.edit_contract(contract, customer_name="MARKER-ONEFLOW", is_priority="MARKER-REFUSED")
        stage.until(lambda: stage.record("name") == "MARKER-ONEFLOW", "it travels")
        stage.edit_record(description="MARKER-DYNAMICS")
        stage.fail("oneflow", status=500, times=1, method="PUT")
        answer = stage.call("POST", f"contracts/{contract}/push", {})
        stage.calm()
        stage.push(contract)
        stage.drain()
    ours = [record.getMessage() for record in caplog.records if record.name.startswith(("sync_core", "function_app"))]
    assert ours, "the story is logged"
    text = "\n".join([*ours, answer.text])
    for secret in ("MARKER-", *stage.secrets()):
        assert secret not in text


def test_an_outage_of_thirty_days_is_recovered_with_no_click(stage: Stage) -> None:
    """Nothing ran and no webhook came: the due rows are a month old, and every link is looked at again."""
    contracts = [stage.contract(publish=published) for published in (True, True, False)]
    stage.ok("DELETE", "connection/webhooks")
    with stage.silently():
        stage.edit_contract(contracts[0], customer_name="While nothing ran")
        stage.edit_record(estimatedvalue="77.00")
        stage.world.oneflow.people.sign_all(contracts[1])
    for contract in contracts:
        opened = stage.world.services._links.open(contract)
        assert opened
        stage.age(contract)
        stage.world.services._due.put(contract, opened.opened_at - timedelta(days=30))
    assert stage.world.app
    stage.world.app.run_timer("reconcile")
    stage.until(lambda: stage.record("name") == "While nothing ran", "the edit arrives")
    stage.until(lambda: stage.card(contracts[1])["state"] == "signed", "the signature is seen")
    stage.until(lambda: stage.card(contracts[2])["waiting_for_push"] >= 1, "what waits for a push is shown")
    stage.ok("PUT", "connection/webhooks", {})
