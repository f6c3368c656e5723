"""Who had the processors while something was measured: what it needed itself, and what else the machine did."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


class Load:
    """From now until `shares()`; of Linux's own counts, which other systems do not have."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = [os.getpid(), *pids]
        self._began, self._ours, self._all = time.monotonic(), self._own(), _busy()

    def shares(self) -> tuple[float, float]:
        """Of all processors: what these processes had, and what all others had. (0, 0) where it cannot be told."""
        there = (time.monotonic() - self._began) * (os.cpu_count() or 1)
        ours, everything = self._own() - self._ours, _busy() - self._all
        return ours / there, max(0.0, everything - ours) / there

    def _own(self) -> float:
        return sum(_seconds(Path(f"/proc/{pid}/stat")) for pid in self._pids)


def _busy() -> float:
    """Seconds of all processors but idle and waiting ones. https://man7.org/linux/man-pages/man5/proc_stat.5.html"""
    try:
        numbers = [int(text) for text in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    except OSError:
        return 0.0
    return (sum(numbers) - numbers[3] - numbers[4]) / _TICKS


def _seconds(stat: Path) -> float:
    """User and system time of a process; its name, which may hold anything, ends at the last bracket."""
    try:
        parts = stat.read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(parts[11]) + int(parts[12])) / _TICKS
