"""Contracts: list, read, update, publish, delete, their parties and events (docs/contract, reference/get-contracts)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from sandbox.oneflow.account import changes
from sandbox.oneflow.account.model import Contract, Event, Expiration
from sandbox.oneflow.account.world import Happening
from sandbox.oneflow.api import creation
from sandbox.oneflow.api.access import may_see
from sandbox.oneflow.api.bodies import Problems, read_object
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.contract_filters import FILTERS, matching
from sandbox.oneflow.api.lists import filters, paged, sorted_by
from sandbox.oneflow.api.problems import Problem, invalid, not_found
from sandbox.wire import Response

_SORTS: dict[str, Callable[[Contract], Any]] = {
    "name": lambda c: c.name,
    "state": lambda c: c.state,
    "state_updated_time": lambda c: c.state_updated_time,
    "published_time": lambda c: c.published_time,
}
_EVENT_SORTS: dict[str, Callable[[Event], Any]] = {
    "created_time": lambda e: e.created_time,
    "id": lambda e: e.id,
    "type": lambda e: e.type,
}


def list_contracts(call: Call) -> Response:
    wanted = matching(filters(call.request, FILTERS if call.switches.contract_filters == "taken" else ()))
    sees_all = call.switches.users_see_all_contracts
    stale = call.plays("stale_read")
    seen = (call.world.visible(contract_id, stale) for contract_id in list(call.world.state.contracts))
    rows = [c for c in seen if c is not None and may_see(call.user, c, sees_all) and wanted(c)]
    ordered = sorted_by(call.request, rows, _SORTS)
    return paged(call.request, call.views, ordered, lambda c: call.views.contract(c, summary=True))


def get_contract(call: Call) -> Response:
    return Response.of_json(200, call.views.contract(call.contract_to_read()))


def create_contract(call: Call) -> Response:
    return Response.of_json(200, call.views.contract(creation.create(call)))


def put_contract(call: Call) -> Response:
    """Name, value, signing period, sign order, tags; data fields are not among them."""
    contract = call.contract_to_write()
    body = read_object(call.request, ("_private", "sign_order", "tags"))
    changed = contract
    if body.get("_private") is not None:
        changed = _with_private(call, contract, body["_private"])
    if "tags" in body:
        changed = replace(changed, tags=body["tags"] or ())
    if "sign_order" in body:
        changed = replace(changed, sign_order=body["sign_order"])
    if changed != contract and not call.plays("changes_nothing"):
        if contract.state in ("declined", "overdue"):
            raise Problem(call.switches.state_guard_status, f"A contract that is {contract.state} cannot be changed.")
        changed = replace(changed, updated_time=call.world.now())
        events = [Happening("contract:content_update")] if contract.state == "pending" else []
        contract = call.world.commit(changed, events, call.by(contract))
    return Response.of_json(200, call.views.contract(contract))


def _with_private(call: Call, contract: Contract, private: Any) -> Contract:
    problems = Problems()
    if problems.keys(private, "_private", ("name", "value", "signing_period_expiration")):
        problems.text(private, "name", "_private", 130)
        problems.money(private, "value", "_private")
    problems.raise_if_any()
    if private.get("name") is not None:
        contract = replace(contract, name=private["name"])
    if private.get("value") is not None:
        value = private["value"]
        contract = replace(
            contract, amount=value.get("amount", contract.amount), currency=value.get("currency", contract.currency)
        )
    if private.get("signing_period_expiration") is not None:
        contract = replace(contract, expiration=_expiration(call, contract, private["signing_period_expiration"]))
    return contract


def _expiration(call: Call, contract: Contract, wanted: Any) -> Expiration:
    path = "_private.signing_period_expiration"
    problems = Problems()
    if problems.keys(wanted, path, ("type", "expire_date", "expire_days_after_publish"), ("type",)):
        if wanted["type"] not in ("never", "days_after_publish", "fixed_date"):
            problems.add(f"{path}.type", "Unknown type.")
        problems.kind(wanted, "expire_days_after_publish", path, int)
        if wanted["type"] == "fixed_date":
            try:
                date.fromisoformat(str(wanted.get("expire_date")))
            except ValueError:
                problems.add(f"{path}.expire_date", "Not a valid date.")
    problems.raise_if_any()
    late = contract.state != "draft" and wanted["type"] == "days_after_publish"
    if late or contract.state not in ("draft", "pending"):
        raise Problem(call.switches.state_guard_status, "The signing period cannot be changed in this state.")
    return Expiration(wanted["type"], wanted.get("expire_days_after_publish"), wanted.get("expire_date"))


def publish_contract(call: Call) -> Response:
    contract = call.contract_to_write()
    body = read_object(call.request, ("subject", "message"))
    problems = Problems()
    problems.kind(body, "subject", "", str)
    problems.kind(body, "message", "", str)
    problems.raise_if_any()
    if contract.state != "draft":
        raise Problem(409, f"A contract that is {contract.state} cannot be published.")
    if not call.plays("changes_nothing"):
        contract = changes.publish(call.world, contract, call.by(contract))
    return Response.of_json(200, call.views.contract(contract))


def delete_contract(call: Call) -> Response:
    """200 with an empty body, also where there is nothing to delete."""
    contract_id = call.id_of("contract_id")
    contract = call.world.state.contracts.get(contract_id)
    if contract is None or not may_see(call.user, contract, call.switches.users_see_all_contracts):
        if call.switches.delete_missing_status == 404:
            raise not_found("Contract", contract_id)
    elif not call.plays("changes_nothing"):
        call.world.remove(contract, call.by(contract))
    return Response(200)


def list_parties(call: Call) -> Response:
    filters(call.request, ())
    return paged(call.request, call.views, call.contract_to_read().parties, call.views.party)


def list_events(call: Call) -> Response:
    contract = call.contract_to_read(lagging=False)
    filters(call.request, ())
    seen_until = call.world.now() - timedelta(seconds=call.switches.eventual_consistency_delay)
    events = [e for e in call.world.state.events.get(contract.id, ()) if e.created_time <= seen_until]
    sort = call.switches.event_sort
    if sort == "refused" and call.request.param("sort"):
        raise invalid({"sort": ["This list cannot be sorted."]})
    rows = sorted_by(call.request, events, _EVENT_SORTS) if sort == "honoured" else events
    return paged(call.request, call.views, rows, call.views.event)


def get_event(call: Call) -> Response:
    contract = call.contract_to_read(lagging=False)
    event_id = call.id_of("event_id")
    event = next((e for e in call.world.state.events.get(contract.id, ()) if e.id == event_id), None)
    if event is None:
        raise not_found("Event", event_id)
    return Response.of_json(200, call.views.event(event))


_ONE = r"/contracts/(?P<contract_id>[^/]+)"
ROUTES = (
    Route("POST", r"/contracts/create", create_contract, needs_user=True),
    Route("GET", r"/contracts", list_contracts),
    Route("GET", _ONE, get_contract),
    Route("PUT", _ONE, put_contract, needs_user=True),
    Route("DELETE", _ONE, delete_contract, needs_user=True),
    Route("POST", _ONE + "/publish", publish_contract, needs_user=True),
    Route("GET", _ONE + "/parties", list_parties),
    Route("GET", _ONE + "/events", list_events),
    Route("GET", _ONE + r"/events/(?P<event_id>[^/]+)", get_event),
)
