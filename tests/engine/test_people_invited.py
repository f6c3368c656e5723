"""People whom a new contract invites: put right, or named with what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.engine.deciding.people_invited import emails_of, put_right, refused_people
from sync_core.errors import Invalid


def company(*people: Any, **more: Any) -> dict[str, Any]:
    return {"type": "company", "name": "Nordlys AS", "participants": list(people), **more}


def alone(person: Any, **more: Any) -> dict[str, Any]:
    return {"type": "individual", "participant": person, **more}


def test_addresses_and_numbers_are_put_right_and_all_else_stays() -> None:
    given = [
        company({"name": "Ola", "email": " ola@ex.example ", "phone_number": "900 00 000", "signatory": True}),
        alone({"name": "Eva", "email": "eva@ex.example", "phone_number": " "}, country_code="se", custom_id="x"),
    ]
    given[0]["country_code"] = "NO"
    right = put_right(given)
    assert right[0]["participants"] == [
        {"name": "Ola", "email": "ola@ex.example", "phone_number": "+4790000000", "signatory": True}
    ]
    assert right[1] == alone({"name": "Eva", "email": "eva@ex.example"}, country_code="se", custom_id="x")
    assert given[0]["participants"][0]["email"] == " ola@ex.example ", "what was asked is not changed"
    assert list(emails_of(right)) == ["ola@ex.example", "eva@ex.example"]


def test_each_person_who_cannot_be_invited_is_named_with_all_that_is_wrong() -> None:
    with pytest.raises(Invalid) as refusal:
        put_right(
            [
                company({"name": "Ola", "email": "ola@ex.example"}, {"email": "per@", "phone_number": "call me"}),
                alone({"name": "Eva", "email": "OLA@EX.example"}),
            ]
        )
    assert [one["field"] for one in refusal.value.problems] == [
        "parties[0].participants[1].email",
        "parties[0].participants[1].phone_number",
        "parties[1].participant.email",
    ]
    assert refusal.value.problems[0]["detail"].startswith("per@: ")
    assert refusal.value.problems[2]["detail"] == "Eva: Somebody else has the same e-mail address."
    assert "Eva" in str(refusal.value)


def test_what_has_no_shape_is_left_to_oneflow() -> None:
    given: list[dict[str, Any]] = [{"participants": "x"}, {"participants": [7, None]}, {"participant": 1}, {}]
    assert put_right(given) == given


def test_what_oneflow_refused_is_told_by_names() -> None:
    parties = [company({"name": "Ola"}, {"name": "Per"}), alone({"name": "Eva"})]
    places = {
        "parties[0].participants[1].email": "No.",
        "parties[1].participant.phone_number": "No.",
        "parties[0].name": "No company.",
        "parties[7].participants[0].email": "Nobody.",
        "name": "Not about people.",
    }
    told = [one["detail"] for one in refused_people(parties, places)]
    assert told == ["Per: No.", "Eva: No.", "No company.", "Nobody."]
