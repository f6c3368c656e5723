"""A vendor's word not to be asked for a while (429 with Retry-After), kept for the whole process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync_core.errors import RateLimited, Temporary

_WINDOWS = 2  # what one request is told binds all for no longer than this many of the vendor's windows
_PATIENCE = 5.0  # seconds that a read waits for another's answer
_STEP = 0.25
_UNNAMED = 5.0  # seconds, where the vendor does not say how long
_UNANSWERED = 5.0  # seconds until those may come back who waited in vain for another's answer


class Hold:
    """Of one connection. While it lasts nothing is sent; after it one request asks, and the rest wait for its answer.

    `window`: the seconds over which the vendor counts. `monotonic` and `sleep` are this process's. Thread-safe.
    """

    def __init__(
        self, side: str, window: float, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._side, self._longest = side, _WINDOWS * window
        self._monotonic, self._sleep = monotonic, sleep
        self._guard = threading.Lock()
        self._until = 0.0
        self._in_doubt = self._asking = False

    @contextmanager
    def request(self, patient: bool) -> Iterator[None]:
        """Around one request. RateLimited, with what is left, where nothing may be sent now. `patient`: it waits a
        little for the answer of the one that asks."""
        asks = self._enter(patient)
        try:
            yield
        except RateLimited as error:
            self.refused(error.retry_after)
            raise
        except Temporary:  # no answer, or none that says whether the hold is over
            self._ends(asks, answered=False)
            raise
        except Exception:
            self._ends(asks, answered=True)
            raise
        except BaseException:
            self._ends(asks, answered=False)
            raise
        self._ends(asks, answered=True)

    def refused(self, retry_after: float | None) -> None:
        with self._guard:
            pause = min(_UNNAMED if retry_after is None else retry_after, self._longest)
            self._until = max(self._until, self._monotonic() + pause)
            self._in_doubt, self._asking = True, False

    def left(self) -> float:
        """Seconds until it makes sense to ask; 0 where one may."""
        with self._guard:
            held = self._until - self._monotonic()
            return held if held > 0 else _STEP if self._asking else 0.0

    def _enter(self, patient: bool) -> bool:
        """Whether this request is the one that asks."""
        give_up = self._monotonic() + (_PATIENCE if patient else 0.0)
        while True:
            with self._guard:
                now = self._monotonic()
                if now < self._until:
                    raise self._not_now(self._until - now)
                if not self._in_doubt:
                    return False
                if not self._asking:
                    self._asking = True
                    return True
            if now >= give_up:
                raise self._not_now(_UNANSWERED)
            self._sleep(_STEP)

    def _ends(self, asks: bool, answered: bool) -> None:
        with self._guard:
            if asks:
                self._asking = False
            if answered and self._monotonic() >= self._until:
                self._in_doubt = self._asking = False

    def _not_now(self, left: float) -> RateLimited:
        text = f"{self._side} asked to be left alone for a while; nothing was sent"
        return RateLimited(text, side=self._side, status=429, retry_after=left)
