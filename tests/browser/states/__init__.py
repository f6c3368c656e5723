"""Every state that a page can be in: each is checked by axe in light and dark, and photographed by `make pictures`.

A module in this folder adds its own with `@state("name of the picture")` over a function that leads there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage
from tests.stories.stage import Stage

_ALL: dict[str, Callable[[Scene], None]] = {}


@dataclass
class Scene:
    """What a state is led to with; it sets `page`, by `open` or itself."""

    stage: Stage
    open_page: OpenPage
    monkeypatch: pytest.MonkeyPatch
    page: Page | None = None

    def open(self, url: str, **options: Any) -> Page:
        """A page of this state's own; `options` are the browser context's."""
        self.page = self.open_page(**options)
        self.page.goto(url)
        return self.page


def state(name: str) -> Callable[[Callable[[Scene], None]], Callable[[Scene], None]]:
    def note(lead: Callable[[Scene], None]) -> Callable[[Scene], None]:
        assert name not in _ALL, f"two states are called {name}"
        _ALL[name] = lead
        return lead

    return note


def all_states() -> Mapping[str, Callable[[Scene], None]]:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return _ALL
