"""The same files as web resources of Dynamics: another origin, a version in the path, Dynamics' own strict policy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from sandbox.world import World
from tests.browser.conftest import OpenPage
from tests.browser.entra import Entra, signing_in
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

FOLDER = "WebResources/ofs_"


def test_settings_run_as_a_web_resource(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing_in(monkeypatch)
    page = open_page()
    dynamics = sandbox.env["DATAVERSE_URL"]
    entra = Entra(page, sandbox, [sandbox.dataverse_seed.SELLER_EMAIL])
    data = f"app%3D{sandbox.app_url}"
    page.goto(
        f"{dynamics}/%7B638400000000000000%7D/{FOLDER}/settings.html?userlcid=1053&data={data}#entities/opportunity"
    )
    settings = Settings(page, sandbox).ready(len(ROWS))
    expect(page.get_by_role("button", name="Spara mappning")).to_be_visible()
    assert "AADSTS50011" not in entra.refusals, "a version in the redirect address would be registered nowhere"
    page.get_by_role("button", name="Ta bort rad 1", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Ta bort").click()
    settings.ready(len(ROWS) - 1)
    page.get_by_role("button", name="Spara mappning").click()
    expect(page.get_by_text("Mappningen är sparad.")).to_be_visible()
    monkeypatch.undo()
    assert len(stage.ok("GET", "entities/opportunity/mapping")["fields"]) == len(ROWS) - 1


def test_a_web_resource_may_read_what_an_answer_is_known_by(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    """The id to quote to an operator, when to try again, and a mapping's version; a browser hides the rest."""
    page = open_page()
    watched(page).expect_status(401, 404)
    page.goto(sandbox.env["DATAVERSE_URL"])  # whatever stands there: a page of Dynamics' origin
    asked = "url => fetch(url).then(a => [a.headers.get('x-correlation-id'), a.headers.get('etag')])"
    known, etag = page.evaluate(asked, f"{sandbox.app_url}/api/entities/opportunity/mapping")
    assert re.fullmatch("[0-9a-f]{32}", known)
    assert etag
