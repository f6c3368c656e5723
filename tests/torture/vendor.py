"""What a request to a vendor can meet, whichever vendor it is: raised as the real adapters raise it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from sync_core.errors import ConnectionBroken, Ground, NotAllowed, RateLimited, Refused, Temporary, VendorError

if TYPE_CHECKING:
    from tests.torture.process import Process

Answer = TypeVar("Answer")
TIMEOUT = 6.0  # seconds: a tenth of the lock


class Vendor:
    """A port's way to its vendor."""

    def __init__(self, process: Process, side: str) -> None:
        self._process, self._world, self._side = process, process.world, side

    def call(self, step: str, act: Callable[[str | None], Answer], writing: bool = False) -> Answer:
        """`act` is told the fault, for those that it plays itself."""
        return self._process.reach(step, lambda kind: self._answered(step, kind, act, writing), writing)

    def _answered(self, step: str, kind: str | None, act: Callable[[str | None], Answer], writing: bool) -> Answer:
        side, faults, chance = self._side, self._world.faults, self._world.chance
        if kind == "rate_limited":
            faults.meet(kind, step)
            wait = float(chance.randint(5, 120))
            self._world.truth.rate_limited(wait)
            raise RateLimited(f"{side} answered with status 429", side=side, status=429, retry_after=wait)
        if kind == "server_error":
            faults.meet(kind, step)
            raise Temporary(f"{side} answered with status 503", side=side, status=503, unclear=writing)
        if kind == "timeout":
            faults.meet(kind, step)
            self._world.scheduler.sleep(TIMEOUT)
            raise Temporary(f"{side} did not answer", side=side, unclear=writing)
        if kind == "token_refused":
            faults.meet(kind, step)
            raise ConnectionBroken(f"{side} answered with status 401", side=side, status=401)
        if kind == "refused":
            faults.meet(kind, step)
            raise Refused(f"{side} answered with status 400", side=side, status=400, ground=Ground.VALUE)
        if kind == "refused_for_now":
            faults.meet(kind, step)
            raise _for_now(side, chance.randint(0, 3))
        answer = act(kind)
        if kind == "server_error_done":
            faults.meet(kind, step)
            raise Temporary(f"{side} answered with status 500", side=side, status=500, unclear=True)
        if kind == "timeout_done":
            faults.meet(kind, step)
            self._world.scheduler.sleep(TIMEOUT)
            raise Temporary(f"{side} did not answer", side=side, unclear=True)
        return answer


def _for_now(side: str, number: int) -> VendorError:
    """A refusal of the situation, which is over by the next request."""
    text = f"{side} refused the write"
    if number == 0:
        return NotAllowed(text, side=side, status=403, ground=Ground.PRIVILEGE, missing="prvWrite")
    ground = (Ground.RULE, Ground.PAYMENT if side == "oneflow" else Ground.SECURED, Ground.UNEXPECTED)[number - 1]
    return Refused(text, side=side, status=400, ground=ground, said="Not before the credit check.")
