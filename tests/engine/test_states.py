"""States of a contract and of a record, and the stop where a side is suddenly empty (DESIGN 2.5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.model.base import Refusal
from sync_core.engine.model.words import ContractState, Outcome, Side
from tests.engine.scenes import DYNAMICS_WINS, ONE_WAY, READ_ONLY, Pair, by_name, halves, only, remembering, scene, told

IN, OUT, SAME = Pair("B", "A", name="in"), Pair("A", "B", name="out"), Pair(name="same")
DRAFT, PENDING = ContractState.DRAFT, ContractState.PENDING
CLOSED = [ContractState.SIGNED, ContractState.DECLINED, ContractState.OVERDUE, ContractState.UNKNOWN]
SIGNATURE: dict[str, Any] = {"state": PENDING, "signature_given": True}


@pytest.mark.parametrize("state", [DRAFT, PENDING])
def test_drafts_and_pending_contracts_go_both_ways(state: ContractState) -> None:
    assert told(only(plan_push(scene(OUT, state=state)))) == "oneflow := 'B'"
    assert told(only(plan_fetch(scene(IN, state=state)))) == "dynamics := 'B'"
    assert by_name(plan_automatic(scene(IN, OUT, state=state, auto_push=True))) == {
        "in": "dynamics := 'B'",
        "out": "oneflow := 'B'",
    }


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_contract_is_never_written(state: ContractState) -> None:
    pushed = plan_push(scene(OUT, SAME, state=state, confirm=True))

    assert by_name(pushed) == {"out": f"skipped (contract_{state})", "same": "unchanged"}
    assert pushed.outcome is Outcome.BLOCKED
    assert pushed.reason is not None
    assert str(state) in pushed.reason.text


@pytest.mark.parametrize("state", CLOSED)
def test_a_closed_contracts_last_values_still_reach_dynamics(state: ContractState) -> None:
    assert told(only(plan_fetch(scene(IN, state=state)))) == "dynamics := 'B'"
    assert by_name(plan_automatic(scene(IN, OUT, state=state, auto_push=True))) == {
        "in": "dynamics := 'B'",
        "out": "unchanged (waiting_for_push)",
    }


@pytest.mark.parametrize("state", CLOSED)
def test_nothing_due_is_unchanged_even_on_a_closed_contract(state: ContractState) -> None:
    assert plan_push(scene(SAME, state=state)).outcome is Outcome.UNCHANGED


def test_a_push_that_would_reset_a_signature_is_refused() -> None:
    plan = plan_push(scene(OUT, **SIGNATURE))

    assert told(only(plan)) == "skipped (signature_given)"
    assert plan.outcome is Outcome.BLOCKED


def test_a_push_resets_signatures_where_the_person_confirms() -> None:
    plan = plan_push(scene(OUT, **SIGNATURE, confirm=True))

    assert told(only(plan)) == "oneflow := 'B'"


def test_a_signature_in_a_draft_is_none() -> None:
    assert only(plan_push(scene(OUT, state=DRAFT, signature_given=True))).writes


@pytest.mark.parametrize("confirm", [False, True])
@pytest.mark.parametrize("direction", [OUT.direction, ONE_WAY])
def test_no_automatic_action_ever_resets_a_signature(confirm: bool, direction: Any) -> None:
    out = replace(OUT, direction=direction)

    plan = plan_automatic(scene(out, **SIGNATURE, confirm=confirm, auto_push=True))

    assert told(only(plan)) == "unchanged (waiting_for_push)"
    assert plan.outcome is Outcome.UNCHANGED


def test_dynamics_wins_moves_nothing_where_the_state_forbids_the_write() -> None:
    step = only(plan_automatic(scene(Pair("B", "C"), **SIGNATURE, auto_push=True, policy=DYNAMICS_WINS)))

    assert told(step) == "unchanged (conflict_dynamics_wins_waits)"
    assert halves(step) == ("A", "A")


def test_a_fetch_does_not_care_for_signatures() -> None:
    assert only(plan_fetch(scene(IN, **SIGNATURE))).writes


@pytest.mark.parametrize("planner", [plan_fetch, plan_automatic])
def test_a_read_only_record_is_blocked_with_its_reason(planner: Any) -> None:
    plan: Plan = planner(scene(IN, read_only=READ_ONLY))

    assert told(only(plan)) == "skipped (record_read_only)"
    assert plan.outcome is Outcome.BLOCKED
    assert plan.reason == READ_ONLY


def test_a_read_only_record_can_still_be_pushed() -> None:
    assert only(plan_push(scene(OUT, read_only=READ_ONLY))).writes


def test_a_read_only_record_with_nothing_due_is_unchanged() -> None:
    assert plan_automatic(scene(SAME, read_only=READ_ONLY)).outcome is Outcome.UNCHANGED


def test_a_read_only_record_is_reported_once_and_tried_again_when_it_opens() -> None:
    first = only(plan_automatic(scene(IN, read_only=READ_ONLY)))
    again = replace(IN, remembered=first.base)
    second = only(plan_automatic(scene(again, read_only=READ_ONLY)))

    assert [first.report, second.report] == [True, False]
    assert told(only(plan_automatic(scene(again)))) == "dynamics := 'B'"


# --- refused before -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["refused", "not_changed"])
def test_what_a_vendor_refused_is_not_sent_again_by_itself(code: str) -> None:
    refused = remembering(IN, refusal=Refusal(Side.DYNAMICS, "B", code))

    assert told(only(plan_automatic(scene(refused)))) == f"unchanged ({code})"
    assert told(only(plan_automatic(scene(replace(refused, oneflow="C"))))) == "dynamics := 'C'"


def test_a_person_tries_again_what_was_refused() -> None:
    inward = remembering(IN, refusal=Refusal(Side.DYNAMICS, "B", "refused"))
    outward = remembering(OUT, refusal=Refusal(Side.ONEFLOW, "B", "refused"))

    assert told(only(plan_fetch(scene(inward)))) == "dynamics := 'B'"
    assert told(only(plan_push(scene(outward)))) == "oneflow := 'B'"
    assert told(only(plan_automatic(scene(outward, auto_push=True)))) == "unchanged (refused)"


def test_a_refusal_by_one_side_says_nothing_of_the_other() -> None:
    outward = remembering(OUT, refusal=Refusal(Side.DYNAMICS, "B", "refused"))

    assert told(only(plan_automatic(scene(outward, auto_push=True)))) == "oneflow := 'B'"


# --- suddenly empty -------------------------------------------------------------------------------------------------

ONE = Pair("", "A", ("A", "A"), name="one")
TWO = Pair("", "A", ("A", "A"), name="two")
GONE_IN_DYNAMICS = [replace(one, oneflow="A", dynamics=None) for one in (ONE, TWO)]


def test_a_contract_that_is_suddenly_empty_empties_nothing() -> None:
    plan = plan_automatic(scene(ONE, TWO))

    assert by_name(plan) == {"one": "skipped (all_empty)", "two": "skipped (all_empty)"}
    assert plan.outcome is Outcome.PARTIAL
    assert all(step.report for step in plan.steps)


def test_a_record_that_is_suddenly_empty_empties_nothing() -> None:
    plan = plan_automatic(scene(*GONE_IN_DYNAMICS, auto_push=True))

    assert by_name(plan) == {"one": "skipped (all_empty)", "two": "skipped (all_empty)"}


def test_a_suddenly_empty_side_is_reported_once() -> None:
    first = plan_automatic(scene(ONE, TWO))
    again = [replace(pair, remembered=step.base) for pair, step in zip((ONE, TWO), first.steps, strict=True)]

    assert not any(step.report for step in plan_automatic(scene(*again)).steps)


def test_a_persons_fetch_or_push_confirms_that_all_is_empty() -> None:
    assert by_name(plan_fetch(scene(ONE, TWO))) == {"one": "dynamics := None", "two": "dynamics := None"}
    assert by_name(plan_push(scene(*GONE_IN_DYNAMICS))) == {"one": "oneflow := ''", "two": "oneflow := ''"}


NOT_ALL_EMPTY = {
    "one field is left": [ONE, TWO, Pair(name="third")],
    "only one field is mapped": [ONE],
    "only one was filled": [ONE, Pair("", None, ("", None), name="two")],
}


@pytest.mark.parametrize("pairs", NOT_ALL_EMPTY.values(), ids=NOT_ALL_EMPTY.keys())
def test_fields_that_are_emptied_one_by_one_travel(pairs: list[Pair]) -> None:
    assert by_name(plan_automatic(scene(*pairs)))["one"] == "dynamics := None"


def test_a_suddenly_empty_contract_takes_no_other_field_along() -> None:
    changed = Pair("", "B", ("", "A"), name="changed")

    plan = plan_automatic(scene(ONE, TWO, changed, auto_push=True))

    assert not plan.writes
