"""What can happen to a contract, whoever does it. Each function takes the current contract and returns the new one.

They do not ask whether the caller may do it: the API's guards and the people's rules differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sandbox.oneflow.account.model import Contract, DataField, Participant
from sandbox.oneflow.account.world import SYSTEM, By, Happening, World, field_change


def write_fields(world: World, contract: Contract, values: Mapping[int, str], by: By) -> Contract:
    """Set data fields by id. Fields with source `system` stay as they are; signatures already given are reset."""
    at = world.now()
    if world.switches.trims_values:
        values = {field_id: value.strip() for field_id, value in values.items()}
    keep_same = world.switches.same_value_counts_as_update
    moved: list[DataField] = [
        field
        for field in contract.fields
        if field.id in values and field.source != "system" and (keep_same or field.value != values[field.id])
    ]
    if not moved:
        return contract
    moved_ids = {field.id for field in moved}
    fields = tuple(replace(f, value=values[f.id], updated_time=at) if f.id in moved_ids else f for f in contract.fields)
    changed = replace(contract, fields=fields)
    if world.switches.field_write_moves_contract_time:
        changed = replace(changed, updated_time=at)
    if world.switches.one_event_per_field:
        events = [Happening("data_field:update", "Data field", (field_change(f, values[f.id]),)) for f in moved]
    else:
        all_changes = tuple(field_change(f, values[f.id]) for f in moved)
        events = [Happening("data_field:update", "Data field", all_changes)]
    if contract.state == "pending" and world.switches.content_update_on_pending_field_edit:
        events.append(Happening("contract:content_update"))
    if contract.is_partly_signed and world.switches.field_edit_resets_signatures:
        changed = changed.with_participants(
            {
                p.id: replace(p, sign_state="undecided", sign_state_updated_time=at, updated_time=at)
                for _, p in contract.participants()
                if p.sign_state == "signed"
            }
        )
        events.append(Happening("contract:signature_reset"))
    return world.commit(changed, events, by)


def _in_state(contract: Contract, state: str, at: datetime) -> Contract:
    return replace(contract, state=state, state_updated_time=at, updated_time=at)


def publish(world: World, contract: Contract, by: By) -> Contract:
    at = world.now()
    sent = {
        p.id: replace(p, delivery_status="success" if p.delivery_channel != "none" else "not_sent")
        for _, p in contract.participants()
        if not p.my_participant
    }
    expiry = _expiry(contract, at)
    changed = replace(
        _in_state(contract, "pending", at), published_time=at, signing_period_expiry_time=expiry
    ).with_participants(sent)
    return world.commit(changed, [Happening("contract:publish")], by)


def _expiry(contract: Contract, published: datetime) -> datetime | None:
    expiration = contract.expiration
    if expiration.type == "days_after_publish":
        return published + timedelta(days=expiration.days or 30)
    if expiration.type == "fixed_date" and expiration.date:
        return datetime.fromisoformat(expiration.date).replace(tzinfo=UTC) + timedelta(days=1)
    return None


def visit(world: World, contract: Contract, participant: Participant, by: By) -> Contract:
    at = world.now()
    first = participant.first_visited_time is None
    seen = replace(
        participant,
        visits=participant.visits + 1,
        first_visited_time=participant.first_visited_time or at,
        last_visited_time=at,
        delivery_status="opened",
    )
    events = [Happening("participant:first_visit", "Participant")] if first else []
    return world.commit(contract.with_participants({participant.id: seen}), events, by)


def sign(world: World, contract: Contract, participant: Participant, by: By) -> Contract:
    """One signature. The contract is signed once every signatory has signed."""
    at = world.now()
    signed = replace(participant, sign_state="signed", sign_state_updated_time=at, updated_time=at)
    changed = replace(contract.with_participants({participant.id: signed}), updated_time=at)
    events = [Happening("participant:sign", "Participant")]
    if all(p.sign_state == "signed" for _, p in changed.participants() if p.signatory):
        changed = _in_state(changed, "signed", at)
        events.append(Happening("contract:sign"))
    return world.commit(changed, events, by)


def decline(world: World, contract: Contract, participant: Participant, by: By) -> Contract:
    at = world.now()
    declined = replace(participant, sign_state="declined", sign_state_updated_time=at, updated_time=at)
    changed = _in_state(contract.with_participants({participant.id: declined}), "declined", at)
    return world.commit(changed, [Happening("participant:decline", "Participant"), Happening("contract:decline")], by)


def expire(world: World, contract: Contract) -> Contract:
    changed = _in_state(contract, "overdue", world.now())
    return world.commit(changed, [Happening("contract:signing_period_expire")], SYSTEM)


def revive(world: World, contract: Contract, days: int, by: By) -> Contract:
    at = world.now()
    changed = replace(_in_state(contract, "pending", at), signing_period_expiry_time=at + timedelta(days=days))
    return world.commit(changed, [Happening("contract:signing_period_revive")], by)


def expire_what_is_due(world: World) -> None:
    """Let signing periods end that ended by the clock."""
    at = world.now()
    if not world.switches.signing_periods_expire or at < world.next_expiry():
        return
    for contract in list(world.state.contracts.values()):
        ends = contract.signing_period_expiry_time
        if contract.state == "pending" and ends is not None and ends <= at:
            expire(world, contract)
