"""Table `contracts`: one query opens a link, one transaction takes it, one closes it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync_core.adapters.storage import link_rows as rows
from sync_core.adapters.storage.connection import ServiceTime, Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.history import TableHistory
from sync_core.adapters.storage.link_rows import BasePart, StoredLink
from sync_core.adapters.storage.packing import within_limits
from sync_core.adapters.storage.records_index import RecordsIndex
from sync_core.engine.model.base import Bases
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.link import Link, Lock, OpenLink
from sync_core.engine.settling.history_chain import Checkpoint
from sync_core.errors import Busy, Gone, Taken, VersionMoved

TABLE = "contracts"
_TRIES = 5


class TableLinks:
    """`account` sets installations apart that share a storage account. A stale link raises VersionMoved."""

    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account
        self._index = RecordsIndex(storage, account)
        self._history = TableHistory(storage, account)

    # --- one sync ---------------------------------------------------------------------------------------------------

    def open(self, contract_id: int) -> OpenLink | None:
        partition, time = self._partition(contract_id), ServiceTime()
        with storage_errors():
            found = list(
                self._storage.table(TABLE).query_entities(
                    "PartitionKey eq @partition and RowKey lt @history",
                    parameters={"partition": partition, "history": rows.HISTORY},
                    raw_response_hook=time,
                    retry_total=1,  # a kept connection that the service had closed meanwhile is no outage
                )
            )
        return rows.read_rows(found, time.sure())

    def link(self, contract_id: int) -> Link | None:
        try:
            with storage_errors():
                row = self._storage.table(TABLE).get_entity(self._partition(contract_id), rows.LINK)
        except Gone:
            return None
        return rows.link_of(row)

    def take(self, opened: OpenLink, intent: Intent, lock: Lock) -> OpenLink:
        stored, partition = _stored(opened), self._partition(opened.link.contract_id)
        link = replace(stored.link, lock=lock)
        written = rows.intent_rows(partition, intent)
        etag = self._transact([self._update(partition, link, stored.etag), *_upserts(written)])
        return replace(stored, link=link, intent=intent, etag=etag, intent_rows=len(written))

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        stored, partition = _stored(opened), self._partition(link.contract_id)
        base, parts = _base(partition, stored, bases)
        operations = [self._update(partition, link, stored.etag), *base, *_deletes(_intent_keys(partition, stored))]
        etag = self._transact([*operations, *_entries(partition, entries)])
        return _at_rest(stored, link, bases, parts, etag)

    def settle(
        self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry], keys: Collection[str]
    ) -> OpenLink:
        stored, partition = _stored(opened), self._partition(link.contract_id)
        base, parts = _base(partition, stored, bases)
        operations = [self._update(partition, link, stored.etag), *base]
        settled, kept = stored.settled, stored.settled_rows
        if stored.intent is not None:
            settled = (*settled, *sorted(keys))
            written = rows.settled_rows(partition, settled)
            operations += _upserts(written)
            kept = len(written)
        etag = self._transact([*operations, *_entries(partition, entries)])
        intent = stored.intent.without(keys) if stored.intent else None
        return replace(
            stored, link=link, bases=bases, intent=intent, etag=etag, base_parts=parts, settled=settled,
            settled_rows=kept,
        )  # fmt: skip

    # --- the link itself ---------------------------------------------------------------------------------------------

    def create(self, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        partition = self._partition(link.contract_id)
        self._index.add(link)
        written, _, _ = rows.base_rows(partition, {}, bases)
        first: Any = ("create", rows.link_row(partition, link))
        try:
            self._transact([first, *_upserts(written), *_entries(partition, entries)])
        except VersionMoved:
            existing = self.open(link.contract_id)
            if existing is None:
                raise
            body = {"contract_id": link.contract_id}
            raise Taken("The contract is already linked.", body=body) from None
        opened = self.open(link.contract_id)
        if opened is None:
            raise Gone("The link has just been ended.", side="storage")
        self._index.add(link)  # whoever ended the link before this one may have dropped its row meanwhile
        return opened

    def remove(self, opened: OpenLink, entries: Sequence[HistoryEntry] = ()) -> None:
        stored, partition = _stored(opened), self._partition(opened.link.contract_id)
        operations: list[Any] = [("delete", _key(partition, rows.LINK), _match(stored.etag))]
        operations += [*_base(partition, stored, {})[0], *_deletes(_intent_keys(partition, stored))]
        operations += _entries(partition, entries)
        self._transact(operations)
        self._drop_from_index(stored.link)

    def move(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        stored, partition = _stored(opened), self._partition(link.contract_id)
        self._index.add(link)
        base, parts = _base(partition, stored, bases)
        operations = [self._update(partition, link, stored.etag), *base, *_deletes(_intent_keys(partition, stored))]
        operations += _entries(partition, entries)
        etag = self._transact(operations)
        self._drop_from_index(stored.link)
        return _at_rest(stored, link, bases, parts, etag)

    def _drop_from_index(self, left: Link) -> None:
        """The row stays where the contract has a link to that record again, or still: no sweep finds one without."""
        self._index.drop(left)
        now = self.link(left.contract_id)
        if now is not None and now.record == left.record:
            self._index.add(now)

    def of_record(self, entity: str, record_id: str) -> Sequence[Link]:
        found = [self.link(contract_id) for contract_id in self._index.of_record(entity, record_id)]
        # A row of the index without its link is what a crash, a move or a lost race left: it means nothing.
        return [link for link in found if link and (link.entity, link.record_id) == (entity, record_id)]

    def of_entity(self, entity: str) -> Sequence[Link]:
        found = [self.link(contract_id) for contract_id in self._index.of_entity(entity)]
        return [link for link in found if link and link.entity == entity]

    # --- history ------------------------------------------------------------------------------------------------------

    def history(
        self, contract_id: int, after: str | None = None, limit: int = 50
    ) -> tuple[Sequence[HistoryEntry], str | None]:
        return self._history.page(self._partition(contract_id), after, limit)

    def append(self, contract_id: int, make: Callable[[int, str], HistoryEntry]) -> None:
        def appended(link: Link) -> tuple[Link, Sequence[HistoryEntry]]:
            entry = make(link.history_count + 1, link.history_digest)
            return replace(link, history_count=entry.number, history_digest=entry.digest), [entry]

        self._change(contract_id, appended)

    def change(self, contract_id: int, change: Callable[[Link], Link]) -> None:
        self._change(contract_id, lambda link: (change(link), ()))

    def _change(self, contract_id: int, change: Callable[[Link], tuple[Link, Sequence[HistoryEntry]]]) -> None:
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
            partition = self._partition(contract_id)
            try:
                self._transact([self._update(partition, link, opened.etag), *_entries(partition, entries)])
            except VersionMoved:
                continue
            return
        raise Busy("Other syncs of this contract keep getting ahead of this one.", retry_after=5)

    def entry(self, contract_id: int, number: int) -> HistoryEntry | None:
        return self._history.one(self._partition(contract_id), number)

    def find_entry(self, contract_id: int, entry_id: str) -> HistoryEntry | None:
        return self._history.find(self._partition(contract_id), entry_id)

    def checkpoint(self, contract_id: int) -> Checkpoint | None:
        return self._history.checkpoint(self._partition(contract_id))

    def purge_history(self, before: datetime) -> int:
        return self._history.purge(before)

    def erase_history(self, contract_id: int) -> int:
        return self._history.erase(self._partition(contract_id))

    # --- how ----------------------------------------------------------------------------------------------------------

    def _partition(self, contract_id: int) -> str:
        return f"{self._account}-{contract_id}"

    @staticmethod
    def _update(partition: str, link: Link, etag: str) -> Any:
        return ("update", rows.link_row(partition, link), {"mode": "replace", **_match(etag)})

    def _transact(self, operations: Sequence[Any]) -> str:
        """All or nothing; the first operation's new ETag. A row that is there or gone against expectation: moved."""
        within_limits(operations)
        try:
            with storage_errors(writing=True):
                answers = self._storage.table(TABLE).submit_transaction(operations)
        except (Gone, Taken) as error:
            raise VersionMoved("The link was changed by somebody else.", side="storage") from error
        return str(answers[0].get("etag", ""))


def _stored(opened: OpenLink) -> StoredLink:
    assert isinstance(opened, StoredLink), "an open link comes from this store"
    return opened


def _base(partition: str, stored: StoredLink, bases: Bases) -> tuple[list[Any], Mapping[str, BasePart]]:
    """What makes the base this one, and the parts that it then lies in."""
    written, deleted, parts = rows.base_rows(partition, stored.base_parts, bases)
    return [*_upserts(written), *_deletes(deleted)], parts


def _intent_keys(partition: str, stored: StoredLink) -> list[rows.Row]:
    intent = rows.keys(partition, rows.INTENT, stored.intent_rows)
    return intent + rows.keys(partition, rows.SETTLED, stored.settled_rows)


def _at_rest(stored: StoredLink, link: Link, bases: Bases, parts: Mapping[str, BasePart], etag: str) -> StoredLink:
    return replace(
        stored, link=link, bases=bases, intent=None, etag=etag, base_parts=parts, intent_rows=0, settled=(),
        settled_rows=0,
    )  # fmt: skip


def _key(partition: str, row_key: str) -> dict[str, str]:
    return {"PartitionKey": partition, "RowKey": row_key}


def _match(etag: str) -> dict[str, Any]:
    from azure.core import MatchConditions

    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _upserts(written: Sequence[rows.Row]) -> list[Any]:
    return [("upsert", row, {"mode": "replace"}) for row in written]


def _deletes(keys: Sequence[rows.Row]) -> list[Any]:
    return [("delete", key) for key in keys]


def _entries(partition: str, entries: Sequence[HistoryEntry]) -> list[Any]:
    """An entry's own rows are new; its row of the index only tells where it is."""
    made = [("create", row) for entry in entries for row in rows.history_rows(partition, entry)]
    return made + [("upsert", rows.entry_row(partition, entry)) for entry in entries]
