"""What tests of every kind share."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterator

import pytest
from hypothesis import settings

from sandbox.azurite import Azurite
from sandbox.host.invokers import best_invoker
from sandbox.world import World
from tests.sandbox.recording import recorded

# As in the app: time zones are those of the pinned tzdata, whatever the machine has.
zoneinfo.reset_tzpath(to=())

# No claim is about a time: a busy machine is not a fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def oneflows_own_description() -> Iterator[None]:
    """Whatever a test asks of a Oneflow simulator of this process, and is answered, is as Oneflow describes it."""
    with recorded() as mismatches:
        yield
    assert not mismatches, "\n\n".join(mismatches)


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One storage emulator in memory for the whole run; each test keeps to keys of its own."""
    started = Azurite.start()
    yield started
    started.close()


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """One world for all stories and browser tests of a run: the app reads its settings once per process."""
    # No sweep by itself: what a test counts must be its own doing. In minutes all stories together ask more than one
    # account may.
    world = World.start(invoker=best_invoker(), watch_storage=True, schedule="0 0 0 1 1 *", rate_limit=200_000)
    yield world
    world.close()
