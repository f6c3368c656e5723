"""An intent that an interrupted sync left behind becomes bases and history, by what both sides show now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import Enum

from sync_core.engine.deciding.view import settled
from sync_core.engine.model.base import Bases, FieldBase, LateWrite, Unagreed, WhyOpen
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import HistoryLine, LineKind
from sync_core.engine.model.intent import Intent, IntentField
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column, Record
from sync_core.engine.model.words import OneflowKind, Result, Side
from sync_core.engine.settling.answers import LATE_WRITES
from sync_core.engine.values import same_text
from sync_core.engine.values.canonical import is_stored_form


def settle_left_behind(
    intent: Intent,
    bases: Bases,
    mapping: EntityMapping,
    columns: Mapping[str, Column],
    contract: Contract,
    record: Record,
) -> tuple[Bases, Sequence[HistoryLine]]:
    """Bases and history lines of a sync that died after storing `intent` (DESIGN 2.6, 1).

    A side that shows its "from": not done, and the base stays. Its "to" or anything else: taken as done, the base
    is what the intent says; anything else is marked unclear. A side that cannot be seen: unclear, and no base is left.
    """
    rows = {row.key: row for row in mapping.fields}
    moved, lines = dict(bases), []
    for one in intent.fields:
        row = rows.get(one.key)
        base = bases.get(one.key) or (FieldBase(row.identity, row.direction) if row else None)
        found = _found(one, columns.get(one.column), contract, record)
        after = _base_after(base, one, found, contract) if base else None
        if after:
            moved[one.key] = after
        lines.append(_line(one, row, found, base, after))
    return moved, lines


def _base_after(base: FieldBase, one: IntentField, found: _Found, contract: Contract) -> FieldBase:
    after = base
    if found in _DONE:
        halves = (_kept_as(one, contract), one.dynamics) if one.side is Side.ONEFLOW else (one.oneflow, one.after)
        after = settled(base, *halves, one.updated_time)
    elif found is _Found.UNSEEN:
        # Nobody knows what it holds: once it is seen again, what both show is not yet agreed.
        after = replace(base, halves=None, conflict=None, unagreed=Unagreed(WhyOpen.UNSURE))
    if one.side is Side.ONEFLOW and found is not _Found.DONE:
        # It may still be on its way: if its value shows up later, it was ours.
        after = replace(after, late=(*after.late, LateWrite(one.after or "", one.dynamics))[-LATE_WRITES:])
    return after


def _line(
    one: IntentField, row: FieldMapping | None, found: _Found, base: FieldBase | None, after: FieldBase | None
) -> HistoryLine:
    return HistoryLine(
        kind=_KINDS[found],
        result=Result.FAILED if found is _Found.NOT_DONE else Result.WRITTEN,
        side=one.side,
        dynamics_column=one.column,
        oneflow_field=row.oneflow_field if row else one.key,
        from_text=one.from_text,
        to_text=one.to_text,
        before=one.before,
        after=one.after,
        reason_code=one.rule or None,
        key=one.key,
        base_before=base.to_json() if base else None,
        base_after=after.to_json() if after else None,
        oneflow_kind=row.oneflow_kind if row and row.oneflow_kind is OneflowKind.CONTRACT else None,
        absent=_NOT_KEPT - {"oneflow_kind"} if row and row.oneflow_kind is OneflowKind.CONTRACT else _NOT_KEPT,
    )


# What no intent keeps of a field.
_NOT_KEPT = frozenset({"dynamics_label", "oneflow_kind", "oneflow_label"})


class _Found(Enum):
    """What the side that an interrupted sync was about to write shows now."""

    DONE = "its 'to'"
    NOT_DONE = "its 'from'"
    OTHER = "anything else"
    UNSEEN = "nothing: the field or column is not there, or may not be read"


_DONE = frozenset({_Found.DONE, _Found.OTHER})
_KINDS = {
    _Found.DONE: LineKind.WRITTEN,
    _Found.NOT_DONE: LineKind.NOT_DONE,
    _Found.OTHER: LineKind.UNCLEAR,
    _Found.UNSEEN: LineKind.UNCLEAR,
}


def _found(one: IntentField, column: Column | None, contract: Contract, record: Record) -> _Found:
    if one.side is Side.DYNAMICS:
        return _found_in_dynamics(one, record)
    field = contract.fields.get(one.key)
    if field is None or column is None:
        return _Found.UNSEEN
    if same_text(field.value, one.after or "", column):
        return _Found.DONE
    if same_text(field.value, one.before or "", column):
        return _Found.NOT_DONE
    return _Found.DONE if is_stored_form(field.value, one.after or "") else _Found.OTHER


def _found_in_dynamics(one: IntentField, record: Record) -> _Found:
    cell = record.cells.get(one.column)
    if cell is None or cell.unreadable:
        return _Found.UNSEEN
    if cell.value == one.after:
        return _Found.DONE
    return _Found.NOT_DONE if cell.value == one.before else _Found.OTHER


def _kept_as(one: IntentField, contract: Contract) -> str:
    """The text as Oneflow stored it."""
    sent, field = one.after or "", contract.fields.get(one.key)
    return field.value if field is not None and is_stored_form(field.value, sent) else sent
