"""Who may call Oneflow, as whom, and how often."""

from __future__ import annotations

import pytest

from sandbox.oneflow import seed
from tests.sandbox.oneflow_world import OneflowWorld

STRANGER_TOKEN = "z" * 40


@pytest.mark.parametrize("token", [None, "too-short", STRANGER_TOKEN, "!" * 40, seed.TOKEN + "x"])
def test_only_the_accounts_own_token_opens_the_api(token: str | None) -> None:
    world = OneflowWorld()
    answer = world.get("/ping", token=token)
    assert answer.status_code == 401
    assert answer.json()["error_code"] == 4010000
    assert world.get("/ping").json() == {}


def test_the_token_of_the_seed_has_the_documented_form() -> None:
    assert len(seed.TOKEN) == 40
    assert seed.TOKEN.replace("-", "").isalnum()


def test_a_read_needs_no_user_and_a_write_does() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    assert world.get(f"/contracts/{contract_id}", user=None).status_code == 200
    assert world.put_field(contract_id, "amount", "1.00", user=None).status_code == 401
    world.switches.missing_email_status = 400
    assert world.put_field(contract_id, "amount", "1.00", user=None).status_code == 400
    assert world.values(contract_id)["amount"] == ""


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_an_email_that_is_no_active_users_is_401(method: str) -> None:
    world = OneflowWorld()
    path = f"/contracts/{world.draft()}"
    assert world.call(method, path, {}, user="nobody@fjordkraft.example").status_code == 401
    world.sim.people.change_user(seed.SECOND_USER, active=False)
    assert world.call(method, path, {}, user=seed.SECOND_USER).status_code == 401
    assert world.call(method, path, {}, user=seed.SELLER.upper()).status_code == 200


def test_a_user_sees_only_contracts_of_their_workspaces() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="5.00")
    world.sim.people.change_user(seed.SECOND_USER, workspace_ids=[seed.PURCHASING])
    asked = {"user": seed.SECOND_USER}
    assert world.get(f"/contracts/{contract_id}", **asked).status_code == 404
    assert world.put_field(contract_id, "amount", "6.00", **asked).status_code == 404
    assert world.get("/contracts", **asked).json()["count"] == 0
    assert [w["id"] for w in world.get("/workspaces", **asked).json()["data"]] == [seed.PURCHASING]
    world.switches.unseen_contract_status = 403
    assert world.get(f"/contracts/{contract_id}", **asked).status_code == 403
    assert world.get("/contracts/99", **asked).status_code == 404
    assert world.values(contract_id)["amount"] == "5.00"


def test_a_user_who_may_only_read_is_refused_every_write() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="5.00")
    world.sim.people.change_user(seed.SECOND_USER, may_write=False)
    asked = {"user": seed.SECOND_USER}
    new = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}
    assert world.get(f"/contracts/{contract_id}", **asked).status_code == 200
    refused = [
        world.put_field(contract_id, "amount", "6.00", **asked),
        world.put(f"/contracts/{contract_id}", {"_private": {"name": "x"}}, **asked),
        world.post(f"/contracts/{contract_id}/publish", {}, **asked),
        world.delete(f"/contracts/{contract_id}", **asked),
        world.post("/contracts/create", new, **asked),
    ]
    assert [answer.status_code for answer in refused] == [403] * 5
    permissions = world.get("/workspaces", **asked).json()["data"][0]["_permissions"]
    assert permissions == {"contract:create": False}
    assert world.values(contract_id)["amount"] == "5.00"


def test_the_rate_limit_is_2000_requests_in_5_minutes_unless_a_switch_says_otherwise() -> None:
    assert (OneflowWorld().switches.rate_limit, OneflowWorld().switches.rate_window) == (2000, 300.0)
    world = OneflowWorld(rate_limit=3, rate_window=30)
    assert [world.get("/ping").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    world.clock.turn(29)
    assert world.get("/ping").status_code == 429
    world.clock.turn(1)
    assert world.get("/ping").status_code == 200


def test_the_429_answer_has_info_and_no_hint_when_to_come_back() -> None:
    world = OneflowWorld(rate_limit=0)
    answer = world.get("/contracts")
    body = answer.json()
    assert answer.status_code == body["status"] == 429
    assert body["error_code"] == 4290000
    assert body["info"].startswith("https://developer.oneflow.com")
    assert not {"type", "request_id"} & body.keys()
    assert "Retry-After" not in answer.headers


def test_a_request_with_a_wrong_token_does_not_use_up_the_limit() -> None:
    world = OneflowWorld(rate_limit=1)
    for _ in range(3):
        assert world.get("/ping", token=STRANGER_TOKEN).status_code == 401
    assert world.get("/ping").status_code == 200


def test_an_error_names_its_request_and_says_what_is_wrong() -> None:
    world = OneflowWorld()
    first, second = (world.get("/contracts/9001").json() for _ in range(2))
    assert first["detail"] == "Contract with id 9001 was not found."
    assert (first["status"], first["error_code"], first["title"]) == (404, 4040000, "Not Found")
    assert first["type"].endswith("/v1/error_codes/4040000")
    assert first["request_id"] != second["request_id"]


def test_an_unknown_path_is_404_and_an_unknown_method_405() -> None:
    world = OneflowWorld()
    assert world.get("/nothing").status_code == 404
    assert world.call("PATCH", "/contracts/1", {}).status_code == 405


def test_a_trailing_slash_makes_no_difference() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    assert world.get(f"/contracts/{contract_id}/").json() == world.get(f"/contracts/{contract_id}").json()
