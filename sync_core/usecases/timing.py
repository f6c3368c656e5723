"""Time limits of a sync, all in proportion to how long its lock lasts (DESIGN 3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Timing:
    """`lock_seconds` is 300 in production; tests and the sandbox may use a shorter one."""

    lock_seconds: float = 300.0
    person_waits: float = 10.0  # how long a person waits for somebody else's lock
    wait_step: float = 0.5

    @property
    def vendor_timeout(self) -> float:
        """Seconds that a vendor has for one answer."""
        return self.lock_seconds / 10

    @property
    def write_margin(self) -> float:
        """No vendor write is started with less than this left of the lock."""
        return self.lock_seconds / 5

    @property
    def lock_grace(self) -> timedelta:
        """Storage times have whole seconds: a lock counts as over this much later."""
        return timedelta(seconds=2)
