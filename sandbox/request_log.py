"""Every request that the simulator got, in order, so that tests can count them and a person can look."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase

CORRELATION_HEADERS = (
    "x-ms-client-request-id", "traceparent", "tracestate", "request-id", "x-request-id", "x-correlation-id",
)  # fmt: skip
KEPT = 50_000
LONGEST_BODY = 100_000  # characters


@dataclass(frozen=True)
class Entry:
    """`status` is 0 where the connection was dropped. `path` has no /v1 and no trailing slash. `body` is text."""

    number: int
    at: datetime
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    status: int
    who: str | None
    correlation: dict[str, str]
    body: str

    @property
    def is_write(self) -> bool:
        return self.method not in ("GET", "HEAD", "OPTIONS")


class RequestLog:
    """Thread-safe. `entries(...)` and `count(...)` take shell patterns for method and path."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()
        self._number = 0

    def add(
        self, at: datetime, method: str, path: str, query: tuple[tuple[str, str], ...], status: int, who: str | None,
        correlation: dict[str, str], body: str,
    ) -> None:  # fmt: skip
        with self._lock:
            self._number += 1
            kept = body[:LONGEST_BODY]
            self._entries.append(Entry(self._number, at, method, path, query, status, who, correlation, kept))

    def entries(self, method: str = "*", path: str = "*", status: int | None = None, after: int = 0) -> list[Entry]:
        """Those that fit; `after` is the number of an entry to start behind."""
        with self._lock:
            rows = list(self._entries)
        return [
            e
            for e in rows
            if e.number > after
            and fnmatchcase(e.method, method)
            and fnmatchcase(e.path, path)
            and (status is None or e.status == status)
        ]

    def count(self, method: str = "*", path: str = "*", status: int | None = None, after: int = 0) -> int:
        return len(self.entries(method, path, status, after))

    def writes(self, after: int = 0) -> list[Entry]:
        return [entry for entry in self.entries(after=after) if entry.is_write]

    @property
    def last_number(self) -> int:
        with self._lock:
            return self._number

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
