"""Updating one party and one participant (reference/update-a-party-by-id, docs/update-a-participant-in-a-contract)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sandbox.oneflow.account.model import Contract, Party
from sandbox.oneflow.api.bodies import Problems, read_object
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.problems import Problem, invalid, not_found
from sandbox.wire import Response

_PARTY_KEYS = ("name", "identification_number", "country_code", "_private_ownerside")
_PERSON_TEXTS = {"name": 100, "title": 100, "identification_number": 25, "phone_number": 255, "email": 255}
_PERSON_KEYS = (
    *_PERSON_TEXTS, "_permissions", "delivery_channel", "sign_method", "signatory", "two_step_authentication_method",
    "_private_ownerside",
)  # fmt: skip


def put_party(call: Call) -> Response:
    contract, party = _party(call)
    body = read_object(call.request, _PARTY_KEYS)
    problems = Problems()
    problems.text(body, "name", "", 100, shortest=1)
    problems.text(body, "identification_number", "", 25)
    problems.text(body, "country_code", "", 2, shortest=2)
    problems.raise_if_any()
    texts: dict[str, Any] = {key: body[key] for key in _PARTY_KEYS[:3] if body.get(key) is not None}
    changed = replace(party, custom_id=_custom_id(body, party.custom_id), **texts)
    _store(call, contract, changed)
    return Response.of_json(200, call.views.party(changed))


def put_participant(call: Call) -> Response:
    """The owner side's e-mail cannot change."""
    contract, party = _party(call)
    number = call.id_of("participant_id")
    person = next((one for one in party.participants if one.id == number), None)
    if person is None:
        raise not_found("Participant", number)
    body = read_object(call.request, _PERSON_KEYS)
    problems = Problems()
    for key, longest in _PERSON_TEXTS.items():
        problems.text(body, key, "", longest)
    problems.raise_if_any()
    if party.my_party and body.get("email") not in (None, person.email):
        raise invalid({"email": ["Cannot be changed."]})
    texts: dict[str, Any] = {key: body[key] for key in _PERSON_TEXTS if body.get(key) is not None}
    changed = replace(person, custom_id=_custom_id(body, person.custom_id), **texts)
    people = tuple(changed if one.id == number else one for one in party.participants)
    _store(call, contract, replace(party, participants=people))
    return Response.of_json(200, call.views.participant(changed))


def _party(call: Call) -> tuple[Contract, Party]:
    contract = call.contract_to_write()
    if call.switches.people_update == "refused":
        raise Problem(405, "The method is not allowed for this endpoint.")
    number = call.id_of("party_id")
    party = next((one for one in contract.parties if one.id == number), None)
    if party is None:
        raise not_found("Party", number)
    call.must_be_open(contract, "Parties")
    return contract, party


def _custom_id(body: dict[str, Any], before: str | None) -> str | None:
    return (body.get("_private_ownerside") or {}).get("custom_id", before)


def _store(call: Call, contract: Contract, party: Party) -> None:
    parties = tuple(party if one.id == party.id else one for one in contract.parties)
    if parties != contract.parties:
        call.world.commit(replace(contract, parties=parties), [], call.by(contract))


_PARTY = r"/contracts/(?P<contract_id>[^/]+)/parties/(?P<party_id>[^/]+)"
ROUTES = (
    Route("PUT", _PARTY, put_party, needs_user=True),
    Route("PUT", _PARTY + r"/participants/(?P<participant_id>[^/]+)", put_participant, needs_user=True),
)
