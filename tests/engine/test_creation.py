"""What a new contract is filled with, and what then becomes the base (DESIGN 2.2; 2.6, 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sync_core.engine.deciding.creation import (
    is_proved,
    left_empty,
    plan_create,
    proof_of,
    settle_created,
    texts_sent,
    too_long_in_utf16,
)
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.model.base import Halves, kept
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.link import Creation
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ColumnType, Direction, OneflowKind, Outcome, Side
from tests.engine.scenes import GONE, LATER, OF_FIELDS, ONCE, ONE_WAY, SECURED, TWO_WAY, Pair, column, only, scene, told


def _create(*pairs: Pair, template: Mapping[str, str] | None = None) -> Plan:
    at = scene(*pairs)
    labels = {pair.row.key: pair.name.title() for pair in pairs} if template is None else template
    return plan_create(at.mapping, at.columns, at.record, labels)


def _created(pair: Pair, shows: Any) -> Step:
    """The pair's step once the new contract shows `shows`."""
    contract = scene(replace(pair, oneflow=shows, updated=LATER)).contract
    return only(settle_created(_create(pair), contract))


@pytest.mark.parametrize("direction", OF_FIELDS)
def test_every_direction_goes_out_at_creation(direction: Direction) -> None:
    plan = _create(Pair(dynamics="D", direction=direction))

    assert told(only(plan)) == "oneflow := 'D'"
    assert plan.outcome is Outcome.SYNCED


def test_only_fields_that_the_template_has_are_sent() -> None:
    plan = _create(Pair(dynamics="D"), Pair(dynamics="E", name="other"), template={"f_name": "Name"})

    assert [told(step) for step in plan.steps] == ["oneflow := 'D'", "skipped (not_in_template)"]
    assert plan.outcome is Outcome.PARTIAL


def test_an_empty_value_leaves_the_templates_default() -> None:
    step = only(_create(Pair(dynamics=None)))

    assert told(step) == "unchanged"
    assert step.side is None


@pytest.mark.parametrize(
    ("pair", "code"),
    [
        (Pair(dynamics=GONE), "column_gone"),
        (Pair(cell=Cell(None, unreadable=SECURED)), "secured"),
        (Pair(dynamics="x" * 2000), "too_long_for_contract"),
        (Pair(dynamics="1", type=ColumnType.CHOICE, direction=ONE_WAY), "option_unknown"),
        (Pair(dynamics="1", type=ColumnType.LOOKUP, direction=TWO_WAY), "direction_not_allowed"),
        (Pair(dynamics="1", type=ColumnType.FILE, direction=ONCE), "direction_not_allowed"),
    ],
)
def test_a_field_that_cannot_be_filled_is_left_out_with_its_reason(pair: Pair, code: str) -> None:
    plan = _create(pair, Pair(dynamics="D", name="other"))

    assert [told(step) for step in plan.steps] == [f"skipped ({code})", "oneflow := 'D'"]


def test_lookups_go_out_by_name() -> None:
    plan = _create(Pair(type=ColumnType.LOOKUP, direction=ONCE, cell=Cell("account:1d", label="Contoso")))

    assert told(only(plan)) == "oneflow := 'Contoso'"


@pytest.mark.parametrize("kind", [OneflowKind.PARTY, OneflowKind.PARTICIPANT])
def test_party_fields_are_no_data_fields(kind: OneflowKind) -> None:
    plan = _create(
        Pair("", "A", direction=ONCE, kind=kind, field="name"), template={"name": "A data field of that name"}
    )
    assert [step.row.oneflow_kind for step in plan.steps] == [kind]
    contract = scene(Pair("A", field="name")).contract
    (step,) = settle_created(plan, contract).steps
    assert step.base.halves is None, "nothing looks at it again"


def test_creation_settles_what_was_sent_on_what_the_contract_shows() -> None:
    step = _created(Pair(dynamics="D"), "D")

    assert step.base.halves == Halves("D", "D")
    assert step.base.updated_time == LATER
    assert step.side is Side.ONEFLOW


@pytest.mark.parametrize("direction", OF_FIELDS)
def test_creation_settles_every_row_as_both_sides_are(direction: Direction) -> None:
    assert _created(Pair(dynamics=None, direction=direction), "default").base.halves == Halves("default", None)


def test_a_templates_default_does_not_travel_to_dynamics_afterwards() -> None:
    base = _created(Pair(dynamics=None), "default").base

    assert told(only(plan_automatic(scene(Pair("default", None, remembered=base), auto_push=True)))) == "unchanged"


def test_a_value_that_could_not_be_sent_is_settled_too() -> None:
    long = "x" * 2000

    assert _created(Pair(dynamics=long), "").base.halves == Halves("", kept(long))


def test_a_field_that_the_contract_did_not_take_has_failed() -> None:
    step = _created(Pair(dynamics="D"), "something else")

    assert told(step) == "failed (not_changed)"
    assert step.report
    assert step.base.halves == Halves("something else", "D")


def test_text_that_means_what_was_sent_is_what_was_sent() -> None:
    pair = Pair(dynamics="1250", column=column(ColumnType.MONEY, precision=2))

    assert told(_created(pair, "1250")) == "oneflow := '1250.00'"


def test_a_value_that_may_not_be_believed_settles_nothing() -> None:
    assert _created(Pair(cell=Cell(None, unreadable=SECURED)), "default").base.halves is None


def test_the_created_contract_is_named_in_the_result() -> None:
    plan = _create(Pair(dynamics="D"))

    assert plan.contract_id is None
    assert settle_created(plan, scene(Pair("D", "D")).contract).to_json()["contract_id"] == 70001


# --- a creation whose answer was lost ---------------------------------------------------------------------------------

ASKED = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
PARTIES = [{"type": "company", "participants": [{"name": "Ola", "email": "Ola@ex.example"}]}]


def _asked(texts: Mapping[str, str], parties: Any = (), defaults: Mapping[str, str] | None = None) -> Creation:
    proof = proof_of(texts, parties, defaults or {})
    return Creation("k", "opportunity", "r", "d", ASKED - timedelta(hours=1), {"name": "N"}, proof, ASKED)


def _shows(texts: Mapping[str, str], seconds: float = 1, people: tuple[str, ...] = ()) -> Contract:
    pairs = [Pair(text, None, name=key.removeprefix("f_")) for key, text in texts.items()]
    made = scene(*pairs).contract
    return replace(made, created_at=ASKED + timedelta(seconds=seconds), invited=frozenset(people))


SENT = {"f_name": "Nordlys", "f_amount": "1250.00"}


def test_a_contract_that_shows_all_that_was_sent_is_the_one() -> None:
    assert is_proved(_shows({**SENT, "f_more": "the template's own"}), _asked(SENT))
    assert is_proved(_shows(SENT, seconds=0), _asked(SENT)), "of the same second"
    assert is_proved(_shows(SENT), _asked({"f_name": " Nordlys ", "f_amount": "1250.00"})), "Oneflow may trim"
    assert is_proved(_shows(SENT, people=("ola@ex.example", "more@ex.example")), _asked(SENT, PARTIES))


@pytest.mark.parametrize(
    "contract",
    [
        _shows({**SENT, "f_name": "Another"}),
        _shows({"f_name": "Nordlys"}),
        _shows(SENT, seconds=-1),
        replace(_shows(SENT), created_at=None),
        _shows({}),
    ],
)
def test_another_value_a_missing_field_and_a_greater_age_prove_nothing(contract: Contract) -> None:
    assert not is_proved(contract, _asked(SENT))


def test_somebody_who_is_not_invited_proves_nothing() -> None:
    assert not is_proved(_shows(SENT, people=("per@ex.example",)), _asked(SENT, PARTIES))


def test_what_every_contract_of_the_template_shows_is_no_proof() -> None:
    assert not is_proved(_shows({"f_name": "Default"}), _asked({"f_name": "Default"}, defaults={"f_name": "Default"}))
    assert not is_proved(_shows({}), _asked({}))


def test_a_person_alone_is_no_proof() -> None:
    """A colleague may make a contract of the same name for the same person at the same time."""
    assert not is_proved(_shows({}, people=("ola@ex.example",)), _asked({}, PARTIES))


def test_no_value_stands_in_what_is_kept_of_a_request() -> None:
    kept = str(_asked(SENT, PARTIES).proof)
    assert "Nordlys" not in kept and "1250" not in kept and "ex.example" not in kept


# --- what Oneflow refuses ---------------------------------------------------------------------------------------------


def test_a_refused_field_is_left_empty_reported_and_settled_as_both_sides_are() -> None:
    pair = Pair(dynamics="D")
    plan = left_empty(_create(pair), {pair.row.oneflow_field: "Oneflow does not take this text."})
    assert told(only(plan)) == "failed (oneflow_refused)"
    assert texts_sent(plan) == {}
    assert plan.outcome is Outcome.PARTIAL
    step = only(settle_created(plan, scene(replace(pair, oneflow="", updated=LATER)).contract))
    assert step.base.halves == Halves("", "D")
    assert told(step) == "failed (oneflow_refused)"


def test_texts_that_are_too_long_in_utf_16_only_are_known() -> None:
    plan = _create(Pair(dynamics="x" * 1023 + "\U0001f600"), Pair(dynamics="x" * 1024, name="other"))
    assert [step.writes for step in plan.steps] == [True, True], "in characters both fit"
    assert set(too_long_in_utf16(plan)) == {plan.steps[0].row.oneflow_field}
