"""The people whom a new contract invites: put right as far as that can be, and else named with what is wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sync_core.engine.deciding.party_fields import fitting_email
from sync_core.engine.values.phone_numbers import international
from sync_core.errors import Invalid, Unmappable

Parties = Sequence[Mapping[str, Any]]  # in Oneflow's shape
Problems = list[dict[str, str]]
_PERSON = re.compile(r"(parties\[\d+\]\.participants?(?:\[\d+\])?)(?:\..+)?")
_FITTED = (("email", fitting_email), ("phone_number", international))


def put_right(parties: Parties) -> Parties:
    """E-mail addresses without what stands around them, phone numbers in the one form that Oneflow takes. Invalid
    names each person who cannot be invited so."""
    problems: Problems = []
    right = [_party(f"parties[{number}]", party, problems) for number, party in enumerate(parties)]
    first: dict[str, str] = {}
    for place, person in _people(right):
        email = person.get("email")
        if isinstance(email, str) and first.setdefault(email.casefold(), place) != place:
            problems.append(_problem(f"{place}.email", person, "Somebody else has the same e-mail address."))
    if problems:
        raise not_created(problems)
    return right


def refused_people(parties: Parties, places: Mapping[str, str]) -> Problems:
    """Of what Oneflow refused (place -> what is wrong), what concerns people and their parties, by their names."""
    known = dict(_people(parties))
    found: Problems = []
    for place, text in places.items():
        match = _PERSON.fullmatch(place)
        if match:
            found.append(_problem(place, known.get(match[1], {}), text))
        elif place.startswith("parties"):
            found.append({"field": place, "detail": text})
    return found


def emails_of(parties: Parties) -> Iterator[str]:
    for _, person in _people(parties):
        if isinstance(person.get("email"), str) and person["email"]:
            yield person["email"]


def not_created(problems: Sequence[Mapping[str, str]]) -> Invalid:
    return Invalid(f"Nothing was created. {' '.join(one['detail'] for one in problems)}", problems=problems)


def _party(place: str, party: Mapping[str, Any], problems: Problems) -> Mapping[str, Any]:
    given = party.get("country_code")
    country = given.strip().upper() if isinstance(given, str) else None
    right = dict(party)
    if isinstance(party.get("participants"), list):
        right["participants"] = [
            _person(f"{place}.participants[{number}]", person, country, problems)
            for number, person in enumerate(party["participants"])
        ]
    if "participant" in party:
        right["participant"] = _person(f"{place}.participant", party["participant"], country, problems)
    return right


def _person(place: str, person: Any, country: str | None, problems: Problems) -> Any:
    """What is no person is for Oneflow to refuse."""
    if not isinstance(person, Mapping):
        return person
    right = dict(person)
    for name, fit in _FITTED:
        text = person.get(name)
        if not isinstance(text, str):
            continue
        if not text.strip():
            del right[name]
            continue
        try:
            right[name] = fit(text, country)
        except Unmappable as unmappable:
            problems.append(_problem(f"{place}.{name}", person, str(unmappable)))
    return right


def _people(parties: Parties) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every participant with their place."""
    for number, party in enumerate(parties):
        several = party.get("participants")
        for which, person in enumerate(several if isinstance(several, list) else ()):
            if isinstance(person, Mapping):
                yield f"parties[{number}].participants[{which}]", person
        if isinstance(party.get("participant"), Mapping):
            yield f"parties[{number}].participant", party["participant"]


def _problem(place: str, person: Mapping[str, Any], text: str) -> dict[str, str]:
    name = person.get("name") or person.get("email")
    return {"field": place, "detail": f"{name}: {text}" if isinstance(name, str) else text}
