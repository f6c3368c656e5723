"""The Health tab: counts that lead to lists, lists that are searched, sorted, exported and acted on, and charts."""

from __future__ import annotations

import csv
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.many_links import OPENED, many_links
from tests.browser.settings import Settings
from tests.stories.stage import Stage


def rows(page: Page) -> Locator:
    return page.locator("table.links tbody tr")


def waiting(stage: Stage, name: str) -> int:
    contract = stage.contract(name=name)
    with stage.silently():
        stage.edit_record(name=f"Waits in {name}")
    stage.look(contract)
    return contract


def found(page: Page, contract: int) -> Locator:
    page.get_by_label("Contract name or number").fill(str(contract))
    page.get_by_role("button", name="Filter").click()
    expect(rows(page)).to_have_count(1)
    return rows(page).first


def test_a_count_leads_to_its_list_and_a_row_to_both_sides(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = waiting(stage, "Waits for its push")
    Settings(browser_page, sandbox).open("health")
    browser_page.get_by_role("button", name=re.compile(r"^Opportunity, Waiting for a push: \d+")).click()
    expect(browser_page.get_by_role("heading", name="Links: Waiting for a push")).to_be_visible()
    row = found(browser_page, contract)
    expect(row).to_contain_text("1 waits for a push")
    expect(row.get_by_role("link", name="Waits for its push", exact=True)).to_have_attribute(
        "href", re.compile(str(contract))
    )
    expect(row.get_by_role("link", name="Record of Waits for its push")).to_have_attribute(
        "href", re.compile(f"etn=opportunity&id={stage.record_id}")
    )
    browser_page.reload()
    expect(browser_page.get_by_role("heading", name="Links: Waiting for a push")).to_be_visible()
    assert_accessible(browser_page)


def test_a_list_is_narrowed_by_standing_and_sorted_by_any_column(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    names = ["Zeta", "Alpha", "Mu"]
    for name in names:
        stage.contract(name=f"{name} of one list")
    Settings(browser_page, sandbox).open("health/in_step")
    browser_page.get_by_label("Contract name or number").fill("of one list")
    browser_page.get_by_role("button", name="Filter").click()
    expect(rows(browser_page)).to_have_count(3)
    browser_page.get_by_role("button", name="Contract", exact=True).click()
    expect(rows(browser_page).first).to_contain_text("Alpha")
    expect(browser_page.get_by_role("columnheader", name="Contract")).to_have_attribute("aria-sort", "ascending")
    browser_page.get_by_role("button", name="Contract", exact=True).click()
    expect(rows(browser_page).first).to_contain_text("Zeta")
    browser_page.get_by_label("Sync status").select_option(label="Broken")
    expect(browser_page.get_by_role("heading", name="Links: Broken")).to_be_visible()


def test_chosen_links_are_fetched_together(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contracts = [stage.contract(publish=False, name=f"Draft {number} to fetch") for number in range(2)]
    for number, contract in enumerate(contracts):
        stage.edit_contract(contract, "colleague", description=f"Typed in draft {number}")
    Settings(browser_page, sandbox).open("health")
    browser_page.get_by_label("Contract name or number").fill("to fetch")
    browser_page.get_by_role("button", name="Filter").click()
    expect(rows(browser_page)).to_have_count(2)
    fetch = browser_page.get_by_role("button", name="Fetch", exact=True)
    expect(fetch).to_be_disabled()
    browser_page.get_by_role("checkbox", name="Choose all that are shown").check()
    expect(browser_page.get_by_role("button", name="End pause")).to_be_disabled()
    fetch.click()
    expect(browser_page.get_by_text("2 contracts fetched.")).to_be_visible()
    assert str(stage.record("description")).startswith("Typed in draft")


def test_a_link_is_looked_at_again_where_it_is_asked_for(browser_page: Page, sandbox: World, stage: Stage) -> None:
    contract = stage.contract(name="To look at again")
    Settings(browser_page, sandbox).open("health")
    found(browser_page, contract).get_by_role("checkbox").check()
    browser_page.get_by_role("button", name="Look again").click()
    expect(browser_page.get_by_text("1 link will be checked within a minute.")).to_be_visible()


def test_a_list_is_exported_and_no_cell_is_a_formula(
    browser_page: Page, sandbox: World, stage: Stage, tmp_path: Path
) -> None:
    contract = stage.contract(name='=HYPERLINK("https://x.example")')
    Settings(browser_page, sandbox).open("health")
    found(browser_page, contract)
    with browser_page.expect_download() as download:
        browser_page.get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "links.csv")
    (line,) = csv.DictReader((tmp_path / "links.csv").read_text().splitlines())
    assert (line["contract_id"], line["status"]) == (str(contract), "in_step")
    assert line["name"] == '\'=HYPERLINK("https://x.example")'


def test_a_hundred_thousand_links_are_paged_and_the_page_stays_small(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    with many_links(sandbox):
        Settings(browser_page, sandbox).open("health")
        expect(browser_page.get_by_role("button", name="account, In step: 99,880 or more")).to_be_visible()
        expect(browser_page.get_by_text("the number is that of the last daily count")).to_be_visible()
        browser_page.get_by_role("button", name=f"account, Needs a decision: {OPENED}").click()
        expect(rows(browser_page)).to_have_count(50)
        assert browser_page.evaluate("document.querySelectorAll('*').length") < 2500
        browser_page.get_by_role("button", name="Show more").click()
        expect(rows(browser_page)).to_have_count(100)
        browser_page.get_by_role("button", name="Show more").click()
        expect(rows(browser_page)).to_have_count(OPENED)
        expect(browser_page.get_by_role("button", name="Show more")).to_have_count(0)


def test_charts_say_their_numbers_without_colour_and_in_swedish_too(
    open_page: OpenPage, sandbox: World, stage: Stage
) -> None:
    contract = stage.contract()
    stage.edit_record(name="Carried for the chart")
    stage.push(contract)
    page = open_page(locale="sv-SE")
    Settings(page, sandbox, "?lang=sv").open("health")
    chart = page.get_by_role("figure").filter(has_text="Skrivna fält")
    expect(chart.get_by_role("img")).to_have_attribute("aria-label", re.compile(r"^\d[\d\s]*; som mest \d"))
    chart.get_by_text("Siffror").click()
    expect(chart.get_by_role("row")).to_have_count(25)
    page.get_by_label("Tidsperiod").select_option(label="Senaste 30 dagarna")
    expect(page.get_by_role("figure").filter(has_text="Skrivna fält").locator("rect")).not_to_have_count(24)
    assert_accessible(page)
