"""Interleaved pairs of measurements, their medians and ratios, and what is reported of them."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One line of the table. `value` is at most, or else at least, the `goal`; a `goal` of None is only shown.

    Where `value` is a ratio, `measured` and `floor` say of what; `note` is what else a reader wants to know.
    """

    group: str
    name: str
    value: float
    goal: float | None = None
    at_most: bool = True
    measured: str = ""
    floor: str = ""
    note: str = ""

    @property
    def met(self) -> bool | None:
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal


@dataclass
class Times:
    """Seconds of wall and CPU (this process's, all threads) of each turn."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.wall)

    @property
    def cpu_mean(self) -> float:
        """The mean of the middle half: one turn is shorter than the clock of some systems can tell."""
        middle = sorted(self.cpu)[len(self.cpu) // 4 : -(len(self.cpu) // 4) or None]
        return statistics.fmean(middle)


@dataclass(frozen=True)
class Subject:
    """`act` is timed; `prepare` runs before it and is not."""

    act: Callable[[], Any]
    prepare: Callable[[], Any] = lambda: None


def interleaved(subjects: Sequence[Subject], turns: int, warm: int = 3) -> list[Times]:
    """Each in turn, so that what else the machine does falls on all alike."""
    times = [Times() for _ in subjects]
    for turn in range(-warm, turns):
        for subject, taken in zip(subjects, times, strict=True):
            subject.prepare()
            began, cpu = time.perf_counter(), time.process_time()
            subject.act()
            if turn >= 0:
                taken.wall.append(time.perf_counter() - began)
                taken.cpu.append(time.process_time() - cpu)
    return times


def ratio(above: Times, floor: Times) -> float:
    """Of medians."""
    return above.median / floor.median


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
