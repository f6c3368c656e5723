"""How the account looks on the wire. Forms after Oneflow's published connector description and docs/contract."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sandbox.oneflow.account.model import (
    Change,
    Contract,
    DataField,
    Event,
    Participant,
    Party,
    Product,
    ProductGroup,
    User,
)
from sandbox.oneflow.account.world import World

Json = dict[str, Any]

_STATES = ("draft", "pending", "overdue", "signed", "declined")  # where they are told as numbers (3 was seen)
AVAILABLE_OPTIONS: Json = {
    "can_receive_attachments": True,
    "can_receive_expanded_pdf": True,
    "can_receive_products": False,
    "delivery_channels": [
        {"name": "email", "preferred": True, "required_participant_attributes": ["email"]},
        {"name": "none", "preferred": False, "required_participant_attributes": []},
    ],
    "sign_methods": [{"name": "standard_esign", "preferred": True}],
    "two_step_authentication_methods": [{"name": "none", "preferred": True, "required_participant_attributes": []}],
}


class Views:
    """Renders for one request: `base_url` is what links start with, `user` is who asks."""

    def __init__(self, world: World, base_url: str, user: User | None = None) -> None:
        self.world = world
        self.switches = world.switches
        self.base_url = base_url
        self.user = user

    def time(self, at: datetime | None) -> str | None:
        return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%S") + self.switches.datetime_offset_style

    def link(self, path: str) -> Json:
        return {"href": f"{self.base_url}{path}"}

    # Contracts

    def contract(self, c: Contract, summary: bool = False) -> Json:
        view: Json = {
            "_links": {"self": self.link(f"/contracts/{c.id}")},
            "_permissions": {"contract:delete": True, "contract:download_pdf": True, "contract:send": True},
            "_private": {
                "name": c.name,
                "value": {"amount": c.amount, "currency": c.currency},
                "workspace_id": c.workspace_id,
                "date_format": "YYYY-MM-DD",
                "folder": None if c.folder_id is None else {"id": c.folder_id},
                "signing_period_expiration": self._expiration(c),
            },
            "_private_ownerside": {
                "created_time": self.time(c.created_time),
                "template_id": c.template_id,
                "template_type_id": c.template_type_id,
            },
            "id": c.id,
            "lifecycle_settings": dict.fromkeys(
                ("start_date", "end_date", "duration", "initial_duration", "notice_period")
            )
            | {"type": "no_duration"},
            "lifecycle_state": self._lifecycle_state(c),
            "parties": [self.party(party) for party in c.parties],
            "published_time": self.time(c.published_time),
            "signing_period_expiry_time": self.time(c.signing_period_expiry_time),
            "state": self._state(c, summary),
            "state_updated_time": self.time(c.state_updated_time),
            "tags": c.tags,
            "updated_time": self.time(c.updated_time),
        }
        if not summary:
            view |= {"available_options": AVAILABLE_OPTIONS, "sign_order": c.sign_order}
            view |= {"attachment_file_groups": [], "links": [], "pdf_file_groups": []}
            view["product_groups"] = [self.product_group(one) for one in c.product_groups]
        if not summary or self.switches.list_shows_data_fields:
            view["data_fields"] = [self.data_field(f, in_contract=True) for f in c.fields]
        return view

    def _state(self, c: Contract, summary: bool) -> str | int:
        """List and detail have been seen to disagree around expiry."""
        behind = c.state == "overdue" and not summary and self.switches.expired_reads_pending
        state = "pending" if behind else c.state
        forms: dict[str, str | int] = {"text": state, "number": _STATES.index(state), "unknown": "archived"}
        return forms[self.switches.state_form]

    @staticmethod
    def _expiration(c: Contract) -> Json:
        view: Json = {"type": c.expiration.type}
        if c.expiration.type == "days_after_publish":
            view["expire_days_after_publish"] = c.expiration.days
        elif c.expiration.type == "fixed_date":
            view["expire_date"] = c.expiration.date
        return view

    def _lifecycle_state(self, c: Contract) -> Json:
        times = (
            "cancel_time", "contract_end_time", "notice_period_start_time", "period", "period_start_time",
            "period_end_time",
        )  # fmt: skip
        active = c.state == "signed"
        since = self.time(c.state_updated_time) if active else None
        return dict.fromkeys(times) | {
            "lifecycle_state": "active" if active else "awaiting",
            "is_canceled": False,
            "is_recurring": False,
            "contract_start_time": since,
            "lifecycle_state_updated_time": since,
            "has_ended_by_termination": False,
            "has_passed_notice_period_start_time": False,
        }

    def data_field(self, f: DataField, in_contract: bool = False) -> Json:
        private: Json = {"created_time": self.time(f.created_time)}
        switches = self.switches
        omit = switches.omit_custom_id_in_contract_reads if in_contract else switches.omit_custom_id_in_write_answers
        if not omit:
            private["custom_id"] = f.custom_id
        if not self.switches.omit_updated_time:
            private["updated_time"] = self.time(f.updated_time)
        return {
            "_private_ownerside": private,
            "description": f.description,
            "id": f.id,
            "name": f.name,
            "placeholder": f.placeholder,
            "value": f.value,
        }

    def _times(self, created: datetime, updated: datetime) -> Json:
        return {"created_time": self.time(created), "updated_time": self.time(updated)}

    def product_group(self, group: ProductGroup) -> Json:
        columns = [{"key": key, "enabled": True, "label": key} for key in ("name", "description", "price_1", "count")]
        configuration = {"columns": columns, "counterpart_edit": True, "price_precision": 2, "quantity_precision": 0}
        products = [self.product(one) for one in group.products]
        return {
            "_private_ownerside": self._times(group.created_time, group.updated_time),
            "configuration": configuration,
            "created_from": group.created_from,
            "id": group.id,
            "products": products,
        }

    def product(self, p: Product) -> Json:
        """Whether the discount is of a unit or of the line, nobody could confirm."""
        of_line = self.switches.product_discount == "line"
        share = Decimal(p.discount) / Decimal(p.quantity) if of_line and Decimal(p.quantity) else Decimal(p.discount)
        named = {"custom_id": p.custom_id} if self.switches.product_custom_ids else {}
        return {
            "_private_ownerside": self._times(p.created_time, p.updated_time) | named,
            "counterparty_lock": p.counterparty_lock,
            "description": "",
            "id": p.id,
            "name": p.name,
            "price_1": {
                "amount": {"amount": f"{Decimal(p.base) - share:.2f}"},
                "base_amount": {"amount": f"{Decimal(p.base):.2f}"},
                "discount_amount": {"amount": f"{Decimal(p.discount):.2f}"},
                "discount_percent": None,
            },
            "price_2": None,
            "quantity": {"amount": int(Decimal(p.quantity)), "type": p.quantity_type},
        }

    def party(self, party: Party) -> Json:
        view: Json = {
            "_private_ownerside": {
                "created_time": self.time(party.created_time),
                "updated_time": self.time(party.updated_time),
                "custom_id": party.custom_id,
            },
            "country_code": party.country_code,
            "id": party.id,
            "identification_number": party.identification_number,
            "my_party": party.my_party,
            "name": party.name,
            "type": party.type,
        }
        people = [self.participant(p) for p in party.participants]
        return view | ({"participant": people[0]} if party.type == "individual" else {"participants": people})

    def participant(self, p: Participant) -> Json:
        return {
            "_permissions": {"contract:update": p.may_update},
            "_private_ownerside": {
                "created_time": self.time(p.created_time),
                "updated_time": self.time(p.updated_time),
                "first_visited_time": self.time(p.first_visited_time),
                "last_visited_time": self.time(p.last_visited_time),
                "visits": p.visits,
                "custom_id": p.custom_id if self.switches.participant_custom_ids else None,
            },
            "delivery_channel": p.delivery_channel,
            "delivery_status": p.delivery_status,
            "email": p.email,
            "id": p.id,
            "identification_number": p.identification_number,
            "my_participant": p.my_participant,
            "name": p.name,
            "organizer": p.organizer,
            "phone_number": p.phone_number,
            "sign_method": p.sign_method,
            "sign_state": p.sign_state,
            "sign_state_updated_time": self.time(p.sign_state_updated_time),
            "signatory": p.signatory,
            "title": p.title,
            "two_step_authentication_method": p.two_step_authentication_method,
        }

    def event(self, e: Event) -> Json:
        actor = None
        if e.actor is not None:
            party = None if e.actor.party_id is None else {"id": e.actor.party_id, "name": e.actor.party_name}
            actor = {"id": e.actor.id, "name": e.actor.name, "party": party}
        view: Json = {
            "_links": {"self": self.link(f"/contracts/{e.contract_id}/events/{e.id}")},
            "actor": actor,
            "created_time": self.time(e.created_time),
            "data": self._event_data(e),
            "id": e.id,
            "type": e.type,
        }
        if self.switches.event_subject == "in_data":
            view["data"]["subject"] = e.subject
        else:
            view["subject"] = {"type": e.subject} if self.switches.event_subject == "object" else e.subject
        return view

    def _event_data(self, e: Event) -> Json:
        """What changed. Where one event tells of several fields, each change names its own."""
        data: Json = {}
        named = self.switches.events_identify_field
        if e.changes and self.switches.events_carry_changes:
            data["changes"] = [
                {"attribute": c.attribute, "from": c.old, "to": c.new}
                | ({"data_field": _field_name(c)} if named and len(e.changes) > 1 else {})
                for c in e.changes
            ]
        if named and len(e.changes) == 1 and e.changes[0].field_id is not None:
            data["data_field"] = _field_name(e.changes[0])
        return data


def _field_name(change: Change) -> Json:
    return {"id": change.field_id, "custom_id": change.custom_id}
