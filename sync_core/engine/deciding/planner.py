"""The planners of push, fetch and automatic sync: mapping x what both sides show -> plan. Pure.

Creation has its own (creation.py): there is no contract to compare with yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.rule import Decision, Look, Ruling, decide
from sync_core.engine.deciding.view import Scene, View, view
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Conflict, Reported
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.words import Action, ColumnType, ContractState, Direction, OneflowKind, Reason, Result, Side
from sync_core.engine.values import text_of, value_of
from sync_core.errors import Unmappable


def plan_push(scene: Scene) -> Plan:
    """Dynamics to Oneflow, by a person: what differs in Oneflow is overwritten, whoever changed it."""
    rows = _rows(scene, Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY)
    steps = [_push_step(view(scene, row)) for row in rows]
    forbidden = oneflow_forbidden(scene)
    return _plan(scene, Action.PUSH, [forbid(step, Side.ONEFLOW, forbidden) for step in steps])


def plan_fetch(scene: Scene) -> Plan:
    """Oneflow to Dynamics, by a person: what differs in Dynamics is overwritten."""
    steps = [_fetch_step(view(scene, row)) for row in _rows(scene, Direction.TWO_WAY)]
    return _plan(scene, Action.FETCH, [forbid(step, Side.DYNAMICS, scene.record.read_only) for step in steps])


def plan_automatic(scene: Scene) -> Plan:
    """What a webhook, a Dynamics event or reconcile does by itself (DESIGN 2.3), with the safety stops of 2.5."""
    views = [view(scene, row) for row in _rows(scene, Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY)]
    steps = [_automatic_step(scene, seen) for seen in views]
    if _suddenly_empty(views):
        steps = [
            seen.skip(reasons.ALL_EMPTY, step.side, step.after) if step.writes else step
            for seen, step in zip(views, steps, strict=True)
        ]
    steps = [forbid(step, Side.DYNAMICS, scene.record.read_only) for step in steps]
    return _plan(scene, Action.AUTOMATIC, steps)


def _rows(scene: Scene, *directions: Direction) -> Sequence[FieldMapping]:
    """The rows that an action touches. Party and participant fields are filled at creation only."""
    return [
        row
        for row in scene.mapping.fields
        if row.direction in directions and row.oneflow_kind is OneflowKind.DATA_FIELD
    ]


def _plan(scene: Scene, action: Action, steps: Sequence[Step]) -> Plan:
    return Plan(action, scene.contract.id, tuple(steps))


def oneflow_forbidden(scene: Scene) -> Reason | None:
    """Why the contract must not be written now, if so."""
    contract = scene.contract
    if not contract.state.writable:
        return reasons.state_forbids(contract.state)
    if contract.state is ContractState.PENDING and contract.signature_given and not scene.confirm_signature_reset:
        return reasons.SIGNATURE_GIVEN
    return None


def forbid(step: Step, side: Side, reason: Reason | None) -> Step:
    """Turn a write into a skip where the contract's or the record's state forbids it."""
    if reason is None or not step.writes or step.side is not side:
        return step
    reported = Reported(side, step.after, reason.code)
    fresh = step.base.reported != reported
    base = replace(step.base, reported=reported)
    return replace(step, result=Result.SKIPPED, reason=reason, blocked=True, report=fresh, base=base)


# --- a person's actions ---------------------------------------------------------------------------------------------


def _push_step(seen: View) -> Step:
    if seen.problem:
        return seen.skip(seen.problem)
    if seen.lagging:
        return seen.skip(reasons.LAGGING, lagging=True)
    if seen.same:
        return seen.unchanged(base=seen.settled())
    step = overwrite_oneflow(seen)
    if step.writes and step.after == "" and (seen.base.halves is None or seen.base.halves.dynamics is None):
        return seen.skip(reasons.EMPTY_OVER_FILLED, Side.ONEFLOW, "")
    return step


def _fetch_step(seen: View) -> Step:
    if seen.problem:
        return seen.skip(seen.problem)
    _, field, _ = seen.sure
    if seen.lagging:
        return seen.skip(reasons.LAGGING, lagging=True)
    if seen.same:
        return seen.unchanged(base=seen.settled())
    if field.value == "" and (seen.base.halves is None or seen.base.halves.oneflow == ""):
        return seen.skip(reasons.EMPTY_OVER_FILLED, Side.DYNAMICS, "")
    return overwrite_dynamics(seen)


def overwrite_oneflow(seen: View, reason: Reason | None = None) -> Step:
    """Write what the record shows into the contract, or say why not."""
    column, _, cell = seen.sure
    try:
        text = text_of(cell, column)
    except Unmappable as refusal:
        return seen.skip(Reason(refusal.code, str(refusal)), Side.ONEFLOW, cell.value)
    return seen.write_oneflow(text, reason)


def overwrite_dynamics(seen: View, reason: Reason | None = None) -> Step:
    """Write what the contract shows into the record, or say why not."""
    column, field, cell = seen.sure
    try:
        # While a Dynamics value cannot be expressed in the contract, nothing writes that column.
        text_of(cell, column)
        value = value_of(field.value, column)
    except Unmappable as refusal:
        return seen.skip(Reason(refusal.code, str(refusal)), Side.DYNAMICS, field.value)
    if value is None and (column.required or column.type in (ColumnType.YES_NO, ColumnType.OWNER)):
        return seen.skip(reasons.CANNOT_BE_EMPTY, Side.DYNAMICS, field.value)
    return seen.write_dynamics(value, reason, field.value)


# --- automatic ------------------------------------------------------------------------------------------------------


def _automatic_step(scene: Scene, seen: View) -> Step:
    row, mapping = seen.row, scene.mapping
    one_way = row.direction is Direction.DYNAMICS_TO_ONEFLOW
    if seen.problem:
        # A row that no automatic action touches is no news either.
        return seen.unchanged(seen.problem) if one_way and not mapping.auto_push else seen.skip(seen.problem)
    if seen.lagging:
        return seen.unchanged(reasons.LAGGING, lagging=True)
    look = Look(seen.base.halves is not None, seen.oneflow_changed, seen.dynamics_changed, seen.same)
    ruling = decide(look, row.direction, mapping.policy_of(row), mapping.auto_push)
    return _conflict_over(seen, _carry_out(scene, seen, ruling))


def _carry_out(scene: Scene, seen: View, ruling: Ruling) -> Step:
    match ruling.decision:
        case Decision.SETTLE:
            return seen.unchanged(base=seen.settled())
        case Decision.TAKE_HALVES:
            return seen.unchanged(reasons.NOT_YET_AGREED, base=seen.settled(agreed=False), report=True)
        case Decision.ASK:
            return _asked(seen)
        case Decision.WRITE_DYNAMICS:
            return _once(scene, seen, overwrite_dynamics(seen, reasons.ONEFLOW_WON if ruling.by_policy else None))
        case Decision.WRITE_ONEFLOW:
            return _once(scene, seen, _automatic_push(scene, seen, ruling))
        case Decision.WAIT_FOR_PUSH:
            return _dynamics_kept(seen) if ruling.by_policy else seen.unchanged(reasons.WAITING_FOR_PUSH)
        case Decision.NOTHING:
            disagreed = seen.base.halves is not None and not seen.base.halves.agreed
            return seen.unchanged(reasons.NOT_YET_AGREED if disagreed else None)


def _automatic_push(scene: Scene, seen: View, ruling: Ruling) -> Step:
    if oneflow_forbidden(replace(scene, confirm_signature_reset=False)):
        return _dynamics_kept(seen) if ruling.by_policy else seen.unchanged(reasons.WAITING_FOR_PUSH)
    return overwrite_oneflow(seen, reasons.DYNAMICS_WON if ruling.by_policy else None)


_BEFORE = "Refused before; it is tried again when the value changes."  # of rows that kept no text


def _once(scene: Scene, seen: View, step: Step) -> Step:
    """What was refused is not tried again until the value changes or a person acts; what the situation refused, at an
    event, or when its time has come."""
    refusal = seen.base.refusal
    if step.writes and refusal and refusal.keeps_back(step.side, step.after, scene.refused_waits):
        return seen.unchanged(Reason(refusal.code, refusal.text or _BEFORE))
    return step


def _asked(seen: View) -> Step:
    """A stored conflict mirrors the present: what both sides show now."""
    _, field, cell = seen.sure
    conflict = Conflict(field.value, cell.value)
    fresh = seen.base.conflict != conflict
    base = replace(seen.base, conflict=conflict)
    return seen.step(Result.CONFLICT, reason=reasons.CONFLICT, report=fresh, base=base)


def _conflict_over(seen: View, step: Step) -> Step:
    """A stored conflict that no longer is one is dropped, with a history entry."""
    if seen.base.conflict is None or step.result is Result.CONFLICT or step.writes:
        return step
    return replace(
        step,
        base=replace(step.base, conflict=None),
        report=True,
        reason=step.reason or reasons.CONFLICT_OVER,
    )


def _dynamics_kept(seen: View) -> Step:
    """The policy keeps Dynamics and nothing may be written: no half moves, and it is reported once."""
    _, field, cell = seen.sure
    reported = Reported(None, f"{field.value}\n{cell.value}", reasons.DYNAMICS_WON_WAITS.code)
    fresh = seen.base.reported != reported
    base = replace(seen.base, reported=reported)
    return seen.unchanged(reasons.DYNAMICS_WON_WAITS, base=base, report=fresh)


def _suddenly_empty(views: Sequence[View]) -> bool:
    """Whether every mapped field of one side is empty where at least two were filled at the base."""
    seen = [one for one in views if one.problem is None]
    oneflow_lost = sum(1 for one in seen if one.base.halves and one.base.halves.oneflow != "")
    dynamics_lost = sum(1 for one in seen if one.base.halves and one.base.halves.dynamics is not None)
    oneflow_empty = all(one.sure[1].value == "" for one in seen)
    dynamics_empty = all(one.sure[2].value is None for one in seen)
    return (oneflow_empty and oneflow_lost >= 2) or (dynamics_empty and dynamics_lost >= 2)
