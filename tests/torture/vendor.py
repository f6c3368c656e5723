"""What a request to a vendor can meet, whichever vendor it is: raised as the real adapters raise it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from sync_core.adapters.dataverse import refusals as dataverse
from sync_core.adapters.oneflow import refusals as oneflow
from sync_core.errors import ConnectionBroken, Ground, RateLimited, Refused, Temporary, VendorError
from tests.torture.catalogue import KINDS
from tests.torture.schedule import Crash

if TYPE_CHECKING:
    from tests.torture.process import Process

Answer = TypeVar("Answer")
TIMEOUT = 6.0  # seconds: a tenth of the lock
REVOKED = (3_600.0, 60 * 3_600.0)  # seconds: up to a weekend
LASTS = (10.0, 3 * 3_600.0)  # seconds that a refusal stands


class Vendor:
    """A port's way to its vendor."""

    def __init__(self, process: Process, side: str) -> None:
        self._process, self._world, self._side = process, process.world, side

    def call(self, step: str, act: Callable[[str | None], Answer], writing: bool = False) -> Answer:
        """`act` is told the fault, for those that it plays itself."""
        return self._process.reach(step, lambda kind: self._answered(step, kind, act, writing), writing)

    def _answered(self, step: str, kind: str | None, act: Callable[[str | None], Answer], writing: bool) -> Answer:
        side, faults, chance = self._side, self._world.faults, self._world.chance
        time = self._world.scheduler.time
        if kind == "token_revoked":
            faults.revoke(side, time + chance.uniform(*REVOKED))
        if faults.is_revoked(side, time):
            if step in KINDS["token_revoked"][1]:
                faults.meet("token_revoked", step)
            raise ConnectionBroken(f"{side} answered with status 401", side=side, status=401)
        standing = faults.refusal(side, time) if step in KINDS["refused_for_now"][1] else None
        if standing is not None:
            raise standing
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
            places = {"[0].value": "refused"} if self._world.refusals_name_fields else {}
            raise Refused(f"{side} answered with status 400", side=side, status=400, ground=Ground.VALUE, fields=places)
        if kind == "refused_for_now":
            faults.meet(kind, step)
            refusal = _for_now(side, chance)
            if chance.random() < 0.5:
                faults.refuse(side, time + chance.uniform(*LASTS), refusal)
            raise refusal
        answer = act(kind)
        if kind == "server_error_done":
            faults.meet(kind, step)
            raise Temporary(f"{side} answered with status 500", side=side, status=500, unclear=True)
        if kind == "timeout_done":
            faults.meet(kind, step)
            self._world.scheduler.sleep(TIMEOUT)
            raise Temporary(f"{side} did not answer", side=side, unclear=True)
        return answer


# Status and code of each refusal of the situation that the adapters' tables know, and of some that they do not.
_SITUATION = {
    "oneflow": ((402, ""), (403, ""), (403, "4030001"), (409, ""), (402, "4020000")),
    "dynamics": (
        (400, "0x80040220"), (403, "0x80048306"), (403, "0x8004f507"), (400, "0x80040265"), (400, "0x80040224"),
        (403, "0x80040220"), (403, ""), (500, "0x80040265"), (500, "0x80040224"), (412, "0x80091234"),
        (400, "0x80099999"),
    ),
}  # fmt: skip


def _for_now(side: str, chance: random.Random) -> VendorError:
    """A refusal of the situation, as the adapter's table reads it."""
    status, code = chance.choice(_SITUATION[side])
    if side == "oneflow":
        problem = oneflow.explain(status, {"error_code": code}, {})
    else:
        said = {"code": code, "message": "User is missing prvWriteOpportunity privilege"}
        problem = dataverse.explain(status, {"error": said}, {})
    kind = problem.error or Refused
    return kind(
        f"{side} answered with status {status}", side=side, status=status, code=code, ground=problem.ground,
        missing=problem.missing, said=problem.said,
    )  # fmt: skip


def request(process: Process, chance: random.Random, failures: Sequence[Callable[[], Exception]]) -> None:
    """One request of a port that has its own chance: it takes its time, may be refused, and the process may die."""
    process.world.scheduler.sleep(chance.random() * 0.25)
    if not process.alive:
        raise Crash
    if process.world.faults.healed:
        return
    if chance.random() < 0.15:
        raise chance.choice(failures)()
    if chance.random() < 0.05:
        raise Crash
