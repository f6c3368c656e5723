"""The sandbox's own pages: the stub form with the widget on it, and the stub contract beside it."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.states import Scene, state
from tests.browser.states.widget import three


@state("form-and-contract")
def form_and_contract(scene: Scene) -> None:
    stage = scene.stage
    _, sent, _ = three(stage)
    page = scene.open(stage.world.form_page(stage.record_id), viewport={"width": 1600, "height": 900})
    expect(page.frame_locator("#WebResource_oneflow").locator(f"[data-contract='{sent}']")).to_be_visible()
    page.get_by_label("Contract", exact=True).select_option(str(sent))
    expect(page.frame_locator("#contract iframe").get_by_label("Customer name")).to_have_value("Nordlys")


@state("contract-signed")
def contract_signed(scene: Scene) -> None:
    signed, _, _ = three(scene.stage)
    page = scene.open(scene.stage.world.contract_page(signed), viewport={"width": 620, "height": 900})
    expect(page.get_by_text("Signed", exact=True)).to_be_visible()
