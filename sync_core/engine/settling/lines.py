"""What a sync's steps leave in the history: writes, news of refusals, and moves of a base without a write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model import reasons
from sync_core.engine.model.history import HistoryLine, LineKind
from sync_core.engine.model.words import Reason, Result, Side


def history_fields(steps: Sequence[Step]) -> list[HistoryLine]:
    """The history's lines of these steps, in their order."""
    lines = []
    for step in steps:
        if step.late is not None:
            lines.append(_late_line(step, step.late))
        if (kind := _kind(step)) is not None:
            lines.append(_line(step, kind))
    return lines


def _kind(step: Step) -> LineKind | None:
    """What there is to tell of a step; None where nothing is."""
    if step.writes:
        return LineKind.WRITTEN
    moved = step.base.halves != step.known_base.halves
    if step.write and step.result is Result.FAILED:
        # Refused again, as before, is no news.
        return _kind_of_failure(step.reason) if step.report or moved else None
    if step.result is Result.CONFLICT and step.report:
        return LineKind.CONFLICT
    return LineKind.SETTLED if moved else _kind_of_news(step)


def _kind_of_news(step: Step) -> LineKind | None:
    """Of a step that writes nothing and moves no half."""
    if step.known_base.conflict and not step.base.conflict:
        return LineKind.CONFLICT_OVER
    return LineKind.REFUSED if step.report else None


def _kind_of_failure(reason: Reason | None) -> LineKind:
    if reason in (reasons.UNCLEAR, reasons.UNSEEN):
        return LineKind.UNCLEAR
    return LineKind.NOT_DONE if reason and reason.code in reasons.NOT_DONE else LineKind.REFUSED


def _line(step: Step, kind: LineKind) -> HistoryLine:
    row, write, reason = step.row, step.write, step.reason
    return HistoryLine(
        kind=kind,
        result=step.result,
        side=step.side,
        dynamics_column=row.dynamics_column,
        dynamics_label=step.column.label if step.column else row.dynamics_column,
        oneflow_kind=row.oneflow_kind,
        oneflow_field=row.oneflow_field,
        oneflow_label=step.oneflow_label or row.oneflow_field,
        from_text=write.from_text if write else None,
        to_text=write.to_text if write else None,
        before=write.before if write else None,
        after=write.after if write else None,
        reason=reason.text if reason else None,
        reason_code=reason.code if reason else None,
        key=row.key,
        base_before=step.known_base.to_json(),
        base_after=step.base.to_json(),
        absent=frozenset() if write else frozenset({"before", "after"}),
    )


def _late_line(step: Step, text: str) -> HistoryLine:
    """A write of ours that came through late: it replaced what Oneflow was last known to show."""
    halves = step.known_base.halves
    before = halves.oneflow if halves else None
    return replace(
        _line(step, LineKind.LATE),
        result=Result.WRITTEN,
        side=Side.ONEFLOW,
        from_text=before,
        to_text=text,
        before=before,
        after=text,
        reason=reasons.CAME_LATE.text,
        reason_code=reasons.CAME_LATE.code,
        base_after=step.known_base.to_json(),
        absent=frozenset(),
    )
