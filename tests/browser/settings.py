"""Oneflow Settings, as an administrator uses it: what is clicked and typed, by its name on the screen."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from sandbox.world import World

_SAVED = re.compile("Mapping saved[.,]")  # it may not be in force yet, which the message then goes on to say


class Settings:
    def __init__(self, page: Page, world: World, query: str = "") -> None:
        self.page, self._url = page, f"{world.app_url}/api/ui/settings.html{query}"

    def open(self, place: str = "") -> Settings:
        self.page.goto(f"{self._url}#{place}")
        expect(self.page.get_by_role("heading", level=1)).to_be_visible()
        return self

    # --- the rows ---------------------------------------------------------------------------------------------------

    def rows(self) -> Locator:
        return self.page.locator(".field-row")

    def cell(self, name: str, row: int) -> Locator:
        return self.page.get_by_label(f"{name}, row {row}", exact=True)

    def ready(self, rows: int) -> Settings:
        expect(self.rows()).to_have_count(rows)
        return self

    def add(self, dynamics: str, oneflow: str = "", direction: str = "") -> int:
        """A new row, filled by typing; its number."""
        self.page.get_by_role("button", name="Add field mapping").click()
        number = self.rows().count()
        self.choose("Dynamics field", number, dynamics)
        if oneflow:
            self.choose("Oneflow field", number, oneflow)
        if direction:
            self.direct(number, direction)
        return number

    def choose(self, name: str, row: int, text: str) -> None:
        cell = self.cell(name, row)
        cell.click()
        cell.fill(text)
        self.page.locator(".list").get_by_role("option", name=re.compile(rf"^{re.escape(text)}\b")).first.click()

    def direct(self, row: int, direction: str) -> None:
        self.cell("Sync direction", row).click()
        self.cell("Sync direction", row).get_by_role("option", name=direction).click()

    def remove(self, row: int) -> None:
        self.page.get_by_role("button", name=f"Remove row {row}", exact=True).click()
        self.page.get_by_role("dialog").get_by_role("button", name="Remove").click()

    # --- the foot ---------------------------------------------------------------------------------------------------

    @property
    def save_button(self) -> Locator:
        return self.page.get_by_role("button", name="Save mapping")

    def save(self) -> None:
        self.save_button.click()

    def save_anyway(self) -> None:
        """Save; where contracts that exist lose what is agreed on them, and the page asks, say yes."""
        self.save()
        asked = self.page.get_by_role("dialog", name="Start anew on existing contracts?")
        expect(asked.or_(self.page.get_by_role("status").filter(has_text=_SAVED))).to_be_visible()
        if asked.is_visible():
            asked.get_by_role("button", name="Save mapping").click()

    def saved(self) -> Locator:
        """The message of a save that went well."""
        message = self.page.get_by_role("status").filter(has_text=_SAVED)
        expect(message).to_be_visible()
        return message

    def tab(self, name: str) -> None:
        self.page.get_by_role("tab", name=name).click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)
