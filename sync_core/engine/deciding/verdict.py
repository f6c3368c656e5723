"""The verdict on a field: what both sides show now, which of them moved, and what that means (DESIGN 2.1).

It is worked out here and nowhere else. Every plan (of a sync by itself, of a push, a fetch and a keep, and so their
previews), the counts of a card, the list of what a person may decide and the history's wording read it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sync_core.engine.deciding.overwriting import forbid, oneflow_forbidden, overwrite_dynamics, overwrite_oneflow
from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.rule import Decision, Look, Ruling, decide
from sync_core.engine.deciding.view import Scene, View, view
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Refusal
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.words import Direction, OneflowKind, Reason, Side


class Kind(StrEnum):
    """What a field waits for."""

    IN_STEP = "in_step"  # nothing
    DUE = "due"  # an automatic action writes it
    WAITING_FOR_PUSH = "waiting_for_push"
    NOT_AGREED = "not_agreed"
    CONFLICT = "conflict"
    REFUSED = "refused"  # what should be written is refused, by a vendor or by a rule of ours
    LEFT = "left"  # nothing can be decided: the field or the column is not there, or may not be read


class Keep(StrEnum):
    """What a person may answer where the two sides differ."""

    DYNAMICS = "dynamics"  # write what Dynamics shows into the contract
    ONEFLOW = "oneflow"  # write what the contract shows into Dynamics
    LEAVE = "leave"  # leave both as they are, settled


@dataclass(frozen=True, slots=True)
class Differences:
    """Of two sides that do not mean the same: each one's overwriting, or the skip that says why it cannot be."""

    in_oneflow: Step  # what Dynamics shows, written into the contract
    in_dynamics: Step

    def on(self, side: Side) -> Step:
        return self.in_oneflow if side is Side.ONEFLOW else self.in_dynamics


@dataclass(frozen=True, slots=True)
class Verdict:
    """One field. `intended`: the write that the automatic rule leads to, or the skip that stands in its place; None
    where it leads to none. `reason` says why the field is what it is, where there is more to say than its kind.
    `differences`: how each side would be overwritten with what the other shows; None where they mean the same, or
    where nothing can be decided.
    """

    seen: View
    kind: Kind
    ruling: Ruling
    intended: Step | None = None
    reason: Reason | None = None
    answers: tuple[Keep, ...] = ()
    differences: Differences | None = None

    @property
    def oneflow_changed(self) -> bool | None:
        """Since the field was last settled; None where it never was, or cannot be seen."""
        return self.seen.oneflow_changed if self._is_comparable else None

    @property
    def dynamics_changed(self) -> bool | None:
        """The same of Dynamics."""
        return self.seen.dynamics_changed if self._is_comparable else None

    @property
    def _is_comparable(self) -> bool:
        return self.seen.problem is None and self.seen.base.halves is not None


_NOTHING = Ruling(Decision.NOTHING)


def verdicts(scene: Scene) -> Sequence[Verdict]:
    """One for each row that lives on after creation, in the mapping's order."""
    views = [view(scene, row) for row in living_rows(scene)]
    emptied = _suddenly_empty(views)
    return [_verdict(scene, seen, emptied) for seen in views]


def living_rows(scene: Scene) -> Sequence[FieldMapping]:
    """The rows that any action after creation touches. Party and participant fields are filled at creation only."""
    return [
        row for row in scene.mapping.fields if row.direction is not Direction.SYNC_ONCE and row.oneflow_kind.lives_on
    ]


def by_key(scene: Scene) -> Mapping[str, Verdict]:
    """The same, by the rows' keys."""
    return {one.seen.row.key: one for one in verdicts(scene)}


def _verdict(scene: Scene, seen: View, emptied: bool) -> Verdict:
    if seen.problem:
        return Verdict(seen, Kind.LEFT, _NOTHING, reason=seen.problem)
    if seen.lagging:
        # The read is not believed: the field stands as it was last believed, and nothing is decided about it.
        as_believed = _judge(scene, seen.as_believed(), emptied=False)
        return replace(as_believed, seen=seen, ruling=_NOTHING, intended=None)
    return _judge(scene, seen, emptied)


def _judge(scene: Scene, seen: View, emptied: bool) -> Verdict:
    row, mapping = seen.row, scene.mapping
    fillable = scene.origin is None and seen.sure[2].value is None
    look = Look(seen.base.halves is not None, seen.oneflow_changed, seen.dynamics_changed, seen.same, fillable)
    ruling = decide(look, row.direction, mapping.policy_of(row), mapping.auto_push)
    if seen.same:
        return Verdict(seen, Kind.IN_STEP, ruling)
    differences = Differences(overwrite_oneflow(seen), overwrite_dynamics(seen))
    refusal = _standing_refusal(seen, differences)
    intended = _intended(scene, seen, ruling, differences, emptied)
    kind, reason = _kind(seen, ruling, differences, intended, refusal)
    return Verdict(seen, kind, ruling, intended, reason, _answers(scene, seen, kind, differences), differences)


def _intended(scene: Scene, seen: View, ruling: Ruling, differences: Differences, emptied: bool) -> Step | None:
    """What the rule wants written, as it can be: a skip says why it cannot."""
    match ruling.decision:
        case Decision.WRITE_DYNAMICS:
            step, won = differences.in_dynamics, reasons.ONEFLOW_WON
        case Decision.WRITE_ONEFLOW if not _contract_closed(scene):
            step, won = differences.in_oneflow, reasons.DYNAMICS_WON
        case _:
            return None
    if step.due is None:
        return step
    if emptied:
        return seen.skip(reasons.ALL_EMPTY, step.due.side, step.due.after)
    step = replace(step, reason=won) if ruling.by_policy else step
    return forbid(step, Side.DYNAMICS, scene.record.read_only)


def _kind(
    seen: View, ruling: Ruling, differences: Differences, intended: Step | None, refusal: Refusal | None
) -> tuple[Kind, Reason | None]:
    if ruling.decision is Decision.ASK:
        return Kind.CONFLICT, _refused_or(refusal, reasons.CONFLICT)
    if intended is not None:
        return _due(intended, Kind.DUE, intended.reason, refusal)
    if _is_not_agreed(seen):
        return Kind.NOT_AGREED, _refused_or(refusal, reasons.not_agreed(seen.base.unagreed))
    if ruling.decision in (Decision.WAIT_FOR_PUSH, Decision.WRITE_ONEFLOW):
        # Dynamics changed, and nothing pushes it by itself.
        why = reasons.DYNAMICS_WON_WAITS if ruling.by_policy else reasons.WAITING_FOR_PUSH
        return _due(differences.in_oneflow, Kind.WAITING_FOR_PUSH, why, refusal)
    return Kind.IN_STEP, None


def _is_not_agreed(seen: View) -> bool:
    """Both halves were taken, and no action has settled them since. An edit that travels does not end that."""
    halves = seen.base.halves
    return seen.row.direction is Direction.TWO_WAY and halves is not None and not halves.agreed


def _refused_or(refusal: Refusal | None, reason: Reason) -> Reason:
    """What a vendor said to a person's decision says more than that there is one to make."""
    return refusal.reason if refusal else reason


def _due(step: Step, kind: Kind, why: Reason | None, refusal: Refusal | None) -> tuple[Kind, Reason | None]:
    """What a field waits for whose write is due, by itself or by a push: that one, unless it is refused."""
    if not step.writes:
        return Kind.REFUSED, step.reason
    if refusal is not None and refusal.side is step.side:
        return Kind.REFUSED, refusal.reason
    return kind, why


def _standing_refusal(seen: View, differences: Differences) -> Refusal | None:
    """The vendor's refusal of a write, as long as the same value would be written there."""
    refusal = seen.base.refusal
    if refusal is None or seen.lagging:
        return None
    due = differences.on(refusal.side).due
    return refusal if due and due.after == refusal.value else None


_ASKED = (Kind.NOT_AGREED, Kind.CONFLICT, Kind.REFUSED)


def _answers(scene: Scene, seen: View, kind: Kind, differences: Differences) -> tuple[Keep, ...]:
    """No keep that is known to be refused. On a closed contract the difference may be left, which settles it."""
    closed = not scene.contract.state.writable
    # Where it waits for a push, a push is the answer.
    asked = kind in _ASKED or (closed and kind is Kind.WAITING_FOR_PUSH)
    if not asked or seen.row.direction is not Direction.TWO_WAY:
        return ()
    found = []
    if not closed and differences.in_oneflow.writes:
        found.append(Keep.DYNAMICS)
    if scene.record.read_only is None and differences.in_dynamics.writes:
        found.append(Keep.ONEFLOW)
    if closed or not found:
        found.append(Keep.LEAVE)
    return tuple(found)


def _contract_closed(scene: Scene) -> bool:
    """For an automatic action: a signature that was given is never reset by itself."""
    return oneflow_forbidden(replace(scene, confirm_signature_reset=False)) is not None


def _suddenly_empty(views: Sequence[View]) -> bool:
    """Whether every mapped field of one side is empty where at least two were filled at the base (DESIGN 2.5). What a
    contract shows of itself says nothing of its fields."""
    fields = [one for one in views if one.problem is None and one.row.oneflow_kind is OneflowKind.DATA_FIELD]
    seen = [one.sure for one in fields]
    halves = [one.base.halves for one in fields if one.base.halves]
    oneflow = [half.oneflow != "" for half in halves], [field.value == "" for _, field, _ in seen]
    dynamics = [half.dynamics is not None for half in halves], [cell.value is None for _, _, cell in seen]
    return any(sum(filled) >= 2 and all(empty) for filled, empty in (oneflow, dynamics))
