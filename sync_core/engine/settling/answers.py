"""What settles: answers to writes become bases and history.

The half of the side that was written is what that side answered; the other half is what the plan read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.view import currency_of, settled, shown_text
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Bases, FieldBase, LateWrite, Refusal, Unagreed, WhyOpen, base_of, kept
from sync_core.engine.model.intent import IntentField
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import Direction, Reason, Result, Side
from sync_core.engine.values import same_text, text_of, value_of
from sync_core.engine.values.canonical import ONEFLOW_TEXT_LIMIT, folded
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


def settle_write(step: Step, answer: Answer, *, again: bool = True) -> Step:
    """The step with what became of its write, and the base that follows. `again`: a refusal that stood before is told
    once more, as it is to a person who tries again."""
    assert step.column and step.side
    if isinstance(answer, Unanswered):
        return _not_done(step, answer, again)
    if _same(step, answer.value, step.before) and not _same(step, answer.value, step.after) and not _is_its_form(step):
        return _not_done(step, Unanswered(reasons.NOT_CHANGED), again)
    if step.side is Side.ONEFLOW:
        return _settled_in_oneflow(step, answer)
    currency = _currency(step)
    base = settled(step.base, step.oneflow or "", answer.value, step.updated_time, currency=currency)
    cell = replace(step.cell or Cell(), value=answer.value, label=answer.label)
    return replace(step, base=base, to_text=_cut(shown_text(cell, step.column)))


def _cut(text: str) -> str:
    """What is longer than a contract can hold was put there by Dynamics itself; the history shows how it begins."""
    return text if len(text) <= ONEFLOW_TEXT_LIMIT else text[: ONEFLOW_TEXT_LIMIT - 1] + "…"


def _is_its_form(step: Step) -> bool:
    """Whether what stands in Oneflow is what was sent, as Oneflow stores it: without blanks at the ends, or in other
    capitals. Each later write would be answered so again."""
    return step.side is Side.ONEFLOW and folded(step.before or "") == folded(step.after or "")


def _settled_in_oneflow(step: Step, answer: Answered) -> Step:
    """Oneflow has no conditional write: what it answers may be what somebody typed just then."""
    shown, sent = answer.value or "", step.after or ""
    strange = not _same(step, shown, sent) and folded(shown) != folded(sent)
    unsure = strange and step.row.direction is Direction.TWO_WAY
    before = replace(step.base, unagreed=Unagreed(WhyOpen.ANSWERED_OTHERWISE)) if unsure else step.base
    base = settled(before, shown, step.dynamics, answer.updated_time, agreed=not unsure, currency=_currency(step))
    base = replace(base, late=())
    if answer.updated_time is None:
        base = replace(base, replaced=step.before, replaced_looks=0)
    step = replace(step, base=base, to_text=shown)
    return replace(step, reason=reasons.ANSWERED_OTHERWISE, report=True) if unsure else step


def _currency(step: Step) -> str | None:
    return currency_of(step.cell, step.column) if step.cell and step.column else None


def _same(step: Step, one: str | None, other: str | None) -> bool:
    assert step.column
    if step.side is Side.DYNAMICS:
        return one == other
    return same_text(one or "", other or "", step.column)


def _not_done(step: Step, answer: Unanswered, again: bool) -> Step:
    base, report = step.base, True
    if answer.unclear and step.side is Side.ONEFLOW:
        base = replace(base, late=(*base.late, LateWrite(step.after or "", step.dynamics))[-LATE_WRITES:])
    elif answer.unseen:
        # Once it can be seen again, what both sides show is not yet agreed.
        base = replace(base, halves=None, conflict=None, unagreed=Unagreed(WhyOpen.UNSURE))
    elif answer.refused:
        assert step.side
        refusal = Refusal(step.side, step.after, answer.reason.code, answer.reason.text, answer.of_value)
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
    assert step.column and step.cell
    halves = base.halves
    moved = halves is None or not halves.agreed
    try:
        if refusal.side is Side.ONEFLOW:
            moved |= halves is not None and halves.dynamics not in (step.cell.value, kept(step.cell.value))
            due = text_of(step.cell, step.column)
        else:
            moved |= halves is not None and not same_text(step.oneflow or "", halves.oneflow, step.column)
            due = value_of(step.oneflow or "", step.column) or ""
    except Unmappable:
        return replace(base, refusal=None)
    return base if moved and due == (refusal.value or "") else replace(base, refusal=None)


def _seen_whole(step: Step) -> bool:
    readable = step.cell is not None and step.cell.unreadable is None
    return readable and step.column is not None and step.oneflow is not None


def intent_fields(plan: Plan) -> tuple[IntentField, ...]:
    """What the intent keeps of a plan: enough to settle it without the plan."""
    return tuple(
        IntentField(
            key=step.row.key,
            column=step.row.dynamics_column,
            side=step.side,
            before=step.before,
            after=step.after,
            from_text=step.from_text or "",
            to_text=step.to_text or "",
            oneflow=step.oneflow or "",
            dynamics=step.dynamics,
            updated_time=step.updated_time,
            rule=step.reason.code if step.reason else "",
        )
        for step in plan.steps
        if step.writes and step.side
    )


def moved_bases(bases: Bases, mapping: EntityMapping, steps: Sequence[Step]) -> Bases:
    """All bases after these steps; bases of rows that are no longer mapped, or are mapped otherwise, end here."""
    current = {row.key: base_of(row, bases) for row in mapping.fields if row.key in bases}
    kept = {key: base for key, base in current.items() if _worth_keeping(base)}
    now = {step.row.key: _without_what_is_over(step) for step in steps}
    return kept | {key: base for key, base in now.items() if _worth_keeping(base)}


def _worth_keeping(base: FieldBase) -> bool:
    return any((base.halves, base.reported, base.refusal, base.late, base.conflict))


def history_fields(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The history's lines of these steps: writes, news of refusals, and moves of a base without a write."""
    lines = []
    for step in steps:
        if step.late is not None:
            lines.append(_late_line(step, step.late))
        moved = step.base.halves != step.known_base.halves
        if step.writes:
            kind = "written"
        elif step.side and step.result is Result.FAILED:
            if not step.report and not moved:
                continue  # refused again, as before
            kind = _kind_of_failure(step.reason)
        elif step.result is Result.CONFLICT and step.report:
            kind = "conflict"
        elif step.known_base.conflict and not step.base.conflict and not moved:
            kind = "conflict_over"
        elif step.report:
            kind = "settled" if moved else "refused"
        elif moved:
            kind = "settled"
        else:
            continue
        exact = {"before": step.before, "after": step.after} if step.side else {}
        lines.append(
            {
                **step.to_json(),
                **exact,
                "key": step.row.key,
                "kind": kind,
                "base_before": step.known_base.to_json(),
                "base_after": step.base.to_json(),
            }
        )
    return lines


def _late_line(step: Step, text: str) -> dict[str, Any]:
    """A write of ours that came through late: it replaced what Oneflow was last known to show."""
    halves = step.known_base.halves
    before = halves.oneflow if halves else None
    return {
        **step.to_json(),
        "result": "written",
        "side": "oneflow",
        "from": before,
        "to": text,
        "reason": reasons.CAME_LATE.text,
        "reason_code": reasons.CAME_LATE.code,
        "before": before,
        "after": text,
        "key": step.row.key,
        "kind": "late",
        "base_before": step.known_base.to_json(),
        "base_after": step.known_base.to_json(),
    }


def _kind_of_failure(reason: Reason | None) -> str:
    if reason in (reasons.UNCLEAR, reasons.UNSEEN):
        return "unclear"
    return "not_done" if reason and reason.code in reasons.NOT_DONE else "refused"
