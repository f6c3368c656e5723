"""Faults to order: the next matching requests meet them, before or after the work is done."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from sandbox.wire import Request

KINDS = {
    "status": "answer `status` (with `headers` and `body`), instead of the work or after it",
    "drop": "hang up without an answer",
    "delay": "wait `seconds`, then go on",
    "hang": "wait `seconds`, then hang up",
    "rate_limited": "answer 429 as the rate limiter does",
    "half_applied": "a many write stores the first half of its items, then answers `status`",
    "changes_nothing": "a write to something that exists answers 200 and stores nothing",
    "stale_read": "a read shows the version before the last change",
}


@dataclass
class Fault:
    """`method` and `path` are shell patterns (`*` matches anything); the path is without /v1.

    The first `skip` matches pass, the next `times` (None: all) meet the fault, each with probability `chance`.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    seconds: float = 0.0
    after_commit: bool = False
    chance: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"unknown fault {self.kind}; known: {', '.join(KINDS)}")

    def matches(self, request: Request) -> bool:
        path = "/" + request.path.strip("/").removeprefix("v1").strip("/")
        return fnmatchcase(request.method, self.method.upper()) and fnmatchcase(path, self.path)


class Faults:
    """The faults in force, in the order they were added. Thread-safe."""

    def __init__(self, seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []
        self._chance = random.Random(seed)
        self._interrupt = threading.Event()
        self.met: list[tuple[str, str, str]] = []  # kind, method, path
        self.sleep: Callable[[float], None] = self._wait

    def add(self, fault: Fault) -> Fault:
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Also wakes requests that hang."""
        with self._lock:
            self._faults.clear()
            self._interrupt.set()
            self._interrupt = threading.Event()

    def take(self, request: Request) -> list[Fault]:
        """What this request meets: every delay in force and at most one other fault."""
        taken: list[Fault] = []
        with self._lock:
            for fault in self._faults:
                if not fault.matches(request) or (fault.kind != "delay" and any(t.kind != "delay" for t in taken)):
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if self._chance.random() >= fault.chance:
                    continue
                if fault.times is not None:
                    fault.times -= 1
                taken.append(fault)
                self.met.append((fault.kind, request.method, request.path))
            self._faults = [fault for fault in self._faults if fault.times is None or fault.times > 0]
        return taken

    def listed(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def _wait(self, seconds: float) -> None:
        with self._lock:
            interrupt = self._interrupt
        interrupt.wait(seconds)
