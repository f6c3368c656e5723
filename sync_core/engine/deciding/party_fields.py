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
from sync_core.engine.values.phone_numbers import international
from sync_core.errors import Unmappable

Fit = Callable[[str, str | None], str]  # from a text, and the party's country where it is known
LONGEST = 255  # characters of a name and its like
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_INDIVIDUAL = "individual"


def _country(text: str, _: str | None) -> str:
    code = text.strip().upper()
    if not re.fullmatch("[A-Z]{2}", code):
        raise Unmappable("not_a_country", "Not a country's code of two letters, such as SE (ISO 3166-1).")
    return code


def fitting_email(text: str, _: str | None = None) -> str:
    """The address without what stands around it."""
    if not _EMAIL.fullmatch(text.strip()):
        raise Unmappable("not_an_email", "Not an e-mail address.")
    return text.strip()


def _plain(text: str, _: str | None) -> str:
    return " ".join(text.split())


# oneflow_kind -> oneflow_field -> what people call it, and how its text is made fit
FIELDS: Mapping[OneflowKind, Mapping[str, tuple[str, Fit]]] = {
    OneflowKind.PARTY: {
        "name": ("Party: name", _plain),
        "identification_number": ("Party: registration number", _plain),
        "country_code": ("Party: country", _country),
    },
    OneflowKind.PARTICIPANT: {
        "name": ("Participant: name", _plain),
        "email": ("Participant: e-mail", fitting_email),
        "phone_number": ("Participant: phone", international),
        "title": ("Participant: title", _plain),
    },
}
# What each way of making fit sends, and what it refuses, for people: `docs/values.md` is made from it.
FIT_TEXTS: Mapping[Fit, tuple[str, str]] = {
    _plain: ("The text on one line, each run of spaces as one.", "Nothing else."),
    _country: ("Two capital letters: `SE`.", "Everything but a country's code of two letters (ISO 3166-1)."),
    fitting_email: ("The address without spaces around it.", "What is no e-mail address."),
    international: (
        "`+` and digits, however people write it: `+46 (0)70-123 45 67` as `+46701234567`; without its country's code "
        "it is read as one of the party's country.",
        "What is no number of any country; two numbers in one text; a number with an extension.",
    ),
}
ALREADY_GIVEN = Reason("already_given", "Whoever created the contract gave another value, which stays.")
_NAMELESS = Reason("without_a_name", "Without a name nobody can be invited; map or give the name too.")
_NO_COMPANY = Reason("no_company", "The first party is a person, who has no name of a company.")


def fitting_text(kind: OneflowKind, field: str, text: str, country: str | None = None) -> str:
    """The text as the field takes it; `country` is the party's. Unmappable says what it takes."""
    fit = FIELDS[kind][field][1](text, country)
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
    filled = _First(dict(parties[0]) if parties else {"type": "company"})
    left = {id(step): reason for step in wanted if (reason := filled.take(step)) is not None}
    if filled.is_nameless_company:
        return parties, _without(steps, dict.fromkeys(map(id, wanted), _NAMELESS))
    if filled.is_nameless_person:
        filled.leave_out_the_person()
        of_person = [id(step) for step in wanted if step.row.oneflow_kind is OneflowKind.PARTICIPANT]
        left |= dict.fromkeys(of_person, _NAMELESS)
    return [filled.party(), *parties[1:]], _without(steps, left)


def _without(steps: Sequence[Step], left: Mapping[int, Reason]) -> Sequence[Step]:
    return [_left(step, left[id(step)]) if id(step) in left else step for step in steps]


class _First:
    """The first party, and the first person of it, while they are filled. `alone`: the party is that person."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given
        self._alone = given.get("type") == _INDIVIDUAL
        people = [given.get("participant") or {}] if self._alone else given.get("participants") or ()
        self._person, *self._others = [dict(one) for one in people] or [{}]

    def take(self, step: Step) -> Reason | None:
        """Put in what the step fills; why it is left, where it is."""
        of_party = step.row.oneflow_kind is OneflowKind.PARTY
        name, text = step.row.key, step.sure_write.after
        if of_party and self._alone and name != "country_code":
            return _NO_COMPANY
        filled = self._given if of_party else self._person
        if filled.get(name) not in (None, "", text):
            return ALREADY_GIVEN
        filled[name] = text
        return None

    @property
    def is_nameless_company(self) -> bool:
        return not self._alone and not self._given.get("name")

    @property
    def is_nameless_person(self) -> bool:
        return bool(self._person) and not self._person.get("name")

    def leave_out_the_person(self) -> None:
        self._person, self._others = {}, []

    def party(self) -> dict[str, Any]:
        if self._alone:
            return self._given | {"participant": self._person}
        return self._given | ({"participants": [self._person, *self._others]} if self._person else {})


def _left(step: Step, reason: Reason) -> Step:
    return replace(step, result=Result.SKIPPED, reason=reason, report=True, write=None)
