"""The widget's states, as wide as a form's column."""

from __future__ import annotations

import uuid
from dataclasses import replace

from playwright.sync_api import Locator, Page, expect

from tests.browser.entra import Entra, signing_in
from tests.browser.states import Scene, state
from tests.browser.watch import watched
from tests.stories.stage import Stage

COLUMN = {"width": 430, "height": 760}
ROOM = {"width": 760, "height": 900}


def widget(scene: Scene, record: str | None = None, entity: str = "opportunity", viewport=COLUMN, **query: str) -> Page:  # type: ignore[no-untyped-def]
    stage = scene.stage
    words = {"typename": entity, "id": stage.record_id if record is None else record, "userlcid": "1033", **query}
    address = "&".join(f"{name}={value}" for name, value in words.items())
    return scene.open(f"{stage.world.app_url}/api/ui/widget.html?{address}", viewport=viewport)


def cards(scene: Scene, **options: object) -> Page:
    page = widget(scene, **options)  # type: ignore[arg-type]
    expect(page.locator("[data-contract]").first).to_be_visible()
    return page


def dialog(page: Page) -> Locator:
    found = page.get_by_role("dialog").last
    expect(found).to_be_visible()
    return found


def choose(page: Page, contract: int, item: str) -> None:
    page.locator(f"[data-contract='{contract}']").get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name=item).click()


def three(stage: Stage) -> tuple[int, int, int]:
    """One signed, one sent, one draft."""
    signed, sent = stage.contract(name="Mutual NDA"), stage.contract(name="Master services agreement, Nordlys")
    stage.world.oneflow.people.sign_all(signed)
    stage.look(signed)
    return signed, sent, stage.contract(publish=False, name="Statement of work 2026-03")


def conflict(stage: Stage, ours: str = "Delivery in March", theirs: str = "Delivery in April") -> int:
    stage.map(conflict_policy="ask")
    contract = stage.contract(name="Delivery plan, Nordlys")
    with stage.silently():
        stage.edit_record(description=ours)
    stage.edit_contract(contract, description=theirs)
    stage.drain()
    stage.until(lambda: stage.card(contract)["conflicts"] == 1, "the conflict is stored")
    return contract


@state("widget-looked-for")
def looked_for(scene: Scene) -> None:
    stage, seed = scene.stage, scene.stage.world.oneflow_seed
    asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": "Delivery plan", "parties": []}
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
    assert stage.call("POST", f"records/opportunity/{stage.record_id}/contracts", asked).status_code == 503
    page = widget(scene)
    expect(page.get_by_text("Looking for “")).to_be_visible()


@state("widget-unclear-creation")
def unclear_creation(scene: Scene) -> None:
    scene.stage.unclear_creation(f"Delivery plan {uuid.uuid4().hex[:4]}")
    page = widget(scene)
    expect(page.get_by_role("button", name="Link this one").first).to_be_visible()


def held(page: Page, address: str) -> None:
    """The answer does not come while the picture is taken."""
    page.route(address, lambda route: None)


# --- the list -------------------------------------------------------------------------------------------------------


@state("widget-ready")
def ready(scene: Scene) -> None:
    _, sent, _ = three(scene.stage)
    page = cards(scene)
    expect(page.locator(f"[data-contract='{sent}']")).to_be_visible()


@state("widget-loading")
def loading(scene: Scene) -> None:
    scene.page = scene.open_page(viewport=COLUMN)
    held(scene.page, "**/contracts")
    query = f"typename=opportunity&id={scene.stage.record_id}&userlcid=1033"
    scene.page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?{query}")
    expect(scene.page.locator(".stencil").first).to_be_visible()


@state("widget-empty")
def empty(scene: Scene) -> None:
    expect(widget(scene).get_by_text("No contracts yet")).to_be_visible()


@state("widget-record-not-saved")
def not_saved(scene: Scene) -> None:
    expect(widget(scene, record="").get_by_text("Save this record")).to_be_visible()


@state("widget-not-set-up")
def not_set_up(scene: Scene) -> None:
    page = widget(scene, record=scene.stage.world.dataverse_seed.QUOTE, entity="quote")
    expect(page.get_by_text("No fields of this table are mapped yet")).to_be_visible()


@state("widget-error")
def error(scene: Scene) -> None:
    scene.stage.fail("dynamics", "status", times=None, status=503)
    page = scene.open_page(viewport=COLUMN)
    watched(page).expect_status(503)
    scene.page = page
    page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?typename=opportunity&id={scene.stage.record_id}")
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@state("widget-error-over-cards")
def error_over_cards(scene: Scene) -> None:
    scene.stage.contract(name="Master services agreement, Nordlys")
    page = cards(scene)
    watched(page).expect_status(503)
    scene.stage.fail("dynamics", "status", times=None, status=503)
    page.get_by_role("button", name="Refresh").click()
    expect(page.get_by_role("button", name="Try again")).to_be_visible()


@state("widget-signed-out")
def signed_out(scene: Scene) -> None:
    signing_in(scene.monkeypatch)
    page = scene.open_page(viewport=COLUMN)
    watched(page).expect_status(401)
    scene.page = page
    Entra(page, scene.stage.world)
    page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?typename=opportunity&id={scene.stage.record_id}")
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@state("widget-sign-in-closed")
def sign_in_closed(scene: Scene) -> None:
    signed_out(scene)
    assert scene.page
    with scene.page.expect_popup() as window:
        scene.page.get_by_role("button", name="Sign in").click()
    window.value.close()
    expect(scene.page.get_by_text("The sign-in window was closed")).to_be_visible()
    scene.page.get_by_text("What the codes in the window mean").click()


@state("widget-no-permission")
def no_permission(scene: Scene) -> None:
    world = scene.stage.world.dataverse.world
    world.security.out_of_reach.add((scene.stage.world.dataverse_seed.SELLER, scene.stage.record_id))
    page = scene.open_page(viewport=COLUMN)
    watched(page).expect_status(404)
    scene.page = page
    page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?typename=opportunity&id={scene.stage.record_id}")
    expect(page.get_by_text("You cannot see this record")).to_be_visible()


@state("widget-not-connected")
def not_connected(scene: Scene) -> None:
    scene.stage.fail("dynamics", "status", times=None, status=401)
    page = scene.open_page(viewport=COLUMN)
    watched(page).expect_status(503)
    scene.page = page
    page.goto(f"{scene.stage.world.app_url}/api/ui/widget.html?typename=opportunity&id={scene.stage.record_id}")
    expect(page.get_by_text("The sync is not connected.")).to_be_visible()


# --- one card -------------------------------------------------------------------------------------------------------


@state("widget-menu")
def menu(scene: Scene) -> None:
    contract = scene.stage.contract(name="Master services agreement, Nordlys")
    page = cards(scene)
    page.locator(f"[data-contract='{contract}']").get_by_role("button", name="Actions for").click()
    expect(page.get_by_role("menuitem", name="Open in Oneflow")).to_be_focused()


@state("widget-waiting")
def waiting(scene: Scene) -> None:
    contract = scene.stage.contract(name="Master services agreement, Nordlys")
    scene.stage.edit_record(name="Nordlys Gruppen AS", estimatedvalue="1300000.00")
    scene.stage.drain()
    scene.stage.look(contract)
    expect(cards(scene).get_by_text("2 changes wait for a push.")).to_be_visible()


@state("widget-declined-and-expired")
def declined(scene: Scene) -> None:
    stage = scene.stage
    first, second = stage.contract(name="Declined offer"), stage.contract(name="Offer of last spring")
    stage.world.oneflow.people.decline(first)
    stage.world.oneflow.people.expire(second)
    stage.look(first)
    stage.look(second)
    expect(cards(scene).get_by_text("Expired", exact=True)).to_be_visible()


@state("widget-broken-and-paused")
def broken(scene: Scene) -> None:
    """As storage holds them after a deletion in Oneflow, and after a fight of two systems."""
    stage = scene.stage
    links = stage.world.services._links
    for name, status, reason in (
        ("Deleted by mistake", "broken", "The contract was deleted in Oneflow."),
        ("Fought over", "paused", "Too many automatic writes in a short time."),
    ):
        opened = links.open(stage.contract(name=name))
        assert opened is not None
        links.close(opened, replace(opened.link, status=status, reason=reason), opened.bases, [])
    expect(cards(scene).get_by_text("The link is broken.")).to_be_visible()


@state("widget-conflict")
def in_conflict(scene: Scene) -> None:
    conflict(scene.stage)
    expect(cards(scene).get_by_role("button", name="Keep Dynamics for Description")).to_be_visible()


@state("widget-not-agreed")
def not_agreed(scene: Scene) -> None:
    stage = scene.stage
    foreign = stage.foreign_contract()
    stage.edit_contract(foreign, customer_name="Nordlys Gruppen AS", amount="900000.00")
    stage.ok("PUT", f"records/opportunity/{stage.record_id}/contracts/{foreign}", {})
    stage.look(foreign)
    expect(cards(scene).get_by_role("button", name="Keep Oneflow for Topic")).to_be_visible()


@state("widget-partial")
def partial(scene: Scene) -> None:
    contract = scene.stage.contract(publish=False, name="Statement of work 2026-03")
    scene.stage.edit_contract(
        contract, "colleague", is_priority="Perhaps", close_date="next spring", description="As agreed on the phone"
    )
    page = cards(scene)
    choose(page, contract, "Fetch updates from Oneflow")
    dialog(page).get_by_role("button", name="Fetch", exact=True).click()
    expect(page.get_by_text("1 of 3 fields updated.")).to_be_visible()


@state("widget-pushed")
def pushed(scene: Scene) -> None:
    three(scene.stage)
    scene.stage.edit_record(estimatedvalue="1300000.00")
    page = cards(scene)
    page.get_by_role("button", name="Push updates to Oneflow").click()
    dialog(page).get_by_role("button", name="Push", exact=True).click()
    expect(page.get_by_text("Updates pushed to 2 contracts.")).to_be_visible()


@state("widget-pushing-at-once")
def pushing(scene: Scene) -> None:
    three(scene.stage)
    page = cards(scene)
    held(page, "**/push")
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Push and fetch without showing changes first").click()
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(page.get_by_role("progressbar")).to_be_visible()


# --- dialogs --------------------------------------------------------------------------------------------------------


@state("widget-create")
def create(scene: Scene) -> None:
    page = widget(scene, viewport=ROOM)
    page.get_by_role("button", name="Create contract").click()
    expect(dialog(page).get_by_role("checkbox", name="Ola Kjoper")).to_be_checked()
    expect(page.get_by_text("1250000.00")).to_be_visible()


@state("widget-create-invalid")
def create_invalid(scene: Scene) -> None:
    page = widget(scene)
    page.get_by_role("button", name="Create contract").click()
    box = dialog(page)
    box.get_by_role("button", name="Add a person").click()
    box.get_by_role("button", name="Create draft").click()
    expect(box.get_by_text("Enter a name.").first).to_be_visible()


def _previewed(scene: Scene, viewport: dict[str, int]) -> None:
    stage = scene.stage
    first = stage.contract(name="Master services agreement, Nordlys")
    stage.contract(publish=False, name="Statement of work 2026-03")
    stage.edit_contract(first, customer_name="Nordlys Gruppen AS")
    stage.drain()
    stage.until(lambda: stage.record("name") == "Nordlys Gruppen AS", "Dynamics follows")
    stage.edit_record(estimatedvalue="1300000.00")
    page = cards(scene, viewport=viewport)
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(dialog(page).get_by_text("1300000.00")).to_have_count(2)


@state("widget-preview")
def preview(scene: Scene) -> None:
    _previewed(scene, ROOM)


@state("widget-preview-narrow")
def preview_narrow(scene: Scene) -> None:
    _previewed(scene, {"width": 320, "height": 760})


@state("widget-preview-stale")
def stale(scene: Scene) -> None:
    stage = scene.stage
    stage.contract(name="Master services agreement, Nordlys")
    stage.edit_record(name="Nordlys AS, Oslo")
    page = cards(scene)
    watched(page).expect_status(409)
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(dialog(page).get_by_text("Nordlys AS, Oslo")).to_be_visible()
    stage.edit_record(name="Nordlys AS, Bergen")
    dialog(page).get_by_role("button", name="Push", exact=True).click()
    expect(page.get_by_text("The values changed since you looked.")).to_be_visible()


@state("widget-signature-reset")
def signatures(scene: Scene) -> None:
    stage = scene.stage
    contract = stage.contract(name="Master services agreement, Nordlys")
    stage.world.oneflow.people.sign(contract)
    stage.edit_record(name="Nordlys Gruppen AS")
    stage.drain()
    page = cards(scene)
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(dialog(page).get_by_text("Somebody has signed already.")).to_be_visible()


@state("widget-history")
def history(scene: Scene) -> None:
    stage = scene.stage
    contract = stage.contract(name="Master services agreement, Nordlys")
    stage.edit_contract(contract, customer_name="Nordlys Gruppen AS", description="As agreed on the phone")
    stage.until(lambda: stage.record("name") == "Nordlys Gruppen AS", "Dynamics follows")
    stage.drain()
    stage.edit_record(estimatedvalue="1300000.00")
    stage.push(contract)
    page = cards(scene, viewport=ROOM)
    choose(page, contract, "Sync details")
    box = dialog(page)
    box.get_by_role("listitem").filter(has_text="Change in Oneflow").first.get_by_role("button", name="Undo").click()
    dialog(page).get_by_role("button", name="Undo", exact=True).click()
    expect(box.get_by_text("2 fields put back.")).to_be_visible()


@state("widget-undo")
def undo(scene: Scene) -> None:
    stage = scene.stage
    contract = stage.contract(name="Master services agreement, Nordlys")
    stage.edit_contract(contract, customer_name="Nordlys Gruppen AS")
    stage.until(lambda: stage.record("name") == "Nordlys Gruppen AS", "Dynamics follows")
    stage.drain()
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    page = cards(scene, viewport=ROOM)
    choose(page, contract, "Sync details")
    entry = dialog(page).get_by_role("listitem").filter(has_text="Change in Oneflow").first
    entry.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("This contract is signed; the record will differ from it.")).to_be_visible()


@state("widget-keep")
def keep(scene: Scene) -> None:
    stage = scene.stage
    contract = conflict(stage)
    sent, signed = stage.contract(name="Statement of work"), stage.contract(name="Signed in spring")
    stage.world.oneflow.people.sign_all(signed)
    stage.look(signed)
    stage.look(sent)
    page = cards(scene, viewport=ROOM)
    page.get_by_role("button", name="Keep Oneflow for Description").click()
    expect(page.get_by_text("waits for a push").first).to_be_visible()
    assert contract


@state("widget-push-nothing")
def push_nothing(scene: Scene) -> None:
    scene.stage.contract(name="Master services agreement, Nordlys")
    page = cards(scene, viewport=ROOM)
    page.get_by_role("button", name="Push updates to Oneflow").click()
    expect(page.get_by_text("Nothing to push")).to_be_visible()


@state("widget-create-nobody")
def create_nobody(scene: Scene) -> None:
    page = widget(scene, viewport=ROOM)
    page.get_by_role("button", name="Create contract").click()
    dialog(page).get_by_role("checkbox", name="Ola Kjoper").uncheck()
    expect(page.get_by_text("No counterparty is chosen")).to_be_visible()


@state("widget-link")
def link(scene: Scene) -> None:
    stage = scene.stage
    contract = stage.contract(name="Linked elsewhere")
    stage.record_id = stage.world.new_opportunity({"name": "The revised one"})
    page = widget(scene)
    watched(page).expect_status(409)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Link a contract").click()
    dialog(page).get_by_label("Contract").fill(str(contract))
    dialog(page).get_by_role("button", name="Link a contract").click()
    expect(page.get_by_text("This contract is linked to another record.")).to_be_visible()


@state("widget-unlink")
def unlink(scene: Scene) -> None:
    contract = scene.stage.contract(name="Master services agreement, Nordlys")
    page = cards(scene)
    choose(page, contract, "Unlink")
    dialog(page)


@state("widget-swedish")
def swedish(scene: Scene) -> None:
    three(scene.stage)
    conflict(scene.stage)
    page = widget(scene, userlcid="1053")
    expect(page.get_by_role("button", name="Skapa avtal")).to_be_visible()
    expect(page.get_by_role("button", name="Behåll Dynamics för Description")).to_be_visible()
