"""What a story needs: a record, contracts of it, people who edit, and a look at what was sent where."""

from __future__ import annotations

import base64
import json
import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import requests

from sandbox.faults import Fault
from sandbox.request_log import Entry
from sandbox.story import MAPPING
from sandbox.world import World
from sync_core.adapters.storage.due import OF_JOB, OF_LINK, WAITING
from sync_core.usecases.people.create_contract import NewContractRequest
from tests.described import described

ROWS = tuple(MAPPING)
PATIENCE = 60.0


class Stage:
    """`record_id` is a new opportunity of this test alone."""

    def __init__(self, world: World, **mapping: Any) -> None:
        self.world = world
        self.contracts: list[int] = []  # of this test
        self.map(**mapping)
        self.record_id = world.new_opportunity(
            {"name": "Nordlys", "estimatedvalue": "1250000.00", "estimatedclosedate": "2026-03-12"}
        )

    def clear(self) -> None:
        self.calm()

    # --- the app ----------------------------------------------------------------------------------------------------

    def map(self, rows: Sequence[tuple[str, str, str]] = ROWS, **parts: Any) -> dict[str, Any]:
        names = ("dynamics_column", "oneflow_field", "direction")
        fields = [dict(zip(names, row, strict=True)) for row in rows]
        body = {"entity": "opportunity", "fields": fields, **parts}
        saved = self.ok("PUT", "entities/opportunity/mapping", body, {"If-Match": "*"})
        if self.world.app is None:  # a process of its own has saved it
            self.world.connect()
        return saved

    def call(
        self, verb: str, route: str, body: Any = None, headers: Mapping[str, str] | None = None
    ) -> requests.Response:
        """The app's answer, which is as openapi.json describes it."""
        answer = requests.request(
            verb, f"{self.world.app_url}/api/{route}", json=body, headers=dict(headers or {}), timeout=60
        )
        path = urlsplit(answer.url).path.removeprefix("/api/")
        if described().knows(verb, path):
            assert described().breaches(verb, path, answer) == [], f"{verb} {route}"
        return answer

    def ok(self, verb: str, route: str, body: Any = None, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
        answer = self.call(verb, route, body, headers)
        assert answer.status_code < 300, f"{verb} {route}: {answer.status_code} {answer.text[:500]}"
        content: dict[str, Any] = answer.json()
        return content

    def contract(self, publish: bool = True, name: str = "", key: str | None = None) -> int:
        """A contract created from the record, sent to the counterparty unless it stays a draft."""
        seed = self.world.oneflow_seed
        body: dict[str, Any] = {
            "template_id": seed.FRAME_TEMPLATE,
            "workspace_id": seed.SALES,
            "name": name or f"Agreement {uuid.uuid4().hex[:8]}",
            "parties": [
                {
                    "type": "company",
                    "name": "Nordlys AS",
                    "country_code": "NO",
                    "participants": [{"name": "Ola", "email": "ola@nordlys.example", "signatory": True}],
                }
            ],
        }
        contract_id = int(self._created(body | {"idempotency_key": key or uuid.uuid4().hex})["contract_id"])
        self.contracts.append(contract_id)
        if publish:
            self.world.oneflow.people.publish(contract_id)
        self.drain()
        return contract_id

    def _created(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Asked again with the same key, as the widget does: some worlds give a vendor half a second to answer."""
        route = f"records/opportunity/{self.record_id}/contracts"
        for _ in range(3):
            answer = self.call("POST", route, body)
            if answer.status_code != 503:
                break
            time.sleep(float(answer.headers.get("Retry-After", 1)))
        assert answer.status_code < 300, f"POST {route}: {answer.status_code} {answer.text[:500]}"
        created: dict[str, Any] = answer.json()
        return created

    def push(self, contract_id: int, **body: Any) -> dict[str, Any]:
        return self.ok("POST", f"contracts/{contract_id}/push", body)

    def fetch(self, contract_id: int, **body: Any) -> dict[str, Any]:
        return self.ok("POST", f"contracts/{contract_id}/fetch", body)

    def preview(self, contract_id: int, action: str) -> dict[str, Any]:
        return self.ok("GET", f"contracts/{contract_id}/preview?action={action}")

    def history(self, contract_id: int) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.ok("GET", f"contracts/{contract_id}/history")["entries"]
        return entries

    def letters(self, contract_id: int | None, about: str = "") -> list[dict[str, Any]]:
        """The dead letters of one contract (None: of no contract) whose reason says this: the others are other
        stories'."""
        found: list[dict[str, Any]] = self.ok("GET", "dead-letters")["dead_letters"]
        return [one for one in found if one["contract_id"] == contract_id and about in one["reason"]]

    def card(self, contract_id: int) -> dict[str, Any]:
        cards = self.ok("GET", f"records/opportunity/{self.record_id}/contracts")["contracts"]
        return next(card for card in cards if card["contract_id"] == contract_id)

    def drain(self) -> None:
        """Until no webhook, event or job that is due now is left."""
        self.world.drain()

    def look(self, contract_id: int) -> None:
        """An automatic sync of this contract, as reconcile starts it, and its end."""
        self.drain()
        self.age(contract_id)
        self.put_job({"kind": "sync", "contract_id": contract_id, "cause": "reconcile"})
        self.drain()

    def look_until(self, contract_id: int, seen: Callable[[], bool]) -> None:
        """Automatic syncs, as often as it takes: a killed holder's lock must end first."""
        end = time.monotonic() + PATIENCE
        while True:
            self.age(contract_id)
            done = self.looks(contract_id)
            self.put_job({"kind": "sync", "contract_id": contract_id, "cause": "reconcile"})
            again = time.monotonic() + 3
            while time.monotonic() < again:
                if self.looks(contract_id) != done and seen():
                    return
                time.sleep(0.05)
            assert time.monotonic() < end, "the next run did not settle it"

    def looks(self, contract_id: int) -> object:
        """Another value after each closed sync."""
        opened = self.world.services._links.open(contract_id)
        return opened and (opened.etag, opened.link.looked_at)

    def age(self, contract_id: int) -> None:
        """As if the link had not been looked at for minutes: the next hint is no burst."""
        self.world.age(contract_id)

    def put_job(self, job: Mapping[str, Any]) -> None:
        self.world.put_job(job)

    def post_webhook(self, body: bytes) -> requests.Response:
        key = self.world.function_keys["oneflow_webhook"]
        return self._post("oneflow/webhook", key, body)

    def post_event(self, body: bytes, headers: Mapping[str, str] | None = None) -> requests.Response:
        return self._post("dynamics/events", self.world.function_keys["dynamics_events"], body, headers)

    def _post(self, route: str, key: str, body: bytes, more: Mapping[str, str] | None = None) -> requests.Response:
        headers = {"Content-Type": "application/json", **(more or {})}
        return requests.post(f"{self.world.app_url}/api/{route}?code={key}", data=body, headers=headers, timeout=30)

    def secrets(self) -> list[str]:
        """What no log and no message may hold."""
        names = ("ONEFLOW_API_TOKEN", "ONEFLOW_SIGN_KEYS", "DATAVERSE_CLIENT_SECRET", "ONEFLOW_WEBHOOK_KEY")
        return [self.world.env[name] for name in names]

    # --- what was sent ----------------------------------------------------------------------------------------------

    def forget_requests(self) -> None:
        self.drain()
        self.world.oneflow.log.clear()
        self.world.dataverse.log.clear()
        self.world.oneflow.delivery.attempts.clear()
        if self.world.storage:
            self.world.storage.log.clear()

    def forget_jobs(self) -> None:
        """What waits on the queue for later, such as later looks, never comes."""
        self.drain()
        self.world.services._storage.queue("sync-jobs").clear_messages()

    def writes(self) -> list[str]:
        """Every write to either vendor."""
        oneflow, dynamics = self._asked()
        return [f"oneflow {one.method} {one.path}" for one in oneflow if one.is_write] + [
            f"dynamics {one.method} {one.path}" for one in dynamics if one.is_write
        ]

    def _asked(self) -> tuple[list[Entry], list[Entry]]:
        """What was asked of either vendor about this test's contracts and record; later looks of other tests' contracts
        may fall due at any time."""
        paths = tuple(f"/contracts/{contract}" for contract in self.contracts)
        oneflow = [one for one in self.world.oneflow.log.entries() if one.path.startswith(paths)] if paths else []
        dynamics = [one for one in self.world.dataverse.log.entries() if self.record_id in f"{one.path} {one.query}"]
        return oneflow, dynamics

    def vendor_requests(self, without_events: bool = False) -> dict[str, int]:
        """Requests by kind. The search of events is a job of its own and may be left out."""
        found: Counter[str] = Counter()
        oneflow, dynamics = self._asked()
        for one in oneflow:
            if one.path.endswith("/events"):
                found["oneflow events"] += 0 if without_events else 1
            else:
                found["oneflow write" if one.is_write else "oneflow read"] += 1
        for one in dynamics:
            if "RetrievePrincipalAccess" in one.path:
                found["dynamics right"] += 1
            else:
                found["dynamics write" if one.is_write else "dynamics read"] += 1
        return {name: count for name, count in found.items() if count}

    def storage_requests(self) -> Counter[str]:
        """Operations on tables, by kind, that concern this test's contracts; without the one read of a link by each job
        of its row in Dynamics, which is no part of a sync."""
        assert self.world.storage
        mine = [f"-{whose}{contract}'" for contract in self.contracts for whose in (OF_LINK, OF_JOB, WAITING)]
        texts = ((seen.what, f"{seen.path} {seen.text}") for seen in self.world.storage.log)
        found = Counter(what for what, text in texts if any(one in text for one in mine))
        found["get contracts"] -= min(found["get contracts"], sum(map(self.row_jobs_put, self.contracts)))
        return +found

    def jobs_put(self, contract_id: int | None) -> list[dict[str, Any]]:
        """What was put on the queue about a contract (None: about none) since requests were last forgotten; without the
        jobs of its row in Dynamics, which are no part of a sync."""
        return [job for job in self._put(contract_id) if job["kind"] != "contract_row"]

    def row_jobs_put(self, contract_id: int) -> int:
        return sum(job["kind"] == "contract_row" for job in self._put(contract_id))

    def _put(self, contract_id: int | None) -> list[dict[str, Any]]:
        assert self.world.storage
        texts = [seen.text for seen in self.world.storage.log if seen.what == "put message"]
        found = (re.search("<MessageText>(.*)</MessageText>", text) for text in texts)
        jobs = [json.loads(base64.b64decode(one.group(1))) for one in found if one]
        return [job for job in jobs if job.get("contract_id") == contract_id]

    def last_notification(self, contract_id: int) -> bytes:
        """The body of the newest notification that was sent about a contract."""
        sent = [one.body for one in self.world.oneflow.delivery.attempts if one.contract_id == contract_id and one.body]
        return sent[-1]

    def delivered_statuses(self) -> set[int]:
        """What the app answered to Oneflow's notifications."""
        return {attempt.status for attempt in self.world.oneflow.delivery.attempts}

    # --- trouble ----------------------------------------------------------------------------------------------------

    def fail(self, side: str, kind: str = "status", times: int | None = 1, path: str = "", **parts: Any) -> None:
        """The next requests about this test's newest contract (or its record) meet a fault; other tests' later looks,
        which may fall due at any time, do not."""
        if side == "oneflow":
            self.world.oneflow.faults.add(Fault(kind, times=times, path=path or self._contract_path(), **parts))
        else:
            self.world.dataverse.faults.add(Fault(kind, times=times, path=path or f"*{self.record_id}*", **parts))

    def _contract_path(self) -> str:
        return f"/contracts/{self.contracts[-1]}*"

    def calm(self) -> None:
        """No fault is left, and nobody waits for a request."""
        for simulator in (self.world.oneflow, self.world.dataverse):
            simulator.faults.clear()
            simulator.before_write = simulator.after_read = None
        self.world.dataverse.people.give_rights()
        self.world.dataverse.world.plugins.clear()

    def before_oneflow_write(self, act: Callable[[Any], None]) -> None:
        mine = tuple(f"/contracts/{contract}/" for contract in self.contracts)
        self.world.oneflow.before_write = lambda request: act(request) if any(m in request.path for m in mine) else None

    def before_dynamics_write(self, act: Callable[[Any], None]) -> None:
        mine = self.record_id
        self.world.dataverse.before_write = lambda request: act(request) if mine in request.path else None

    def foreign_contract(self) -> int:
        """A contract that somebody made in Oneflow itself, sent to its counterparty; it has no link."""
        seed = self.world.oneflow_seed
        people = self.world.oneflow.people
        contract = people.create(seed.FRAME_TEMPLATE, seed.SALES, "Made by hand")
        people.publish(contract.id)
        self.contracts.append(contract.id)
        return contract.id

    def unclear_creation(self, name: str) -> tuple[dict[str, Any], set[int]]:
        """A creation whose answer was lost while somebody made a contract of the same name by hand, and a colleague
        changed ours at once: nobody knows which one it is. What was asked, and the candidates."""
        seed = self.world.oneflow_seed
        asked = {"template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES, "name": name, "parties": []}
        before = set(self.world.oneflow.world.state.contracts)
        self.fail("oneflow", "drop", path="/contracts/create", after_commit=True)
        assert self.call("POST", f"records/opportunity/{self.record_id}/contracts", asked).status_code == 503
        (ours,) = set(self.world.oneflow.world.state.contracts) - before
        self.world.edit_contract(ours, {"customer_name": "Changed at once"}, "colleague")
        self.world.oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, name)
        made = set(self.world.oneflow.world.state.contracts) - before
        assert len(made) == 2, "Oneflow made it all the same"
        self.look_for_creation(name)
        return asked, made

    def look_for_creation(self, name: str, parties: Sequence[Any] = (), again: bool = False) -> None:
        """What the creation put on the queue itself, for two minutes later; `again`: for earlier."""
        seed = self.world.oneflow_seed
        key = f"same-{NewContractRequest(seed.FRAME_TEMPLATE, seed.SALES, name, tuple(parties)).digest}"
        job = {"kind": "creation", "entity": "opportunity", "record_id": self.record_id, "key": key}
        self.put_job(job | ({"again": True} if again else {}))
        self.drain()

    # --- the two sides ----------------------------------------------------------------------------------------------

    def record(self, column: str) -> Any:
        return self.world.record(self.record_id)[column]

    def edit_record(self, **columns: Any) -> None:
        self.world.edit_record(columns, self.record_id)

    def text(self, contract_id: int, custom_id: str) -> str:
        return self.world.contract_text(contract_id, custom_id)

    @contextmanager
    def silently(self) -> Iterator[None]:
        """Dynamics tells nobody of changes made here, and Oneflow not of the app's own, so that no hint comes back."""
        events, switches = self.world.dataverse.events, self.world.oneflow.switches
        steps, echo = events.steps, switches.echo_webhooks_for_api_writes
        events.steps, switches.echo_webhooks_for_api_writes = [], False
        try:
            yield
        finally:
            events.steps, switches.echo_webhooks_for_api_writes = steps, echo

    def edit_contract(self, contract_id: int, who: str = "counterparty", **texts: str) -> None:
        self.age(contract_id)
        self.world.edit_contract(contract_id, texts, who)

    def until(self, seen: Callable[[], bool], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not seen():
            assert time.monotonic() < end, f"waited in vain: {what}"
            time.sleep(0.02)


def line(result: Mapping[str, Any], oneflow_field: str) -> dict[str, Any]:
    """A result's (or a history entry's) line of one field."""
    found: dict[str, Any] = next(one for one in result["fields"] if one["oneflow_field"] == oneflow_field)
    return found
