"""The stores' ports in memory: etags, transactions of one partition, and the storage service's own time.

test_memory.py holds them to what the real adapters do over Azurite, so that they cannot lie.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from sync_core.adapters.storage.due import OF_JOB, OF_LINK, WAITING, row_key_of
from sync_core.adapters.storage.standings import listing_key
from sync_core.engine.model.base import Bases
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.jobs import SyncJob, as_one
from sync_core.engine.model.link import DueRow, Link, Lock, OpenLink
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.standing import Listing, Standing
from sync_core.engine.settling.history_chain import Checkpoint, checkpoint_after
from sync_core.errors import Busy, Gone, Taken, TooLarge, VersionMoved
from tests.torture.queue import MemoryJobs, Queue
from tests.torture.schedule import whole_second
from tests.torture.small_stores import MemoryCreations, MemoryDeadLetters, MemoryMarks, MemoryOperations

__all__ = [
    "MemoryCreations", "MemoryDeadLetters", "MemoryDue", "MemoryJobs", "MemoryLinks", "MemoryLog", "MemoryMappings",
    "MemoryMarks", "MemoryOperations", "MemoryStandings", "Store",
]  # fmt: skip

Answer = TypeVar("Answer")
_KEEP = 30.0  # seconds that a mapping is believed
_TRIES = 5


class Io(Protocol):
    """How a request travels: (step, what is done, whether it writes)."""

    def __call__(self, step: str, act: Callable[[], Answer], writing: bool = False) -> Answer: ...


class Watch(Protocol):
    """Who wants to know of a sync's transactions."""

    def taken(self, opened: OpenLink, intent: Intent) -> None: ...

    def closed(self, before: OpenLink, entries: Sequence[HistoryEntry]) -> None: ...

    def raced(self, step: str) -> None: ...

    def too_large(self, step: str) -> None: ...


@dataclass
class Partition:
    """A contract's rows in table `contracts`."""

    link: Link | None = None
    bases: Bases = field(default_factory=dict)
    intent: Intent | None = None
    etag: int = 0
    entries: dict[int, HistoryEntry] = field(default_factory=dict)
    checkpoint: Checkpoint | None = None


@dataclass
class Store:
    """The storage account. `now` is its own time."""

    now: Callable[[], datetime]
    room: int | None = None  # how many fields' news one transaction takes; None: as many as there are
    partitions: dict[int, Partition] = field(default_factory=dict)
    index: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    due: dict[str, DueRow] = field(default_factory=dict)
    log: dict[tuple[int, int], HistoryEntry] = field(default_factory=dict)
    mappings: dict[str, EntityMapping] = field(default_factory=dict)
    creations: dict[tuple[str, str, str], Any] = field(default_factory=dict)
    letters: dict[str, Any] = field(default_factory=dict)
    operations: dict[str, Any] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    versions: int = 0

    def __post_init__(self) -> None:
        self.queue, self.poison = Queue(self.now), Queue(self.now)

    def partition(self, contract_id: int) -> Partition:
        return self.partitions.setdefault(contract_id, Partition())

    def list(self, listing: Listing | None) -> None:
        if listing:
            self.listings[listing_key(listing)] = listing

    def next_version(self) -> int:
        self.versions += 1
        return self.versions


class MemoryLinks:
    def __init__(self, store: Store, io: Io, watch: Watch | None = None) -> None:
        self._store, self._io, self._watch = store, io, watch

    # --- one sync -----------------------------------------------------------------------------------------------------

    def open(self, contract_id: int) -> OpenLink | None:
        return self._io("link.open", lambda: self._opened(contract_id))

    def link(self, contract_id: int) -> Link | None:
        known = self._store.partitions
        return self._io("link.open", lambda: known[contract_id].link if contract_id in known else None)

    def take(self, opened: OpenLink, intent: Intent, lock: Lock) -> OpenLink:
        self._fits(len(intent.fields), "link.take")

        def act() -> OpenLink:
            row = self._at(opened, "link.take")
            row.link, row.intent, row.etag = replace(opened.link, lock=lock), intent, self._store.next_version()
            return replace(opened, link=row.link, intent=intent, etag=str(row.etag))

        taken = self._io("link.take", act, True)
        if self._watch:
            self._watch.taken(taken, intent)
        return taken

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        self._fits(_news(opened.bases, bases, entries), "link.close")

        def act() -> OpenLink:
            row = self._at(opened, "link.close")
            self._append(row, entries)
            row.link, row.bases, row.intent, row.etag = link, dict(bases), None, self._store.next_version()
            if self._watch:
                self._watch.closed(opened, entries)
            return replace(opened, link=link, bases=row.bases, intent=None, etag=str(row.etag))

        return self._io("link.close", act, True)

    def settle(
        self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry], keys: Collection[str]
    ) -> OpenLink:
        self._fits(_news(opened.bases, bases, entries))

        def act() -> OpenLink:
            row = self._at(opened, "link.close")
            self._append(row, entries)
            row.intent = row.intent.without(keys) if row.intent else None
            row.link, row.bases, row.etag = link, dict(bases), self._store.next_version()
            if self._watch:
                self._watch.closed(opened, entries)
            return replace(opened, link=link, bases=row.bases, intent=row.intent, etag=str(row.etag))

        return self._io("link.settle", act, True)

    # --- the link itself ----------------------------------------------------------------------------------------------

    def create(self, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        self._fits(_news({}, bases, entries))
        self._io("link.index", lambda: self._index(link), True)

        def act() -> None:
            row = self._store.partition(link.contract_id)
            if row.link is not None:
                raise Taken("The contract is already linked.", body={"contract_id": link.contract_id})
            self._append(row, entries)
            row.link, row.bases, row.intent, row.etag = link, dict(bases), None, self._store.next_version()

        self._io("link.create", act, True)
        opened = self.open(link.contract_id)
        if opened is None:
            raise Gone("The link has just been ended.", side="storage")
        self._io("link.index", lambda: self._index(link), True)
        return opened

    def remove(self, opened: OpenLink, entries: Sequence[HistoryEntry] = ()) -> None:
        def act() -> None:
            row = self._at(opened)
            self._append(row, entries)
            row.link, row.bases, row.intent = None, {}, None

        self._io("link.remove", act, True)
        self._drop_from_index(opened.link)

    def move(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        self._fits(_news({}, bases, entries))
        self._io("link.index", lambda: self._index(link), True)

        def act() -> OpenLink:
            row = self._at(opened)
            self._append(row, entries)
            row.link, row.bases, row.intent, row.etag = link, bases, None, self._store.next_version()
            return replace(opened, link=link, bases=bases, intent=None, etag=str(row.etag))

        moved = self._io("link.move", act, True)
        self._drop_from_index(opened.link)
        return moved

    def _drop_from_index(self, left: Link) -> None:
        self._io("link.unindex", lambda: self._unindex(left), True)
        now = self.link(left.contract_id)
        if now is not None and now.record == left.record:
            self._io("link.index", lambda: self._index(now), True)

    def of_record(self, entity: str, record_id: str) -> Sequence[Link]:
        def act() -> Sequence[Link]:
            found = [self._store.partition(one).link for one in self._store.index.get((entity, record_id), ())]
            return [link for link in found if link and (link.entity, link.record_id) == (entity, record_id)]

        return self._io("links.of_record", act)

    def of_entity(self, entity: str) -> Sequence[Link]:
        def act() -> Sequence[Link]:
            return [row.link for row in self._store.partitions.values() if row.link and row.link.entity == entity]

        return self._io("links.of_record", act)

    # --- history ------------------------------------------------------------------------------------------------------

    def history(
        self, contract_id: int, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[HistoryEntry], str | None]:
        def act() -> tuple[Sequence[HistoryEntry], str | None]:
            entries = self._store.partition(contract_id).entries
            numbers = sorted((one for one in entries if after is None or one < int(after)), reverse=True)
            page = [entries[number] for number in numbers[:limit]]
            return page, str(page[-1].number) if len(numbers) > limit else None

        return self._io("history.read", act)

    def append(self, contract_id: int, make: Callable[[int, str], HistoryEntry]) -> None:
        def appended(link: Link) -> tuple[Link, Sequence[HistoryEntry]]:
            entry = make(link.history_count + 1, link.history_digest)
            return replace(link, history_count=entry.number, history_digest=entry.digest), [entry]

        self._change("history.append", contract_id, appended)

    def change(self, contract_id: int, change: Callable[[Link], Link]) -> None:
        self._change("link.change", contract_id, lambda link: (change(link), ()))

    def _change(
        self, step: str, contract_id: int, change: Callable[[Link], tuple[Link, Sequence[HistoryEntry]]]
    ) -> None:
        for _ in range(_TRIES):
            opened = self.open(contract_id)
            if opened is None:
                return
            lock = opened.link.lock
            if lock and lock.expires_at > opened.opened_at:
                raise Busy("A sync of this contract is under way.", retry_after=5)
            link, entries = change(opened.link)
            if link is opened.link:
                return
            try:
                self._io(step, lambda: self._add(opened, link, entries), True)  # noqa: B023 called at once
            except VersionMoved:
                continue
            return
        raise Busy("Other syncs of this contract keep getting ahead of this one.", retry_after=5)

    def entry(self, contract_id: int, number: int) -> HistoryEntry | None:
        return self._io("history.read", lambda: self._store.partition(contract_id).entries.get(number))

    def find_entry(self, contract_id: int, entry_id: str) -> HistoryEntry | None:
        def act() -> HistoryEntry | None:
            entries = self._store.partition(contract_id).entries.values()
            return next((one for one in entries if one.entry_id == entry_id), None)

        return self._io("history.read", act)

    def checkpoint(self, contract_id: int) -> Checkpoint | None:
        return self._io("history.read", lambda: self._store.partition(contract_id).checkpoint)

    def purge_history(self, before: datetime) -> int:
        return sum(self._let_go(contract_id, before) for contract_id in list(self._store.partitions))

    def erase_history(self, contract_id: int) -> int:
        return self._let_go(contract_id, None)

    # --- how ----------------------------------------------------------------------------------------------------------

    def _fits(self, fields: int, step: str = "") -> None:
        if self._store.room is not None and fields > self._store.room:
            if self._watch and step:
                self._watch.too_large(step)
            raise TooLarge("More than one transaction takes.", side="storage")

    def _opened(self, contract_id: int) -> OpenLink | None:
        row = self._store.partitions.get(contract_id)
        if row is None or row.link is None:
            return None
        return OpenLink(row.link, row.bases, row.intent, str(row.etag), whole_second(self._store.now()))

    def _at(self, opened: OpenLink, step: str = "") -> Partition:
        row = self._store.partition(opened.link.contract_id)
        if row.link is None or str(row.etag) != opened.etag:
            if self._watch and step:
                self._watch.raced(step)
            raise VersionMoved("The link was changed by somebody else.", side="storage")
        return row

    def _append(self, row: Partition, entries: Sequence[HistoryEntry]) -> None:
        if any(entry.number in row.entries for entry in entries):
            raise VersionMoved("The link was changed by somebody else.", side="storage")
        row.entries |= {entry.number: entry for entry in entries}

    def _add(self, opened: OpenLink, link: Link, entries: Sequence[HistoryEntry]) -> None:
        row = self._at(opened)
        self._append(row, entries)
        row.link, row.etag = link, self._store.next_version()

    def _let_go(self, contract_id: int, before: datetime | None) -> int:
        row = self._store.partition(contract_id)
        oldest_first = [row.entries[number] for number in sorted(row.entries)]
        gone = [one for one in oldest_first if before is None or datetime.fromisoformat(one.at) < before]
        if gone:
            at = self._store.now().strftime("%Y-%m-%dT%H:%M:%SZ")
            known = checkpoint_after(gone, row.checkpoint, at)
            row.checkpoint = known if row.link else Checkpoint(known.number, known.digest, known.at)
            for entry in gone:
                del row.entries[entry.number]
        return len(gone)

    def _index(self, link: Link) -> None:
        contracts = self._store.index.setdefault((link.entity, link.record_id), [])
        if link.contract_id not in contracts:
            contracts.append(link.contract_id)

    def _unindex(self, link: Link) -> None:
        contracts = self._store.index.get((link.entity, link.record_id), [])
        if link.contract_id in contracts:
            contracts.remove(link.contract_id)


def _news(before: Bases, after: Bases, entries: Sequence[HistoryEntry]) -> int:
    moved = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return len(moved | {line.key or "" for entry in entries for line in entry.fields})


class MemoryDue:
    def __init__(self, store: Store, io: Io) -> None:
        self._store, self._io = store, io

    def put(
        self,
        contract_id: int,
        due_at: datetime,
        entries: Sequence[HistoryEntry] = (),
        listing: Listing | None = None,
    ) -> str:
        due_at = whole_second(due_at.astimezone(UTC))
        key = row_key_of(contract_id, due_at, OF_LINK)

        def act() -> str:
            self._store.due[key] = DueRow(key, contract_id, due_at)
            self._store.log |= {(entry.contract_id, entry.number): entry for entry in entries}
            self._store.list(listing)
            return key

        return self._io("due.put", act, True)

    def keep(self, contract_id: int, due_at: datetime) -> str:
        due_at = whole_second(due_at.astimezone(UTC))
        key = row_key_of(contract_id, due_at, OF_JOB)
        self._io("due.put", lambda: self._store.due.update({key: DueRow(key, contract_id, due_at)}), True)
        return key

    def wait(self, job: SyncJob, due_at: datetime) -> None:
        due_at = whole_second(due_at.astimezone(UTC))
        key = row_key_of(job.contract_id, due_at, WAITING)

        def act() -> None:
            known = self._store.due.get(key)
            merged = as_one(job, known.job) if known and known.job else job
            self._store.due[key] = DueRow(key, job.contract_id, due_at, merged)

        self._io("due.put", act, True)

    def drop(self, row_key: str | None, listing: Listing | None = None) -> None:
        def act() -> None:
            self._store.due.pop(row_key or "", None)
            if listing:
                self._store.listings.pop(listing_key(listing), None)

        if row_key or listing:
            self._io("due.drop", act, True)

    def until(self, now: datetime | None, limit: int) -> Sequence[DueRow]:
        def act() -> Sequence[DueRow]:
            end = now or self._store.now()
            return [self._store.due[key] for key in sorted(self._store.due) if self._store.due[key].due_at <= end][
                :limit
            ]

        return self._io("due.read", act)

    def swept(self, after: str | None, limit: int) -> tuple[Sequence[tuple[Link, bool]], str | None]:
        def act() -> tuple[Sequence[tuple[Link, bool]], str | None]:
            contracts = sorted({one for known in self._store.index.values() for one in known})
            left = [one for one in contracts if after is None or one > int(after)]
            links = (self._store.partition(one).link for one in left[:limit])
            found = [(link, link.due in self._store.due) for link in links if link]
            return found, str(left[limit - 1]) if len(left) >= limit else None

        return self._io("due.read", act)


class MemoryStandings:
    def __init__(self, store: Store, io: Io) -> None:
        self._store, self._io = store, io

    def page(
        self, standing: Standing | None, entity: str | None, named: str | None, after: str | None, limit: int
    ) -> tuple[Sequence[Listing], str | None]:
        def act() -> tuple[Sequence[Listing], str | None]:
            keys = [key for key in sorted(self._store.listings) if after is None or key > after]
            found = [
                (key, one)
                for key in keys
                for one in (self._store.listings[key],)
                if standing in (None, one.standing)
                and entity in (None, one.entity)
                and (named is None or named.casefold() in one.name.casefold())
            ]
            page = found[:limit]
            return [one for _, one in page], page[-1][0] if len(found) > limit else None

        return self._io("due.read", act)

    def counts(self) -> tuple[Mapping[tuple[Standing, str], int], frozenset[Standing]]:
        def act() -> Mapping[tuple[Standing, str], int]:
            return Counter((one.standing, one.entity) for one in self._store.listings.values())

        return self._io("due.read", act), frozenset()

    def older(self, standing: Standing, before: datetime) -> int:
        def act() -> int:
            listings = self._store.listings.values()
            return sum(1 for one in listings if one.standing is standing and one.since < before)

        return self._io("due.read", act)

    def put(self, listings: Sequence[Listing]) -> None:
        def act() -> None:
            for one in listings:
                self._store.list(one)

        self._io("due.put", act, True)

    def drop(self, listing: Listing) -> None:
        self._io("due.drop", lambda: self._store.listings.pop(listing_key(listing), None), True)


class MemoryLog:
    def __init__(self, store: Store, io: Io) -> None:
        self._store, self._io = store, io

    def note(self, entries: Sequence[HistoryEntry], listing: Listing | None = None) -> None:
        def act() -> None:
            self._store.log |= {(entry.contract_id, entry.number): entry for entry in entries}
            self._store.list(listing)

        self._io("log.note", act, True)

    def page(self, field: str | None, after: str | None, limit: int) -> tuple[Sequence[tuple[int, int]], str | None]:
        return self._io("log.read", lambda: (sorted(self._store.log, reverse=True)[:limit], None))

    def purge(self, before: datetime) -> int:
        return 0


class MemoryMappings:
    """`monotonic` is the process's clock: what was read is believed for 30 s."""

    def __init__(
        self,
        store: Store,
        io: Io,
        monotonic: Callable[[], float],
        saved: Callable[[EntityMapping], None] = lambda mapping: None,
    ) -> None:
        self._store, self._io, self._monotonic, self._saved = store, io, monotonic, saved
        self._known: dict[str, tuple[float, EntityMapping | None]] = {}

    def get(self, entity: str, *, fresh: bool = False) -> EntityMapping | None:
        until, known = self._known.get(entity, (-1.0, None))
        if not fresh and self._monotonic() < until:
            return known
        found = self._io("mapping.get", lambda: self._store.mappings.get(entity))
        self._known[entity] = (self._monotonic() + _KEEP, found)
        return found

    def put(self, mapping: EntityMapping, etag: str) -> EntityMapping:
        def act() -> EntityMapping:
            stored = self._store.mappings.get(mapping.entity)
            if etag != "*" and etag != (stored.etag if stored else ""):
                raise VersionMoved("Somebody else saved this in the meantime.", side="storage")
            saved = replace(mapping, etag=str(self._store.next_version()))
            self._store.mappings[mapping.entity] = saved
            self._saved(saved)
            return saved

        saved = self._io("mapping.put", act, True)
        self._known[mapping.entity] = (self._monotonic() + _KEEP, saved)
        return saved

    def all(self) -> Sequence[EntityMapping]:
        return self._io("mapping.get", lambda: [self._store.mappings[name] for name in sorted(self._store.mappings)])
