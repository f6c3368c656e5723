"""Two administrators edit one mapping at once: nobody's save is overwritten unseen."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import ROWS, Stage


@pytest.fixture
def second(open_page: OpenPage, sandbox: World, stage: Stage) -> Settings:
    """Has edited rows 1 and 2, and is told at the save that the first administrator saved row 1 and added one."""
    first_page, second_page = open_page(), open_page()
    watched(second_page).expect_status(412)
    first = Settings(first_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    second = Settings(second_page, sandbox).open("entities/opportunity").ready(len(ROWS))
    first.direct(1, "Sync once")
    first.add("Stage")
    first.save()
    first.saved()
    second.direct(1, "Dynamics to Oneflow")
    second.direct(2, "Sync once")
    second.save()
    expect(moved(second.page)).to_be_visible()
    return second


def moved(page: Page) -> Locator:
    return page.get_by_role("status").filter(has_text="Somebody else saved this mapping in the meantime.")


def line(page: Page, field: str) -> Locator:
    return moved(page).get_by_role("row", name=re.compile(f"^{re.escape(field)}"))


def directions(stage: Stage) -> dict[str, Any]:
    fields = stage.ok("GET", "entities/opportunity/mapping")["fields"]
    return {row["dynamics_column"]: row["direction"] for row in fields}


def test_both_versions_are_shown_with_who_changed_what(second: Settings, stage: Stage) -> None:
    page = second.page
    expect(line(page, "Topic")).to_contain_text("Sync once")
    expect(line(page, "Topic")).to_contain_text("Dynamics to Oneflow")
    expect(line(page, "Topic")).to_contain_text("Both")
    expect(line(page, "Est. revenue")).to_contain_text("You")
    expect(line(page, "Stage")).to_contain_text("Them")
    assert_accessible(page)
    assert directions(stage)["name"] == "sync_once", "nothing of theirs is overwritten"


def test_combined_keeps_the_work_of_both(second: Settings, stage: Stage) -> None:
    second.button("Combine").click()
    second.ready(len(ROWS) + 1)
    expect(second.cell("Sync direction", 1)).to_have_value("dynamics_to_oneflow")
    second.save()
    second.saved()
    found = directions(stage)
    assert (found["name"], found["estimatedvalue"], found["new_stage"]) == (
        "dynamics_to_oneflow",
        "sync_once",
        "sync_once",
    )


def test_reloaded_is_theirs(second: Settings, stage: Stage) -> None:
    second.button("Reload").click()
    second.ready(len(ROWS) + 1)
    expect(second.cell("Sync direction", 2)).to_have_value("two_way")
    expect(second.page.get_by_text("All changes saved")).to_be_visible()


def test_overwritten_is_mine(second: Settings, stage: Stage) -> None:
    second.button("Overwrite").click()
    second.saved()
    second.ready(len(ROWS))
    found = directions(stage)
    assert (found["name"], "new_stage" in found) == ("dynamics_to_oneflow", False)


def test_a_third_save_is_not_overwritten_unseen(second: Settings, stage: Stage) -> None:
    stage.map(ROWS[:2])
    second.button("Overwrite").click()
    expect(line(second.page, "Description")).to_contain_text("not mapped")
    assert len(directions(stage)) == 2
