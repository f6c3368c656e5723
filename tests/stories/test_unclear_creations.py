"""A creation whose answer was lost, and which may be one of several contracts: listed, and answered by a person."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.stories.stage import Stage

# A mapped column that is empty: its field keeps what the template has, and nothing is sent.
NOTHING_SENT = [("description", "description", "sync_once")]


@pytest.fixture
def name() -> str:
    return f"Which one {uuid.uuid4().hex[:6]}"


def route(stage: Stage) -> str:
    return f"records/opportunity/{stage.record_id}/contracts"


def unclear(stage: Stage) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stage.ok("GET", route(stage))["unclear"]
    return found


def test_it_is_listed_with_its_candidates_and_never_made_again_by_itself(stage: Stage, name: str) -> None:
    asked, made = stage.unclear_creation(name)
    answer = stage.call("POST", route(stage), asked)
    assert answer.status_code == 409 and set(answer.json()["candidates"]) == made
    (listed,) = unclear(stage)
    assert listed["name"] == name
    assert {one["contract_id"] for one in listed["candidates"]} == made
    assert all(str(one["contract_id"]) in one["oneflow_url"] for one in listed["candidates"])
    assert len(stage.letters(None, str(min(made)))) == 1, "and for an operator"


def test_linking_one_answers_it(stage: Stage, name: str) -> None:
    asked, made = stage.unclear_creation(name)
    stage.ok("PUT", f"{route(stage)}/{min(made)}", {})
    assert unclear(stage) == []
    again = stage.call("POST", route(stage), asked)
    assert (again.status_code, again.json()["contract_id"]) == (409, min(made)), "the one that was linked is the one"
    (letter,) = stage.letters(None, str(max(made)))
    assert stage.call("POST", f"dead-letters/{letter['id']}/replay").status_code == 202
    stage.until(lambda: not stage.letters(None, str(max(made))), "the letter closes with it")
    assert [card["contract_id"] for card in stage.ok("GET", route(stage))["contracts"]] == [min(made)]


def test_creating_it_anyway_answers_it(stage: Stage, name: str) -> None:
    asked, made = stage.unclear_creation(name)
    other = {**asked, "name": f"{name}, another", "idempotency_key": uuid.uuid4().hex}
    assert stage.call("POST", route(stage), other).status_code == 201
    assert len(unclear(stage)) == 1, "another contract is no answer"
    again = stage.ok("POST", route(stage), {**asked, "idempotency_key": uuid.uuid4().hex})
    assert again["contract_id"] not in made
    assert unclear(stage) == []


def lost(stage: Stage, name: str, made: bool = True, **body: Any) -> dict[str, Any]:
    """What was asked by a creation whose answer was lost, `made` by Oneflow or not."""
    seed = stage.world.oneflow_seed
    asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": name, "parties": [], **body}
    stage.fail("oneflow", "drop", path="/contracts/create", after_commit=made)
    answer = stage.call("POST", route(stage), asked)
    assert answer.status_code == 503 and "being looked for" in answer.json()["detail"]
    return asked


def same_name(stage: Stage, name: str) -> int:
    """A contract that somebody makes in Oneflow itself, by the same name."""
    seed = stage.world.oneflow_seed
    return int(stage.world.oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, name).id)


def of_name(stage: Stage, name: str) -> set[int]:
    return {one.id for one in stage.world.oneflow.world.state.contracts.values() if one.name == name}


def linked(stage: Stage) -> list[int]:
    return [card["contract_id"] for card in stage.ok("GET", route(stage))["contracts"]]


def test_it_is_taken_up_by_what_it_alone_carried_beside_strangers_of_its_name(stage: Stage, name: str) -> None:
    strangers = {same_name(stage, name)}
    lost(stage, name)
    strangers.add(same_name(stage, name))
    (ours,) = of_name(stage, name) - strangers
    stage.look_for_creation(name)
    assert linked(stage) == [ours]
    assert unclear(stage) == []
    opened = stage.world.services._links.open(ours)
    assert opened is not None and opened.bases["customer_name"].halves is not None, "and settled"


def test_what_we_wrote_into_a_strangers_contract_is_no_proof_that_it_is_the_creations(stage: Stage, name: str) -> None:
    lost(stage, name)
    (ours,) = of_name(stage, name)
    stranger = same_name(stage, name)
    stage.ok("PUT", f"{route(stage)}/{stranger}", {})
    stage.push(stranger)
    assert stage.text(stranger, "customer_name") == stage.text(ours, "customer_name") != ""
    stage.look_for_creation(name)
    assert set(linked(stage)) == {stranger, ours}
    assert unclear(stage) == []


def test_a_stranger_of_its_name_is_never_taken_where_nothing_was_made(stage: Stage, name: str) -> None:
    lost(stage, name, made=False)
    stranger = same_name(stage, name)
    stage.look_for_creation(name)
    assert linked(stage) == []
    assert stage.record("name") == "Nordlys", "none of its values comes into the record"
    (listed,) = unclear(stage)
    assert [one["contract_id"] for one in listed["candidates"]] == [stranger], "a person decides"


def test_a_contract_that_is_older_than_the_request_is_never_taken(stage: Stage, name: str) -> None:
    older = stage.contract(publish=False, name=name)
    assert stage.call("DELETE", f"{route(stage)}/{older}").status_code == 204
    contracts = stage.world.oneflow.world.state.contracts
    contracts[older] = replace(contracts[older], created_time=contracts[older].created_time - timedelta(seconds=30))
    lost(stage, name, made=False)
    stage.look_for_creation(name)
    assert linked(stage) == [] and unclear(stage) == [], "though it holds the same values"


def test_a_request_that_carried_nothing_of_its_own_proves_nothing(stage: Stage, name: str) -> None:
    stage.map(NOTHING_SENT)
    stage.edit_record(description=None)
    lost(stage, name)
    stage.look_for_creation(name)
    (made,) = of_name(stage, name)
    assert linked(stage) == []
    assert [one["contract_id"] for one in unclear(stage)[0]["candidates"]] == [made]


def test_whom_it_invites_alone_is_no_proof(stage: Stage, name: str) -> None:
    stage.map(NOTHING_SENT)
    stage.edit_record(description=None)
    ola = {"name": "Ola", "email": f"{uuid.uuid4().hex[:8]}@nordlys.example", "signatory": True}
    parties = [{"type": "company", "name": "Nordlys AS", "participants": [ola]}]
    lost(stage, name, parties=parties)
    (ours,) = of_name(stage, name)
    stage.look_for_creation(name, parties)
    assert linked(stage) == [], "a colleague may have made it for the same person just then"
    assert [one["contract_id"] for one in unclear(stage)[0]["candidates"]] == [ours]


def test_it_is_shown_as_looked_for_and_looked_for_soon(stage: Stage, name: str) -> None:
    stage.forget_requests()
    asked = lost(stage, name)
    (shown,) = stage.ok("GET", route(stage))["looked_for"]
    assert shown["name"] == name and shown["started_at"]
    assert unclear(stage) == []
    again = stage.call("POST", route(stage), asked)
    assert again.status_code == 409 and "being looked for" in again.json()["detail"], "no second one is made"
    looks = [job for job in stage.jobs_put(None) if job["record_id"] == stage.record_id]
    assert [job.get("again", False) for job in looks] == [False, True, True], "after 120 s, and after 15 s and 60 s"
    stage.look_for_creation(name, again=True)
    assert linked(stage) == list(of_name(stage, name))
    assert stage.ok("GET", route(stage))["looked_for"] == []


def test_an_early_look_that_finds_nothing_decides_nothing(stage: Stage, name: str) -> None:
    lost(stage, name, made=False)
    stranger = same_name(stage, name)
    stage.look_for_creation(name, again=True)
    assert linked(stage) == [] and unclear(stage) == []
    assert len(stage.ok("GET", route(stage))["looked_for"]) == 1
    stage.world.oneflow.people.delete(stranger)
    stage.look_for_creation(name)
    assert stage.ok("GET", route(stage))["looked_for"] == [], "nothing was made: the same may be asked again"
