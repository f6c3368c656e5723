"""In Azure the pages sign in with the real MSAL.js, under their strict policy: silently, or in a window of Entra's."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from sandbox.world import World
from tests.browser.conftest import OpenPage
from tests.browser.entra import Entra, signing_in
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

Visit = Callable[[bool], tuple[Settings, Entra]]


@pytest.fixture
def visit(open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Visit:
    signing_in(monkeypatch)

    def go(silent: bool) -> tuple[Settings, Entra]:
        page = open_page()
        watched(page).expect_text("iframe which has both allow-scripts and allow-same-origin")  # MSAL.js's hidden frame
        entra = Entra(page.context, sandbox.app_url, sandbox.dataverse_seed.SELLER_OID, silent)
        return Settings(page, sandbox), entra

    return go


def test_who_is_signed_in_already_is_not_asked(visit: Visit) -> None:
    settings, entra = visit(True)
    settings.open("entities/opportunity").ready(len(ROWS))
    assert entra.asked == ["silently", "token"]
    settings.direct(1, "Sync once")
    settings.save()
    settings.saved()
    assert entra.asked == ["silently", "token"], "a token is used until it ends"


def test_who_is_not_signed_in_does_so_in_a_window(visit: Visit) -> None:
    settings, entra = visit(False)
    watched(settings.page).expect_status(401)
    settings.open("entities/opportunity")
    expect(settings.page.get_by_role("alert")).to_contain_text("You are not signed in.")
    with settings.page.expect_popup() as window:
        settings.button("Sign in").click()
    settings.ready(len(ROWS))
    assert "in a window" in entra.asked
    assert window.value.is_closed() or window.value.wait_for_event("close")
