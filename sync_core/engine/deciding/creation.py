"""The planner of a creation: what each mapped field will hold in the new contract, and what then becomes the base."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sync_core.engine.deciding.party_fields import FIELDS, fitting_text
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.view import settled
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.link import Creation
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column, Record
from sync_core.engine.model.words import Action, OneflowKind, Reason, Result, Side
from sync_core.engine.rows.eligibility import refusals
from sync_core.engine.values import same_text, text_of
from sync_core.errors import Unmappable


def plan_create(
    mapping: EntityMapping, columns: Mapping[str, Column], record: Record, template_fields: Mapping[str, str]
) -> Plan:
    """What goes into the new contract. `template_fields`: folded custom_id -> label, of the template's type.

    Only fields that the template has are sent: one unknown field would fail the whole creation. Party and participant
    fields are not the template's.
    https://developer.oneflow.com/docs/create-a-contract-with-data-fields
    """
    return Plan(Action.CREATE, None, tuple(_step(row, columns, record, template_fields) for row in mapping.fields))


def _step(row: FieldMapping, columns: Mapping[str, Column], record: Record, labels: Mapping[str, str]) -> Step:
    column, cell = columns.get(row.dynamics_column), record.cells.get(row.dynamics_column)
    base = FieldBase(row.identity, row.direction)
    kind = row.oneflow_kind
    if kind is not OneflowKind.DATA_FIELD:
        labels = {name: label for name, (label, _) in FIELDS[kind].items()}
    step = Step(row, Result.SKIPPED, base, base, column, labels.get(row.key, ""), None, cell, report=True)
    if column is None or cell is None:
        return replace(step, reason=reasons.COLUMN_GONE)
    if (refusal := refusals(column, row.oneflow_kind).get(row.direction)) is not None:
        return replace(step, reason=Reason(reasons.DIRECTION_NOT_ALLOWED.code, refusal.text))
    if row.key not in labels:
        return replace(step, reason=reasons.NOT_IN_TEMPLATE)
    if cell.unreadable is not None:
        return replace(step, reason=cell.unreadable)
    try:
        text = text_of(cell, column)
        if text and kind is not OneflowKind.DATA_FIELD:
            text = fitting_text(kind, row.key, text)
    except Unmappable as unmappable:
        return replace(step, reason=Reason(unmappable.code, str(unmappable)))
    if text == "":
        return replace(step, result=Result.UNCHANGED, report=False)  # the template's default stays
    return replace(
        step, result=Result.WRITTEN, report=False, side=Side.ONEFLOW, before="", after=text, from_text="", to_text=text
    )


def settle_created(plan: Plan, contract: Contract) -> Plan:
    """The plan with what the new contract really shows: every row is settled, as both sides are."""
    return replace(plan, contract_id=contract.id, steps=tuple(_created(step, contract) for step in plan.steps))


def _created(step: Step, contract: Contract) -> Step:
    if step.row.oneflow_kind is not OneflowKind.DATA_FIELD:
        return step  # nothing looks at it again
    field = contract.fields.get(step.row.key)
    if field is None or step.column is None or step.cell is None or step.cell.unreadable:
        return step
    base = settled(step.base, field.value, step.cell.value, field.updated_time)
    column = step.column
    step = replace(step, base=base, oneflow=field.value, oneflow_label=field.label, updated_time=field.updated_time)
    if step.writes and not same_text(field.value, step.after or "", column):
        return replace(step, result=Result.FAILED, reason=reasons.NOT_CHANGED, report=True, to_text=field.value)
    return step


def unclear_still(creations: Sequence[Creation], linked: Collection[int]) -> list[Creation]:
    """Creations that nobody knows the end of. A person answers by linking a candidate (`linked`: the record's
    contracts) or by creating the same again."""
    return [
        one
        for one in creations
        if one.candidates
        and one.contract_id is None
        and not set(one.candidates) & set(linked)
        and not any(
            other.request == one.request and other.contract_id and other.started_at > one.started_at
            for other in creations
        )
    ]
