"""Overwriting one side of a field with what the other shows, and what forbids it: the same for every action."""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.view import Scene, View
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Reported
from sync_core.engine.model.words import ColumnType, ContractState, Reason, Result, Side
from sync_core.engine.values import text_of, value_of
from sync_core.errors import Unmappable


def overwrite_oneflow(seen: View) -> Step:
    """Write what the record shows into the contract, or say why not."""
    column, _, cell = seen.sure
    try:
        text = text_of(cell, column)
    except Unmappable as refusal:
        return seen.skip(Reason(refusal.code, str(refusal)), Side.ONEFLOW, cell.value)
    return seen.write_oneflow(text)


def overwrite_dynamics(seen: View) -> Step:
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
    return seen.write_dynamics(value, field.value)


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
    if reason is None or step.due is None or step.due.side is not side:
        return step
    reported = Reported(side, step.due.after, reason.code)
    fresh = step.base.reported != reported
    base = replace(step.base, reported=reported)
    return replace(step, result=Result.SKIPPED, reason=reason, blocked=True, report=fresh, base=base)
