"""What sellers do: cards, create, link, push, fetch, preview, history, conflicts, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import azure.functions as func

from sync_core.errors import Invalid
from sync_core.handlers.bodies import MOST_PARTIES, Body
from sync_core.handlers.web import Call, ok, whole

if TYPE_CHECKING:
    from sync_core.usecases.sync.request import SyncRequest


def list_contracts(call: Call) -> func.HttpResponse:
    entity, record_id = _record(call)
    cards = call.services.cards
    found = cards.of_record(entity, record_id, call.actor)
    unclear = cards.unclear(entity, record_id, [card["contract_id"] for card in found])
    return ok({"contracts": found, "next": None, "set_up": cards.is_set_up(entity), "unclear": unclear})


def list_contacts(call: Call) -> func.HttpResponse:
    return ok({"contacts": call.services.cards.contacts(*_record(call), call.actor), "next": None})


def create_contract(call: Call) -> func.HttpResponse:
    from sync_core.usecases.people.create_contract import NewContractRequest

    body = Body(call.body)
    parties = body.rows("parties", MOST_PARTIES)
    if not all(isinstance(party, dict) for party in parties):
        body.wrong("parties", "must be a list of objects")
    request = NewContractRequest(
        body.whole("template_id"),
        body.whole("workspace_id"),
        body.text("name", 130),
        tuple(parties),
        body.text("idempotency_key", 200, required=False) or None,
    )
    body.done("The contract cannot be created.")
    return ok(call.services.create.run(*_record(call), request, call.actor), 201)


def link_contract(call: Call) -> func.HttpResponse:
    body = Body(call.body)
    move = body.flag("move")
    body.done("The contract cannot be linked.")
    return ok(call.services.link.link(*_record(call), call.contract_id(), call.actor, move))


def unlink_contract(call: Call) -> func.HttpResponse:
    call.services.link.unlink(*_record(call), call.contract_id(), call.actor)
    return func.HttpResponse(status_code=204)


def push_record(call: Call) -> func.HttpResponse:
    body = Body(call.body)
    confirmed = body.rows("confirm_signature_reset", 1000)
    if not all(isinstance(one, int) for one in confirmed):
        body.wrong("confirm_signature_reset", "must be a list of contract ids")
    body.done("The record cannot be pushed.")
    results = call.services.push_record.run(*_record(call), call.actor, frozenset(confirmed))
    return ok({"results": results})


def push(call: Call) -> func.HttpResponse:
    return _run(call, "push")


def fetch(call: Call) -> func.HttpResponse:
    return _run(call, "fetch")


def preview(call: Call) -> func.HttpResponse:
    action = call.param("action")
    if action not in ("push", "fetch"):
        raise Invalid("action must be push or fetch.", status=400)
    wish = _wish(call, action, None, call.param("confirm_signature_reset") == "true")
    return ok(call.services.previews.of_contract(call.contract_id(), wish))


def preview_creation(call: Call) -> func.HttpResponse:
    template_id = whole(call.param("template_id") or "", "template_id")
    workspace_id = whole(call.param("workspace_id") or "", "workspace_id")
    return ok(call.services.previews.of_creation(*_record(call), template_id, workspace_id, call.actor))


def history(call: Call) -> func.HttpResponse:
    return ok(call.services.cards.history(call.contract_id(), call.actor, call.param("next")))


def conflicts(call: Call) -> func.HttpResponse:
    return ok({"conflicts": call.services.repair.conflicts(call.contract_id(), call.actor), "next": None})


def keep(call: Call) -> func.HttpResponse:
    from sync_core.engine.deciding.verdict import Keep
    from sync_core.usecases.sync.request import KeepRequest

    body = Body(call.body)
    wanted = KeepRequest(body.text("oneflow_field", 255), body.text("conflict_id", 64), body.word("keep", Keep))
    confirm = body.flag("confirm_signature_reset")
    body.done("The conflict cannot be settled.")
    return ok(call.services.repair.keep(call.contract_id(), wanted, call.actor, confirm).to_json())


def undo(call: Call) -> func.HttpResponse:
    body = Body(call.body)
    confirm = body.flag("confirm_signature_reset")
    body.done("The entry cannot be taken back.")
    plan = call.services.repair.undo(call.contract_id(), call.part("entry_id"), call.actor, confirm)
    return ok(plan.to_json())


def _run(call: Call, action: str) -> func.HttpResponse:
    body = Body(call.body)
    plan_id = body.text("plan_id", 64, required=False) or None
    confirm = body.flag("confirm_signature_reset")
    body.done(f"The {action} cannot be done.")
    return ok(call.services.sync.run(call.contract_id(), _wish(call, action, plan_id, confirm)).to_json())


def _wish(call: Call, action: str, plan_id: str | None, confirm_signature_reset: bool) -> SyncRequest:
    # Imported when it is first needed: most processes start for a webhook, which plans nothing.
    from sync_core.engine.model.words import Action
    from sync_core.usecases.sync.close import Cause
    from sync_core.usecases.sync.request import SyncRequest

    return SyncRequest(Action(action), Cause(action, call.actor), plan_id, confirm_signature_reset)


def _record(call: Call) -> tuple[str, str]:
    return call.part("entity"), call.part("record_id")


# function name, verb, route, handler, needs the app role
ROUTES: tuple[tuple[str, str, str, Any, bool], ...] = (
    ("list_contracts", "GET", "records/{entity}/{record_id}/contracts", list_contracts, False),
    ("list_contacts", "GET", "records/{entity}/{record_id}/contacts", list_contacts, False),
    ("create_contract", "POST", "records/{entity}/{record_id}/contracts", create_contract, False),
    ("preview_creation", "GET", "records/{entity}/{record_id}/preview", preview_creation, False),
    ("link_contract", "PUT", "records/{entity}/{record_id}/contracts/{contract_id}", link_contract, False),
    ("unlink_contract", "DELETE", "records/{entity}/{record_id}/contracts/{contract_id}", unlink_contract, False),
    ("push_record", "POST", "records/{entity}/{record_id}/push", push_record, False),
    ("push_contract", "POST", "contracts/{contract_id}/push", push, False),
    ("fetch_contract", "POST", "contracts/{contract_id}/fetch", fetch, False),
    ("preview_contract", "GET", "contracts/{contract_id}/preview", preview, False),
    ("list_history", "GET", "contracts/{contract_id}/history", history, False),
    ("list_conflicts", "GET", "contracts/{contract_id}/conflicts", conflicts, False),
    ("keep_side", "POST", "contracts/{contract_id}/conflicts", keep, False),
    ("undo_entry", "POST", "contracts/{contract_id}/history/{entry_id}/undo", undo, False),
)
