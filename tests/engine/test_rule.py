"""The rule for one field as laws over everything it can see: 8 looks x 2 x 3 directions x 3 policies x auto_push."""

from __future__ import annotations

from itertools import product

from sync_core.engine.deciding.rule import Decision, Look, Ruling, decide
from sync_core.engine.model.words import ConflictPolicy, Direction
from tests.engine.scenes import ASK, DYNAMICS_WINS, ONCE, ONE_WAY, TWO_WAY

# Without a base neither side can have changed since.
LOOKS = [
    Look(has_base, oneflow, dynamics, same)
    for has_base, oneflow, dynamics, same in product((True, False), repeat=4)
    if has_base or not (oneflow or dynamics)
]
CASES = [
    (look, direction, policy, auto_push, decide(look, direction, policy, auto_push))
    for look, direction, policy, auto_push in product(LOOKS, Direction, ConflictPolicy, (True, False))
]
WRITES = (Decision.WRITE_DYNAMICS, Decision.WRITE_ONEFLOW)


def test_sync_once_is_never_touched_after_creation() -> None:
    assert {ruling for _, direction, _, _, ruling in CASES if direction is ONCE} == {Ruling(Decision.NOTHING)}


def test_one_way_never_writes_dynamics_and_is_never_a_conflict() -> None:
    rulings = [ruling for _, direction, _, _, ruling in CASES if direction is ONE_WAY]

    assert rulings
    assert not [one for one in rulings if one.decision in (Decision.WRITE_DYNAMICS, Decision.ASK) or one.by_policy]


def test_without_auto_push_nothing_writes_oneflow_by_itself() -> None:
    rulings = [ruling for _, _, _, auto_push, ruling in CASES if not auto_push]

    assert Decision.WRITE_ONEFLOW not in {ruling.decision for ruling in rulings}


def test_without_a_base_nothing_is_written() -> None:
    rulings = [ruling for look, _, _, _, ruling in CASES if not look.has_base]

    assert rulings
    assert not [one for one in rulings if one.decision in WRITES]


def test_what_means_the_same_is_never_written() -> None:
    assert not [ruling for look, _, _, _, ruling in CASES if look.same and ruling.decision in WRITES]


def test_a_side_is_written_only_where_the_other_one_changed() -> None:
    for look, _, _, _, ruling in CASES:
        if ruling.decision is Decision.WRITE_DYNAMICS:
            assert look.oneflow_changed
        if ruling.decision is Decision.WRITE_ONEFLOW:
            assert look.dynamics_changed


def test_the_policy_decides_conflicts_and_nothing_else() -> None:
    for look, direction, policy, auto_push, ruling in CASES:
        conflict = (
            direction is TWO_WAY and look.has_base and look.oneflow_changed and look.dynamics_changed and not look.same
        )
        if conflict:
            assert ruling.by_policy is (policy is not ASK)
        else:
            assert ruling == decide(look, direction, DYNAMICS_WINS, auto_push)
            assert ruling.by_policy is False


def test_auto_push_never_changes_what_reaches_dynamics() -> None:
    for look, direction, policy, _, ruling in CASES:
        other = decide(look, direction, policy, False)
        assert (ruling.decision is Decision.WRITE_DYNAMICS) == (other.decision is Decision.WRITE_DYNAMICS)
