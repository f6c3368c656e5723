"""A real browser at the running sandbox. Where Chromium is missing and cannot be installed, these tests alone fail."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page, expect, sync_playwright

from dynamics.description.roles import SELLER
from sandbox.dataverse import seed
from sandbox.pages import WIDGET
from sandbox.world import World
from tests.browser.chromium import Chromiums, Cookies, NoChromium, chromium
from tests.browser.watch import Watch
from tests.cli.desk import Desk
from tests.stories.stage import Stage

PATIENCE = 20_000  # ms: a busy machine is no failure
expect.set_options(timeout=PATIENCE)

OpenPage = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The browser is installed before any test's own time runs."""
    here = Path(__file__).parent
    if any(here in item.path.parents for item in items):
        try:
            chromium()
        except NoChromium:
            return  # the tests say so, one by one


@pytest.fixture(scope="session")
def sandbox(world: World) -> World:
    """The running sandbox: storage, both simulators, the app's real functions."""
    return world


@pytest.fixture(scope="package")
def chromiums(sandbox: World) -> Iterator[Chromiums]:
    try:
        path = chromium()
    except NoChromium as error:
        pytest.fail(str(error), pytrace=False)
    with sync_playwright() as playwright:
        started = Chromiums(playwright, path, urlsplit(sandbox.env["DATAVERSE_AUTHORITY"]).netloc)
        yield started
        started.close()


@pytest.fixture
def open_page(chromiums: Chromiums, sandbox: World) -> Iterator[OpenPage]:
    """`open_page(locale="sv-SE", viewport=...)`: a page in a context of its own, watched until the test ends;
    `cookies`: in a browser that takes no others."""
    contexts: list[BrowserContext] = []
    watches: list[Watch] = []

    def open_one(cookies: Cookies = Cookies.ALL, **options: Any) -> Page:
        settings: dict[str, Any] = {
            "locale": "en-GB", "timezone_id": "Europe/Oslo", "ignore_https_errors": True, **options,
        }  # fmt: skip
        context = chromiums.browser(cookies).new_context(**settings)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        watch = Watch(context, sandbox.function_keys.values())
        context.__dict__["watch"] = watch
        watches.append(watch)
        return context.new_page()

    yield open_one
    for context, watch in zip(contexts, watches, strict=True):
        context.cookies()  # whatever was said until now has arrived with this answer
        watch.end()
        context.unroute_all(behavior="ignoreErrors")  # an answer on its way would fail in a later test
        context.close()
    wrong = [line for watch in watches for line in watch.wrong]
    assert not wrong, "\n".join(wrong)


@pytest.fixture
def browser_page(open_page: OpenPage) -> Page:
    return open_page()


@pytest.fixture
def stage(sandbox: World) -> Iterator[Stage]:
    """An opportunity of this test's own, the usual mapping, webhooks on."""
    stage = Stage(sandbox)
    stage.ok("PUT", "connection/webhooks", {})
    yield stage
    stage.clear()


@pytest.fixture
def installed(sandbox: World, stage: Stage) -> Iterator[World]:
    """The managed solution, and the app's address where `connect` sets it."""
    desk = Desk(sandbox)
    sandbox.dataverse.people.clear_form("opportunity")  # what stands there by hand would keep the solution
    for command in (("disconnect", "--yes"), ("solution", "install", "--managed", "--yes")):
        done = desk.run(*command)
        assert done.code == 0, done.err
    sandbox.connect()  # the application user's role
    stage.ok("PUT", "connection/webhooks", {})
    world = sandbox.dataverse.world
    [definition] = world.rows["environmentvariabledefinition"]
    value = {
        "value": sandbox.app_url,
        "environmentvariabledefinitionid": ("environmentvariabledefinition", definition),
    }
    world.add("environmentvariablevalue", value, "")
    for seller in seed.SELLERS:  # beside their sales role
        world.security.assign(seller, SELLER.id)
    yield sandbox
    for seller in seed.SELLERS:
        world.security.take(seller, SELLER.id)
    for way_back in (("disconnect", "--yes"), ("solution", "uninstall", "--yes")):
        done = desk.run(*way_back)
        assert done.code == 0, done.err
    sandbox.dataverse.people.put_on_form("opportunity", WIDGET)
    sandbox.connect()
    stage.ok("PUT", "connection/webhooks", {})
