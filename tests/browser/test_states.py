"""Every state of every page: no violation that axe can find, in light and dark; with PICTURES, a photograph of each."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.states import Scene, all_states
from tests.stories.stage import Stage

STATES = all_states()
FOLDER = os.environ.get("PICTURES")


@pytest.mark.parametrize("name", STATES)
def test_every_state_is_accessible(
    name: str, stage: Stage, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(stage, open_page, monkeypatch)
    STATES[name](scene)
    assert scene.page is not None, f"{name} opened no page"
    if FOLDER:
        _photograph(scene.page, Path(FOLDER), name)
    for frame in scene.page.frames:
        assert_accessible(frame)


def _photograph(page: Page, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        for frame in page.frames:
            frame.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        page.screenshot(path=folder / f"{name}-{theme}.png", full_page=True, animations="disabled")
