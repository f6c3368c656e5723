"""An intent that an interrupted sync left behind is settled first, by what both sides show now (DESIGN 2.6, 1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.planner import plan_automatic, plan_push
from sync_core.engine.model.base import Bases, Halves, LateWrite
from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ColumnType
from sync_core.engine.settling.answers import intent_fields
from sync_core.engine.settling.recovery import settle_left_behind
from tests.engine.scenes import GONE, SECURED, Pair, blank_base, only, scene, told

# The interrupted sync read O|D, was about to bring O (or D) across, and died.
OUT, IN = Pair("O", "D", ("O", "A")), Pair("O", "D", ("A", "D"))


def _died(pair: Pair) -> Intent:
    plan = plan_automatic(scene(pair, auto_push=True))
    assert plan.writes
    return Intent("i1", "automatic", "webhook", "application", "2026-03-12T08:00:00Z", intent_fields(plan))


def _found(pair: Pair, **shows: Any) -> tuple[Pair, HistoryLine]:
    """The pair as the next sync finds it, its base settled, and the history line."""
    now = replace(pair, **shows)
    at = scene(now)
    bases, (line,) = settle_left_behind(_died(pair), at.bases, at.mapping, at.columns, at.contract, at.record)
    return replace(now, remembered=bases[pair.row.key]), line


def _halves(bases_of: Pair) -> Halves | None:
    assert bases_of.remembered
    return bases_of.remembered.halves


@pytest.mark.parametrize(
    ("pair", "shows", "kind", "moved"),
    [
        # nothing was written: the base stays
        (OUT, {}, "not_done", Halves("O", "A")),
        (IN, {}, "not_done", Halves("A", "D")),
        # it was written
        (OUT, {"oneflow": "D"}, "written", Halves("D", "D")),
        (IN, {"dynamics": "O"}, "written", Halves("O", "O")),
        # somebody changed the written side since: taken as done, and marked unclear
        (OUT, {"oneflow": "X"}, "unclear", Halves("D", "D")),
        (IN, {"dynamics": "X"}, "unclear", Halves("O", "O")),
        # it was written, and stored without the blanks at its ends
        (replace(OUT, dynamics="D "), {"oneflow": "D"}, "written", Halves("D", "D ")),
        # somebody changed the other side since: the half is what the plan read
        (OUT, {"oneflow": "D", "dynamics": "X"}, "written", Halves("D", "D")),
        (IN, {"oneflow": "X", "dynamics": "O"}, "written", Halves("O", "O")),
        # the written side cannot be seen
        (OUT, {"oneflow": GONE}, "unclear", None),
        (IN, {"dynamics": GONE}, "unclear", None),
        (IN, {"cell": Cell(None, unreadable=SECURED)}, "unclear", None),
    ],
)
def test_what_is_found_is_settled(pair: Pair, shows: dict[str, Any], kind: str, moved: Halves | None) -> None:
    now, line = _found(pair, **shows)

    assert line.kind == kind
    assert _halves(now) == moved


@pytest.mark.parametrize("shows", [{}, {"oneflow": "D"}, {"oneflow": "X"}])
def test_what_was_overwritten_is_in_the_history_whatever_happened(shows: dict[str, Any]) -> None:
    _, line = _found(OUT, **shows)

    assert (line.side, line.before, line.after, line.from_text, line.to_text) == ("oneflow", "O", "D", "O", "D")


def test_what_was_not_done_is_planned_anew() -> None:
    now, _ = _found(OUT)

    assert told(only(plan_automatic(scene(now, auto_push=True)))) == "oneflow := 'D'"


@pytest.mark.parametrize("pair", [OUT, IN])
def test_what_was_done_is_not_written_twice(pair: Pair) -> None:
    now, _ = _found(pair, **({"oneflow": "D"} if pair is OUT else {"dynamics": "O"}))

    assert told(only(plan_automatic(scene(now, auto_push=True)))) == "unchanged"


def test_an_edit_made_since_travels_as_usual() -> None:
    counterparty, _ = _found(OUT, oneflow="X")
    seller, _ = _found(IN, dynamics="X")

    assert told(only(plan_automatic(scene(counterparty)))) == "dynamics := 'X'"
    assert told(only(plan_automatic(scene(seller, auto_push=True)))) == "oneflow := 'X'"


def test_a_write_to_oneflow_that_may_still_arrive_is_remembered_as_ours() -> None:
    now, _ = _found(OUT)
    assert now.remembered
    assert now.remembered.late == (LateWrite("D", "D"),)

    arrived = only(plan_automatic(scene(replace(now, oneflow="D", dynamics="E"), auto_push=True)))

    assert told(arrived) == "oneflow := 'E'"
    assert arrived.reason is None


def test_texts_that_mean_the_same_count_as_found() -> None:
    pair = Pair("No", "true", ("No", "false"), type=ColumnType.YES_NO)

    assert _found(pair, oneflow="TRUE")[1].kind == "written"
    assert _found(pair, oneflow="0")[1].kind == "not_done"


def test_a_first_push_that_died_settles_without_a_base() -> None:
    pair = Pair("O", "D", None)
    at = scene(replace(pair, oneflow="D"))
    intent = replace(_died(OUT), fields=intent_fields(plan_push(scene(pair))))

    bases, _ = settle_left_behind(intent, at.bases, at.mapping, at.columns, at.contract, at.record)

    assert bases[pair.row.key] == replace(blank_base(pair), halves=Halves("D", "D"))


def test_a_row_that_is_no_longer_mapped_still_gets_its_history_line() -> None:
    at = scene(Pair(name="other"))

    bases, (line,) = settle_left_behind(_died(OUT), at.bases, at.mapping, at.columns, at.contract, at.record)

    assert line.dynamics_column == "name"
    assert line.before == "O"
    assert line.kind == "unclear"
    assert bases == at.bases


def test_fields_that_the_intent_does_not_name_keep_their_bases() -> None:
    other = Pair(name="other")
    at = scene(replace(OUT, oneflow="D"), other)

    bases: Bases
    bases, _ = settle_left_behind(_died(OUT), at.bases, at.mapping, at.columns, at.contract, at.record)

    assert bases[other.row.key] == at.bases[other.row.key]


def test_a_write_taken_as_done_may_still_be_on_its_way() -> None:
    """A process that stood still before the send writes over what a person typed since: that is ours, no edit."""
    now, _ = _found(OUT, oneflow="X")
    assert now.remembered and now.remembered.late == (LateWrite("D", "D"),)

    again = only(plan_automatic(scene(replace(now, oneflow="D", dynamics="Y"), auto_push=True)))
    assert told(again) == "oneflow := 'Y'"
