"""The states of Oneflow Settings."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import expect

from sandbox.dataverse import seed
from sync_core.engine.model.jobs import SyncJob
from tests.browser.many_links import many_links
from tests.browser.settings import Settings
from tests.browser.states import Scene, state
from tests.browser.states.widget import conflict, held, three
from tests.browser.watch import watched
from tests.stories.stage import ROWS

DESK = {"width": 1280, "height": 860}
TALL = {"width": 1280, "height": 1120}
PHONE = {"width": 320, "height": 720}


def settings(
    scene: Scene, place: str = "entities/opportunity", rows: int | None = len(ROWS), **options: Any
) -> Settings:
    options.setdefault("viewport", DESK)
    page = scene.open_page(**options)
    scene.page = page
    opened = Settings(page, scene.stage.world).open(place)
    return opened.ready(rows) if rows is not None and place == "entities/opportunity" else opened


# --- get started ----------------------------------------------------------------------------------------------------


@state("settings-connection")
def connection(scene: Scene) -> None:
    opened = settings(scene, "connection")
    expect(opened.page.get_by_role("switch", name="Webhooks")).to_be_checked()


@state("settings-webhooks-off")
def webhooks_off(scene: Scene) -> None:
    opened = settings(scene, "connection")
    opened.page.get_by_role("switch", name="Webhooks").click()
    expect(opened.page.get_by_text("Webhooks are off: two-way fields")).to_be_visible()


@state("settings-webhooks-off-mapping")
def webhooks_off_mapping(scene: Scene) -> None:
    scene.stage.call("DELETE", "connection/webhooks")
    opened = settings(scene)
    expect(opened.page.get_by_text("Webhooks are off: two-way fields")).to_be_visible()


@state("settings-not-connected")
def not_connected(scene: Scene) -> None:
    scene.stage.fail("oneflow", "status", times=50, path="*", status=401)
    opened = settings(scene, "connection")
    expect(opened.page.get_by_text("Not connected to Oneflow")).to_be_visible()


@state("settings-no-permission")
def no_permission(scene: Scene) -> None:
    scene.monkeypatch.setenv("SYNC_LOCAL_USER", seed.SELLER_OID)
    page = scene.open_page(viewport=DESK)
    scene.page = page
    watched(page).expect_status(403)
    Settings(page, scene.stage.world).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_be_visible()


@state("settings-signed-out")
def signed_out(scene: Scene) -> None:
    scene.monkeypatch.delenv("SYNC_LOCAL_USER")
    page = scene.open_page(viewport=DESK)
    scene.page = page
    watched(page).expect_status(401)
    Settings(page, scene.stage.world).open()
    expect(page.get_by_role("alert")).to_contain_text("You are not signed in.")


# --- the mapping ----------------------------------------------------------------------------------------------------


@state("settings-mapping")
def mapping(scene: Scene) -> None:
    settings(scene)


@state("settings-mapping-swedish")
def mapping_swedish(scene: Scene) -> None:
    settings(scene, locale="sv-SE")


@state("settings-mapping-narrow")
def mapping_narrow(scene: Scene) -> None:
    settings(scene, viewport=PHONE)


@state("settings-mapping-contrast")
def mapping_contrast(scene: Scene) -> None:
    settings(scene, forced_colors="active")


@state("settings-loading")
def loading(scene: Scene) -> None:
    page = scene.open_page(viewport=DESK)
    scene.page = page
    held(page, "**/api/entities/*/mapping")
    Settings(page, scene.stage.world).open("entities/opportunity")
    expect(page.locator(".stencil-row")).to_have_count(5)


@state("settings-empty")
def empty(scene: Scene) -> None:
    opened = settings(scene, "entities/contact")
    expect(opened.page.get_by_role("heading", name="No fields are mapped yet")).to_be_visible()


@state("settings-add-entity")
def add_entity(scene: Scene) -> None:
    opened = settings(scene)
    opened.button("Add entity").click()
    expect(opened.page.get_by_role("dialog", name="Add entity")).to_be_visible()


@state("settings-error")
def error(scene: Scene) -> None:
    page = scene.open_page(viewport=DESK)
    scene.page = page
    watched(page).expect_unreachable()
    page.route("**/api/entities/*/mapping", lambda route: route.abort())
    Settings(page, scene.stage.world).open("entities/opportunity")
    expect(page.get_by_role("alert")).to_contain_text("The mapping could not be loaded.")


@state("settings-dynamics-field-open")
def dynamics_field_open(scene: Scene) -> None:
    opened = settings(scene)
    opened.cell("Dynamics field", 2).click()
    expect(opened.page.get_by_role("listbox", name="Choices")).to_be_visible()


@state("settings-oneflow-field-open")
def oneflow_field_open(scene: Scene) -> None:
    opened = settings(scene)
    opened.cell("Oneflow field", 2).click()
    expect(opened.page.get_by_role("listbox", name="Choices")).to_be_visible()


@state("settings-two-way-refused")
def two_way_refused(scene: Scene) -> None:
    opened = settings(scene)
    opened.cell("Sync direction", 7).click()
    expect(opened.page.get_by_text("A lookup is stored as a reference").first).to_be_visible()


@state("settings-invalid")
def invalid(scene: Scene) -> None:
    opened = settings(scene, viewport=TALL)
    opened.add("Topic")
    opened.choose("Oneflow field", len(ROWS) + 1, "amount")
    expect(opened.page.get_by_role("button", name="rows need attention")).to_be_visible()


@state("settings-options")
def options(scene: Scene) -> None:
    opened = settings(scene)
    opened.button("Options of row 4").click()
    expect(opened.page.get_by_role("dialog", name="Options of Priority")).to_be_visible()


@state("settings-options-lookup")
def options_of_a_lookup(scene: Scene) -> None:
    opened = settings(scene)
    opened.button("Options of row 7").click()
    dialog = opened.page.get_by_role("dialog", name="Options of Account")
    dialog.get_by_label("Two-way by name or key").check()
    dialog.get_by_role("combobox", name="Shown and found by").click()
    expect(opened.page.get_by_role("option", name="Account Number")).to_be_visible()


@state("settings-remove")
def remove(scene: Scene) -> None:
    opened = settings(scene)
    opened.button("Remove row 2").click()
    expect(opened.page.get_by_role("dialog")).to_be_visible()


@state("settings-saving")
def saving(scene: Scene) -> None:
    opened = settings(scene)
    opened.direct(1, "Sync once")
    held(opened.page, "**/api/entities/*/mapping")
    opened.save()
    expect(opened.page.get_by_text("Saving …")).to_be_visible()


@state("settings-saved")
def saved(scene: Scene) -> None:
    scene.stage.map(ROWS[:-2])
    opened = settings(scene, rows=len(ROWS) - 2, viewport=TALL)
    opened.add("Count", "reference", "Two-way sync")
    opened.save()
    opened.saved()


@state("settings-save-failed")
def save_failed(scene: Scene) -> None:
    opened = settings(scene, viewport=TALL)
    watched(opened.page).expect_unreachable()
    opened.direct(1, "Sync once")
    opened.page.route("**/api/entities/*/mapping", lambda route: route.abort())
    opened.save()
    expect(opened.page.get_by_role("alert")).to_contain_text("The mapping could not be saved.")


@state("settings-somebody-else-saved")
def somebody_else_saved(scene: Scene) -> None:
    opened = settings(scene, viewport=TALL)
    watched(opened.page).expect_status(412)
    scene.stage.map([(*ROWS[0][:2], "sync_once"), *ROWS[1:-1], ("new_stage", "stage", "sync_once")])
    opened.direct(1, "Dynamics to Oneflow")
    opened.direct(2, "Sync once")
    opened.save()
    expect(opened.button("Combine")).to_be_visible()


@state("settings-discard")
def discard(scene: Scene) -> None:
    opened = settings(scene)
    opened.direct(1, "Sync once")
    opened.button("Discard changes").click()
    expect(opened.page.get_by_role("dialog")).to_be_visible()


@state("settings-file-menu")
def file_menu(scene: Scene) -> None:
    opened = settings(scene)
    opened.button("Import or export the mapping of Opportunity").click()
    expect(opened.page.get_by_role("menu")).to_be_visible()


@state("settings-general")
def general(scene: Scene) -> None:
    opened = settings(scene, "entities/opportunity/general")
    opened.page.get_by_role("switch", name="Auto push").click()
    expect(opened.page.get_by_text("When you save, changes that wait")).to_be_visible()


# --- the sync log ---------------------------------------------------------------------------------------------------


@state("settings-log")
def log(scene: Scene) -> None:
    three(scene.stage)
    conflict(scene.stage)
    opened = settings(scene, "log")
    expect(opened.page.get_by_role("article").first).to_be_visible()


@state("settings-log-narrow")
def log_narrow(scene: Scene) -> None:
    three(scene.stage)
    opened = settings(scene, "log", viewport=PHONE)
    expect(opened.page.get_by_role("article").first).to_be_visible()


@state("settings-log-empty")
def log_empty(scene: Scene) -> None:
    opened = settings(scene, "log")
    opened.page.get_by_label("Contract number").fill("1")
    opened.button("Filter").click()
    expect(opened.page.get_by_text("Nothing to show")).to_be_visible()


@state("settings-dead-letters")
def dead_letters(scene: Scene) -> None:
    contract = scene.stage.contract()
    letters = scene.stage.world.services._letters
    letters.add(
        contract,
        "refused",
        "Dynamics refused the write: the quote is closed.",
        SyncJob(contract),
    )
    opened = settings(scene, "log/dead")
    expect(opened.button(f"Replay {contract}")).to_be_visible()


@state("settings-no-dead-letters")
def no_dead_letters(scene: Scene) -> None:
    for letter in scene.stage.ok("GET", "dead-letters")["dead_letters"]:
        scene.stage.call("DELETE", f"dead-letters/{letter['id']}")
    opened = settings(scene, "log/dead")
    expect(opened.page.get_by_text("No dead letters")).to_be_visible()


# --- health ---------------------------------------------------------------------------------------------------------


@state("settings-health-none")
def health_none(scene: Scene) -> None:
    scene.page = scene.open_page(viewport=TALL)
    empty = '{"entities": [], "at_least": [], "counted_at": null}'
    scene.page.route("**/links/summary", lambda route: route.fulfill(body=empty, content_type="application/json"))
    Settings(scene.page, scene.stage.world).open("health")
    expect(scene.page.get_by_text("No links yet")).to_be_visible()


@state("settings-health-ten")
def health_ten(scene: Scene) -> None:
    conflict(scene.stage)
    three(scene.stage)
    opened = settings(scene, "health", viewport=TALL)
    expect(opened.page.locator("table.links tbody tr").first).to_be_visible()
    expect(opened.page.get_by_role("figure").first).to_be_visible()


@state("settings-health-hundred-thousand")
def health_many(scene: Scene) -> None:
    with many_links(scene.stage.world):
        opened = settings(scene, "health/needs_decision/account", viewport=TALL)
        expect(opened.page.locator("table.links tbody tr")).to_have_count(50)
        expect(opened.page.get_by_role("figure").first).to_be_visible()


@state("settings-health-phone-swedish")
def health_phone(scene: Scene) -> None:
    conflict(scene.stage)
    scene.page = scene.open_page(viewport=PHONE, locale="sv-SE")
    Settings(scene.page, scene.stage.world, "?lang=sv").open("health/needs_decision")
    expect(scene.page.locator("table.links tbody tr").first).to_be_visible()
    expect(scene.page.get_by_role("figure").first).to_be_visible()


@state("settings-not-in-force")
def not_in_force(scene: Scene) -> None:
    world = scene.stage.world
    security = world.dataverse.world.security
    (role,) = security.roles_of(seed.APPLICATION)
    held = security.of_role(role)
    security.give(role, {name: depth for name, depth in held.items() if name != "prvWriteOpportunity"}, replace=True)
    try:
        opened = settings(scene)
        expect(opened.page.get_by_text("This mapping is not in force yet.")).to_be_visible()
    finally:
        security.give(role, held, replace=True)
        scene.stage.map()
