"""What the use cases need of storage. Adapters satisfy these by their shape; nobody inherits from them.

Times of the storage service are aware datetimes in UTC, to the second (the `Date` header of its answers).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from sync_core.engine.model.base import Bases
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.jobs import Job, SyncJob
from sync_core.engine.model.link import Creation, DeadLetter, DueRow, Link, Lock, OpenLink
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.standing import Listing, Standing
from sync_core.engine.settling.history_chain import Checkpoint


class Links(Protocol):
    """Table `contracts` (and the record index). A stale etag raises VersionMoved; nothing is then written."""

    def open(self, contract_id: int) -> OpenLink | None:
        """The link, its base and its intent in one query; None where the contract has no link."""

    def link(self, contract_id: int) -> Link | None:
        """The link alone, read as one row."""

    def take(self, opened: OpenLink, intent: Intent, lock: Lock) -> OpenLink:
        """One transaction: store the intent and the lock. The link is given back at its new etag."""

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """One transaction: link, base and history as given; intent and lock are gone. TooLarge: nothing was sent."""

    def settle(
        self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry], keys: Collection[str]
    ) -> OpenLink:
        """One transaction: link, base and history as given, while the sync goes on: of the intent these fields are
        settled. TooLarge: nothing was sent."""

    def create(self, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """A new link and its row in the record index. Taken where the contract has one already."""

    def remove(self, opened: OpenLink, entries: Sequence[HistoryEntry] = ()) -> None:
        """Unlink: link, base and index row go; the history, with these entries, stays until it is purged."""

    def move(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """The same contract, another record: this base and no other, a new index row, the old one gone."""

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

    def change(self, contract_id: int, change: Callable[[Link], Link]) -> None:
        """The link as `change` gives it back, while no sync of it is under way; itself: nothing is written. Busy."""

    def entry(self, contract_id: int, number: int) -> HistoryEntry | None: ...

    def find_entry(self, contract_id: int, entry_id: str) -> HistoryEntry | None:
        """The entry with this id, however many there are."""

    def checkpoint(self, contract_id: int) -> Checkpoint | None:
        """What stands in the place of entries that were let go or erased."""

    def purge_history(self, before: datetime) -> int:
        """Let older entries go, a checkpoint in their place; how many went."""

    def erase_history(self, contract_id: int) -> int:
        """The same for all entries of one contract, linked or not."""


class Due(Protocol):
    """Table of what is due, ordered by time: one row per link, and rows of jobs."""

    def put(
        self,
        contract_id: int,
        due_at: datetime,
        entries: Sequence[HistoryEntry] = (),
        listing: Listing | None = None,
    ) -> str:
        """Write a link's due row, with it the log's rows of these entries and the link's place in the lists, in one
        request; the due row's key."""

    def keep(self, contract_id: int, due_at: datetime) -> str:
        """Write a row that makes a job anew if it gets lost, and is never a link's own; its key."""

    def wait(self, job: SyncJob, due_at: datetime) -> None:
        """Let a job wait in a row until then; one that waits there already is older or takes its place."""

    def drop(self, row_key: str | None, listing: Listing | None = None) -> None:
        """A due row goes, and with it a place in the lists that the link has left, in one request."""

    def until(self, now: datetime | None, limit: int) -> Sequence[DueRow]:
        """Rows due by now (None: the storage service's time), longest overdue first."""

    def swept(self, after: str | None, limit: int) -> tuple[Sequence[tuple[Link, bool]], str | None]:
        """A page of the slow sweep over all links, each with whether it has its due row."""


class Standings(Protocol):
    """The lists of links by how they stand, beside what is due. A row whose link stands otherwise means nothing."""

    def page(
        self, standing: Standing | None, entity: str | None, named: str | None, after: str | None, limit: int
    ) -> tuple[Sequence[Listing], str | None]:
        """The gravest first, then the newest contract. `named`: only contracts with this in their names."""

    def counts(self) -> tuple[Mapping[tuple[Standing, str], int], frozenset[Standing]]:
        """How many by standing and table, in a bounded number of requests; and which standings have more."""

    def older(self, standing: Standing, before: datetime) -> int:
        """How many have stood so since before then; of many, at least so many."""

    def put(self, listings: Sequence[Listing]) -> None: ...

    def drop(self, listing: Listing) -> None: ...


class Log(Protocol):
    """The index over all histories. A row whose entry is not there means nothing."""

    def note(self, entries: Sequence[HistoryEntry], listing: Listing | None = None) -> None:
        """Rows for entries that are about to be stored, and the link's place in the lists."""

    def page(self, field: str | None, after: str | None, limit: int) -> tuple[Sequence[tuple[int, int]], str | None]:
        """(contract id, entry number), newest first, about `field` (either side's name) or any."""

    def purge(self, before: datetime) -> int: ...


class Creations(Protocol):
    def start(self, creation: Creation) -> Creation | None:
        """Store the intent; where one with this key exists, that one is given back instead."""

    def finish(self, creation: Creation, contract_id: int, result: Mapping[str, Any]) -> None: ...

    def lost(self, creation: Creation) -> None:
        """Its answer never came: it is being looked for."""

    def of_record(self, entity: str, record_id: str) -> Sequence[Creation]: ...

    def unclear(self, creation: Creation, candidates: Sequence[int]) -> None:
        """Nobody knows which of these contracts it made, if any."""

    def forget(self, creation: Creation) -> None:
        """The request was refused: nothing was made."""

    def get(self, entity: str, record_id: str, key: str) -> Creation | None: ...

    def purge(self, before: datetime) -> int:
        """Let creations go that ended before this."""


class Asked(Protocol):
    """What was asked for from a record; for the cards."""

    def of_record(self, entity: str, record_id: str) -> Sequence[Creation]:
        """Creations under way or done."""


class Mappings(Protocol):
    def get(self, entity: str, *, fresh: bool = False) -> EntityMapping | None:
        """At most 30 s old unless `fresh`."""

    def put(self, mapping: EntityMapping, etag: str) -> EntityMapping:
        """Save as a whole if the stored one still has `etag` ("" or "*": see DESIGN 4.2). VersionMoved."""

    def all(self) -> Sequence[EntityMapping]: ...


class DeadLetters(Protocol):
    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        """One per contract and cause, counted; without a job where the message was never readable."""

    def close(self, contract_id: int) -> None:
        """A later success closes the contract's dead letters."""

    def list(self, after: str | None = None, limit: int = 50) -> tuple[Sequence[DeadLetter], str | None]: ...

    def get(self, letter_id: str) -> DeadLetter | None: ...

    def discard(self, letter_id: str) -> bool: ...


class Operations(Protocol):
    """Answers of operations that may be asked for twice."""

    def result(self, operation_id: str) -> Mapping[str, Any] | None: ...

    def listed(self, start: str) -> Sequence[Mapping[str, Any]]:
        """The results of all operations whose ids start so."""

    def finish(self, operation_id: str, result: Mapping[str, Any]) -> None: ...

    def change(self, operation_id: str, result: Mapping[str, Any], still: Callable[[Mapping[str, Any]], bool]) -> None:
        """Put it in place of what is there, where that `still` holds: nobody comes in between. VersionMoved where it
        does not, Gone where nothing is there."""

    def forget(self, operation_id: str) -> None: ...

    def purge(self, before: datetime) -> int: ...


def noted(marks: Mapping[str, str], name: str) -> dict[str, Any]:
    """What a mark says that is written in JSON; empty where there is none."""
    return dict(json.loads(marks.get(name) or "{}"))


class Marks(Protocol):
    """Small facts about the installation: when the last event came, when the last reconcile ran."""

    def set(self, name: str, value: str) -> None: ...

    def count(self, name: str) -> None:
        """Add one to a counting mark."""

    def drop(self, name: str) -> None: ...

    def all(self) -> Mapping[str, str]: ...


class HourlyTotals(Protocol):
    """The app's own counters, by the hour."""

    def since(self, hour: datetime) -> Mapping[datetime, Mapping[str, float]]: ...

    def purge(self, before: datetime, over: datetime) -> int:
        """Let hours before `before` go; make one of each hour's rows before `over`."""


class Jobs(Protocol):
    def put(self, job: Job, delay: float = 0) -> None:
        """Put one message on `sync-jobs`, visible after `delay` seconds; it does not expire."""

    def put_poisoned(self, job: Job, delay: float) -> None:
        """The same on `sync-jobs-poison`."""
