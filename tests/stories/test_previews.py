"""What a person sees before they press: the plan, who changed what as far as it is known, and a contract's values."""

from __future__ import annotations

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
