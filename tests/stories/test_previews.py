"""What a person sees before they press: the plan, who changed what as far as it is known, and a contract's values."""

from __future__ import annotations

from typing import Any

from tests.stories.stage import Stage, line


def test_a_preview_says_what_is_known_of_who_changed_a_field(stage: Stage) -> None:
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name="Typed by a colleague")
    known = line(stage.preview(contract, "push"), "customer_name")["known"]
    assert known["dynamics_changed"] is True
    assert known["oneflow_changed"] is False
    assert known["record_modified_by"] == "Aksel Colleague"
    assert known["our_last_write"]["cause"] == "create"


def test_a_preview_says_which_contract_brought_a_value(stage: Stage) -> None:
    first, second = stage.contract(), stage.contract()
    stage.edit_contract(first, customer_name="From the first contract")
    stage.drain()
    stage.until(lambda: stage.record("name") == "From the first contract", "Dynamics follows")
    stage.drain()
    known = line(stage.preview(second, "push"), "customer_name")["known"]
    assert known["from_contract"]["contract_id"] == first
    assert line(stage.preview(first, "push"), "customer_name")["known"]["from_contract"] is None


def test_a_preview_of_a_creation_makes_nothing_and_tells_what_would_go(stage: Stage) -> None:
    seed = stage.world.oneflow_seed
    before = len(stage.world.oneflow.world.state.contracts)
    route = f"records/opportunity/{stage.record_id}/preview"
    query = f"template_id={seed.FRAME_TEMPLATE}&workspace_id={seed.SALES}"
    preview = stage.ok("GET", f"{route}?{query}")
    assert line(preview, "customer_name")["to"] == "Nordlys"
    assert line(preview, "amount")["to"] == "1250000.00"
    assert len(stage.world.oneflow.world.state.contracts) == before


def test_a_preview_of_a_creation_names_a_wrong_template(stage: Stage) -> None:
    route = f"records/opportunity/{stage.record_id}/preview?template_id=1&workspace_id=1"
    answer = stage.call("GET", route)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "template_id"


def test_the_cards_say_whether_the_table_is_set_up(stage: Stage) -> None:
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["set_up"] is True
    quote = stage.world.dataverse_seed.QUOTE
    assert stage.ok("GET", f"records/quote/{quote}/contracts") == {
        "contracts": [],
        "looked_for": [],
        "next": None,
        "not_in_force": None,
        "set_up": False,
        "unclear": [],
    }, "though the application may not even read quotes"


def test_a_card_counts_its_syncs_though_two_may_share_a_second(stage: Stage) -> None:
    """An open page sees by `revision` that values came: a card's times have whole seconds."""
    contract = stage.contract()
    seen = [stage.card(contract)["revision"]]
    for name in ("First", "Second", "Third"):
        stage.edit_record(name=name)
        stage.push(contract)
        seen.append(stage.card(contract)["revision"])
    assert seen == sorted(set(seen)), "each is news"
    stage.look(contract)
    assert stage.card(contract)["revision"] == seen[-1], "a look that finds nothing is none"


def undo_of_the_last_entry(stage: Stage, contract: int) -> tuple[str, dict[str, Any]]:
    entry = stage.history(contract)[0]
    assert entry["undoable"] is True
    return entry["entry_id"], stage.ok("GET", f"contracts/{contract}/preview?action=undo&entry_id={entry['entry_id']}")


def test_an_undo_has_a_preview_that_writes_nothing_and_is_then_done_exactly(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Pushed too soon")
    stage.push(contract)
    stage.drain()
    stage.forget_requests()
    entry, plan = undo_of_the_last_entry(stage, contract)
    assert (line(plan, "customer_name")["from"], line(plan, "customer_name")["to"]) == ("Pushed too soon", "Nordlys")
    assert plan["left_different"] == ["customer_name"]
    assert stage.writes() == []
    stage.edit_contract(contract, customer_name="Typed meanwhile")
    route = f"contracts/{contract}/history/{entry}/undo"
    stale = stage.call("POST", route, {"plan_id": plan["plan_id"]})
    assert stale.status_code == 409
    assert stale.json()["plan_id"] != plan["plan_id"]
    assert stage.text(contract, "customer_name") == "Typed meanwhile"
    stage.edit_contract(contract, customer_name="Pushed too soon")
    again = undo_of_the_last_entry(stage, contract)[1] if stage.history(contract)[0]["entry_id"] == entry else plan
    assert stage.ok("POST", route, {"plan_id": again["plan_id"]})["outcome"] == "synced"
    assert stage.text(contract, "customer_name") == "Nordlys"


def test_a_keep_has_a_preview_that_says_what_becomes_of_the_records_other_contracts(stage: Stage) -> None:
    stage.map(conflict_policy="ask")
    contract, sent, signed = stage.contract(), stage.contract(name="Sent"), stage.contract(name="Signed by all")
    stage.edit_record(description="Before")
    for one in (contract, sent, signed):
        stage.push(one)
    stage.world.oneflow.people.sign_all(signed)
    stage.look(signed)
    with stage.silently():
        stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.look(contract)
    (conflict,) = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    asked = f"oneflow_field=description&conflict_id={conflict['conflict_id']}"
    stage.forget_requests()
    plan = stage.ok("GET", f"contracts/{contract}/preview?action=keep&keep=oneflow&{asked}")
    assert (line(plan, "description")["from"], line(plan, "description")["to"]) == ("Ours", "Theirs")
    told = {one["contract_id"]: (one["effect"], one["state"], one["fields"]) for one in plan["siblings"]}
    assert told == {
        sent: ("waits_for_push", "pending", ["Description"]),
        signed: ("differs", "signed", ["Description"]),
    }
    ours = stage.ok("GET", f"contracts/{contract}/preview?action=keep&keep=dynamics&{asked}")
    assert ours["siblings"] == []
    assert stage.writes() == []
    body = {"oneflow_field": "description", "conflict_id": conflict["conflict_id"], "keep": "oneflow"}
    stage.ok("POST", f"contracts/{contract}/conflicts", body | {"plan_id": plan["plan_id"]})
    assert stage.record("description") == "Theirs"
    for one, waiting in ((sent, 1), (signed, 1)):
        stage.look(one)
        assert stage.card(one)["waiting_for_push"] == waiting, "as the preview said"


def test_an_undo_on_a_signed_contract_says_that_the_record_will_differ(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Agreed at the table")
    stage.until(lambda: stage.record("name") == "Agreed at the table", "Dynamics follows")
    stage.drain()
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    entries = [one for one in stage.history(contract) if one["cause"] == "webhook"]
    plan = stage.ok("GET", f"contracts/{contract}/preview?action=undo&entry_id={entries[0]['entry_id']}")
    assert (plan["state"], plan["left_different"]) == ("signed", ["customer_name"])


def test_a_preview_says_what_is_missing_in_the_question(stage: Stage) -> None:
    contract = stage.contract()
    for query, text in (("action=undo", "entry_id"), ("action=keep&keep=oneflow", "conflict_id")):
        answer = stage.call("GET", f"contracts/{contract}/preview?{query}")
        assert answer.status_code == 400
        assert text in answer.json()["detail"]
    assert stage.call("GET", f"contracts/{contract}/preview?action=undo&entry_id=none").status_code == 404


def test_no_undo_is_offered_where_the_contract_takes_none(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Pushed")
    stage.push(contract)
    assert stage.history(contract)[0]["undoable"] is True
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    pushed = next(one for one in stage.history(contract) if one["action"] == "push")
    assert pushed["undoable"] is False
