"""A vendor that refuses the whole installation: what one process met, the sweep of another has to know."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from sync_core.engine.model.instants import instant_text
from sync_core.errors import ConfigurationError, ConnectionBroken, SyncError
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Marks

log = logging.getLogger(__name__)

_MARK = "connection_broken"
_EVERY = 30.0  # seconds between two notes of one process


class BrokenConnection:
    """`alive` asks both vendors for a sign of life."""

    def __init__(self, marks: Marks, clock: Clock, alive: Callable[[], object]) -> None:
        self._marks, self._clock, self._alive = marks, clock, alive
        self._next, self._guard = 0.0, threading.Lock()

    def met(self, error: ConnectionBroken | ConfigurationError) -> None:
        """Note it. Where it is storage that refuses us, nothing can be noted."""
        if isinstance(error, ConnectionBroken) and error.side == "storage":
            return
        with self._guard:
            if self._clock.monotonic() < self._next:
                return
            self._next = self._clock.monotonic() + _EVERY
        self._marks.set(_MARK, instant_text(self._clock.now()))

    def lasts(self, marks: Mapping[str, str]) -> bool:
        """Whether it was met, and the vendors do not answer yet."""
        if not marks.get(_MARK):
            return False
        try:
            self._alive()
        except SyncError as error:
            log.warning("connection.broken since=%s error=%s", marks[_MARK], error)
            return True
        self._marks.set(_MARK, "")
        return False
