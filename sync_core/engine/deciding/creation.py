"""The planner of a creation: what each mapped field will hold in the new contract, and what then becomes the base."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync_core.engine.deciding.party_fields import FIELDS, fitting_text
from sync_core.engine.deciding.people_invited import emails_of
from sync_core.engine.deciding.plan import Plan, Step, Write
from sync_core.engine.deciding.view import settled
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.link import Creation
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import Action, OneflowKind, Reason, Result, Side
from sync_core.engine.rows.eligibility import refusals
from sync_core.engine.values import ONEFLOW_TEXT_LIMIT, normal_text, same_text, text_of
from sync_core.errors import Ground, Unmappable

Proof = Mapping[str, Any]


def plan_create(
    mapping: EntityMapping,
    columns: Mapping[str, Column],
    record: Record,
    template_fields: Mapping[str, str],
    country: str | None = None,
) -> Plan:
    """What goes into the new contract. `template_fields`: folded custom_id -> label, of the template's type.
    `country`: of the first party, where a person gave it.

    Only fields that the template has are sent: one unknown field would fail the whole creation. Party and participant
    fields are not the template's.
    https://developer.oneflow.com/docs/create-a-contract-with-data-fields
    """
    for row in mapping.fields:
        if country is None and (row.oneflow_kind, row.key) == (OneflowKind.PARTY, "country_code"):
            given = _step(row, columns, record, template_fields, None).due
            country = given.after if given else None
    rows = [row for row in mapping.fields if row.oneflow_kind is not OneflowKind.CONTRACT]  # it shows nothing yet
    steps = tuple(_step(row, columns, record, template_fields, country) for row in rows)
    return Plan(Action.CREATE, None, steps, owner=record.owner)


def _step(
    row: FieldMapping, columns: Mapping[str, Column], record: Record, labels: Mapping[str, str], country: str | None
) -> Step:
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
        text = _text(row, cell, column, country)
    except Unmappable as unmappable:
        return replace(step, reason=Reason(unmappable.code, str(unmappable)))
    if text == "":
        return replace(step, result=Result.UNCHANGED, report=False)  # the template's default stays
    return replace(step, result=Result.WRITTEN, report=False, write=Write(Side.ONEFLOW, "", text, "", text))


def _text(row: FieldMapping, cell: Cell, column: Column, country: str | None) -> str:
    """What the field will hold. Unmappable where it cannot."""
    text = text_of(cell, column)
    if text == "" or row.oneflow_kind is OneflowKind.DATA_FIELD:
        return text
    return fitting_text(row.oneflow_kind, row.key, text, country)


def left_empty(plan: Plan, refused: Mapping[str, str]) -> Plan:
    """The plan without the fields that Oneflow refused (custom_id -> what is wrong): they are reported."""
    return replace(
        plan,
        steps=tuple(
            replace(step, result=Result.FAILED, reason=_refused(refused[step.row.oneflow_field]), report=True)
            if _is_sent(step) and step.row.oneflow_field in refused
            else step
            for step in plan.steps
        ),
    )


def _refused(what: str) -> Reason:
    return Reason(reasons.REFUSALS[Side.ONEFLOW, Ground.VALUE].code, what)


def too_long_in_utf16(plan: Plan) -> dict[str, str]:
    """The texts that fit in characters, and not where Oneflow should count UTF-16, with what to do."""
    text = f"Longer than {ONEFLOW_TEXT_LIMIT} characters as Oneflow counts them; shorten it in Dynamics."
    return {
        name: text
        for name, sent in texts_sent(plan).items()
        if len(sent.encode("utf-16-le", "surrogatepass")) > 2 * ONEFLOW_TEXT_LIMIT
    }


def texts_sent(plan: Plan) -> dict[str, str]:
    """The data fields that go into the new contract: custom_id -> text."""
    return {step.row.oneflow_field: step.sure_write.after or "" for step in plan.steps if _is_sent(step)}


def _is_sent(step: Step) -> bool:
    return step.writes and step.row.oneflow_kind is OneflowKind.DATA_FIELD


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
    if step.due and not same_text(field.value, step.due.after or "", column):
        shown = replace(step.due, to_text=field.value)
        return replace(step, result=Result.FAILED, reason=reasons.NOT_CHANGED, report=True, write=shown)
    return step


def proof_of(texts: Mapping[str, str], parties: Sequence[Mapping[str, Any]], defaults: Mapping[str, str]) -> Proof:
    """What a request carries that its contract will show, in digests: the texts of data fields and whom it invites.
    Empty without a text that is the record's own: what the template shows by itself (`defaults`: folded custom_id ->
    text) stands in any contract of it, and a colleague may invite the same person just then."""
    emails = {_digest(email.casefold()) for email in emails_of(parties)}
    own = [name for name, text in texts.items() if text and text != defaults.get(name.casefold(), "")]
    if not own:
        return {}
    return {
        "fields": {name.casefold(): _digest(text) for name, text in sorted(texts.items())},
        "invited": sorted(emails),
    }


def is_proved(contract: Contract, creation: Creation) -> bool:
    """Whether the contract shows all that the creation's request carried, and is not older than it. A name proves
    nothing."""
    since = creation.asked_at or creation.started_at
    if not creation.proof or contract.created_at is None or contract.created_at < since.replace(microsecond=0):
        return False
    shown = {key: _digest(field.value) for key, field in contract.fields.items()}
    fields, invited = creation.proof["fields"], {_digest(email) for email in contract.invited}
    return all(shown.get(key) == digest for key, digest in fields.items()) and invited >= set(creation.proof["invited"])


def _digest(text: str) -> str:
    """Of what is stored of a text: white space at its ends may not be."""
    return hashlib.sha256(normal_text(text).strip().encode("utf-8", "surrogatepass")).hexdigest()[:32]


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
