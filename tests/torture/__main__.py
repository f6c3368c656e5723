"""`make torture SEEDS=1000`, or `make torture SEED=123`: one world again, and its shortest failing script.

`make torture SEEDS=1000000 FROM=0 RESULTS=worlds.jsonl` may be stopped at any time and goes on where it was.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

from tests.torture.catalogue import FEWEST, IMPOSSIBLE, KINDS
from tests.torture.many import outcomes
from tests.torture.results import PART, Played, Results, missing, tree
from tests.torture.run import run, shrink

NORMAL_RUN = 1000  # worlds in which every fault must have met every step where it can happen
_SHOWN = 5
_TOLD_EVERY = 2000  # worlds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seeds", type=int, default=NORMAL_RUN, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this one; if it fails, its script is shortened")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long, and report what was run")
    parser.add_argument(
        "--results",
        type=Path,
        help=f"a file that each {PART} worlds are added to; what it has of this tree is not played again",
    )
    asked = parser.parse_args()
    if asked.seed is not None:
        return _one(asked.seed)
    seeds = range(asked.first, asked.first + asked.seeds)
    if asked.results is None:
        return report(seeds, asked.minutes)
    try:
        results = Results(asked.results, tree())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return in_parts(seeds, results, asked.minutes)


def report(seeds: range, minutes: float = 1e9) -> int:
    """Play the worlds and print what they showed; 1 if a promise was broken or a fault never met its step."""
    return _told(_play(seeds, minutes))


def in_parts(seeds: range, results: Results, minutes: float = 1e9) -> int:
    """As `report`, of these worlds and all others that the file has."""
    begun = time.monotonic()
    for part in missing(seeds, results.parts()):
        if time.monotonic() - begun > minutes * 60:
            break
        played = _play(part)
        results.keep(part.start, played)
        print(f"{part.start} to {part.stop - 1}: {len(played.failed)} failed", file=sys.stderr, flush=True)
    together = Played()
    for known in results.parts().values():
        together.add_all(known)
    return _told(together)


def _play(seeds: range, minutes: float = 1e9) -> Played:
    begun = time.monotonic()
    played = Played()
    for outcome in outcomes(seeds):
        played.add(outcome)
        if outcome.broken:
            print(f"seed {outcome.seed}: {outcome.broken[0]}", flush=True)
        if played.worlds % _TOLD_EVERY == 0:
            spent = (time.monotonic() - begun) / 60
            told = f"{played.worlds} of {len(seeds)} worlds in {spent:.0f} min, {len(played.failed)} failed"
            print(told, file=sys.stderr, flush=True)
        if time.monotonic() - begun > minutes * 60:
            break
    played.seconds = time.monotonic() - begun
    return played


def _told(played: Played) -> int:
    never = _matrix(played.met)
    print("\nEvery edit is accounted for:")
    for what, count in played.accounted.most_common():
        print(f"  {count:9d} {what}")
    print("Overwritten inside the one window (counted apart):")
    for what, count in played.window.most_common():
        print(f"  {count:9d} {what}")
    for seed in list(played.failed)[:_SHOWN]:
        _show(seed)
    too_few = never if played.worlds >= NORMAL_RUN else []
    print(f"\n{played.worlds} worlds, {played.steps} steps, {sum(played.met.values())} faults in "
          f"{played.seconds:.0f} s; worlds with fewer than {FEWEST} different ones: {played.few}")  # fmt: skip
    failed = len(played.failed)
    print(f"{played.worlds - failed} passed, {failed} failed, {len(too_few)} faults never met their step")
    return 1 if failed or too_few or played.few else 0


def _matrix(met: Counter[tuple[str, str]]) -> list[tuple[str, str]]:
    """How often each fault met each step; those that never did."""
    never = []
    for kind, (what, where) in KINDS.items():
        print(f"{kind} ({what}):")
        print("   " + ", ".join(f"{step} {met[(kind, step)]}" for step in where))
        never += [(kind, step) for step in where if not met[(kind, step)]]
    print("Impossible:")
    for pair, why in IMPOSSIBLE.items():
        print(f"   {pair}: {why}")
    for kind, step in never:
        print(f"never met: {kind} at {step}")
    return never


def _one(seed: int) -> int:
    outcome = run(seed)
    if not outcome.broken:
        print(f"seed {seed}: {outcome.steps} steps, {sum(outcome.met.values())} faults, every promise kept")
        return 0
    _show(seed)
    return 1


def _show(seed: int) -> None:
    script, broken = shrink(seed)
    print(f"\nseed {seed}, shortened to {len(script)} steps:")
    for step in script:
        print(f"  {step}")
    for text in broken:
        print(f"  -> {text}")


if __name__ == "__main__":
    sys.exit(main())
