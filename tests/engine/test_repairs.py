"""Keeping one side of a disputed field, and taking a history entry back (DESIGN 2.6, 2 and 16)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes, plan_keep, plan_undo
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import Conflict
from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.words import ContractState, Outcome, Side
from sync_core.engine.settling.answers import Answered, settle_write
from sync_core.engine.settling.lines import history_fields
from tests.engine.scenes import (
    ASK,
    GONE,
    LATER,
    ONCE,
    ONE_WAY,
    ONEFLOW_WINS,
    READ_ONLY,
    Pair,
    halves,
    only,
    remembering,
    scene,
    told,
)

BOTH = Pair("B", "C", policy=ASK)
KEY = BOTH.row.key
UNAGREED = replace(BOTH, policy=None, remembered=only(plan_automatic(scene(Pair("B", "C", None)))).base)


# --- disputes -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pair", "kinds"),
    [
        (BOTH, ["conflict"]),
        (UNAGREED, ["not_agreed"]),
        (replace(BOTH, policy=ONEFLOW_WINS), []),
        (replace(BOTH, dynamics="B"), []),
        (replace(BOTH, dynamics="A"), []),
        (replace(BOTH, direction=ONE_WAY), ["waiting_for_push"]),
        (Pair("B", "C", None), []),
    ],
)
def test_what_a_person_may_look_at(pair: Pair, kinds: list[str]) -> None:
    assert [one.kind for one in disputes(scene(pair))] == kinds


def test_a_disputes_id_moves_with_either_value() -> None:
    ids = {disputes(scene(pair))[0].id for pair in (BOTH, replace(BOTH, oneflow="X"), replace(BOTH, dynamics="X"))}

    assert len(ids) == 3
    assert disputes(scene(BOTH))[0].id in ids


def test_a_dispute_shows_both_sides_and_what_was_agreed_last() -> None:
    conflict, unagreed = (disputes(scene(pair))[0].to_json() for pair in (BOTH, UNAGREED))

    assert (conflict["oneflow"], conflict["dynamics"]) == ("B", "C")
    assert (conflict["base_oneflow"], conflict["base_dynamics"]) == ("A", "A")
    assert (unagreed["base_oneflow"], unagreed["base_dynamics"]) == (None, None)


def test_a_stored_conflict_is_dropped_when_one_side_is_back_at_its_half() -> None:
    asked = only(plan_automatic(scene(BOTH))).base
    assert asked.conflict == Conflict("B", "C")

    back = only(plan_automatic(scene(replace(BOTH, oneflow="A", remembered=asked))))

    assert back.base.conflict is None
    assert back.report
    assert halves(back) == ("A", "A")


@pytest.mark.parametrize(("planner", "answer"), [(plan_push, "C"), (plan_fetch, "B")])
def test_a_push_or_a_fetch_clears_a_stored_conflict(planner: Any, answer: str) -> None:
    asked = only(plan_automatic(scene(BOTH))).base

    settled = settle_write(only(planner(scene(replace(BOTH, remembered=asked)))), Answered(answer, LATER))

    assert settled.base.conflict is None


# --- keep -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pair", [BOTH, UNAGREED])
@pytest.mark.parametrize(("side", "outcome"), [(Keep.DYNAMICS, "oneflow := 'C'"), (Keep.ONEFLOW, "dynamics := 'B'")])
def test_keeping_one_side_writes_the_other(pair: Pair, side: Keep, outcome: str) -> None:
    assert told(only(plan_keep(scene(pair), KEY, side))) == outcome


def test_keep_touches_no_other_field() -> None:
    plan = plan_keep(scene(BOTH, replace(BOTH, name="other")), KEY, Keep.ONEFLOW)

    assert [step.row.dynamics_column for step in plan.steps] == ["name"]


def test_keeping_an_empty_side_empties_the_other() -> None:
    assert told(only(plan_keep(scene(Pair("", "C", ("", "A"))), KEY, Keep.ONEFLOW))) == "dynamics := None"
    assert told(only(plan_keep(scene(Pair("B", None, ("A", None))), KEY, Keep.DYNAMICS))) == "oneflow := ''"


@pytest.mark.parametrize(
    ("at", "side", "code"),
    [
        (scene(BOTH, state=ContractState.SIGNED), Keep.DYNAMICS, "contract_signed"),
        (scene(BOTH, signature_given=True), Keep.DYNAMICS, "signature_given"),
        (scene(BOTH, read_only=READ_ONLY), Keep.ONEFLOW, "record_read_only"),
    ],
)
def test_keep_obeys_the_same_states(at: Scene, side: Keep, code: str) -> None:
    plan = plan_keep(at, KEY, side)

    assert told(only(plan)) == f"skipped ({code})"
    assert plan.outcome is Outcome.BLOCKED


def test_keep_leaves_a_field_that_cannot_be_seen() -> None:
    assert told(only(plan_keep(scene(replace(BOTH, oneflow=GONE)), KEY, Keep.DYNAMICS))) == "skipped (not_in_contract)"


def test_keep_settles_a_field_on_which_both_sides_agree_by_now() -> None:
    step = only(plan_keep(scene(replace(UNAGREED, dynamics="B")), KEY, Keep.DYNAMICS))

    assert told(step) == "unchanged"
    assert step.base.halves is not None
    assert step.base.halves.agreed


def test_keep_dynamics_resets_signatures_where_the_person_confirms() -> None:
    assert only(plan_keep(scene(BOTH, signature_given=True, confirm=True), KEY, Keep.DYNAMICS)).writes


# --- undo -----------------------------------------------------------------------------------------------------------


def _lines(pair: Pair, side: Side) -> list[HistoryLine]:
    """The history lines of a push or a fetch of this pair."""
    plan = plan_push(scene(pair)) if side is Side.ONEFLOW else plan_fetch(scene(pair))
    return history_fields([settle_write(step, Answered(step.sure_write.after, LATER)) for step in plan.steps])


PUSHED, FETCHED = _lines(Pair("O", "D"), Side.ONEFLOW), _lines(Pair("O", "D"), Side.DYNAMICS)
AFTER_PUSH, AFTER_FETCH = Pair("D", "D", ("D", "D")), Pair("O", "O", ("O", "O"))


def test_undo_puts_back_what_was_overwritten() -> None:
    assert told(only(plan_undo(scene(AFTER_PUSH), PUSHED))) == "oneflow := 'O'"
    assert told(only(plan_undo(scene(AFTER_FETCH), FETCHED))) == "dynamics := 'D'"


def test_undo_leaves_what_was_changed_since() -> None:
    assert told(only(plan_undo(scene(replace(AFTER_PUSH, oneflow="X")), PUSHED))) == "skipped (changed_since)"
    assert told(only(plan_undo(scene(replace(AFTER_FETCH, dynamics="X")), FETCHED))) == "skipped (changed_since)"


@pytest.mark.parametrize(
    ("pair", "lines", "code"),
    [
        (replace(AFTER_PUSH, direction=ONCE), PUSHED, "not_writable_today"),
        (replace(AFTER_FETCH, direction=ONE_WAY), FETCHED, "not_writable_today"),
    ],
)
def test_undo_writes_a_side_only_where_todays_mapping_lets_it(pair: Pair, lines: Any, code: str) -> None:
    assert told(only(plan_undo(scene(pair), lines))) == f"skipped ({code})"


@pytest.mark.parametrize("lines", [PUSHED, FETCHED])
def test_undo_lists_what_is_no_longer_mapped_as_left(lines: Any) -> None:
    other = replace(AFTER_PUSH, name="other")
    step = only(plan_undo(scene(other), lines))

    assert told(step) == "skipped (no_longer_mapped)"
    assert history_fields([step]) == []


def test_undo_obeys_the_same_states() -> None:
    assert told(only(plan_undo(scene(AFTER_PUSH, state=ContractState.SIGNED), PUSHED))) == "skipped (contract_signed)"
    assert told(only(plan_undo(scene(AFTER_FETCH, read_only=READ_ONLY), FETCHED))) == "skipped (record_read_only)"


def test_there_is_nothing_to_undo_in_a_line_that_wrote_nothing() -> None:
    agreed = history_fields([only(plan_automatic(scene(Pair("B", "B"))))])

    assert plan_undo(scene(Pair("B", "B")), agreed).steps == ()


def test_a_lagging_field_is_not_undone() -> None:
    lagging = replace(remembering(AFTER_PUSH, updated_time=LATER), updated="2026-03-12T07:00:00+0000")

    assert told(only(plan_undo(scene(lagging), PUSHED))) == "skipped (lagging)"
