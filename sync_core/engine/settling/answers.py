"""What settles: answers to writes become bases and history.

The half of the side that was written is what that side answered; the other half is what the plan read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.plan import Plan, Step, Write
from sync_core.engine.deciding.view import currency_of, settled, shown_text
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Bases, FieldBase, LateWrite, Refusal, Unagreed, WhyOpen, base_of, kept
from sync_core.engine.model.intent import IntentField
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import Direction, Reason, Result, Side
from sync_core.engine.values import same_text, text_of, value_of
from sync_core.engine.values.canonical import ONEFLOW_TEXT_LIMIT, is_stored_form, shortened
from sync_core.errors import Unmappable

# A field remembers this many unanswered writes; more means that an outage lasts, and the newest matter.
LATE_WRITES = 5


@dataclass(frozen=True, slots=True)
class Answered:
    """What the written side shows now: a contract text, or a canonical value."""

    value: str | None
    updated_time: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class Unanswered:
    """The write was refused or not sent (`unclear` False), or nobody knows whether it was done (True)."""

    reason: Reason
    unclear: bool = False
    refused: bool = True  # by the vendor: a standing refusal
    of_value: bool = True  # and not tried again by itself while the value stays
    unseen: bool = False  # done, but nobody may see what the column holds since


Answer = Answered | Unanswered


def keyed(answered: Cell, step: Step) -> Cell:
    """What a written reference shows: Dynamics answers with the record's name, never with its key."""
    if step.column is None or step.column.row.key_column is None or answered.value is None:
        return answered
    write = step.sure_write
    return replace(answered, label=write.to_text if answered.value == write.after else None)


def settle_write(step: Step, answer: Answer, *, again: bool = True) -> Step:
    """The step with what became of its write, and the base that follows. `again`: a refusal that stood before is told
    once more, as it is to a person who tries again."""
    write = step.sure_write
    if isinstance(answer, Unanswered):
        return _not_done(step, answer, again)
    stays = _same(step, answer.value, write.before) and not _same(step, answer.value, write.after)
    if stays and not _is_its_form(write):
        return _not_done(step, Unanswered(reasons.NOT_CHANGED), again)
    if write.side is Side.ONEFLOW:
        return _settled_in_oneflow(step, write, answer)
    currency = _currency(step)
    base = settled(step.base, step.oneflow or "", answer.value, step.updated_time, currency=currency)
    cell = replace(step.cell or Cell(), value=answer.value, label=answer.label)
    assert step.column
    # What is longer than a contract can hold was put there by Dynamics itself; the history shows how it begins.
    text = shortened(shown_text(cell, step.column), ONEFLOW_TEXT_LIMIT)
    return replace(step, base=base, write=replace(write, to_text=text))


def _is_its_form(write: Write) -> bool:
    """Whether what stands in Oneflow is what was sent, as Oneflow stores it: each later write would be answered so."""
    return write.side is Side.ONEFLOW and is_stored_form(write.before or "", write.after or "")


def _settled_in_oneflow(step: Step, write: Write, answer: Answered) -> Step:
    """Oneflow has no conditional write: what it answers may be what somebody typed just then."""
    shown, sent = answer.value or "", write.after or ""
    strange = not _same(step, shown, sent) and not is_stored_form(shown, sent)
    unsure = strange and step.row.direction is Direction.TWO_WAY
    before = replace(step.base, unagreed=Unagreed(WhyOpen.ANSWERED_OTHERWISE)) if unsure else step.base
    base = settled(before, shown, step.dynamics, answer.updated_time, agreed=not unsure, currency=_currency(step))
    base = replace(base, late=())
    if answer.updated_time is None:
        base = replace(base, replaced=write.before, replaced_looks=0)
    step = replace(step, base=base, write=replace(write, to_text=shown))
    return replace(step, reason=reasons.ANSWERED_OTHERWISE, report=True) if unsure else step


def _currency(step: Step) -> str | None:
    return currency_of(step.cell, step.column) if step.cell and step.column else None


def _same(step: Step, one: str | None, other: str | None) -> bool:
    assert step.column
    if step.side is Side.DYNAMICS:
        return one == other
    return same_text(one or "", other or "", step.column)


def _not_done(step: Step, answer: Unanswered, again: bool) -> Step:
    base, report, write = step.base, True, step.sure_write
    if answer.unclear and write.side is Side.ONEFLOW:
        base = replace(base, late=(*base.late, LateWrite(write.after or "", step.dynamics))[-LATE_WRITES:])
    elif answer.unseen:
        # Once it can be seen again, what both sides show is not yet agreed.
        base = replace(base, halves=None, conflict=None, unagreed=Unagreed(WhyOpen.UNSURE))
    elif answer.refused:
        refusal = Refusal(write.side, write.after, answer.reason.code, answer.reason.text, answer.of_value)
        known = step.known_base.refusal
        report = again or known is None or replace(known, text=refusal.text) != refusal
        base = replace(base, refusal=refusal)
    return replace(step, result=Result.FAILED, reason=answer.reason, report=report, base=base)


def _without_what_is_over(step: Step) -> FieldBase:
    """The step's base without a refusal of a write that is no longer due: the value that it was about is not there any
    more, or the two sides are at peace."""
    base, refusal = step.base, step.base.refusal
    if refusal is None or step.side is not None or step.lagging or not _seen_whole(step):
        return base
    try:
        moved, due = _due_again(step, refusal.side)
    except Unmappable:
        return replace(base, refusal=None)
    return base if moved and due == (refusal.value or "") else replace(base, refusal=None)


def _due_again(step: Step, side: Side) -> tuple[bool, str]:
    """Whether the other side has moved since the base, and what of it would be written to this one. Unmappable."""
    assert step.column and step.cell
    halves, shown = step.base.halves, step.oneflow or ""
    open_still = halves is None or not halves.agreed
    if side is Side.ONEFLOW:
        moved = halves is not None and halves.dynamics not in (step.cell.value, kept(step.cell.value))
        return open_still or moved, text_of(step.cell, step.column)
    moved = halves is not None and not same_text(shown, halves.oneflow, step.column)
    return open_still or moved, value_of(shown, step.column) or ""


def _seen_whole(step: Step) -> bool:
    readable = step.cell is not None and step.cell.unreadable is None
    return readable and step.column is not None and step.oneflow is not None


def intent_fields(plan: Plan) -> tuple[IntentField, ...]:
    """What the intent keeps of a plan: enough to settle it without the plan."""
    return tuple(
        IntentField(
            key=step.row.key,
            column=step.row.dynamics_column,
            side=write.side,
            before=write.before,
            after=write.after,
            from_text=write.from_text,
            to_text=write.to_text,
            oneflow=step.oneflow or "",
            dynamics=step.dynamics,
            updated_time=step.updated_time,
            rule=step.reason.code if step.reason else "",
        )
        for step in plan.steps
        if (write := step.due)
    )


def moved_bases(bases: Bases, mapping: EntityMapping, steps: Sequence[Step]) -> Bases:
    """All bases after these steps; bases of rows that are no longer mapped, or are mapped otherwise, end here."""
    current = {row.key: base_of(row, bases) for row in mapping.fields if row.key in bases}
    kept = {key: base for key, base in current.items() if _worth_keeping(base)}
    now = {step.row.key: _without_what_is_over(step) for step in steps}
    return kept | {key: base for key, base in now.items() if _worth_keeping(base)}


def _worth_keeping(base: FieldBase) -> bool:
    return any((base.halves, base.reported, base.refusal, base.late, base.conflict))
