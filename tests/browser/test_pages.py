"""The pages as files: what they may load, who may frame them, and that the watch notices what it must."""

from __future__ import annotations

import pytest
import requests
from playwright.sync_api import Page, expect

from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.watch import watched


def test_the_start_page_leads_on(browser_page: Page, sandbox: World) -> None:
    browser_page.goto(f"{sandbox.app_url}/api/ui/")
    expect(browser_page.get_by_role("heading", level=1)).to_be_visible()
    for link in browser_page.get_by_role("link").all():
        address = link.evaluate("link => link.href")
        assert requests.get(address, timeout=30).ok, address


def test_the_start_page_is_accessible(browser_page: Page, sandbox: World) -> None:
    browser_page.goto(f"{sandbox.app_url}/api/ui/")
    assert_accessible(browser_page)


def test_pages_say_what_they_may_load_and_who_may_frame_them(sandbox: World) -> None:
    headers = requests.get(f"{sandbox.app_url}/api/ui/index.html", timeout=30).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert f"frame-ancestors {sandbox.env['DATAVERSE_URL']}" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "act",
    [
        "() => console.log('a word')",
        "() => { const made = document.createElement('script'); made.textContent = '1'; document.body.append(made) }",
        "() => setTimeout(() => { throw new Error('uncaught') })",
        "key => fetch('/api/health', {headers: {'x-functions-key': key}})",
        "key => fetch('/api/health?code=' + key)",
    ],
    ids=["the console", "an inline script", "an error", "a key in a header", "a key in an address"],
)
def test_the_watch_notices(open_page: OpenPage, sandbox: World, act: str) -> None:
    page = open_page()
    page.goto(f"{sandbox.app_url}/api/ui/")
    key = next(iter(sandbox.function_keys.values()))
    page.evaluate(act, key)
    page.wait_for_timeout(100)
    watch = watched(page)
    assert watch.wrong
    watch.forget()
