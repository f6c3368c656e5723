"""A page says which right is missing, of Entra ID or of Dynamics, who gives it, and goes on once it was given."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from dynamics.description.roles import SELLER
from sandbox.dataverse import seed
from sandbox.role import SELLERS_ROLE
from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.entra import Entra, signing_in
from tests.browser.form import WIDE
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

ENGLISH, SWEDISH = "en-GB", "sv-SE"
AGAIN = {ENGLISH: "Try again", SWEDISH: "Försök igen"}
LCID = {ENGLISH: "1033", SWEDISH: "1053"}
both = pytest.mark.parametrize("language", [ENGLISH, SWEDISH])


@both
def test_who_lacks_the_app_role_reads_where_it_is_given_and_comes_in_with_it(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    signing_in(monkeypatch)
    page = open_page(locale=language)
    watched(page).expect_status(403)
    entra = Entra(page, sandbox, [seed.SELLER_EMAIL], admin=False)
    settings = Settings(page, sandbox).open("entities/opportunity")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("Sync.Admin")
    expect(said).to_contain_text({
        ENGLISH: "of Entra ID; a security role in Dynamics does not replace it.",
        SWEDISH: "som Entra ID ger; en säkerhetsroll i Dynamics ersätter den inte.",
    }[language])  # fmt: skip
    assert_accessible(page)
    entra.roles = ["Sync.Admin"]
    page.get_by_role("button", name=AGAIN[language]).click()
    settings.ready(len(ROWS))
    assert entra.asked.count("token") == 2, "the token from before the role was given is not used again"


def widget(page: Page, stage: Stage, language: str) -> None:
    query = f"typename=opportunity&id={stage.record_id}&userlcid={LCID[language]}"
    page.goto(f"{stage.world.app_url}/api/ui/widget.html?{query}")


@both
def test_who_is_no_user_of_dynamics_reads_so(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    signing_in(monkeypatch)
    page = open_page(locale=language)
    watched(page).expect_status(403)
    sandbox.identity.people.know("consultant@nordlys.example", str(uuid.uuid4()))
    Entra(page, sandbox, ["consultant@nordlys.example"])
    widget(page, stage, language)
    expect(page.locator(".message")).to_contain_text({
        ENGLISH: "You are signed in, but you are not an enabled user of this Dynamics environment.",
        SWEDISH: "Du är inloggad men är inte en aktiv användare i den här Dynamics-miljön.",
    }[language])  # fmt: skip
    assert_accessible(page)


@both
def test_who_lacks_a_right_in_dynamics_reads_which(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    signing_in(monkeypatch)
    page = open_page(locale=language)
    watched(page).expect_status(404)
    Entra(page, sandbox, [seed.COLLEAGUE_EMAIL])
    security = sandbox.dataverse.world.security
    security.take(seed.COLLEAGUE, SELLERS_ROLE)
    try:
        widget(page, stage, language)
        expect(page.locator(".message")).to_contain_text({
            ENGLISH: "You lack the privilege prvReadOpportunity in Dynamics.",
            SWEDISH: "Du saknar behörigheten prvReadOpportunity i Dynamics.",
        }[language])  # fmt: skip
    finally:
        security.assign(seed.COLLEAGUE, SELLERS_ROLE)


# --- where the solution is installed ---------------------------------------------------------------------------------


def pane(page: Page, stage: Stage, language: str) -> FrameLocator:
    """The widget, opened from the command bar."""
    page.goto(stage.world.form_page(stage.record_id, beside="no", widget="no", userlcid=LCID[language]))
    name = {ENGLISH: "Oneflow contracts", SWEDISH: "Oneflow-avtal"}[language]
    page.get_by_role("button", name=name, exact=True).click()
    return page.frame_locator("#pane-oneflow")


@both
def test_who_lacks_the_solutions_role_reads_its_name(
    installed: World, stage: Stage, open_page: OpenPage, language: str
) -> None:
    page = open_page(viewport=WIDE)
    watched(page).expect_status(403)
    security = installed.dataverse.world.security
    security.take(seed.COLLEAGUE, SELLER.id)
    said = pane(page, stage, language).get_by_role("alert")
    expect(said).to_contain_text({ENGLISH: "You lack a security role in Dynamics.",
                                  SWEDISH: "Du saknar en säkerhetsroll i Dynamics."}[language])  # fmt: skip
    expect(said).to_contain_text("Oneflow seller")


@both
def test_an_app_that_nobody_connected_is_told(
    installed: World, stage: Stage, open_page: OpenPage, language: str
) -> None:
    installed.dataverse.world.rows["environmentvariablevalue"].clear()
    page = open_page(viewport=WIDE)
    said = pane(page, stage, language).get_by_role("alert")
    expect(said).to_contain_text({ENGLISH: "The app is not connected yet.",
                                  SWEDISH: "Appen är inte ansluten än."}[language])  # fmt: skip
    expect(said).to_contain_text("python -m cli connect")
