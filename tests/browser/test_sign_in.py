"""In Azure the pages sign in with the real MSAL.js, under their strict policy: silently, or in a window of Entra's.

The sandbox's Entra ID answers at Microsoft's own address, and refuses what Microsoft's does.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from sandbox.dataverse import seed
from sandbox.world import World
from tests.browser.chromium import Cookies
from tests.browser.conftest import OpenPage
from tests.browser.entra import CLIENT, LOGIN, Entra, signing_in
from tests.browser.form import Form
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage

Visit = Callable[..., tuple[Settings, Entra]]


@pytest.fixture
def visit(open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> Visit:
    signing_in(monkeypatch)

    def go(*present: str) -> tuple[Settings, Entra]:
        page = open_page()
        return Settings(page, sandbox), Entra(page, sandbox, present)

    return go


def pick(page: Page, name: str) -> None:
    """In the window that just opened."""
    page.get_by_role("button", name=name).click()


def test_who_is_signed_in_already_is_not_asked(visit: Visit) -> None:
    settings, entra = visit(seed.SELLER_EMAIL)
    settings.open("entities/opportunity").ready(len(ROWS))
    assert entra.asked == ["silently", "token"]
    settings.direct(1, "Sync once")
    settings.save()
    settings.saved()
    assert entra.asked == ["silently", "token"], "a token is used until it ends"


@pytest.mark.parametrize("present", [(), (seed.SELLER_EMAIL, seed.COLLEAGUE_EMAIL)], ids=["nobody", "two"])
def test_who_is_not_signed_in_does_so_in_a_window(visit: Visit, present: tuple[str, ...]) -> None:
    settings, entra = visit(*present)
    watched(settings.page).expect_status(401)
    settings.open("entities/opportunity")
    expect(settings.page.get_by_role("alert")).to_contain_text("You are not signed in.")
    assert entra.refusals == ["AADSTS16000" if present else "AADSTS50058"]
    with settings.page.expect_popup() as window:
        settings.button("Sign in").click()
    pick(window.value, seed.SELLER_EMAIL)
    settings.ready(len(ROWS))
    assert "in a window" in entra.asked
    if not window.value.is_closed():
        window.value.wait_for_event("close")


def test_a_window_that_was_closed_may_be_opened_again(visit: Visit) -> None:
    settings, _ = visit()
    watched(settings.page).expect_status(401)
    settings.open("entities/opportunity")
    with settings.page.expect_popup() as window:
        settings.button("Sign in").click()
    window.value.close()
    expect(settings.button("Sign in")).to_be_visible()
    with settings.page.expect_popup() as window:
        settings.button("Sign in").click()
    pick(window.value, seed.SELLER_EMAIL)
    settings.ready(len(ROWS))


def test_where_third_party_cookies_are_blocked_a_window_asks(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    signing_in(monkeypatch)
    page = open_page(cookies=Cookies.OWN)
    watched(page).expect_status(401)
    entra = Entra(page, sandbox, [seed.SELLER_EMAIL])
    settings = Settings(page, sandbox).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in.")
    assert entra.refusals == ["AADSTS50058"], "Entra's own cookie does not reach it in a frame"
    with page.expect_popup() as window:
        settings.button("Sign in").click()
    pick(window.value, seed.SELLER_EMAIL)
    settings.ready(len(ROWS))


@pytest.mark.parametrize("address", ["version", "plain", "double"])
def test_the_widget_signs_in_under_every_address_of_a_web_resource(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    contract = stage.contract()
    signing_in(monkeypatch)
    page = open_page(viewport={"width": 1600, "height": 1000})
    entra = Entra(page, sandbox, [seed.COLLEAGUE_EMAIL, seed.SELLER_EMAIL])
    page.goto(sandbox.form_page(stage.record_id, beside="no", resources=address))
    form = Form.of(stage, page)
    expect(form.card(contract)).to_be_visible()
    assert entra.asked == ["silently", "token"], "of two accounts the one that uses Dynamics is told by its name"
    assert (entra.refusals, entra.people.hints) == ([], [seed.COLLEAGUE_EMAIL])


def test_whom_entra_id_knows_by_another_name_than_dynamics_is_found_without_the_name(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = stage.contract()
    signing_in(monkeypatch)
    page = open_page(viewport={"width": 1600, "height": 1000})
    entra = Entra(page, sandbox, [seed.SELLER_EMAIL])
    page.goto(sandbox.form_page(stage.record_id, beside="no"))
    expect(Form.of(stage, page).card(contract)).to_be_visible()
    assert entra.asked == ["silently", "silently", "token"]
    assert entra.people.hints == [seed.COLLEAGUE_EMAIL, ""]


@pytest.mark.parametrize(("mistake", "told"), [
    ("no consent", "Your organisation has not agreed to the app yet."),
    ("no address", "The sign-in sent no answer to this page."),
])  # fmt: skip
def test_in_dynamics_what_keeps_a_person_out_is_asked_once_and_told(
    open_page: OpenPage, sandbox: World, stage: Stage, monkeypatch: pytest.MonkeyPatch, mistake: str, told: str
) -> None:
    """A second question, without the name, would be answered that there are two accounts, which hides the reason."""
    signing_in(monkeypatch)
    page = open_page(viewport={"width": 1600, "height": 1000})
    watched(page).expect_status(400, 401)
    watched(page).expect_text(f"Refused to display '{LOGIN}/' in a frame")
    entra = Entra(page, sandbox, [seed.COLLEAGUE_EMAIL, seed.SELLER_EMAIL])
    if mistake == "no consent":
        entra.people.consented = False
    else:
        entra.people.register(CLIENT, "https://elsewhere.example/")
    page.goto(sandbox.form_page(stage.record_id, beside="no"))
    expect(Form.of(stage, page).widget.get_by_role("alert")).to_contain_text(told)
    assert entra.people.hints == [seed.COLLEAGUE_EMAIL]


# --- the sandbox's Entra ID is as strict as Microsoft's --------------------------------------------------------------


def authorize(page: Page, world: World, **changed: str) -> str:
    """Where a question without a window ends: the address, and what stands on the page."""
    asked = {
        "client_id": CLIENT, "redirect_uri": f"{world.app_url}/api/ui/blank.html", "response_type": "code",
        "scope": f"{CLIENT}/.default openid", "prompt": "none", "state": "s", "nonce": "n", "code_challenge": "c",
        "code_challenge_method": "S256",
    }  # fmt: skip
    page.goto(f"{LOGIN}/{world.env['DATAVERSE_TENANT_ID']}/oauth2/v2.0/authorize?{urlencode(asked | changed)}")
    return f"{page.url} {page.locator('body').inner_text()}"


@pytest.mark.parametrize(("changed", "refusal"), [
    ({}, ""),
    ({"login_hint": seed.SELLER_EMAIL}, ""),
    ({"login_hint": "Kari Seller"}, "AADSTS50058"),
    ({"login_hint": seed.COLLEAGUE_EMAIL}, "AADSTS50058"),
    ({"redirect_uri": "{app}/api/ui/Blank.html"}, "AADSTS50011"),
    ({"redirect_uri": "{app}/api/ui/blank.html/"}, "AADSTS50011"),
    ({"client_id": "nobody's"}, "AADSTS700016"),
    ({"code_challenge_method": "plain"}, "AADSTS9002325"),
    ({"prompt": "login", "login_hint": "Kari Seller"}, "AADSTS50034"),
])  # fmt: skip
def test_entra_id_refuses_what_is_not_registered_or_known(
    open_page: OpenPage, sandbox: World, changed: dict[str, str], refusal: str
) -> None:
    page = open_page(java_script_enabled=False)  # the page behind the redirect address leaves what it was told
    watched(page).expect_status(400)
    entra = Entra(page, sandbox, [seed.SELLER_EMAIL])
    answer = authorize(page, sandbox, **{name: value.format(app=sandbox.app_url) for name, value in changed.items()})
    assert entra.refusals == ([refusal] if refusal else [])
    assert ("code=" in answer) is not bool(refusal)
    assert refusal in answer
    stays = refusal not in ("", "AADSTS50058")
    assert answer.startswith(LOGIN) is stays, "what is not registered is never told where it asked to be told"


def test_a_token_opens_what_it_is_for(sandbox: World) -> None:
    identity, dynamics = sandbox.identity, sandbox.env["DATAVERSE_URL"]
    token = identity.sign_in(seed.SELLER_OID, CLIENT)
    assert identity.holder(token, CLIENT) == seed.SELLER_OID
    assert identity.holder(token, dynamics) is None
    assert identity.holder(identity.sign_in(seed.SELLER_OID, dynamics), CLIENT) is None


def test_storage_of_a_framed_page_is_its_own(open_page: OpenPage, sandbox: World) -> None:
    """As in everybody's browser: what a page says to itself is not heard where another site frames it."""
    outside = sandbox.app_url.replace("127.0.0.1", "localhost") + "/api/ui/"
    page = open_page()
    framing = f"<iframe src='{sandbox.app_url}/api/ui/blank.html'></iframe>"
    page.route(outside, lambda route: route.fulfill(body=framing, content_type="text/html"))
    page.route(f"{sandbox.app_url}/api/ui/blank.html", lambda route: route.fulfill(body="x", content_type="text/html"))
    page.goto(f"{sandbox.app_url}/api/ui/blank.html")
    page.evaluate("localStorage.setItem('told', 'at the top')")
    page.goto(outside)
    framed = next(one for one in page.frames if one.url.startswith(sandbox.app_url))
    assert framed.evaluate("localStorage.getItem('told')") is None
