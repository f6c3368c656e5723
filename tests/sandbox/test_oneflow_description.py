"""The simulator against Oneflow's own published description of its API, where that file lies beside the project."""

from __future__ import annotations

import re

import pytest
import requests

from sandbox.oneflow import seed
from sandbox.oneflow.api.webhook_routes import EVENT_TYPES
from sandbox.oneflow.switches import Switches
from sandbox.wire import Request, Response
from tests.sandbox.description import FILE, Description
from tests.sandbox.oneflow_world import OLA, OneflowWorld, items
from tests.sandbox.recording import DISAGREEMENTS, Recorder, recorder

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"Oneflow's published description is not at {FILE}")


@pytest.fixture(scope="module")
def description() -> Description:
    return Description()


def assert_answers(description: Description, answer: requests.Response, method: str, path: str) -> None:
    schema = description.of_answer(method, path, answer.status_code)
    assert list(description.faults(answer.json(), schema)) == []


def full_contract(world: OneflowWorld) -> int:
    """With a company, an individual, a value, a signature and a visit."""
    body = {
        "workspace_id": seed.SALES,
        "template_id": seed.FRAME_TEMPLATE,
        "value": {"amount": "1.00", "currency": "NOK"},
        "parties": [
            {"type": "company", "name": "Nordlys AS", "participants": [{"name": "Ola Kjøper", "email": OLA}]},
            {"type": "individual", "participant": {"name": "Per Person", "email": "per@ex.example"}},
        ],
    }
    contract_id: int = world.post("/contracts/create", body).json()["id"]
    world.sim.people.publish(contract_id)
    world.sim.people.visit(contract_id)
    world.sim.people.sign(contract_id)
    return contract_id


def test_contracts_have_the_described_form_in_every_state(description: Description) -> None:
    world = OneflowWorld()
    body = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}
    made = world.post("/contracts/create", body)
    assert_answers(description, made, "post", "/contracts/create")
    sent = world.post(f"/contracts/{made.json()['id']}/publish", {})
    assert_answers(description, sent, "post", "/contracts/{contract_id}/publish")
    contracts = {end: full_contract(world) for end in ("pending", "sign_all", "decline", "expire")}
    for end, contract_id in contracts.items():
        if end != "pending":
            getattr(world.sim.people, end)(contract_id)
        answer = world.get(f"/contracts/{contract_id}")
        assert_answers(description, answer, "get", "/contracts/{contract_id}/")
        assert_answers(description, answer, "get", "/contracts/{contract_id}")


def test_states_are_those_described(description: Description) -> None:
    world = OneflowWorld()
    ends = ("sign_all", "decline", "expire")
    shown = {world.get(f"/contracts/{world.draft()}").json()["state"]}
    shown.add(world.get(f"/contracts/{world.sent()}").json()["state"])
    for end in ends:
        contract_id = world.sent()
        getattr(world.sim.people, end)(contract_id)
        shown.add(world.get(f"/contracts/{contract_id}").json()["state"])
    schema = description.of_answer("get", "/contracts/{contract_id}", 200)
    assert shown == set(schema["properties"]["state"]["description"].split("/"))


def test_data_fields_have_the_described_form(description: Description) -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    path = "/contracts/{contract_id}/data_fields/c::{data_field_id}"
    assert_answers(description, world.put_field(contract_id, "amount", "1.00"), "put", path)
    for field in world.get(f"/contracts/{contract_id}/data_fields").json()["data"]:
        assert list(description.faults(field, {"$ref": "#/definitions/Datafield"})) == []
    many = world.put(f"/contracts/{contract_id}/data_fields", {"data_fields": items(amount="2.00", stage="Won")})
    for field in many.json()["data_fields"]:
        assert list(description.faults(field, {"$ref": "#/definitions/Datafield"})) == []


def test_lists_have_the_described_form(description: Description) -> None:
    world = OneflowWorld()
    assert_answers(description, world.get("/workspaces"), "get", "/workspaces")
    assert_answers(description, world.get("/ping"), "get", "/ping")
    assert_answers(description, world.get("/template_types"), "get", "/template_types")
    one = world.get(f"/template_types/{seed.FRAME_AGREEMENT}").json()
    assert list(description.faults(one, {"$ref": "#/definitions/Template_Type"})) == []


def test_templates_have_the_described_form(description: Description) -> None:
    """The connector flattens the helper's answer, by workspace, into one array of templates."""
    world = OneflowWorld()
    by_workspace = world.get("/helpers/contract_create_data").json()
    templates = [template for place in by_workspace for template in place["templates"]]
    schema = description.of_answer("get", "/helpers/contract_create_data/", 200)
    assert list(description.faults(templates, schema)) == []
    listed = world.get("/templates?filter[active]=").json()["data"]
    assert len(listed) == 5
    assert list(description.faults(listed, schema)) == []


def test_errors_have_the_described_form_and_status(description: Description) -> None:
    world = OneflowWorld()
    signed = world.sent()
    world.sim.people.sign_all(signed)
    field_path = "/contracts/{contract_id}/data_fields/c::{data_field_id}"
    answers = [
        (world.post("/contracts/create", {}), "post", "/contracts/create"),
        (world.post("/contracts/create", {"workspace_id": 1, "template_id": 1}), "post", "/contracts/create"),
        (world.put_field(signed, "amount", "1.00"), "put", field_path),
        (world.put_field(signed, "amount", "x" * 1025, user="nobody@fjordkraft.example"), "put", field_path),
        (world.put_field(world.draft(), "amount", "x" * 1025), "put", field_path),
        (world.put_field(99, "amount", "x"), "put", field_path),
        (world.get("/contracts/99"), "get", "/contracts/{contract_id}/"),
        (world.get("/contracts/abc"), "get", "/contracts/{contract_id}/"),
        (world.get("/contracts/99", token="x"), "get", "/contracts/{contract_id}/"),
        (world.post(f"/contracts/{signed}/publish", {}), "post", "/contracts/{contract_id}/publish"),
        (world.get("/ping", token=None), "get", "/ping"),
    ]
    assert [answer.status_code for answer, _, _ in answers] == [400, 404, 409, 401, 400, 404, 404, 400, 401, 409, 401]
    for answer, method, path in answers:
        described = description.whole["paths"][path][method]["responses"]
        assert str(answer.status_code) in described, f"{answer.status_code} is no answer of {method} {path}"
        assert list(description.faults(answer.json(), {"$ref": "#/definitions/Error"})) == []


def test_bodies_as_described_are_taken(description: Description) -> None:
    """Every key that the description has for our requests is known; the same body with another key is refused."""
    world = OneflowWorld()
    definitions = description.whole["definitions"]
    samples = {"name": "By description", "workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}
    field = {"custom_id": "amount", "value": "1.00"}
    assert set(definitions["Datafield_for_create"]["properties"]) == set(field)
    body = {name: samples.get(name, [field]) for name in definitions["Contract_For_Create"]["properties"]}
    contract_id = world.post("/contracts/create", body).json()["id"]
    assert world.values(contract_id)["amount"] == "1.00"
    update = {"id": seed.FIRST_FIELD + 1, "value": "2.00", "_private_ownerside": {"custom_id": "amount"}}
    assert set(definitions["Datafield_for_update"]["properties"]) == set(update)
    path = f"/contracts/{contract_id}/data_fields/c::amount"
    assert world.put(path, update).json()["value"] == "2.00"
    assert world.put(path, update | {"type": "text"}).status_code == 400


def test_notifications_have_the_described_form(description: Description) -> None:
    """The signature stands in the body by the documentation, in each event by the description: a switch has both."""
    world = OneflowWorld(signature_in_events=True)
    contract_id = world.sent()
    world.subscribe()
    world.sim.people.set_fields(contract_id, {"amount": "2.00"})
    world.sim.delivery.pump()
    [body] = world.receiver.bodies
    assert list(description.faults(body, {"$ref": "#/definitions/Webhook_Event"})) == []


def test_every_described_event_type_can_be_subscribed_to(description: Description) -> None:
    register = description.whole["paths"]["/webhooks"]["post"]["parameters"][0]["schema"]
    described = set(register["properties"]["filters"]["items"]["enum"])
    assert described <= EVENT_TYPES


def test_the_check_itself_finds_what_is_wrong(description: Description) -> None:
    world = OneflowWorld()
    contract = world.get(f"/contracts/{full_contract(world)}").json()
    schema = {"$ref": "#/definitions/Contract"}
    contract["id"] = "70001"
    del contract["parties"][1]["participants"][0]["sign_state"]
    contract["data_fields"][0]["value"] = 5
    assert list(description.faults(contract, schema)) == [
        "$.data_fields[0].value is int, not string",
        "$.id is str, not integer",
        "$.parties[1].participants[0].sign_state is missing",
    ]


def watched(field: dict[str, object]) -> list[str]:
    """What the recording check says of an answer with this data field."""
    watch = Recorder(Description())
    request = Request.of("PUT", "http://127.0.0.1/v1/contracts/1/data_fields/c::amount", {}, b'{"value": "1.00"}')
    watch(request, Response.of_json(200, field), Switches())
    return watch.mismatches


def test_the_recording_check_shows_both_shapes_side_by_side() -> None:
    world = OneflowWorld()
    field = world.put_field(world.draft(), "amount", "1.00").json()
    assert watched(field) == []
    [said] = watched(field | {"value": 1})
    assert said.startswith("the answer 200 to PUT /contracts/{contract_id}/data_fields/c::{data_field_id}: ")
    assert re.search(r"^\$\.value: string +\$\.value: integer$", said, re.MULTILINE)
    [lacking] = watched({name: value for name, value in field.items() if name != "id"})
    assert "$.id is missing" in lacking and re.search(r"^\$\.id: \w+ +-$", lacking, re.MULTILINE)


def test_the_recording_check_looks_at_requests_that_were_taken() -> None:
    watch = Recorder(Description())
    body = b'{"name": 5, "workspace_id": 1, "template_id": 2}'
    request = Request.of("POST", "http://127.0.0.1/v1/contracts/create", {}, body)
    watch(request, Response.of_json(400, {}), Switches())
    assert not [one for one in watch.mismatches if "the request" in one], "a refused one may be wrong on purpose"
    watch(request, Response(200), Switches())
    assert [one for one in watch.mismatches if one.startswith("the request POST /contracts/create: $.name is int")]


def test_all_tests_are_looked_at() -> None:
    """Through the conftest: this test's own requests are among what was recorded."""
    watch = recorder()
    assert watch is not None
    before = len(watch.looked_at)
    world = OneflowWorld()
    world.get(f"/contracts/{world.draft()}")
    assert "GET /contracts/{contract_id} 200" in watch.looked_at[before:]


def test_what_the_recording_check_leaves_out_is_still_a_disagreement(description: Description) -> None:
    assert DISAGREEMENTS == {"the request POST /webhooks": "$.filters["}
    register = description.whole["paths"]["/webhooks"]["post"]["parameters"][0]["schema"]
    assert register["properties"]["filters"]["items"]["type"] == "string", "the API takes {filter_rules: [...]}"
