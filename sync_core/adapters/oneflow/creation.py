"""Creating a contract, and finding one whose creation gave no answer (reference/create-a-contract)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.adapters.oneflow.api import OneflowApi
from sync_core.adapters.oneflow.contracts import contract_of
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.contracts import Contract, NewContract
from sync_core.errors import CreationRefused, Refused

_CANDIDATES = 20
_LOOKED_THROUGH = 2000
_DATA_FIELD = re.compile(r"data_fields(?:\[|\.)(?P<which>\w+)\]?(?:\.(?P<part>\w+))?")
_TEXT = "Oneflow does not take this text."
_NO_FIELD = "The template has no such data field."
# The last part of a place -> what is wrong there. https://developer.oneflow.com/docs/handling-errors-with-error-codes
_WORDS: Mapping[str, str] = {
    "email": "Oneflow does not take this e-mail address.",
    "phone_number": "Oneflow does not take this phone number.",
    "name": "Oneflow does not take this name.",
    "title": "Oneflow does not take this title.",
    "identification_number": "Oneflow does not take this identification number.",
    "country_code": "Oneflow does not take this country.",
}
# Codes that say more than their place does.
_DUPLICATE_PARTICIPANT = "4000003"
_CODES: Mapping[str, str] = {
    _DUPLICATE_PARTICIPANT: "Another participant has the same e-mail address; each needs one of their own.",
}


def create(api: OneflowApi, contract: NewContract, actor: Actor) -> Contract:
    """CreationRefused names what was refused."""
    names = list(contract.fields)
    body: dict[str, Any] = {
        "workspace_id": contract.workspace_id,
        "template_id": contract.template_id,
        "name": contract.name,
        "data_fields": [{"custom_id": name, "value": contract.fields[name]} for name in names],
        "parties": [dict(party) for party in contract.parties],
    }
    try:
        made = contract_of(api.call("POST", "contracts/create", actor, json=body).data)
    except Refused as refused:
        raise _told(refused, names) from refused
    if made.fields or not contract.fields:
        return made
    # The answer may leave the fields out; what the contract shows is the base.
    return contract_of(api.call("GET", "contracts/{id}", actor, at={"id": made.id}).data)


def _told(refused: Refused, names: Sequence[str]) -> CreationRefused:
    """From Oneflow's places in the body to our fields and people."""
    fields: dict[str, str] = {}
    places: dict[str, str] = {}
    for place in refused.fields:
        match = _DATA_FIELD.fullmatch(place)
        name = _named(match["which"], names) if match else None
        if match and name is not None:
            fields[name] = _NO_FIELD if match["part"] == "custom_id" else _TEXT
        else:
            words = _WORDS.get(place.rpartition(".")[2], "Oneflow does not take it.")
            places[place] = _CODES.get(refused.code, words)
    if not refused.fields and refused.code in _CODES:
        places["parties"] = _CODES[refused.code]
    known = {"side": "oneflow", "status": refused.status, "code": refused.code, "request_id": refused.request_id}
    return CreationRefused(str(refused), fields=fields, places=places, **known)


def _named(which: str, names: Sequence[str]) -> str | None:
    """The field that a place means: by its number in the body, or by its custom_id."""
    if which.isascii() and which.isdigit():
        return names[int(which)] if int(which) < len(names) else None
    return next((name for name in names if name.casefold() == which.casefold()), None)


def _listed(api: OneflowApi, name: str, filters_taken: bool) -> Sequence[Any]:
    """Contracts that may have this name, no more than can be looked at one by one."""
    part = max(name.split(","), key=len).strip()  # a comma would mean "or"
    filters: dict[str, str | int] = {"filter[name]" if part == name else "filter[query]": part}
    try:
        if filters_taken:
            return list(api.pages("contracts", MACHINE, filters, most=_CANDIDATES))[:_CANDIDATES]
    except Refused as refused:
        if refused.status != 400:
            raise
    # It takes no such filter: the names are looked through here, the youngest first.
    rows = [row for row in api.pages("contracts", MACHINE, most=_LOOKED_THROUGH) if isinstance(row, Mapping)]
    same = [row for row in rows if (row.get("_private") or {}).get("name") in (name, None)]
    return sorted(same, key=lambda row: -int(row["id"]))[:_CANDIDATES]


def created(
    api: OneflowApi, request: Mapping[str, Any], since: datetime, filters_taken: bool = True
) -> Sequence[Contract]:
    """By name, then by what each contract says of itself: the list cannot be filtered by template. `filters_taken`:
    False where it is known to take no filter by name either."""
    name = str(request["name"])
    found = []
    for row in _listed(api, name, filters_taken):
        contract = contract_of(api.call("GET", "contracts/{id}", MACHINE, at={"id": int(row["id"])}).data)
        same = (contract.name, contract.template_id, contract.workspace_id) == (
            name,
            request["template_id"],
            request["workspace_id"],
        )
        if same and (contract.created_at is None or contract.created_at >= since):
            found.append(contract)
    return found
