"""People, tables, templates and events, as far as sync needs to know of them. Free of vendors' shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom an action runs as. A machine is the application user and the configured e-mail: all fields empty."""

    object_id: str | None = None  # Entra object id: Dataverse's CallerObjectId
    email: str | None = None  # Oneflow's X-Oneflow-User-Email
    user_id: str | None = None  # Dataverse systemuserid
    name: str = ""
    roles: frozenset[str] = frozenset()

    @property
    def is_machine(self) -> bool:
        return self.object_id is None


MACHINE = Actor()


@dataclass(frozen=True, slots=True)
class Entity:
    """A Dataverse table. `set_name` is its name in URLs."""

    name: str
    label: str
    set_name: str
    id_column: str
    name_column: str


@dataclass(frozen=True, slots=True)
class RelatedTable:
    """A lookup of a table, and the one table that it points at (`entity`); the labels are for people."""

    lookup: str
    label: str
    entity: str
    entity_label: str


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody who may be invited to a contract of a record."""

    name: str
    email: str
    phone: str
    company: str
    record: str  # "contact:<id>" or "account:<id>"


@dataclass(frozen=True, slots=True)
class Template:
    id: int
    name: str
    template_type_id: int | None
    extension_type: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateField:
    custom_id: str
    name: str
    source: str
    active: bool = True


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
    """A webhook subscription of ours. `current`: it has the wanted address and events."""

    id: int
    callback_url: str
    current: bool
