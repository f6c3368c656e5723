"""Get started: both accounts, and Oneflow's webhooks switched on and off with real clicks."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.world import World
from sync_core import bootstrap
from sync_core.engine.model.probed import PREFIX
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import Stage


def switch(page: Page) -> Locator:
    return page.get_by_role("switch", name="Webhooks")


def subscriptions(sandbox: World) -> list[Any]:
    return list(sandbox.oneflow.world.state.webhooks.values())


def test_webhooks_are_switched_off_and_on(browser_page: Page, sandbox: World, stage: Stage) -> None:
    Settings(browser_page, sandbox).open("connection")
    expect(browser_page.get_by_text("Fjordkraft Sales AS", exact=True)).to_be_visible()
    expect(switch(browser_page)).to_be_checked()
    switch(browser_page).click()
    expect(switch(browser_page)).not_to_be_checked()
    expect(browser_page.get_by_role("status").filter(has_text="· webhooks off")).to_be_visible()
    assert subscriptions(sandbox) == []
    assert_accessible(browser_page)
    switch(browser_page).click()
    expect(switch(browser_page)).to_be_checked()
    expect(browser_page.get_by_role("status").filter(has_text="· webhooks on")).to_be_visible()
    assert len(subscriptions(sandbox)) == 1
    assert_accessible(browser_page)


def test_after_the_switch_a_counterpartys_edit_travels_by_itself(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    contract = stage.contract()
    Settings(browser_page, sandbox).open("connection")
    switch(browser_page).click()
    expect(switch(browser_page)).not_to_be_checked()
    stage.edit_contract(contract, customer_name="While they were off")
    stage.drain()
    assert stage.record("name") == "Nordlys"
    switch(browser_page).click()
    expect(switch(browser_page)).to_be_checked()
    stage.edit_contract(contract, customer_name="Now they are on")
    stage.until(lambda: stage.record("name") == "Now they are on", "Dynamics follows by itself")
    browser_page.get_by_role("button", name="Refresh").click()
    expect(browser_page.get_by_text("Last event from Oneflow")).to_be_visible()


def test_off_says_so_where_two_way_rows_are_mapped(browser_page: Page, sandbox: World, stage: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("connection")
    switch(browser_page).click()
    expect(switch(browser_page)).not_to_be_checked()
    settings.tab("Setup Entities")
    expect(browser_page.get_by_text("Webhooks are off: two-way fields")).to_be_visible()


def test_a_vendor_that_refuses_hides_nothing_else(open_page: OpenPage, sandbox: World, stage: Stage) -> None:
    page = open_page()
    stage.fail("oneflow", "status", times=50, path="*", status=401)
    Settings(page, sandbox).open("connection")
    expect(page.get_by_role("heading", name="Oneflow", exact=True).locator("..")).to_contain_text("Not connected")
    expect(page.get_by_role("heading", name="Dynamics", exact=True).locator("..")).to_contain_text("Connected")
    expect(page.get_by_text("Not connected to Oneflow")).to_be_visible()
    assert_accessible(page)
    watched(page).expect_status(401, 503)
    page.get_by_role("tab", name="Setup Entities").click()
    expect(page.get_by_text("Oneflow: not connected.")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("filters", ["connector", "refused"])
def test_fewer_events_than_asked_for_are_no_stale_subscription(
    browser_page: Page, sandbox: World, stage: Stage, filters: str
) -> None:
    """Nothing is there to repair."""
    stage.ok("DELETE", "connection/webhooks")
    sandbox.oneflow.switches.update({"webhook_filters": filters})
    try:
        stage.ok("PUT", "connection/webhooks", {})
        Settings(browser_page, sandbox).open("connection")
        expect(browser_page.get_by_text("does not accept the choice of events")).to_be_visible()
        expect(browser_page.get_by_role("button", name="Repair")).not_to_be_visible()
        expect(browser_page.get_by_text("Reading contracts")).not_to_be_visible()
    finally:
        sandbox.oneflow.switches.update({"webhook_filters": "all"})


def test_the_connection_says_that_contracts_are_read_with_the_token_alone(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    marks, name = sandbox.services._marks, f"{PREFIX}user_sees_all"
    marks.set(name, "no")
    bootstrap.exchange(None)
    try:
        Settings(browser_page, sandbox).open("connection")
        expect(browser_page.get_by_text("With the token alone")).to_be_visible()
        assert_accessible(browser_page)
    finally:
        marks.set(name, "")
        bootstrap.exchange(None)
