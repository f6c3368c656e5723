"""From Oneflow's contract to ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync_core.adapters.oneflow.api import parsed
from sync_core.adapters.oneflow.facts import facts_of
from sync_core.adapters.oneflow.models import ContractBody, DataField, Party
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.words import ContractState


def contract_of(data: Any, known: Mapping[int, str] | None = None) -> Contract:
    """`known` (field id -> custom_id) names fields that come without their custom_id; the others stay unnamed."""
    body = parsed(ContractBody, data)
    all_fields = [_field(one, known or {}) for one in body.data_fields or ()]
    parties = body.parties or ()
    contract = Contract(
        id=body.id,
        name="",
        state=_state(body.state),
        fields={field.custom_id.casefold(): field for field in all_fields if field.custom_id},
        unnamed=tuple(field for field in all_fields if not field.custom_id),
        signature_given=any(person.sign_state == "signed" for party in parties for person in party.everybody),
        updated_time=body.updated_time,
        invited=_invited(parties),
        organisations=_organisations(parties),
        facts=facts_of(body),
        state_since=body.state_updated_time,
    )
    return _with_what_is_ours(contract, body)


def _with_what_is_ours(contract: Contract, body: ContractBody) -> Contract:
    """With what Oneflow shows to the contract's own account only."""
    if (private := body.private) is not None:
        contract = replace(contract, name=private.name or "", workspace_id=private.workspace_id)
    if (owner_side := body.owner_side) is not None:
        contract = replace(
            contract,
            template_type_id=owner_side.template_type_id,
            template_id=owner_side.template_id,
            created_at=_moment(owner_side.created_time),
        )
    return contract


def _invited(parties: Iterable[Party]) -> frozenset[str]:
    theirs = [party for party in parties if not party.my_party]
    return frozenset(person.email.casefold() for party in theirs for person in party.everybody if person.email)


def _organisations(parties: Iterable[Party]) -> frozenset[str]:
    """Of companies alone: a person's number is a national id, which is nobody's key here."""
    theirs = [party for party in parties if not party.my_party and party.type == "company"]
    return frozenset(party.identification_number for party in theirs if party.identification_number)


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _field(one: DataField, known: Mapping[int, str]) -> ContractField:
    custom_id = one.custom_id or known.get(one.id)
    return ContractField(one.id, custom_id, one.name or custom_id or "", one.value or "", one.updated_time)


def _state(text: str) -> ContractState:
    """A state that we do not know ("canceled" and 3 were seen) is one in which nothing may be written."""
    try:
        return ContractState(text)
    except ValueError:
        return ContractState.UNKNOWN
