"""What this process measured, by the hour, for the app's own charts: a few numbers an hour, saved now and then.

A process saves its whole hour each time, so that nothing is added up twice; whoever reads adds processes up.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from sync_core.telemetry.metrics import (
    CONFLICTS,
    DEAD_LETTERS,
    DRIFT,
    EDITS,
    RATE_LIMIT_USED,
    REFUSALS,
    WEBHOOK_TO_WRITTEN,
    Instrument,
)

log = logging.getLogger(__name__)

# Counted under this name; a name that ends in `_most` keeps the largest.
COUNTED = {
    EDITS.name: "edits",
    DRIFT.name: "drift",
    CONFLICTS.name: "conflicts",
    REFUSALS.name: "refusals",
    DEAD_LETTERS.name: "dead_letters",
}
NAMES = (*COUNTED.values(), "webhooks", "webhook_seconds", "webhook_most", "rate_limit_most")
WAIT = 60.0  # seconds from a first measure until it is saved

Totals = dict[str, float]


def added(one: Mapping[str, float], other: Mapping[str, float]) -> Totals:
    """Two processes' numbers of one hour as one's."""
    return {name: _together(name, one.get(name, 0.0), other.get(name, 0.0)) for name in NAMES}


def _together(name: str, one: float, other: float) -> float:
    return max(one, other) if name.endswith("_most") else one + other


class Hours:
    """A sink for measures. `save(hour, totals)` may fail: it is tried again with the next measure."""

    def __init__(
        self,
        save: Callable[[datetime, Mapping[str, float]], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        wait: float = WAIT,
    ) -> None:
        self._save, self._now, self._wait = save, now, wait
        self._guard, self._saving = threading.Lock(), threading.Lock()
        self._hours: dict[datetime, Totals] = {}
        self._unsaved: set[datetime] = set()
        self._timer: threading.Timer | None = None

    def __call__(self, instrument: Instrument, value: float, attributes: Mapping[str, str]) -> None:
        found = _measured(instrument, value)
        if not found:
            return
        hour = self._now().replace(minute=0, second=0, microsecond=0)
        with self._guard:
            self._hours[hour] = added(self._hours.get(hour, {}), found)
            self._unsaved.add(hour)
            if self._timer is None:
                self._timer = threading.Timer(self._wait, self.flush)
                self._timer.daemon = True
                self._timer.start()

    def flush(self) -> None:
        """Save what is not saved yet: a request for each hour, mostly one. Waits for a thread that saves."""
        with self._saving:
            self._flush()

    def _flush(self) -> None:
        with self._guard:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            waiting = {hour: dict(self._hours[hour]) for hour in self._unsaved}
            self._unsaved.clear()
        for hour, totals in waiting.items():
            try:
                self._save(hour, totals)
            except Exception as error:  # noqa: BLE001 a thread of its own has nobody to tell
                log.warning("measures.not_saved error=%s", type(error).__name__)
                with self._guard:
                    self._unsaved.add(hour)
        with self._guard:
            latest = max(self._hours, default=None)
            self._hours = {hour: one for hour, one in self._hours.items() if hour == latest or hour in self._unsaved}


def _measured(instrument: Instrument, value: float) -> Mapping[str, float]:
    if instrument.name in COUNTED:
        return {COUNTED[instrument.name]: value}
    if instrument.name == WEBHOOK_TO_WRITTEN.name:
        return {"webhooks": 1, "webhook_seconds": value, "webhook_most": value}
    return {"rate_limit_most": value} if instrument.name == RATE_LIMIT_USED.name else {}
