"""What a plan leaves behind it, for a person to see first: where contract and record will differ, and what becomes of
the record's other contracts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sync_core.engine.deciding.plan import Plan, Step, Write
from sync_core.engine.model.base import Bases
from sync_core.engine.model.link import Link
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ContractState, Direction, OneflowKind, Side
from sync_core.engine.values import same


class Effect(StrEnum):
    """What becomes of another contract when the record is written."""

    WAITS_FOR_PUSH = "waits_for_push"
    GOES_OUT = "goes_out"  # by itself, since the table pushes automatically
    DIFFERS = "differs"  # it is closed: nothing is pushed to it any more


@dataclass(frozen=True, slots=True)
class SiblingEffect:
    link: Link
    effect: Effect
    steps: Sequence[Step]  # that move a field of it

    def to_json(self) -> dict[str, Any]:
        return {
            "contract_id": self.link.contract_id,
            "name": self.link.name,
            "state": self.link.state,
            "effect": str(self.effect),
            "fields": [step.column.label if step.column else step.row.dynamics_column for step in self.steps],
        }


def left_different(plan: Plan) -> list[Step]:
    """The writes after which the contract and its record do not show the same: an undo restores one side alone."""
    return [step for step in plan.steps if step.writes and not _agrees(step)]


def on_sibling(plan: Plan, mapping: EntityMapping, link: Link, bases: Bases) -> SiblingEffect | None:
    """What the plan's writes to the record mean for another contract of it; None where nothing.

    Goes by what that contract was last settled with: a field that it does not have, or that will be the same again, is
    not touched.
    """
    steps = list(_moved(plan, mapping, bases))
    if not steps:
        return None
    if not ContractState(link.state).writable:
        effect = Effect.DIFFERS
    else:
        effect = Effect.GOES_OUT if mapping.auto_push else Effect.WAITS_FOR_PUSH
    return SiblingEffect(link, effect, steps)


def writes_record(plan: Plan) -> bool:
    return bool(plan.writes_to(Side.DYNAMICS))


def _moved(plan: Plan, mapping: EntityMapping, bases: Bases) -> Iterator[Step]:
    rows = {row.dynamics_column: row for row in mapping.fields if row.oneflow_kind is OneflowKind.DATA_FIELD}
    for step in plan.writes_to(Side.DYNAMICS):
        row = rows.get(step.row.dynamics_column)
        if row is None or row.direction is Direction.SYNC_ONCE or step.column is None or step.cell is None:
            continue
        known = bases.get(row.key)
        if known is None or known.halves is None:
            continue
        if not same(known.halves.oneflow, _written(step.cell, step.sure_write), step.column):
            yield step


def _agrees(step: Step) -> bool:
    if step.column is None or step.cell is None:
        return True
    write = step.sure_write
    if write.side is Side.ONEFLOW:
        return same(write.after or "", step.cell, step.column)
    return same(step.oneflow or "", _written(step.cell, write), step.column)


def _written(cell: Cell, write: Write) -> Cell:
    return replace(cell, value=write.after, label=write.to_text)
