"""The stub form with the widget on it and the contract beside it, as a person handles them."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Frame, FrameLocator, Locator, Page, expect

from tests.browser.conftest import OpenPage
from tests.stories.stage import Stage

WIDE = {"width": 1600, "height": 1000}


class Form:
    """Opens the test's own record; `query` goes into the form's address (theme, userlcid, new)."""

    def __init__(self, stage: Stage, open_page: OpenPage, options: dict[str, Any] | None = None, **query: str) -> None:
        self.stage = stage
        self.page: Page = open_page(**{"viewport": WIDE, **(options or {})})
        words = {"beside": "no", **query}
        self.page.goto(stage.world.form_page(stage.record_id, **words))

    @classmethod
    def of(cls, stage: Stage, page: Page) -> Form:
        """A page that is at the form already."""
        form = cls.__new__(cls)
        form.stage, form.page = stage, page
        return form

    # --- the widget ---------------------------------------------------------------------------------------------------

    @property
    def widget(self) -> FrameLocator:
        return self.page.frame_locator("#WebResource_oneflow")

    @property
    def frame(self) -> Frame:
        """The widget's frame itself, for axe."""
        return next(one for one in self.page.frames if "widget.html" in one.url)

    def button(self, name: str) -> Locator:
        return self.widget.get_by_role("button", name=name, exact=True)

    @property
    def dialog(self) -> Locator:
        return self.widget.get_by_role("dialog").last

    def card(self, contract_id: int) -> Locator:
        return self.widget.locator(f"[data-contract='{contract_id}']")

    def choose(self, contract_id: int, item: str) -> None:
        """An entry of a card's menu."""
        self.card(contract_id).get_by_role("button", name="Actions for").click()
        self.widget.get_by_role("menuitem", name=item).click()

    def press(self, name: str) -> None:
        """A button of the open dialog."""
        self.dialog.get_by_role("button", name=name, exact=True).click()

    def says(self, text: str) -> None:
        expect(self.widget.get_by_text(text).first).to_be_visible()

    def ready(self) -> Form:
        expect(self.button("Refresh")).to_be_visible()
        return self

    def look_again(self) -> None:
        self.button("Refresh").click()

    # --- the form -----------------------------------------------------------------------------------------------------

    def field(self, label: str) -> Locator:
        return self.page.locator("#fields").get_by_label(label, exact=True)

    def type(self, label: str, value: str) -> None:
        """Not saved yet."""
        self.field(label).fill(value)

    def save(self) -> None:
        self.page.get_by_role("button", name="Save", exact=True).click()
        expect(self.page.locator("#state")).to_have_text("Saved")

    # --- the contract beside it ---------------------------------------------------------------------------------------

    @property
    def contract(self) -> FrameLocator:
        return self.page.frame_locator("#contract iframe")
