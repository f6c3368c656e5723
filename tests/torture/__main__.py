"""`make torture SEEDS=1000`, or `make torture SEED=123`: one world again, and its shortest failing script."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter

from tests.torture.catalogue import FEWEST, IMPOSSIBLE, KINDS
from tests.torture.many import outcomes
from tests.torture.run import Outcome, run, shrink

NORMAL_RUN = 1000  # worlds in which every fault must have met every step where it can happen
_SHOWN = 5
_TOLD_EVERY = 2000  # worlds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--seeds", type=int, default=NORMAL_RUN, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this one; if it fails, its script is shortened")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after this long, and report what was run")
    asked = parser.parse_args()
    if asked.seed is not None:
        return _one(asked.seed)
    return report(range(asked.first, asked.first + asked.seeds), asked.minutes)


def report(seeds: range, minutes: float = 1e9) -> int:
    """Play the worlds and print what they showed; 1 if a promise was broken or a fault never met its step."""
    begun = time.monotonic()
    met: Counter[tuple[str, str]] = Counter()
    accounted: Counter[str] = Counter()
    window: Counter[str] = Counter()
    failed: list[Outcome] = []
    steps = few = played = 0
    for outcome in outcomes(seeds):
        played += 1
        met += outcome.met
        accounted += outcome.accounted
        window += outcome.window
        steps += outcome.steps
        few += len(outcome.met) < FEWEST
        if outcome.broken:
            failed.append(outcome)
            print(f"seed {outcome.seed}: {outcome.broken[0]}", flush=True)
        if played % _TOLD_EVERY == 0:
            spent = (time.monotonic() - begun) / 60
            print(
                f"{played} of {len(seeds)} worlds in {spent:.0f} min, {len(failed)} failed", file=sys.stderr, flush=True
            )
        if time.monotonic() - begun > minutes * 60:
            break
    never = _matrix(met)
    print("\nEvery edit is accounted for:")
    for what, count in accounted.most_common():
        print(f"  {count:9d} {what}")
    print("Overwritten inside the one window (counted apart):")
    for what, count in window.most_common():
        print(f"  {count:9d} {what}")
    for outcome in failed[:_SHOWN]:
        _show(outcome.seed)
    too_few = never if played >= NORMAL_RUN else []
    seconds = time.monotonic() - begun
    print(f"\n{played} worlds, {steps} steps, {sum(met.values())} faults in {seconds:.0f} s; worlds with fewer "
          f"than {FEWEST} different ones: {few}")  # fmt: skip
    print(f"{played - len(failed)} passed, {len(failed)} failed, {len(too_few)} faults never met their step")
    return 1 if failed or too_few or few else 0


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
