"""A clock that stands until somebody sleeps, or moves it by hand."""

from __future__ import annotations

from datetime import datetime, timedelta


class StandingClock:
    """The port `Clock`; `at` is what it shows."""

    def __init__(self, start: datetime) -> None:
        self.at = self._start = start

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - self._start).total_seconds()

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
