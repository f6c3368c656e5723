"""Which entries of a history one person sees: those of records that they may read (DESIGN 2.6, 17)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.settling.history_records import Record, records_of
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.stores import Links

_ALL = 500


class Sight:
    """For one request of one person; each record is asked about once. `read`: a record that they have read already."""

    def __init__(self, rights: Rights, actor: Actor, read: Record | None = None) -> None:
        self._rights, self._actor = rights, actor
        self._known: dict[Record, bool] = {read: True} if read else {}

    def sees(self, record: Record | None) -> bool:
        """Where nobody knows whose an entry is, nobody sees it."""
        if record is None:
            return False
        if record not in self._known:
            self._known[record] = self._rights.may_read(*record, self._actor)
        return self._known[record]


class Ownership:
    """Whose the entries of one contract's history are. `linked`: the record that the contract is linked to now."""

    def __init__(self, links: Links, contract_id: int, linked: Record | None) -> None:
        self._links, self._contract_id, self._linked = links, contract_id, linked
        self._derived: dict[int, Record | None] | None = None

    def of(self, entries: Sequence[HistoryEntry]) -> list[Record | None]:
        """Entries that do not say it themselves are rare and old: for them the whole history is looked at, once."""
        return [entry.record or self._derived_of(entry.number) for entry in entries]

    def _derived_of(self, number: int) -> Record | None:
        if self._derived is None:
            whole = list(self._whole())
            records = records_of(whole, self._linked)
            self._derived = {entry.number: record for entry, record in zip(whole, records, strict=True)}
        return self._derived.get(number)

    def _whole(self) -> Iterator[HistoryEntry]:
        after: str | None = None
        while True:
            entries, after = self._links.history(self._contract_id, after, _ALL)
            yield from entries
            if after is None:
                return
