"""A Oneflow contract, what it is made from, and what is told of it. Free of vendors' shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync_core.engine.model.words import ContractState


@dataclass(frozen=True, slots=True)
class ContractField:
    """A data field in a contract. `updated_time` is Oneflow's own text for it, None where it is not given."""

    id: int
    custom_id: str | None
    label: str
    value: str
    updated_time: str | None = None


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """What a contract shows of itself beside its fields, for people to see; nothing is decided by it.

    Times are instants, the last three days; each as text in its one form, None where Oneflow does not give it.
    """

    sent_on: str | None = None
    signed_on: str | None = None
    declined_on: str | None = None
    expires_on: str | None = None
    period_start: str | None = None
    period_end: str | None = None
    renews_on: str | None = None
    value: str | None = None
    currency: str | None = None
    signers: str | None = None  # one line each: name, party, and how far they are


@dataclass(frozen=True, slots=True)
class Contract:
    """A Oneflow contract. `fields` is keyed by custom_id in folded case; `unnamed` are fields without one."""

    id: int
    name: str
    state: ContractState
    fields: Mapping[str, ContractField]
    unnamed: tuple[ContractField, ...] = ()
    signature_given: bool = False
    template_type_id: int | None = None
    template_id: int | None = None
    workspace_id: int | None = None
    updated_time: str | None = None
    created_at: datetime | None = None  # by Oneflow's clock
    invited: frozenset[str] = frozenset()  # e-mail addresses of the other parties' people, in folded case
    organisations: frozenset[str] = frozenset()  # identification numbers of the other parties that are companies
    facts: ContractFacts | None = None
    state_since: str | None = None  # Oneflow's own text for when it came into its state
    url: str = ""  # its page in Oneflow


@dataclass(frozen=True, slots=True)
class Template:
    id: int
    name: str
    template_type_id: int | None
    extension_type: str | None = None

    @property
    def is_owned(self) -> bool:
        """By Oneflow's own Dynamics app, which writes to the contracts' fields itself."""
        return is_owned(self.extension_type)


def is_owned(extension_type: str | None) -> bool:
    """Whether a template type belongs to Oneflow's own Dynamics app."""
    return (extension_type or "").casefold() == _DYNAMICS_APP


_DYNAMICS_APP = "dynamics"


@dataclass(frozen=True, slots=True)
class TemplateField:
    custom_id: str
    name: str
    source: str
    active: bool = True
    value: str = ""  # what a new contract shows unless it is given another


@dataclass(frozen=True, slots=True)
class Workspace:
    id: int
    name: str


@dataclass(frozen=True, slots=True)
class ContractEvent:
    """One change in a contract's own log. `changes`: (from, to) of values; `field_id` where Oneflow tells it."""

    id: int
    type: str
    created_time: str
    actor: str
    changes: tuple[tuple[str | None, str | None], ...] = ()
    field_id: int | None = None


@dataclass(frozen=True, slots=True)
class NewContract:
    template_id: int
    workspace_id: int
    name: str
    fields: Mapping[str, str]  # custom_id -> text
    parties: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Subscription:
    """A webhook subscription of ours. `current`: it has the wanted address and events, as far as Oneflow takes them;
    `said`: what that means, where it does not take all."""

    id: int
    callback_url: str
    current: bool
    said: str = ""
