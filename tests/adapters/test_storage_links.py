"""Links over the real emulator: one query opens, one transaction takes, one closes; a stale ETag writes nothing."""

from __future__ import annotations

import random
import string
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sandbox.azurite import Azurite
from sandbox.storage_proxy import Seen, StorageProxy
from sandbox.wire import DroppedConnection
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.links import TableLinks
from sync_core.engine.model.asked import LastRequest
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.intent import Intent, IntentField
from sync_core.engine.model.link import Link, Lock, OpenLink
from sync_core.engine.model.words import Direction, Side
from sync_core.errors import Busy, Refused, Taken, Temporary, VersionMoved

RECORD = "11111111-2222-3333-4444-555555555555"


@pytest.fixture(scope="module")
def proxy(azurite: Azurite) -> Iterator[StorageProxy]:
    proxy = StorageProxy(azurite.connection_string)
    yield proxy
    proxy.close()


@pytest.fixture
def links(proxy: StorageProxy) -> TableLinks:
    """An installation of its own in the shared emulator."""
    links = TableLinks(Storage(StorageAddress(proxy.connection_string), timeout=10), uuid.uuid4().hex[:12])
    links.open(1)  # the table is made
    proxy.log.clear()
    proxy.before = proxy.after = None
    return links


def entry(number: int, digest: str = "", **lines: str) -> HistoryEntry:
    fields = [
        HistoryLine.from_json({"oneflow_field": key, "from": text, "to": text[::-1]}) for key, text in lines.items()
    ]
    at = "2026-03-12T10:00:00Z"
    return HistoryEntry(f"e{number}", number, at, "push", "push", "Kari", 7, "synced", fields, digest)


def intent(text: str = "new") -> Intent:
    field = IntentField("name", "name", Side.ONEFLOW, "old", text, "old", text, "old", text)
    return Intent("i1", "push", "push", "Kari", "2026-03-12T10:00:00Z", (field,))


def base(text: str) -> FieldBase:
    return FieldBase("name|name|data_field", Direction.TWO_WAY, Halves(text, text))


def lock(opened: OpenLink) -> Lock:
    return Lock("me", opened.opened_at + timedelta(seconds=60))


def linked(links: TableLinks, contract_id: int = 7, record_id: str = RECORD) -> OpenLink:
    link = Link(contract_id, "opportunity", record_id, field_ids={880001: "customer_name"}, history_count=1)
    return links.create(link, {"name": base("old")}, [entry(1)])


def test_a_link_comes_back_as_it_was_stored(links: TableLinks) -> None:
    moment = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
    link = Link(
        7, "opportunity", RECORD, lock=Lock("me", moment), looked_at=moment, automatic_writes=(moment,),
        field_ids={1: "a"}, history_count=0, waiting_for_push=3,
    )  # fmt: skip
    links.create(link, {"name": base("x")}, [])
    opened = links.open(7)
    assert opened is not None and (opened.link, opened.bases, opened.intent) == (link, {"name": base("x")}, None)
    assert abs(opened.opened_at - datetime.now(UTC)) < timedelta(minutes=1)


def test_an_unlinked_contract_has_no_link(links: TableLinks) -> None:
    assert links.open(404) is None


def test_a_sync_costs_one_query_and_two_transactions(links: TableLinks, proxy: StorageProxy) -> None:
    linked(links)
    proxy.log.clear()
    opened = links.open(7)
    assert opened
    taken = links.take(opened, intent(), lock(opened))
    links.close(taken, replace(taken.link, lock=None), {"name": base("new")}, [entry(2)])
    assert [seen.what for seen in proxy.log] == ["query contracts", "transaction contracts", "transaction contracts"]


def test_what_was_taken_is_found_by_whoever_opens_next(links: TableLinks) -> None:
    opened = linked(links)
    links.take(opened, intent(), lock(opened))
    found = links.open(7)
    assert found and found.intent == intent() and found.link.lock and found.link.lock.holder == "me"


def test_closing_leaves_no_intent_and_no_lock(links: TableLinks) -> None:
    opened = linked(links)
    taken = links.take(opened, intent(), lock(opened))
    links.close(taken, replace(taken.link, lock=None), {"name": base("new")}, [entry(2)])
    found = links.open(7)
    assert found and found.intent is None and found.link.lock is None and found.bases == {"name": base("new")}


def test_a_stale_link_writes_nothing(links: TableLinks) -> None:
    opened = linked(links)
    links.close(opened, replace(opened.link, name="First"), opened.bases, [entry(2)])
    with pytest.raises(VersionMoved):
        links.take(opened, intent(), lock(opened))
    with pytest.raises(VersionMoved):
        links.close(opened, replace(opened.link, name="Second"), {"name": base("lost")}, [entry(3)])
    found = links.open(7)
    assert found and found.link.name == "First" and found.intent is None
    assert [one.number for one in links.history(7)[0]] == [2, 1]


def test_of_many_that_take_one_link_one_gets_it(links: TableLinks) -> None:
    linked(links)
    opened = [links.open(7) for _ in range(8)]

    def take(one: OpenLink | None) -> bool:
        assert one
        try:
            links.take(one, intent(), lock(one))
        except VersionMoved:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, opened)) == 1


def test_a_transaction_whose_answer_is_lost_says_that_it_may_have_been_done(
    links: TableLinks, proxy: StorageProxy
) -> None:
    from sandbox.wire import DroppedConnection

    opened = linked(links)

    def drop(seen: object) -> None:
        proxy.after = None
        raise DroppedConnection

    proxy.after = drop
    with pytest.raises(Temporary) as lost:
        links.take(opened, intent(), lock(opened))
    assert lost.value.unclear
    found = links.open(7)
    assert found and found.intent == intent(), "and it was: whoever opens next finds the intent"


def test_three_hundred_fields_of_full_length_fit(links: TableLinks) -> None:
    chance = random.Random(1)
    letters = string.ascii_letters + string.digits + "åäöÅÄÖ"
    texts = {f"field_{i}": "".join(chance.choices(letters, k=1024)) for i in range(300)}
    opened = linked(links)
    fields = tuple(
        IntentField(key, key, Side.DYNAMICS, text[::-1], text, text[::-1], text, text, text[::-1])
        for key, text in texts.items()
    )
    taken = links.take(opened, replace(intent(), fields=fields), lock(opened))
    bases = {key: base(text) for key, text in texts.items()}
    lines = [
        HistoryLine.from_json(
            {"oneflow_field": key, "from": text[::-1], "to": text, "before": text[::-1], "after": text}
        )
        for key, text in texts.items()
    ]
    closed = links.close(taken, taken.link, bases, [replace(entry(2), fields=lines)])
    found = links.open(7)
    assert found and found.bases == bases and found.intent is None
    assert links.history(7)[0][0].fields == lines
    links.close(closed, closed.link, {"name": base("few")}, [])
    found = links.open(7)
    assert found and found.bases == {"name": base("few")}, "chunks that are not needed any more are gone"


def test_what_azure_would_refuse_is_refused_before_it_is_sent(links: TableLinks, proxy: StorageProxy) -> None:
    chance = random.Random(2)
    opened = linked(links)
    proxy.log.clear()
    big = {f"f{i}": base("".join(chr(chance.randrange(0x4E00, 0x9FFF)) for _ in range(1024))) for i in range(2500)}
    with pytest.raises(Refused):
        links.close(opened, opened.link, big, [])
    assert proxy.log == []


def test_a_contract_has_one_link(links: TableLinks) -> None:
    linked(links)
    with pytest.raises(Taken):
        linked(links, record_id="99999999-2222-3333-4444-555555555555")
    assert [link.contract_id for link in links.of_record("opportunity", RECORD)] == [7]
    assert links.of_record("opportunity", "99999999-2222-3333-4444-555555555555") == []


def test_a_record_may_have_many_links_and_strange_ids_break_no_key(links: TableLinks) -> None:
    for contract_id in (7, 8, 9):
        linked(links, contract_id, "a/b#c?d\\e'f")
    assert {link.contract_id for link in links.of_record("opportunity", "a/b#c?d\\e'f")} == {7, 8, 9}
    assert {link.contract_id for link in links.of_entity("opportunity")} == {7, 8, 9}
    assert links.of_entity("oppor") == []


def test_a_moved_link_starts_without_a_base(links: TableLinks) -> None:
    opened = linked(links)
    moved = links.move(opened, replace(opened.link, record_id="new", history_count=2), {}, [entry(2)])
    assert moved.bases == {}
    found = links.open(7)
    assert found and found.bases == {} and found.link.record_id == "new"
    assert links.of_record("opportunity", RECORD) == []
    assert len(links.of_record("opportunity", "new")) == 1


def test_an_ended_link_leaves_its_history(links: TableLinks) -> None:
    opened = linked(links)
    links.remove(opened)
    assert links.open(7) is None
    assert links.of_record("opportunity", RECORD) == []
    assert [one.number for one in links.history(7)[0]] == [1]


def test_history_is_paged_newest_first(links: TableLinks) -> None:
    opened = linked(links)
    for number in range(2, 8):
        opened = links.close(opened, replace(opened.link, history_count=number), opened.bases, [entry(number)])
    numbers: list[int] = []
    after: str | None = None
    while True:
        page, after = links.history(7, after, 3)
        numbers += [one.number for one in page]
        if after is None:
            break
    assert numbers == [7, 6, 5, 4, 3, 2, 1]


def test_an_appended_entry_continues_the_chain_and_waits_for_a_sync(links: TableLinks) -> None:
    opened = linked(links)
    links.append(7, lambda number, digest: entry(number, digest))
    assert next(one.number for one in links.history(7)[0]) == opened.link.history_count + 1
    again = links.open(7)
    assert again
    links.take(again, intent(), lock(again))
    with pytest.raises(Busy):
        links.append(7, lambda number, digest: entry(number, digest))


def test_a_change_of_the_link_alone_leaves_base_and_history_and_waits_for_a_sync(links: TableLinks) -> None:
    opened = linked(links)
    asked = LastRequest("o1", "push", "done", "Written: Topic.", "2026-03-12T10:00:00Z", "Kari")
    links.change(7, lambda link: replace(link, last_request=asked))
    again = links.open(7)
    assert again and again.link == replace(opened.link, last_request=asked)
    assert (again.bases, again.intent) == (opened.bases, opened.intent)
    links.change(7, lambda link: link)
    same = links.open(7)
    assert same and same.etag == again.etag, "nothing was written"
    links.take(again, intent(), lock(again))
    with pytest.raises(Busy):
        links.change(7, lambda link: replace(link, last_request=None))
    links.change(8, lambda link: link)  # without a link there is nothing to change


def test_old_history_is_let_go(links: TableLinks) -> None:
    linked(links)
    links.append(7, lambda number, digest: replace(entry(number, digest), at="2027-01-01T00:00:00Z"))
    assert links.purge_history(datetime(2026, 6, 1, tzinfo=UTC)) >= 1
    assert [one.at for one in links.history(7)[0]] == ["2027-01-01T00:00:00Z"]


def test_a_connection_lost_while_a_link_is_read_costs_no_attempt(links: TableLinks, proxy: StorageProxy) -> None:
    linked(links)
    proxy.log.clear()

    def cut(seen: Seen) -> None:
        proxy.before = None
        raise DroppedConnection

    proxy.before = cut
    assert links.open(7) is not None
    assert [seen.what for seen in proxy.log] == ["query contracts"] * 2
