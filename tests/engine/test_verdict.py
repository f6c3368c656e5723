"""The verdict on a field: one place says what it waits for, and all that people see follows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.counts import Counts, count
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes, plan_keep
from sync_core.engine.deciding.verdict import Keep, verdicts
from sync_core.engine.deciding.view import Scene
from sync_core.engine.deciding.who_changed import known_of
from sync_core.engine.model.base import FieldBase, Halves, LateWrite, Refusal, Unagreed, WhyOpen
from sync_core.engine.model.records import Cell
from sync_core.engine.model.row_options import Format, RowOptions
from sync_core.engine.model.words import ColumnType, ContractState, Side
from sync_core.engine.settling.answers import Answered, moved_bases, settle_write
from tests.engine.scenes import (
    ASK,
    EARLIER,
    LATER,
    ONE_WAY,
    READ_ONLY,
    THEN,
    Pair,
    column,
    only,
    remembering,
    scene,
    told,
)
from tests.proof.verdict_law import breaches


def _after(at: Scene) -> Scene:
    """The scene after an automatic sync that wrote nothing."""
    plan = plan_automatic(at)
    assert not plan.writes
    return replace(at, bases=moved_bases(at.bases, at.mapping, plan.steps))


def _kinds(at: Scene) -> list[str]:
    return [one.to_json()["kind"] for one in disputes(at)]


UNAGREED = replace(Pair("B", "C"), remembered=only(plan_automatic(scene(Pair("B", "C", None)))).base)
READ_ONLY_RECORD = scene(Pair("B", "C"), read_only=READ_ONLY)
TOO_LONG = scene(Pair("B" * 20, "C", column=column(max_length=10)))
LAGGING = scene(remembering(Pair("old", "C", ("A", "A"), policy=ASK, updated=EARLIER), updated_time=THEN))
CONFLICT = scene(Pair("B", "C", policy=ASK, updated=THEN))


def test_an_edit_of_dynamics_does_not_hide_that_a_field_was_never_agreed() -> None:
    at = scene(replace(UNAGREED, dynamics="D"))

    assert (_kinds(at), count(at)) == (["not_agreed"], Counts(not_agreed=1))


@pytest.mark.parametrize(
    ("at", "code"), [(READ_ONLY_RECORD, "record_read_only"), (TOO_LONG, "too_long")], ids=["read only", "too long"]
)
def test_what_oneflow_wins_and_dynamics_cannot_take_is_refused_and_waits_for_no_push(at: Scene, code: str) -> None:
    (one,) = disputes(at)

    assert (one.to_json()["kind"], one.to_json()["reason_code"]) == ("refused", code)
    assert count(at) == Counts(refused=1)
    assert only(plan_automatic(at)).reason == one.verdict.reason


def test_a_conflict_stays_listed_and_counted_while_a_read_lags() -> None:
    at = _after(CONFLICT)
    base = replace(at.bases["f_name"], updated_time=THEN)
    lagging = scene(Pair("old", "C", policy=ASK, updated=EARLIER, remembered=base))

    assert only(plan_automatic(lagging)).lagging
    assert [one.to_json()["oneflow"] for one in disputes(lagging)] == ["B"]
    assert disputes(lagging)[0].id == disputes(at)[0].id
    assert count(lagging) == Counts(conflicts=1)


def test_our_own_late_write_is_no_change_of_oneflow_in_a_preview_either() -> None:
    at = scene(remembering(Pair("W", "x"), late=(LateWrite("W", "w"),)))

    known = known_of(only(plan_push(at)), at.record, {}, [])

    assert (known["oneflow_changed"], known["dynamics_changed"]) == (False, True)


WHYS = {
    WhyOpen.LINKED: "not_agreed_linked",
    WhyOpen.MOVED: "not_agreed_moved",
    WhyOpen.MAPPING_CHANGED: "not_agreed_mapping_changed",
    WhyOpen.FIELD_REPLACED: "not_agreed_field_replaced",
    WhyOpen.ANSWERED_OTHERWISE: "answered_otherwise",
    WhyOpen.UNSURE: "not_agreed_unsure",
    None: "not_yet_agreed",
}


@pytest.mark.parametrize(("why", "code"), WHYS.items())
def test_a_field_says_why_it_was_never_agreed(why: WhyOpen | None, code: str) -> None:
    pair = replace(Pair("B", "C", None), remembered=None)
    base = FieldBase(pair.row.identity, pair.direction, unagreed=Unagreed(why) if why else None)
    first = only(plan_automatic(scene(replace(pair, remembered=base))))
    (one,) = disputes(scene(replace(pair, remembered=first.base)))

    assert first.reason and first.reason.code == code
    assert one.to_json()["reason_code"] == code


def test_a_base_that_the_mapping_ended_says_so_and_since_when() -> None:
    was = Pair("B", "C", direction=ONE_WAY)
    now = replace(Pair("B", "C"), remembered=FieldBase(was.row.identity, ONE_WAY, Halves("A", "A")))
    at = scene(now)
    at = replace(at, mapping=replace(at.mapping, saved_at="2026-03-12T08:00:00Z"))

    (one,) = disputes(_after(at))

    assert (one.to_json()["reason_code"], one.to_json()["since"]) == (
        "not_agreed_mapping_changed",
        "2026-03-12T08:00:00Z",
    )


def test_a_data_field_that_comes_back_under_another_id_clears_nothing() -> None:
    at = scene(Pair("A", "mine", ("A", "A")))
    at = replace(at, bases=moved_bases(at.bases, at.mapping, plan_automatic(at).steps))
    field = at.contract.fields["f_name"]
    back = replace(at, contract=replace(at.contract, fields={"f_name": replace(field, id=field.id + 100, value="")}))

    assert told(only(plan_automatic(back))) == "unchanged (not_agreed_field_replaced)"
    assert _kinds(_after(back)) == ["not_agreed"]


# --- what a person may answer ---------------------------------------------------------------------------------------

SIGNED: dict[str, Any] = {"state": ContractState.SIGNED}
ANSWERS = {
    "both sides can be written": (scene(Pair("B", "C", policy=ASK)), ["dynamics", "oneflow"]),
    "signed": (scene(Pair("B", "C", policy=ASK), **SIGNED), ["oneflow", "leave"]),
    "signed, and the record is read-only": (
        scene(Pair("B", "C", policy=ASK), **SIGNED, read_only=READ_ONLY),
        ["leave"],
    ),
    "the record is read-only": (scene(Pair("B", "C", policy=ASK), read_only=READ_ONLY), ["dynamics"]),
    "what no contract can show is not written over": (scene(Pair("B", "C" * 1025, policy=ASK)), ["leave"]),
    "changed in Dynamics after signing": (scene(Pair("A", "C"), **SIGNED), ["oneflow", "leave"]),
    "a push is the answer": (scene(Pair("A", "C")), []),
    "one way": (scene(Pair("A", "C", direction=ONE_WAY)), []),
}


@pytest.mark.parametrize(("at", "answers"), ANSWERS.values(), ids=ANSWERS.keys())
def test_no_answer_is_offered_that_is_known_to_be_refused(at: Scene, answers: list[str]) -> None:
    (one,) = disputes(at)

    assert one.to_json()["keep"] == answers


def test_to_leave_a_difference_settles_it_without_a_write_and_is_told() -> None:
    step = only(plan_keep(scene(Pair("B", "C", policy=ASK), **SIGNED), "f_name", Keep.LEAVE))

    assert told(step) == "unchanged (left_different)"
    assert step.report and step.base.halves == Halves("B", "C")
    again = scene(replace(Pair("B", "C", policy=ASK), remembered=step.base), **SIGNED)
    assert (_kinds(again), told(only(plan_automatic(again)))) == ([], "unchanged")


# --- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("of_value", [True, False])
def test_a_standing_refusal_is_counted_with_the_vendors_sentence(of_value: bool) -> None:
    refusal = Refusal(Side.DYNAMICS, "B", "refused", "The plug-in says no.", of_value)
    at = scene(remembering(Pair("B", "A"), refusal=refusal))

    (one,) = disputes(at)

    assert (one.to_json()["kind"], one.to_json()["reason"]) == ("refused", "The plug-in says no.")
    assert count(at) == Counts(refused=1)
    assert only(plan_automatic(at)).writes is not of_value  # of the situation, it is tried again


def test_a_refusal_is_over_when_nobody_asks_for_the_value_any_more() -> None:
    at = scene(remembering(Pair("A", "A"), refusal=Refusal(Side.DYNAMICS, "B", "refused")))

    assert (_kinds(at), _after(at).bases["f_name"].refusal) == ([], None)


def test_a_push_that_oneflow_refuses_waits_no_more_but_is_refused() -> None:
    at = scene(remembering(Pair("A", "B"), refusal=Refusal(Side.ONEFLOW, "B", "refused", "No.")))

    assert count(at) == Counts(refused=1)
    assert count(scene(replace(at_pair(at), dynamics="C"))) == Counts(waiting_for_push=1)


def at_pair(at: Scene) -> Pair:
    return Pair("A", "B", remembered=at.bases["f_name"])


# --- lagging reads --------------------------------------------------------------------------------------------------

FORMS = ["2026-03-12T08:00:05Z", "2026-03-12T08:00:05+0000", "2026-03-12T08:00:05.000Z", "2026-03-12T10:00:05+0200"]


@pytest.mark.parametrize("known", FORMS)
@pytest.mark.parametrize("read", FORMS)
def test_times_are_compared_as_instants_whatever_their_form(known: str, read: str) -> None:
    at = scene(remembering(Pair("B", "A", updated=read), updated_time=known))

    assert told(only(plan_automatic(at))) == "dynamics := 'B'"
    assert told(only(plan_push(scene(remembering(Pair("A", "B", updated=read), updated_time=known))))) == (
        "oneflow := 'B'"
    )


@pytest.mark.parametrize("read", ["2026-03-12T08:00:05Z", "2026-03-12T10:00:05+0200"])
def test_whole_seconds_are_no_earlier_than_a_fraction_of_the_same(read: str) -> None:
    """A vendor that answers a write with fractions and a read without tells of one moment."""
    at = scene(remembering(Pair("B", "A", updated=read), updated_time="2026-03-12T08:00:05.700Z"))
    assert told(only(plan_automatic(at))) == "dynamics := 'B'"
    before = replace(at_pair(at), dynamics="A")
    for known, earlier in (
        ("2026-03-12T08:00:06.100Z", read),
        ("2026-03-12T08:00:05.700Z", "2026-03-12T08:00:05.699Z"),
        ("2026-03-12T08:00:05Z", "2026-03-12T08:00:04.999Z"),
    ):
        lagging = remembering(replace(before, oneflow="B", remembered=None, updated=earlier), updated_time=known)
        assert only(plan_automatic(scene(lagging))).lagging


@pytest.mark.parametrize("read", ["0001-01-01T00:00:00+0200", "9999-12-31T23:59:59-0200", "yesterday"])
def test_a_time_that_is_none_breaks_nothing(read: str) -> None:
    at = scene(remembering(Pair("B", "A", updated=read), updated_time="2026-03-12T08:00:05Z"))
    assert told(only(plan_automatic(at))) == "dynamics := 'B'"


def test_what_the_second_later_look_shows_counts_whatever_its_time() -> None:
    """A counterparty's edit stamped one second before our write's answer: a clock was behind, no replica."""
    base = remembering(Pair("typed", "A", ("A", "A"), updated=EARLIER), updated_time=THEN)
    hint = only(plan_automatic(scene(base)))
    assert hint.lagging
    looks = []
    for _ in range(2):
        step = only(plan_automatic(replace(scene(replace(base, remembered=hint.base)), later_look=True)))
        looks.append(told(step))
        hint = step

    assert looks == ["unchanged (lagging)", "dynamics := 'typed'"]


def test_hints_alone_never_make_an_older_read_count() -> None:
    pair = remembering(Pair("typed", "A", ("A", "A"), updated=EARLIER), updated_time=THEN)
    for _ in range(5):
        step = only(plan_automatic(scene(pair)))
        assert step.lagging
        pair = replace(pair, remembered=step.base)


def test_a_person_who_looked_once_more_goes_by_what_was_read() -> None:
    at = scene(remembering(Pair("typed", "A", ("A", "A"), updated=EARLIER), updated_time=THEN))

    assert told(only(plan_fetch(replace(at, believed=True)))) == "dynamics := 'typed'"


READS_THAT_COUNT = {
    "the second later look": {"later_look": True},
    "a person who looked once more": {"believed": True},
}


@pytest.mark.parametrize("counted", READS_THAT_COUNT.values(), ids=READS_THAT_COUNT.keys())
def test_what_an_older_read_showed_when_it_counted_stays_what_is_known(counted: dict[str, Any]) -> None:
    """The card is counted by that look; who opens the list afterwards has no second look to believe."""
    pair = remembering(Pair("typed", "A", ("A", "A"), updated=EARLIER), updated_time=THEN, older_looks=1)
    at = scene(pair, read_only=READ_ONLY)
    looked = replace(at, **counted)
    bases = moved_bases(at.bases, at.mapping, plan_automatic(looked).steps)
    card = count(replace(looked, bases=bases))

    assert card == Counts(refused=1)
    assert count(replace(at, bases=bases)) == card


# --- currency -------------------------------------------------------------------------------------------------------

SEK = Cell("1250000.50", currency="SEK", precision=2)


def _amount(cell: Cell, text: str, base: FieldBase | None = None, **parts: Any) -> Scene:
    shown = column(ColumnType.MONEY, row=RowOptions(format=Format("sv-SE", currency=True)))
    pair = Pair(text, cell.value, None, type=ColumnType.MONEY, cell=cell, column=shown, remembered=base)
    return scene(pair, **parts)


def test_another_currency_is_a_change_of_dynamics() -> None:
    settled = only(plan_automatic(_amount(SEK, "1 250 000,50 kr")))
    euro = replace(SEK, currency="EUR")

    assert told(settled) == "unchanged"
    at = _amount(euro, "1 250 000,50 kr", settled.base)
    assert told(only(plan_automatic(at))) == "unchanged (waiting_for_push)"
    assert count(at) == Counts(waiting_for_push=1)
    pushed = only(plan_automatic(_amount(euro, "1 250 000,50 kr", settled.base, auto_push=True)))
    sent = pushed.sure_write.after
    assert sent and sent.endswith("€")
    after = settle_write(pushed, Answered(sent, LATER)).base
    assert after.halves and after.halves.currency == "EUR"


def test_a_base_of_before_currencies_were_kept_moves_nothing_by_itself() -> None:
    settled = only(plan_automatic(_amount(SEK, "1 250 000,50 kr"))).base
    assert settled.halves
    old = replace(settled, halves=replace(settled.halves, currency=None))

    assert told(only(plan_automatic(_amount(SEK, "1 250 000,50 kr", old, auto_push=True)))) == "unchanged"


# --- the law --------------------------------------------------------------------------------------------------------

SCENES = {
    "read only": READ_ONLY_RECORD,
    "too long": TOO_LONG,
    "conflict": CONFLICT,
    "lagging": LAGGING,
    "unagreed": scene(UNAGREED),
    "unagreed, then edited": scene(replace(UNAGREED, dynamics="D")),
    "signed": scene(Pair("B", "C", policy=ASK), Pair("A", "C", name="other"), **SIGNED),
    "several": scene(Pair("A", "B", name="one"), Pair("B", "A", name="two"), Pair("B", "C", name="three", policy=ASK)),
}


@pytest.mark.parametrize("at", SCENES.values(), ids=SCENES.keys())
def test_counts_list_preview_and_sync_say_the_same(at: Scene) -> None:
    assert breaches(at, count(at)) == []


def test_the_law_notices_a_count_of_its_own() -> None:
    assert breaches(CONFLICT, Counts(waiting_for_push=1))
    assert len(verdicts(CONFLICT)) == 1
