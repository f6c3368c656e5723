"""What a link's card counts after a sync: the lengths of what a person may look at, by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.verdict import Kind, verdicts
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import Bases
from sync_core.engine.model.link import Link
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import Result, Side


@dataclass(frozen=True, slots=True)
class Counts:
    waiting_for_push: int = 0
    not_agreed: int = 0
    conflicts: int = 0
    refused: int = 0


def count(scene: Scene) -> Counts:
    """Count over the rows that live on after creation."""
    found = Counter(one.kind for one in verdicts(scene))
    return Counts(found[Kind.WAITING_FOR_PUSH], found[Kind.NOT_AGREED], found[Kind.CONFLICT], found[Kind.REFUSED])


def with_counts(link: Link, counts: Counts) -> Link:
    return link.having(
        waiting_for_push=counts.waiting_for_push,
        not_agreed=counts.not_agreed,
        conflicts=counts.conflicts,
        refused=counts.refused,
    )


def after_writes(scene: Scene, steps: Sequence[Step], bases: Bases) -> Scene:
    """The scene as both sides show it once these steps are done."""
    fields, cells = dict(scene.contract.fields), dict(scene.record.cells)
    for step in steps:
        halves = step.base.halves
        if step.side is None or step.result is not Result.WRITTEN or halves is None:
            continue
        if step.side is Side.ONEFLOW and step.row.key in fields:
            fields[step.row.key] = replace(fields[step.row.key], value=halves.oneflow, updated_time=None)
        elif step.side is Side.DYNAMICS:
            column = step.row.dynamics_column
            cells[column] = replace(cells.get(column, Cell()), value=halves.dynamics)
    if not any(step.writes for step in steps):
        return replace(scene, bases=bases)
    contract = replace(scene.contract, fields=fields)
    return replace(scene, contract=contract, record=replace(scene.record, cells=cells), bases=bases)
