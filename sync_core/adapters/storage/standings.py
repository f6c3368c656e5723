"""The lists of links by how they stand, beside what is due in table `due`.

A link has one row, `s-<standing>-<table>-<9999999999999999 less contract>`: the gravest standing first, in it the
newest contract. It is written in the request that writes the link's due row, before the link's transaction, and only
where the link comes to stand otherwise; the row that it leaves goes with the old due row. A crash leaves a row too
many: it means nothing, the link itself says how it stands.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition
from sync_core.adapters.storage.packing import MOST_OPERATIONS
from sync_core.engine.model.standing import Listing, Standing
from sync_core.errors import InvalidPageToken

TABLE = "due"
_ORDER = tuple(Standing)
_HIGHEST = 9_999_999_999_999_999
_KEY = re.compile(r"s-([0-5])-([a-z0-9_]{1,128})-(\d{16})", re.ASCII)
_PAGE = 1000  # the most rows that one answer of the service has
_NAME = 130  # characters of a contract's name


def listing_key(listing: Listing) -> str:
    return f"{_prefix(listing.standing, listing.entity)}{_HIGHEST - listing.contract_id:016d}"


def listing_row(account: str, listing: Listing) -> dict[str, Any]:
    key = {"PartitionKey": account, "RowKey": listing_key(listing)}
    return {**key, "since": listing.since.astimezone(UTC), "name": listing.name[:_NAME]}


class TableStandings:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def page(
        self, standing: Standing | None, entity: str | None, named: str | None, after: str | None, limit: int
    ) -> tuple[Sequence[Listing], str | None]:
        """At most as many requests as there are standings, each for at most a thousand rows."""
        if after is not None and not _KEY.fullmatch(after):
            raise InvalidPageToken
        found: list[Listing] = []
        looked, last, part = 0, "", (named or "").casefold()
        for start, end in _ranges(_ORDER if standing is None else (standing,), entity, after or ""):
            rows, _ = self._first_page(start, end, _PAGE if part else limit + 1 - len(found))
            for row in rows:
                if len(found) == limit or looked == _PAGE:
                    return found, last
                last, looked = row["RowKey"], looked + 1
                listing = _listing(row)
                if part in listing.name.casefold():
                    found.append(listing)
        return found, None

    def counts(self) -> tuple[Mapping[tuple[Standing, str], int], frozenset[Standing]]:
        """One request for each standing."""
        found: Counter[tuple[Standing, str]] = Counter()
        more: set[Standing] = set()
        for one in _ORDER:
            rows, goes_on = self._keys(one)
            found.update((one, _KEY.fullmatch(row["RowKey"])[2]) for row in rows)  # type: ignore[index]
            if goes_on:
                more.add(one)
        return found, frozenset(more)

    def older(self, standing: Standing, before: datetime) -> int:
        rows, _ = self._keys(standing, " and since lt @before", before=before.astimezone(UTC))
        return len(rows)

    def put(self, listings: Sequence[Listing]) -> None:
        rows = [listing_row(self._account, one) for one in listings]
        for begin in range(0, len(rows), MOST_OPERATIONS):
            with storage_errors(writing=True):
                part = rows[begin : begin + MOST_OPERATIONS]
                self._storage.table(TABLE).submit_transaction([("upsert", row) for row in part])

    def drop(self, listing: Listing) -> None:
        with storage_errors(writing=True):
            self._storage.table(TABLE).delete_entity(self._account, listing_key(listing))

    def _first_page(
        self,
        start: str,
        end: str,
        size: int = _PAGE,
        *,
        more: str = "",
        parameters: Mapping[str, Any] | None = None,
        select: list[str] | None = None,
    ) -> tuple[Sequence[Mapping[str, Any]], bool]:
        """One answer's worth of the rows between two keys, with `more` to the filter; and whether others follow."""
        wanted = in_partition(self._account).between(start, end)
        with storage_errors():
            pages = (
                self._storage.table(TABLE)
                .query_entities(
                    wanted.text + more,
                    parameters={**wanted.values, **(parameters or {})},
                    results_per_page=min(size, _PAGE),
                    select=select,
                )
                .by_page()
            )
            rows = list(next(pages, ()))
            return rows, bool(getattr(pages, "continuation_token", None))

    def _keys(self, standing: Standing, more: str = "", **parameters: Any) -> tuple[Sequence[Mapping[str, Any]], bool]:
        prefix = _prefix(standing)
        return self._first_page(prefix, prefix + "~", more=more, parameters=parameters, select=["RowKey"])


def _prefix(standing: Standing, entity: str | None = None) -> str:
    return f"s-{_ORDER.index(standing)}-" + (f"{entity}-" if entity else "")


def _ranges(standings: Iterable[Standing], entity: str | None, after: str) -> Iterator[tuple[str, str]]:
    """The row keys between which the links of each standing are, as far as they come after one."""
    for one in standings:
        first = _prefix(one, entity)
        if after <= first + "~":
            yield max(first, after), first + "~"


def _listing(row: Mapping[str, Any]) -> Listing:
    key = _KEY.fullmatch(row["RowKey"])
    assert key is not None, "this table's own row"
    since = datetime.fromtimestamp(row["since"].timestamp(), UTC)
    return Listing(_HIGHEST - int(key[3]), key[2], _ORDER[int(key[1])], since, row.get("name") or "")
