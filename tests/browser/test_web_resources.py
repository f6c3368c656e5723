"""The same files as web resources of Dynamics: another origin, a version in the path, Dynamics' own strict policy."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Route, expect

from sandbox.world import World
from sync_core.handlers.files import files
from tests.browser.conftest import OpenPage
from tests.browser.entra import LOGIN, Entra, signing_in
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

FOLDER = "WebResources/ofs_"


def publish(page: Page, dynamics: str, app_url: str) -> None:
    """What Dataverse answers for a web resource, with and without the version in its path.

    https://learn.microsoft.com/power-platform/admin/content-security-policy (strict mode, with the app's host added)
    """
    policy = (
        f"script-src 'self' blob: data:; style-src 'self' 'unsafe-inline'; font-src 'self' data:; base-uri 'none'; "
        f"connect-src 'self' blob: data: {app_url} {LOGIN}; frame-src 'self' blob: {LOGIN}"
    )

    def answer(route: Route) -> None:
        name = route.request.url.split(f"/{FOLDER}/")[1].split("?")[0]
        found = files()[name]
        headers = {"Content-Security-Policy": policy, "X-Content-Type-Options": "nosniff"}
        route.fulfill(body=found.content, content_type=f"{found.kind}; charset=utf-8", headers=headers)

    page.context.route(f"{dynamics}/**/{FOLDER}/**", answer)
    page.context.route(f"{dynamics}/{FOLDER}/**", answer)


def test_settings_run_as_a_web_resource(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing_in(monkeypatch)
    page = open_page()
    watched(page).expect_text("iframe which has both allow-scripts and allow-same-origin")  # MSAL.js's hidden frame
    dynamics = sandbox.env["DATAVERSE_URL"]
    publish(page, dynamics, sandbox.app_url)
    entra = Entra(page.context, sandbox.app_url, sandbox.dataverse_seed.SELLER_OID)
    data = f"app%3D{sandbox.app_url}"
    page.goto(
        f"{dynamics}/%7B638400000000000000%7D/{FOLDER}/settings.html?userlcid=1053&data={data}#entities/opportunity"
    )
    settings = Settings(page, sandbox).ready(len(ROWS))
    expect(page.get_by_role("button", name="Spara mappning")).to_be_visible()
    assert entra.redirects == {f"{dynamics}/{FOLDER}/blank.html"}, "a version in it would be registered nowhere"
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
