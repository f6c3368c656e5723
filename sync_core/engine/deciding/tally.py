"""What a link's card counts after a sync: waiting for a push, not yet agreed, in conflict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.view import Scene, view
from sync_core.engine.model.base import Bases
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind, Result, Side


@dataclass(frozen=True, slots=True)
class Tally:
    waiting_for_push: int = 0
    not_agreed: int = 0
    conflicts: int = 0


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


def tally(scene: Scene) -> Tally:
    """Count over the rows that live on after creation."""
    waiting = not_agreed = conflicts = 0
    for row in scene.mapping.fields:
        if row.direction is Direction.SYNC_ONCE or row.oneflow_kind is not OneflowKind.DATA_FIELD:
            continue
        seen = view(scene, row)
        if seen.problem or seen.base.halves is None or seen.same:
            continue
        two_way = row.direction is Direction.TWO_WAY
        both = two_way and seen.oneflow_changed and seen.dynamics_changed
        if both and scene.mapping.policy_of(row) is ConflictPolicy.ASK:
            conflicts += 1
        elif seen.dynamics_changed:
            waiting += 1
        elif two_way and not seen.base.halves.agreed:
            not_agreed += 1
    return Tally(waiting, not_agreed, conflicts)
