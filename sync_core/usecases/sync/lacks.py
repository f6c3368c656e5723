"""What the application user lacks at a vendor (a right, a plan): the installation's matter, so health tells it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Refusal
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.words import Result, Side
from sync_core.errors import Ground, SyncError
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Marks

log = logging.getLogger(__name__)

_NOTED = frozenset(
    reasons.REFUSALS[one].code
    for one in (
        (Side.DYNAMICS, Ground.PRIVILEGE),
        (Side.ONEFLOW, Ground.PRIVILEGE),
        (Side.ONEFLOW, Ground.PAYMENT),
    )
)
_MARK = "lacks:"
_EVERY = 600.0  # seconds after which the same is noted once more
# What still lacks is refused, and noted, at least once a day: a note that is older is of a link that is gone.
_BELIEVED = timedelta(hours=26)


class Lacks:
    """Notes a machine's refusals that are not one field's own, and forgets them when such a write works again."""

    def __init__(self, marks: Marks, clock: Clock) -> None:
        self._marks, self._clock = marks, clock
        self._noted: dict[str, float] = {}  # name -> when this process noted it
        self._guard = threading.Lock()

    def notice(self, steps: Sequence[Step]) -> None:
        """After a machine's writes."""
        lacking, there = _names(steps, Result.FAILED), _names(steps, Result.WRITTEN)
        try:
            for name in lacking:
                self._note(name)
            for name in there - lacking:
                self._marks.set(name, "")
                with self._guard:
                    self._noted.pop(name, None)
        except SyncError as error:
            log.warning("lacks.not_noted error=%s", type(error).__name__)

    def _note(self, name: str) -> None:
        now = self._clock.monotonic()
        with self._guard:
            if now - self._noted.get(name, now - _EVERY) < _EVERY:
                return
            self._noted[name] = now
        log.warning("lacks.noted what=%s", name.removeprefix(_MARK))
        self._marks.set(name, instant_text(self._clock.now()))

    def show(self) -> list[dict[str, Any]]:
        """What lacks now: side, reason code, the right's name where the vendor told it, and when it was last missed."""
        found = []
        for name, at in sorted(self._marks.all().items()):
            if not name.startswith(_MARK) or not at:
                continue
            if self._clock.now() - datetime.fromisoformat(at) < _BELIEVED:
                side, code, missing = name.removeprefix(_MARK).split(":")
                found.append({"side": side, "code": code, "missing": missing or None, "at": at})
        return found


def _names(steps: Sequence[Step], result: Result) -> set[str]:
    """The marks of what these steps were refused for, or would have been had the write not worked."""
    refusals = [
        step.base.refusal if result is Result.FAILED else step.known_base.refusal
        for step in steps
        if step.side and step.result is result
    ]
    return {_name(one) for one in refusals if one is not None and one.code in _NOTED}


def _name(refusal: Refusal) -> str:
    return f"{_MARK}{refusal.side}:{refusal.code}:{reasons.said_in(refusal.text)}"
