"""From the app switcher to a contract that is in step, by clicks alone: an administrator who has imported the solution
opens its app, signs in and maps; a seller opens the pane from the command bar, creates, pushes and fetches."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from sandbox.dataverse import seed
from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.entra import Entra, signing_in
from tests.browser.form import WIDE
from tests.browser.watch import watched
from tests.cli.desk import Desk
from tests.stories.stage import ROWS, Stage

FOLDER = os.environ.get("PICTURES")
WORDS = {
    "1033": {
        "sign in": "Sign in", "settings": "Settings", "connection": "Get started", "entities": "Setup Entities",
        "direction": "Sync direction", "row": "row", "save": "Save mapping", "saved": "Mapping saved",
        "contracts": "Oneflow contracts", "create": "Create contract", "name": "Contract name", "draft": "Create draft",
        "push": "Push updates to Oneflow", "do push": "Push", "menu": "Actions for",
        "fetch": "Fetch updates from Oneflow",
        "do fetch": "Fetch",
    },
    "1053": {
        "sign in": "Logga in", "settings": "Inställningar", "connection": "Kom igång",
        "entities": "Konfigurera entiteter",
        "direction": "Synkriktning", "row": "rad", "save": "Spara mappning", "saved": "Mappningen är sparad",
        "contracts": "Oneflow-avtal", "create": "Skapa avtal", "name": "Avtalets namn", "draft": "Skapa utkast",
        "push": "Skicka uppdateringar till Oneflow", "do push": "Skicka", "menu": "Åtgärder för",
        "fetch": "Hämta uppdateringar från Oneflow", "do fetch": "Hämta",
    },
}  # fmt: skip


def photograph(page: Page, name: str) -> None:
    if FOLDER:
        Path(FOLDER).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=Path(FOLDER) / f"story-{name}.png", full_page=True, animations="disabled")


def press(frame: FrameLocator | Page, name: str) -> None:
    frame.get_by_role("button", name=name, exact=True).click()


@pytest.mark.parametrize("lcid", WORDS)
def test_from_the_app_switcher_to_a_contract_in_step(
    installed: World, stage: Stage, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch, lcid: str
) -> None:
    words, dynamics = WORDS[lcid], installed.env["DATAVERSE_URL"]
    signing_in(monkeypatch)
    page = open_page(viewport=WIDE, locale="sv-SE" if lcid == "1053" else "en-GB")
    watched(page).expect_status(401)
    entra = Entra(page, installed)

    page.goto(f"{dynamics}/_sandbox/app.aspx?userlcid={lcid}")
    press(page, "Oneflow Administration")
    settings = page.frame_locator("#page-frame")
    expect(settings.get_by_role("button", name=words["sign in"], exact=True)).to_be_visible()
    photograph(page, f"1-signed-out-{lcid}")
    with page.expect_popup() as window:
        press(settings, words["sign in"])
    press(window.value, seed.COLLEAGUE_EMAIL)
    settings.get_by_role("tab", name=words["connection"]).click()
    expect(settings.get_by_role("tabpanel")).to_contain_text("Fjordkraft Sales AS")
    photograph(page, f"2-connection-{lcid}")
    settings.get_by_role("tab", name=words["entities"]).click()
    expect(settings.locator(".field-row")).to_have_count(len(ROWS))
    direction = settings.get_by_label(f"{words['direction']}, {words['row']} {len(ROWS)}", exact=True)
    before = direction.input_value()
    direction.select_option("sync_once" if before != "sync_once" else "dynamics_to_oneflow")
    press(settings, words["save"])
    expect(settings.get_by_text(words["saved"])).to_be_visible()
    photograph(page, f"3-mapped-{lcid}")
    done = Desk(installed).run("connect", "--yes")  # as the page says: Dynamics tells the app of one more column
    assert done.code == 0, done.err

    page.goto(installed.form_page(stage.record_id, beside="no", widget="no", userlcid=lcid))
    press(page, words["contracts"])
    pane = page.frame_locator("#pane-oneflow")
    press(pane, words["create"])
    dialog = pane.get_by_role("dialog")
    dialog.get_by_label(words["name"]).fill("Delivery of everything")
    photograph(page, f"4-create-{lcid}")
    press(pane, words["draft"])
    expect(pane.locator("[data-contract]")).to_have_count(1)
    contract = int(str(pane.locator("[data-contract]").get_attribute("data-contract")))
    stage.contracts.append(contract)

    page.locator("#fields").get_by_label("Topic", exact=True).fill("Typed on the form")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("#state")).to_have_text("Saved")
    page.get_by_role("group", name="Commands").get_by_role("button", name=words["push"], exact=True).click()
    expect(pane.get_by_role("dialog")).to_contain_text("Typed on the form")
    photograph(page, f"5-push-{lcid}")
    press(pane, words["do push"])
    expect(pane.get_by_role("dialog")).to_have_count(0)
    assert installed.contract_text(contract, "customer_name") == "Typed on the form"

    installed.edit_contract(contract, {"description": "Typed in the draft"}, "colleague")  # which Oneflow does not tell
    pane.get_by_role("button", name=words["menu"]).click()
    pane.get_by_role("menuitem", name=words["fetch"]).click()
    expect(pane.get_by_role("dialog")).to_contain_text("Typed in the draft")
    press(pane, words["do fetch"])
    expect(page.locator("#fields").get_by_label("Description", exact=True)).to_have_value("Typed in the draft")
    photograph(page, f"6-fetched-{lcid}")
    for frame in page.frames:
        if "widget.html" in frame.url:
            assert_accessible(frame)
    assert installed.record(stage.record_id)["description"] == "Typed in the draft"
    assert entra.asked.count("token") == 1, "one sign-in serves the settings and the widget"
