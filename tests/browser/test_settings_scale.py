"""50 mappings over 300 columns stay fluid: counted in elements and in long tasks of the browser, not in seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from sandbox.dataverse.schema import Attribute
from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.settings import Settings
from tests.stories.stage import Stage

ROWS, COLUMNS = 50, 300
_CHANGES = """
() => {
  window.changes = 0;
  new MutationObserver(seen => { window.changes += seen.length }).observe(document, {
    subtree: true, childList: true, attributes: true, characterData: true
  });
}
"""


@pytest.fixture
def wide(sandbox: World, stage: Stage) -> Iterator[Stage]:
    """A table of the account's with 300 more columns, and 50 of them mapped."""
    table = sandbox.dataverse.world.tables["account"]
    kept = dict(table.attributes)
    for number in range(COLUMNS):
        name = f"new_wide{number:03}"
        table.attributes[name] = Attribute(name, "String", f"Wide {number:03}", {"MaxLength": 100})
    rows = [
        {"dynamics_column": f"new_wide{number:03}", "oneflow_field": f"wide_{number}", "direction": "two_way"}
        for number in range(ROWS)
    ]
    stage.ok("PUT", "entities/account/mapping", {"fields": rows}, {"If-Match": "*"})
    yield stage
    stage.ok("PUT", "entities/account/mapping", {"fields": []}, {"If-Match": "*"})
    table.attributes.clear()
    table.attributes.update(kept)


def elements(page: Page) -> int:
    found: int = page.evaluate("document.querySelectorAll('*').length")
    return found


def test_many_rows_and_columns_stay_fluid(browser_page: Page, sandbox: World, wide: Stage) -> None:
    settings = Settings(browser_page, sandbox).open("entities/account").ready(ROWS)
    at_rest = elements(browser_page)
    assert at_rest < ROWS * 60, "a row holds no list of columns"
    settings.cell("Dynamics field", 25).click()
    options = browser_page.locator(".list").get_by_role("option")
    expect(options.filter(has_text="Wide")).to_have_count(COLUMNS)
    assert elements(browser_page) < at_rest + COLUMNS * 5, "one list is drawn, not fifty"
    browser_page.keyboard.type("wide 123")
    expect(options).to_have_count(1)
    browser_page.keyboard.press("Enter")
    expect(settings.cell("Dynamics field", 25)).to_have_value("Wide 123")
    assert elements(browser_page) < at_rest + 50

    browser_page.evaluate(_CHANGES)
    settings.direct(40, "Sync once")
    expect(settings.cell("Sync direction", 40)).to_have_value("sync_once")
    assert browser_page.evaluate("window.changes") < 40, "an edit of one row leaves the others alone"

    browser_page.get_by_label("Filter mappings").fill("wide_7")
    settings.ready(1)
    browser_page.get_by_label("Filter mappings").fill("")
    settings.ready(ROWS)
    settings.save()
    settings.saved()
    saved = wide.ok("GET", "entities/account/mapping")["fields"]
    assert (saved[24]["dynamics_column"], saved[39]["direction"]) == ("new_wide123", "sync_once")
    assert_accessible(browser_page)
