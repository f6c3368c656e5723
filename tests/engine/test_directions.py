"""What each action writes (DESIGN 2.2): action x direction, and push and fetch by a person (2.6, 9 and 13)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import Canonical, ColumnType, ConflictPolicy, Direction, OneflowKind, Outcome, Side
from tests.engine.scenes import (
    EARLIER,
    GONE,
    LATER,
    ONCE,
    ONE_WAY,
    SECURED,
    TWO_WAY,
    Pair,
    by_name,
    column,
    halves,
    only,
    remembering,
    scene,
    told,
)

Planner = Callable[[Scene], Plan]

# Oneflow shows O, Dynamics D, both changed since the base A: what does each action do to each direction?
TO_ONEFLOW, TO_DYNAMICS, NOT_TOUCHED = "oneflow := 'D'", "dynamics := 'O'", None
TABLE: list[tuple[Planner, bool, Direction, str | None]] = [
    (plan_push, False, ONCE, NOT_TOUCHED),
    (plan_push, False, ONE_WAY, TO_ONEFLOW),
    (plan_push, False, TWO_WAY, TO_ONEFLOW),
    (plan_fetch, False, ONCE, NOT_TOUCHED),
    (plan_fetch, False, ONE_WAY, NOT_TOUCHED),
    (plan_fetch, False, TWO_WAY, TO_DYNAMICS),
    (plan_automatic, False, ONCE, NOT_TOUCHED),
    (plan_automatic, False, ONE_WAY, "unchanged (waiting_for_push)"),
    (plan_automatic, False, TWO_WAY, "dynamics := 'O' (conflict_oneflow_wins)"),
    (plan_automatic, True, ONCE, NOT_TOUCHED),
    (plan_automatic, True, ONE_WAY, TO_ONEFLOW),
    (plan_automatic, True, TWO_WAY, "dynamics := 'O' (conflict_oneflow_wins)"),
]


@pytest.mark.parametrize(("planner", "auto_push", "direction", "outcome"), TABLE)
def test_what_each_action_does_to_each_direction(
    planner: Planner, auto_push: bool, direction: Direction, outcome: str | None
) -> None:
    plan = planner(scene(Pair("O", "D", ("A", "A"), direction), auto_push=auto_push))

    assert [told(step) for step in plan.steps] == ([outcome] if outcome else [])


@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_a_persons_push_and_fetch_ask_no_policy(policy: ConflictPolicy) -> None:
    at = scene(Pair("O", "D"), policy=policy, auto_push=True)

    assert told(only(plan_push(at))) == TO_ONEFLOW
    assert told(only(plan_fetch(at))) == TO_DYNAMICS


@pytest.mark.parametrize("planner", [plan_push, plan_fetch, plan_automatic])
@pytest.mark.parametrize("kind", [OneflowKind.PARTY, OneflowKind.PARTICIPANT])
def test_party_and_participant_fields_live_at_creation_only(planner: Planner, kind: OneflowKind) -> None:
    assert planner(scene(Pair("O", "D", direction=ONE_WAY, kind=kind), auto_push=True)).steps == ()


@pytest.mark.parametrize("planner", [plan_push, plan_fetch, plan_automatic])
def test_only_what_differs_is_written(planner: Planner) -> None:
    plan = planner(scene(Pair("A", "A", name="same"), Pair("Yes", "true", None, name="yes", type=ColumnType.YES_NO)))

    assert by_name(plan) == {"same": "unchanged", "yes": "unchanged"}
    assert plan.outcome is Outcome.UNCHANGED
    assert not plan.writes


@pytest.mark.parametrize("planner", [plan_push, plan_fetch])
def test_what_an_action_found_the_same_is_settled_by_it(planner: Planner) -> None:
    unagreed = only(plan_automatic(scene(Pair("B", "C", None)))).base

    step = only(planner(scene(Pair("C", "C", remembered=unagreed))))

    assert halves(step) == ("C", "C")
    assert step.base.halves is not None
    assert step.base.halves.agreed


@pytest.mark.parametrize("planner", [plan_push, plan_fetch])
def test_a_person_writes_without_a_base_too(planner: Planner) -> None:
    assert only(planner(scene(Pair("O", "D", None)))).writes


# --- empty over filled (2.6, 9) -------------------------------------------------------------------------------------

Base = tuple[str, Canonical] | None
EMPTY_PUSH = [
    # Oneflow, Dynamics, base -> a push
    ("O", None, ("O", "D"), "oneflow := ''"),
    ("O", None, ("A", None), "skipped (empty_over_filled)"),
    ("O", None, None, "skipped (empty_over_filled)"),
    ("", "D", ("", None), "oneflow := 'D'"),
    ("", None, None, "unchanged"),
]
EMPTY_FETCH = [
    ("", "D", ("O", "D"), "dynamics := None"),
    ("", "D", ("", "A"), "skipped (empty_over_filled)"),
    ("", "D", None, "skipped (empty_over_filled)"),
    ("O", None, ("", None), "dynamics := 'O'"),
    ("", None, None, "unchanged"),
]


@pytest.mark.parametrize(("oneflow", "dynamics", "base", "outcome"), EMPTY_PUSH)
def test_a_push_empties_only_what_was_emptied_in_dynamics(
    oneflow: str, dynamics: str, base: Base, outcome: str
) -> None:
    assert told(only(plan_push(scene(Pair(oneflow, dynamics, base))))) == outcome


@pytest.mark.parametrize(("oneflow", "dynamics", "base", "outcome"), EMPTY_FETCH)
def test_a_fetch_empties_only_what_was_emptied_in_oneflow(
    oneflow: str, dynamics: str, base: Base, outcome: str
) -> None:
    assert told(only(plan_fetch(scene(Pair(oneflow, dynamics, base))))) == outcome


@pytest.mark.parametrize(
    "pair",
    [
        Pair("", "true", ("Yes", "true"), type=ColumnType.YES_NO),
        Pair("", "D", ("D", "D"), column=column(required=True)),
    ],
    ids=["yes/no", "required"],
)
def test_yes_no_and_required_columns_cannot_be_emptied_from_the_contract(pair: Pair) -> None:
    assert told(only(plan_fetch(scene(pair)))) == "skipped (cannot_be_empty)"
    assert told(only(plan_automatic(scene(pair)))) == "skipped (cannot_be_empty)"


def test_a_number_can_be_emptied_from_the_contract() -> None:
    pair = Pair("", "12", ("12", "12"), type=ColumnType.WHOLE_NUMBER)

    assert told(only(plan_automatic(scene(pair)))) == "dynamics := None"


# --- one field that cannot cross never stops the others (2.4) -------------------------------------------------------

PERHAPS = Pair("Perhaps", "true", ("Yes", "true"), name="yes", type=ColumnType.YES_NO)
TOO_LONG = "x" * 1025
PROBLEMS = [
    (plan_automatic, PERHAPS, "not_yes_no"),
    (plan_fetch, PERHAPS, "not_yes_no"),
    (plan_push, Pair("A", TOO_LONG), "too_long_for_contract"),
    (plan_fetch, Pair("B", TOO_LONG), "too_long_for_contract"),
    (plan_automatic, Pair("B", TOO_LONG), "too_long_for_contract"),
    (plan_automatic, Pair("Bob", "A", column=column(max_length=2)), "too_long"),
    (plan_automatic, Pair(GONE, "B"), "not_in_contract"),
    (plan_push, Pair(GONE, "B"), "not_in_contract"),
    (plan_automatic, Pair("B", GONE), "column_gone"),
    (plan_fetch, Pair("B", GONE), "column_gone"),
    (plan_push, Pair("B", "1", type=ColumnType.LOOKUP), "direction_not_allowed"),
    (plan_automatic, Pair("B", None, cell=Cell(None, unreadable=SECURED)), "secured"),
    (plan_push, Pair("B", None, cell=Cell(None, unreadable=SECURED)), "secured"),
]


@pytest.mark.parametrize(("planner", "pair", "code"), PROBLEMS)
def test_one_field_is_skipped_with_its_reason_and_the_others_go_on(planner: Planner, pair: Pair, code: str) -> None:
    other = Pair("B", "A", name="other") if planner is not plan_push else Pair("A", "B", name="other")

    plan = planner(scene(pair, other))

    assert by_name(plan)[pair.name] == f"skipped ({code})"
    assert by_name(plan)["other"].endswith("'B'")
    assert plan.outcome is Outcome.PARTIAL


def test_a_skip_is_reported_once_until_the_value_changes() -> None:
    first = only(plan_automatic(scene(PERHAPS)))
    second = only(plan_automatic(scene(replace(PERHAPS, remembered=first.base))))
    third = only(plan_automatic(scene(replace(PERHAPS, oneflow="Maybe", remembered=second.base))))

    assert [first.report, second.report, third.report] == [True, False, True]
    assert [halves(step) for step in (first, second, third)] == [("Yes", "true")] * 3


def test_a_push_overwrites_text_that_cannot_be_converted() -> None:
    assert told(only(plan_push(scene(PERHAPS)))) == "oneflow := 'Yes'"


def test_text_that_cannot_be_converted_is_a_change_of_oneflow() -> None:
    both = replace(PERHAPS, dynamics="false")

    assert told(only(plan_automatic(scene(both, policy=ConflictPolicy.ASK)))) == "conflict (conflict)"
    dynamics_wins = plan_automatic(scene(both, policy=ConflictPolicy.DYNAMICS_WINS, auto_push=True))
    assert told(only(dynamics_wins)) == "oneflow := 'No' (conflict_dynamics_wins)"


def test_a_field_without_a_known_custom_id_is_unknown_never_empty() -> None:
    pair = Pair("B", "A")
    nameless = replace(scene(pair).contract.fields[pair.row.key], custom_id=None)

    plan = plan_fetch(scene(replace(pair, oneflow=GONE), unnamed=[nameless]))

    assert told(only(plan)) == "skipped (field_unknown)"


def test_a_problem_of_a_row_that_nothing_touches_by_itself_is_no_news() -> None:
    step = only(plan_automatic(scene(Pair(GONE, "B", direction=ONE_WAY))))

    assert told(step) == "unchanged (not_in_contract)"
    assert not step.report


def test_under_auto_push_a_problem_of_a_one_way_row_is_news() -> None:
    step = only(plan_automatic(scene(Pair(GONE, "B", direction=ONE_WAY), auto_push=True)))

    assert told(step) == "skipped (not_in_contract)"
    assert step.report


def test_a_renamed_label_is_no_change_by_itself_but_a_push_writes_it() -> None:
    renamed = column(ColumnType.CHOICE, options={1: "Hot"})
    pair = Pair("Warm", "1", ("Warm", "1"), ONE_WAY, column=renamed)

    assert told(only(plan_automatic(scene(pair, auto_push=True)))) == "unchanged"
    assert told(only(plan_push(scene(pair)))) == "oneflow := 'Hot'"


# --- lagging reads (2.3) --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("planner", [plan_push, plan_fetch, plan_automatic])
def test_a_lagging_field_is_left_alone_by_everything(planner: Planner) -> None:
    pair = remembering(Pair("O", "D", updated=EARLIER), updated_time=LATER)

    step = only(planner(scene(pair, auto_push=True)))

    assert not step.writes
    assert step.lagging
    assert halves(step) == ("A", "A")


def test_two_columns_go_in_one_plan_each_to_its_side() -> None:
    plan = plan_automatic(scene(Pair("B", "A", name="in"), Pair("A", "B", name="out"), auto_push=True))

    assert [step.row.dynamics_column for step in plan.writes_to(Side.DYNAMICS)] == ["in"]
    assert [step.row.dynamics_column for step in plan.writes_to(Side.ONEFLOW)] == ["out"]
