"""`make torture-values`: the laws of values over 100,000 generated cases of each column type, counted."""

from __future__ import annotations

import argparse
import os
import sys
import time

from sync_core.engine.model.words import ColumnType
from tests.laws.columns import KINDS
from tests.laws.run import run


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.laws", description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000, help="of each column type (default: 100,000)")
    parser.add_argument("--types", nargs="+", choices=[str(kind) for kind in KINDS], default=[str(k) for k in KINDS])
    parser.add_argument("--seed", type=int, default=time.time_ns() // 1_000_000, help="the first part's")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    print(f"from seed {asked.seed}\n{'type':18} {'cases':>9} {'typed':>9} {'signs':>9} {'processor':>10}", flush=True)
    started = time.monotonic()
    tallies = run([ColumnType(name) for name in asked.types], asked.cases, asked.seed, asked.workers)
    failures = [one.failure for one in tallies if one.failure]
    print(*failures, sep="\n")
    total, least = sum(one.cases for one in tallies), min(one.cases for one in tallies)
    print(
        f"{total:,} cases of {len(tallies)} types, at least {least:,} of each, in {time.monotonic() - started:,.0f} s"
    )
    print(f"{len(failures)} types broke a law." if failures else "Every law held.")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
