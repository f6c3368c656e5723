"""What a probe saw of this account, for whoever has a choice to make: read seldom, and never in the way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from sync_core.errors import SyncError

_KEPT = 300.0  # seconds


class Observed:
    """`read` gives all answers by question, from storage. Without an answer everything is tried as documented."""

    def __init__(self, read: Callable[[], Mapping[str, str]], monotonic: Callable[[], float]) -> None:
        self._read, self._monotonic = read, monotonic
        self._known: tuple[float, Mapping[str, str]] | None = None
        self._guard = threading.Lock()

    def position(self, question: str) -> str | None:
        with self._guard:
            known = self._known
            if known is None or self._monotonic() >= known[0]:
                try:
                    found = self._read()
                except SyncError:
                    found = known[1] if known else {}
                known = self._known = (self._monotonic() + _KEPT, found)
            return known[1].get(question)
