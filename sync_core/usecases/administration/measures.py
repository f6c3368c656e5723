"""The app's own counters by the hour, for charts that need no Azure Monitor."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.telemetry.hours import NAMES
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import HourlyTotals

KEPT = timedelta(days=31)
MOST_HOURS = 30 * 24


class Measures:
    """`flush`: what this process has not saved yet is saved first, so that whoever looks sees what they just did."""

    def __init__(self, totals: HourlyTotals, clock: Clock, flush: Callable[[], None]) -> None:
        self._totals, self._clock, self._flush = totals, clock, flush

    def show(self, hours: int) -> dict[str, Any]:
        """Each of the last hours, the present one last, hours without anything included."""
        self._flush()
        now = self._clock.now().replace(minute=0, second=0, microsecond=0)
        hours = min(max(hours, 1), MOST_HOURS)
        first = now - timedelta(hours=hours - 1)
        found = self._totals.since(first)
        nothing = dict.fromkeys(NAMES, 0.0)
        times = [first + timedelta(hours=number) for number in range(hours)]
        return {"hours": [{"hour": instant_text(at), **nothing, **found.get(at, {})} for at in times]}

    def purge(self) -> None:
        """Daily: what is older than it is shown goes, and each hour that is over becomes one row."""
        now = self._clock.now()
        self._totals.purge(now - KEPT, now - timedelta(hours=3))
