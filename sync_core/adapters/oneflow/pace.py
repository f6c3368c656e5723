"""Keeps a process inside Oneflow's rate limit: jobs wait for a free place in its window, people never do. What Oneflow
itself asks for, by Retry-After, binds both.

Oneflow counts all requests of a token in a sliding window and answers 429 beyond it, without saying for how long
(https://developer.oneflow.com/reference/api-rate-limit). Whoever counts along need not be told; what other processes
send with the same token shows only by a 429, and then this one's share is what it had sent until then.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from sync_core.adapters.hold import Hold
from sync_core.errors import RateLimited
from sync_core.telemetry import metrics

_FOR_PEOPLE = 33  # one in so many requests is left to people and to second requests of a job
_FOR_OTHERS = 8  # work in bulk leaves one in so many to jobs, whose events do not wait for it
_AT_ONCE = 10  # a tenth of the limit may go at once: little work in bulk is done at once
_BULK_GROWS = 16  # a sixteenth of the limit more in each window in which nobody is refused
_PATIENCE = 5.0  # seconds that a job waits here before it goes back to the queue
_STEP = 0.25
_WINDOWS = 2  # a Retry-After binds for no longer than this many
_LIMIT_HEADERS = ("X-RateLimit-Limit", "RateLimit-Limit")  # not documented; common where a service tells
_FEWEST = 60  # a smaller number is of another window than ours
_LEAST_SHARE = 4  # a quarter: this process may have started a moment ago


class Pace:
    """`limit` requests in `window` seconds. `monotonic` and `sleep` are this process's. Thread-safe."""

    def __init__(
        self, limit: int, window: float, monotonic: Callable[[], float], sleep: Callable[[float], None]
    ) -> None:
        self._limit, self._window, self._monotonic, self._sleep = limit, window, monotonic, sleep
        self._guard = threading.Lock()
        self._answered: deque[float] = deque()  # Oneflow counted a request at the latest when it answered
        self._share, self._raised_at = limit, monotonic()
        self._bulk, self._bulk_raised_at = limit, monotonic()  # of which work in bulk may take so many
        self._next_in_bulk = 0.0
        self._running = self._turned_away = 0
        self._held_until = 0.0  # a guess of ours, for jobs
        self._hold = Hold("oneflow", window, monotonic, sleep)  # Oneflow's own word, for all

    @contextmanager
    def turn(self, background: bool = False) -> Iterator[None]:
        """Around a job's requests. RateLimited, with the seconds until there is a place, if none comes free soon.
        `background`: work in bulk, which comes evenly, leaves a larger part to jobs and people, and makes way where
        others turn out to need more."""
        give_up = self._monotonic() + _PATIENCE
        while (wait := self._entered(background)) > 0:
            left = give_up - self._monotonic()
            if left <= 0:
                raise RateLimited(
                    "Oneflow's rate limit is used up.", side="oneflow", retry_after=self._place(background)
                )
            self._sleep(min(wait, left, _STEP))
        try:
            yield
        finally:
            with self._guard:
                self._running -= 1

    @contextmanager
    def request(self, patient: bool) -> Iterator[None]:
        """Around each request. RateLimited, with what is left, while Oneflow asked to be left alone. `patient`: it
        waits a little for the answer of the first request after that."""
        with self._hold.request(patient):
            try:
                yield
            except RateLimited as error:
                self.refused(error.retry_after)
                raise
            finally:
                self.answered()

    def ask(self) -> None:
        """Before each request of a write, a person's too: RateLimited where Oneflow is known to take no more."""
        with self._guard:
            now = self._monotonic()
            self._forget(now)
            left = max(self._held_until - now, self._hold.left())
            if left <= 0 and len(self._answered) >= self._limit:
                left = max(_STEP, self._answered[0] + self._window - now)
        if left > 0:
            raise RateLimited("Oneflow accepts no more requests for now.", side="oneflow", retry_after=left)

    def answered(self) -> None:
        """A request was answered, or lost: it counts, and the share that is used is told."""
        with self._guard:
            now = self._monotonic()
            self._answered.append(now)
            self._forget(now)
            used = len(self._answered) / self._limit
        metrics.record(metrics.RATE_LIMIT_USED, used)

    def told(self, headers: Mapping[str, str]) -> None:
        """An answer may say how many requests there are: then that many count, not the number we were set up with."""
        said = next((headers[name] for name in _LIMIT_HEADERS if headers.get(name)), "")
        limit = int(said) if said.isascii() and said.isdigit() else 0
        if limit < _FEWEST or limit == self._limit:
            return
        with self._guard:
            self._share, self._limit = min(self._share, limit) if limit < self._limit else limit, limit

    def refused(self, retry_after: float | None) -> None:
        """A 429: others use the token, too."""
        with self._guard:
            now = self._monotonic()
            self._forget(now)
            self._share = max(self._limit // _LEAST_SHARE, min(self._share, len(self._answered)))
            self._raised_at = self._bulk_raised_at = now
            self._bulk = max(self._limit // _FOR_OTHERS, min(self._bulk, len(self._answered)) // 2)
            oldest = self._answered[0] + self._window - now if self._answered else self._window
            guess = min(max(oldest, self._window / 60), self._window / 5)
            pause = guess if retry_after is None else min(retry_after, _WINDOWS * self._window)
            self._held_until = max(self._held_until, now + pause)

    def _entered(self, background: bool) -> float:
        """0 where the job may go on; else the seconds until it may be asked again."""
        with self._guard:
            now = self._monotonic()
            self._forget(now)
            held = max(self._held_until - now, self._hold.left())
            if held > 0:
                return held
            few = len(self._answered) < self._limit // _AT_ONCE
            if background and not few and now < self._next_in_bulk:
                return self._next_in_bulk - now
            if self._over(background) < 0:
                self._running, self._turned_away = self._running + 1, 0
                if background:
                    self._next_in_bulk = now + self._window / self._allowed(background)
                return 0.0
            return self._answered[0] + self._window - now if self._answered else _STEP

    def _place(self, background: bool) -> float:
        """Each job that is turned away gets the next place that comes free, so that they do not all come at once. The
        window counts only where it is full; else it is the hold that is waited for."""
        with self._guard:
            now, turn, over = self._monotonic(), self._turned_away, self._over(background)
            self._turned_away += 1
            held = max(_STEP, self._held_until - now, self._hold.left())
            if over < 0 or not self._answered:
                return held + turn * self._window / self._limit
            place = min(over + turn, len(self._answered) - 1)
            return max(held, self._answered[place] + self._window - now)

    def _over(self, background: bool) -> int:
        """How many requests there are beyond what jobs, or work in bulk, may send; below 0 there is a place."""
        return len(self._answered) + self._running - self._allowed(background)

    def _allowed(self, background: bool) -> int:
        jobs = self._share - self._limit // _FOR_PEOPLE
        return max(1, min(jobs - self._limit // _FOR_OTHERS, self._bulk) if background else jobs)

    def _forget(self, now: float) -> None:
        """What left the window; and a share grows again while nobody is refused."""
        while self._answered and self._answered[0] <= now - self._window:
            self._answered.popleft()
        if self._share < self._limit and now - self._raised_at >= self._window:
            self._share, self._raised_at = min(self._limit, self._share * 2), now
        if self._bulk < self._limit and now - self._bulk_raised_at >= self._window:
            self._bulk, self._bulk_raised_at = self._bulk + self._limit // _BULK_GROWS, now
