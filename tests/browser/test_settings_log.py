"""The sync log: what was written and refused, of one contract and of one field; dead letters and their replay."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from sandbox.world import World
from sync_core.engine.model.jobs import SyncJob
from tests.browser.axe import assert_accessible
from tests.browser.settings import Settings
from tests.stories.stage import Stage

HOSTILE = "<img src=x onerror=alert(1)>{{7*7}}"


def entries(page: Page) -> Locator:
    return page.get_by_role("article")


def only(page: Page, contract: int) -> None:
    page.get_by_label("Contract number").fill(str(contract))
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_role("button", name=re.compile(f"^Contract (?!{contract})"))).to_have_count(0)


def test_the_log_tells_what_was_written_and_what_was_refused(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name=HOSTILE)
    stage.until(lambda: stage.record("name") == HOSTILE, "it travels")
    stage.edit_contract(contract, amount="about a million")
    stage.look(contract)
    Settings(browser_page, sandbox).open("log")
    only(browser_page, contract)
    expect(entries(browser_page).filter(has_text=HOSTILE)).to_be_visible()  # as text, whatever it holds
    expect(browser_page.locator("main img")).to_have_count(0)
    assert_accessible(browser_page)
    browser_page.get_by_label("Show").select_option(label="Left, refused or in conflict")
    expect(entries(browser_page).filter(has_text="Not a number")).to_be_visible()
    expect(entries(browser_page).filter(has_text=HOSTILE)).to_have_count(0)


def test_one_field_is_found_by_either_name(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Pushed", description="Pushed too")
    stage.push(contract)
    Settings(browser_page, sandbox).open("log")
    only(browser_page, contract)
    for field, line in (("customer_name", "Topic"), ("description", "Description")):
        browser_page.get_by_label("Field", exact=True).fill(field)
        browser_page.get_by_role("button", name="Filter").click()
        expect(browser_page.locator(".line").filter(has_not_text=line)).to_have_count(0)
        expect(entries(browser_page).first).to_contain_text(line)


def test_older_entries_come_page_by_page(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    for number in range(51):
        stage.edit_record(name=f"Turn {number}")
        stage.push(contract)
    Settings(browser_page, sandbox).open("log")
    only(browser_page, contract)
    expect(entries(browser_page)).to_have_count(50)
    expect(entries(browser_page).first).to_contain_text("Turn 50")
    browser_page.get_by_role("button", name="Show more").click()
    expect(browser_page.get_by_role("button", name="Show more")).to_have_count(0)
    assert entries(browser_page).count() > 50


def test_a_dead_letter_is_replayed_and_closed_by_its_success(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    job = SyncJob(contract)
    sandbox.services._letters.add(contract, "refused", "A test gave it up.", job)
    stage.age(contract)
    Settings(browser_page, sandbox).open("log/dead")
    letter = browser_page.get_by_role("listitem").filter(has_text=f"Contract {contract}")
    expect(letter).to_contain_text("A test gave it up.")
    assert_accessible(browser_page)
    letter.get_by_role("button", name=f"Replay {contract}").click()
    expect(browser_page.get_by_text("It succeeded, so it is no longer listed.")).to_be_visible()
    expect(letter).to_have_count(0)


def test_dead_letters_are_counted_and_replayed_together(browser_page: Page, sandbox: World, stage: Stage) -> None:
    for letter in stage.ok("GET", "dead-letters")["dead_letters"]:
        stage.call("DELETE", f"dead-letters/{letter['id']}")
    contracts = [stage.contract(), stage.contract()]
    for contract in contracts:
        job = SyncJob(contract)
        sandbox.services._letters.add(contract, "refused", "Dynamics was closed.", job)
        stage.age(contract)
    Settings(browser_page, sandbox).open("log")
    browser_page.get_by_role("tab", name=re.compile(r"Dead letters \(\d+\)")).click()
    browser_page.get_by_role("button", name="Replay all").click()
    expect(browser_page.get_by_text("It succeeded, so it is no longer listed.")).to_be_visible()
    for contract in contracts:
        expect(browser_page.get_by_text(f"Contract {contract}")).to_have_count(0)


def test_a_dead_letter_is_discarded_after_a_question(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract()
    job = SyncJob(contract)
    sandbox.services._letters.add(contract, "refused", "Nobody wants it.", job)
    Settings(browser_page, sandbox).open("log/dead")
    letter = browser_page.get_by_role("listitem").filter(has_text=f"Contract {contract}")
    letter.get_by_role("button", name=f"Discard {contract}").click()
    dialog = browser_page.get_by_role("dialog")
    assert_accessible(browser_page)
    dialog.get_by_role("button", name="Cancel").click()
    expect(letter.get_by_role("button", name=f"Discard {contract}")).to_be_focused()
    letter.get_by_role("button", name=f"Discard {contract}").click()
    dialog.get_by_role("button", name="Discard").click()
    expect(letter).to_have_count(0)
