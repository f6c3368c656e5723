"""What an operator does now and then, on an installation whose app runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import requests

from cli.azure.vault import place_of
from cli.operate import keys
from sandbox.dataverse import seed
from sync_core import bootstrap
from sync_core.engine.model.jobs import SyncJob
from tests.cli.desk import Desk
from tests.stories.stage import Stage

SECRET = "Only between us 4711"


@pytest.fixture
def stage(running: Desk) -> Stage:
    return Stage(running.world)


# --- connect, seen from the app -----------------------------------------------------------------------------------


def call_button(desk: Desk, name: str, record_id: str, **parameters: Any) -> int:
    """As the form does it: a Custom API, called by the seller who is signed in."""
    token = desk.world.identity.sign_in(seed.SELLER_OID, desk.env["DATAVERSE_URL"])
    target = {"@odata.type": "Microsoft.Dynamics.CRM.opportunity", "opportunityid": record_id}
    answer = requests.post(
        f"{desk.env['DATAVERSE_URL']}/api/data/v9.2/{name}",
        json={"Target": target, **parameters},
        headers={"Authorization": f"Bearer {token}"},
        timeout=30,
    )
    return answer.status_code


def test_after_connect_edits_arrive_and_buttons_work(running: Desk, stage: Stage) -> None:
    contract = stage.contract()
    stage.age(contract)
    stage.edit_record(name="From the form")
    stage.until(lambda: stage.card(contract)["waiting_for_push"] == 1, "the Update step told the app")

    assert call_button(running, "ofs_PushUpdates", stage.record_id, ContractId=str(contract)) == 204
    stage.drain()
    assert stage.text(contract, "customer_name") == "From the form"
    assert stage.history(contract)[0]["who"] == "Kari Seller"

    assert call_button(running, "ofs_PushUpdates", stage.record_id, Contract="x") == 400
    assert call_button(running, "ofs_FetchUpdates", stage.record_id) == 400, "ContractId is required"


def test_after_connect_the_counterpartys_edit_arrives(running: Desk, stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="From Oneflow")
    stage.drain()
    stage.until(lambda: stage.record("name") == "From Oneflow", "the webhook told the app")


# --- mapping ------------------------------------------------------------------------------------------------------


def test_an_exported_mapping_can_be_changed_compared_and_imported(running: Desk, tmp_path: Path) -> None:
    file = tmp_path / "mapping.json"
    assert running.run("mapping", "export", "--out", str(file)).code == 0
    assert running.run("mapping", "diff", str(file)).out.strip() == "No difference."

    content = json.loads(file.read_text())
    [opportunity] = content["mappings"]
    assert "etag" not in opportunity
    opportunity["auto_push"] = True
    opportunity["fields"][0]["direction"] = "dynamics_to_oneflow"
    del opportunity["fields"][1]
    opportunity["fields"].append({"dynamics_column": "new_count", "oneflow_field": "reference", "direction": "two_way"})
    file.write_text(json.dumps(content))

    compared = running.run("mapping", "diff", str(file))
    assert compared.code == 1
    assert set(compared.out.splitlines()) == {
        "~ opportunity: auto_push: False -> True",
        "~ opportunity: name: direction two_way -> dynamics_to_oneflow",
        "- opportunity: estimatedvalue two_way amount",
        "+ opportunity: new_count two_way reference",
    }
    assert running.run("mapping", "import", str(file), "--dry-run").code == 0
    assert running.run("mapping", "diff", str(file)).code == 1, "a dry run saves nothing"
    assert running.run("mapping", "import", str(file), answer="n\n").code == 1
    assert running.run("mapping", "import", str(file), "--yes").code == 0
    assert running.run("mapping", "diff", str(file)).code == 0
    assert json.loads(running.run("mapping", "export", "--entity", "opportunity").out) == json.loads(
        running.run("mapping", "export").out
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "cannot be read as JSON"),
        ('{"fields": []}', "needs the form"),
        ('{"mappings": [{"entity": "opportunity"}, {"entity": "opportunity"}]}', "two mappings for one table"),
        ('{"mappings": [{"entity": "nosuch", "fields": []}]}', "no table"),
        (
            '{"mappings": [{"entity": "opportunity", "fields": [{"dynamics_column": "name", "oneflow_field": "x",'
            ' "direction": "both"}]}]}',
            "row 1, direction",
        ),
        (
            '{"mappings": [{"entity": "opportunity", "fields": [{"dynamics_column": "ownerid", "oneflow_field": "x",'
            ' "direction": "two_way"}]}]}',
            "row 1, direction",
        ),
    ],
)
def test_a_bad_mapping_file_is_refused_with_the_place(running: Desk, tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "mapping.json"
    file.write_text(content)

    done = running.run("mapping", "import", str(file), "--yes")

    assert done.code == 1
    assert told in done.err


def test_exporting_what_is_not_mapped_is_refused(running: Desk) -> None:
    assert "quotation" in running.run("mapping", "export", "--entity", "quotation").err


# --- dead letters -------------------------------------------------------------------------------------------------


def test_a_dead_letter_is_listed_replayed_and_gone(running: Desk, stage: Stage) -> None:
    contract = stage.contract()
    with running.settings():
        letters = running.operator._letters
        letters.add(contract, "refused", "It was refused.", SyncJob(contract, "reconcile"))
    [letter] = running.run("dead-letters", "list", "--json").json["dead_letters"]
    assert letter["contract_id"] == contract
    assert str(contract) in running.run("dead-letters", "list").out

    assert running.run("dead-letters", "replay", "--all").out.strip() == "1 of 1 put back on the queue."
    stage.until(lambda: not running.run("dead-letters", "list", "--json").json["dead_letters"], "its success closes it")

    assert running.run("dead-letters", "list").out.strip() == "No job was given up on."
    assert running.run("dead-letters", "replay", letter["id"]).code == 1
    assert running.run("dead-letters", "replay").code == 2


# --- history ------------------------------------------------------------------------------------------------------


def test_a_history_shows_values_only_when_asked(running: Desk, stage: Stage) -> None:
    contract = str(stage.contract())
    stage.edit_record(name=SECRET)
    stage.push(int(contract))

    plain = running.run("history", "show", contract)
    as_json = running.run("history", "show", contract, "--json")
    open_ = running.run("history", "show", contract, "--values")

    assert "customer_name" in plain.out
    assert SECRET not in plain.out + as_json.out
    assert SECRET in open_.out
    assert len(running.run("history", "show", contract, "--json", "--field", "customer_name").json["entries"]) == 2
    assert running.run("history", "show", "1").out.strip() == "No history."


def test_a_history_that_was_tampered_with_is_found_and_an_erased_one_is_whole(running: Desk, stage: Stage) -> None:
    contract = str(stage.contract())
    stage.edit_record(name="Second")
    stage.push(int(contract))
    assert "whole, 2 entries" in running.run("history", "verify", contract).out
    assert running.run("history", "verify", "--all").code == 0
    assert running.run("history", "verify", "1").code == 1

    with running.settings():
        table = running.operator.store.table("contracts")
        query = f"PartitionKey eq '{running.operator._account}-{contract}'"
        entry = next(row for row in table.query_entities(query) if row["RowKey"].startswith("h"))
        table.delete_entity(entry["PartitionKey"], entry["RowKey"])
    done = running.run("history", "verify", contract)
    assert (done.code, "NOT WHOLE" in done.out) == (1, True)

    assert running.run("history", "erase", contract, answer="n\n").code == 1
    assert "erased" in running.run("history", "erase", contract, "--yes").out
    assert running.run("history", "show", contract).out.strip() == "No history."


# --- reconcile ----------------------------------------------------------------------------------------------------


def test_reconcile_now_finds_what_no_event_announced(running: Desk, stage: Stage) -> None:
    contract = stage.contract()
    running.world.oneflow.world.state.webhooks.clear()
    stage.edit_contract(contract, customer_name="Nobody told")
    stage.drain()
    assert stage.record("name") != "Nobody told"

    done = running.run("reconcile", "now", "--entity", "opportunity")
    assert re.search(r"Due now: \d+ contract", done.out)
    with running.settings():
        running.operator.reconcile.run()  # the timer's next turn
    stage.until(lambda: stage.record("name") == "Nobody told", "the link was looked at")
    assert running.run("reconcile", "now", "--entity", "quotation").code == 1


# --- keys ---------------------------------------------------------------------------------------------------------


def restart_app(desk: Desk, sign_keys: str) -> None:
    """The app's setting was changed in the portal, which starts it anew."""
    import os

    os.environ["ONEFLOW_SIGN_KEYS"] = sign_keys
    bootstrap.exchange(None)


def test_keys_are_rotated_without_a_lost_webhook(running: Desk, stage: Stage) -> None:
    old = running.env["ONEFLOW_SIGN_KEYS"]
    contract = stage.contract()
    try:
        assert "keys new" in running.run("keys", "rotate").out, "with one key it says how to begin"
        new = running.run("keys", "new").out.strip()
        running.env["ONEFLOW_SIGN_KEYS"] = f"{new},{old}"

        early = running.run("keys", "rotate")
        assert (early.code, "does not take the new key yet" in early.err) == (1, True)
        assert "in the app's settings" in early.err and "key vault" in early.err
        assert {hook.sign_key for hook in running.world.oneflow.world.state.webhooks.values()} == {old}

        restart_app(running, f"{new},{old}")
        assert "Nothing was done" in running.run("keys", "rotate", "--dry-run").out
        switched = running.run("keys", "rotate")
        assert (switched.code, "Keep the old key" in switched.out) == (0, True)
        assert {hook.sign_key for hook in running.world.oneflow.world.state.webhooks.values()} == {new}
        assert running.run("connect", "--dry-run", "--json").json["changes"] == []
        stage.edit_contract(contract, customer_name="Signed anew")
        stage.drain()
        stage.until(lambda: stage.record("name") == "Signed anew", "the new key's webhook arrives")
        assert keys.probe(_callback(running), old) == 200, "what the old key signed is taken still"

        with running.settings():
            running.operator.marks.set("webhooks_key_switched_at", "2026-01-01T00:00:00Z")
        assert "Remove all but the first key" in running.run("keys", "rotate").out
        running.env["ONEFLOW_SIGN_KEYS"] = new
        restart_app(running, new)
        assert "signed with the one key" in running.run("keys", "rotate").out
        assert keys.probe(_callback(running), old) == 401
    finally:
        restart_app(running, old)


REFERENCE = "@Microsoft.KeyVault(SecretUri=https://kv-sync-x.vault.azure.net/secrets/oneflow-sign-keys/)"
TOOL = "python -m cli --env prod.env"


def test_keys_that_lie_in_a_key_vault_are_changed_there_and_never_in_the_setting() -> None:
    """A setting that held the keys themselves would hold them in plain text."""
    place = place_of(REFERENCE)
    assert place == ("kv-sync-x", "oneflow-sign-keys")
    begin, end = keys._begin(place, TOOL), keys._end(place, TOOL)
    where = "--vault-name kv-sync-x --name oneflow-sign-keys"
    assert begin[2] == f'az keyvault secret set {where} --value "$NEW,$OLD" -o none'
    assert begin[3:] == [f"{TOOL} azure refresh", f"{TOOL} --sign-in az keys rotate"]
    assert f"az keyvault secret set {where}" in end and "cut -d, -f1" in end and "azure refresh" in end
    told = " ".join([*begin, end, keys._not_taken(401, place, TOOL)])
    assert "app's settings" not in told and "azure refresh" in keys._not_taken(401, place, TOOL)
    for text in (keys._begin(None, TOOL)[1], keys._end(None, TOOL)):
        assert "app's settings" in text and "key vault" in text, "the tool's settings need not be as the app's are"


@pytest.mark.parametrize("given", ["", "key1,key2", "@Microsoft.KeyVault(VaultName=kv;SecretName=x)"])
def test_keys_that_stand_in_the_settings_are_in_no_vault(given: str) -> None:
    assert place_of(given) is None


def _callback(desk: Desk) -> str:
    with desk.settings():
        return desk.operator.callback_url or ""


def test_without_a_webhook_there_is_nothing_to_rotate(running: Desk) -> None:
    running.world.oneflow.world.state.webhooks.clear()

    done = running.run("keys", "rotate")

    assert (done.code, "connect" in done.err) == (1, True)


def test_every_command_says_what_it_is_for(running: Desk) -> None:
    for words in (
        [],
        ["mapping"],
        ["dead-letters"],
        ["history"],
        ["links"],
        ["reconcile"],
        ["keys"],
        ["connect"],
        ["doctor"],
    ):
        assert running.run(*words, "--help").code == 0
