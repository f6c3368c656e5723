"""The widget's second thoughts: conflicts, fields not yet agreed, history with undo, signatures, links."""

from __future__ import annotations

import re
import uuid

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.form import Form
from tests.browser.watch import watched
from tests.stories.stage import Stage


def in_conflict(stage: Stage, ours: str = "Our words", theirs: str = "Their words") -> int:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(description=ours)
    stage.edit_contract(contract, description=theirs)
    stage.drain()
    stage.until(lambda: stage.card(contract)["conflicts"] == 1, "the conflict is stored")
    return contract


def test_a_conflict_shows_both_values_and_one_is_kept(stage: Stage, open_page: OpenPage) -> None:
    contract = in_conflict(stage)
    form = Form(stage, open_page).ready()
    card = form.card(contract)
    expect(card).to_contain_text("Description was changed in both systems.")
    expect(card).to_contain_text("Our words")
    card.get_by_role("button", name="Keep Oneflow for Description").click()
    expect(form.dialog.get_by_role("listitem").filter(has_text="Description")).to_contain_text("Their words")
    assert stage.record("description") == "Our words", "a look writes nothing"
    form.press("Keep Oneflow")
    expect(card.get_by_role("button", name="Keep Oneflow for Description")).to_have_count(0)
    assert stage.record("description") == "Their words"
    expect(form.field("Description")).to_have_value("Their words")


def test_a_conflict_that_moved_is_decided_anew(stage: Stage, open_page: OpenPage) -> None:
    contract = in_conflict(stage)
    form = Form(stage, open_page).ready()
    watched(form.page).expect_status(409)
    card = form.card(contract)
    expect(card).to_contain_text("Their words")
    with stage.silently():
        stage.edit_record(description="Our second words")
    card.get_by_role("button", name="Keep Oneflow for Description").click()
    expect(card).to_contain_text("The values have changed in the meantime.")
    expect(card).to_contain_text("Our second words")
    assert stage.record("description") == "Our second words"
    card.get_by_role("button", name="Keep Dynamics for Description").click()
    form.press("Keep Dynamics")
    expect(card.get_by_role("button", name="Keep Dynamics for Description")).to_have_count(0)
    assert stage.text(contract, "description") == "Our second words"


def test_a_linked_contract_writes_nothing_and_shows_what_differs(stage: Stage, open_page: OpenPage) -> None:
    foreign = stage.foreign_contract()
    stage.edit_contract(foreign, customer_name="Another name")
    form = Form(stage, open_page).ready()
    form.button("More").click()
    form.widget.get_by_role("menuitem", name="Link a contract").click()
    form.dialog.get_by_label("Contract").fill("not a number")
    form.press("Link a contract")
    expect(form.dialog.get_by_text("Enter a contract")).to_be_visible()
    form.dialog.get_by_label("Contract").fill(f"https://app.oneflow.com/contracts/{foreign}")
    form.press("Link a contract")
    form.says("Nothing was written.")
    stage.look(foreign)
    form.look_again()
    expect(form.card(foreign)).to_contain_text("Topic differs between the two systems.")
    form.card(foreign).get_by_role("button", name="Keep Dynamics for Topic").click()
    form.press("Keep Dynamics")
    expect(form.card(foreign).get_by_role("button", name="Keep Dynamics for Topic")).to_have_count(0)
    assert stage.text(foreign, "customer_name") == "Nordlys"


def test_a_link_elsewhere_is_moved_only_when_asked(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract(name="Travels with its quote")
    stage.record_id = stage.world.new_opportunity({"name": "The revised one"})
    form = Form(stage, open_page).ready()
    watched(form.page).expect_status(409)
    form.button("More").click()
    form.widget.get_by_role("menuitem", name="Link a contract").click()
    form.dialog.get_by_label("Contract").fill(str(contract))
    form.press("Link a contract")
    expect(form.dialog.get_by_text("This contract is linked to another record.")).to_be_visible()
    form.press("Move the link here")
    expect(form.card(contract)).to_contain_text("Travels with its quote")


def test_a_link_is_ended_after_a_question(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract(name="To be let go")
    form = Form(stage, open_page).ready()
    form.choose(contract, "Unlink")
    expect(form.dialog).to_contain_text(f"“To be let go” (contract {contract})")
    form.press("Unlink")
    form.says("“To be let go” is no longer linked.")
    expect(form.card(contract)).to_have_count(0)


def test_an_overwritten_value_is_taken_back_from_the_history(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Typed by mistake")
    stage.until(lambda: stage.record("name") == "Typed by mistake", "Dynamics follows")
    stage.drain()
    form = Form(stage, open_page).ready()
    expect(form.field("Topic")).to_have_value("Typed by mistake")
    form.choose(contract, "Sync details")
    entry = form.dialog.get_by_role("listitem").filter(has_text="Change in Oneflow").first
    expect(entry).to_contain_text("Nordlys")
    entry.get_by_role("button", name="Undo").click()
    expect(form.dialog.get_by_role("heading", name="Undo entry")).to_be_visible()
    expect(form.dialog).to_contain_text("Contract and record will differ here until somebody pushes or fetches.")
    assert stage.record("name") == "Typed by mistake"
    form.press("Undo")
    expect(form.dialog.get_by_text("1 field put back.")).to_be_visible()
    expect(form.dialog.get_by_text("undone").first).to_be_visible()
    form.dialog.get_by_role("button", name="Close").last.click()
    expect(form.field("Topic")).to_have_value("Nordlys")
    assert stage.record("name") == "Nordlys"


def test_an_undo_of_what_was_changed_since_says_what_it_left(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="First")
    stage.until(lambda: stage.record("name") == "First", "Dynamics follows")
    stage.drain()
    stage.edit_record(name="Typed over it")
    form = Form(stage, open_page).ready()
    form.choose(contract, "Sync details")
    entry = form.dialog.get_by_role("listitem").filter(has_text="Change in Oneflow").first
    entry.get_by_role("button", name="Undo").click()
    expect(form.dialog.get_by_text("The field was changed since then").first).to_be_visible()
    expect(form.dialog.get_by_role("button", name="Undo", exact=True)).to_have_count(0)
    form.dialog.get_by_role("button", name="Close").last.click()
    assert stage.record("name") == "Typed over it"


def test_signatures_are_taken_back_only_when_a_person_says_so(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign(contract)
    stage.edit_record(name="Changed after a signature")
    stage.drain()
    form = Form(stage, open_page).ready()
    form.button("Push updates to Oneflow").click()
    expect(form.dialog.get_by_text("Somebody has signed already.")).to_be_visible()
    expect(form.dialog.get_by_role("button", name="Push", exact=True)).to_be_disabled()
    assert stage.text(contract, "customer_name") == "Nordlys"
    form.dialog.get_by_role("checkbox", name="Change it and remove the signatures").check()
    expect(form.dialog.get_by_text("Changed after a signature")).to_be_visible()
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert stage.text(contract, "customer_name") == "Changed after a signature"


def test_one_click_asks_all_the_same_where_signatures_are_at_stake(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign(contract)
    stage.edit_record(name="Changed after a signature")
    stage.drain()
    form = Form(stage, open_page).ready()
    form.button("More").click()
    form.widget.get_by_role("menuitem", name="Push and fetch without showing changes first").click()
    form.button("Push updates to Oneflow").click()
    expect(form.dialog.get_by_text("Somebody has signed already.")).to_be_visible()
    assert stage.text(contract, "customer_name") == "Nordlys"


def test_what_a_counterparty_types_is_shown_as_text_whatever_it_holds(stage: Stage, open_page: OpenPage) -> None:
    hostile = "<img src=x onerror=alert(1)><script>alert(2)</script> ${7*7} javascript:alert(3)"
    contract = in_conflict(stage, "<b>Ours</b>", hostile)
    form = Form(stage, open_page).ready()
    expect(form.card(contract)).to_contain_text(hostile)
    expect(form.card(contract)).to_contain_text("<b>Ours</b>")
    form.choose(contract, "Fetch updates from Oneflow")
    expect(form.dialog.get_by_text(hostile)).to_be_visible()
    form.press("Fetch")
    form.choose(contract, "Sync details")
    expect(form.dialog.get_by_text(hostile).first).to_be_visible()
    assert form.frame.evaluate("document.querySelectorAll('img, script:not([src])').length") == 0


def test_an_undo_asks_before_it_takes_signatures_back(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Pushed too soon")
    stage.push(contract)
    stage.world.oneflow.people.sign(contract)
    stage.drain()
    form = Form(stage, open_page).ready()
    form.choose(contract, "Sync details")
    entry = form.dialog.get_by_role("listitem").filter(has_text="Push").first
    entry.get_by_role("button", name="Undo").click()
    expect(form.dialog.get_by_text("Somebody has signed already.")).to_be_visible()
    expect(form.dialog.get_by_role("button", name="Undo", exact=True)).to_be_disabled()
    assert stage.text(contract, "customer_name") == "Pushed too soon"
    form.dialog.get_by_role("checkbox", name="Change it and remove the signatures").check()
    form.press("Undo")
    expect(form.dialog.get_by_text("1 field put back.")).to_be_visible()
    assert stage.text(contract, "customer_name") == "Nordlys"


def test_a_creation_that_may_be_one_of_several_is_answered_by_linking_one(stage: Stage, open_page: OpenPage) -> None:
    _, made = stage.unclear_creation(name := f"Delivery {uuid.uuid4().hex[:6]}")
    form = Form(stage, open_page).ready()
    form.says(f"“{name}” may have been created before.")
    expect(form.widget.get_by_role("link", name=f"Contract {min(made)}")).to_have_attribute(
        "href", re.compile(str(min(made)))
    )
    form.button(f"Link this one: contract {min(made)}").click()
    form.says(f"“{name}” is linked.")
    expect(form.card(min(made))).to_be_visible()
    expect(form.widget.get_by_text("may have been created before")).to_have_count(0)


def test_a_creation_that_may_be_one_of_several_is_answered_by_creating_another(
    stage: Stage, open_page: OpenPage
) -> None:
    _, made = stage.unclear_creation(name := f"Delivery {uuid.uuid4().hex[:6]}")
    form = Form(stage, open_page, userlcid="1053")
    form.says(f"”{name}” kan redan ha skapats.")
    form.button("Skapa ett nytt").click()
    expect(form.dialog.get_by_label("Avtalets namn")).to_have_value(name)
    form.press("Skapa utkast")
    form.says("har skapats.")
    expect(form.widget.get_by_text("kan redan ha skapats")).to_have_count(0)
    (card,) = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
    assert card["contract_id"] not in made


@pytest.mark.parametrize(
    ("language", "says", "create", "yes"),
    [
        ("1033", "Looking for “{}”.", "Create contract", "Create draft"),
        ("1053", "”{}” eftersöks.", "Skapa avtal", "Skapa utkast"),
    ],
)
def test_a_creation_whose_answer_was_lost_is_looked_for_until_it_is_found(
    stage: Stage, open_page: OpenPage, language: str, says: str, create: str, yes: str
) -> None:
    form = Form(stage, open_page, userlcid=language)
    watched(form.page).expect_status(503)
    form.button(create).click()
    name = f"Lost {uuid.uuid4().hex[:6]}"
    form.dialog.get_by_label(re.compile("^(Contract name|Avtalets namn)")).fill(name)
    expect(form.dialog.get_by_role("heading", level=3)).to_be_visible()
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
    form.press(yes)
    form.says(says.format(name))
    expect(form.widget.get_by_role("dialog")).to_have_count(0)
    (made,) = [one.id for one in stage.world.oneflow.world.state.contracts.values() if one.name == name]
    (lost,) = stage.world.services._creations.of_record("opportunity", stage.record_id)
    stage.put_job({"kind": "creation", "entity": lost.entity, "record_id": lost.record_id, "key": lost.key})
    stage.drain()
    expect(form.card(made)).to_be_visible(timeout=15_000)
    expect(form.widget.get_by_text(says.format(name))).to_have_count(0)


def test_cards_that_need_a_decision_come_first_and_are_counted(stage: Stage, open_page: OpenPage) -> None:
    contract = in_conflict(stage)
    newer = stage.contract(name="Made later")
    form = Form(stage, open_page).ready()
    form.says("1 contract needs a decision.")
    expect(form.widget.locator("[data-contract]").first).to_have_attribute("data-contract", str(contract))
    form.card(contract).get_by_role("button", name="Keep Dynamics for Description").click()
    form.press("Keep Dynamics")
    expect(form.widget.get_by_text("needs a decision")).to_have_count(0)
    expect(form.widget.locator("[data-contract]").first).to_have_attribute("data-contract", str(newer))


def test_a_keep_shows_what_becomes_of_the_records_other_contracts(stage: Stage, open_page: OpenPage) -> None:
    stage.map(conflict_policy="ask")
    contract, sent, signed = stage.contract(), stage.contract(name="Also sent"), stage.contract(name="Signed by all")
    stage.edit_record(description="Before")
    for one in (contract, sent, signed):
        stage.push(one)
    stage.world.oneflow.people.sign_all(signed)
    stage.look(signed)
    with stage.silently():
        stage.edit_record(description="Ours")
    stage.edit_contract(contract, description="Theirs")
    stage.look(contract)
    form = Form(stage, open_page).ready()
    form.card(contract).get_by_role("button", name="Keep Oneflow for Description").click()
    expect(form.dialog).to_contain_text("Other contract “Also sent”: Description then waits for a push.")
    expect(form.dialog).to_contain_text("Other contract “Signed by all” is signed and keeps its values")


def test_an_undo_on_a_signed_contract_says_that_the_record_will_differ(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Agreed at the table")
    stage.until(lambda: stage.record("name") == "Agreed at the table", "Dynamics follows")
    stage.drain()
    stage.edit_record(estimatedvalue="5.00")
    stage.push(contract)
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    form = Form(stage, open_page).ready()
    form.choose(contract, "Sync details")
    pushed = form.dialog.get_by_role("listitem").filter(has_text="Push").first
    expect(pushed).to_contain_text("5.00")
    expect(pushed.get_by_role("button", name="Undo")).to_have_count(0)
    fetched = form.dialog.get_by_role("listitem").filter(has_text="Change in Oneflow").first
    fetched.get_by_role("button", name="Undo").click()
    expect(form.dialog).to_contain_text("This contract is signed; the record will differ from it.")
    form.press("Undo")
    expect(form.dialog.get_by_text("1 field put back.")).to_be_visible()
    assert stage.record("name") == "Nordlys"
