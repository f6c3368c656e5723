"""Sandbox-only endpoints under /_sandbox, for a person with curl and for tests in another process."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from sandbox.faults import KINDS, Fault, Faults
from sandbox.oneflow.account.model import Contract
from sandbox.oneflow.account.people import NotPossible, People
from sandbox.oneflow.account.world import World
from sandbox.oneflow.codec import plain
from sandbox.oneflow.switches import Switches
from sandbox.oneflow.webhooks.delivery import Delivery
from sandbox.request_log import RequestLog
from sandbox.wire import Request, Response

Json = dict[str, Any]
Handler = Callable[..., Any]


class Controlled(Protocol):
    """The simulator's parts that a person may look at and change."""

    lock: threading.RLock
    world: World
    people: People
    faults: Faults
    log: RequestLog
    switches: Switches
    delivery: Delivery

    def reset(self) -> None: ...


class Control:
    """Answers are plain JSON; what cannot be done is 409, what is not there 404, what makes no sense 400."""

    def __init__(self, simulator: Controlled) -> None:
        self._sim = simulator
        one = r"/contracts/(\d+)"
        self._routes: list[tuple[str, str, Handler]] = [
            ("GET", "", self._index),
            ("GET", "/contracts", self._contracts),
            ("POST", "/contracts", self._create),
            ("GET", one, self._contract),
            ("POST", one + "/fields", self._set_fields),
            ("POST", one + "/(publish|visit|sign|sign_all|decline|expire|revive|delete|rename)", self._act),
            ("POST", r"/templates/(\d+)", self._template),
            ("POST", r"/template_types/(\d+)/fields/([^/]+)", self._template_field),
            ("DELETE", r"/template_types/(\d+)/fields/([^/]+)", self._remove_template_field),
            ("POST", r"/users/([^/]+)", self._user),
            ("GET", "/requests", self._requests),
            ("DELETE", "/requests", self._forget_requests),
            ("GET", "/switches", self._switches),
            ("PUT", "/switches", self._set_switches),
            ("GET", "/faults", self._faults),
            ("POST", "/faults", self._add_fault),
            ("DELETE", "/faults", self._clear_faults),
            ("GET", "/deliveries", self._deliveries),
            ("POST", "/deliveries/pump", self._pump),
            ("PUT", "/deliveries/mishaps", self._mishaps),
            ("POST", "/reset", self._reset),
        ]

    def answer(self, request: Request) -> Response:
        path = request.path.removeprefix("/_sandbox").rstrip("/")
        try:
            for method, pattern, handle in self._routes:
                match = re.fullmatch(pattern, path)
                if match and method == request.method:
                    body = json.loads(request.body) if request.body.strip() else {}
                    if not isinstance(body, dict):
                        raise ValueError("the body must be an object")
                    parts = [int(part) if part.isdigit() else part for part in match.groups()]
                    return Response.of_json(200, handle(request, body, *parts))
        except NotPossible as error:
            return Response.of_json(409, {"error": str(error)})
        except KeyError as error:
            return Response.of_json(404, {"error": f"not found: {error.args[0]}"})
        except (ValueError, TypeError) as error:
            return Response.of_json(400, {"error": str(error)})
        return Response.of_json(404, {"error": "unknown endpoint; GET /_sandbox lists them"})

    def _index(self, request: Request, body: Json) -> Json:
        return {"endpoints": [f"{method} /_sandbox{pattern}" for method, pattern, _ in self._routes], "faults": KINDS}

    # Contracts

    def _contracts(self, request: Request, body: Json) -> Json:
        with self._sim.lock:
            return {"contracts": [_brief(c) for c in self._sim.world.state.contracts.values()]}

    def _contract(self, request: Request, body: Json, contract_id: int) -> Json:
        with self._sim.lock:
            return _full(self._sim.world.state.contracts[contract_id])

    def _create(self, request: Request, body: Json) -> Json:
        return _full(self._sim.people.create(**body))

    def _set_fields(self, request: Request, body: Json, contract_id: int) -> Json:
        values = body.get("fields")
        if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
            raise ValueError("fields must be an object of texts")
        return _full(self._sim.people.set_fields(contract_id, values, body.get("as", "counterparty")))

    def _act(self, request: Request, body: Json, contract_id: int, action: str) -> Json:
        """The body's `as` is who; the rest are the action's own values."""
        values = {name: value for name, value in body.items() if name != "as"}
        if "as" in body:
            values["who"] = body["as"]
        contract = getattr(self._sim.people, action)(contract_id, **values)
        return {"deleted": contract_id} if contract is None else _full(contract)

    # Settings of the account

    def _template(self, request: Request, body: Json, template_id: int) -> Any:
        return plain(self._sim.people.change_template(template_id, **body))

    def _template_field(self, request: Request, body: Json, type_id: int, custom_id: Any) -> Any:
        return plain(self._sim.people.set_template_field(type_id, str(custom_id), **body))

    def _remove_template_field(self, request: Request, body: Json, type_id: int, custom_id: Any) -> Any:
        return plain(self._sim.people.remove_template_field(type_id, str(custom_id)))

    def _user(self, request: Request, body: Json, email: str) -> Any:
        return plain(self._sim.people.change_user(email, **body))

    # The simulator itself

    def _requests(self, request: Request, body: Json) -> Json:
        status = request.param("status")
        entries = self._sim.log.entries(
            request.param("method") or "*",
            request.param("path") or "*",
            int(status) if status else None,
            int(request.param("after") or 0),
        )
        return {"count": len(entries), "requests": plain(entries)}

    def _forget_requests(self, request: Request, body: Json) -> Json:
        self._sim.log.clear()
        return {}

    def _switches(self, request: Request, body: Json) -> Json:
        return self._sim.switches.as_dict()

    def _set_switches(self, request: Request, body: Json) -> Json:
        with self._sim.lock:
            self._sim.switches.update(body)
            self._sim.world.touched()
            return self._sim.switches.as_dict()

    def _faults(self, request: Request, body: Json) -> Json:
        return {"faults": self._sim.faults.listed(), "met": len(self._sim.faults.met)}

    def _add_fault(self, request: Request, body: Json) -> Json:
        return asdict(self._sim.faults.add(Fault(**body)))

    def _clear_faults(self, request: Request, body: Json) -> Json:
        self._sim.faults.clear()
        return {}

    def _deliveries(self, request: Request, body: Json) -> Json:
        delivery = self._sim.delivery
        return {
            "attempts": [_attempt(a) for a in list(delivery.attempts)[-200:]],
            "pending": plain(delivery.snapshot()),
            "given_up": len(delivery.given_up),
            "dropped": len(delivery.dropped),
            "mishaps": asdict(delivery.mishaps),
        }

    def _pump(self, request: Request, body: Json) -> Json:
        return {"attempts": [_attempt(a) for a in self._sim.delivery.pump()]}

    def _mishaps(self, request: Request, body: Json) -> Json:
        mishaps = self._sim.delivery.mishaps
        known = asdict(mishaps)
        for name, value in body.items():
            if name not in known:
                raise ValueError(f"unknown mishap {name}; known: {', '.join(known)}")
            setattr(mishaps, name, value)
        return asdict(mishaps)

    def _reset(self, request: Request, body: Json) -> Json:
        self._sim.reset()
        return {}


def _attempt(attempt: Any) -> Any:
    return plain(asdict(attempt) | {"body": attempt.body.decode()})


def _brief(c: Contract) -> Json:
    return {"id": c.id, "name": c.name, "state": c.state, "partly_signed": c.is_partly_signed}


def _full(c: Contract) -> Json:
    people = [
        {"email": p.email, "name": p.name, "party": party.name, "ours": party.my_party, "sign_state": p.sign_state}
        for party, p in c.participants()
    ]
    return _brief(c) | {
        "fields": {f.custom_id: f.value for f in c.fields},
        "labels": {f.custom_id: f.name for f in c.fields},
        "participants": people,
    }
