"""The automatic rule (DESIGN 2.3) as a table: what each side shows, the base, the switches -> what happens."""

from __future__ import annotations

import pytest

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.model.words import Canonical, ConflictPolicy, Direction
from tests.engine.scenes import (
    ASK,
    DYNAMICS_WINS,
    ONCE,
    ONE_WAY,
    ONEFLOW_WINS,
    TWO_WAY,
    Pair,
    halves,
    only,
    scene,
    told,
)

Base = tuple[str, Canonical] | None
A_A = ("A", "A")
AUTO, BY_HAND = True, False
ALL = tuple(ConflictPolicy)

# Oneflow, Dynamics, base, policies, auto_push -> outcome of the field; the base if nothing is written
TWO_WAY_TABLE = [
    # both unchanged
    ("A", "A", A_A, ALL, BY_HAND, "unchanged", A_A),
    ("A", "A", A_A, ALL, AUTO, "unchanged", A_A),
    # only Oneflow changed
    ("B", "A", A_A, ALL, BY_HAND, "dynamics := 'B'", A_A),
    ("B", "A", A_A, ALL, AUTO, "dynamics := 'B'", A_A),
    # only Dynamics changed
    ("A", "B", A_A, ALL, BY_HAND, "unchanged (waiting_for_push)", A_A),
    ("A", "B", A_A, ALL, AUTO, "oneflow := 'B'", A_A),
    # both changed, to the same: agreement, only the base moves
    ("B", "B", A_A, ALL, BY_HAND, "unchanged", ("B", "B")),
    ("B", "B", A_A, ALL, AUTO, "unchanged", ("B", "B")),
    # both changed, not to the same: the policy decides
    ("B", "C", A_A, (ONEFLOW_WINS,), BY_HAND, "dynamics := 'B' (conflict_oneflow_wins)", A_A),
    ("B", "C", A_A, (ONEFLOW_WINS,), AUTO, "dynamics := 'B' (conflict_oneflow_wins)", A_A),
    ("B", "C", A_A, (DYNAMICS_WINS,), BY_HAND, "unchanged (conflict_dynamics_wins_waits)", A_A),
    ("B", "C", A_A, (DYNAMICS_WINS,), AUTO, "oneflow := 'C' (conflict_dynamics_wins)", A_A),
    ("B", "C", A_A, (ASK,), BY_HAND, "conflict (conflict)", A_A),
    ("B", "C", A_A, (ASK,), AUTO, "conflict (conflict)", A_A),
    # no base, the same: settled
    ("A", "A", None, ALL, BY_HAND, "unchanged", A_A),
    ("A", "A", None, ALL, AUTO, "unchanged", A_A),
    # no base, not the same: nothing is written; what each side shows becomes its half
    ("B", "C", None, ALL, BY_HAND, "unchanged (not_yet_agreed)", ("B", "C")),
    ("B", "C", None, ALL, AUTO, "unchanged (not_yet_agreed)", ("B", "C")),
    # a base whose halves differ (a vendor kept another value than the one sent): the difference does not travel
    ("B", "C", ("B", "C"), ALL, BY_HAND, "unchanged", ("B", "C")),
    ("B", "C", ("B", "C"), ALL, AUTO, "unchanged", ("B", "C")),
    ("D", "C", ("B", "C"), ALL, BY_HAND, "dynamics := 'D'", ("B", "C")),
    ("B", "D", ("B", "C"), ALL, AUTO, "oneflow := 'D'", ("B", "C")),
    # emptied on one side since the base: empty is a value like others
    ("", "A", A_A, ALL, BY_HAND, "dynamics := None", A_A),
    ("A", None, A_A, ALL, AUTO, "oneflow := ''", A_A),
    ("", None, A_A, ALL, BY_HAND, "unchanged", ("", None)),
]

# A dynamics_to_oneflow field: never Dynamics, never a conflict
ONE_WAY_TABLE = [
    ("A", "A", A_A, ALL, BY_HAND, "unchanged", A_A),
    ("A", "A", A_A, ALL, AUTO, "unchanged", A_A),
    ("B", "A", A_A, ALL, BY_HAND, "unchanged", A_A),
    ("B", "A", A_A, ALL, AUTO, "unchanged", A_A),
    ("A", "B", A_A, ALL, BY_HAND, "unchanged (waiting_for_push)", A_A),
    ("A", "B", A_A, ALL, AUTO, "oneflow := 'B'", A_A),
    ("B", "C", A_A, ALL, BY_HAND, "unchanged (waiting_for_push)", A_A),
    ("B", "C", A_A, ALL, AUTO, "oneflow := 'C'", A_A),
    ("B", "B", A_A, ALL, AUTO, "unchanged", ("B", "B")),
    ("B", "C", None, ALL, BY_HAND, "unchanged", None),
    ("B", "C", None, ALL, AUTO, "unchanged (not_yet_agreed)", ("B", "C")),
]

CASES = [
    (direction, policy, oneflow, dynamics, base, auto, outcome, moved)
    for direction, table in ((TWO_WAY, TWO_WAY_TABLE), (ONE_WAY, ONE_WAY_TABLE))
    for oneflow, dynamics, base, policies, auto, outcome, moved in table
    for policy in policies
]


def _plan(pair: Pair, policy: ConflictPolicy, auto_push: bool) -> Plan:
    return plan_automatic(scene(pair, policy=policy, auto_push=auto_push))


@pytest.mark.parametrize(
    ("direction", "policy", "oneflow", "dynamics", "base", "auto", "outcome", "moved"),
    CASES,
    ids=[f"{c[0]}-{c[1]}-{'auto' if c[5] else 'by hand'}: {c[4]} -> {c[2]!r}|{c[3]!r}" for c in CASES],
)
def test_the_table(
    direction: Direction,
    policy: ConflictPolicy,
    oneflow: str,
    dynamics: Canonical,
    base: Base,
    auto: bool,
    outcome: str,
    moved: Base,
) -> None:
    step = only(_plan(Pair(oneflow, dynamics, base, direction), policy, auto))

    assert told(step) == outcome
    assert halves(step) == moved


@pytest.mark.parametrize("auto_push", [AUTO, BY_HAND])
@pytest.mark.parametrize("policy", ALL)
def test_sync_once_has_no_part_in_it(policy: ConflictPolicy, auto_push: bool) -> None:
    assert _plan(Pair("B", "C", A_A, ONCE), policy, auto_push).steps == ()


def test_a_row_has_its_own_policy_before_the_mappings() -> None:
    plan = plan_automatic(scene(Pair("B", "C", policy=ASK), policy=ONEFLOW_WINS))

    assert told(only(plan)) == "conflict (conflict)"


def test_halves_only_taken_are_not_agreed_until_somebody_settles_them() -> None:
    taken = only(_plan(Pair("B", "C", None), ONEFLOW_WINS, BY_HAND))

    assert taken.base.halves is not None
    assert taken.base.halves.agreed is False
    assert taken.report

    again = only(_plan(Pair("B", "C", remembered=taken.base), ONEFLOW_WINS, BY_HAND))
    assert told(again) == "unchanged (not_yet_agreed)"
    assert not again.report


def test_later_edits_of_a_field_not_yet_agreed_travel() -> None:
    taken = only(_plan(Pair("B", "C", None), ONEFLOW_WINS, BY_HAND)).base

    assert told(only(_plan(Pair("D", "C", remembered=taken), ONEFLOW_WINS, BY_HAND))) == "dynamics := 'D'"
    assert told(only(_plan(Pair("B", "D", remembered=taken), ONEFLOW_WINS, AUTO))) == "oneflow := 'D'"


def test_a_decision_that_writes_nothing_is_reported_once_and_decided_anew() -> None:
    first = only(_plan(Pair("B", "C"), DYNAMICS_WINS, BY_HAND))
    second = only(_plan(Pair("B", "C", remembered=first.base), DYNAMICS_WINS, BY_HAND))
    third = only(_plan(Pair("D", "C", remembered=second.base), DYNAMICS_WINS, BY_HAND))

    assert [first.report, second.report, third.report] == [True, False, True]
    assert {told(step) for step in (first, second, third)} == {"unchanged (conflict_dynamics_wins_waits)"}
    assert {halves(step) for step in (first, second, third)} == {A_A}


def test_asking_is_reported_once_per_pair_of_values() -> None:
    first = only(_plan(Pair("B", "C"), ASK, AUTO))
    second = only(_plan(Pair("B", "C", remembered=first.base), ASK, AUTO))
    third = only(_plan(Pair("B", "D", remembered=second.base), ASK, AUTO))

    assert [first.report, second.report, third.report] == [True, False, True]
