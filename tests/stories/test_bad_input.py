"""Every error is a problem+json that says what is wrong and how to mend it, and nothing is half-written."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from tests.stories.stage import Stage


def problem(answer: requests.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text[:300]
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    content: dict[str, Any] = answer.json()
    assert content["status"] == status and content["title"] and content["detail"]
    return content


def test_a_wrong_signature_is_refused(stage: Stage) -> None:
    answer = stage.post_webhook(b'{"contract": {"id": 1}, "events": [], "signature": "0000"}')
    problem(answer, 401)


def test_an_unreadable_notification_is_refused(stage: Stage) -> None:
    problem(stage.post_webhook(b"{not json"), 400)


def test_an_unreadable_dynamics_event_is_refused(stage: Stage) -> None:
    problem(stage.post_event(b"[1, 2"), 400)


def test_a_machines_route_needs_its_key(stage: Stage) -> None:
    assert requests.post(f"{stage.world.app_url}/api/oneflow/webhook", data=b"{}", timeout=10).status_code == 401


def test_an_unknown_route_is_not_found(stage: Stage) -> None:
    assert stage.call("GET", "no/such/route").status_code == 404


@pytest.mark.parametrize("route", ["contracts/999999/preview?action=push", "contracts/999999/history"])
def test_an_unknown_contract_is_not_found(stage: Stage, route: str) -> None:
    problem(stage.call("GET", route), 404)


@pytest.mark.parametrize("token", ["0", "2", "h", "1-base-00", "h-0", "log-1", "-", "h-00000000001", "h-0000000000-00"])
def test_a_token_of_the_next_page_that_was_never_given_is_refused(stage: Stage, token: str) -> None:
    contract = stage.contract()
    for route in (f"contracts/{contract}/history", "log", f"log?contract_id={contract}", "dead-letters"):
        problem(stage.call("GET", f"{route}{'&' if '?' in route else '?'}next={token}"), 400)


def test_a_body_must_be_json(stage: Stage) -> None:
    url = f"{stage.world.app_url}/api/contracts/1/push"
    answer = requests.post(url, data="plan_id=1", headers={"Content-Type": "text/plain"}, timeout=10)
    problem(answer, 415)


def test_a_foreign_origin_is_refused(stage: Stage) -> None:
    answer = stage.call("POST", "contracts/1/push", {}, {"Origin": "https://evil.example"})
    problem(answer, 403)


def test_a_mapping_needs_if_match_and_a_current_etag(stage: Stage) -> None:
    body = stage.ok("GET", "entities/opportunity/mapping")
    problem(stage.call("PUT", "entities/opportunity/mapping", body), 428)
    stage.map(auto_push=False)
    problem(stage.call("PUT", "entities/opportunity/mapping", body, {"If-Match": body["etag"]}), 412)


def test_a_mapping_is_refused_with_a_problem_per_row(stage: Stage) -> None:
    body = {
        "entity": "opportunity",
        "fields": [
            {"dynamics_column": "name", "oneflow_field": "Customer_Name", "direction": "two_way"},
            {"dynamics_column": "description", "oneflow_field": "customer_name", "direction": "two_way"},
            {"dynamics_column": "no_such_column", "oneflow_field": "amount", "direction": "sync_once"},
        ],
    }
    answer = stage.call("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
    rows = {one["row"] for one in problem(answer, 422)["errors"]}
    assert rows == {0, 1, 2}


def test_creating_from_an_unknown_template_makes_nothing(stage: Stage) -> None:
    body = {"template_id": 1, "workspace_id": stage.world.oneflow_seed.SALES, "name": "Nothing", "parties": []}
    problem(stage.call("POST", f"records/opportunity/{stage.record_id}/contracts", body), 422)
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"] == []


def test_linking_a_linked_contract_needs_a_move(stage: Stage) -> None:
    contract = stage.contract()
    elsewhere = stage.world.new_opportunity({"name": "Revised"})
    problem(stage.call("PUT", f"records/opportunity/{elsewhere}/contracts/{contract}", {}), 409)
    card = stage.ok("PUT", f"records/opportunity/{elsewhere}/contracts/{contract}", {"move": True})
    assert card["contract_id"] == contract
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"] == []
    stage.look(contract)
    assert stage.text(contract, "customer_name") == "Nordlys", "a moved link writes nothing by itself"
