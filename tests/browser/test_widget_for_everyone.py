"""The widget for everyone: by keyboard alone, in Swedish, in every width, with contrast themes and less motion."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.form import Form
from tests.browser.states import Scene
from tests.browser.states.widget import cards, choose, conflict, dialog, three, widget
from tests.stories.stage import Stage


@pytest.fixture
def scene(stage: Stage, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(stage, open_page, monkeypatch)


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def tab_to(page: Page, name: str) -> None:
    """Tab until the control of this name has the focus."""
    wanted = page.get_by_role("button", name=name, exact=True).last
    for _ in range(40):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"no Tab leads to {name}")


def test_a_contract_is_made_pushed_and_unlinked_by_keyboard_alone(scene: Scene) -> None:
    page = widget(scene)
    expect(page.get_by_text("No contracts yet")).to_be_visible()
    tab_to(page, "Create contract")
    press(page, "Enter")
    name = dialog(page).get_by_label("Contract name")
    expect(name).to_be_visible()
    for _ in range(10):
        if name.evaluate("one => one === document.activeElement"):
            break
        press(page, "Tab")
    page.keyboard.type("By keyboard")
    press(page, "Enter")
    expect(page.get_by_text("“By keyboard” was created.")).to_be_visible()
    expect(page.get_by_role("heading", name="By keyboard")).to_be_focused()
    scene.stage.edit_record(name="Pushed by keyboard")
    press(page, "Shift+Tab")
    tab_to(page, "Push updates to Oneflow")
    press(page, "Enter")
    expect(dialog(page).get_by_text("Pushed by keyboard")).to_be_visible()
    tab_to(page, "Push")
    press(page, "Space")
    expect(page.get_by_text("Updates pushed to 1 contract.")).to_be_visible()
    expect(page.get_by_role("button", name="Push updates to Oneflow")).to_be_focused()
    tab_to(page, "Actions for By keyboard")
    press(page, "Enter")
    expect(page.get_by_role("menuitem", name="Open in Oneflow")).to_be_focused()
    press(page, "End")
    expect(page.get_by_role("menuitem", name="Unlink")).to_be_focused()
    press(page, "Home")
    expect(page.get_by_role("menuitem", name="Open in Oneflow")).to_be_focused()
    press(page, "ArrowUp", "Enter")
    tab_to(page, "Unlink")
    press(page, "Enter")
    expect(page.get_by_text("“By keyboard” is no longer linked.")).to_be_visible()


def test_escape_closes_and_gives_the_focus_back(scene: Scene) -> None:
    contract = scene.stage.contract(name="Escaped")
    page = cards(scene)
    button = page.locator(f"[data-contract='{contract}']").get_by_role("button", name="Actions for")
    button.click()
    press(page, "Escape")
    expect(button).to_be_focused()
    expect(page.get_by_role("menu")).to_have_count(0)
    choose(page, contract, "Sync details")
    dialog(page)
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()


def test_what_happens_is_read_out(scene: Scene) -> None:
    contract = scene.stage.contract(name="Spoken")
    page = cards(scene)
    scene.stage.edit_contract(contract, customer_name="Typed by the counterparty")
    expect(page.locator("[aria-live=polite]")).to_have_text("New values arrived from Spoken.")
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(dialog(page).get_by_text("Nothing to push")).to_be_visible()


def test_swedish_is_spoken_to_whoever_has_chosen_it(scene: Scene) -> None:
    conflict(scene.stage)
    draft = scene.stage.contract(publish=False, name="Utkastet")
    scene.stage.edit_contract(draft, "colleague", is_priority="Kanske", customer_name="Nordlys Gruppen AS")
    page = widget(scene, userlcid="1053")
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(page.get_by_text("Description har ändrats i båda systemen.")).to_be_visible()
    page.locator(f"[data-contract='{draft}']").get_by_role("button", name="Åtgärder för").click()
    page.get_by_role("menuitem", name="Hämta uppdateringar från Oneflow").click()
    expect(dialog(page).get_by_text("Inte ett ja- eller nej-värde")).to_be_visible()
    dialog(page).get_by_role("button", name="Hämta", exact=True).click()
    expect(page.get_by_text("1 fält uppdaterades i Dynamics.")).to_be_visible()
    expect(page.get_by_text("1 av 2 fält uppdaterades.")).to_be_visible()


def test_an_unknown_language_is_spoken_to_in_english(scene: Scene) -> None:
    page = widget(scene, userlcid="1031")
    expect(page.get_by_role("button", name="Create contract")).to_be_visible()


@pytest.mark.parametrize("width", [300, 430, 1920])
def test_nothing_is_cut_off_at_any_width(scene: Scene, width: int) -> None:
    three(scene.stage)
    conflict(scene.stage, "A text without any space " + "x" * 90, "Their words")
    page = widget(scene, viewport={"width": width, "height": 700})
    expect(page.get_by_role("button", name="Keep Dynamics for Description")).to_be_visible()
    beyond = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(beyond) == 0
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(dialog(page).get_by_text("Their words")).to_be_visible()
    assert dialog(page).evaluate("one => one.scrollWidth - one.clientWidth") == 0


def test_a_contrast_theme_keeps_edges_and_less_motion_stops_it(scene: Scene) -> None:
    contract = scene.stage.contract(name="In contrast")
    page = scene.open_page(viewport={"width": 430, "height": 700}, forced_colors="active", reduced_motion="reduce")
    address = f"typename=opportunity&id={scene.stage.record_id}"
    page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?{address}")
    card = page.locator(f"[data-contract='{contract}']")
    expect(card).to_be_visible()
    assert card.evaluate("one => getComputedStyle(one).borderTopWidth") == "1px"
    button = page.get_by_role("button", name="Push updates to Oneflow")
    assert float(button.evaluate("one => parseFloat(getComputedStyle(one).transitionDuration)")) < 0.001


def test_the_theme_is_the_forms_not_the_machines(stage: Stage, open_page: OpenPage) -> None:
    light = Form(stage, open_page, {"color_scheme": "dark"}).ready()
    assert light.frame.evaluate("document.documentElement.dataset.theme") == "light"
    dark = Form(stage, open_page, {"color_scheme": "light"}, theme="dark").ready()
    assert dark.frame.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_parent_window_tells_the_record_where_nothing_else_does(stage: Stage, open_page: OpenPage) -> None:
    contract = stage.contract(name="Told by the parent")
    form = Form(stage, open_page).ready()
    address = form.frame.evaluate("location.origin + location.pathname + '?data=app%3D' + encodeURIComponent('APP')")
    form.frame.goto(address.replace("APP", stage.world.app_url.replace(":", "%3A").replace("/", "%2F")))
    expect(form.card(contract)).to_contain_text("Told by the parent")


def test_a_dialog_of_many_fields_keeps_its_buttons_in_sight(scene: Scene) -> None:
    scene.stage.contract(name="Long")
    page = widget(scene, viewport={"width": 430, "height": 420})
    page.get_by_role("button", name="Create contract").click()
    expect(dialog(page).get_by_text("1250000.00")).to_be_visible()
    expect(dialog(page).get_by_role("button", name="Create draft")).to_be_in_viewport()
