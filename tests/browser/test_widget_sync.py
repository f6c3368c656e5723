"""The widget on a form: create, push, fetch, and values that travel by themselves. Real clicks only."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.form import Form
from tests.browser.watch import watched
from tests.stories.stage import Stage


def test_a_contract_is_created_with_the_values_that_were_shown(stage: Stage, open_page: OpenPage) -> None:
    form = Form(stage, open_page)
    form.says("No contracts yet")
    form.button("Create contract").click()
    form.dialog.get_by_label("Contract name").fill("Delivery 2026")
    expect(form.dialog.get_by_role("checkbox", name="Ola Kjoper")).to_be_checked()
    expect(form.dialog.get_by_role("definition").filter(has_text="1250000.00")).to_be_visible()
    form.press("Create draft")
    form.says("“Delivery 2026” was created.")
    made = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
    assert [card["name"] for card in made] == ["Delivery 2026"]
    assert stage.text(made[0]["contract_id"], "amount") == "1250000.00"
    people = stage.world.oneflow.world.state.contracts[made[0]["contract_id"]].participants()
    assert "ola@nordlys.example" in [person.email for _, person in people]
    expect(form.card(made[0]["contract_id"]).get_by_role("heading")).to_be_focused()


def test_a_person_typed_in_by_hand_needs_a_name_and_an_address(stage: Stage, open_page: OpenPage) -> None:
    form = Form(stage, open_page)
    form.button("Create contract").click()
    expect(form.dialog.get_by_text("No counterparty is chosen")).to_have_count(0)
    form.dialog.get_by_role("checkbox", name="Ola Kjoper").uncheck()
    expect(form.dialog.get_by_text("No counterparty is chosen")).to_be_visible()
    form.dialog.get_by_role("button", name="Add a person").click()
    form.dialog.get_by_label("Name", exact=True).fill("Per Person")
    form.press("Create draft")
    expect(form.dialog.get_by_text("Enter a valid e-mail address.")).to_be_visible()
    form.dialog.get_by_label("E-mail").fill("per@nordlys.example")
    form.press("Create draft")
    form.says("was created.")


def test_what_the_counterparty_types_reaches_the_form_by_itself(stage: Stage, open_page: OpenPage) -> None:
    stage.contract()
    form = Form(stage, open_page, beside="yes").ready()
    beside = form.contract
    beside.get_by_label("Customer name").fill("Nordlys Gruppen AS")
    beside.get_by_role("button", name="Save changes").click()
    expect(form.field("Topic")).to_have_value("Nordlys Gruppen AS")
    assert stage.record("name") == "Nordlys Gruppen AS"


def test_a_push_shows_what_will_change_and_writes_exactly_that(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    form = Form(stage, open_page).ready()
    form.type("Est. revenue", "99.50")
    form.save()
    form.button("Push updates to Oneflow").click()
    change = form.dialog.get_by_role("listitem").filter(has_text="Est. revenue")
    expect(change).to_contain_text("1250000.00")
    expect(change).to_contain_text("99.50")
    expect(change).to_contain_text("the record was last saved by Aksel Colleague")
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert stage.text(contract, "amount") == "99.50"


def test_a_stale_preview_is_refused_and_the_new_one_shown(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.edit_record(name="First thought")
    form = Form(stage, open_page).ready()
    watched(form.page).expect_status(409)
    form.button("Push updates to Oneflow").click()
    expect(form.dialog.get_by_text("First thought")).to_be_visible()
    stage.edit_record(name="Second thought")
    form.press("Push")
    expect(form.dialog.get_by_text("The values changed since you looked.")).to_be_visible()
    assert stage.text(contract, "customer_name") == "Nordlys"
    expect(form.dialog.get_by_text("Second thought")).to_be_visible()
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert stage.text(contract, "customer_name") == "Second thought"


def test_a_draft_is_fetched_by_hand_and_the_form_follows(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract(publish=False)
    stage.edit_contract(contract, "colleague", description="Typed in the draft")
    form = Form(stage, open_page).ready()
    form.choose(contract, "Fetch updates from Oneflow")
    expect(form.dialog.get_by_text("Typed in the draft")).to_be_visible()
    form.press("Fetch")
    form.says("1 field updated in Dynamics.")
    expect(form.field("Description")).to_have_value("Typed in the draft")


def test_who_does_not_want_to_look_first_pushes_with_one_click(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    form = Form(stage, open_page).ready()
    form.button("More").click()
    form.widget.get_by_role("menuitem", name="Push and fetch without showing changes first").click()
    form.type("Topic", "At once")
    form.save()
    form.button("Push updates to Oneflow").click()
    form.says("Updates pushed to 1 contract.")
    assert stage.text(contract, "customer_name") == "At once"
    form.page.reload()
    form.button("Push updates to Oneflow").click()
    form.says("Nothing to push")


def test_unsaved_edits_are_saved_before_a_push(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    form = Form(stage, open_page).ready()
    form.type("Topic", "Typed, not saved")
    form.button("Push updates to Oneflow").click()
    form.press("Save and push")
    expect(form.dialog.get_by_text("Typed, not saved")).to_be_visible()
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert stage.text(contract, "customer_name") == "Typed, not saved"


def test_a_push_over_many_contracts_tells_of_each(stage: Stage, open_page: OpenPage) -> None:
    contracts = [stage.contract() for _ in range(3)]
    stage.world.oneflow.people.sign_all(contracts[0])
    stage.look(contracts[0])
    stage.edit_record(name="For all of them")
    form = Form(stage, open_page).ready()
    form.button("Push updates to Oneflow").click()
    expect(form.dialog.get_by_text("For all of them")).to_have_count(2)
    expect(form.dialog.get_by_text("1 closed contract is left unchanged.")).to_be_visible()
    form.press("Push")
    form.says("Updates pushed to 2 contracts.")
    assert [stage.text(one, "customer_name") for one in contracts] == ["Nordlys", "For all of them", "For all of them"]


def test_a_field_that_was_left_says_why_on_the_card(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract(publish=False)
    stage.edit_contract(contract, "colleague", is_priority="Perhaps", description="Fine")
    form = Form(stage, open_page).ready()
    form.choose(contract, "Fetch updates from Oneflow")
    form.press("Fetch")
    expect(form.card(contract)).to_contain_text("1 of 2 fields updated.")
    expect(form.card(contract)).to_contain_text("Priority: Not one of Yes, No")


def test_a_second_look_finds_the_same_record_after_the_frame_was_made_anew(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    form = Form(stage, open_page).ready()
    form.page.get_by_role("tab", name="More").click()
    form.page.get_by_role("tab", name="Summary").click()
    expect(form.card(contract)).to_be_visible()
    form.type("Topic", "After the frame was made anew")
    form.button("Push updates to Oneflow").click()  # it knows the form, which holds edits
    expect(form.dialog.get_by_text("The form has unsaved changes.")).to_be_visible()


def test_a_record_that_is_not_saved_has_no_contracts_until_it_is(stage: Stage, open_page: OpenPage) -> None:
    form = Form(stage, open_page, new="yes")
    form.says("Save this record to create a contract.")
    form.type("Topic", "Brand new")
    form.save()
    form.says("No contracts yet")
    form.button("Create contract").click()
    expect(form.dialog.get_by_label("Contract name")).to_have_value("Brand new")


def test_the_address_alone_tells_the_record(stage: Stage, browser_page: Page) -> None:
    contract = stage.contract(name="By its address")
    query = f"typename=opportunity&id=%7B{stage.record_id.upper()}%7D&userlcid=1033"
    browser_page.goto(f"{stage.world.app_url}/api/ui/widget.html?{query}")
    expect(browser_page.locator(f"[data-contract='{contract}']")).to_contain_text("By its address")


def test_without_a_record_the_widget_says_where_it_belongs(stage: Stage, browser_page: Page) -> None:
    browser_page.goto(f"{stage.world.app_url}/api/ui/widget.html")
    expect(browser_page.get_by_text("Open this from a record in Dynamics")).to_be_visible()


def test_one_contract_is_pushed_from_its_own_menu(stage: Stage, open_page: OpenPage) -> None:
    chosen, other = stage.contract(), stage.contract()
    stage.edit_record(name="For one of them")
    form = Form(stage, open_page).ready()
    form.choose(chosen, "Push updates to Oneflow")
    expect(form.dialog.get_by_text("For one of them")).to_have_count(1)
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert [stage.text(one, "customer_name") for one in (chosen, other)] == ["For one of them", "Nordlys"]


def test_a_contract_that_loses_its_tick_is_left_by_a_push_over_many(stage: Stage, open_page: OpenPage) -> None:
    left, pushed = stage.contract(name="Left alone"), stage.contract(name="Pushed to")
    stage.edit_record(name="For the ticked")
    form = Form(stage, open_page).ready()
    form.button("Push updates to Oneflow").click()
    for name in ("Left alone", "Pushed to"):
        expect(form.dialog.get_by_role("checkbox", name=name)).to_be_checked()
    form.dialog.get_by_role("checkbox", name="Left alone").uncheck()
    form.press("Push")
    form.says("Updates pushed to 1 contract.")
    assert [stage.text(one, "customer_name") for one in (left, pushed)] == ["Nordlys", "For the ticked"]
    form.button("Push updates to Oneflow").click()
    form.dialog.get_by_role("checkbox", name="Left alone").uncheck()
    expect(form.dialog.get_by_role("button", name="Push", exact=True)).to_be_disabled()


def test_a_fetch_with_nothing_to_do_can_only_be_closed(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    form = Form(stage, open_page).ready()
    form.choose(contract, "Fetch updates from Oneflow")
    expect(form.dialog.get_by_text("Nothing to fetch")).to_be_visible()
    expect(form.dialog.locator(".foot button")).to_have_text(["Close"])
    expect(form.dialog.locator(".foot input")).to_have_count(0)
    form.dialog.locator(".foot button").click()
    expect(form.widget.get_by_role("dialog")).to_have_count(0)


def test_a_closed_contract_offers_no_push(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    form = Form(stage, open_page).ready()
    form.says("Signed: values are final")
    expect(form.button("Push updates to Oneflow")).to_have_count(0)
    form.card(contract).get_by_role("button", name="Actions for").click()
    expect(form.widget.get_by_role("menuitem", name="Fetch updates from Oneflow")).to_be_visible()
    expect(form.widget.get_by_role("menuitem", name="Push updates to Oneflow")).to_have_count(0)


def test_the_note_on_a_draft_says_how_often_it_is_looked_at(stage: Stage, open_page: OpenPage) -> None:
    stage.contract(publish=False)
    form = Form(stage, open_page).ready()
    form.says("The sync checks it every minute for an hour after its last change")
