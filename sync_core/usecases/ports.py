"""What the use cases need of the vendors and of time. Adapters satisfy these by their shape; nobody inherits from them.

What they need of storage: stores.py.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contacts import Contact
from sync_core.engine.model.contracts import (
    Contract,
    ContractEvent,
    NewContract,
    Subscription,
    Template,
    TemplateField,
    Workspace,
)
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.tables import Entity, FoundRow, RelatedTable
from sync_core.engine.model.words import Canonical
from sync_core.engine.showing.contract_row import ContractRow

# --- Dynamics -------------------------------------------------------------------------------------------------------


class Records(Protocol):
    """Dataverse. Every method raises the errors of sync_core.errors."""

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        """One record with these columns and its version, as the actor; dotted ones, and keys, are of what a lookup
        points at.
        Gone, NotAllowed."""

    def write(
        self, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        """PATCH with If-Match on `record.version`, tagged with `operation`; the record as answered, and the written
        columns' cells. VersionMoved, Refused, NotAllowed, Temporary(unclear=True)."""

    def columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        """All columns of a table, by name, and those of related records that are named, dotted; cached."""

    def related(self, entity: str) -> Sequence[RelatedTable]:
        """The lookups through which columns of related records may be read; cached."""

    def related_columns(self, entity: str, lookup: str) -> Mapping[str, Column]:
        """All columns of the table that a lookup points at, by dotted name; cached. Gone without such a lookup."""

    def proven_columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        """The same as they are now, never as they were some minutes ago."""

    def forget_columns(self, entity: str, related: Collection[str] = ()) -> None:
        """Let go of what is kept of these columns' definitions: the next look reads them anew."""

    def entities(self) -> Sequence[Entity]:
        """The tables that contracts may be created from; cached."""

    def matches(self, targets: Sequence[str], text: str, key_column: str | None = None) -> Sequence[str]:
        """The active records of these tables whose name this is, or that have it in their key column, as canonical
        references, as the application user sees them. Gone, NotAllowed, Refused where that cannot be told."""

    def find(self, entity: str, column: str, values: Collection[str], show: str = "") -> Iterator[FoundRow]:
        """The rows of a table whose column has one of these values, each with what its column `show` shows; some tens
        of values in a request. Gone without such a table; Refused where nothing can be found by such a column."""

    def key_names(self, entity: str) -> tuple[str, str]:
        """The columns of a table that hold its rows' ids and names."""

    def target_columns(self, entity: str, lookup: str) -> Mapping[str, Mapping[str, Column]]:
        """The columns of each table that a lookup may point at and be read through, as they are now; a table that it
        cannot be read through has none. Gone without such a lookup."""

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        """Whether the actor has the right to change the record. Gone/NotAllowed where they may not even read it."""

    def lacks_to_read(self, entity: str, actor: Actor) -> str:
        """The privilege that the person lacks to read any record of the table; empty where it is not that."""

    def person(self, object_id: str) -> Actor:
        """The enabled user with this Entra object id, with e-mail and systemuserid; cached. NotAllowed if none."""

    def user(self, user_id: str) -> Actor:
        """The same by systemuserid. Without an Entra object id they act by it."""

    def is_deleted(self, entity: str, record_id: str) -> bool:
        """Whether it is proved, at this moment, that there is no such record: not where access to it was lost."""

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]: ...

    def identity(self) -> Mapping[str, str]:
        """Organisation name, id and the application user's id (WhoAmI); the sign of life for health."""


class ContractTable(Protocol):
    """The table of contracts in Dynamics, which the solution brings. Only the application user writes it."""

    def write(self, row: ContractRow) -> None:
        """Make the row of this contract, or bring it up to date, in one request. Gone where there is no table;
        NotAllowed, Refused, Temporary."""

    def end(self, contract_id: int, remove: bool) -> None:
        """Mark the row as a link's that has ended, or remove it. Gone where there is none."""

    def otherwise(self, rows: Sequence[ContractRow]) -> frozenset[int]:
        """The contracts whose rows are missing or show something else, in one request."""

    def lacks(self) -> tuple[str, str | None] | None:
        """What is missing: "table", "key" (with its index's state) or "privilege" (with its name); None where nothing
        is."""


class ContractDocuments(Protocol):
    """The signed documents on the rows of the table of contracts."""

    def place(self, contract_id: int) -> tuple[str, bool]:
        """The row's id, and whether its document is there. Gone where there is no row."""

    def put(self, row_id: str, name: str, content: bytes) -> None:
        """Keep a document on the row. NotAllowed, Refused, Temporary."""


class Notifications(Protocol):
    """What a person in Dynamics is told. Only the application user writes it."""

    def swedish(self) -> bool:
        """Whether texts are in Swedish, and not in English."""

    def notify(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> bool:
        """An in-app notification under this id, unless there is one; False where the user cannot be told. NotAllowed,
        Refused, Temporary."""

    def note(self, note_id: str, entity: str, record_id: str, title: str, text: str) -> None:
        """A note on the record's timeline under this id, unless there is one."""

    def lacks(self) -> tuple[str, str | None] | None:
        """What stops notifications: "table", "privilege" (with its name) or "app_setting"; None where nothing does."""


class Privileges(Protocol):
    """The application user's rights in Dataverse, by name."""

    def held(self) -> frozenset[str]: ...

    def of_table(self, entity: str) -> Mapping[str, str]:
        """Verb -> what the table calls that privilege; a table that lacks a verb has none."""


# --- Oneflow --------------------------------------------------------------------------------------------------------


class Contracts(Protocol):
    """Oneflow. Every method raises the errors of sync_core.errors."""

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        """One contract; `known` (field id -> custom_id) names fields that come without their custom_id."""

    def listed(self, offset: int, state: str | None = None) -> tuple[Sequence[Contract], int]:
        """A page of all contracts from this one on, without their data fields, and how many there are in all."""

    def is_hidden(self, contract_id: int) -> bool:
        """Of a contract that machines cannot read: whether it is there and only their user may not see it."""

    def write(
        self, contract: Contract, texts: Mapping[str, str], actor: Actor, ask: Callable[[], None]
    ) -> Mapping[str, tuple[str, str | None]]:
        """Write data fields by key (folded custom_id) in one request; per key what Oneflow shows then: (value,
        updated_time), without those that it has no longer. `ask` is called before every request that this takes.
        OneByOne, with nothing written, where it takes only one; Refused, NotAllowed, Gone, Temporary(unclear=True)."""

    def create(self, contract: NewContract, actor: Actor) -> Contract: ...

    def created(self, request: Mapping[str, Any], since: datetime) -> Sequence[Contract]:
        """Contracts that a creation with this {"name", "template_id", "workspace_id"} may have made since then."""

    def time(self) -> datetime | None:
        """Oneflow's own time, never ahead of it; None before it has answered anything."""

    def signed_document(self, contract_id: int, most: int) -> bytes | None:
        """The PDF of a signed contract; None while there is none. Refused where it has more bytes than `most`."""

    def template_types(self) -> Sequence[Mapping[str, Any]]: ...

    def templates(self, workspace_id: int | None = None) -> Sequence[Template]: ...

    def template_fields(self, template_type_id: int) -> Sequence[TemplateField]: ...

    def workspaces(self, actor: Actor) -> Sequence[Workspace]: ...

    def events(self, contract_id: int) -> Sequence[ContractEvent]: ...

    def subscription(self, callback_url: str) -> Subscription | None: ...

    def subscribe(self, callback_url: str) -> Subscription:
        """Create the webhook, or bring it up to date; signed with the first sign key."""

    def unsubscribe(self, callback_url: str) -> None: ...

    def account(self) -> Mapping[str, Any]:
        """The account behind the token: id, name."""

    def ping(self) -> None: ...

    def contract_url(self, contract_id: int) -> str: ...


class Clock(Protocol):
    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float) -> None: ...
