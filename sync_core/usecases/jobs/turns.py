"""One at a time inside a process: a second job of a contract waits for the first (DESIGN 3, bursts)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Turns:
    """A lock per contract, kept only while somebody holds or awaits it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[int, tuple[threading.Lock, int]] = {}

    @contextmanager
    def of(self, contract_id: int) -> Iterator[None]:
        with self._guard:
            lock, users = self._locks.get(contract_id, (threading.Lock(), 0))
            self._locks[contract_id] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._guard:
                lock, users = self._locks[contract_id]
                if users == 1:
                    del self._locks[contract_id]
                else:
                    self._locks[contract_id] = (lock, users - 1)
