"""Faults that wait for their step, and what each of them met."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

from tests.torture.catalogue import STORAGE

OUTAGE = (5.0, 400.0)  # seconds


@dataclass
class Armed:
    kind: str
    step: str
    skip: int


class Faults:
    """What is armed meets its step's next occurrence (after `skip` of them). `met` is counted by (kind, step)."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.armed: list[Armed] = []
        self.met: Counter[tuple[str, str]] = Counter()
        self.reached: Counter[str] = Counter()
        self.healed = False
        self._storage_back_at = -1.0
        self._revoked: dict[str, float] = {}  # side -> until when
        self._refusing: dict[str, tuple[float, Exception]] = {}

    def arm(self, kind: str, step: str, skip: int = 0) -> None:
        self.armed.append(Armed(kind, step, skip))

    def take(self, step: str) -> str | None:
        """The fault that this occurrence of the step meets."""
        self.reached[step] += 1
        if not self.armed:
            return None
        for fault in self.armed:
            if fault.step != step:
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            self.armed.remove(fault)
            return fault.kind
        return None

    def meet(self, kind: str, step: str) -> None:
        self.met[(kind, step)] += 1

    def begin_outage(self, time: float) -> None:
        self._storage_back_at = time + self.chance.uniform(*OUTAGE)

    def is_out(self, step: str, time: float) -> bool:
        return time < self._storage_back_at and step in _STORAGE

    def revoke(self, side: str, until: float) -> None:
        self._revoked[side] = until

    def is_revoked(self, side: str, time: float) -> bool:
        return time < self._revoked.get(side, -1.0)

    def refuse(self, side: str, until: float, error: Exception) -> None:
        """Every write of this side meets the same refusal until then."""
        self._refusing[side] = (until, error)

    def refusal(self, side: str, time: float) -> Exception | None:
        until, error = self._refusing.get(side, (-1.0, None))
        return error if time < until else None

    def heal(self) -> None:
        """No more faults from here on."""
        self.armed.clear()
        self._revoked.clear()
        self._refusing.clear()
        self._storage_back_at = -1.0
        self.healed = True


_STORAGE = frozenset(STORAGE)
