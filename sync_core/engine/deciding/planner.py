"""The planners of push, fetch and automatic sync: each field's verdict becomes a step of the plan. Pure.

Creation has its own (creation.py): there is no contract to compare with yet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from sync_core.engine.deciding.overwriting import forbid, oneflow_forbidden
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.rule import Decision
from sync_core.engine.deciding.verdict import Differences, Verdict, verdicts
from sync_core.engine.deciding.view import Scene, View
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Conflict, Reported, kept
from sync_core.engine.model.words import Action, Direction, Result, Side


def plan_push(scene: Scene) -> Plan:
    """Dynamics to Oneflow, by a person: what differs in Oneflow is overwritten, whoever changed it."""
    found = [verdict for verdict in verdicts(scene) if verdict.seen.row.direction is not Direction.ONEFLOW_TO_DYNAMICS]
    steps = [_by_person(verdict, _push_step) for verdict in found]
    forbidden = oneflow_forbidden(scene)
    return _plan(scene, Action.PUSH, [forbid(step, Side.ONEFLOW, forbidden) for step in steps])


def plan_fetch(scene: Scene) -> Plan:
    """Oneflow to Dynamics, by a person: what differs in Dynamics is overwritten."""
    found = [verdict for verdict in verdicts(scene) if verdict.seen.row.direction.writes_dynamics]
    steps = [_by_person(verdict, _fetch_step) for verdict in found]
    return _plan(scene, Action.FETCH, [forbid(step, Side.DYNAMICS, scene.record.read_only) for step in steps])


def plan_automatic(scene: Scene) -> Plan:
    """What a webhook, a Dynamics event or reconcile does by itself (DESIGN 2.3): what each field's verdict says."""
    return _plan(scene, Action.AUTOMATIC, [_automatic_step(scene, verdict) for verdict in verdicts(scene)])


def _plan(scene: Scene, action: Action, steps: Sequence[Step]) -> Plan:
    return Plan(action, scene.contract.id, tuple(steps))


# --- a person's actions ---------------------------------------------------------------------------------------------


def _by_person(verdict: Verdict, overwrite: Callable[[View, Differences], Step]) -> Step:
    seen, differences = verdict.seen, verdict.differences
    if seen.problem:
        return seen.skip(seen.problem)
    if seen.lagging:
        return seen.skip(reasons.LAGGING, lagging=True)
    if differences is None or seen.is_other_form:
        return seen.unchanged(base=seen.settled())
    return overwrite(seen, differences)


def _push_step(seen: View, differences: Differences) -> Step:
    due = differences.in_oneflow.due
    if due and due.after == "" and (seen.base.halves is None or seen.base.halves.dynamics is None):
        return seen.skip(reasons.EMPTY_OVER_FILLED, Side.ONEFLOW, "")
    return differences.in_oneflow


def _fetch_step(seen: View, differences: Differences) -> Step:
    _, field, _ = seen.sure
    if field.value == "" and (seen.base.halves is None or seen.base.halves.oneflow == ""):
        return seen.skip(reasons.EMPTY_OVER_FILLED, Side.DYNAMICS, "")
    return differences.in_dynamics


# --- automatic ------------------------------------------------------------------------------------------------------


def _automatic_step(scene: Scene, verdict: Verdict) -> Step:
    seen = verdict.seen
    if seen.problem:
        # A row that no automatic action touches is no news either.
        untouched = seen.row.direction is Direction.DYNAMICS_TO_ONEFLOW and not scene.mapping.auto_push
        return seen.unchanged(seen.problem) if untouched else seen.skip(seen.problem)
    if seen.lagging:
        return seen.unchanged(reasons.LAGGING, lagging=True)
    return _conflict_over(seen, _carry_out(scene, verdict))


def _carry_out(scene: Scene, verdict: Verdict) -> Step:
    seen, ruling = verdict.seen, verdict.ruling
    match ruling.decision:
        case Decision.SETTLE:
            return seen.unchanged(base=seen.settled())
        case Decision.TAKE_HALVES:
            reason = reasons.not_agreed(seen.base.unagreed)
            return seen.unchanged(reason, base=seen.settled(agreed=False), report=True)
        case Decision.ASK:
            return _asked(seen)
        case Decision.NOTHING:
            return seen.unchanged(verdict.reason)
    if verdict.intended is not None:
        return _once(scene, seen, verdict.intended)
    return _dynamics_kept(seen) if ruling.by_policy else seen.unchanged(verdict.reason)


def _once(scene: Scene, seen: View, step: Step) -> Step:
    """What was refused is not tried again until the value changes or a person acts; what the situation refused, at an
    event, or when its time has come."""
    refusal, due = seen.base.refusal, step.due
    if due and refusal and refusal.keeps_back(due.side, due.after, scene.refused_waits):
        return seen.unchanged(refusal.reason)
    return step


def _asked(seen: View) -> Step:
    """A stored conflict mirrors the present: what both sides show now."""
    _, field, cell = seen.sure
    conflict = Conflict(field.value, kept(cell.value))
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
    reported = Reported(None, kept(f"{field.value}\n{cell.value}"), reasons.DYNAMICS_WON_WAITS.code)
    fresh = seen.base.reported != reported
    base = replace(seen.base, reported=reported)
    return seen.unchanged(reasons.DYNAMICS_WON_WAITS, base=base, report=fresh)
