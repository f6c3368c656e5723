"""Letting history go, erasing it, and the log over all contracts: over the real emulator."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from sandbox.azurite import Azurite
from sandbox.storage_proxy import Seen, StorageProxy
from sandbox.wire import DroppedConnection
from sync_core.adapters.storage import link_rows
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.idempotency import TableOperations
from sync_core.adapters.storage.links import TableLinks
from sync_core.adapters.storage.log import TableLog
from sync_core.adapters.storage.records_index import TableCreations
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.link import Creation, Link, OpenLink
from sync_core.engine.model.words import Direction
from sync_core.engine.settling.history_chain import breaks, rebuilt
from sync_core.errors import Invalid, Temporary

START = datetime(2026, 3, 1, tzinfo=UTC)
NEVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def links(storage: Storage, account: str) -> TableLinks:
    return TableLinks(storage, account)


def base(text: str) -> FieldBase:
    return FieldBase("name|name|data_field", Direction.TWO_WAY, Halves(text, text))


def chain(count: int, contract_id: int = 7, long: bool = False) -> list[HistoryEntry]:
    """A day apart, each settling another value; `long`: entries that take several rows."""
    made: list[HistoryEntry] = []
    for number in range(1, count + 1):
        text = uuid.uuid4().hex * (50_000 if long else 1)
        line = {"key": "name", "oneflow_field": "Name", "dynamics_column": "name", "base_after": base(text).to_json()}
        at = (START + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = made[-1].digest if made else ""
        made.append(
            HistoryEntry(
                f"e{number}",
                number,
                at,
                "push",
                "push",
                "K",
                contract_id,
                "synced",
                [HistoryLine.from_json(line)],
                digest,
            )
        )
    return made


def linked(links: TableLinks, entries: list[HistoryEntry], contract_id: int = 7) -> OpenLink:
    last = entries[-1]
    bases = rebuilt(entries)
    link = Link(contract_id, "opportunity", "r1", history_count=last.number, history_digest=last.digest)
    opened = links.create(link, {key: FieldBase.from_json(one) for key, one in bases.items()}, entries[:1])
    for entry in entries[1:]:
        opened = links.close(opened, opened.link, opened.bases, [entry])
    return opened


def whole(links: TableLinks, contract_id: int = 7) -> list[str]:
    return breaks(reversed(links.history(contract_id, limit=1000)[0]), links.checkpoint(contract_id))


def test_a_checkpoint_stands_for_what_was_let_go(links: TableLinks) -> None:
    entries = chain(6)
    linked(links, entries)
    assert links.purge_history(START + timedelta(days=4)) == 3
    checkpoint = links.checkpoint(7)
    assert checkpoint and (checkpoint.number, checkpoint.digest) == (3, entries[2].digest)
    assert [one.number for one in links.history(7)[0]] == [6, 5, 4] and whole(links) == []


def test_the_base_is_rebuilt_from_checkpoint_and_history(links: TableLinks) -> None:
    entries = chain(5)
    opened = linked(links, entries)
    stored = {key: one.to_json() for key, one in opened.bases.items()}
    for before in (NEVER, START + timedelta(days=3), START + timedelta(days=99)):
        links.purge_history(before)
        found = list(reversed(links.history(7)[0]))
        assert rebuilt(found, links.checkpoint(7)) == stored


def test_a_second_purge_goes_on_from_the_first(links: TableLinks) -> None:
    linked(links, chain(6))
    links.purge_history(START + timedelta(days=3))
    links.purge_history(START + timedelta(days=5))
    checkpoint = links.checkpoint(7)
    assert checkpoint and checkpoint.number == 4 and whole(links) == []


def test_an_erased_history_leaves_number_digest_and_base(links: TableLinks) -> None:
    entries = chain(3)
    linked(links, entries)
    assert links.erase_history(7) == 3
    checkpoint = links.checkpoint(7)
    assert links.history(7) == ([], None)
    assert checkpoint and (checkpoint.number, checkpoint.digest) == (3, entries[-1].digest)
    assert checkpoint.bases == rebuilt(entries)


def test_of_an_unlinked_contract_no_value_stays(links: TableLinks) -> None:
    opened = linked(links, chain(3))
    links.remove(opened)
    links.erase_history(7)
    checkpoint = links.checkpoint(7)
    assert checkpoint and checkpoint.number == 3 and checkpoint.bases == {}


def test_erasing_stopped_halfway_leaves_a_whole_chain(azurite: Azurite) -> None:
    proxy = StorageProxy(azurite.connection_string)
    try:
        links = TableLinks(Storage(StorageAddress(proxy.connection_string), timeout=10), uuid.uuid4().hex[:12])
        linked(links, chain(200))
        transactions = 0

        def second_fails(seen: Seen) -> None:
            nonlocal transactions
            transactions += "transaction" in seen.what
            if transactions == 2:
                raise DroppedConnection

        proxy.before = second_fails
        with pytest.raises(Temporary):
            links.erase_history(7)
        proxy.before = None
        checkpoint = links.checkpoint(7)
        assert checkpoint and 0 < checkpoint.number < 200 and whole(links) == []
        links.erase_history(7)
        assert whole(links) == [] and links.history(7) == ([], None)
    finally:
        proxy.close()


def test_entries_of_several_rows_go_as_a_whole(links: TableLinks) -> None:
    linked(links, chain(4, long=True))
    assert links.erase_history(7) == 4
    assert links.history(7) == ([], None) and whole(links) == []


def test_a_removed_entry_shows_even_right_after_the_checkpoint(links: TableLinks) -> None:
    entries = chain(5)
    linked(links, entries)
    links.purge_history(START + timedelta(days=3))
    checkpoint = links.checkpoint(7)
    assert breaks(entries[3:], checkpoint), "entry 3 is missing"
    altered = replace(entries[2], who="somebody else")
    assert breaks([altered, *entries[3:]], checkpoint)


# --- straight to an entry ---------------------------------------------------------------------------------------------


@contextmanager
def watched(azurite: Azurite) -> Iterator[tuple[TableLinks, StorageProxy]]:
    proxy = StorageProxy(azurite.connection_string)
    try:
        yield TableLinks(Storage(StorageAddress(proxy.connection_string), timeout=10), uuid.uuid4().hex[:12]), proxy
    finally:
        proxy.close()


def stored(links: TableLinks, entries: list[HistoryEntry], indexed: bool = True) -> OpenLink:
    """Many entries at once; `indexed=False`: as a version stored them that had no index by id."""
    opened = linked(links, entries[:1])
    table, partition = links._storage.table("contracts"), links._partition(7)
    rows = [row for entry in entries[1:] for row in link_rows.history_rows(partition, entry)]
    rows += [link_rows.entry_row(partition, entry) for entry in entries[1:]] if indexed else []
    if not indexed:
        rows += [row for entry in entries[:1] for row in link_rows.history_rows(partition, entry)]
        rows = [{name: value for name, value in row.items() if name != "indexed"} for row in rows]
        table.delete_entity(partition, link_rows.entry_key(entries[0].entry_id))
    for start in range(0, len(rows), 100):
        table.submit_transaction([("upsert", row, {"mode": "replace"}) for row in rows[start : start + 100]])
    last = entries[-1]
    link = replace(opened.link, history_count=last.number, history_digest=last.digest)
    return links.close(opened, link, opened.bases, [])


@pytest.mark.parametrize("entry_id", ["e1", "e600", "unknown"])
def test_an_entry_is_found_in_a_few_requests_however_long_the_history(azurite: Azurite, entry_id: str) -> None:
    with watched(azurite) as (links, proxy):
        entries = chain(600)
        stored(links, entries)
        proxy.log.clear()
        before = proxy.answered
        found = links.find_entry(7, entry_id)
        assert len(proxy.log) <= 3 and proxy.answered - before < 5_000, "and no other entry is read"
    assert found == next((one for one in entries if one.entry_id == entry_id), None)


def test_entries_of_a_version_without_the_index_are_read_once_and_then_found_straight(azurite: Azurite) -> None:
    with watched(azurite) as (links, proxy):
        entries = chain(120)
        opened = stored(links, entries, indexed=False)
        newer = replace(chain(121)[-1], previous_digest=entries[-1].digest)
        links.close(opened, replace(opened.link, history_count=121, history_digest=newer.digest), opened.bases, [newer])
        assert links.find_entry(7, "e3") == entries[2]
        proxy.log.clear()
        assert links.find_entry(7, "e119") == entries[118] and links.find_entry(7, "e121") == newer
        assert links.find_entry(7, "unknown") is None
        assert len(proxy.log) <= 7
        assert links.erase_history(7) == 121
    assert whole(links) == []


def test_no_row_of_the_index_outlives_its_entry(links: TableLinks) -> None:
    linked(links, chain(6))
    links.purge_history(START + timedelta(days=4))
    assert links.find_entry(7, "e3") is None and links.find_entry(7, "e4") is not None
    links.erase_history(7)
    left = links._storage.table("contracts").query_entities(f"PartitionKey eq '{links._partition(7)}'")
    assert {row["RowKey"][0] for row in left} == {"0", "1", "i"}


def test_a_purge_reads_only_what_it_lets_go(azurite: Azurite) -> None:
    with watched(azurite) as (links, proxy):
        stored(links, chain(600))
        before = proxy.answered
        assert links.purge_history(START + timedelta(days=4)) == 3
        assert proxy.answered - before < 20_000, "the history has 300,000 bytes"
    assert whole(links) == []


# --- the log over all contracts ---------------------------------------------------------------------------------------


def test_the_log_lists_all_contracts_newest_first(storage: Storage, account: str) -> None:
    due, log = TableDue(storage, account), TableLog(storage, account)
    for contract_id in (7, 8):
        for entry in chain(3, contract_id):
            due.put(contract_id, START, [entry])
    log.note([replace(chain(1, 9)[0], at="2026-04-01T00:00:00Z")])
    found, following = log.page(None, None, 10)
    assert found == [(9, 1), (7, 3), (8, 3), (7, 2), (8, 2), (7, 1), (8, 1)] and following is None
    assert [row.contract_id for row in due.until(START, 10)] == [7, 8], "what is due is not disturbed"


def test_the_log_is_paged_and_asked_for_one_field(storage: Storage, account: str) -> None:
    log = TableLog(storage, account)
    entries = chain(5)
    log.note([*entries[:4], replace(entries[4], fields=[HistoryLine(oneflow_field="other", dynamics_column="x")])])
    seen: list[tuple[int, int]] = []
    after = None
    while True:
        page, after = log.page("NAME", after, 2)
        seen += page
        if after is None:
            break
    assert seen == [(7, 4), (7, 3), (7, 2), (7, 1)]
    with pytest.raises(Invalid):
        log.page(None, "' or 1 eq 1", 2)


def test_old_rows_of_the_log_go(storage: Storage, account: str) -> None:
    log = TableLog(storage, account)
    log.note(chain(150))
    assert log.purge(START + timedelta(days=148)) == 147
    found, _ = log.page(None, None, 10)
    assert [number for _, number in found] == [150, 149, 148]
    assert all(one > other for one, other in pairwise(found))


def test_answers_to_repeated_requests_are_let_go(storage: Storage, account: str) -> None:
    operations, creations = TableOperations(storage, account), TableCreations(storage, account)
    operations.finish("o1", {"results": []})
    creations.start(Creation("k1", "opportunity", "r1", "d", START))
    assert operations.purge(NEVER) == 0 and creations.purge(NEVER) == 0
    later = datetime.now(UTC) + timedelta(days=1)
    assert operations.purge(later) == 1 and creations.purge(later) == 1
    assert operations.result("o1") is None and creations.get("opportunity", "r1", "k1") is None
