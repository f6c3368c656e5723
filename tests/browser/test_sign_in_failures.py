"""Whatever keeps a person from signing in has its sentence, in their language, and the next press works."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.dataverse import seed
from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.chromium import Cookies
from tests.browser.conftest import OpenPage
from tests.browser.entra import CLIENT, LOGIN, Entra, signing_in
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

KARI = seed.SELLER_EMAIL
TOKENS = re.compile(re.escape(LOGIN) + r"/.*/token\b")
ENGLISH, SWEDISH = "en-GB", "sv-SE"
SIGN_IN = {ENGLISH: "Sign in", SWEDISH: "Logga in"}
AGAIN = {ENGLISH: "Try again", SWEDISH: "Försök igen"}
SIGNED_OUT = {ENGLISH: "You are not signed in.", SWEDISH: "Du är inte inloggad."}
CODES = {ENGLISH: "What the codes in the window mean", SWEDISH: "Vad koderna i fönstret betyder"}
CLOSED = {ENGLISH: "The sign-in window was closed before you", SWEDISH: "Inloggningsfönstret stängdes innan du"}
both = pytest.mark.parametrize("language", [ENGLISH, SWEDISH])

Visit = Callable[..., "Visitor"]


class Visitor:
    """At the settings, where somebody has to sign in."""

    def __init__(self, page: Page, world: World, entra: Entra, language: str) -> None:
        self.page, self.entra, self.language, self.app = page, entra, language, world.app_url
        self.settings = Settings(page, world)

    @property
    def message(self) -> Locator:
        return self.page.locator(".message").first

    def says(self, text: str) -> None:
        """Beside what a code of Entra's window would mean."""
        expect(self.message.locator(".told")).to_contain_text(text)

    def press(self) -> Page:
        """The window that opens."""
        with self.page.expect_popup() as window:
            self.page.get_by_role("button", name=SIGN_IN[self.language]).click()
        return window.value

    def signs_in(self) -> None:
        window = self.press()
        window.get_by_role("button", name=KARI).click()
        self.settings.ready(len(ROWS))

    def reads_of(self, code: int, text: str) -> None:
        """What a code of Entra's window means."""
        self.page.get_by_text(CODES[self.language], exact=True).click()
        meaning = self.page.locator("dt", has_text=f"AADSTS{code}").locator("xpath=following-sibling::dd[1]")
        expect(meaning).to_be_visible()
        expect(meaning).to_contain_text(text)


@pytest.fixture
def visit(open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Visit:
    signing_in(monkeypatch)

    def go(
        language: str,
        *present: str,
        before: Callable[[Visitor], object] = lambda visitor: None,
        cookies: Cookies = Cookies.ALL,
    ) -> Visitor:
        page = open_page(locale=language, cookies=cookies)
        watched(page).expect_status(400, 401)
        watched(page).expect_text(f"Refused to display '{LOGIN}/' in a frame")  # its page of what is wrong
        visitor = Visitor(page, sandbox, Entra(page, sandbox, present), language)
        before(visitor)
        visitor.settings.open("entities/opportunity")
        return visitor

    return go


# --- what Entra ID tells the page ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("refusal", "english", "swedish"), [
    ("AADSTS50105: The signed in user is not assigned to a role for the application.",
     "You have not been assigned to the app.", "Du har inte tilldelats appen."),
    ("AADSTS50057: The user account is disabled.", "This account is disabled.", "Det här kontot är avstängt."),
    ("AADSTS53003: Access has been blocked by Conditional Access policies.",
     "A policy of your organisation (Conditional Access)", "En regel i din organisation (villkorsstyrd åtkomst)"),
    ("AADSTS90033: A transient error has occurred.", "The sign-in failed: AADSTS90033.",
     "Inloggningen misslyckades: AADSTS90033."),
])  # fmt: skip
def test_who_is_kept_out_reads_why_and_comes_in_once_that_is_mended(
    visit: Visit, refusal: str, english: str, swedish: str
) -> None:
    for language, text in ((ENGLISH, english), (SWEDISH, swedish)):
        visitor = visit(language, KARI, before=lambda visitor: setattr(visitor.entra.people, "kept_out", refusal))
        visitor.says(text)
        expect(visitor.message).to_contain_text(SIGNED_OUT[language])
        assert_accessible(visitor.page)
        visitor.entra.people.kept_out = ""
        visitor.signs_in()


def without_consent(visitor: Visitor) -> None:
    visitor.entra.people.consented = False


@both
def test_a_missing_consent_is_told_with_who_gives_it(visit: Visit, language: str) -> None:
    visitor = visit(language, KARI, before=without_consent)
    visitor.says({ENGLISH: "Your organisation has not agreed to the app yet.",
                  SWEDISH: "Din organisation har inte godkänt appen än."}[language])  # fmt: skip
    assert visitor.entra.refusals == ["AADSTS65001"] * len(visitor.entra.refusals)
    window = visitor.press()
    window.get_by_role("button", name=KARI).click()
    window.get_by_role("button", name="Accept").click()
    visitor.settings.ready(len(ROWS))


@both
def test_a_consent_that_was_given_meanwhile_needs_no_window(visit: Visit, language: str) -> None:
    visitor = visit(language, KARI, before=without_consent)
    expect(visitor.message).to_contain_text(SIGNED_OUT[language])
    visitor.entra.people.consented = True
    visitor.page.get_by_role("button", name=AGAIN[language]).click()
    visitor.settings.ready(len(ROWS))
    assert "in a window" not in visitor.entra.asked


@both
def test_permissions_that_were_not_accepted_can_be_accepted_after_all(visit: Visit, language: str) -> None:
    visitor = visit(language, before=without_consent)
    window = visitor.press()
    window.get_by_role("button", name=KARI).click()
    window.get_by_role("button", name="Cancel").click()
    visitor.says({ENGLISH: "The permissions were not accepted.", SWEDISH: "Behörigheterna godkändes inte."}[language])
    window = visitor.press()
    window.get_by_role("button", name=KARI).click()
    window.get_by_role("button", name="Accept").click()
    visitor.settings.ready(len(ROWS))


@both
def test_where_an_administrator_has_to_approve_the_page_says_so(visit: Visit, language: str) -> None:
    visitor = visit(language, before=without_consent)
    visitor.entra.people.approval = True
    window = visitor.press()
    window.get_by_role("button", name=KARI).click()
    expect(window.get_by_role("heading")).to_contain_text("AADSTS90094")
    window.get_by_role("button", name="Return to the application").click()
    visitor.says({ENGLISH: "ask an administrator to grant consent for everybody",
                  SWEDISH: "be en administratör ge medgivande för alla"}[language])  # fmt: skip


@both
def test_an_address_that_is_registered_for_another_platform_is_told_by_name(visit: Visit, language: str) -> None:
    visitor = visit(language)
    address = f"{visitor.app}/api/ui/blank.html"
    visitor.entra.people.register(CLIENT, address, platform="web")
    visitor.press().get_by_role("button", name=KARI).click()
    visitor.says(address)
    assert visitor.entra.refusals[-1] == "AADSTS9002326"
    visitor.entra.register()
    visitor.signs_in()


# --- what Entra ID tells in its window alone -------------------------------------------------------------------------


@both
def test_a_window_that_is_closed_is_told_and_its_codes_are_explained(visit: Visit, language: str) -> None:
    visitor = visit(language)
    window = visitor.press()
    visitor.says({ENGLISH: "Go on in the window that opened.", SWEDISH: "Fortsätt i fönstret som öppnades."}[language])
    window.close()
    visitor.says(CLOSED[language])
    assert_accessible(visitor.page)
    visitor.signs_in()


@both
def test_a_wrong_redirect_address_is_told_with_the_right_one(visit: Visit, language: str) -> None:
    visitor = visit(
        language, before=lambda visitor: visitor.entra.people.register(CLIENT, "https://elsewhere.example/")
    )
    visitor.says({ENGLISH: "The sign-in sent no answer to this page.",
                  SWEDISH: "Inloggningen skickade inget svar till den här sidan."}[language])  # fmt: skip
    window = visitor.press()
    expect(window.get_by_role("alert")).to_contain_text("AADSTS50011")
    window.close()
    visitor.says(CLOSED[language])
    visitor.reads_of(50011, f"{visitor.app}/api/ui/blank.html")
    assert_accessible(visitor.page)
    visitor.entra.register()
    visitor.signs_in()


@both
def test_an_account_of_another_organisation_is_told_whose_to_take(visit: Visit, language: str) -> None:
    visitor = visit(language)
    visitor.entra.people.strangers = ("somebody@elsewhere.example",)
    window = visitor.press()
    window.get_by_role("button", name="somebody@elsewhere.example").click()
    expect(window.get_by_role("alert")).to_contain_text("AADSTS50020")
    window.close()
    visitor.says(CLOSED[language])
    visitor.reads_of(50020, {ENGLISH: "This account does not belong to the organisation",
                             SWEDISH: "Det här kontot hör inte till den organisation"}[language])  # fmt: skip
    visitor.signs_in()


@both
def test_an_app_that_entra_id_does_not_know_is_told_with_the_settings(visit: Visit, language: str) -> None:
    visitor = visit(language)
    visitor.entra.people.withdraw(CLIENT)
    window = visitor.press()
    expect(window.get_by_role("alert")).to_contain_text("AADSTS700016")
    window.close()
    visitor.says(CLOSED[language])
    visitor.reads_of(700016, "SIGN_IN_CLIENT_ID")
    for code in (50105, 90094, 53003):
        expect(visitor.page.locator("dt", has_text=f"AADSTS{code}")).to_be_visible()
    another = {ENGLISH: "Another code", SWEDISH: "En annan kod"}[language]
    expect(visitor.page.locator("dt", has_text=another)).to_be_visible()
    visitor.entra.register()
    visitor.signs_in()


# --- what the browser and the network do -----------------------------------------------------------------------------


@both
def test_a_window_that_the_browser_blocks_is_told(visit: Visit, language: str) -> None:
    visitor = visit(language)
    visitor.says(SIGNED_OUT[language])
    visitor.page.evaluate("() => { window.opens = window.open; window.open = () => null; }")  # as a blocker does
    visitor.page.get_by_role("button", name=SIGN_IN[language]).click()
    visitor.says({ENGLISH: "Allow pop-ups for 127.0.0.1", SWEDISH: "Tillåt popup-fönster för 127.0.0.1"}[language])
    visitor.page.evaluate("() => { window.open = window.opens; }")
    visitor.signs_in()


@both
def test_a_browser_that_stores_nothing_is_told_or_manages_without(visit: Visit, language: str) -> None:
    visitor = visit(language, cookies=Cookies.NONE)
    visitor.says(SIGNED_OUT[language])
    window = visitor.press()
    window.close()
    visitor.says({ENGLISH: "The browser does not let this page store anything",
                  SWEDISH: "Webbläsaren låter inte sidan spara något"}[language])  # fmt: skip
    assert_accessible(visitor.page)


@both
def test_where_entra_id_cannot_be_reached_the_page_says_what_to_look_at(visit: Visit, language: str) -> None:
    visitor = visit(language)
    visitor.says(SIGNED_OUT[language])
    watched(visitor.page).expect_unreachable()
    visitor.page.route(TOKENS, lambda route: route.abort())
    visitor.press().get_by_role("button", name=KARI).click()
    visitor.says({ENGLISH: "The page could not reach Entra ID.", SWEDISH: "Sidan nådde inte Entra ID."}[language])
    visitor.page.unroute(TOKENS)
    visitor.signs_in()


@both
def test_a_library_that_does_not_load_is_told_and_loaded_by_the_next_press(
    visit: Visit, language: str, sandbox: World
) -> None:
    file = f"{sandbox.app_url}/api/ui/vendor/msal.js"

    def without_library(visitor: Visitor) -> None:
        watched(visitor.page).expect_unreachable()
        visitor.page.route(file, lambda route: route.abort())

    visitor = visit(language, before=without_library)
    visitor.says({ENGLISH: "A part of this page could not be loaded.",
                  SWEDISH: "En del av sidan kunde inte läsas in."}[language])  # fmt: skip
    visitor.page.unroute(file)
    visitor.signs_in()


# --- what the app does -----------------------------------------------------------------------------------------------


@both
def test_a_token_that_the_app_does_not_take_is_no_missing_sign_in(visit: Visit, language: str) -> None:
    visitor = visit(language, KARI, before=lambda visitor: setattr(visitor.entra, "takes_tokens", False))
    visitor.says({ENGLISH: "You are signed in, but the app does not accept it.",
                  SWEDISH: "Du är inloggad, men appen godtar det inte."}[language])  # fmt: skip
    assert visitor.entra.refusals == []
    visitor.entra.takes_tokens = True
    visitor.page.get_by_role("button", name=AGAIN[language]).click()
    visitor.settings.ready(len(ROWS))


@both
def test_an_app_that_asks_for_a_sign_in_and_names_none_is_told(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    signing_in(monkeypatch)
    monkeypatch.setenv("SIGN_IN_CLIENT_ID", "")
    page = open_page(locale=language)
    watched(page).expect_status(401)
    Settings(page, sandbox).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_contain_text("SIGN_IN_CLIENT_ID")
    expect(page.get_by_role("button", name=SIGN_IN[language])).to_have_count(0)


# --- where Dynamics is shown inside another site ---------------------------------------------------------------------


@pytest.fixture
def portal(sandbox: World) -> Iterator[str]:
    """A page of another site, which an administrator lets frame Dynamics."""
    site = sandbox.app_url.replace("127.0.0.1", "localhost")
    sandbox.dynamics_pages.framers = (site,)
    yield f"{site}/portal"
    sandbox.dynamics_pages.framers = ()


@pytest.mark.parametrize("cookies", [Cookies.ALL, Cookies.OWN])
@both
def test_framed_by_another_site_the_widget_signs_in_through_a_window_in_between(
    open_page: OpenPage,
    sandbox: World,
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    portal: str,
    language: str,
    cookies: Cookies,
) -> None:
    """A portal, Teams or Outlook around Dynamics: what the frame stores is apart from what a window stores."""
    contract = stage.contract()
    signing_in(monkeypatch)
    page = open_page(locale=language, cookies=cookies)
    watched(page).expect_status(401)
    Entra(page, sandbox)
    widget = f"{sandbox.env['DATAVERSE_URL']}/WebResources/ofs_/widget.html"
    data = quote(f"app={sandbox.app_url}&lang={language}")
    address = f"{widget}?typename=opportunity&id={stage.record_id}&data={data}"
    framing = (
        f"<!doctype html><link rel=icon href='data:,'><iframe id=frame width=420 height=800 src='{address}'></iframe>"
    )
    page.route(portal, lambda route: route.fulfill(body=framing, content_type="text/html"))

    page.goto(portal)
    frame = page.frame_locator("#frame")
    with page.expect_popup() as between:
        frame.get_by_role("button", name=SIGN_IN[language]).click()
    go_on = between.value.get_by_role(
        "button", name={ENGLISH: "Go on to sign in", SWEDISH: "Fortsätt till inloggningen"}[language]
    )
    expect(go_on).to_be_visible()
    assert_accessible(between.value)
    with between.value.expect_popup() as window:
        go_on.click()
    window.value.get_by_role("button", name=KARI).click()
    expect(frame.locator(f"[data-contract='{contract}']")).to_be_visible()
    if not between.value.is_closed():
        between.value.wait_for_event("close")


def test_the_window_in_between_does_nothing_for_a_page_that_is_gone(open_page: OpenPage, sandbox: World) -> None:
    page = open_page()
    page.goto(f"{sandbox.app_url}/api/ui/relay.html?data=lang%3Dsv")
    page.get_by_role("button", name="Fortsätt till inloggningen").click()
    expect(page.get_by_role("status")).to_contain_text("Sidan som bad om det här fönstret finns inte längre.")
