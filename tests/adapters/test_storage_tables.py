"""Due rows, creations, mappings, dead letters, marks and jobs over the real emulator."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sandbox.storage_proxy import Seen, StorageProxy
from sandbox.wire import DroppedConnection
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.dead_letters import TableDeadLetters
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.installation import TableMarks
from sync_core.adapters.storage.jobs import QueueJobs
from sync_core.adapters.storage.links import TableLinks
from sync_core.adapters.storage.mappings import TableMappings
from sync_core.adapters.storage.packing import packed
from sync_core.adapters.storage.records_index import TableCreations
from sync_core.engine.model.jobs import EventsJob, RecordJob, SyncJob, UnknownJob
from sync_core.engine.model.link import Creation, Link
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.row_options import Format, Labels, RowOptions
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind
from sync_core.errors import ConfigurationError, ConnectionBroken, Temporary, VersionMoved
from sync_core.telemetry import correlation

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def test_only_what_is_due_is_read_longest_overdue_first(storage: Storage, account: str) -> None:
    due = TableDue(storage, account)
    for minutes, contract_id in ((5, 1), (-5, 2), (-60, 3), (0, 4)):
        due.put(contract_id, NOW + timedelta(minutes=minutes))
    assert [row.contract_id for row in due.until(NOW, 10)] == [3, 2, 4]
    assert [row.contract_id for row in due.until(NOW, 2)] == [3, 2]


def test_the_services_own_time_decides_what_is_due(storage: Storage, account: str) -> None:
    due = TableDue(storage, account)
    now = datetime.now(UTC)
    due.put(1, now - timedelta(seconds=5))
    due.put(2, now + timedelta(minutes=5))
    assert [row.contract_id for row in due.until(None, 10)] == [1]


def test_a_dropped_due_row_is_gone_and_dropping_twice_is_no_error(storage: Storage, account: str) -> None:
    due = TableDue(storage, account)
    key = due.put(1, NOW)
    due.drop(key)
    due.drop(key)
    assert due.until(NOW, 10) == []


def test_the_slow_sweep_sees_every_link_and_which_lacks_its_due_row(storage: Storage, account: str) -> None:
    due, links = TableDue(storage, account), TableLinks(storage, account)
    for contract_id in range(5):
        key = due.put(contract_id, NOW) if contract_id == 3 else None
        links.create(Link(contract_id, "opportunity", f"r{contract_id}", due=key), {}, [])
    found: list[int] = []
    seen: list[int] = []
    after: str | None = None
    while True:
        page, after = due.swept(after, 2)
        seen += [link.contract_id for link, _ in page]
        found += [link.contract_id for link, is_due in page if not is_due]
        if after is None:
            break
    assert sorted(found) == [0, 1, 2, 4]
    assert sorted(seen) == [0, 1, 2, 3, 4]


def test_of_racing_creations_with_one_key_one_starts(storage: Storage, account: str) -> None:
    creations = TableCreations(storage, account)
    creation = Creation("click/1", "opportunity", "r", "digest", NOW, {"name": "Agreement"})
    with ThreadPoolExecutor(4) as pool:
        started = list(pool.map(lambda _: creations.start(creation), range(4)))
    assert started.count(None) == 1
    creations.finish(creation, 7, {"contract_id": 7})
    done = creations.start(creation)
    assert done is not None and (done.contract_id, done.result, done.request) == (
        7,
        {"contract_id": 7},
        {"name": "Agreement"},
    )
    creations.forget(creation)
    assert creations.get("opportunity", "r", "click/1") is None


def mapping(**parts: object) -> EntityMapping:
    rows = (
        FieldMapping("name", "customer_name", Direction.TWO_WAY, conflict_policy=ConflictPolicy.ASK),
        FieldMapping("ownerid", "name", Direction.SYNC_ONCE, OneflowKind.PARTY),
        FieldMapping(
            "new_priority", "priority", Direction.TWO_WAY, options=RowOptions(labels=Labels(("Ja",), ("Nej",)))
        ),
        FieldMapping("revenue", "amount", Direction.TWO_WAY, options=RowOptions(format=Format("sv-SE", currency=True))),
        FieldMapping("start", "start", Direction.TWO_WAY, options=RowOptions("Europe/Stockholm", resolve_labels="key")),
    )
    return replace(EntityMapping("opportunity", rows), **parts)  # type: ignore[arg-type]


def test_a_mapping_comes_back_whole_with_its_etag(storage: Storage, account: str) -> None:
    mappings = TableMappings(storage, account, Clock())
    saved = mappings.put(mapping(auto_push=True), "")
    other = TableMappings(storage, account, Clock())
    assert other.get("opportunity") == saved
    assert other.get("quote") is None
    assert list(other.all()) == [saved]


# As it was stored before a row's members had the names that they have on the wire.
STORED_BEFORE = {
    "entity": "opportunity",
    "rows": [
        {"column": "name", "field": "customer_name", "direction": "two_way", "policy": "ask"},
        {"column": "ownerid", "field": "name", "direction": "sync_once", "kind": "party"},
        {
            "column": "new_priority",
            "field": "priority",
            "direction": "two_way",
            "options": {"labels": {"yes": ["Ja"], "no": ["Nej"]}},
        },
        {
            "column": "revenue",
            "field": "amount",
            "direction": "two_way",
            "options": {"format": {"locale": "sv-SE", "length": "long", "currency": True}},
        },
        {
            "column": "start",
            "field": "start",
            "direction": "two_way",
            "options": {"time_zone": "Europe/Stockholm", "resolve_labels": "key"},
        },
    ],
    "auto_push": True,
    "policy": "dynamics_wins",
}


def test_a_mapping_that_an_earlier_version_stored_is_read_and_can_be_saved_over(storage: Storage, account: str) -> None:
    row = {"PartitionKey": account, "RowKey": "opportunity", **packed(STORED_BEFORE)[0]}
    storage.table("mappings").create_entity(row)
    mappings = TableMappings(storage, account, Clock())
    found = mappings.get("opportunity")
    assert found is not None and found.etag
    assert replace(found, etag="") == mapping(auto_push=True, conflict_policy=ConflictPolicy.DYNAMICS_WINS)
    assert list(mappings.all()) == [found]
    saved = mappings.put(replace(found, auto_push=False), found.etag)
    assert TableMappings(storage, account, Clock()).get("opportunity") == saved


def test_a_stale_etag_saves_nothing(storage: Storage, account: str) -> None:
    mappings = TableMappings(storage, account, Clock())
    first = mappings.put(mapping(), "")
    mappings.put(mapping(auto_push=True), first.etag)
    for etag in ("", first.etag):
        with pytest.raises(VersionMoved):
            mappings.put(mapping(), etag)
    stored = mappings.get("opportunity", fresh=True)
    assert stored and stored.auto_push
    assert not mappings.put(mapping(), "*").auto_push


def test_a_mapping_is_believed_for_thirty_seconds(storage: Storage, account: str) -> None:
    clock = Clock()
    reader, writer = TableMappings(storage, account, clock), TableMappings(storage, account, Clock())
    writer.put(mapping(), "")
    reader.get("opportunity")
    writer.put(mapping(auto_push=True), "*")
    clock.at = 29
    known = reader.get("opportunity")
    assert known and not known.auto_push
    clock.at = 31
    known = reader.get("opportunity")
    assert known and known.auto_push


def test_dead_letters_are_one_per_contract_and_cause_and_counted(storage: Storage, account: str) -> None:
    letters = TableDeadLetters(storage, account)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda _: letters.add(7, "refused", "why", SyncJob(7)), range(3)))
    letters.add(7, "crash", "why", SyncJob(7))
    letters.add(None, "crash", "why", RecordJob("opportunity", "r"))
    found, following = letters.list(None, 10)
    assert following is None and len(found) == 3
    assert {(one.contract_id, one.cause): one.count for one in found}[(7, "refused")] == 3
    letters.close(7)
    left, _ = letters.list(None, 10)
    assert [one.contract_id for one in left] == [None]
    assert letters.discard(left[0].id) and not letters.discard(left[0].id)


def test_a_dead_letter_that_an_earlier_version_stored_is_read(storage: Storage, account: str) -> None:
    job = {"kind": "events", "contract_id": 7, "entry_id": "e1", "attempts": 3, "first_put_at": "2026-03-12T10:00:00Z"}
    times = {"first_at": "2026-03-12T10:00:00Z", "last_at": "2026-03-12T11:00:00Z"}
    for letter_id, stored in (("a", job), ("b", {"unreadable": True}), ("c", {"kind": "sync"})):
        content = {"id": letter_id, "contract_id": 7, "cause": "x", "reason": "why", "count": 2, "job": stored, **times}
        row = {"PartitionKey": account, "RowKey": letter_id, "contract_id": "7", "cause": "x", **packed(content)[0]}
        storage.table("deadletters").create_entity(row)
    first, second, third = TableDeadLetters(storage, account).list()[0]
    assert first.job == EventsJob(7, "e1", attempts=3, first_put_at=NOW)
    assert (first.count, first.last_at) == (2, NOW + timedelta(hours=1))
    assert second.job is None, "it was never readable"
    assert third.job == UnknownJob(content={"kind": "sync"})


def test_dead_letters_are_paged(storage: Storage, account: str) -> None:
    letters = TableDeadLetters(storage, account)
    for contract_id in range(5):
        letters.add(contract_id, "crash", "why", None)
    first, after = letters.list(None, 3)
    rest, end = letters.list(after, 3)
    assert {one.contract_id for one in [*first, *rest]} == set(range(5)) and end is None


def test_marks_are_remembered(storage: Storage, account: str) -> None:
    marks = TableMarks(storage, account)
    marks.set("last_event", "a")
    marks.set("last_event", "b")
    marks.set("secrets:sync_jobs:0a", "c")
    assert marks.all() == {"last_event": "b", "secrets:sync_jobs:0a": "c"}
    for _ in range(2):  # another sweep may have been first
        marks.drop("secrets:sync_jobs:0a")
    assert marks.all() == {"last_event": "b"}


def test_a_job_is_base64_as_the_host_reads_it_and_does_not_expire(storage: Storage, azurite: Azurite) -> None:
    known = correlation.started("test")
    QueueJobs(storage).put(SyncJob(7))
    raw = QueueClient.from_connection_string(azurite.connection_string, "sync-jobs", api_version="2025-11-05")
    message = raw.receive_message()
    assert message is not None
    assert json.loads(base64.b64decode(message.content)) == {
        "kind": "sync",
        "contract_id": 7,
        "correlation_id": known,
    }
    assert message.expires_on and message.expires_on.year > 9000
    raw.delete_message(message)
    QueueJobs(storage).put(SyncJob(8), delay=30)
    assert raw.receive_message() is None
    raw.clear_messages()


def test_a_wrong_key_breaks_the_connection_and_is_not_named(azurite: Azurite) -> None:
    wrong = azurite.connection_string.replace("Eby8vdM02x", "AAAAAAAAAA")
    with pytest.raises(ConnectionBroken) as refused:
        TableMarks(Storage(StorageAddress(wrong), timeout=5), "a").all()
    assert "AAAAAAAAAA" not in str(refused.value)


def test_storage_that_does_not_answer_is_temporary() -> None:
    nowhere = (
        "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey=AAAA;"
        "TableEndpoint=http://127.0.0.1:9/devstoreaccount1;QueueEndpoint=http://127.0.0.1:9/devstoreaccount1;"
    )
    with pytest.raises(Temporary):
        TableMarks(Storage(StorageAddress(nowhere), timeout=2), "a").all()


@pytest.mark.timeout(30)  # the library's own waits between attempts would be longer
def test_a_message_is_tried_three_times_in_quick_succession(azurite: Azurite) -> None:
    proxy = StorageProxy(azurite.connection_string)
    jobs = QueueJobs(Storage(StorageAddress(proxy.connection_string), timeout=10))
    jobs.ping()  # the queue is there

    def cut(seen: Seen) -> None:
        raise DroppedConnection

    proxy.log.clear()
    proxy.before = cut
    with pytest.raises(Temporary):
        jobs.put(SyncJob(7))
    assert [seen.what for seen in proxy.log] == ["put message"] * 3
    proxy.close()


def test_a_read_whose_connection_breaks_is_sent_once_more(azurite: Azurite) -> None:
    """A server may end an idle connection just as a request goes out on it: no reason to answer a page with 503."""
    with cutting(azurite, times=1) as (marks, seen):
        assert marks.all() == {}
    assert seen == ["query marks"] * 2


def test_a_read_whose_connection_breaks_twice_is_given_up(azurite: Azurite) -> None:
    with cutting(azurite, times=2) as (marks, seen), pytest.raises(Temporary) as lost:
        marks.all()
    assert seen == ["query marks"] * 2 and not lost.value.unclear


def test_a_write_whose_connection_breaks_is_never_sent_again(azurite: Azurite) -> None:
    """It may have been done: sent again, it would trip over its own success."""
    with cutting(azurite, times=1) as (marks, seen), pytest.raises(Temporary) as lost:
        marks.set("last_event", "now")
    assert len(seen) == 1 and lost.value.unclear


@contextmanager
def cutting(azurite: Azurite, times: int) -> Iterator[tuple[TableMarks, list[str]]]:
    """Marks whose next requests find their connection broken; and the requests that arrived meanwhile."""
    proxy = StorageProxy(azurite.connection_string)
    marks = TableMarks(Storage(StorageAddress(proxy.connection_string), timeout=10), uuid.uuid4().hex[:12])
    marks.all()  # the table is there
    seen: list[str] = []

    def cut(one: Seen) -> None:
        seen.append(one.what)
        if len(seen) <= times:
            raise DroppedConnection

    proxy.before = cut
    try:
        yield marks, seen
    finally:
        proxy.close()


def test_a_missing_address_names_the_setting() -> None:
    with pytest.raises(ConfigurationError, match="AzureWebJobsStorage__tableServiceUri"):
        TableMarks(Storage(StorageAddress()), "a").all()
