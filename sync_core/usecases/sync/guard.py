"""What is learnt while one side is written, and how long writing is safe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model import reasons
from sync_core.engine.settling.answers import Answer, Unanswered
from sync_core.errors import Temporary
from sync_core.usecases.ports import Clock


@dataclass(frozen=True, slots=True)
class Guard:
    """How long the lock may be trusted, on this process's monotonic clock."""

    clock: Clock
    until: float
    margin: float

    def enough(self) -> bool:
        """Asked immediately before each vendor write."""
        return self.until - self.clock.monotonic() >= self.margin


@dataclass(slots=True)
class Told:
    """What was learnt while writing one side."""

    answers: dict[str, Answer]
    moved: bool = False
    temporary: Temporary | None = None
    unknown: bool = False


def none_sent(steps: Sequence[Step]) -> Told:
    """Too little is left of the lock: nothing is sent, and it is tried again."""
    answers: dict[str, Answer] = {step.row.key: Unanswered(reasons.LOCK_TOO_SHORT, refused=False) for step in steps}
    return Told(answers, temporary=Temporary(reasons.LOCK_TOO_SHORT.text, side="storage"))
