"""Party and participant fields: filled at creation, in the first party; what a person gave stays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sync_core.engine.deciding.creation import plan_create
from sync_core.engine.deciding.party_fields import FIELDS, fitting_text, invite
from sync_core.engine.model.words import OneflowKind
from sync_core.errors import Unmappable
from tests.engine.scenes import ONCE, Pair, scene

PARTY, PARTICIPANT = OneflowKind.PARTY, OneflowKind.PARTICIPANT
FILLED = {
    (PARTY, "name"): "Nordlys AS",
    (PARTY, "country_code"): "no",
    (PARTICIPANT, "name"): "Ola  Kjoper",
    (PARTICIPANT, "email"): "ola@nordlys.example",
    (PARTICIPANT, "phone_number"): "+47 (900) 00-000",
}


def invited(
    parties: list[dict[str, Any]], values: Mapping[tuple[OneflowKind, str], str | None]
) -> tuple[Any, set[str]]:
    """The parties, and the codes of what was left."""
    pairs = [
        Pair("", value, None, ONCE, name=f"{kind}_{field}", kind=kind, field=field)
        for (kind, field), value in values.items()
    ]
    at = scene(*pairs)
    plan = plan_create(at.mapping, at.columns, at.record, {})
    filled, steps = invite(parties, plan.steps)
    return list(filled), {step.reason.code for step in steps if step.reason}


def test_a_party_and_its_first_participant_are_made_of_the_record() -> None:
    parties, left = invited([], FILLED)
    person = {"name": "Ola Kjoper", "email": "ola@nordlys.example", "phone_number": "+4790000000"}
    assert parties == [{"type": "company", "name": "Nordlys AS", "country_code": "NO", "participants": [person]}]
    assert left == set()


def test_what_a_person_gave_stays_and_the_rest_is_filled() -> None:
    given = {"type": "company", "name": "Typed AB", "participants": [{"name": "Ola Kjoper", "signatory": True}]}
    others = {"type": "company", "name": "A third"}
    parties, left = invited([given, others], FILLED)
    assert parties[0]["name"] == "Typed AB" and parties[0]["country_code"] == "NO"
    assert parties[0]["participants"][0]["email"] == "ola@nordlys.example"
    assert parties[0]["participants"][0]["signatory"] is True
    assert parties[1] == others
    assert left == {"already_given"}


def test_a_single_person_has_a_country_and_no_company() -> None:
    parties, left = invited(
        [{"type": "individual", "participant": {"name": "Per"}}], {**FILLED, (PARTICIPANT, "name"): "Per"}
    )
    assert parties[0]["participant"]["email"] == "ola@nordlys.example"
    assert parties[0]["country_code"] == "NO" and "name" not in parties[0]
    assert left == {"no_company"}


@pytest.mark.parametrize("field", [(PARTY, "name"), (PARTICIPANT, "name")])
def test_nobody_is_invited_without_a_name(field: tuple[OneflowKind, str]) -> None:
    parties, left = invited([], {**FILLED, field: None})
    assert left == {"without_a_name"}
    assert parties == ([] if field[0] is PARTY else [{"type": "company", "name": "Nordlys AS", "country_code": "NO"}])


@pytest.mark.parametrize(
    ("kind", "field", "text", "code"),
    [
        (PARTY, "country_code", "Norway", "not_a_country"),
        (PARTICIPANT, "email", "ola", "not_an_email"),
        (PARTICIPANT, "phone_number", "90 00 00 00", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 12 34 56 / 70 11", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 12 34 56 / 70", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 12 34 56 \uff0f 70", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 12 34 56 (70)", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 / 12 34 / 56 70", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 70 123 45 67, +46 70 123 45 68", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 70 123 45 67 (work)", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 1", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "call Ola", "not_a_phone_number"),
        (PARTICIPANT, "phone_number", "+46 8 123 456 ext. 12", "phone_extension"),
        (PARTICIPANT, "title", "x" * 256, "too_long_for_contract"),
    ],
)
def test_what_the_field_does_not_take_is_left_with_a_reason(
    kind: OneflowKind, field: str, text: str, code: str
) -> None:
    with pytest.raises(Unmappable) as refusal:
        fitting_text(kind, field, text)
    assert refusal.value.code == code
    assert invited([], {(PARTY, "name"): "Nordlys AS", (kind, field): text})[1] <= {code, "without_a_name"}


def test_without_such_rows_the_parties_are_as_given() -> None:
    given = [{"type": "company", "name": "Typed AB"}]
    assert invited(given, {})[0] == given
    assert set(FIELDS) == {PARTY, PARTICIPANT}


@pytest.mark.parametrize(
    ("text", "country", "sent"),
    [
        ("+46 (0)70-123 45 67", None, "+46701234567"),
        ("+46 070-123 45 67", None, "+46701234567"),
        ("+460701234567", None, "+46701234567"),
        ("+358 (0)40 123 4567", None, "+358401234567"),
        ("+47 (900) 00-000", None, "+4790000000"),
        ("+44 (0) 20 7946 0958", None, "+442079460958"),
        ("+39 06 698 12345", None, "+390669812345"),  # an Italian zero stays
        ("+49 (0)30 / 123456", None, "+4930123456"),
        ("tel:+46-70-123-45-67", None, "+46701234567"),
        ("070-123 45 67", "SE", "+46701234567"),
        ("0047 90 00 00 00", "SE", "+4790000000"),
        ("+47 90 00 00 00", "SE", "+4790000000"),
    ],
)
def test_a_phone_number_is_read_as_its_country_writes_it(text: str, country: str | None, sent: str) -> None:
    assert fitting_text(PARTICIPANT, "phone_number", text, country) == sent


def test_a_number_without_its_country_is_one_of_the_partys() -> None:
    values = {**FILLED, (PARTICIPANT, "phone_number"): "900 00 000"}
    parties, left = invited([], values)
    assert parties[0]["participants"][0]["phone_number"] == "+4790000000"
    assert left == set()
    del values[PARTY, "country_code"]
    parties, left = invited([], values)
    assert "phone_number" not in parties[0]["participants"][0]
    assert left == {"not_a_phone_number"}, "nobody guesses a country"
