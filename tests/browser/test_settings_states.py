"""Every state of Oneflow Settings: shown in words, accessible in light and dark, at any width, by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect

from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

NARROW = {"width": 300, "height": 700}


def test_while_it_loads_the_shape_is_there_already(browser_page: Page, sandbox: World, stage: Stage) -> None:
    waiting: list[Route] = []
    browser_page.route("**/api/entities/*/mapping", lambda route: waiting.append(route))
    settings = Settings(browser_page, sandbox).open("entities/opportunity")
    expect(browser_page.locator(".stencil-row")).to_have_count(5)
    expect(browser_page.get_by_role("status").filter(has_text="Loading")).to_have_count(1)
    assert_accessible(browser_page)
    waiting[0].continue_()
    settings.ready(len(ROWS))


def test_no_rows_yet_says_what_to_do(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/contact")
    expect(browser_page.get_by_role("heading", name="No fields are mapped yet")).to_be_visible()
    assert_accessible(browser_page)
    settings.button("Add field mapping").click()
    expect(settings.cell("Dynamics field", 1)).to_be_focused()
    assert_accessible(browser_page)


def test_an_entity_is_added_from_those_that_could_be(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities")
    settings.button("Add entity").click()
    dialog = browser_page.get_by_role("dialog", name="Add entity")
    assert_accessible(browser_page)
    dialog.get_by_label("Entity").select_option("contact")
    dialog.get_by_role("button", name="Configure entity").click()
    expect(browser_page.get_by_role("navigation").get_by_role("button", name="Contact")).to_have_attribute(
        "aria-current", "true"
    )


def test_an_error_says_so_and_is_tried_again(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page()
    watched(page).expect_status(503)
    answer = {"status": 503, "content_type": "application/problem+json", "body": '{"title": "Temporarily unavailable"}'}
    page.route("**/api/entities/*/mapping", lambda route: route.fulfill(**answer))
    settings = Settings(page, sandbox).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_contain_text("The mapping could not be loaded.")
    assert_accessible(page)
    page.unroute("**/api/entities/*/mapping")
    settings.button("Try again").click()
    settings.ready(len(ROWS))


def test_a_save_that_fails_keeps_the_edits(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page()
    watched(page).expect_unreachable()
    settings = Settings(page, sandbox).open("entities/opportunity").ready(len(ROWS))
    settings.direct(1, "Sync once")
    page.route("**/api/entities/*/mapping", lambda route: route.abort())
    settings.save()
    expect(page.get_by_role("alert")).to_contain_text("The mapping could not be saved.")
    expect(settings.cell("Sync direction", 1)).to_have_value("sync_once")
    assert_accessible(page)
    page.unroute("**/api/entities/*/mapping")
    settings.button("Try again").click()
    settings.saved()


def test_who_is_no_administrator_is_told_so(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SYNC_LOCAL_USER", sandbox.dataverse_seed.SELLER_OID)
    page = open_page()
    watched(page).expect_status(403)
    Settings(page, sandbox).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_contain_text("Sync.Admin")
    expect(page.get_by_role("tab")).to_have_count(0)
    assert_accessible(page)


def test_who_is_not_signed_in_is_told_so(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SYNC_LOCAL_USER")
    page = open_page()
    watched(page).expect_status(401)
    Settings(page, sandbox).open()
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in.")
    assert_accessible(page)


def test_invalid_and_saved_are_accessible(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    assert_accessible(browser_page)
    settings.cell("Dynamics field", 2).click()
    assert_accessible(browser_page)
    browser_page.keyboard.press("Escape")
    settings.add("Topic")
    assert_accessible(browser_page)
    settings.remove(len(ROWS) + 1)
    settings.direct(1, "Sync once")
    settings.save()
    settings.saved()
    assert_accessible(browser_page)
    settings.tab("General")
    assert_accessible(browser_page)


@pytest.mark.parametrize(
    "place", ["connection", "entities/opportunity", "entities/opportunity/general", "log", "log/dead"]
)
def test_at_300_pixels_nothing_is_cut_off(open_page: OpenPage, sandbox: World, stage: Stage, place: str) -> None:
    stage.contract()
    page = open_page(viewport=NARROW)
    Settings(page, sandbox).open(place)
    expect(page.get_by_role("tabpanel").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert_accessible(page)


def test_contrast_themes_and_reduced_motion_are_honoured(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page(forced_colors="active", reduced_motion="reduce")
    settings = Settings(page, sandbox).open("entities/opportunity").ready(len(ROWS))
    border = settings.cell("Dynamics field", 1).evaluate("one => getComputedStyle(one).borderTopWidth")
    assert border == "1px"
    moves = page.evaluate("getComputedStyle(document.querySelector('.button')).transitionDuration")
    assert float(moves.removesuffix("s")) < 0.001


def test_it_speaks_swedish_with_swedish_numbers(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page(locale="sv-SE")
    Settings(page, sandbox).open("entities/opportunity").ready(len(ROWS))
    expect(page.get_by_role("button", name="Spara mappning")).to_be_visible()
    assert page.evaluate("document.documentElement.lang") == "sv"
    assert_accessible(page)


def test_dynamics_tells_language_and_theme(browser_page: Page, sandbox: World, stage: Stage) -> None:
    Settings(browser_page, sandbox, "?userlcid=1053&data=theme%3Ddark").open("connection")
    expect(browser_page.get_by_role("heading", name="Oneflow-inställningar")).to_be_visible()
    assert browser_page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_mapping_is_made_by_keyboard_alone(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    press, typed = browser_page.keyboard.press, browser_page.keyboard.type
    settings.button("Add field mapping").focus()
    press("Enter")
    number = len(ROWS) + 1
    expect(settings.cell("Dynamics field", number)).to_be_focused()
    typed("Rate")
    press("Enter")
    press("Tab")
    expect(settings.cell("Oneflow field", number)).to_be_focused()
    typed("refer")
    press("Enter")
    press("Tab")
    expect(settings.cell("Sync direction", number)).to_be_focused()
    press("ArrowDown")
    press("Escape")
    settings.save_button.focus()
    press("Enter")
    settings.saved()
    rows = stage.ok("GET", "entities/opportunity/mapping")["fields"]
    assert (rows[-1]["dynamics_column"], rows[-1]["oneflow_field"]) == ("new_rate", "reference")
