"""An administrator maps fields: rows, directions, what is refused and why, and saving."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Dialog, Page, expect

from sandbox.dataverse import seed
from sandbox.world import World
from tests.browser.conftest import OpenPage
from tests.browser.form import Form
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage


def mapping(stage: Stage) -> dict[str, dict[str, Any]]:
    return {row["dynamics_column"]: row for row in stage.ok("GET", "entities/opportunity/mapping")["fields"]}


def test_a_field_is_mapped_saved_and_filled_in_the_next_contract(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.add("Stage")
    number = len(ROWS) + 1
    expect(settings.cell("Oneflow field", number)).to_have_value("stage")  # the data field of that name
    expect(settings.page.get_by_text("You have unsaved changes")).to_be_visible()
    settings.save()
    expect(settings.saved()).to_contain_text("within 30 s")
    expect(settings.page.get_by_text("All changes saved")).to_be_visible()
    assert mapping(stage)["new_stage"]["direction"] == "sync_once"
    stage.edit_record(new_stage=100000001)
    contract = stage.contract()
    assert stage.text(contract, "stage") == "Negotiation"


def test_the_date_of_signing_is_mapped_from_the_contract_and_goes_one_way(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Wall date")
    settings.choose("Oneflow field", number, "Contract: signed on")
    expect(settings.cell("Sync direction", number)).to_have_value("oneflow_to_dynamics")
    settings.save()
    # What comes from the contract goes into none.
    expect(settings.saved()).to_contain_text(f"{len(ROWS)} fields are filled in in new contracts")
    saved = mapping(stage)["new_walldate"]
    assert (saved["oneflow_kind"], saved["oneflow_field"]) == ("contract", "signed_on")
    assert saved["direction"] == "oneflow_to_dynamics"


def test_what_a_column_cannot_show_of_a_contract_stands_in_its_row(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Count")
    settings.choose("Oneflow field", number, "Contract: state")
    words = "Choose a text or choice column."
    problem = browser_page.locator(".problem", has_text=words)
    expect(problem).to_be_visible()
    expect(settings.save_button).to_have_attribute("aria-disabled", "true")


def test_a_calculated_column_is_no_place_for_what_a_contract_shows_whatever_its_type(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Calculated")
    settings.choose("Oneflow field", number, "Contract: state")
    problem = browser_page.locator(".problem", has_text="Dynamics calculates it, so it cannot be written.")
    expect(problem).to_be_visible()


def test_two_way_is_not_offered_for_a_lookup_and_the_reason_is_shown(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Contact", "reference")
    settings.cell("Sync direction", number).click()
    refused = settings.cell("Sync direction", number).get_by_role("option", name="Two-way sync")
    expect(refused).to_be_disabled()
    expect(refused).to_contain_text("A lookup is stored as a reference")
    browser_page.keyboard.press("Escape")
    expect(settings.cell("Sync direction", number)).to_have_value("sync_once")


def test_a_column_that_allows_less_takes_the_direction_along_and_says_so(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.choose("Dynamics field", 1, "Potential customer")
    expect(settings.cell("Sync direction", 1)).to_have_value("dynamics_to_oneflow")
    described = settings.cell("Sync direction", 1).get_attribute("aria-describedby")
    assert described
    expect(browser_page.locator(f"#{described}")).to_contain_text("this field allows no more")


def test_what_is_wrong_stands_under_its_cell_and_keeps_the_mapping_from_being_saved(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Topic")
    for row in (1, number):
        expect(settings.cell("Dynamics field", row)).to_have_attribute("aria-invalid", "true")
    expect(browser_page.get_by_text("This Dynamics field is already mapped.")).to_have_count(2)
    expect(settings.button("2 rows need attention")).to_be_visible()
    expect(settings.save_button).to_have_attribute("aria-disabled", "true")
    settings.choose("Dynamics field", number, "Count")
    expect(settings.save_button).to_have_attribute("aria-disabled", "true")
    settings.tab("General")
    settings.button("1 row needs attention").click()
    expect(settings.cell("Oneflow field", number)).to_be_focused()
    expect(browser_page.get_by_text("Enter a Oneflow field name.")).to_be_visible()
    settings.cell("Oneflow field", number).fill("CUSTOMER_NAME")
    browser_page.keyboard.press("Tab")
    expect(browser_page.get_by_text("This Oneflow field is already used.")).to_have_count(2)
    assert "new_count" not in mapping(stage)


def test_a_row_is_removed_when_that_is_saved_and_not_before(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.remove(2)
    settings.ready(len(ROWS) - 1)
    expect(settings.page.get_by_role("button", name="Remove row 2", exact=True)).to_be_focused()
    assert "estimatedvalue" in mapping(stage)
    settings.save()
    settings.saved()
    assert "estimatedvalue" not in mapping(stage)


def test_changes_are_discarded_after_a_question_and_never_lost_by_leaving_the_tab(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.remove(1)
    settings.tab("Sync log")
    settings.tab("Setup Entities")
    settings.ready(len(ROWS) - 1)
    settings.button("Discard changes").click()
    browser_page.get_by_role("dialog").get_by_role("button", name="Discard changes").click()
    settings.ready(len(ROWS))
    expect(browser_page.get_by_text("All changes saved")).to_be_visible()


def test_leaving_with_unsaved_changes_is_warned_of(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    browser_page.on("dialog", accept)
    browser_page.reload()
    settings.ready(len(ROWS))
    assert asked == [], "nothing is unsaved"
    settings.remove(1)
    settings.ready(len(ROWS) - 1)
    browser_page.reload()
    settings.ready(len(ROWS))
    assert asked == ["beforeunload"]


def test_auto_push_and_the_policy_are_saved_with_what_starts(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Waits for a push")
    stage.look(contract)
    settings = Settings(browser_page, sandbox).open("entities/opportunity/general")
    browser_page.get_by_role("switch", name="Auto push").click()
    browser_page.get_by_role("radio", name="Ask a person").click()
    settings.save()
    expect(settings.saved()).to_contain_text("Auto push starts for")
    saved = stage.ok("GET", "entities/opportunity/mapping")
    assert (saved["auto_push"], saved["conflict_policy"]) == (True, "ask")
    stage.until(lambda: stage.text(contract, "customer_name") == "Waits for a push", "it goes out by itself")
    stage.map()


def test_what_owners_are_told_is_chosen_for_each_entity(
    browser_page: Page, open_page: OpenPage, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity/general")
    browser_page.get_by_role("radio", name=re.compile("^Everything")).check()
    browser_page.get_by_role("checkbox", name="Also a note on the record").check()
    browser_page.get_by_role("checkbox", name="Show values").check()
    settings.save()
    settings.saved()
    saved = stage.ok("GET", "entities/opportunity/mapping")
    assert [saved[name] for name in ("notify", "timeline_notes", "notify_values")] == ["everything", True, True]
    swedish = open_page(locale="sv-SE")
    Settings(swedish, sandbox, "?lang=sv").open("entities/opportunity/general")
    expect(swedish.get_by_role("radio", name=re.compile("^Allt"))).to_be_checked()
    expect(swedish.get_by_role("checkbox", name="Även en anteckning på posten")).to_be_checked()
    browser_page.get_by_role("radio", name=re.compile("^Nothing")).check()
    expect(browser_page.get_by_role("checkbox", name="Show values")).to_have_count(0)
    settings.save()
    settings.saved()
    assert stage.ok("GET", "entities/opportunity/mapping")["notify"] == "off"
    stage.map()


def test_a_row_has_a_conflict_policy_of_its_own(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.button("Options of row 1").click()
    dialog = browser_page.get_by_role("dialog", name="Options of Topic")
    dialog.get_by_label("Conflict policy").select_option("ask")
    dialog.get_by_role("button", name="Apply").click()
    expect(settings.button("Options of row 1")).to_be_focused()
    expect(browser_page.get_by_text("Conflicts: Ask a person")).to_be_visible()
    settings.save()
    settings.saved()
    assert mapping(stage)["name"]["conflict_policy"] == "ask"


def test_a_date_is_written_as_in_the_language_that_was_chosen(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.button("Options of row 3").click()
    dialog = browser_page.get_by_role("dialog", name="Options of Est. close date")
    dialog.get_by_label("Written as in").click()
    browser_page.keyboard.type("sv-SE")
    browser_page.keyboard.press("Enter")
    dialog.get_by_label("Length of dates").select_option("long")
    dialog.get_by_role("button", name="Apply").click()
    expect(browser_page.get_by_text("Format: Swedish (Sweden) (sv-SE), Long")).to_be_visible()
    settings.save_anyway()
    settings.saved()
    assert stage.text(stage.contract(), "close_date") == "12 mars 2026"


def test_a_lookup_is_shown_and_found_by_a_column_of_its_record(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    stage.map((("parentaccountid", "customer_name", "dynamics_to_oneflow"),))
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(1)
    settings.button("Options of row 1").click()
    dialog = browser_page.get_by_role("dialog", name="Options of Account")
    dialog.get_by_label("Two-way by name or key").check()
    dialog.get_by_label("Shown and found by").click()
    browser_page.keyboard.type("account number")
    expect(browser_page.get_by_role("option", name="Account Number")).to_be_visible()  # the table's columns were read
    browser_page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Apply").click()
    expect(browser_page.get_by_text("Looked up: accountnumber")).to_be_visible()
    settings.save()
    settings.saved()
    assert mapping(stage)["parentaccountid"]["resolve_labels"] == "accountnumber"
    stage.map()


def test_a_mapping_leaves_as_a_file_and_comes_back(
    browser_page: Page, sandbox: World, stage: Stage, tmp_path: Any
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    menu = browser_page.get_by_role("button", name="Import or export the mapping of Opportunity")
    menu.click()
    with browser_page.expect_download() as download:
        browser_page.get_by_role("menuitem", name="Export mapping").click()
    file = tmp_path / "mapping.json"
    download.value.save_as(file)
    content = json.loads(file.read_text())
    assert [row["dynamics_column"] for row in content["fields"]] == [row[0] for row in ROWS]
    assert "etag" not in content
    content["fields"] = content["fields"][:3]
    file.write_text(json.dumps(content))
    menu.click()
    with browser_page.expect_file_chooser() as chooser:
        browser_page.get_by_role("menuitem", name="Import mapping").click()
    chooser.value.set_files(file)
    browser_page.get_by_role("dialog").get_by_role("button", name="Take these rows").click()
    settings.ready(3)
    assert len(mapping(stage)) == len(ROWS), "nothing is saved by the import itself"
    settings.save()
    settings.saved()
    assert len(mapping(stage)) == 3


def test_a_file_that_does_not_fit_names_what_to_mend(
    browser_page: Page, sandbox: World, stage: Stage, tmp_path: Any
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    file = tmp_path / "mapping.json"
    file.write_text(json.dumps({"fields": [{"dynamics_column": "name", "oneflow_field": "x", "direction": "both"}]}))
    browser_page.get_by_role("button", name="Import or export the mapping of Opportunity").click()
    with browser_page.expect_file_chooser() as chooser:
        browser_page.get_by_role("menuitem", name="Import mapping").click()
    chooser.value.set_files(file)
    expect(browser_page.get_by_role("dialog")).to_contain_text("Row 1: “direction” is missing, wrong or unknown.")
    browser_page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    settings.ready(len(ROWS))


def test_what_only_the_app_can_judge_stands_under_its_cell(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page()
    watched(page).expect_status(422)
    settings = Settings(page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.button("Options of row 4").click()
    dialog = page.get_by_role("dialog", name="Options of Priority")
    dialog.get_by_label("Yes", exact=True).fill("Ja, Klart")
    dialog.get_by_label("No", exact=True).fill("Nej, ja")
    dialog.get_by_role("button", name="Apply").click()
    settings.save()
    expect(settings.cell("Sync direction", 4)).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_text("A word cannot mean both yes and no")).to_be_visible()
    expect(settings.button("1 row needs attention")).to_be_visible()
    settings.button("Options of row 4").click()
    dialog.get_by_label("No", exact=True).fill("Nej")
    dialog.get_by_role("button", name="Apply").click()
    settings.save_anyway()
    settings.saved()
    assert mapping(stage)["new_priority"]["labels"] == {"yes": ["Ja", "Klart"], "no": ["Nej"]}


def test_a_column_of_a_related_record_is_chosen_through_its_lookup(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    stage.map([("name", "customer_name", "two_way")])
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(1)
    settings.page.get_by_role("button", name="Add field mapping").click()
    settings.choose("Dynamics field", 2, "Account (Account")
    settings.choose("Dynamics field", 2, "Account name (Account")
    settings.choose("Oneflow field", 2, "account_name")
    expect(settings.cell("Dynamics field", 2)).to_have_value("Account name (Account)")
    settings.cell("Sync direction", 2).click()
    two_way = settings.cell("Sync direction", 2).get_by_role("option", name="Two-way sync")
    expect(two_way).to_be_disabled()
    expect(two_way).to_contain_text("belongs to a related record")
    browser_page.keyboard.press("Escape")
    settings.save()
    expect(settings.page.get_by_text("All changes saved")).to_be_visible()
    assert "parentaccountid.name" in mapping(stage)
    settings.page.reload()
    settings.ready(2)
    expect(settings.cell("Dynamics field", 2)).to_have_value("Account name (Account)")


def test_the_link_beside_save_goes_to_a_row_that_a_filter_hides(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    number = settings.add("Count")
    browser_page.get_by_label("Filter mappings").fill("Topic")
    settings.ready(1)
    settings.button("1 row needs attention").click()
    expect(settings.cell("Oneflow field", number)).to_be_focused()
    settings.button(f"Remove row {number}").click()
    browser_page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(settings.button("1 row needs attention")).to_have_count(0)


def test_the_picker_of_oneflow_fields_says_which_are_used_and_by_what(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.page.get_by_role("button", name="Add field mapping").click()
    settings.cell("Oneflow field", len(ROWS) + 1).click()
    options = browser_page.locator(".list").get_by_role("option")
    expect(options.filter(has_text="customer_name")).to_contain_text("used by Topic")
    expect(options.filter(has_text="amount")).to_contain_text("used by Est. revenue")
    browser_page.keyboard.press("Escape")
    settings.cell("Oneflow field", 1).click()
    own = browser_page.locator(".list").get_by_role("option").filter(has_text="customer_name")
    expect(own).not_to_contain_text("used by")


def test_sync_once_says_that_it_means_create_only(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.cell("Sync direction", 1).click()
    once = settings.cell("Sync direction", 1).get_by_role("option", name="Sync once")
    expect(once).to_contain_text("Create only")


def test_a_mapping_that_lacks_a_right_says_so_by_its_name_and_the_card_warns(
    open_page: OpenPage, sandbox: World, stage: Stage
) -> None:
    contract = stage.contract()
    security = sandbox.dataverse.world.security
    (role,) = security.roles_of(seed.APPLICATION)
    held = security.of_role(role)
    security.give(role, {name: depth for name, depth in held.items() if name != "prvWriteOpportunity"}, replace=True)
    sandbox.connects = False
    try:
        page = open_page()
        settings = Settings(page, sandbox).open("entities/opportunity").ready(len(ROWS))
        expect(page.get_by_text("This mapping is not in force yet.")).to_be_visible()
        number = settings.add("Count")
        settings.cell("Oneflow field", number).fill("count_of_it")
        page.keyboard.press("Tab")
        settings.direct(number, "Dynamics to Oneflow")
        settings.save()
        expect(page.get_by_text("Mapping saved, but not in force yet.")).to_be_visible()
        expect(page.get_by_text("The application user lacks prvWriteOpportunity.")).to_be_visible()
        expect(page.get_by_text("Dynamics does not report changes of new_count")).to_be_visible()
        settings.tab("Get started")
        expect(page.get_by_text("Mapping changed since connect")).to_be_visible()
        form = Form(stage, open_page).ready()
        expect(form.card(contract)).to_contain_text("Not in force yet")
    finally:
        sandbox.connects = True
        security.give(role, held, replace=True)
        stage.map()


def test_a_save_that_ends_what_is_agreed_says_on_how_many_contracts_and_asks_first(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    column, field, _ = ROWS[0]
    stage.map([(column, field, "dynamics_to_oneflow"), ROWS[1]])
    stage.contract()
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(2)
    settings.cell("Sync direction", 1).select_option("two_way")
    settings.save()
    asked = browser_page.get_by_role("dialog", name="Start anew on existing contracts?")
    expect(asked).to_contain_text("Saving ends what is agreed on")
    expect(asked.get_by_role("listitem")).to_contain_text(field)
    asked.get_by_role("button", name="Cancel").click()
    assert mapping(stage)[column]["direction"] == "dynamics_to_oneflow", "nothing is saved before the answer"
    settings.save()
    asked.get_by_role("button", name="Save mapping").click()
    expect(settings.saved()).to_be_visible()
    assert mapping(stage)[column]["direction"] == "two_way"
