"""The automatic rule for one field (DESIGN 2.3). It sees only which values are equal, never the values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync_core.engine.model.words import ConflictPolicy, Direction


class Decision(StrEnum):
    NOTHING = "nothing"
    WRITE_DYNAMICS = "write_dynamics"
    WRITE_ONEFLOW = "write_oneflow"
    WAIT_FOR_PUSH = "wait_for_push"
    SETTLE = "settle"  # both show the same: only the base moves
    TAKE_HALVES = "take_halves"  # no base: what each side shows becomes its half, not yet agreed
    ASK = "ask"


@dataclass(frozen=True, slots=True)
class Look:
    """What is seen of one field: has it a base, which side moved since, and do the sides mean the same now."""

    has_base: bool
    oneflow_changed: bool
    dynamics_changed: bool
    same: bool
    fillable: bool = False  # Dynamics is empty, and the contract was made from the record


@dataclass(frozen=True, slots=True)
class Ruling:
    decision: Decision
    by_policy: bool = False  # both sides had changed and the conflict policy decided


def decide(look: Look, direction: Direction, policy: ConflictPolicy, auto_push: bool) -> Ruling:
    """What an automatic sync does about one field."""
    if direction is Direction.SYNC_ONCE:
        return Ruling(Decision.NOTHING)
    if direction is Direction.DYNAMICS_TO_ONEFLOW:
        return Ruling(_one_way(look, auto_push))
    if look.same:
        return Ruling(Decision.SETTLE)
    if direction is Direction.ONEFLOW_TO_DYNAMICS:
        return Ruling(_from_contract(look))
    if not look.has_base:
        return Ruling(Decision.TAKE_HALVES)
    if look.oneflow_changed and look.dynamics_changed:
        return _conflict(policy, auto_push)
    if look.oneflow_changed:
        return Ruling(Decision.WRITE_DYNAMICS)
    if look.dynamics_changed:
        return Ruling(Decision.WRITE_ONEFLOW if auto_push else Decision.WAIT_FOR_PUSH)
    return Ruling(Decision.NOTHING)


def _one_way(look: Look, auto_push: bool) -> Decision:
    if not auto_push:
        # An automatic action does not touch the row; that its value waits is still worth showing.
        waits = look.has_base and look.dynamics_changed and not look.same
        return Decision.WAIT_FOR_PUSH if waits else Decision.NOTHING
    if look.same:
        return Decision.SETTLE
    if not look.has_base:
        return Decision.TAKE_HALVES
    return Decision.WRITE_ONEFLOW if look.dynamics_changed else Decision.NOTHING


def _from_contract(look: Look) -> Decision:
    """What the contract comes to show is written, whoever changed the column; what somebody wrote over it stays."""
    if not look.has_base:
        return Decision.WRITE_DYNAMICS if look.fillable else Decision.TAKE_HALVES
    return Decision.WRITE_DYNAMICS if look.oneflow_changed else Decision.NOTHING


def _conflict(policy: ConflictPolicy, auto_push: bool) -> Ruling:
    if policy is ConflictPolicy.ASK:
        return Ruling(Decision.ASK)
    if policy is ConflictPolicy.ONEFLOW_WINS:
        return Ruling(Decision.WRITE_DYNAMICS, by_policy=True)
    return Ruling(Decision.WRITE_ONEFLOW if auto_push else Decision.WAIT_FOR_PUSH, by_policy=True)
