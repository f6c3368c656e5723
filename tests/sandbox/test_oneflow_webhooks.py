"""What is delivered to a subscription, when and how often."""

from __future__ import annotations

import threading
from itertools import pairwise
from typing import Any

import pytest

from sandbox.oneflow import OneflowSimulator, seed
from sandbox.wire import Request, Response, Server
from tests.sandbox.oneflow_world import HOOK, OneflowWorld, event_filter, signature

SECONDS_UNTIL_RETRY = [1, 5, 10, 30, 60, 300, 600, 1800, 3600]


def edited(world: OneflowWorld, **subscription: Any) -> int:
    """A sent contract whose counterparty changes a value, once somebody has subscribed."""
    contract_id = world.sent()
    world.subscribe(**subscription)
    world.sim.people.set_fields(contract_id, {"amount": "2.00"})
    return contract_id


# What a notification says


def test_a_notification_carries_ids_and_no_values() -> None:
    world = OneflowWorld()
    contract_id = edited(world)
    world.sim.delivery.pump()
    assert world.receiver.urls == [HOOK]
    [body] = world.receiver.bodies
    assert set(body) == {"contract", "callback_id", "events", "signature"}
    assert body["contract"] == {"id": contract_id}
    last = world.events(contract_id)[-1]
    assert body["events"] == [{"created_time": last["created_time"], "id": last["id"], "type": "data_field:update"}]
    assert len(body["callback_id"]) == 40
    assert int(body["callback_id"], 16) >= 0


def test_the_signature_is_the_sha1_of_callback_id_and_sign_key_in_the_body_or_in_the_events() -> None:
    world = OneflowWorld()
    contract_id = edited(world, sign_key="key one")
    world.sim.delivery.pump()
    world.switches.signature_in_events = True
    world.sim.people.set_fields(contract_id, {"amount": "3.00"})
    world.sim.delivery.pump()
    first, second = world.receiver.bodies
    assert first["signature"] == signature(first["callback_id"], "key one")
    assert "signature" not in second
    assert [e["signature"] for e in second["events"]] == [signature(second["callback_id"], "key one")]


def test_a_rotated_sign_key_signs_what_is_sent_from_then_on() -> None:
    world = OneflowWorld()
    edited(world, sign_key="key one")
    webhook_id = world.get("/webhooks").json()["data"][0]["id"]
    world.receiver.statuses = [500]
    world.sim.delivery.pump()
    assert world.put(f"/webhooks/{webhook_id}", {"sign_key": "key two"}).status_code == 200
    world.clock.turn(1)
    world.sim.delivery.pump()
    before, after = world.receiver.bodies
    assert before["signature"] == signature(before["callback_id"], "key one")
    assert after["signature"] == signature(after["callback_id"], "key two")


def test_the_events_of_one_action_come_together_or_one_by_one() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.subscribe()
    world.put_many(contract_id, amount="1.00", stage="Won")
    world.switches.batch_webhook_events = False
    world.put_many(contract_id, amount="2.00", stage="Lost")
    world.sim.delivery.pump()
    assert [len(body["events"]) for body in world.receiver.bodies] == [2, 1, 1]
    assert len({body["callback_id"] for body in world.receiver.bodies}) == 3


# Which events


def test_an_edit_of_a_draft_is_announced_only_where_a_switch_says_so() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.subscribe()
    world.sim.people.set_fields(contract_id, {"amount": "1.00"}, "colleague")
    world.sim.delivery.pump()
    assert world.receiver.types() == []
    world.switches.data_field_update_fires_for_drafts = True
    world.sim.people.set_fields(contract_id, {"amount": "2.00"}, "colleague")
    world.sim.delivery.pump()
    assert world.receiver.types() == ["data_field:update"]


def test_our_own_writes_come_back_unless_a_switch_says_otherwise() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.subscribe()
    world.put_field(contract_id, "amount", "1.00")
    world.switches.echo_webhooks_for_api_writes = False
    world.put_field(contract_id, "amount", "2.00")
    world.sim.delivery.pump()
    assert world.receiver.types() == ["data_field:update"]


def test_an_edit_can_be_announced_as_a_content_update_as_well() -> None:
    world = OneflowWorld(content_update_on_pending_field_edit=True)
    edited(world)
    world.sim.delivery.pump()
    assert world.receiver.types() == ["data_field:update", "contract:content_update"]


def test_a_contracts_life_is_announced() -> None:
    world = OneflowWorld()
    world.subscribe()
    signed, declined, expired = world.sent(), world.sent(), world.sent()
    people = world.sim.people
    people.visit(signed)
    people.sign(signed)
    people.set_fields(signed, {"amount": "1.00"})
    people.sign_all(signed)
    people.decline(declined)
    people.expire(expired)
    people.revive(expired)
    people.delete(expired)
    world.sim.delivery.pump()
    heard: dict[int, list[str]] = {}
    for body in world.receiver.bodies:
        heard.setdefault(body["contract"]["id"], []).extend(event["type"] for event in body["events"])
    begins = ["contract:create", "contract:publish"]
    signs = ["participant:sign", "data_field:update", "contract:signature_reset"]
    assert heard[signed] == [
        *begins, "participant:first_visit", *signs, "participant:sign", "participant:sign", "contract:sign",
    ]  # fmt: skip
    assert heard[declined] == [*begins, "participant:decline", "contract:decline"]
    assert heard[expired][2:] == [
        "contract:signing_period_expire", "contract:signing_period_revive", "contract:delete",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("subscription", "heard"),
    [
        ({"filters": [event_filter("data_field:update")]}, ["data_field:update"]),
        ({"filters": [event_filter("contract:sign"), event_filter("data_field:update")]}, ["data_field:update"]),
        ({"filters": [event_filter("contract:sign")]}, []),
        ({"filters": [{"filter_rules": [{"type": "WORKSPACE", "values": [seed.SALES]}]}]}, ["data_field:update"]),
        ({"filters": [{"filter_rules": [{"type": "WORKSPACE", "values": [seed.PURCHASING]}]}]}, []),
        (
            {
                "filters": [
                    {
                        "filter_rules": [
                            {"type": "EVENT_TYPE", "values": ["data_field:update"]},
                            {"type": "WORKSPACE", "values": [seed.PURCHASING]},
                        ]
                    }
                ]
            },
            [],
        ),
        ({"template_group_id": seed.FRAME_AGREEMENT}, ["data_field:update"]),
        ({"template_group_id": seed.DYNAMICS_APP}, []),
    ],
)
def test_a_subscription_hears_what_its_filters_let_through(subscription: dict[str, Any], heard: list[str]) -> None:
    world = OneflowWorld()
    edited(world, **subscription)
    world.sim.delivery.pump()
    assert world.receiver.types() == heard


# When, and how often


def test_a_notification_is_tried_ten_times_by_the_documented_table_and_given_up() -> None:
    world = OneflowWorld()
    world.receiver.statuses = [500] * 99
    edited(world)
    sends: list[float] = []
    started = world.clock()
    while (due := world.sim.delivery.next_due()) is not None:
        world.clock.at = due
        world.sim.delivery.pump()
        sends.append((due - started).total_seconds())
    waits = [later - earlier for earlier, later in pairwise(sends)]
    assert waits == SECONDS_UNTIL_RETRY
    assert sends[-1] == 6406  # 1 h 47 min
    assert len(world.receiver.bodies) == 10
    assert len({body["callback_id"] for body in world.receiver.bodies}) == 1
    assert len(world.sim.delivery.given_up) == 1


@pytest.mark.parametrize("status", [201, 202, 204, 302, 400, 401, 500, 503])
def test_only_exactly_200_is_success(status: int) -> None:
    world = OneflowWorld()
    world.receiver.statuses = [status]
    edited(world)
    world.sim.delivery.pump()
    assert len(world.sim.delivery.pending) == 1
    world.clock.turn(1)
    world.sim.delivery.pump()
    assert [attempt.status for attempt in world.sim.delivery.attempts] == [status, 200]
    assert not world.sim.delivery.pending


def test_the_retry_table_can_be_sped_up() -> None:
    world = OneflowWorld()
    world.sim.delivery.retry_scale = 0.01
    world.receiver.statuses = [500]
    edited(world)
    world.sim.delivery.pump()
    due = world.sim.delivery.next_due()
    assert due is not None
    assert (due - world.clock()).total_seconds() == 0.01


def test_a_receiver_that_breaks_the_line_is_tried_again() -> None:
    world = OneflowWorld()

    def breaks(url: str, body: bytes, headers: dict[str, str]) -> int:
        raise ConnectionError

    world.sim.delivery.send = breaks
    edited(world)
    [attempt] = world.sim.delivery.pump()
    assert (attempt.status, attempt.error) == (0, "ConnectionError")
    assert len(world.sim.delivery.pending) == 1


def test_notifications_are_dropped_doubled_delayed_and_reordered_to_order() -> None:
    world = OneflowWorld()
    contract_id = world.sent()
    world.subscribe()
    mishaps = world.sim.delivery.mishaps

    def edit(value: str) -> None:
        world.sim.people.set_fields(contract_id, {"amount": value})

    mishaps.drop = 1
    edit("1.00")
    assert not world.sim.delivery.pending

    mishaps.duplicate = 1
    edit("2.00")
    world.sim.delivery.pump()
    first, second = world.receiver.bodies
    assert first == second

    mishaps.delay, mishaps.delay_seconds = 1, 20
    edit("3.00")
    assert world.sim.delivery.pump() == []
    world.clock.turn(20)
    assert len(world.sim.delivery.pump()) == 1

    mishaps.reorder = True
    edit("4.00")
    edit("5.00")
    world.sim.delivery.pump()
    ids = [body["events"][0]["id"] for body in world.receiver.bodies[-2:]]
    assert ids == sorted(ids, reverse=True)


def test_a_notification_can_arrive_before_reads_show_the_change() -> None:
    world = OneflowWorld(lagging_reads=1)
    contract_id = world.sent()
    world.get(f"/contracts/{contract_id}")
    world.subscribe()
    world.sim.people.set_fields(contract_id, {"amount": "2.00"})
    world.sim.delivery.pump()
    assert world.receiver.types() == ["data_field:update"]
    assert [world.values(contract_id)["amount"] for _ in range(2)] == ["", "2.00"]


def test_what_waits_for_a_deleted_subscription_is_not_sent() -> None:
    world = OneflowWorld()
    edited(world)
    world.delete(f"/webhooks/{world.get('/webhooks').json()['data'][0]['id']}")
    world.sim.delivery.pump()
    assert world.receiver.bodies == []
    assert not world.sim.delivery.pending


def test_a_started_simulator_sends_by_itself_over_http() -> None:
    arrived = threading.Event()
    seen: list[Request] = []

    def receive(request: Request) -> Response:
        seen.append(request)
        if len(seen) == 1:
            return Response(503)
        arrived.set()
        return Response(200)

    server = Server(receive)
    sim = OneflowSimulator(retry_scale=0.01)
    sim.start()
    try:
        contract_id = sim.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Frame agreement").id
        headers = {"x-oneflow-api-token": seed.TOKEN, "x-oneflow-user-email": seed.SELLER}
        body = f'{{"callback_url": "{server.url}/hook?code=abc"}}'.encode()
        assert sim(Request.of("POST", "http://here/v1/webhooks", headers, body)).status == 200
        sim.people.publish(contract_id)
        assert arrived.wait(10)
    finally:
        sim.close()
        server.close()
    assert [(r.path, r.param("code")) for r in seen] == [("/hook", "abc")] * 2
    assert seen[0].json() == seen[1].json()
    assert seen[0].json()["contract"] == {"id": contract_id}
