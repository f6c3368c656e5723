"""Making a contract from a template: its data fields, and its people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.oneflow.account.model import Contract, DataField, Participant, Party, ProductGroup, Template, User
from sandbox.oneflow.account.world import By, Happening, World

INDIVIDUAL, COMPANY = "individual", "company"
PERSON_TEXTS = (
    "name", "email", "phone_number", "title", "identification_number", "custom_id", "delivery_channel", "sign_method",
    "two_step_authentication_method",
)  # fmt: skip


def draft(
    world: World, user: User, template: Template, workspace_id: int, name: str, values: Mapping[str, str],
    parties: tuple[Party, ...], via: str, **more: Any,
) -> Contract:  # fmt: skip
    """The new contract: the template type's active fields with their defaults, then `values` by custom_id."""
    at = world.now()
    contract_id = world.next_id("contract")
    kind = None if template.template_type_id is None else world.state.template_types[template.template_type_id]
    fields = tuple(
        DataField(
            id=world.next_id("field"),
            custom_id=f.custom_id,
            name=f.name,
            description=f.description,
            placeholder=f.placeholder,
            value=f"OF-{contract_id}" if f.source == "system" else values.get(f.custom_id, f.value),
            source=f.source,
            created_time=at,
            updated_time=at,
        )
        for f in (kind.fields if kind else ())
        if f.active
    )
    contract = Contract(
        id=contract_id,
        name=name,
        workspace_id=workspace_id,
        template_id=template.id,
        template_type_id=template.template_type_id,
        created_time=at,
        updated_time=at,
        state_updated_time=at,
        parties=parties,
        fields=fields,
        product_groups=(
            (ProductGroup(world.next_id("product_group"), template.id, at, at),) if template.product_table else ()
        ),
        **more,
    )
    return world.commit(contract, [Happening("contract:create")], By(world.user_actor(user, contract), via))


def person(world: World, given: Mapping[str, Any], my_email: str | None = None) -> Participant:
    """A participant from a body. Counterparties may edit the contract unless the body says otherwise."""
    at = world.now()
    permissions = given.get("_permissions") or {}
    signatory = given.get("signatory")
    texts = {key: given[key] for key in PERSON_TEXTS if given.get(key) is not None}
    return Participant(
        id=world.next_id("participant"),
        name=texts.pop("name"),
        email=texts.pop("email", ""),
        created_time=at,
        updated_time=at,
        my_participant=my_email is not None and (given.get("email") or "").lower() == my_email.lower(),
        organizer=bool(given.get("organizer")),
        signatory=True if signatory is None else signatory,
        may_update=permissions.get("contract:update", True),
        **texts,
    )
