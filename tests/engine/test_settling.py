"""What each answer to a write does to the field and its base, and what the history then says (DESIGN 2.3)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase, Halves, LateWrite, Refusal, Reported
from sync_core.engine.model.history import HistoryEntry, sent_to_oneflow
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ColumnType, Reason, Result, Side
from sync_core.engine.settling.answers import (
    LATE_WRITES,
    Answered,
    Unanswered,
    intent_fields,
    moved_bases,
    settle_write,
)
from sync_core.engine.settling.lines import history_fields
from tests.engine.scenes import (
    ASK,
    EARLIER,
    LATER,
    ONCE,
    ONE_WAY,
    SECURED,
    THEN,
    TWO_WAY,
    Pair,
    blank_base,
    column,
    halves,
    only,
    remembering,
    scene,
    told,
)

OUT, IN = Pair("A", "B", updated=THEN), Pair("B", "A", updated=THEN)
REFUSED = Unanswered(Reason("refused", "A rule of the template says no."))
NOT_SENT = Unanswered(reasons.LOCK_TOO_SHORT, refused=False)
UNCLEAR = Unanswered(reasons.UNCLEAR, unclear=True, refused=False)


def _push(pair: Pair = OUT) -> Step:
    return only(plan_push(scene(pair)))


def _fetch(pair: Pair = IN) -> Step:
    return only(plan_fetch(scene(pair)))


# --- answered -------------------------------------------------------------------------------------------------------


def test_a_write_to_oneflow_settles_on_its_answer_and_on_what_the_plan_read() -> None:
    step = settle_write(_push(), Answered("B", LATER))

    assert step.result is Result.WRITTEN
    assert halves(step) == ("B", "B")
    assert step.base.updated_time == LATER
    assert step.base.replaced is None


def test_a_write_to_dynamics_settles_on_its_answer_and_on_what_the_plan_read() -> None:
    step = settle_write(_fetch(), Answered("B"))

    assert halves(step) == ("B", "B")
    assert step.base.updated_time == THEN


def test_a_vendor_that_kept_another_value_gives_the_halves_it_returned_and_nothing_travels_back() -> None:
    fetched, pushed = settle_write(_fetch(), Answered("B!")), settle_write(_push(), Answered("B!", LATER))

    assert (halves(fetched), halves(pushed)) == (("B", "B!"), ("B!", "B"))
    for step, shown in ((fetched, Pair("B", "B!")), (pushed, Pair("B!", "B"))):
        assert step.result is Result.WRITTEN
        assert step.sure_write.to_text == "B!"
        again = only(plan_automatic(scene(replace(shown, remembered=step.base), auto_push=True)))
        assert told(again) == ("unchanged" if step is fetched else "unchanged (answered_otherwise)")


def test_a_third_value_in_oneflows_answer_is_listed_for_a_person() -> None:
    """Typed just then by somebody, or Oneflow's own form: nobody can tell, and neither may be lost."""
    pushed = settle_write(_push(), Answered("C", LATER))

    assert (pushed.reason, pushed.report) == (reasons.ANSWERED_OTHERWISE, True)
    assert pushed.base.halves == Halves("C", "B", agreed=False)
    assert [dispute.kind for dispute in disputes(scene(Pair("C", "B", remembered=pushed.base)))] == ["not_agreed"]


def test_oneflows_own_spacing_of_what_was_sent_is_agreed() -> None:
    pushed = settle_write(_push(Pair("A", "Nordlys  AS", updated=THEN)), Answered("Nordlys AS", LATER))

    assert pushed.base.halves == Halves("Nordlys AS", "Nordlys  AS")
    assert pushed.reason is None


def test_a_third_value_of_a_one_way_field_is_nobodys_question() -> None:
    pushed = settle_write(_push(replace(OUT, direction=ONE_WAY)), Answered("C", LATER))

    assert pushed.base.halves == Halves("C", "B")
    assert pushed.reason is None


def test_an_answer_without_the_change_is_a_failure_that_moves_no_half() -> None:
    for step, side in ((_push(), Side.ONEFLOW), (_fetch(), Side.DYNAMICS)):
        failed = settle_write(step, Answered("A", LATER))

        assert failed.result is Result.FAILED
        assert failed.reason == reasons.NOT_CHANGED
        assert failed.report
        assert halves(failed) == ("A", "A")
        assert failed.base.refusal == Refusal(side, "B", "not_changed", reasons.NOT_CHANGED.text)


def test_a_write_of_another_text_that_means_the_same_is_no_failure() -> None:
    step = _push(Pair("No", "true", type=ColumnType.YES_NO))
    step = replace(step, write=replace(step.sure_write, before="yes", after="Yes"))

    assert settle_write(step, Answered("Yes")).result is Result.WRITTEN


def test_an_answered_write_ends_the_late_ones_and_what_was_refused() -> None:
    pair = remembering(OUT, late=(LateWrite("x", "x"),), refusal=Refusal(Side.ONEFLOW, "B", "refused"))

    base = settle_write(_push(pair), Answered("B", LATER)).base

    assert base.late == ()
    assert base.refusal is None


def test_without_a_time_in_the_answer_the_replaced_value_is_remembered() -> None:
    base = settle_write(_push(), Answered("B")).base

    assert base.replaced == "A"
    assert told(only(plan_automatic(scene(Pair("A", "B", remembered=replace(base, updated_time=None)))))) == (
        "unchanged (lagging)"
    )


def test_an_older_read_after_our_write_is_lagging() -> None:
    base = settle_write(_push(), Answered("B", LATER)).base

    assert only(plan_automatic(scene(Pair("A", "B", remembered=base, updated=EARLIER)))).lagging


def test_our_own_write_coming_back_changes_nothing() -> None:
    base = settle_write(_push(), Answered("B", LATER)).base

    assert told(only(plan_automatic(scene(Pair("B", "B", remembered=base, updated=LATER), auto_push=True)))) == (
        "unchanged"
    )


# --- not answered ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", [REFUSED, NOT_SENT, UNCLEAR])
def test_a_failed_write_settles_nothing(answer: Unanswered) -> None:
    for step in (_push(), _fetch()):
        failed = settle_write(step, answer)

        assert failed.result is Result.FAILED
        assert failed.reason == answer.reason
        assert halves(failed) == ("A", "A")


def test_a_refusal_for_good_is_marked_and_not_tried_again_by_itself() -> None:
    failed = settle_write(only(plan_automatic(scene(OUT, auto_push=True))), REFUSED)

    assert failed.base.refusal == Refusal(Side.ONEFLOW, "B", "refused", REFUSED.reason.text)
    again = plan_automatic(scene(replace(OUT, remembered=failed.base), auto_push=True))
    assert not again.writes


@pytest.mark.parametrize("answer", [NOT_SENT, UNCLEAR])
def test_what_was_not_refused_is_tried_again_by_itself(answer: Unanswered) -> None:
    failed = settle_write(only(plan_automatic(scene(OUT, auto_push=True))), answer)

    assert failed.base.refusal is None
    assert told(only(plan_automatic(scene(replace(OUT, remembered=failed.base), auto_push=True)))) == "oneflow := 'B'"


def test_an_unanswered_write_to_oneflow_is_remembered_with_the_half_its_plan_read() -> None:
    assert settle_write(_push(), UNCLEAR).base.late == (LateWrite("B", "B"),)
    assert settle_write(_push(), REFUSED).base.late == ()
    assert settle_write(_fetch(), UNCLEAR).base.late == ()


def test_only_the_newest_unanswered_writes_are_remembered() -> None:
    old = tuple(LateWrite(str(number), None) for number in range(LATE_WRITES))

    late = settle_write(_push(remembering(OUT, late=old)), UNCLEAR).base.late

    assert len(late) == LATE_WRITES
    assert late[-1] == LateWrite("B", "B")
    assert old[0] not in late


# --- the intent -----------------------------------------------------------------------------------------------------


def test_the_intent_keeps_what_is_overwritten_and_both_halves_as_read() -> None:
    plan = plan_automatic(scene(replace(IN, name="in"), replace(OUT, name="out"), Pair(name="same"), auto_push=True))

    fields = {one.column: one for one in intent_fields(plan)}

    assert set(fields) == {"in", "out"}
    inward, outward = fields["in"], fields["out"]
    assert (inward.side, inward.before, inward.after) == (Side.DYNAMICS, "A", "B")
    assert (outward.side, outward.before, outward.after) == (Side.ONEFLOW, "A", "B")
    assert (outward.oneflow, outward.dynamics, outward.updated_time) == ("A", "B", THEN)


def test_the_intent_names_the_rule_that_decided_a_conflict() -> None:
    plan = plan_automatic(scene(Pair("B", "C")))

    assert [one.rule for one in intent_fields(plan)] == ["conflict_oneflow_wins"]


def test_people_read_texts_and_the_exact_values_stand_beside() -> None:
    pair = Pair("No", "true", ("Yes", "true"), type=ColumnType.YES_NO)

    (one,) = intent_fields(plan_fetch(scene(pair)))

    assert (one.before, one.after, one.from_text, one.to_text) == ("true", "false", "Yes", "No")


# --- the bases after a sync -----------------------------------------------------------------------------------------


def test_bases_of_rows_that_are_no_longer_mapped_end() -> None:
    kept, gone = Pair(name="kept"), Pair(name="gone")
    at = scene(kept, gone)

    moved = moved_bases(at.bases, scene(kept).mapping, [])

    assert set(moved) == {kept.row.key}


def test_a_row_that_was_not_two_way_meanwhile_starts_two_way_without_a_base() -> None:
    two_way = Pair()
    meanwhile = moved_bases(scene(two_way).bases, scene(replace(two_way, direction=ONCE)).mapping, [])

    step = only(plan_automatic(replace(scene(Pair("B", "C")), bases=meanwhile)))

    assert told(step) == "unchanged (not_agreed_mapping_changed)"


def test_a_step_moves_its_own_base_and_leaves_the_others() -> None:
    written, other = replace(OUT, name="written"), Pair(name="other")
    at = scene(written, other)
    step = settle_write(plan_push(at).steps[0], Answered("B", LATER))

    moved = moved_bases(at.bases, at.mapping, [step])

    assert moved[written.row.key].halves == Halves("B", "B")
    assert moved[other.row.key] == at.bases[other.row.key]


def test_a_field_of_which_nothing_is_known_takes_no_room() -> None:
    pair = Pair("B", "C", None, ONE_WAY)
    at = scene(pair)

    assert moved_bases(at.bases, at.mapping, plan_automatic(at).steps) == {}


@pytest.mark.parametrize("parts", [{"reported": Reported(None, None, "x")}, {"late": (LateWrite("x", None),)}])
def test_a_mark_or_a_late_write_is_kept_without_a_base(parts: dict[str, Any]) -> None:
    pair = Pair(base=None)
    base = replace(blank_base(pair), **parts)
    step = replace(only(plan_automatic(scene(pair))), base=base)

    assert moved_bases({}, scene(pair).mapping, [step]) == {pair.row.key: base}


# --- history lines --------------------------------------------------------------------------------------------------


def _kinds(*steps: Step) -> list[str]:
    return [str(line.kind) for line in history_fields(steps)]


def test_what_each_step_leaves_in_the_history() -> None:
    agreement = only(plan_automatic(scene(Pair("B", "B"))))
    taken = only(plan_automatic(scene(Pair("B", "C", None))))
    secured = only(plan_automatic(scene(Pair(cell=Cell(None, unreadable=SECURED)))))

    assert _kinds(settle_write(_push(), Answered("B", LATER))) == ["written"]
    assert _kinds(settle_write(_push(), REFUSED)) == ["refused"]
    assert _kinds(settle_write(_push(), Answered("A"))) == ["refused"]
    assert _kinds(settle_write(_push(), UNCLEAR)) == ["unclear"]
    assert _kinds(settle_write(_push(), NOT_SENT)) == ["not_done"]
    assert _kinds(agreement) == ["settled"]
    assert _kinds(taken) == ["settled"]
    assert _kinds(secured) == ["refused"]


def test_nothing_new_leaves_nothing_in_the_history() -> None:
    unchanged = only(plan_automatic(scene(Pair())))
    waiting = only(plan_automatic(scene(OUT)))
    secured = Pair(cell=Cell(None, unreadable=SECURED))
    again = only(plan_automatic(scene(replace(secured, remembered=only(plan_automatic(scene(secured))).base))))

    assert _kinds(unchanged, waiting, again) == []


def test_every_move_of_a_base_has_a_line_with_both_bases() -> None:
    (line,) = history_fields([settle_write(_push(), Answered("B", LATER))])

    assert line.base_before and FieldBase.from_json(line.base_before).halves == Halves("A", "A")
    assert line.settled and line.settled.halves == Halves("B", "B")
    assert (line.before, line.after, line.from_text, line.to_text) == ("A", "B", "A", "B")


def test_a_late_write_that_showed_up_has_its_line() -> None:
    step = only(plan_automatic(scene(remembering(Pair("W", "w"), late=(LateWrite("W", "w"),)))))

    assert _kinds(step) == ["late", "settled"]


def test_a_late_writes_line_tells_what_it_replaced_so_that_it_can_be_searched_for_and_undone() -> None:
    step = only(plan_automatic(scene(remembering(Pair("W", "w"), late=(LateWrite("W", "w"),)))))
    line = history_fields([step])[0]
    entry = HistoryEntry("e", 1, "", "automatic", "webhook", "", 7, "unchanged", [line], "")

    assert (line.side, line.before, line.after) == ("oneflow", "A", "W")
    assert sent_to_oneflow(entry) == [line]
    assert line.overwrote


def test_a_new_question_is_in_the_history_once() -> None:
    first = only(plan_automatic(scene(Pair("B", "C"), policy=ASK)))
    second = only(plan_automatic(scene(Pair("B", "C", remembered=first.base), policy=ASK)))

    assert len(_kinds(first)) == 1
    assert _kinds(second) == []


def test_texts_that_mean_the_same_are_one_answer() -> None:
    pair = Pair("No", "true", ("No", "false"), TWO_WAY, column=column(ColumnType.YES_NO))

    assert settle_write(_push(pair), Answered("yes", LATER)).result is Result.WRITTEN
    assert settle_write(_push(pair), Answered("no", LATER)).result is Result.FAILED


# --- the other side's way of storing --------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["Nordic Steel", "NORDIC STEEL"])
def test_what_oneflow_trims_is_settled_once_and_stays_quiet(kept: str) -> None:
    first = settle_write(only(plan_push(scene(Pair("A", "Nordic Steel ")))), Answered(kept, LATER))
    again = Pair(kept, "Nordic Steel ", remembered=first.base, updated=LATER)

    for plan in (plan_push, plan_fetch, plan_automatic):
        assert told(only(plan(scene(again, auto_push=True)))) == "unchanged"


def test_a_push_without_a_base_over_what_oneflow_trimmed_is_no_failure() -> None:
    step = only(plan_push(scene(Pair("Nordic Steel", "Nordic Steel ", None))))
    assert step.writes

    done = settle_write(step, Answered("Nordic Steel", LATER))

    assert (done.result, halves(done)) == (Result.WRITTEN, ("Nordic Steel", "Nordic Steel "))


def test_an_edit_since_is_written_though_it_is_only_another_form() -> None:
    first = settle_write(only(plan_push(scene(Pair("A", "nordic steel")))), Answered("nordic steel", LATER))
    edited = Pair("nordic steel", "Nordic Steel", remembered=first.base, updated=LATER)

    assert told(only(plan_push(scene(edited)))) == "oneflow := 'Nordic Steel'"
