"""How much storage emulator and simulators can do on this machine: what else a drain rate could be limited by.

Processes with nothing but bare requests in them send a sync's own calls, to one of the three at a time, as fast as they
are answered.
"""

from __future__ import annotations

import itertools
import multiprocessing
import secrets
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass

from bench.app import Pair
from bench.recording import Replay, Sent, operations

_PROCESSES, _THREADS, _SECONDS = 2, 8, 3.0


@dataclass(frozen=True)
class Ceilings:
    """Requests a second."""

    storage: float
    oneflow: float
    dataverse: float


def measured(pair: Pair, sent: Sequence[Sent], pairs: Sequence[Pair], oneflow: str, dataverse: str) -> Ceilings:
    """`pairs` are not in use; vendors answer at once. The addresses tell the requests apart."""
    groups = (
        [one for one in sent if one.is_table or one.is_queue],
        [one for one in sent if one.url.startswith(oneflow)],
        [one for one in sent if one.url.startswith(dataverse)],
    )
    context = multiprocessing.get_context("spawn")  # a fork would share this process's connections
    with ProcessPoolExecutor(_PROCESSES, mp_context=context) as processes:
        rates = []
        for group in groups:
            shares = [pairs[number::_PROCESSES] for number in range(_PROCESSES)]
            driven = [processes.submit(_drive, pair, group, share) for share in shares]
            rates.append(sum(one.result() for one in driven))
    return Ceilings(*rates)


def _drive(pair: Pair, sent: Sequence[Sent], pairs: Sequence[Pair]) -> float:
    """Requests a second of this process's threads; each thread has pairs of its own, so that none is refused."""
    replay = Replay(pair, list(sent))
    created = [one.entity["RowKey"][:-3] for each in sent if each.url.endswith("$batch")
               for one in operations(each.body) if one.method == "POST"]  # fmt: skip
    numbers = itertools.count(secrets.randbelow(10**9))
    counts: list[int] = []
    guard = threading.Lock()

    def work(mine: Sequence[Pair]) -> None:
        done, end = 0, time.monotonic() + _SECONDS
        while time.monotonic() < end:
            replay.run(mine[done % len(mine)], {key: f"h-{next(numbers):010d}" for key in created})
            done += 1
        with guard:
            counts.append(done)

    began = time.monotonic()
    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(work, [pairs[number::_THREADS] for number in range(_THREADS)]):
            pass
    return sum(counts) * replay.requests / (time.monotonic() - began)
