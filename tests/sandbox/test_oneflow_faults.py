"""What can be made to go wrong, where a test may step in between, and many callers at once."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest
import requests

from sandbox.oneflow import Fault, OneflowSimulator, seed
from sandbox.wire import DroppedConnection, Request, Server
from tests.sandbox.oneflow_world import OneflowWorld

NEW = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE}


def test_a_connection_dropped_before_the_work_leaves_nothing_behind() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="1.00")
    world.sim.faults.add(Fault("drop", method="PUT"))
    with pytest.raises(requests.ConnectionError):
        world.put_field(contract_id, "amount", "2.00")
    assert world.values(contract_id)["amount"] == "1.00"


def test_a_connection_dropped_after_the_work_leaves_it_done() -> None:
    world = OneflowWorld()
    world.sim.faults.add(Fault("drop", method="POST", path="/contracts/create", after_commit=True))
    with pytest.raises(requests.ConnectionError):
        world.post("/contracts/create", NEW)
    assert world.get("/contracts").json()["count"] == 1
    assert world.sim.log.count("POST", "/contracts/create", status=0) == 1


@pytest.mark.parametrize(("after_commit", "value"), [(False, ""), (True, "2.00")])
def test_an_ordered_status_comes_instead_of_the_work_or_after_it(after_commit: bool, value: str) -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.sim.faults.add(Fault("status", "PUT", status=503, headers={"Retry-After": "7"}, after_commit=after_commit))
    answer = world.put_field(contract_id, "amount", "2.00")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert answer.json()["error_code"] == 5030000
    assert world.values(contract_id)["amount"] == value


def test_an_error_of_the_edge_is_no_json() -> None:
    world = OneflowWorld()
    world.sim.faults.add(Fault("status", status=502, body="<html>Bad gateway</html>"))
    answer = world.get("/ping")
    assert (answer.status_code, answer.text) == (502, "<html>Bad gateway</html>")
    assert answer.headers["Content-Type"] == "text/html"


def test_a_rate_limit_can_be_ordered_with_or_without_a_hint() -> None:
    world = OneflowWorld()
    world.sim.faults.add(Fault("rate_limited"))
    world.sim.faults.add(Fault("rate_limited", headers={"Retry-After": "60"}))
    first, second, third = (world.get("/ping") for _ in range(3))
    assert [first.status_code, second.status_code, third.status_code] == [429, 429, 200]
    assert "Retry-After" not in first.headers
    assert second.headers["Retry-After"] == "60"


def test_a_many_write_can_be_applied_by_half() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.sim.faults.add(Fault("half_applied", status=500))
    assert world.put_many(contract_id, customer_name="Nordlys AS", amount="1.00").status_code == 500
    values = world.values(contract_id)
    assert (values["customer_name"], values["amount"]) == ("Nordlys AS", "")


def test_a_write_can_answer_200_and_change_nothing() -> None:
    world = OneflowWorld()
    contract_id = world.draft(amount="1.00")
    world.sim.faults.add(Fault("changes_nothing"))
    answer = world.put_field(contract_id, "amount", "2.00")
    assert (answer.status_code, answer.json()["value"]) == (200, "1.00")
    assert world.values(contract_id)["amount"] == "1.00"


def test_a_fault_waits_for_its_turn_and_ends_after_its_times() -> None:
    world = OneflowWorld()
    world.sim.faults.add(Fault("status", "GET", "/ping", times=2, skip=1, status=500))
    assert [world.get("/ping").status_code for _ in range(4)] == [200, 500, 500, 200]
    assert world.sim.faults.met == [("status", "GET", "/v1/ping")] * 2


def test_an_answer_can_be_slow_and_a_request_can_hang_until_it_is_cut() -> None:
    world = OneflowWorld()
    waited: list[float] = []
    world.sim.faults.sleep = waited.append
    world.sim.faults.add(Fault("delay", seconds=3))
    assert world.get("/ping").status_code == 200
    world.sim.faults.add(Fault("hang", seconds=40))
    with pytest.raises(requests.ConnectionError):
        world.get("/ping")
    assert waited == [3, 40]


def test_a_hanging_request_over_http_times_out_and_others_go_on() -> None:
    sim = OneflowSimulator()
    server = Server(sim)
    headers = {"X-Oneflow-API-Token": seed.TOKEN}
    try:
        sim.faults.add(Fault("hang", "GET", "/users", seconds=60))
        with pytest.raises(requests.Timeout):
            requests.get(f"{server.url}/v1/users", headers=headers, timeout=0.1)
        assert requests.get(f"{server.url}/v1/ping", headers=headers, timeout=5).status_code == 200
    finally:
        sim.close()
        server.close()


def test_a_dropped_connection_over_http_is_a_connection_error() -> None:
    sim = OneflowSimulator()
    server = Server(sim)
    try:
        sim.faults.add(Fault("drop"))
        with pytest.raises(requests.ConnectionError):
            requests.get(f"{server.url}/v1/ping", timeout=5)
    finally:
        sim.close()
        server.close()


def test_an_unknown_fault_is_refused() -> None:
    with pytest.raises(ValueError, match="half_applied"):
        Fault("explode")


# Stepping in between


def test_an_edit_can_fall_exactly_between_a_read_and_the_write_after_it() -> None:
    world = OneflowWorld()
    contract_id = world.sent(amount="1.00")

    def counterparty_is_faster(request: Request) -> None:
        world.sim.before_write = None
        world.sim.people.set_fields(contract_id, {"amount": "9.00"})

    world.sim.before_write = counterparty_is_faster
    assert world.values(contract_id)["amount"] == "1.00"
    assert world.put_field(contract_id, "amount", "2.00").json()["value"] == "2.00"
    edits = [e["data"]["changes"][0] for e in world.events(contract_id) if e["type"] == "data_field:update"]
    assert [(edit["from"], edit["to"]) for edit in edits] == [("1.00", "9.00"), ("9.00", "2.00")]


def test_a_signature_can_fall_right_after_a_read() -> None:
    world = OneflowWorld()
    contract_id = world.sent()

    def they_sign(request: Request) -> None:
        world.sim.after_read = None
        world.sim.people.sign_all(contract_id)

    world.sim.after_read = they_sign
    assert world.get(f"/contracts/{contract_id}").json()["state"] == "pending"
    assert world.put_field(contract_id, "amount", "2.00").status_code == 409


# The log


def test_the_log_counts_requests_by_method_path_and_status() -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    world.get(f"/contracts/{contract_id}/")
    world.put_field(contract_id, "amount", "1.00")
    behind = world.sim.log.last_number
    world.put_field(contract_id, "no_such_field", "1.00")
    log = world.sim.log
    assert log.count("GET", f"/contracts/{contract_id}") == 1
    assert log.count("PUT", "/contracts/*/data_fields/*") == 2
    assert log.count("PUT", status=404) == log.count(after=behind) == 1
    assert [entry.who for entry in log.writes()] == [seed.SELLER] * 2
    assert log.writes()[0].body == '{"value": "1.00"}'
    log.clear()
    assert log.count() == 0


def test_the_log_keeps_no_token() -> None:
    world = OneflowWorld()
    world.get("/ping")
    assert seed.TOKEN not in repr(world.sim.log.entries())


# Many at once


def test_writes_of_many_threads_are_all_kept() -> None:
    world = OneflowWorld()
    contract_ids = [world.sent() for _ in range(4)]
    world.subscribe()
    headers = {"x-oneflow-api-token": seed.TOKEN, "x-oneflow-user-email": seed.SELLER}
    ready = threading.Barrier(8)

    def slow_clock() -> datetime:
        time.sleep(0.0002)  # between a write's look at the contract and its commit another thread gets its turn
        return world.clock()

    world.sim.world.now = slow_clock

    def write(worker: int) -> list[int]:
        ready.wait()
        statuses = []
        for turn in range(10):
            path = f"/v1/contracts/{contract_ids[turn % 4]}/data_fields/c::{seed.STORY_FIELDS[worker]}"
            body = f'{{"value": "{worker}-{turn}"}}'.encode()
            statuses.append(world.sim(Request.of("PUT", "https://api.oneflow.com" + path, headers, body)).status)
        return statuses

    with ThreadPoolExecutor(8) as pool:
        statuses = [status for one in pool.map(write, range(8)) for status in one]
    assert statuses == [200] * 80
    for position, contract_id in enumerate(contract_ids):
        last = max(turn for turn in range(10) if turn % 4 == position)
        values = world.values(contract_id)
        assert [values[seed.STORY_FIELDS[worker]] for worker in range(8)] == [f"{w}-{last}" for w in range(8)]
    edits = [e["id"] for c in contract_ids for e in world.events(c) if e["type"] == "data_field:update"]
    assert len(edits) == len(set(edits)) == 80
    world.sim.delivery.pump()
    assert sorted(event["id"] for body in world.receiver.bodies for event in body["events"]) == sorted(edits)


def test_the_simulator_itself_raises_what_the_wire_turns_into_a_cut_line() -> None:
    world = OneflowWorld()
    world.sim.faults.add(Fault("drop"))
    with pytest.raises(DroppedConnection):
        world.sim(Request.of("GET", "https://api.oneflow.com/v1/ping", {}, b""))
