"""A creation whose answer was lost, and which may be one of several contracts: listed, and answered by a person."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.stories.stage import Stage


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


def test_one_that_oneflow_has_once_is_linked_by_itself(stage: Stage, name: str) -> None:
    _, made = stage.unclear_creation(name)
    stage.world.oneflow.people.delete(max(made))
    stage.look_for_creation(name)
    assert [card["contract_id"] for card in stage.ok("GET", route(stage))["contracts"]] == [min(made)]
    assert unclear(stage) == []
