"""How much of Oneflow's rate limit this process uses. https://developer.oneflow.com/reference/api-rate-limit"""

from __future__ import annotations

import threading
from collections import deque
from time import monotonic

from sync_core.telemetry import metrics

LIMIT, WINDOW = 2_000, 300.0  # requests of one token in so many seconds


class RateWindow:
    """Thread-safe. The token's other users, other instances of the app among them, are not seen."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque()
        self._guard = threading.Lock()

    def note(self) -> None:
        """A request is sent now."""
        now = monotonic()
        with self._guard:
            self._sent.append(now)
            while self._sent[0] <= now - WINDOW:
                self._sent.popleft()
            used = len(self._sent)
        metrics.record(metrics.RATE_LIMIT_USED, used / LIMIT)
