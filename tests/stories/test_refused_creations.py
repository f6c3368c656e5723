"""A creation that Oneflow refuses for one field goes on without it; for a person it names them and what is wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sandbox.faults import Fault
from tests.stories.stage import ROWS, Stage, line

EMOJI = "x" * 1023 + "\U0001f600"


@pytest.fixture(autouse=True)
def as_it_was(stage: Stage) -> Iterator[None]:
    yield
    stage.world.oneflow.switches.update(
        {"counts_utf16": False, "problems_name_places": True, "inactive_fields_refused": True}
    )


def asked(stage: Stage, *parties: dict[str, Any]) -> dict[str, Any]:
    seed = stage.world.oneflow_seed
    return {
        "template_id": seed.FRAME_TEMPLATE,
        "workspace_id": seed.SALES,
        "name": f"Refused {uuid.uuid4().hex[:6]}",
        "parties": list(parties),
        "idempotency_key": uuid.uuid4().hex,
    }


def create(stage: Stage, body: dict[str, Any]) -> requests.Response:
    return stage.call("POST", f"records/opportunity/{stage.record_id}/contracts", body)


def company(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "company", "name": "Nordlys AS", "participants": list(people), **more}


def person(name: str, email: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "email": email, "signatory": True, **more}


def sent(stage: Stage) -> list[dict[str, Any]]:
    """The bodies of the creations that reached Oneflow since requests were last forgotten."""
    entries = stage.world.oneflow.log.entries()
    return [json.loads(one.body) for one in entries if (one.method, one.path) == ("POST", "/contracts/create")]


@pytest.mark.parametrize("named", [True, False])
def test_a_text_that_is_too_long_as_oneflow_counts_is_left_empty_and_reported(stage: Stage, named: bool) -> None:
    stage.edit_record(description=EMOJI)
    stage.world.oneflow.switches.update({"counts_utf16": True, "problems_name_places": named})
    answer = create(stage, asked(stage))
    assert answer.status_code == 201, answer.text
    result = answer.json()
    told = line(result, "description")
    assert (told["result"], told["reason_code"]) == ("failed", "oneflow_refused")
    assert result["outcome"] == "partial"
    contract = result["contract_id"]
    assert stage.text(contract, "description") == ""
    assert stage.text(contract, "customer_name") == "Nordlys", "the others went"
    stage.look(contract)
    assert (stage.record("description"), stage.text(contract, "description")) == (EMOJI, ""), "it stays as it is"


def test_the_same_text_goes_where_oneflow_counts_characters(stage: Stage) -> None:
    stage.edit_record(description=EMOJI)
    result = create(stage, asked(stage)).json()
    assert stage.text(result["contract_id"], "description") == EMOJI
    assert result["outcome"] == "synced"


@pytest.mark.parametrize("place", ["data_fields[{}].value", "data_fields[{}]", "data_fields.customer_name.value"])
def test_the_field_that_oneflow_names_is_left_empty(stage: Stage, place: str) -> None:
    place = place.format([row[1] for row in ROWS].index("customer_name"))
    body = {"status": 400, "error_code": 4000000, "detail": "No.", "parameter_problems": {place: ["Forbidden word."]}}
    stage.world.oneflow.faults.add(Fault("status", status=400, path="/contracts/create", body=body))
    stage.forget_requests()
    result = create(stage, asked(stage)).json()
    assert line(result, "customer_name")["result"] == "failed"
    assert stage.text(result["contract_id"], "customer_name") == ""
    assert len(sent(stage)) == 2, "once more, not oftener"
    assert line(result, "amount")["result"] == "written"


def test_it_is_tried_once_more_and_then_says_which_fields(stage: Stage) -> None:
    body = {"status": 400, "error_code": 4000000, "parameter_problems": {"data_fields[0].value": ["Forbidden."]}}
    stage.world.oneflow.faults.add(Fault("status", status=400, path="/contracts/create", body=body, times=2))
    stage.forget_requests()
    wanted = asked(stage)
    answer = create(stage, wanted)
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == ROWS[1][1] and "Oneflow does not take this text" in problem["detail"]
    assert len(sent(stage)) == 2
    assert create(stage, wanted).status_code == 201, "nothing was made, so the same key may try again"


def test_two_people_with_one_address_are_named_before_oneflow_is_asked(stage: Stage) -> None:
    stage.forget_requests()
    answer = create(
        stage, asked(stage, company(person("Ola", "ola@nordlys.example"), person("Per", " OLA@nordlys.example ")))
    )
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "parties[0].participants[1].email", "detail": "Per: Somebody else has the same e-mail address."}
    ]
    assert sent(stage) == []


@pytest.mark.parametrize("place", ["parties[0].participants[0].email", None])
def test_a_person_whom_oneflow_refuses_is_named_with_what_its_code_means(stage: Stage, place: str | None) -> None:
    problems = {place: ["Taken: ola@nordlys.example"]} if place else {}
    body = {"status": 400, "error_code": 4000003, "parameter_problems": problems}
    stage.world.oneflow.faults.add(Fault("status", status=400, path="/contracts/create", body=body, times=None))
    stage.forget_requests()
    answer = create(stage, asked(stage, company(person("Ola Kjøper", "ola@nordlys.example"))))
    stage.world.oneflow.faults.clear()
    assert answer.status_code == 422
    detail = answer.json()["detail"]
    assert "Another participant has the same e-mail address" in detail
    assert "Ola Kjøper" in detail or place is None
    assert len(sent(stage)) == 1, "a person is never left out"


def test_phones_and_addresses_of_people_are_put_right(stage: Stage) -> None:
    stage.forget_requests()
    ola = person("Ola", " ola@nordlys.example ", phone_number="070-123 45 67")
    per = person("Per", "per@nordlys.example", phone_number="+46 (0)70-123 45 68")
    alone = {"type": "individual", "participant": person("Eva", "eva@ex.example", phone_number="")}
    answer = create(stage, asked(stage, company(ola, per, country_code="SE"), alone))
    assert answer.status_code == 201, answer.text
    (body,) = sent(stage)
    people = body["parties"][0]["participants"]
    assert [one["phone_number"] for one in people] == ["+46701234567", "+46701234568"]
    assert people[0]["email"] == "ola@nordlys.example"
    assert "phone_number" not in body["parties"][1]["participant"]


def test_a_phone_that_nobody_can_read_is_refused_by_its_owners_name(stage: Stage) -> None:
    ola = person("Ola", "ola@nordlys.example", phone_number="070-123 45 67")
    answer = create(stage, asked(stage, company(ola)))
    assert answer.status_code == 422
    (problem,) = answer.json()["errors"]
    assert problem["field"] == "parties[0].participants[0].phone_number"
    assert problem["detail"].startswith("Ola: Not a phone number")


@pytest.mark.parametrize("party", [{"participants": "x"}, {"participants": [7]}, {"participant": None}, {"type": 3}])
def test_parties_of_no_shape_are_refused_and_not_crashed_on(stage: Stage, party: dict[str, Any]) -> None:
    assert create(stage, asked(stage, party)).status_code == 422
