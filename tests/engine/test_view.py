"""What a row shows now: late writes of ours, and reads that lag behind (DESIGN 2.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.view import View, settled, shown_text, view
from sync_core.engine.model.base import Halves, LateWrite, Reported
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ColumnType
from tests.engine.scenes import (
    EARLIER,
    LATER,
    ONEFLOW_WINS,
    THEN,
    Pair,
    blank_base,
    column,
    halves,
    only,
    remembering,
    scene,
    told,
)


def _seen(pair: Pair) -> View:
    return view(scene(pair), pair.row)


# --- lagging reads --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("read", "lagging"), [(EARLIER, True), (THEN, False), (LATER, False)])
def test_a_read_from_before_what_we_know_is_lagging_and_an_equal_one_is_new(read: str, lagging: bool) -> None:
    assert _seen(remembering(Pair("B", updated=read), updated_time=THEN)).lagging is lagging


@pytest.mark.parametrize(("read", "known"), [(None, THEN), (THEN, None), (None, None)])
def test_without_both_times_no_read_is_called_lagging(read: str | None, known: str | None) -> None:
    assert not _seen(remembering(Pair("B", updated=read), updated_time=known)).lagging


def test_without_times_a_value_that_our_write_replaced_is_looked_at_twice_before_it_counts() -> None:
    pair = remembering(Pair("old", "new", ("new", "new")), replaced="old")
    outcomes = []
    for _ in range(3):
        step = only(plan_automatic(scene(pair)))
        outcomes.append((told(step), step.lagging))
        pair = replace(pair, remembered=step.base)

    assert outcomes == [("unchanged (lagging)", True), ("unchanged (lagging)", True), ("dynamics := 'old'", False)]


@pytest.mark.parametrize(("read", "lagging"), [(THEN, True), (LATER, False)])
def test_where_our_writes_answer_told_no_time_the_one_known_is_of_before_it(read: str, lagging: bool) -> None:
    """A read that is as old as what we knew before we wrote shows what we replaced, not what somebody typed since."""
    pair = remembering(Pair("old", "new", ("new", "new"), updated=read), updated_time=THEN, replaced="old")
    step = only(plan_automatic(scene(pair)))

    assert (step.lagging, step.writes) == (lagging, not lagging)


def test_a_value_that_our_write_did_not_replace_counts_at_once() -> None:
    step = only(plan_automatic(scene(remembering(Pair("third", "new", ("new", "new")), replaced="old"))))

    assert told(step) == "dynamics := 'third'"


def test_our_own_value_showing_up_begins_the_looking_anew() -> None:
    """A read that lags may come after one that did not."""
    pair = remembering(Pair("new", "new", ("new", "new")), replaced="old", replaced_looks=1)
    step = only(plan_automatic(scene(pair)))
    assert not step.lagging

    again = only(plan_automatic(scene(replace(pair, oneflow="old", remembered=step.base))))
    assert (told(again), again.base.replaced_looks) == ("unchanged (lagging)", 1)


def test_what_our_write_replaced_is_forgotten_with_oneflows_next_value() -> None:
    base = remembering(Pair("third", "new", ("new", "new")), replaced="old").remembered
    assert base and settled(base, "third", "third", None).replaced is None
    assert settled(base, "new", "new", None).replaced == "old"


# --- late writes ----------------------------------------------------------------------------------------------------

LATE = LateWrite("W", "w")


def test_a_late_write_that_shows_up_is_ours_and_no_change_of_oneflow() -> None:
    step = only(plan_automatic(scene(remembering(Pair("W", "w"), late=(LATE,)))))

    assert not step.writes
    assert halves(step) == ("W", "w")


def test_dynamics_changes_since_a_late_write_are_changes_of_dynamics_only() -> None:
    pair = remembering(Pair("W", "x"), late=(LATE,))

    assert told(only(plan_automatic(scene(pair, policy=ONEFLOW_WINS)))) == "unchanged (waiting_for_push)"
    assert told(only(plan_automatic(scene(pair, policy=ONEFLOW_WINS, auto_push=True)))) == "oneflow := 'x'"


def test_a_late_first_write_is_ours_where_there_was_no_base_yet() -> None:
    pair = Pair("W", "x", None)
    pair = replace(pair, remembered=blank_base(pair, late=(LATE,)))

    step = only(plan_automatic(scene(pair, auto_push=True)))

    assert halves(step) == ("W", "w")
    assert told(step) == "oneflow := 'x'"


def test_a_value_that_is_no_late_write_is_a_change_of_oneflow() -> None:
    assert told(only(plan_automatic(scene(remembering(Pair("V", "A"), late=(LATE,)))))) == "dynamics := 'V'"


def test_the_newest_of_several_late_writes_of_one_value_counts() -> None:
    seen = _seen(remembering(Pair("W", "z"), late=(LateWrite("W", "first"), LateWrite("W", "second"))))

    assert seen.base.halves == Halves("W", "second")


def test_a_late_write_is_remembered_until_an_answered_one() -> None:
    assert _seen(remembering(Pair("W", "w"), late=(LATE,))).base.late == (LATE,)


def test_a_lagging_read_settles_no_late_write() -> None:
    pair = remembering(Pair("W", "w", updated=EARLIER), late=(LATE,), updated_time=THEN)

    assert _seen(pair).base.halves == Halves("A", "A")


# --- the rest -------------------------------------------------------------------------------------------------------


def test_settling_keeps_the_later_time_and_forgets_what_was_refused() -> None:
    pair = remembering(
        Pair("B", "B", updated=LATER), updated_time=THEN, reported=Reported(None, None, "not_in_contract")
    )

    base = _seen(pair).settled()

    assert base.updated_time == LATER
    assert base.reported is None


def test_settling_without_a_time_keeps_the_one_that_was_known() -> None:
    assert _seen(remembering(Pair("B", "B"), updated_time=THEN)).settled().updated_time == THEN


@pytest.mark.parametrize(
    ("cell", "of", "shown"),
    [
        (Cell("true"), ColumnType.YES_NO, "Yes"),
        (Cell("account:1d", label="Contoso"), ColumnType.LOOKUP, "Contoso"),
        (Cell("7"), ColumnType.CHOICE, "7"),
        (Cell("x" * 2000), ColumnType.MEMO, "x" * 2000),
        (Cell(None), ColumnType.TEXT, ""),
    ],
)
def test_people_read_also_what_could_not_go_into_a_contract(cell: Cell, of: Any, shown: str) -> None:
    assert shown_text(cell, column(of)) == shown
