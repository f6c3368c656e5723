"""What an imported solution puts into Dynamics, by real clicks: commands that open the widget in a side pane, and the
app with the settings."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.world import World
from sync_core.usecases.jobs.contract_rows import MARK
from tests.browser.conftest import OpenPage
from tests.browser.form import WIDE
from tests.stories.stage import Stage


def form(installed: World, stage: Stage, open_page: OpenPage, **query: str) -> Page:
    page = open_page(viewport=WIDE)
    page.goto(installed.form_page(stage.record_id, beside="no", widget="no", **query))
    return page


def pane(page: Page) -> FrameLocator:
    return page.frame_locator("#pane-oneflow")


@pytest.mark.parametrize("address", ["version", "plain", "double"])
def test_a_command_opens_the_records_contracts_in_a_side_pane(
    installed: World, stage: Stage, open_page: OpenPage, address: str
) -> None:
    contract = stage.contract()
    page = form(installed, stage, open_page, resources=address)
    page.get_by_role("button", name="Oneflow contracts", exact=True).click()
    expect(pane(page).locator(f"[data-contract='{contract}']")).to_be_visible()
    expect(page.locator("iframe"), "no form was touched: the pane alone holds the widget").to_have_count(1)


def test_pushing_from_the_command_bar_opens_the_preview_and_then_pushes(
    installed: World, stage: Stage, open_page: OpenPage
) -> None:
    contract = stage.contract()
    installed.edit_record({"name": "By the command"}, stage.record_id)
    page = form(installed, stage, open_page)
    page.get_by_role("button", name="Push updates to Oneflow", exact=True).click()
    dialog = pane(page).get_by_role("dialog")
    expect(dialog.get_by_text("By the command")).to_be_visible()
    assert installed.contract_text(contract, "customer_name") != "By the command", "a preview writes nothing"
    dialog.get_by_role("button", name="Push", exact=True).click()
    expect(pane(page).get_by_role("dialog")).to_have_count(0)
    assert installed.contract_text(contract, "customer_name") == "By the command"


def test_the_command_bar_and_the_pane_speak_the_users_language(
    installed: World, stage: Stage, open_page: OpenPage
) -> None:
    page = form(installed, stage, open_page, userlcid="1053")
    page.get_by_role("button", name="Oneflow-avtal", exact=True).click()
    expect(pane(page).get_by_role("button", name="Skapa avtal")).to_be_visible()


def test_in_the_narrow_pane_a_long_title_leaves_the_close_button_in_its_corner(
    installed: World, stage: Stage, open_page: OpenPage
) -> None:
    contract = stage.contract()
    page = form(installed, stage, open_page, userlcid="1053")
    page.get_by_role("button", name="Oneflow-avtal", exact=True).click()
    expect(pane(page).locator(f"[data-contract='{contract}']")).to_be_visible()
    page.locator("#fields").get_by_label("Description", exact=True).fill("Not saved yet")
    commands = page.get_by_role("group", name="Commands")
    commands.get_by_role("button", name="Skicka uppdateringar till Oneflow", exact=True).click()
    dialog = pane(page).get_by_role("dialog")
    expect(dialog).to_contain_text("Formuläret har ändringar som inte är sparade.")
    title, close = (
        one.bounding_box()
        for one in (dialog.get_by_role("heading").first, dialog.get_by_role("button", name="Stäng", exact=True))
    )
    assert title and close
    assert close["x"] >= title["x"] + title["width"] and close["y"] < title["y"] + title["height"]


def test_on_a_signed_contract_nothing_is_said_to_wait_for_a_push(
    installed: World, stage: Stage, open_page: OpenPage
) -> None:
    contract = stage.contract()
    installed.oneflow.people.sign_all(contract)
    stage.look(contract)
    installed.edit_record({"name": "After the signature"}, stage.record_id)
    stage.ok("GET", f"contracts/{contract}/preview?action=push")
    page = form(installed, stage, open_page)
    page.get_by_role("button", name="Oneflow contracts", exact=True).click()
    card = pane(page).locator(f"[data-contract='{contract}']")
    expect(card).to_contain_text("Topic differs from the contract, which is closed.")
    expect(card.get_by_role("button", name="value for Topic")).to_be_visible()
    expect(card).not_to_contain_text("waits for a push")


def test_the_pane_shows_how_much_waits(installed: World, stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract()
    installed.edit_record({"name": "It waits"}, stage.record_id)
    stage.ok("GET", f"contracts/{contract}/preview?action=push")
    installed.drain()
    page = form(installed, stage, open_page)
    page.get_by_role("button", name="Oneflow contracts", exact=True).click()
    expect(pane(page).locator(f"[data-contract='{contract}']")).to_be_visible()
    card = stage.card(contract)
    waits = card["waiting_for_push"] + card["conflicts"] + card["refused"]
    shown = page.locator("#pane .badge")
    if waits:
        expect(shown).to_have_text(str(waits))
    else:
        expect(shown).to_be_hidden()


_ENGLISH = ("Settings", "Health", "Oneflow contracts", "Dashboard", "Requests that were not done", "Outcome")
_SWEDISH = ("Inställningar", "Hälsa", "Oneflow-avtal", "Instrumentpanel", "Begäranden som inte gjordes", "Utfall")


@pytest.mark.parametrize(("lcid", "words"), [("1033", _ENGLISH), ("1053", _SWEDISH)])
def test_each_line_of_the_apps_navigation_opens_what_it_says(
    installed: World, stage: Stage, open_page: OpenPage, lcid: str, words: tuple[str, ...]
) -> None:
    settings, health, contracts, dashboard, requests, outcome = words
    page = open_page(viewport=WIDE)
    page.goto(f"{installed.env['DATAVERSE_URL']}/_sandbox/app.aspx?userlcid={lcid}")
    page.get_by_role("button", name="Oneflow Administration").click()
    shown = page.frame_locator("#page-frame")
    expect(shown.get_by_role("tab", selected=True).first).to_be_visible()
    expect(shown.get_by_role("tablist").first).to_be_visible()
    page.get_by_role("button", name=settings).click()
    expect(shown.get_by_role("heading", level=1)).to_be_visible()
    page.get_by_role("button", name=health).click()
    expect(shown.locator("[role=tab][aria-selected=true]").first).to_have_id("main-health")
    expect(shown.get_by_role("tab", selected=True).first).to_have_text(health)
    for area in (contracts, dashboard):
        page.get_by_role("button", name=area).click()
        expect(page.get_by_role("region", name=requests)).to_be_visible()
    page.get_by_role("region", name=requests).get_by_role("columnheader", name=outcome, exact=True).wait_for()


@pytest.mark.parametrize(("lcid", "area", "decision", "state"), [
    ("1033", "Oneflow contracts", "Needs a decision", "Sent"),
    ("1053", "Oneflow-avtal", "Behöver ett beslut", "Skickat"),
])  # fmt: skip
def test_the_app_shows_the_contracts_rows_by_view_and_chart(
    installed: World, stage: Stage, open_page: OpenPage, lcid: str, area: str, decision: str, state: str
) -> None:
    installed.services._marks.set(MARK, "")  # other stories' links found no table
    name = f"Drawn {lcid}"
    contract = stage.contract(name=name)
    stage.until(lambda: installed.contract_row(contract) is not None, "a row")
    page = open_page(viewport=WIDE)
    page.goto(f"{installed.env['DATAVERSE_URL']}/_sandbox/app.aspx?userlcid={lcid}")
    page.get_by_role("button", name="Oneflow Administration").click()
    page.get_by_role("button", name=area, exact=True).first.click()
    row = page.get_by_role("row").filter(has_text=name).first
    expect(row).to_contain_text(state)
    expect(page.get_by_role("region", name=decision)).to_be_visible()
    expect(page.get_by_role("meter").first).to_be_visible()


def test_what_a_simulator_says_of_itself_is_a_page_in_a_browser(installed: World, open_page: OpenPage) -> None:
    page = open_page()
    for name, address in installed.addresses():
        if "/_sandbox" in address and "app.aspx" not in address:
            page.goto(address)
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert not page.locator("body").inner_text().lstrip().startswith("{"), name


def test_the_forms_labels_stand_above_their_fields_where_the_form_itself_is_narrow(
    installed: World, stage: Stage, open_page: OpenPage
) -> None:
    """Whatever the window's width: with the widget or the contract beside them, a wide one leaves little."""
    page = form(installed, stage, open_page)
    fields = page.locator("#fields")
    expect(fields.locator(".line").first).to_be_visible()

    def stacked(width: int) -> list[bool]:
        fields.evaluate("(fields, width) => { fields.style.width = `${width}px`; }", width)
        return fields.evaluate(  # type: ignore[no-any-return]
            """fields => [...fields.querySelectorAll(".line")].map(line =>
                line.querySelector("label").getBoundingClientRect().bottom
                <= line.lastElementChild.getBoundingClientRect().top)"""
        )

    wide, narrow = stacked(700), stacked(300)
    assert wide
    assert not any(wide)
    assert all(narrow)
    assert page.viewport_size == WIDE
