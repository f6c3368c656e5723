"""axe-core, over what a page shows now: no violation of WCAG A or AA or of its best practices."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page

_RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
    "iframes": False,
}
_AXE = Axe()


def assert_accessible(page: Page | Frame, both_themes: bool = True) -> None:
    """In light, and in dark too; afterwards the theme is as it was."""
    before = page.evaluate("document.documentElement.dataset.theme || ''")
    for theme in ("light", "dark") if both_themes else (before,):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)
        _settle(page)
        found = _AXE.run(page, options=_RULES)
        assert found.violations_count == 0, f"{theme}: {found.generate_report()}"
    page.evaluate("theme => { document.documentElement.dataset.theme = theme }", before)


def _settle(page: Page | Frame) -> None:
    """Colours fade; axe reads them when they have."""
    page.evaluate(
        "() => Promise.all(document.getAnimations().filter(one => one instanceof CSSTransition)"
        ".map(one => one.finished.catch(() => null)))"
    )
