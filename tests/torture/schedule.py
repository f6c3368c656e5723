"""Virtual time, and who goes on next: every task stops at each I/O step, and the one whose step ends first goes on.

Tasks are greenlets: the use cases run as they are, on one thread, and the same seed interleaves them the same way.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import greenlet


class Crash(BaseException):
    """The process died here; nothing of it runs on."""


class Task:
    """One flow of control. `owner` is the process that it dies with, None for the world's own."""

    def __init__(self, run: Callable[[], Any], owner: Any, name: str, hub: greenlet.greenlet) -> None:
        self.owner, self.name = owner, name
        self.greenlet = greenlet.greenlet(run, parent=hub)
        self.wakes_at: float | None = None
        self.notes: dict[str, Any] = {}  # what the double of a port remembers of this flow


class Scheduler:
    """Runs tasks in the order of their wake-up times; ties in the order in which they were asked for."""

    def __init__(self, start: datetime) -> None:
        self._start, self.time = start, 0.0
        self._heap: list[tuple[float, int, Task]] = []
        self._count = 0
        self.current: Task | None = None
        self._hub = greenlet.getcurrent()
        self._now: tuple[float, datetime] = (-1.0, start)

    def now(self) -> datetime:
        """True time, which no machine of the world knows."""
        if self._now[0] != self.time:
            self._now = (self.time, self._start + timedelta(seconds=self.time))
        return self._now[1]

    def seconds(self, moment: datetime) -> float:
        return (moment - self._start).total_seconds()

    def spawn(self, run: Callable[[], Any], owner: Any = None, name: str = "", delay: float = 0.0) -> Task:
        task = Task(run, owner, name, self._hub)
        if owner is not None:
            owner.tasks.append(task)
        self.wake(task, self.time + delay)
        return task

    def wake(self, task: Task, at: float) -> None:
        """Let a task go on at this time, or earlier if that was agreed before."""
        if task.wakes_at is not None and task.wakes_at <= at:
            return
        task.wakes_at = at
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, task))

    def sleep(self, seconds: float) -> None:
        """The current task stops for this long; at once where no task runs (the closing claims)."""
        if self.current is None:
            self.time += seconds
            return
        self.wake(self.current, self.time + seconds)
        self._hub.switch()

    def park(self) -> None:
        """The current task stops until somebody wakes it."""
        self._hub.switch()

    def run(self, until: float) -> None:
        """Everything that happens until then."""
        while self._heap and self._heap[0][0] <= until:
            at, _, task = heapq.heappop(self._heap)
            if task.wakes_at != at or task.greenlet.dead:
                continue
            self.time = max(self.time, at)
            self.switch(task)
        self.time = max(self.time, until)

    def switch(self, task: Task) -> None:
        task.wakes_at = None
        self.current = task
        try:
            task.greenlet.switch()
        except Crash:
            if task.owner is not None:
                task.owner.die()
        finally:
            self.current = None

    def kill(self, tasks: list[Task]) -> None:
        """These never go on: what they hold in memory is gone."""
        for task in tasks:
            if not task.greenlet.dead and task.greenlet is not greenlet.getcurrent():
                before, self.current = self.current, task
                try:
                    task.greenlet.throw(Crash)
                except Crash:
                    pass
                finally:
                    self.current = before

    def close(self) -> None:
        """End of the world: nobody goes on."""
        self.kill([task for _, _, task in self._heap])


def whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
