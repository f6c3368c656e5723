"""How long writing is safe."""

from __future__ import annotations

from dataclasses import dataclass

from sync_core.engine.model import reasons
from sync_core.errors import LockTooShort
from sync_core.usecases.ports import Clock


@dataclass(frozen=True, slots=True)
class Guard:
    """How long the lock may be trusted, on this process's monotonic clock."""

    clock: Clock
    until: float
    margin: float

    def enough(self) -> bool:
        """Whether another request may be sent."""
        return self.until - self.clock.monotonic() >= self.margin

    def ask(self) -> None:
        """Asked immediately before every single request of a write. LockTooShort."""
        if not self.enough():
            raise LockTooShort(reasons.LOCK_TOO_SHORT.text, side="storage")
