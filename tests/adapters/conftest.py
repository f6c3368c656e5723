"""A storage of one's own, for the tests of what is stored: the emulator's, and an installation that nobody else has."""

from __future__ import annotations

import uuid

import pytest

from sandbox.azurite import Azurite
from sync_core.adapters.storage.connection import Storage, StorageAddress


@pytest.fixture
def storage(azurite: Azurite) -> Storage:
    return Storage(StorageAddress(azurite.connection_string), timeout=10)


@pytest.fixture
def account() -> str:
    return uuid.uuid4().hex[:12]
