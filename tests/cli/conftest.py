"""The command-line tool over real HTTP, against both simulators, real sign-in and real storage."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.world import World
from tests.cli.desk import Desk


@pytest.fixture(scope="session")
def quiet_world() -> Iterator[World]:
    """Both vendors, sign-in and storage; no app runs."""
    world = World.start(invoker="none")
    yield world
    world.close()


@pytest.fixture
def desk(quiet_world: World) -> Iterator[Desk]:
    """An installation in which everything is as it should be."""
    desk = Desk(quiet_world)
    desk.set_up()
    yield desk
    desk.restore()


@pytest.fixture(scope="module")
def busy_world() -> Iterator[World]:
    """The same with the app running, in this process; it ends with its module, so that no other app meets it."""
    world = World.start(invoker="direct", schedule="0 0 0 1 1 *")
    yield world
    world.close()


@pytest.fixture
def running(busy_world: World) -> Iterator[Desk]:
    """An installation that is connected, and whose app runs."""
    desk = Desk(busy_world)
    desk.set_up()
    busy_world.dataverse.events.steps.clear()  # only what is registered counts
    yield desk
    busy_world.drain()
    desk.restore()
