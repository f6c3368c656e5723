"""The mapping that every world has: three two-way rows, a one-way row, and one for creation only."""

from __future__ import annotations

import random
from collections.abc import Sequence

from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.words import ConflictPolicy, Direction

COUNT = ("new_count", "reference")
TWO_WAY = (("name", "customer_name"), ("description", "description"), COUNT)
ONE_WAY = ("new_rate", "amount")
ONCE = ("new_score", "start_time")
KEY_OF = dict((*TWO_WAY, ONE_WAY, ONCE))


def mapping_of(chance: random.Random) -> EntityMapping:
    """The rows, with any policy for all and one of its own for one of them."""
    policies = list(ConflictPolicy)
    own = chance.choice((None, *policies))
    rows = [FieldMapping(column, key, Direction.TWO_WAY) for column, key in TWO_WAY]
    rows[0] = FieldMapping(*TWO_WAY[0], Direction.TWO_WAY, conflict_policy=own)
    rows.append(FieldMapping(*ONE_WAY, Direction.DYNAMICS_TO_ONEFLOW))
    rows.append(FieldMapping(*ONCE, Direction.SYNC_ONCE))
    return EntityMapping("opportunity", tuple(rows), chance.random() < 0.5, chance.choice(policies))


def columns_of() -> Sequence[str]:
    """What colleagues type into."""
    return [column for column, _ in (*TWO_WAY, ONE_WAY, ONCE)]


def text_for(side: str, name: str, number: int) -> str:
    """A value that nobody else types: the number is in it."""
    if name in COUNT:
        return str(number)
    if name in (*ONE_WAY, *ONCE):
        return f"{number / 1000:.3f}" if name in ONE_WAY else f"{number}.00"
    return f"{side}{number}"
