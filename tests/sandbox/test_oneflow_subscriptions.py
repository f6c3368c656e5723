"""Webhook subscriptions: what they may be, and how they are read back."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.oneflow_world import HOOK, OneflowWorld, event_filter


@pytest.mark.parametrize(
    ("url", "status"),
    [
        (HOOK, 200),
        ("http://127.0.0.1:8105/api/oneflow/webhook", 200),
        ("http://localhost/hook", 200),
        ("http://[::1]:80/hook", 200),
        ("http://sync.example/hook", 400),
        ("http://10.0.0.1/hook", 400),
        ("http://127.0.0.1.example/hook", 400),
        ("ftp://sync.example/hook", 400),
        ("https://", 400),
        ("", 400),
        ("https://sync.example/" + "x" * 1000, 400),
        (7, 400),
        (None, 400),
    ],
)
def test_a_callback_is_https_and_http_goes_to_this_machine_only(url: Any, status: int) -> None:
    assert OneflowWorld().post("/webhooks", {"callback_url": url}).status_code == status


@pytest.mark.parametrize(
    "more",
    [
        {"events": ["data_field:update"]},
        {"sign_key": 5},
        {"filters": ["data_field:update"]},
        {"filters": [{"filter_rules": []}]},
        {"filters": [event_filter("data_field:renamed")]},
        {"filters": [event_filter(*["contract:sign"] * 51)]},
        {"filters": [{"filter_rules": [{"type": "TEMPLATE", "values": [1]}]}]},
        {"filters": [{"filter_rules": [{"type": "WORKSPACE", "values": ["501"]}]}]},
    ],
)
def test_a_wrong_subscription_is_400(more: dict[str, Any]) -> None:
    world = OneflowWorld()
    assert world.post("/webhooks", {"callback_url": HOOK} | more).status_code == 400
    assert world.get("/webhooks").json()["count"] == 0


def test_a_subscription_is_read_back_changed_and_deleted() -> None:
    world = OneflowWorld()
    webhook_id = world.subscribe(filters=[event_filter("contract:sign")])
    path = f"/webhooks/{webhook_id}"
    changed = world.put(path, {"callback_url": HOOK + "/2"}).json()
    assert changed["callback_url"] == HOOK + "/2"
    assert changed["filters"] == [event_filter("contract:sign")]
    assert world.get(path).json() == changed
    assert world.get("/webhooks").json()["data"] == [changed]
    assert world.delete(path).status_code == 200
    assert world.get(path).status_code == 404


def test_what_a_subscription_shows_has_several_forms() -> None:
    world = OneflowWorld()
    webhook_id = world.subscribe()
    shown = world.get("/webhooks").json()["data"][0]
    assert shown["id"] == shown["webhook_id"] == webhook_id
    assert shown["sign_key"] == "a-long-sign-key"
    world.switches.update(
        {"webhook_id_keys": "webhook_id", "webhook_list_envelope": "list", "webhook_shows_sign_key": False}
    )
    [shown] = world.get("/webhooks").json()
    assert shown["webhook_id"] == webhook_id
    assert not {"id", "sign_key"} & shown.keys()
