"""Several writes as one: all of them, or none; nobody hears of any before all are done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from sandbox.dataverse.step import Change
from sandbox.dataverse.world import World


@contextmanager
def transaction(world: World) -> Iterator[None]:
    with world.lock:
        before = {
            entity: {row.id: replace(row, values=dict(row.values)) for row in each.values()}
            for entity, each in world.rows.items()
        }
        told: list[Change] = []
        tell, world.on_change = world.on_change, told.append
        try:
            yield
        except BaseException:
            world.rows.clear()
            world.rows.update(before)
            world.touched()
            raise
        finally:
            world.on_change = tell
    for change in told:
        if tell:
            tell(change)
