"""What the Oneflow simulator's tests share: a clock to turn, a caller of the API, a receiver of webhooks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import requests

from sandbox.oneflow import OneflowSimulator, Switches, seed
from sandbox.wire import InProcess

HOST = "https://api.oneflow.com"
HOOK = "https://sync.example/oneflow/hook"
OLA = "ola@nordlys.example"


class TurnedClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.at = datetime(2024, 5, 3, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def turn(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Receiver:
    """A webhook's other end: keeps every body, answers the next of `statuses`, then 200."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.urls: list[str] = []
        self.statuses: list[int] = []

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert headers["Content-Type"] == "application/json"
        self.urls.append(url)
        self.bodies.append(json.loads(body))
        return self.statuses.pop(0) if self.statuses else 200

    def types(self) -> list[str]:
        return [event["type"] for body in self.bodies for event in body["events"]]


class OneflowWorld:
    """A simulator in process, on a turned clock."""

    def __init__(self, **switches: Any) -> None:
        self.clock = TurnedClock()
        self.receiver = Receiver()
        self.sim = OneflowSimulator(now=self.clock, send=self.receiver)
        self.sim.switches.update(switches)
        self.session = requests.Session()
        self.session.mount("https://", InProcess(self.sim))

    @property
    def switches(self) -> Switches:
        return self.sim.switches

    def call(
        self, method: str, path: str, body: Any = None, user: str | None = seed.SELLER, token: str | None = seed.TOKEN
    ) -> requests.Response:
        headers = {"X-Oneflow-API-Token": token, "X-Oneflow-User-Email": user}
        given = {name: value for name, value in headers.items() if value is not None}
        return self.session.request(method, f"{HOST}/v1{path}", json=body, headers=given)

    def get(self, path: str, **more: Any) -> requests.Response:
        return self.call("GET", path, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.call("PUT", path, body, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> requests.Response:
        return self.call("POST", path, body, **more)

    def delete(self, path: str, **more: Any) -> requests.Response:
        return self.call("DELETE", path, **more)

    def draft(self, **fields: str) -> int:
        """A contract made in the web app, with one signatory on either side."""
        return self.sim.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Frame agreement", fields).id

    def sent(self, **fields: str) -> int:
        contract_id = self.draft(**fields)
        self.sim.people.publish(contract_id)
        return contract_id

    def values(self, contract_id: int) -> dict[str, str]:
        """What a read of the contract shows, by custom_id."""
        fields = self.get(f"/contracts/{contract_id}").json()["data_fields"]
        return {field["_private_ownerside"]["custom_id"]: field["value"] for field in fields}

    def put_field(self, contract_id: int, custom_id: str, value: str | None, **more: Any) -> requests.Response:
        return self.put(f"/contracts/{contract_id}/data_fields/c::{custom_id}", {"value": value}, **more)

    def put_many(self, contract_id: int, **values: str) -> requests.Response:
        return self.put(f"/contracts/{contract_id}/data_fields", {"data_fields": items(**values)})

    def events(self, contract_id: int) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.get(f"/contracts/{contract_id}/events").json()["data"]
        return rows

    def subscribe(self, **more: Any) -> int:
        answer = self.post("/webhooks", {"callback_url": HOOK, "sign_key": "a-long-sign-key"} | more)
        assert answer.status_code == 200, answer.text
        webhook_id: int = answer.json()["id"]
        return webhook_id


def items(**values: str) -> list[dict[str, Any]]:
    """The items of a many write."""
    return [{"_private_ownerside": {"custom_id": custom_id}, "value": value} for custom_id, value in values.items()]


def signature(callback_id: str, sign_key: str) -> str:
    return hashlib.sha1(f"{callback_id}{sign_key}".encode()).hexdigest()


def event_filter(*types: str) -> dict[str, Any]:
    """One filter of a subscription: any of these event types."""
    return {"filter_rules": [{"type": "EVENT_TYPE", "values": list(types)}]}
