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
