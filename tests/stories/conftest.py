"""Each story has its own record and contracts in the one world of a run, so that none sees another's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.world import World
from tests.stories.stage import Stage


@pytest.fixture
def stage(world: World) -> Iterator[Stage]:
    """A fresh opportunity with the usual mapping; afterwards the simulators are as they were."""
    stage = Stage(world)
    stage.ok("PUT", "connection/webhooks", {})
    yield stage
    stage.clear()
