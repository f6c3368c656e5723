"""Small builders of what the engine is given: one mapped field with both sides and its base, and scenes of several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import (
    Canonical,
    ColumnType,
    ConflictPolicy,
    ContractState,
    Direction,
    OneflowKind,
    Reason,
)

ONCE, ONE_WAY, TWO_WAY = Direction.SYNC_ONCE, Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY
FROM_CONTRACT, OF_FIELDS = Direction.ONEFLOW_TO_DYNAMICS, (ONCE, ONE_WAY, TWO_WAY)
ONEFLOW_WINS, DYNAMICS_WINS, ASK = ConflictPolicy.ONEFLOW_WINS, ConflictPolicy.DYNAMICS_WINS, ConflictPolicy.ASK

# As Oneflow writes them, to the second.
EARLIER, THEN, LATER = "2026-03-12T08:00:00+0000", "2026-03-12T08:00:05+0000", "2026-03-12T08:00:09+0000"

GONE = object()
READ_ONLY = Reason("record_read_only", "The quote is active.")
SECURED = Reason("secured", "The column is secured.")


def column(type: ColumnType = ColumnType.TEXT, name: str = "name", **parts: Any) -> Column:  # noqa: A002
    return Column(name, name.title(), type, **parts)


@dataclass(frozen=True)
class Pair:
    """One mapped field: what Oneflow shows, what Dynamics shows, and the base (two halves; None: there is none).

    `oneflow` or `dynamics` as GONE: the field or the column is not there.
    """

    oneflow: Any = "A"
    dynamics: Any = "A"
    base: tuple[str, Canonical] | None = ("A", "A")
    direction: Direction = TWO_WAY
    name: str = "name"
    type: ColumnType = ColumnType.TEXT
    policy: ConflictPolicy | None = None
    kind: OneflowKind = OneflowKind.DATA_FIELD
    updated: str | None = None
    remembered: FieldBase | None = None  # the whole base, instead of only its halves
    cell: Cell | None = None  # the whole cell, instead of only its value
    column: Column | None = None
    field: str | None = None  # another Oneflow field than F_<name>

    @property
    def row(self) -> FieldMapping:
        return FieldMapping(self.name, self.field or f"F_{self.name}", self.direction, self.kind, self.policy)

    @property
    def known_base(self) -> FieldBase | None:
        if self.remembered:
            return self.remembered
        return FieldBase(self.row.identity, self.direction, Halves(*self.base)) if self.base else None


def blank_base(pair: Pair, **parts: Any) -> FieldBase:
    """A base of the pair's row, to put `halves`, `mark`, `late` and so on into."""
    return FieldBase(pair.row.identity, pair.direction, **parts)


def remembering(pair: Pair, **parts: Any) -> Pair:
    """The pair with more than halves in its base."""
    return replace(pair, remembered=replace(pair.known_base or blank_base(pair), **parts))


def scene(
    *pairs: Pair,
    auto_push: bool = False,
    policy: ConflictPolicy = ONEFLOW_WINS,
    state: ContractState = ContractState.PENDING,
    signature_given: bool = False,
    confirm: bool = False,
    read_only: Reason | None = None,
    unnamed: Sequence[ContractField] = (),
) -> Scene:
    fields = {
        pair.row.key: ContractField(number, pair.row.oneflow_field, pair.name.title(), pair.oneflow, pair.updated)
        for number, pair in enumerate(pairs, 1)
        if pair.oneflow is not GONE
    }
    cells = {pair.name: pair.cell or Cell(pair.dynamics) for pair in pairs if pair.dynamics is not GONE}
    return Scene(
        mapping=EntityMapping("opportunity", tuple(pair.row for pair in pairs), auto_push, policy),
        columns={pair.name: pair.column or column(pair.type, pair.name) for pair in pairs},
        contract=Contract(70001, "Deal", state, fields, tuple(unnamed), signature_given),
        record=Record("opportunity", "1d", "W/1", cells, read_only),
        bases={pair.row.key: pair.known_base for pair in pairs if pair.known_base},
        confirm_signature_reset=confirm,
    )


def told(step: Step) -> str:
    """A step in short, as tables say it: what is written where, or the result with its reason's code."""
    if step.writes:
        text = f"{step.side} := {step.sure_write.after!r}"
    else:
        text = str(step.result)
    return f"{text} ({step.reason.code})" if step.reason else text


def only(plan: Plan) -> Step:
    (step,) = plan.steps
    return step


def by_name(plan: Plan) -> dict[str, str]:
    return {step.row.dynamics_column: told(step) for step in plan.steps}


def halves(step: Step) -> tuple[str, Canonical] | None:
    """The base's halves if nothing is written."""
    return (step.base.halves.oneflow, step.base.halves.dynamics) if step.base.halves else None
