"""Work in bulk waits for its share of Oneflow's rate limit and for what passes, and can be stopped while it does."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

from sync_core.errors import RateLimited, SyncError, Temporary
from sync_core.usecases.ports import Clock

Result = TypeVar("Result")
Turn = Callable[[], AbstractContextManager[None]]

_TRIES = 8  # after a temporary failure that is no rate limit: some eight minutes in all
_LONGEST = 120.0  # seconds between two tries
_STEP = 1.0


class Stopped(SyncError):
    """Somebody stopped the run; what it did is kept, and it goes on from there."""


class Patience:
    """`turn` is taken around each piece of work that asks Oneflow: a place in its window that others do not need.
    `asked`: whether somebody elsewhere wants it stopped; looked at while something is waited for."""

    def __init__(self, clock: Clock, turn: Turn, asked: Callable[[], bool] = lambda: False) -> None:
        self._clock, self._turn, self._asked = clock, turn, asked
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    def look(self) -> None:
        """Stopped where somebody said so."""
        if self._stopped:
            raise Stopped("The run was stopped; apply the same plan again to go on.")

    def work(self, work: Callable[[], Result], asks_oneflow: bool = True) -> Result:
        """What it gives. What passes is waited for; the last temporary failure is raised. Only what `asks_oneflow`
        takes a turn."""
        tries = 0
        while True:
            self.look()
            try:
                with self._turn() if asks_oneflow else nullcontext():
                    return work()
            except RateLimited as limited:
                self._wait(limited.retry_after or _STEP)
            except Temporary as failure:
                tries += 1
                if tries >= _TRIES:
                    raise
                self._wait(max(failure.retry_after or 0.0, min(_LONGEST, 2.0**tries)))

    def _wait(self, seconds: float) -> None:
        until = self._clock.monotonic() + seconds
        while (left := until - self._clock.monotonic()) > 0:
            if self._asked():
                self.stop()
            self.look()
            self._clock.sleep(min(left, _STEP))
