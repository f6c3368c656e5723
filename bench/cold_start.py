"""4. Importing the app, over importing azure.functions alone; each in a fresh process."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator

from bench.measure import Figure
from bench.parts import ROOT

_TIMED = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"


def measure(turns: int = 15) -> Iterator[Figure]:
    ours: list[float] = []
    floor: list[float] = []
    for turn in range(-1, turns):
        for module, found in (("azure.functions", floor), ("function_app", ours)):
            taken = _import(module)
            if turn >= 0:  # the first compiles
                found.append(taken)
    app, alone = statistics.median(ours), statistics.median(floor)
    yield Figure(
        "Cold start",
        "import of function_app, over azure.functions alone",
        app / alone,
        1.6,
        measured=f"{app * 1000:.0f} ms",
        floor=f"{alone * 1000:.0f} ms",
    )


def _import(module: str) -> float:
    command = [sys.executable, "-c", _TIMED.format(module)]
    return float(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60).stdout)
