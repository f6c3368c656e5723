"""What a card counts: waiting for a push, not yet agreed, in conflict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.engine.deciding.counts import Counts, after_writes, count
from sync_core.engine.deciding.planner import plan_fetch, plan_push
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import OneflowKind
from sync_core.engine.settling.answers import Answered, moved_bases, settle_write
from tests.engine.scenes import ASK, DYNAMICS_WINS, LATER, ONCE, ONE_WAY, ONEFLOW_WINS, SECURED, THEN, Pair, scene

UNAGREED = Pair("B", "C", ("B", "C"))
UNAGREED = replace(UNAGREED, remembered=FieldBase(UNAGREED.row.identity, UNAGREED.direction, Halves("B", "C", False)))

UNAGREED_ONE_WAY = replace(UNAGREED, direction=ONE_WAY)
UNAGREED_ONE_WAY = replace(
    UNAGREED_ONE_WAY, remembered=FieldBase(UNAGREED_ONE_WAY.row.identity, ONE_WAY, Halves("B", "C", False))
)

COUNTED = {
    "the same on both sides": (Pair(), Counts()),
    "changed in Dynamics": (Pair("A", "B"), Counts(waiting_for_push=1)),
    "changed in Dynamics, one way": (Pair("A", "B", direction=ONE_WAY), Counts(waiting_for_push=1)),
    "changed in Oneflow": (Pair("B", "A"), Counts()),
    "changed in Oneflow, one way": (Pair("B", "A", direction=ONE_WAY), Counts()),
    "no base": (Pair("B", "C", None), Counts()),
    "halves only taken": (UNAGREED, Counts(not_agreed=1)),
    "halves only taken, one way": (UNAGREED_ONE_WAY, Counts()),
    "conflict, and a person is asked": (Pair("B", "C", policy=ASK), Counts(conflicts=1)),
    "conflict that Dynamics won": (Pair("B", "C", policy=DYNAMICS_WINS), Counts(waiting_for_push=1)),
    "both changed, one way": (Pair("B", "C", direction=ONE_WAY, policy=ASK), Counts(waiting_for_push=1)),
    "both changed to the same": (Pair("B", "B", policy=ASK), Counts()),
    "not readable": (Pair("B", "C", cell=Cell(None, unreadable=SECURED), policy=ASK), Counts()),
    "only at creation": (Pair("A", "B", direction=ONCE), Counts()),
    "a party's field": (Pair("A", "B", direction=ONE_WAY, kind=OneflowKind.PARTY), Counts()),
}


@pytest.mark.parametrize(("pair", "expected"), COUNTED.values(), ids=COUNTED.keys())
def test_what_counts_as_what(pair: Pair, expected: Counts) -> None:
    assert count(scene(pair, policy=ONEFLOW_WINS)) == expected


def test_a_card_counts_all_its_fields() -> None:
    pairs = [Pair("A", "B", name="one"), Pair("A", "B", name="two"), Pair("B", "C", name="three", policy=ASK)]

    assert count(scene(*pairs)) == Counts(waiting_for_push=2, conflicts=1)


@pytest.mark.parametrize("pair", [Pair("A", "B", updated=THEN), Pair("B", "C", updated=THEN, policy=ASK)])
def test_a_push_leaves_nothing_to_count(pair: Pair) -> None:
    at = scene(pair)
    assert count(at) != Counts()
    steps = [settle_write(step, Answered(step.sure_write.after, LATER)) for step in plan_push(at).steps]

    done = after_writes(at, steps, moved_bases(at.bases, at.mapping, steps))

    assert count(done) == Counts()


def test_a_fetch_leaves_nothing_to_count_and_shows_what_dynamics_answered() -> None:
    at = scene(Pair("B", "C", policy=ASK))
    steps = [settle_write(step, Answered("B!")) for step in plan_fetch(at).steps]

    done = after_writes(at, steps, moved_bases(at.bases, at.mapping, steps))

    assert done.record.cells["name"].value == "B!"
    assert count(done) == Counts()


def test_a_write_that_oneflow_answered_without_the_change_is_refused() -> None:
    at = scene(Pair("A", "B"))
    steps = [settle_write(step, Answered("A")) for step in plan_push(at).steps]

    assert count(after_writes(at, steps, moved_bases(at.bases, at.mapping, steps))) == Counts(refused=1)
