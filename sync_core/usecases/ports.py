"""What the use cases need of the world. Adapters satisfy these by their shape; nobody inherits from them.

Times of the storage service are aware datetimes in UTC, to the second (the `Date` header of its answers).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync_core.engine.base import Bases
from sync_core.engine.link import Creation, DeadLetter, DueRow, Link, Lock, OpenLink
from sync_core.engine.model import Canonical, Cell, Column, Contract, EntityMapping, Record
from sync_core.engine.parties import (
    MACHINE,
    Actor,
    Contact,
    ContractEvent,
    Entity,
    NewContract,
    Subscription,
    Template,
    TemplateField,
    Workspace,
)
from sync_core.engine.records import HistoryEntry, Intent

__all__ = [  # the types that cross the ports, for those who implement them
    "MACHINE",
    "Actor",
    "Contact",
    "ContractEvent",
    "Creation",
    "DeadLetter",
    "DueRow",
    "Entity",
    "Link",
    "Lock",
    "NewContract",
    "OpenLink",
    "Subscription",
    "Template",
    "TemplateField",
    "Workspace",
]


# --- Dynamics -------------------------------------------------------------------------------------------------------


class Records(Protocol):
    """Dataverse. Every method raises the errors of sync_core.errors."""

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        """One record with these columns and its version, as the actor. Gone, NotAllowed."""

    def write(
        self, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        """PATCH with If-Match on `record.version`, tagged with `operation`; the record as answered, and the written
        columns' cells. VersionMoved, Refused, NotAllowed, Temporary(unclear=True)."""

    def columns(self, entity: str) -> Mapping[str, Column]:
        """All columns of a table, by name; cached."""

    def entities(self) -> Sequence[Entity]:
        """The tables that contracts may be created from; cached."""

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        """Whether the actor has the right to change the record. Gone/NotAllowed where they may not even read it."""

    def person(self, object_id: str) -> Actor:
        """The enabled user with this Entra object id, with e-mail and systemuserid; cached. NotAllowed if none."""

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]: ...

    def identity(self) -> Mapping[str, str]:
        """Organisation name, id and the application user's id (WhoAmI); the sign of life for health."""


# --- Oneflow --------------------------------------------------------------------------------------------------------


class Contracts(Protocol):
    """Oneflow. Every method raises the errors of sync_core.errors."""

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        """One contract; `known` (field id -> custom_id) names fields that come without their custom_id."""

    def write(
        self, contract: Contract, texts: Mapping[str, str], actor: Actor
    ) -> Mapping[str, tuple[str, str | None] | Exception]:
        """Write data fields by key (folded custom_id) in one request; per key what Oneflow answered: (value,
        updated_time), or the error for that one field (single writes). Refused, Temporary(unclear=True)."""

    def create(self, contract: NewContract, actor: Actor) -> Contract: ...

    def created(self, request: Mapping[str, Any], since: datetime) -> Sequence[Contract]:
        """Contracts that a creation with this {"name", "template_id", "workspace_id"} may have made since then."""

    def template_types(self) -> Sequence[Mapping[str, Any]]: ...

    def templates(self, workspace_id: int | None = None) -> Sequence[Template]: ...

    def template_fields(self, template_type_id: int) -> Sequence[TemplateField]: ...

    def workspaces(self, actor: Actor) -> Sequence[Workspace]: ...

    def events(self, contract_id: int, since: str | None = None) -> Sequence[ContractEvent]: ...

    def subscription(self, callback_url: str) -> Subscription | None: ...

    def subscribe(self, callback_url: str) -> Subscription:
        """Create the webhook, or bring it up to date; signed with the first sign key."""

    def unsubscribe(self, callback_url: str) -> None: ...

    def account(self) -> Mapping[str, Any]:
        """The account behind the token: id, name."""

    def ping(self) -> None: ...

    def contract_url(self, contract_id: int) -> str: ...


# --- Storage --------------------------------------------------------------------------------------------------------


class Links(Protocol):
    """Table `contracts` (and the record index). A stale etag raises VersionMoved; nothing is then written."""

    def open(self, contract_id: int) -> OpenLink | None:
        """The link, its base and its intent in one query; None where the contract has no link."""

    def take(self, opened: OpenLink, intent: Intent, lock: Lock) -> OpenLink:
        """One transaction: store the intent and the lock. The link is given back at its new etag."""

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """One transaction: link, base and history as given; intent and lock are gone."""

    def create(self, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """A new link and its row in the record index. Taken where the contract has one already."""

    def remove(self, opened: OpenLink) -> None:
        """Unlink: link, base and index row go; the history stays until it is purged."""

    def move(self, opened: OpenLink, link: Link, entries: Sequence[HistoryEntry]) -> OpenLink:
        """The same contract, another record: no base, a new index row, the old one gone."""

    def of_record(self, entity: str, record_id: str) -> Sequence[Link]:
        """All links of a record."""

    def of_entity(self, entity: str) -> Sequence[Link]:
        """All links of a table (a slow scan, for jobs only)."""

    def history(
        self, contract_id: int, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[HistoryEntry], str | None]:
        """Newest first, with an opaque token for the next page."""

    def append(self, contract_id: int, make: Any) -> None:
        """Append `make(number, previous_digest) -> HistoryEntry` on its own, retrying over concurrent syncs."""

    def purge_history(self, before: datetime) -> int: ...


class Due(Protocol):
    """Table of what is due: one row per link, ordered by time."""

    def put(self, contract_id: int, due_at: datetime) -> str:
        """Write a due row; its row key."""

    def drop(self, row_key: str) -> None: ...

    def until(self, now: datetime | None, limit: int) -> Sequence[DueRow]:
        """Rows due by now (None: the storage service's time), longest overdue first."""

    def missing(self, after: str | None, limit: int) -> tuple[Sequence[Link], str | None]:
        """Links without a due row: a page of the slow sweep."""


class Creations(Protocol):
    def start(self, creation: Creation) -> Creation | None:
        """Store the intent; where one with this key exists, that one is given back instead."""

    def finish(self, creation: Creation, contract_id: int, result: Mapping[str, Any]) -> None: ...

    def forget(self, creation: Creation) -> None:
        """The request was refused: nothing was made."""

    def get(self, entity: str, record_id: str, key: str) -> Creation | None: ...


class Mappings(Protocol):
    def get(self, entity: str, *, fresh: bool = False) -> EntityMapping | None:
        """At most 30 s old unless `fresh`."""

    def put(self, mapping: EntityMapping, etag: str) -> EntityMapping:
        """Save as a whole if the stored one still has `etag` ("" or "*": see DESIGN 4.2). VersionMoved."""

    def all(self) -> Sequence[EntityMapping]: ...


class DeadLetters(Protocol):
    def add(self, contract_id: int | None, cause: str, reason: str, job: Mapping[str, Any]) -> None:
        """One per contract and cause, counted."""

    def close(self, contract_id: int) -> None:
        """A later success closes the contract's dead letters."""

    def list(self, after: str | None = None, limit: int = 50) -> tuple[Sequence[DeadLetter], str | None]: ...

    def get(self, letter_id: str) -> DeadLetter | None: ...

    def discard(self, letter_id: str) -> bool: ...


class Operations(Protocol):
    """Answers of operations that may be asked for twice."""

    def begin(self, operation_id: str) -> bool:
        """False where it was begun before."""

    def result(self, operation_id: str) -> Mapping[str, Any] | None: ...

    def finish(self, operation_id: str, result: Mapping[str, Any]) -> None: ...

    def forget(self, operation_id: str) -> None: ...


class Marks(Protocol):
    """Small facts about the installation: when the last event came, when the last reconcile ran."""

    def set(self, name: str, value: str) -> None: ...

    def all(self) -> Mapping[str, str]: ...


class Jobs(Protocol):
    def put(self, job: Mapping[str, Any], delay: float = 0) -> None:
        """Put one message on `sync-jobs`, visible after `delay` seconds; it does not expire."""


class Clock(Protocol):
    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...
