"""From Oneflow's contract to ours."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync_core.adapters.oneflow.api import parsed
from sync_core.adapters.oneflow.models import ContractBody, DataField
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.words import ContractState


def contract_of(data: Any, known: Mapping[int, str] | None = None) -> Contract:
    """`known` (field id -> custom_id) names fields that come without their custom_id; the others stay unnamed."""
    body = parsed(ContractBody, data)
    fields: dict[str, ContractField] = {}
    unnamed: list[ContractField] = []
    for one in body.data_fields or ():
        field = _field(one, known or {})
        if field.custom_id:
            fields[field.custom_id.casefold()] = field
        else:
            unnamed.append(field)
    signed = any(person.sign_state == "signed" for party in body.parties or () for person in party.everybody)
    private, owner_side = body.private, body.owner_side
    return Contract(
        id=body.id,
        name=(private.name if private else None) or "",
        state=_state(body.state),
        fields=fields,
        unnamed=tuple(unnamed),
        signature_given=signed,
        template_type_id=owner_side.template_type_id if owner_side else None,
        template_id=owner_side.template_id if owner_side else None,
        workspace_id=private.workspace_id if private else None,
        updated_time=body.updated_time,
        created_at=_moment(owner_side.created_time if owner_side else None),
        invited=frozenset(
            person.email.casefold()
            for party in body.parties or ()
            for person in party.everybody
            if person.email and not party.my_party
        ),
    )


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
