"""One world for all stories of a run: real storage, both simulators, the app's real functions. Each test has its own
record and contracts, so that none sees another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.host.invokers import best_invoker
from sandbox.world import World
from tests.stories.stage import Stage


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    # No sweep by itself: what a test counts must be its own doing.
    world = World.start(invoker=best_invoker(), watch_storage=True, schedule="0 0 0 1 1 *")
    yield world
    world.close()


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    """A fresh opportunity with the usual mapping; afterwards the simulators are as they were."""
    stage = Stage(world)
    stage.ok("PUT", "connection/webhooks", {})
    yield stage
    stage.clear()
