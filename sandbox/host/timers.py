"""Timer triggers: at their second, in UTC, never over themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox.host.invokers import Failed, Invoker
from sandbox.host.model import FunctionSpec
from sandbox.host.monitor import Monitor

_TICK = 0.2  # seconds


class Timers:
    """One thread a timer, until `close()`; without `scheduled` they run only when told.

    `now` is asked every `tick` seconds.
    """

    def __init__(
        self,
        specs: list[FunctionSpec],
        invoker: Invoker,
        say: Callable[[str], None],
        monitor: Monitor | None = None,
        scheduled: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        tick: float = _TICK,
    ) -> None:
        self._invoker, self._say, self._monitor = invoker, say, monitor
        self._now, self._tick = now, tick
        self._closing = threading.Event()
        self._running = {spec.name: threading.Lock() for spec in specs}
        self._specs = {spec.name: spec for spec in specs}
        watched = specs if scheduled else []
        self._threads = [threading.Thread(target=self._watch, args=(spec,), daemon=True) for spec in watched]
        for thread in self._threads:
            thread.start()

    def run(self, name: str, past_due: bool = False) -> None:
        """Now, whatever the schedule says; when it is due does not change by it."""
        self._fire(self._specs[name], past_due)

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _watch(self, spec: FunctionSpec) -> None:
        assert spec.schedule
        last = self._now().replace(microsecond=0)
        if self._is_past_due(spec, last):
            self._scheduled(spec, past_due=True)
        elif spec.run_on_startup:
            self._scheduled(spec)
        while not self._closing.wait(self._tick):
            now = self._now().replace(microsecond=0)
            due = False
            while last < now:
                last += timedelta(seconds=1)
                due = due or spec.schedule.matches(last)
            if due:
                self._scheduled(spec)

    def _is_past_due(self, spec: FunctionSpec, now: datetime) -> bool:
        if not spec.monitored or self._monitor is None or spec.schedule is None:
            return False
        return self._monitor.is_past_due(spec.name, spec.schedule, now)

    def _scheduled(self, spec: FunctionSpec, past_due: bool = False) -> None:
        began = self._now()
        self._fire(spec, past_due)
        if spec.monitored and self._monitor and spec.schedule:
            self._monitor.ran(spec.name, spec.schedule, began)

    def _fire(self, spec: FunctionSpec, past_due: bool = False) -> None:
        with self._running[spec.name]:
            datum = self._invoker.datum(json.dumps({"IsPastDue": past_due}), "json")
            try:
                self._invoker.call(spec.name, spec.argument, datum, {})
            except Failed as failed:
                self._say(f"function.failed name={spec.name} {failed}")
