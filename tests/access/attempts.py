"""Every route of the running app, asked by every caller with a request that is good in all but who asks."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from sandbox.dataverse import seed
from sandbox.dataverse.step import Change
from sandbox.world import SIGN_KEY
from sync_core.handlers.routes import PEOPLE
from tests.callers import CALLERS, Caller, at
from tests.stories.stage import Stage
from tests.test_function_app import MACHINE_ROUTES, OPEN_ROUTES


@dataclass(frozen=True)
class Route:
    name: str
    verb: str
    path: str
    kind: str  # "person", "admin", "machine" or "open"

    @property
    def concerns_a_record(self) -> bool:
        return self.path.startswith(("records/", "contracts/"))


ROUTES = (
    *(Route(name, verb, path, "admin" if admin else "person") for name, verb, path, admin in PEOPLE),
    *(Route(name, verb, path, "machine") for name, (verb, path) in MACHINE_ROUTES.items()),
    *(Route(name, verb, path, "open") for name, (verb, path) in OPEN_ROUTES.items()),
)


@dataclass
class Good:
    """What makes a request good: the parts of its address, its query, its body and headers."""

    parts: dict[str, Any] = field(default_factory=dict)
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)


def ask(stage: Stage, route: Route, good: Good, caller: Caller) -> requests.Response:
    path = re.sub(r"\{\*?(\w+)\}", lambda found: str(good.parts.get(found[1], "")), route.path)
    headers = {"Content-Type": "application/json", **good.headers, **caller.headers}
    key = _key(stage, route, caller)
    if key:
        headers["x-functions-key"] = key
    body = good.body if isinstance(good.body, bytes) or good.body is None else json.dumps(good.body).encode()
    with at(caller.place):
        return requests.request(
            route.verb, f"{stage.world.app_url}/api/{path}", params=good.query, data=body, headers=headers, timeout=60
        )


def good_request(stage: Stage, route: Route) -> Good:
    """One that the entitled caller's route does something with; what it needs is made."""
    stage.ok("PUT", "connection/webhooks", {})
    make = _GOOD.get(route.name)
    if make is not None:
        return make(stage)
    record = {"entity": "opportunity", "record_id": stage.record_id}
    if route.path.startswith("records/"):
        return Good(record, body={} if route.verb == "POST" else None)
    if route.path.startswith("contracts/"):
        return Good({"contract_id": _changed_contract(stage)}, body={} if route.verb == "POST" else None)
    return Good({"entity": "opportunity"})


def answers(stage: Stage, route: Route) -> dict[str, requests.Response]:
    """By caller. Who is let in may use up what the request was about: the next one gets a fresh one."""
    good, found = good_request(stage, route), {}
    for caller in CALLERS:
        found[caller.name] = ask(stage, route, good, caller)
        if found[caller.name].status_code < 400 and route.name in _USED_UP:
            good = good_request(stage, route)
    return found


def _key(stage: Stage, route: Route, caller: Caller) -> str | None:
    keys = stage.world.function_keys
    if caller.key == "own":
        return keys.get(route.name)
    others = [key for name, key in keys.items() if name != route.name]
    return others[0] if caller.key == "other" else None


def _changed_contract(stage: Stage) -> int:
    """A contract of the record with something to push."""
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name=f"Changed for {contract}")
    return contract


def _fetch(stage: Stage) -> Good:
    """Something to fetch that no webhook has announced yet."""
    contract = stage.contract()
    stage.ok("DELETE", "connection/webhooks")
    stage.edit_contract(contract, customer_name=f"Fetched for {contract}")
    stage.ok("PUT", "connection/webhooks", {})
    return Good({"contract_id": contract}, body={})


def _create(stage: Stage) -> Good:
    oneflow = stage.world.oneflow_seed
    participants = [{"name": "Ola", "email": "ola@nordlys.example", "signatory": True}]
    party = {"type": "company", "name": "Nordlys AS", "country_code": "NO", "participants": participants}
    body = {"template_id": oneflow.FRAME_TEMPLATE, "workspace_id": oneflow.SALES, "parties": [party]}
    body["name"] = f"Access {uuid.uuid4().hex}"  # the same twice would be one
    return Good({"entity": "opportunity", "record_id": stage.record_id}, body=body)


def _preview_creation(stage: Stage) -> Good:
    oneflow = stage.world.oneflow_seed
    query = {"template_id": oneflow.FRAME_TEMPLATE, "workspace_id": oneflow.SALES}
    return Good({"entity": "opportunity", "record_id": stage.record_id}, query)


def _link(stage: Stage) -> Good:
    contract = stage.foreign_contract()
    return Good({"entity": "opportunity", "record_id": stage.record_id, "contract_id": contract}, body={})


def _unlink(stage: Stage) -> Good:
    return Good({"entity": "opportunity", "record_id": stage.record_id, "contract_id": stage.contract()})


def good_keep(stage: Stage) -> Good:
    contract, conflict = _conflict(stage)
    names = ("oneflow_field", "conflict_id")
    return Good({"contract_id": contract}, body={name: conflict[name] for name in names} | {"keep": "dynamics"})


def _conflict(stage: Stage) -> tuple[int, dict[str, Any]]:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name=f"Ours for {contract}")
    stage.edit_contract(contract, customer_name=f"Theirs for {contract}")
    stage.until(lambda: stage.card(contract)["conflicts"] == 1, "the conflict")
    (conflict,) = stage.ok("GET", f"contracts/{contract}/conflicts")["conflicts"]
    return contract, conflict


def _undo(stage: Stage) -> Good:
    contract = _changed_contract(stage)
    stage.push(contract)
    entry = stage.history(contract)[0]["entry_id"]
    return Good({"contract_id": contract, "entry_id": entry}, body={})


def _mapping(stage: Stage) -> Good:
    body = stage.ok("GET", "entities/opportunity/mapping")
    return Good({"entity": "opportunity"}, body=body, headers={"If-Match": "*"})


def _fields(stage: Stage) -> Good:
    types = stage.ok("GET", "oneflow/templates")["templates"]
    return Good(query={"template_type_id": next(one["template_type_id"] for one in types if one["template_type_id"])})


def _letter(stage: Stage) -> Good:
    contract = stage.contract()
    stage.put_job({"kind": "no such kind", "contract_id": contract})
    found: list[str] = []

    def seen() -> bool:
        letters = stage.ok("GET", "dead-letters")["dead_letters"]
        found[:] = [one["id"] for one in letters if one["contract_id"] == contract]
        return bool(found)

    stage.until(seen, "the dead letter")
    return Good({"letter_id": found[0]}, body={})


def _linked(stage: Stage) -> Good:
    stage.contract()
    return Good()


def _listed_letter(stage: Stage) -> Good:
    _letter(stage)
    return Good()


def _planned(stage: Stage) -> str:
    """A plan with one line of this record at least."""
    stage.world.oneflow.people.create(
        stage.world.oneflow_seed.FRAME_TEMPLATE, stage.world.oneflow_seed.SALES, "Named by its field",
        {"reference": stage.record_id},
    )  # fmt: skip
    rules = {"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]}
    plan = str(stage.ok("POST", "switch-over/plans", rules)["plan_id"])
    stage.until(lambda: stage.ok("GET", f"switch-over/plans/{plan}")["stand"] == "done", "the plan")
    return plan


def _line_of_plan(stage: Stage) -> Good:
    plan = _planned(stage)
    lines = stage.ok("GET", f"switch-over/plans/{plan}/lines?kind=sure")["lines"]
    return Good({"plan_id": plan, "line": lines[0]["line"]})


def _listed_plan(stage: Stage) -> Good:
    assert _planned(stage)
    return Good()


def _new_plan(stage: Stage) -> Good:
    return Good(body={"rules": [{"kind": "name", "entity": "opportunity"}]})


def _owned_type(stage: Stage, body: Any = None) -> Good:
    return Good({"type_id": stage.world.oneflow_seed.DYNAMICS_APP}, body=body)


def _notification(stage: Stage) -> Good:
    callback = uuid.uuid4().hex
    signature = hashlib.sha1((callback + SIGN_KEY).encode()).hexdigest()
    return Good(body={"callback_id": callback, "signature": signature, "contract": {"id": stage.contract()}})


def _event(stage: Stage) -> Good:
    change = Change("Update", "opportunity", stage.record_id, {"name": "Access"}, seed.SELLER)
    body, headers = stage.world.dataverse.events.request(change)
    return Good(body=body, headers=headers)


_USED_UP = {
    "create_contract", "link_contract", "unlink_contract", "push_contract", "push_record", "fetch_contract",
    "keep_side", "undo_entry", "replay_dead_letter", "discard_dead_letter",
}  # fmt: skip
_GOOD: Mapping[str, Callable[[Stage], Good]] = {
    "fetch_contract": _fetch,
    "preview_contract": lambda stage: Good({"contract_id": _changed_contract(stage)}, {"action": "push"}),
    "create_contract": _create,
    "preview_creation": _preview_creation,
    "link_contract": _link,
    "unlink_contract": _unlink,
    "list_dead_letters": lambda stage: _listed_letter(stage),
    "list_conflicts": lambda stage: Good({"contract_id": _conflict(stage)[0]}),
    "keep_side": good_keep,
    "undo_entry": _undo,
    "save_mapping": _mapping,
    "list_fields": _fields,
    "replay_dead_letter": _letter,
    "discard_dead_letter": lambda stage: Good({"letter_id": _letter(stage).parts["letter_id"]}),
    "list_links": lambda stage: _linked(stage),
    "links_summary": lambda stage: _linked(stage),
    "act_on_links": lambda stage: Good(body={"action": "look", "contract_ids": [stage.contract()]}),
    "list_switch_plans": lambda stage: _listed_plan(stage),
    "make_switch_plan": _new_plan,
    "show_switch_plan": lambda stage: Good({"plan_id": _planned(stage)}),
    "list_switch_lines": lambda stage: Good({"plan_id": _planned(stage)}),
    "compare_switch_line": _line_of_plan,
    "read_switch_file": lambda stage: Good({"plan_id": _planned(stage)}),
    "act_on_switch_plan": lambda stage: Good({"plan_id": _planned(stage)}, body={"action": "stop"}),
    "open_owned_type": lambda stage: _owned_type(stage, {"two_way_is_off": True}),
    "close_owned_type": _owned_type,
    "webhooks_on": lambda stage: Good(body={}),
    "oneflow_webhook": _notification,
    "dynamics_events": _event,
    "ui": lambda stage: Good({"path": "index.html"}),
}
