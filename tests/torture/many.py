"""Many worlds on all cores. (A pool's processes cannot find what is in a package's __main__.)"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from multiprocessing import get_context

from tests.torture.run import Outcome, run

_COLLECTED_EVERY = 25  # worlds
_CHUNK = 10  # worlds
# What a dead process was doing is kept by greenlets, which no search for garbage sees: a worker ends in time.
_CHUNKS = 100


def outcomes(seeds: range) -> Iterator[Outcome]:
    """On all cores, in no order."""
    workers = min(os.cpu_count() or 1, max(1, len(seeds) // 20))
    if workers == 1:
        yield from map(run, seeds)
        return
    with get_context("spawn").Pool(workers, _many_worlds, maxtasksperchild=_CHUNKS) as pool:
        yield from pool.imap_unordered(_run, seeds, chunksize=_CHUNK)


def _many_worlds() -> None:
    """A world is one heap of cycles that ends at once: nothing is gained by looking for garbage while it lives."""
    gc.freeze()
    gc.disable()


def _run(seed: int) -> Outcome:
    if seed % _COLLECTED_EVERY == 0:
        gc.collect()
    return run(seed)
