"""The simulator as a process of its own: one address, a folder that it goes on from, an orderly end."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from sandbox.oneflow import seed
from sandbox.oneflow.store import Store
from tests.sandbox.oneflow_world import HOOK, OLA, OneflowWorld

HEADERS = {"X-Oneflow-API-Token": seed.TOKEN, "X-Oneflow-User-Email": seed.SELLER}
NORDLYS = {"name": "Nordlys AS", "participants": [{"name": "Ola Kjøper", "email": OLA}]}
ROOT = Path(__file__).parents[2]


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address of a simulator process; ended with SIGTERM."""
    command = [sys.executable, "-m", "sandbox.oneflow", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"oneflow\.ready url=(http://127\.0\.0\.1:\d+)/v1 control=\1/_sandbox\n", line)
        assert found, line
        yield found.group(1)
    finally:
        process.send_signal(signal.SIGTERM)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, rest, errors) == (0, "", "")


def test_a_restarted_process_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "oneflow"

    def call(method: str, url: str, body: Any = None) -> Any:
        answer = requests.request(method, url, json=body, headers=HEADERS, timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    new = {"workspace_id": seed.SALES, "template_id": seed.FRAME_TEMPLATE, "parties": [NORDLYS]}
    with served(folder) as url:
        made = call("POST", f"{url}/v1/contracts/create", new)
        path = f"/contracts/{made['id']}"
        call("PUT", f"{url}/v1{path}/data_fields/c::amount", {"value": "5.00"})
        call("POST", f"{url}/_sandbox{path}/publish")
        call("POST", f"{url}/_sandbox{path}/fields", {"fields": {"stage": "Won"}, "as": "counterparty"})
        call("PUT", f"{url}/_sandbox/switches", {"trims_values": True})
        assert made["_links"]["self"]["href"] == f"{url}/v1{path}"
        before = call("GET", f"{url}/v1{path}")
        events = call("GET", f"{url}/v1{path}/events")["data"]
    with served(folder) as url:
        after = call("GET", f"{url}/v1{path}")
        assert after["data_fields"] == before["data_fields"]
        assert after["parties"] == before["parties"]
        assert (after["state"], after["published_time"]) == ("pending", before["published_time"])
        assert [e["id"] for e in call("GET", f"{url}/v1{path}/events")["data"]] == [e["id"] for e in events]
        assert call("GET", f"{url}/_sandbox/switches")["trims_values"] is True
        assert call("POST", f"{url}/v1/contracts/create", new)["id"] == made["id"] + 1


def test_notifications_that_wait_survive_a_restart(tmp_path: Path) -> None:
    world = OneflowWorld()
    world.receiver.statuses = [500]
    contract_id = world.sent()
    world.subscribe()
    world.sim.people.set_fields(contract_id, {"amount": "2.00"})
    world.sim.delivery.pump()
    assert Store(world.sim, tmp_path / "oneflow.json").save()
    assert not Store(world.sim, tmp_path / "none.json").load()

    later = OneflowWorld()
    assert Store(later.sim, tmp_path / "oneflow.json").load()
    assert later.sim.delivery.pump() == []
    later.clock.turn(1)
    later.sim.delivery.pump()
    assert later.receiver.urls == [HOOK]
    assert later.receiver.bodies == world.receiver.bodies
    assert later.sim.delivery.attempts[0].number == 2


def test_what_has_not_changed_is_not_saved_again(tmp_path: Path) -> None:
    world = OneflowWorld()
    contract_id = world.draft()
    store = Store(world.sim, tmp_path / "oneflow.json")
    assert [store.save(), store.save()] == [True, False]
    world.get(f"/contracts/{contract_id}")
    assert not store.save()
    world.put_field(contract_id, "amount", "2.00")
    assert store.save()
    assert (tmp_path / "oneflow.json").stat().st_size > 0


def control(world: OneflowWorld, method: str, path: str, body: Any = None) -> requests.Response:
    return world.session.request(method, f"https://api.oneflow.com/_sandbox{path}", json=body)


def test_a_person_can_do_by_hand_what_people_do_in_oneflow() -> None:
    world = OneflowWorld()
    made = control(
        world, "POST", "/contracts", {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": "By hand"}
    ).json()
    path = f"/contracts/{made['id']}"
    control(world, "POST", path + "/publish", {"as": seed.SECOND_USER})
    control(world, "POST", path + "/fields", {"fields": {"amount": "7.00"}})
    signed = control(world, "POST", path + "/sign", {"as": "counterparty"}).json()
    assert signed["partly_signed"] is True
    assert signed["fields"]["amount"] == "7.00"
    assert control(world, "POST", path + "/sign_all").json()["state"] == "signed"
    assert control(world, "POST", path + "/decline").status_code == 409
    assert control(world, "POST", "/contracts/99/publish").status_code == 404
    assert control(world, "POST", path + "/fields", {"fields": {"amount": 7}}).status_code == 400
    assert control(world, "POST", path + "/delete").json() == {"deleted": made["id"]}
    assert [e.path for e in world.sim.log.entries()] == []


def test_another_process_can_order_faults_and_switches_and_see_what_happened() -> None:
    world = OneflowWorld()
    assert control(world, "POST", "/faults", {"kind": "status", "path": "/ping", "status": 500}).status_code == 200
    assert control(world, "POST", "/faults", {"kind": "explode"}).status_code == 400
    assert world.get("/ping").status_code == 500
    seen = control(world, "GET", "/requests?method=GET&status=500").json()
    assert (seen["count"], seen["requests"][0]["path"]) == (1, "/ping")
    assert control(world, "PUT", "/switches", {"no_such_switch": 1}).status_code == 400
    assert control(world, "PUT", "/switches", {"rate_window": 3}).json()["rate_window"] == 3
    assert control(world, "PUT", "/deliveries/mishaps", {"drop": 1}).json()["drop"] == 1
    assert control(world, "PUT", "/deliveries/mishaps", {"explode": 1}).status_code == 400
    assert control(world, "POST", "/reset").status_code == 200
    assert control(world, "GET", "/requests").json()["count"] == 0
    assert control(world, "GET", "/nothing").status_code == 404


def test_links_start_with_the_public_address_where_one_is_given() -> None:
    world = OneflowWorld()
    world.sim.public_url = "https://oneflow.test"
    href = world.get("/contracts").json()["_links"]["self"]["href"]
    assert href == "https://oneflow.test/v1/contracts?limit=100&offset=0"
