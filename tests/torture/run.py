"""One seed: its world, played and checked; and the shortest script that still breaks a promise."""

from __future__ import annotations

import logging
import re
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.torture.claims import Claims
from tests.torture.script import Step, script_of
from tests.torture.world import World


@dataclass
class Outcome:
    """What a world showed; `broken` is empty where every promise was kept."""

    seed: int
    broken: list[str] = field(default_factory=list)
    met: Counter[tuple[str, str]] = field(default_factory=Counter)
    accounted: Counter[str] = field(default_factory=Counter)
    window: Counter[str] = field(default_factory=Counter)
    steps: int = 0


def run(seed: int, script: Sequence[Step] | None = None, plain: bool = False) -> Outcome:
    """Play one world and check it. An exception that nobody expected is a broken promise too."""
    logging.disable(logging.CRITICAL)
    whole = script is None
    script = script_of(seed) if script is None else script
    world = World(seed, plain)
    claims = Claims(world)
    try:
        world.play(script, stirred=whole)
        broken = claims.check()
    except Exception:  # noqa: BLE001 whatever it is, the seed is told
        broken = [*world.truth.broken, traceback.format_exc(limit=-5)]
    finally:
        logging.disable(logging.NOTSET)
        world.scheduler.close()
    return Outcome(seed, broken, world.faults.met, claims.accounted, world.truth.window, len(script))


Play = Callable[[int, Sequence[Step]], Outcome]


def shrink(seed: int, play: Play = run) -> tuple[Sequence[Step], list[str]]:
    """The script of a seed that fails, without all that it fails without; and what it then breaks.

    Steps are left out in ever smaller groups, as long as the same promise is broken.
    """
    script = list(script_of(seed))
    broken = play(seed, script).broken
    wanted = _promise(broken)
    size = len(script) // 2
    while size >= 1:
        place = 0
        while place < len(script):
            shorter = script[:place] + script[place + size :]
            still = play(seed, shorter).broken
            if _promise(still) == wanted:
                script, broken = shorter, still
            else:
                place += size
        size //= 2
    return script, broken


def _promise(broken: Sequence[str]) -> str:
    """Which promise is broken first, whatever the values and the field."""
    return _VALUES.sub("_", "".join(broken[:1]))


_VALUES = re.compile(r"'[^']*'|[\d.]+|customer_name|description|reference|amount|name|new_count")
