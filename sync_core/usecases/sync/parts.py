"""News of a link in as many transactions as storage needs: nearly always one.

What a sync will have to store is known only by the vendors' answers, when the vendors are written already. So whatever
it comes to, it can be stored: each part settles some of the fields, with history and base of their own, and the intent
names those that are left. A process that dies between two parts leaves a smaller intent, not a wrong one.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace

from sync_core.engine.model.base import Bases
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.link import Link, OpenLink
from sync_core.errors import TooLarge
from sync_core.usecases.stores import Links

# What must be there before entries are stored: the log's rows, the jobs that look into them.
Announce = Callable[[Sequence[HistoryEntry]], None]
Begin = Callable[[Link, Bases, Sequence[HistoryEntry]], OpenLink]


class Parts:
    """Stores a link with its bases and history."""

    def __init__(self, links: Links, announce: Announce) -> None:
        self._links, self._announce = links, announce

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        """Links.close. `entries` are announced already, as one."""
        try:
            return self._links.close(opened, link, bases, entries)
        except TooLarge:
            keys = _moved(opened.bases, bases, entries)
            if len(keys) < 2:
                raise
        return self._rest(opened, link, bases, entries, keys, len(keys) // 2)

    def begin(self, begin: Begin, link: Link, bases: Bases, entry: HistoryEntry) -> OpenLink:
        """Links.create or Links.move by `begin`, with as much as fits; the rest follows."""
        keys = _moved({}, bases, [entry])
        size = len(keys)
        while True:
            now = keys[:size]
            part = _only(entry, now)
            begun = replace(link, history_count=part.number, history_digest=part.digest)
            try:
                opened = begin(begun, {key: base for key, base in bases.items() if key in now}, [part])
                break
            except TooLarge:
                if not size:
                    raise
                size //= 2
        left = keys[size:]
        return self._rest(opened, opened.link, bases, [entry], left, len(left)) if left else opened

    def _rest(
        self,
        opened: OpenLink,
        link: Link,
        bases: Bases,
        entries: Sequence[HistoryEntry],
        keys: Sequence[str],
        size: int,
    ) -> OpenLink:
        first = opened.link.history_count + 1
        while True:
            now, last = keys[:size], size >= len(keys)
            parts = [self._next(opened, entry, now, first) for entry in entries]
            state = link if last else opened.link
            if parts:
                state = replace(state, history_count=parts[-1].number, history_digest=parts[-1].digest)
            try:
                self._announce(parts)
                if last:
                    return self._links.close(opened, state, bases, parts)
                untouched = {key: base for key, base in opened.bases.items() if key not in now}
                settled = {key: bases[key] for key in now if key in bases}
                opened = self._links.settle(opened, state, untouched | settled, parts, now)
            except TooLarge:
                if size == 1:
                    raise
                size //= 2
                continue
            keys = keys[size:]

    @staticmethod
    def _next(opened: OpenLink, entry: HistoryEntry, keys: Sequence[str], first: int) -> HistoryEntry:
        """The entry's lines of these fields, as the link's next entry."""
        number = opened.link.history_count + 1
        part = replace(_only(entry, keys), number=number, previous_digest=opened.link.history_digest)
        if number == first and entry.number == first:
            return part
        return replace(part, entry_id=uuid.uuid4().hex, extra={**entry.extra, "continues": entry.entry_id})


def _moved(before: Bases, after: Bases, entries: Sequence[HistoryEntry]) -> list[str]:
    """The fields that there is news of."""
    bases = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    return sorted(bases | {line.key or "" for entry in entries for line in entry.fields})


def _only(entry: HistoryEntry, keys: Sequence[str]) -> HistoryEntry:
    return replace(entry, fields=[line for line in entry.fields if (line.key or "") in keys])
