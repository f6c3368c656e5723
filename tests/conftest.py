"""What tests of every kind share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.azurite import Azurite


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """One storage emulator in memory for the whole run; each test keeps to keys of its own."""
    started = Azurite.start()
    yield started
    started.close()
