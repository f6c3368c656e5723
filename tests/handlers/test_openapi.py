"""openapi.json: every route, every shape that is read, every shape that is answered."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from sync_core.engine.model.words import Action, Direction, OneflowKind, Outcome, Result, Side
from sync_core.handlers.openapi import description
from sync_core.handlers.operations import OPERATIONS
from sync_core.handlers.routes import PEOPLE
from tests.described import Description
from tests.test_function_app import MACHINE_ROUTES, OPEN_ROUTES

WHOLE = description()
SCHEMAS = WHOLE["components"]["schemas"]


def test_it_names_every_route_with_the_parts_of_its_address() -> None:
    for name, verb, route, admin in PEOPLE:
        operation = WHOLE["paths"][f"/api/{route}"][verb.lower()]
        assert operation["operationId"] == name and operation["summary"]
        assert ("Sync.Admin" in operation["summary"]) == admin
        wanted = {part.strip("{}") for part in route.split("/") if part.startswith("{")}
        assert {one["name"] for one in operation["parameters"] if one["in"] == "path"} == wanted
    for verb, route in (OPEN_ROUTES | MACHINE_ROUTES).values():
        assert verb.lower() in WHOLE["paths"][f"/api/{route.replace('{*', '{')}"]


def test_there_is_an_operation_for_each_route_of_people_and_no_other() -> None:
    assert OPERATIONS.keys() == {route.name for route in PEOPLE}


def test_it_dangles_nowhere_and_describes_nothing_that_is_not_used() -> None:
    used = {part.split('"')[0] for part in json.dumps(WHOLE).split("#/components/schemas/")[1:]}
    assert used == SCHEMAS.keys()
    assert '"#/$defs/' not in json.dumps(WHOLE), "a reference into a shape's own notes leads nowhere here"


def test_every_json_that_is_answered_has_a_shape_with_members() -> None:
    bare = [
        (verb, path, status)
        for verb, path, operation in Description(WHOLE).operations()
        for status, answer in operation["responses"].items()
        for kind, content in answer.get("content", {}).items()
        if kind.endswith("json") and not ("$ref" in content["schema"] or "anyOf" in content["schema"])
    ]
    assert bare == [("GET", "openapi.json", "200")], "OpenAPI describes itself elsewhere"
    assert [name for name, schema in SCHEMAS.items() if schema["type"] == "object" and "properties" not in schema] == []


def test_every_body_of_people_says_that_unknown_members_are_refused() -> None:
    for verb, path, operation in Description(WHOLE).operations():
        if "requestBody" in operation and operation["security"] == [{"person": []}]:
            for name in _named(operation["requestBody"]):
                assert SCHEMAS[name]["additionalProperties"] is False, f"{verb} {path}: {name}"


def test_the_words_of_the_field_are_those_of_the_engine() -> None:
    for words in (Action, Direction, OneflowKind, Outcome, Result, Side):
        assert SCHEMAS[words.__name__]["enum"] == list(words)


def test_every_count_of_a_card_is_promised() -> None:
    card = SCHEMAS["Card"]
    assert card["properties"].keys() == set(card["required"])
    assert "reason_code" in SCHEMAS["ResultField"]["required"]


# --- the check itself -------------------------------------------------------------------------------------------------

FIELD = {
    "dynamics_column": "name", "dynamics_label": "Topic", "oneflow_kind": "data_field", "oneflow_field": "customer",
    "oneflow_label": "Customer", "result": "written", "side": "oneflow", "from": None, "to": "x", "reason": None,
    "reason_code": None,
}  # fmt: skip
RESULT = {"contract_id": 7, "action": "push", "outcome": "synced", "reason": None, "plan_id": "x", "fields": [FIELD]}
PROBLEM = {"type": "about:blank", "title": "Busy", "status": 409, "detail": "Later."}


def answer(content: Any, status: int = 200, kind: str = "application/json; charset=utf-8") -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = status, b"" if content is None else json.dumps(content).encode()
    made.headers["Content-Type"] = kind
    return made


def breaches(content: Any, status: int = 200, kind: str = "application/json", path: str = "contracts/7/push") -> Any:
    return Description(WHOLE).breaches("POST", path, answer(content, status, kind))


def test_an_answer_as_described_passes() -> None:
    assert breaches(RESULT) == []
    assert breaches(PROBLEM, 409, "application/problem+json") == []
    assert breaches(PROBLEM | RESULT, 409, "application/problem+json") == []
    assert breaches(None, 202, path="dead-letters/x/replay") == []


@pytest.mark.parametrize("content", [
    RESULT | {"more": 1}, {name: RESULT[name] for name in RESULT if name != "outcome"}, RESULT | {"outcome": "done"},
    RESULT | {"fields": [FIELD | {"secret": 1}]}, RESULT | {"fields": [FIELD | {"to": 1}]}, RESULT | {"fields": [{}]},
    [], RESULT | {"contract_id": "7"},
])  # fmt: skip
def test_an_answer_that_is_not_as_described_is_found(content: Any) -> None:
    assert breaches(content)


def test_another_type_an_unlooked_for_body_or_an_unknown_route_is_found() -> None:
    assert breaches(RESULT, 200, "text/html")
    assert breaches(PROBLEM, 409, "application/json")
    assert breaches(RESULT, 422, "application/problem+json")
    assert breaches({}, 202, path="dead-letters/x/replay")
    assert breaches(RESULT, path="contracts/7/pull")


def _named(content: Any) -> Iterator[str]:
    """The shapes that are referred to, those inside them too."""
    for part in json.dumps(content).split("#/components/schemas/")[1:]:
        name = part.split('"')[0]
        if SCHEMAS[name]["type"] == "object":
            yield name
            yield from _named(SCHEMAS[name])
