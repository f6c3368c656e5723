"""Requests generated from the app's own description, good and bad ones, against every route of the running app."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.core.result import Ok
from schemathesis.core.transport import Response

from sandbox.world import World
from tests.stories.stage import Stage

EXAMPLES = 12  # of each kind, for each route


def ask(world: World, case: schemathesis.Case[Any]) -> Response:
    headers = {name: str(value) for name, value in (case.headers or {}).items()}
    operation = case.operation.definition.raw.get("operationId")
    if operation in world.function_keys:
        headers["x-functions-key"] = world.function_keys[operation]
    return case.call(base_url=world.app_url, headers=headers, timeout=30)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_no_generated_request_breaks_any_route(world: World, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{world.app_url}/api/openapi.json")
    every, met, free = set[str](), set[str](), set[str]()
    for result in schema.get_all_operations():
        assert isinstance(result, Ok)
        operation = result.ok()
        every.add(operation.label)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def no_server_error(case: schemathesis.Case[Any]) -> None:
            answer = ask(world, case)
            assert answer.status_code < 500, f"{case.method} {case.formatted_path}: {answer.status_code}"
            if answer.status_code >= 400 and answer.content:
                assert "problem+json" in str(answer.headers.get("content-type")), answer.text[:200]
            met.add(case.operation.label)

        try:
            no_server_error()
        except Unsatisfiable:
            assert mode is GenerationMode.NEGATIVE
            free.add(operation.label)  # where any text will do, there are no bad requests
    described = requests.get(f"{world.app_url}/api/openapi.json", timeout=30).json()["paths"]
    named = {f"{verb.upper()} {path}" for path, verbs in described.items() for verb in verbs if verb != "parameters"}
    assert named - every == {"GET /api/openapi.json"}, "all but the description itself, which was just asked for"
    assert met | free == every and len(every) >= 30 and len(met) >= 20


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=30)
_JSON = st.recursive(
    _LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=20), inner), max_leaves=20
)
_EVENT_NAMES = st.sampled_from(
    [
        "MessageName",
        "PrimaryEntityName",
        "PrimaryEntityId",
        "InputParameters",
        "OperationId",
        "InitiatingUserId",
        "Depth",
    ]
)


@pytest.mark.timeout(300)
@settings(max_examples=150, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(content=st.dictionaries(_EVENT_NAMES | st.text(max_size=10), _JSON) | _JSON)
def test_no_event_body_breaks_the_machines_routes(world: World, content: object) -> None:
    body = json.dumps(content).encode()
    for route, name in (("oneflow/webhook", "oneflow_webhook"), ("dynamics/events", "dynamics_events")):
        answer = requests.post(
            f"{world.app_url}/api/{route}",
            data=body,
            headers={"Content-Type": "application/json", "x-functions-key": world.function_keys[name]},
            timeout=30,
        )
        assert 400 <= answer.status_code < 500 or answer.status_code in (200, 202), answer.text[:200]


@pytest.mark.parametrize("size", [1_100_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused(stage: Stage, size: int) -> None:
    contract = stage.contract()
    body = {"plan_id": "x" * size}
    assert stage.call("POST", f"contracts/{contract}/push", body).status_code == 413
    assert stage.post_webhook(json.dumps(body).encode()).status_code in (400, 401, 413)
    assert stage.post_event(json.dumps(body).encode()).status_code in (400, 413)


@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_a_deep_body_is_refused(stage: Stage, opening: str) -> None:
    body = (opening * 100_000).encode()
    url = f"{stage.world.app_url}/api/contracts/1/push"
    answer = requests.post(url, data=body, headers={"Content-Type": "application/json"}, timeout=30)
    assert answer.status_code == 400
    assert stage.post_webhook(body).status_code in (400, 401)
    assert stage.post_event(body).status_code == 400


_HOSTILE = [
    "' or 1 eq 1",
    "a%2F..%2Fb",
    "..%2f..%2fsettings",
    "%00",
    "x' and RowKey ge '",
    "a%23b",
    "a%3Fb",
    "%F0%9F%92%A9",
    "1)%20or%20(1 eq 1",
]


@pytest.mark.parametrize("hostile", _HOSTILE)
def test_injection_into_an_address_finds_nothing(stage: Stage, hostile: str) -> None:
    stage.forget_requests()
    for verb, route in (
        ("GET", f"entities/{hostile}/columns"),
        ("GET", f"entities/{hostile}/mapping"),
        ("GET", f"records/opportunity/{hostile}/contracts"),
        ("GET", f"records/{hostile}/{stage.record_id}/contracts"),
        ("POST", f"records/{hostile}/{hostile}/push"),
        ("GET", f"contracts/{hostile}/history"),
        ("GET", f"contracts/{hostile}/preview?action=push"),
        ("POST", f"dead-letters/{hostile}/replay"),
        ("DELETE", f"dead-letters/{hostile}"),
        ("GET", f"oneflow/fields?template_type_id={hostile}"),
        ("GET", f"oneflow/templates?workspace_id={hostile}"),
        ("GET", f"log?next={hostile}"),
        ("GET", f"log?contract_id={hostile}"),
        ("GET", f"dead-letters?next={hostile}"),
        ("GET", f"ui/{hostile}"),
    ):
        answer = stage.call(verb, route, {} if verb == "POST" else None)
        assert 400 <= answer.status_code < 500 or (verb == "GET" and answer.status_code == 200), (
            f"{verb} {route}: {answer.status_code} {answer.text[:200]}"
        )
        assert "opportunityid" not in answer.text or answer.status_code == 200
    assert stage.writes() == []
