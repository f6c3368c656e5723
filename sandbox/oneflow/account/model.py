"""What a Oneflow account holds. Every value is immutable: a change makes a new one, so older versions stay readable."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

STATES = ("draft", "pending", "signed", "declined", "overdue")


@dataclass(frozen=True)
class Account:
    id: int
    name: str
    country_code: str
    registration_number: str
    created_time: datetime


@dataclass(frozen=True)
class User:
    """A person with a login. Sees, and creates contracts in, the workspaces listed; `may_write`: not only sees."""

    id: int
    email: str
    name: str
    workspace_ids: tuple[int, ...]
    is_admin: bool = False
    active: bool = True
    may_write: bool = True
    title: str = ""
    phone_number: str = ""


@dataclass(frozen=True)
class Workspace:
    id: int
    name: str
    created_time: datetime
    description: str = ""


@dataclass(frozen=True)
class TemplateField:
    """A data field as a template type defines it. `source` is `user`, or `system`: then only Oneflow fills it."""

    id: int
    custom_id: str
    name: str
    description: str = ""
    placeholder: str = ""
    value: str = ""
    source: str = "user"
    active: bool = True


@dataclass(frozen=True)
class TemplateType:
    id: int
    name: str
    created_time: datetime
    updated_time: datetime
    fields: tuple[TemplateField, ...] = ()
    description: str = ""
    extension_type: str | None = None
    active: bool = True


@dataclass(frozen=True)
class Template:
    id: int
    name: str
    template_type_id: int | None
    workspace_ids: tuple[int, ...]
    created_time: datetime
    updated_time: datetime
    active: bool = True
    product_table: bool = False


@dataclass(frozen=True)
class DataField:
    """A data field of one contract."""

    id: int
    custom_id: str
    name: str
    description: str
    placeholder: str
    value: str
    source: str
    created_time: datetime
    updated_time: datetime


@dataclass(frozen=True)
class Participant:
    id: int
    name: str
    email: str
    created_time: datetime
    updated_time: datetime
    my_participant: bool = False
    organizer: bool = False
    signatory: bool = True
    may_update: bool = True
    phone_number: str = ""
    title: str = ""
    identification_number: str = ""
    custom_id: str | None = None
    delivery_channel: str = "email"
    delivery_status: str = "not_sent"
    sign_method: str = "standard_esign"
    two_step_authentication_method: str = "none"
    sign_state: str = "undecided"
    sign_state_updated_time: datetime | None = None
    visits: int = 0
    first_visited_time: datetime | None = None
    last_visited_time: datetime | None = None


@dataclass(frozen=True)
class Party:
    """A company with participants, or an individual who is the only participant."""

    id: int
    type: str
    name: str
    created_time: datetime
    updated_time: datetime
    participants: tuple[Participant, ...] = ()
    my_party: bool = False
    country_code: str | None = None
    identification_number: str = ""
    custom_id: str | None = None


@dataclass(frozen=True)
class Product:
    """A line of a product table; numbers are texts of decimals."""

    id: int
    name: str
    created_time: datetime
    updated_time: datetime
    base: str = "0"
    discount: str = "0"
    quantity: str = "1"
    quantity_type: str = "quantity"
    counterparty_lock: bool = False
    custom_id: str | None = None


@dataclass(frozen=True)
class ProductGroup:
    """A product table of a contract; `created_from`: the template's."""

    id: int
    created_from: int
    created_time: datetime
    updated_time: datetime
    products: tuple[Product, ...] = ()


@dataclass(frozen=True)
class Expiration:
    """When the signing period ends. `type` is never, days_after_publish or fixed_date; `date` is YYYY-MM-DD."""

    type: str = "days_after_publish"
    days: int | None = 30
    date: str | None = None


@dataclass(frozen=True)
class Contract:
    id: int
    name: str
    workspace_id: int
    template_id: int
    template_type_id: int | None
    created_time: datetime
    updated_time: datetime
    state_updated_time: datetime
    state: str = "draft"
    folder_id: int | None = None
    published_time: datetime | None = None
    signing_period_expiry_time: datetime | None = None
    expiration: Expiration = Expiration()
    amount: str | None = None
    currency: str | None = None
    tags: Any = ()
    sign_order: Any = None
    parties: tuple[Party, ...] = ()
    fields: tuple[DataField, ...] = ()
    product_groups: tuple[ProductGroup, ...] = ()

    def participants(self) -> list[tuple[Party, Participant]]:
        return [(party, participant) for party in self.parties for participant in party.participants]

    @property
    def is_partly_signed(self) -> bool:
        return self.state == "pending" and any(p.sign_state == "signed" for _, p in self.participants())

    def field(self, key: int | str) -> DataField | None:
        """By id (a number) or by custom_id (text)."""
        if isinstance(key, int):
            return next((f for f in self.fields if f.id == key), None)
        return next((f for f in self.fields if f.custom_id == key), None)

    def with_participants(self, change: dict[int, Participant]) -> Contract:
        """The same contract with some participants (by id) exchanged."""
        parties = (
            replace(party, participants=tuple(change.get(p.id, p) for p in party.participants))
            for party in self.parties
        )
        return replace(self, parties=tuple(parties))


@dataclass(frozen=True)
class Actor:
    """Who did something, as a contract event names them."""

    id: int
    name: str
    party_id: int | None = None
    party_name: str | None = None


@dataclass(frozen=True)
class Change:
    """`field_id` and `custom_id` are shown only where a switch says so."""

    attribute: str
    old: str | None
    new: str | None
    field_id: int | None = None
    custom_id: str | None = None


@dataclass(frozen=True)
class Event:
    """One entry of a contract's event list."""

    id: int
    contract_id: int
    type: str
    subject: str
    created_time: datetime
    actor: Actor | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Webhook:
    id: int
    callback_url: str
    sign_key: str | None = None
    filters: Any = None
    template_group_id: int | None = None
    configuration: Any = None
    integration_process_id: int | None = None


@dataclass
class State:
    """All that outlives a restart. The containers change, what they hold does not."""

    account: Account
    users: dict[int, User] = field(default_factory=dict)
    workspaces: dict[int, Workspace] = field(default_factory=dict)
    template_types: dict[int, TemplateType] = field(default_factory=dict)
    templates: dict[int, Template] = field(default_factory=dict)
    contracts: dict[int, Contract] = field(default_factory=dict)
    events: dict[int, tuple[Event, ...]] = field(default_factory=dict)
    webhooks: dict[int, Webhook] = field(default_factory=dict)
    deleted: list[int] = field(default_factory=list)  # ids of contracts
    counters: dict[str, int] = field(default_factory=dict)
