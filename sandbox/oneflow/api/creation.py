"""Creating a contract from a template (reference/create-a-contract, docs/creating-a-contract)."""

from __future__ import annotations

import re
from typing import Any

from sandbox.oneflow.account.drafting import COMPANY, INDIVIDUAL, PERSON_TEXTS, draft, person
from sandbox.oneflow.account.model import Contract, Party, Template, User
from sandbox.oneflow.account.world import World
from sandbox.oneflow.api.bodies import Problems, read_object
from sandbox.oneflow.api.call import Call
from sandbox.oneflow.api.problems import DUPLICATE_PARTICIPANT, Problem, invalid, not_found

_KEYS = (
    "workspace_id", "template_id", "name", "folder_id", "data_fields", "my_party", "parties", "tags", "value",
    "product_groups",
)  # fmt: skip
_PARTY_KEYS = ("type", "name", "identification_number", "country_code", "custom_id")
_PERSON_KEYS = (*PERSON_TEXTS, "organizer", "signatory", "_permissions")
_MY_PARTY_KEYS = ("participants", "creator_inherit_settings_from_template")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"\+[1-9][0-9]{4,14}", re.ASCII)  # E.164 (docs/type-reference)
MOST_PARTIES, MOST_PEOPLE, MOST_OF_OURS = 40, 40, 29


def create(call: Call) -> Contract:
    """One draft, or nothing at all: whatever is wrong fails the whole creation."""
    assert call.user is not None
    body = read_object(call.request, _KEYS, ("workspace_id", "template_id"))
    problems = Problems()
    problems.kind(body, "workspace_id", "", int)
    problems.kind(body, "template_id", "", int)
    problems.kind(body, "folder_id", "", int)
    problems.text(body, "name", "", 130)
    problems.money(body, "value", "")
    if body.get("product_groups"):
        problems.add("product_groups", "The template cannot receive products.")
    _check_parties(body, problems, call.switches.phone_numbers_are_checked)
    problems.raise_if_any()
    template = usable_template(call.world, call.user, body["workspace_id"], body["template_id"])
    values = _field_values(call, template, body.get("data_fields"))
    _check_all_people(body)
    parties = _parties(call.world, call.user, body)
    value = body.get("value") or {}
    return draft(
        call.world,
        call.user,
        template,
        body["workspace_id"],
        body.get("name") or template.name,
        values,
        parties,
        "api",
        folder_id=body.get("folder_id"),
        tags=body.get("tags") or (),
        amount=value.get("amount"),
        currency=value.get("currency"),
    )


def usable_template(world: World, user: User, workspace_id: int, template_id: int) -> Template:
    """404 if either is missing, 403 if the user may not create there or the template is not in use there."""
    if workspace_id not in world.state.workspaces:
        raise not_found("Workspace", workspace_id)
    template = world.state.templates.get(template_id)
    if template is None:
        raise not_found("Template", template_id)
    if workspace_id not in user.workspace_ids:
        raise Problem(403, "You may not create contracts in this workspace.")
    if not template.active:
        raise Problem(403, "The template is not active.")
    if workspace_id not in template.workspace_ids:
        raise Problem(403, "The template does not belong to this workspace.")
    return template


def _field_values(call: Call, template: Template, items: Any) -> dict[str, str]:
    """Values by custom_id. An unknown custom_id is a problem of the whole body."""
    kind = None if template.template_type_id is None else call.world.state.template_types[template.template_type_id]
    known = {f.custom_id for f in (kind.fields if kind else ()) if f.active}
    problems = Problems()
    values: dict[str, str] = {}
    if items is not None and not isinstance(items, list):
        raise invalid({"data_fields": ["Must be an array."]})
    for i, item in enumerate(items or []):
        path = f"data_fields[{i}]"
        if not problems.keys(item, path, ("custom_id", "value"), ("custom_id",)):
            continue
        custom_id = item["custom_id"]
        if not isinstance(custom_id, str) or custom_id not in known:
            problems.add(f"{path}.custom_id", f"No data field with custom_id '{custom_id}' in the template type.")
        elif custom_id in values:
            problems.add(f"{path}.custom_id", "Given twice.")
        problems.text(item, "value", path, call.switches.max_value_length, utf16=call.switches.counts_utf16)
        if "value" in item and isinstance(custom_id, str):
            values[custom_id] = item["value"] or ""
    problems.raise_if_any()
    return values


def _check_parties(body: dict[str, Any], problems: Problems, phones: bool) -> None:
    parties = body.get("parties") or []
    if not isinstance(parties, list) or len(parties) > MOST_PARTIES:
        problems.add("parties", f"Must be an array of at most {MOST_PARTIES}.")
        return
    for i, party in enumerate(parties):
        path = f"parties[{i}]"
        alone = isinstance(party, dict) and party.get("type") == INDIVIDUAL
        if not problems.keys(party, path, (*_PARTY_KEYS, "participant" if alone else "participants")):
            continue
        if party.get("type", COMPANY) not in (COMPANY, INDIVIDUAL):
            problems.add(f"{path}.type", "Must be company or individual.")
        for key in ("name", "identification_number", "custom_id"):
            problems.text(party, key, path, 255)
        problems.text(party, "country_code", path, 2, shortest=2)
        if alone:
            _check_person(party.get("participant"), f"{path}.participant", problems, phones)
        else:
            _check_people(party, path, problems, phones)
    mine = body.get("my_party")
    if mine is not None and problems.keys(mine, "my_party", _MY_PARTY_KEYS):
        _check_people(mine, "my_party", problems, phones)
        if isinstance(mine.get("participants"), list) and len(mine["participants"]) > MOST_OF_OURS:
            problems.add("my_party.participants", "Too many participants.")


def _check_people(party: dict[str, Any], path: str, problems: Problems, phones: bool) -> None:
    people = party.get("participants") or []
    if not isinstance(people, list) or len(people) > MOST_PEOPLE:
        problems.add(f"{path}.participants", f"Must be an array of at most {MOST_PEOPLE}.")
        return
    for i, member in enumerate(people):
        _check_person(member, f"{path}.participants[{i}]", problems, phones)


def _check_person(given: Any, path: str, problems: Problems, phones: bool) -> None:
    if not problems.keys(given, path, _PERSON_KEYS, ("name",)):
        return
    for key in PERSON_TEXTS:
        problems.text(given, key, path, 255)
    for key in ("organizer", "signatory"):
        problems.kind(given, key, path, bool)
    permissions = given.get("_permissions")
    if permissions is not None and problems.keys(permissions, f"{path}._permissions", ("contract:update",)):
        problems.kind(permissions, "contract:update", f"{path}._permissions", bool)
    phone = given.get("phone_number")
    if phones and isinstance(phone, str) and not _PHONE.fullmatch(phone):
        problems.add(f"{path}.phone_number", "Not a valid phone number.")
    channel = given.get("delivery_channel") or "email"
    email = given.get("email")
    if email is not None and isinstance(email, str) and not _EMAIL.fullmatch(email):
        problems.add(f"{path}.email", "Not a valid email address.")
    if not email and channel == "email":
        problems.add(f"{path}.email", "Missing required value.")


def _people(body: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Every participant of the body with its path."""
    found = [
        (f"my_party.participants[{i}]", member)
        for i, member in enumerate((body.get("my_party") or {}).get("participants") or [])
    ]
    for i, party in enumerate(body.get("parties") or []):
        if party.get("type") == INDIVIDUAL:
            found.append((f"parties[{i}].participant", party["participant"]))
        else:
            people = party.get("participants") or []
            found += [(f"parties[{i}].participants[{j}]", member) for j, member in enumerate(people)]
    return found


def _check_all_people(body: dict[str, Any]) -> None:
    if len(_people(body)) > MOST_PEOPLE:
        raise invalid({"parties": [f"At most {MOST_PEOPLE} participants in all."]})
    seen: set[str] = set()
    for path, member in _people(body):
        email = (member.get("email") or "").lower()
        if email and email in seen:
            raise invalid({f"{path}.email": ["The email is used by another participant."]}, DUPLICATE_PARTICIPANT)
        seen.add(email)


def _parties(world: World, user: User, body: dict[str, Any]) -> tuple[Party, ...]:
    at = world.now()
    people = (body.get("my_party") or {}).get("participants")
    if not people:
        people = [{"name": user.name, "email": user.email, "organizer": True, "title": user.title}]
    account = world.state.account
    ours = Party(
        world.next_id("party"), COMPANY, account.name, at, at, tuple(person(world, p, user.email) for p in people),
        my_party=True, country_code=account.country_code, identification_number=account.registration_number,
    )  # fmt: skip
    theirs = []
    for given in body.get("parties") or []:
        alone = given.get("type") == INDIVIDUAL
        members = [given["participant"]] if alone else given.get("participants") or []
        name = given.get("name") or (members[0]["name"] if alone else "")
        theirs.append(
            Party(
                world.next_id("party"), INDIVIDUAL if alone else COMPANY, name, at, at,
                tuple(person(world, p) for p in members), country_code=given.get("country_code"),
                identification_number=given.get("identification_number") or "", custom_id=given.get("custom_id"),
            )
        )  # fmt: skip
    return (ours, *theirs)
