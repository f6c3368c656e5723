"""Which values did not fit what is kept of their columns, so that nothing is read anew for them again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection


class Doubts:
    """Thread-safe. A doubt that did not help is no news for `kept` seconds."""

    def __init__(self, monotonic: Callable[[], float], kept: float) -> None:
        self._monotonic, self._kept = monotonic, kept
        self._until: dict[tuple[str, ...], float] = {}  # table, column, value
        self._guard = threading.Lock()

    def are_news(self, table: str, values: Collection[tuple[str, str]]) -> bool:
        """Whether any of these (column, value) is doubted for the first time."""
        with self._guard:
            now = self._monotonic()
            known = {key: until for key, until in self._until.items() if until > now}
            fresh = {(table, *value) for value in values} - known.keys()
            self._until = known | dict.fromkeys(fresh, now + self._kept)
            return bool(fresh)

    def end(self, table: str, values: Collection[tuple[str, str]]) -> None:
        """These (column, value) fit: to look anew helped, and would help another time."""
        with self._guard:
            for value in values:
                self._until.pop((table, *value), None)
