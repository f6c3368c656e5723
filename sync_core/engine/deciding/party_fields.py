"""Party and participant fields: filled once, when a contract is created, in the first party that is not ours.

Oneflow keeps them apart from a contract's data fields, so that nothing comes back from them.
https://developer.oneflow.com/reference/create-a-contract
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model.words import OneflowKind, Reason, Result
from sync_core.errors import Unmappable

LONGEST = 255  # characters of a name and its like
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{5,14}", re.ASCII)
_INDIVIDUAL = "individual"


def _country(text: str) -> str:
    code = text.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise Unmappable("not_a_country", "Not a country's code of two letters, such as SE (ISO 3166-1).")
    return code


def _email(text: str) -> str:
    if not _EMAIL.fullmatch(text.strip()):
        raise Unmappable("not_an_email", "Not an e-mail address.")
    return text.strip()


def _phone(text: str) -> str:
    number = re.sub(r"[\s()./-]", "", text)
    if not _PHONE.fullmatch(number):
        raise Unmappable("not_a_phone_number", "Not a phone number with its country, such as +46 70 123 45 67.")
    return number


def _plain(text: str) -> str:
    return " ".join(text.split())


# oneflow_kind -> oneflow_field -> what people call it, and how its text is made fit
FIELDS: Mapping[OneflowKind, Mapping[str, tuple[str, Callable[[str], str]]]] = {
    OneflowKind.PARTY: {
        "name": ("Party: name", _plain),
        "identification_number": ("Party: registration number", _plain),
        "country_code": ("Party: country", _country),
    },
    OneflowKind.PARTICIPANT: {
        "name": ("Participant: name", _plain),
        "email": ("Participant: e-mail", _email),
        "phone_number": ("Participant: phone", _phone),
        "title": ("Participant: title", _plain),
    },
}
# What each way of making fit sends, and what it refuses, for people: `docs/values.md` is made from it.
FIT_TEXTS: Mapping[Callable[[str], str], tuple[str, str]] = {
    _plain: ("The text on one line, each run of spaces as one.", "Nothing else."),
    _country: ("Two capital letters: `SE`.", "Everything but a country's code of two letters (ISO 3166-1)."),
    _email: ("The address without spaces around it.", "What is no e-mail address."),
    _phone: ("`+` and digits: `+46701234567`.", "Numbers without their country's code after a `+`."),
}
ALREADY_GIVEN = Reason("already_given", "Whoever created the contract gave another value, which stays.")
_NAMELESS = Reason("without_a_name", "Without a name nobody can be invited; map or give the name too.")
_NO_COMPANY = Reason("no_company", "The first party is a person, who has no name of a company.")


def fitting_text(kind: OneflowKind, field: str, text: str) -> str:
    """The text as the field takes it. Unmappable says what it takes."""
    fit = FIELDS[kind][field][1](text)
    if len(fit) > LONGEST:
        raise Unmappable("too_long_for_contract", f"Longer than the {LONGEST} characters that the field takes.")
    return fit


def invite(
    parties: Sequence[Mapping[str, Any]], steps: Sequence[Step]
) -> tuple[Sequence[Mapping[str, Any]], Sequence[Step]]:
    """The parties with what the steps fill, and the steps as they came out. What a person gave stays."""
    wanted = [step for step in steps if step.writes and step.row.oneflow_kind is not OneflowKind.DATA_FIELD]
    if not wanted:
        return parties, steps
    first: dict[str, Any] = dict(parties[0]) if parties else {"type": "company"}
    alone = first.get("type") == _INDIVIDUAL
    people = [dict(first.get("participant") or {})] if alone else [dict(one) for one in first.get("participants") or ()]
    person: dict[str, Any] = people[0] if people else {}
    left: dict[int, Step] = {}
    for step in wanted:
        at, name = (first if step.row.oneflow_kind is OneflowKind.PARTY else person), step.row.key
        if at is first and alone and name != "country_code":
            left[id(step)] = _left(step, _NO_COMPANY)
        elif at.get(name) not in (None, "", step.after):
            left[id(step)] = _left(step, ALREADY_GIVEN)
        else:
            at[name] = step.after
    if not alone and not first.get("name"):
        return parties, [_left(step, _NAMELESS) if step in wanted else step for step in steps]
    if person and not person.get("name"):
        person = {}
        people = []
        left |= {
            id(step): _left(step, _NAMELESS) for step in wanted if step.row.oneflow_kind is OneflowKind.PARTICIPANT
        }
    if alone:
        first["participant"] = person
    elif person:
        first["participants"] = [person, *people[1:]]
    return [first, *parties[1:]], [left.get(id(step), step) for step in steps]


def _left(step: Step, reason: Reason) -> Step:
    return replace(
        step, result=Result.SKIPPED, reason=reason, report=True, side=None, after=None, from_text=None, to_text=None
    )
