"""A vendor's refusal on a field: of the value, of the situation, told once, and over when nothing is due any more."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch
from sync_core.engine.model.base import FieldBase, Refusal
from sync_core.engine.model.words import Reason, Side
from sync_core.engine.settling.answers import Answered, Unanswered, moved_bases, settle_write
from sync_core.engine.settling.lines import history_fields
from sync_core.engine.settling.schedule import next_try
from tests.engine.scenes import Pair, only, remembering, scene, told

IN, OUT = Pair("B", "A"), Pair("A", "B")
RULE = Refusal(Side.DYNAMICS, "B", "dynamics_rule", "A rule says no.", of_value=False)
SAYS_NO = Unanswered(Reason(RULE.code, RULE.text), of_value=False)


def _after(pair: Pair, plan: Plan) -> FieldBase:
    """The field's base once a plan that wrote nothing is closed."""
    shown = scene(pair)
    return moved_bases(shown.bases, shown.mapping, plan.steps)[pair.row.key]


def test_what_the_situation_refused_is_tried_again_at_an_event() -> None:
    refused = remembering(IN, refusal=RULE)

    assert told(only(plan_automatic(scene(refused)))) == "dynamics := 'B'"


def test_at_an_ordinary_look_it_waits_for_its_own_time() -> None:
    shown = replace(scene(remembering(IN, refusal=RULE)), refused_waits=True)
    step = only(plan_automatic(shown))

    assert told(step) == "unchanged (dynamics_rule)"
    assert step.reason is not None and step.reason.text == RULE.text
    assert _after(remembering(IN, refusal=RULE), plan_automatic(shown)).refusal == RULE
    other = replace(scene(remembering(replace(IN, oneflow="C"), refusal=RULE)), refused_waits=True)
    assert told(only(plan_automatic(other))) == "dynamics := 'C'", "another value waits for nothing"


def test_a_refusal_that_stands_is_told_to_the_history_once_and_to_a_person_each_time() -> None:
    first = settle_write(only(plan_automatic(scene(IN))), SAYS_NO, again=False)
    known = replace(IN, remembered=first.base)
    said_otherwise = replace(SAYS_NO, reason=Reason(RULE.code, "A rule says no, at 12:01."))
    second = settle_write(only(plan_automatic(scene(known))), said_otherwise, again=False)
    by_hand = settle_write(only(plan_fetch(scene(known))), SAYS_NO)
    other_cause = settle_write(
        only(plan_automatic(scene(known))), Unanswered(Reason("dynamics_refused", "No.")), again=False
    )

    assert first.base.refusal == RULE
    assert [len(history_fields([step])) for step in (first, second, by_hand, other_cause)] == [1, 0, 1, 1]
    assert second.base.refusal is not None and second.base.refusal.text.endswith("12:01."), (
        "what is shown is the newest"
    )


@pytest.mark.parametrize("refusal", [RULE, replace(RULE, of_value=True)])
def test_a_refusal_is_over_when_its_write_is_no_longer_due(refusal: Refusal) -> None:
    back = remembering(replace(IN, oneflow="A"), refusal=refusal)
    agreed = remembering(replace(IN, dynamics="B"), refusal=refusal)
    ours = remembering(replace(IN, oneflow="A", dynamics="C"), refusal=refusal)

    for pair in (back, agreed, ours):
        assert _after(pair, plan_automatic(scene(pair))).refusal is None


def test_a_push_that_was_refused_stands_while_its_value_waits_and_no_longer() -> None:
    refusal = Refusal(Side.ONEFLOW, "B", "oneflow_payment", of_value=False)
    waiting = remembering(OUT, refusal=refusal)
    other = remembering(replace(OUT, dynamics="C"), refusal=refusal)

    assert told(only(plan_automatic(scene(waiting)))) == "unchanged (oneflow_payment)"
    assert _after(waiting, plan_automatic(scene(waiting))).refusal == refusal
    assert _after(other, plan_automatic(scene(other))).refusal is None


def test_an_answered_write_ends_a_refusal() -> None:
    step = settle_write(only(plan_automatic(scene(remembering(IN, refusal=RULE)))), Answered("B"), again=False)

    assert step.base.refusal is None


def test_what_is_refused_is_tried_ever_later_up_to_a_day_apart() -> None:
    since = now = datetime(2026, 1, 1, tzinfo=UTC)
    tries = [now]
    while now - since < timedelta(days=30):
        now = next_try(since, now)
        tries.append(now)
    waits = [later - earlier for earlier, later in pairwise(tries)]

    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(days=1))
    assert len([one for one in tries if one - since < timedelta(hours=1)]) < 25
