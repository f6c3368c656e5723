"""What Oneflow does not take, or not here, is refused; nothing changes by it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.oneflow import NotPossible, seed
from tests.sandbox.oneflow_world import HOOK, HOST, OneflowWorld

NOWHERE = 999_999


@pytest.mark.parametrize(("method", "path", "body", "status", "named"), [
    ("GET", "/templates?filter[active]=perhaps", None, 400, "filter[active]"),
    ("GET", f"/templates/{NOWHERE}", None, 404, "Template"),
    ("GET", f"/template_types/{NOWHERE}", None, 404, "Template type"),
    ("GET", f"/helpers/template_types/{NOWHERE}/data_fields", None, 404, "Template type"),
    ("GET", "/contracts?filter[contract_ids]=" + ",".join(map(str, range(1, 202))), None, 400, "filter[contract_ids]"),
    ("GET", "/contracts?filter[contract_ids]=x", None, 400, "filter[contract_ids]"),
    ("GET", "/nothing", None, 404, "not found"),
    ("POST", "/webhooks", {"callback_url": HOOK, "template_group_id": NOWHERE}, 404, "Template group"),
])  # fmt: skip
def test_a_request_that_is_not_taken_is_refused_by_name(
    method: str, path: str, body: Any, status: int, named: str
) -> None:
    world = OneflowWorld()
    answer = world.call(method, path, body)
    assert answer.status_code == status and named in answer.text


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("GET", "events/999999", None, 404),
    ("PUT", "data_fields", {"data_fields": {"customer_name": "x"}}, 400),
    ("PUT", "data_fields", [], 400),
    ("PUT", "parties/999999", {"name": "x"}, 404),
    ("PUT", "parties/999999/participants/1", {"name": "x"}, 404),
    ("PUT", "product_groups/999999", {"products": []}, 404),
])  # fmt: skip
def test_a_request_about_a_part_that_a_contract_does_not_have_changes_nothing(
    method: str, path: str, body: Any, status: int
) -> None:
    world = OneflowWorld()
    contract = world.draft(customer_name="Nordlys AS")
    before = world.get(f"/contracts/{contract}").json()
    assert world.call(method, f"/contracts/{contract}/{path}", body).status_code == status
    assert world.get(f"/contracts/{contract}").json() == before


def test_of_its_own_side_no_address_and_of_any_party_no_stranger_is_changed() -> None:
    world = OneflowWorld()
    contract = world.draft()
    ours = next(one for one in world.get(f"/contracts/{contract}").json()["parties"] if one["my_party"])
    path = f"/contracts/{contract}/parties/{ours['id']}/participants"
    person = ours["participants"][0]["id"]

    assert world.put(f"{path}/{NOWHERE}", {"name": "x"}).status_code == 404
    assert world.put(f"{path}/{person}", {"email": "another@nordlys.example"}).status_code == 400
    world.switches.people_update = "refused"
    assert world.put(f"{path}/{person}", {"name": "x"}).status_code == 405


def test_an_envelope_that_is_not_the_accounts_own_is_refused() -> None:
    world = OneflowWorld(many_envelope="list")
    contract = world.draft()
    assert world.put(f"/contracts/{contract}/data_fields", {"data_fields": []}).status_code == 400


def test_an_account_may_sort_no_events() -> None:
    world = OneflowWorld(event_sort="refused")
    contract = world.draft()
    assert world.get(f"/contracts/{contract}/events?sort=-created_time").status_code == 400
    assert world.get(f"/contracts/{contract}/events").status_code == 200


def test_without_its_extension_an_account_has_no_template_types() -> None:
    world = OneflowWorld(template_types_extension=False)
    (kind, *_) = OneflowWorld().get("/template_types").json()["data"]
    assert world.get(f"/template_types/{kind['id']}").status_code == 404
    assert world.get("/template_types").json()["data"] == []


def test_a_contract_that_is_over_keeps_its_name_and_its_signing_period() -> None:
    world = OneflowWorld()
    contract = world.sent()
    days = {"type": "days_after_publish", "expire_days_after_publish": 5}
    late = world.put(f"/contracts/{contract}", {"_private": {"signing_period_expiration": days}})
    world.sim.people.decline(contract)

    assert late.status_code == world.switches.state_guard_status
    renamed = world.put(f"/contracts/{contract}", {"_private": {"name": "Another"}})
    assert renamed.status_code == world.switches.state_guard_status


def test_a_body_that_is_no_json_is_refused() -> None:
    world = OneflowWorld()
    headers = {"X-Oneflow-API-Token": seed.TOKEN, "X-Oneflow-User-Email": seed.SELLER}
    answer = world.session.post(f"{HOST}/v1/contracts/create", data=b"{", headers=headers)
    assert answer.status_code == 400


def test_a_person_in_the_web_app_meets_what_the_app_shows() -> None:
    world = OneflowWorld()
    contract = world.sent()
    people = world.sim.people

    with pytest.raises(KeyError):
        people.set_fields(contract, {"nothing": "x"})
    with pytest.raises(NotPossible):
        people.set_fields(contract, {"customer_name": "x" * (world.switches.max_value_length + 1)})
