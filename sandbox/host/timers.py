"""Timer triggers: at their second, in UTC, never over themselves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sandbox.host.invokers import Failed, Invoker
from sandbox.host.model import FunctionSpec

_TICK = 0.2


class Timers:
    """One thread a timer, until `close()`."""

    def __init__(self, specs: list[FunctionSpec], invoker: Invoker, say: Callable[[str], None]) -> None:
        self._invoker, self._say = invoker, say
        self._closing = threading.Event()
        self._running = {spec.name: threading.Lock() for spec in specs}
        self._specs = {spec.name: spec for spec in specs}
        self._threads = [threading.Thread(target=self._watch, args=(spec,), daemon=True) for spec in specs]
        for thread in self._threads:
            thread.start()

    def run(self, name: str) -> None:
        """Now, whatever the schedule says."""
        self._fire(self._specs[name])

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=10)

    def _watch(self, spec: FunctionSpec) -> None:
        assert spec.schedule
        if spec.run_on_startup:
            self._fire(spec)
        last = datetime.now(UTC).replace(microsecond=0)
        while not self._closing.wait(_TICK):
            now = datetime.now(UTC).replace(microsecond=0)
            due = False
            while last < now:
                last += timedelta(seconds=1)
                due = due or spec.schedule.matches(last)
            if due:
                self._fire(spec)

    def _fire(self, spec: FunctionSpec) -> None:
        with self._running[spec.name]:
            datum = self._invoker.datum(json.dumps({"IsPastDue": False}), "json")
            try:
                self._invoker.call(spec.name, spec.argument, datum, {})
            except Failed as failed:
                self._say(f"function.failed name={spec.name} {failed}")
