"""What sellers do: cards, create, link, push, fetch, preview, history, conflicts, undo."""

from __future__ import annotations

from typing import Any

from sync_core.engine.deciding import verdict
from sync_core.engine.model.actor import Cause
from sync_core.engine.model.words import Action
from sync_core.errors import Invalid
from sync_core.handlers.operation import operation
from sync_core.handlers.web import Call
from sync_core.handlers.wire.problems import AlreadyMade, LinkedElsewhere, MovedDispute, StalePlan
from sync_core.handlers.wire.requests import (
    Keep,
    Move,
    NewContract,
    NewPreviewQuery,
    PageQuery,
    PreviewQuery,
    PushRecord,
    Run,
    Undo,
)
from sync_core.handlers.wire.results import (
    ActionResult,
    Card,
    Contacts,
    Contracts,
    Disputes,
    History,
    Preview,
    Recovered,
    Results,
)
from sync_core.usecases.people.create_contract import NewContractRequest
from sync_core.usecases.people.repair import keep_request
from sync_core.usecases.sync.request import KeepRequest, SyncRequest

Json = dict[str, Any]


@operation("The record's contracts, as cards.", Contracts)
def list_contracts(call: Call) -> Json:
    entity, record_id = call.record()
    cards = call.services.cards
    found = cards.of_record(entity, record_id, call.actor)
    unclear = cards.unclear(entity, record_id, [card["contract_id"] for card in found])
    looked_for = cards.looked_for(entity, record_id)
    set_up = cards.is_set_up(entity)
    lacking = cards.not_in_force(entity) if set_up else None
    return {
        "contracts": found,
        "next": None,
        "set_up": set_up,
        "not_in_force": lacking,
        "unclear": unclear,
        "looked_for": looked_for,
    }


@operation("Whom a contract of the record may invite.", Contacts)
def list_contacts(call: Call) -> Json:
    return {"contacts": call.services.cards.contacts(*call.record(), call.actor), "next": None}


@operation(
    "Create a contract from the record.",
    ActionResult | Recovered,
    status=201,
    taken=AlreadyMade,
    refusal="The contract cannot be created.",
)
def create_contract(call: Call, body: NewContract) -> Json:
    wanted = NewContractRequest(
        body.template_id, body.workspace_id, body.name, tuple(body.parties or ()), body.idempotency_key
    )
    return call.services.create.run(*call.record(), wanted, call.actor)


@operation("The values that a contract created now would hold; makes none.", ActionResult)
def preview_creation(call: Call, query: NewPreviewQuery) -> Json:
    return call.services.previews.of_creation(*call.record(), query.template_id, query.workspace_id, call.actor)


@operation(
    "Link a contract made elsewhere, or move its link here.",
    Card,
    taken=LinkedElsewhere,
    refusal="The contract cannot be linked.",
)
def link_contract(call: Call, body: Move) -> Json:
    return call.services.link.link(*call.record(), call.contract_id(), call.actor, body.move or False)


@operation("End a link; contract, record and history stay.", status=204)
def unlink_contract(call: Call) -> None:
    call.services.link.unlink(*call.record(), call.contract_id(), call.actor)


@operation("Push to every open contract of the record.", Results, refusal="The record cannot be pushed.")
def push_record(call: Call, body: PushRecord) -> Json:
    confirmed = frozenset(body.confirm_signature_reset or ())
    return {"results": call.services.push_record.run(*call.record(), call.actor, confirmed)}


@operation("Push Dynamics' values to the contract.", ActionResult, taken=StalePlan, refusal="The push cannot be done.")
def push_contract(call: Call, body: Run) -> Json:
    return _run(call, Action.PUSH, body)


@operation(
    "Fetch the contract's values into Dynamics.", ActionResult, taken=StalePlan, refusal="The fetch cannot be done."
)
def fetch_contract(call: Call, body: Run) -> Json:
    return _run(call, Action.FETCH, body)


@operation(
    "What a push, fetch, keep or undo would do, what is known of who changed each field, and what it means for the "
    "record's other contracts; writes nothing.",
    Preview,
    taken=MovedDispute,
)
def preview_contract(call: Call, query: PreviewQuery) -> Json:
    return call.services.previews.of_contract(call.contract_id(), _previewed(call, query))


@operation("What was written, from what, to what, and why.", History)
def list_history(call: Call, query: PageQuery) -> Json:
    return call.services.cards.history(call.contract_id(), call.actor, query.next)


@operation("Conflicts and fields not yet agreed.", Disputes)
def list_conflicts(call: Call) -> Json:
    return {"conflicts": call.services.repair.conflicts(call.contract_id(), call.actor), "next": None}


@operation(
    "Keep one side of a disputed field.",
    ActionResult,
    taken=MovedDispute,
    refusal="The conflict cannot be settled.",
)
def keep_side(call: Call, body: Keep) -> Json:
    wanted = KeepRequest(body.oneflow_field, body.conflict_id, verdict.Keep(body.keep))
    confirm = body.confirm_signature_reset or False
    return call.services.repair.keep(call.contract_id(), wanted, call.actor, confirm, body.plan_id).to_json()


@operation("Take a history entry back.", ActionResult, taken=StalePlan, refusal="The entry cannot be taken back.")
def undo_entry(call: Call, body: Undo) -> Json:
    confirm, entry_id = body.confirm_signature_reset or False, call.part("entry_id")
    return call.services.repair.undo(call.contract_id(), entry_id, call.actor, confirm, body.plan_id).to_json()


def _previewed(call: Call, query: PreviewQuery) -> SyncRequest:
    """Invalid (400) where the query does not say which entry, or which answer to which dispute."""
    confirm = query.confirm_signature_reset
    if query.action == "undo":
        if query.entry_id is None:
            raise Invalid("entry_id must name the history entry to undo.", status=400)
        return call.services.repair.undo_request(call.contract_id(), query.entry_id, call.actor, confirm)
    if query.action == "keep":
        if query.oneflow_field is None or query.conflict_id is None or query.keep is None:
            message = "oneflow_field, conflict_id and keep must say which answer to which dispute is looked at."
            raise Invalid(message, status=400)
        wanted = KeepRequest(query.oneflow_field, query.conflict_id, verdict.Keep(query.keep))
        return keep_request(wanted, call.actor, confirm)
    return _request(call, Action(query.action), None, confirm)


def _run(call: Call, action: Action, body: Run) -> Json:
    contract_id = call.contract_id()
    request = _request(call, action, body.plan_id, body.confirm_signature_reset or False)
    return call.services.sync.run(contract_id, request).to_json()


def _request(call: Call, action: Action, plan_id: str | None, confirm_signature_reset: bool) -> SyncRequest:
    return SyncRequest(action, Cause(str(action), call.actor), plan_id, confirm_signature_reset)
