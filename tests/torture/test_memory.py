"""The same claims of the storage double and of the real adapters over Azurite: so the double cannot lie."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.dead_letters import TableDeadLetters
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.idempotency import TableOperations
from sync_core.adapters.storage.installation import TableMarks
from sync_core.adapters.storage.jobs import QueueJobs
from sync_core.adapters.storage.links import TableLinks
from sync_core.adapters.storage.mappings import TableMappings
from sync_core.adapters.storage.records_index import TableCreations
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.intent import Intent, IntentField
from sync_core.engine.model.jobs import DueLinksJob, SyncJob
from sync_core.engine.model.link import Creation, Link, Lock, OpenLink
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.words import Direction, Side
from sync_core.errors import Busy, Gone, Taken, VersionMoved
from tests.torture import memory

NOW = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)


@dataclass
class Stores:
    links: Any
    due: Any
    creations: Any
    mappings: Any
    letters: Any
    operations: Any
    marks: Any
    jobs: Any
    messages: Callable[[], list[Any]]  # what is to be taken from the queue now


def at_once(step: str, act: Callable[[], Any], writing: bool = False) -> Any:
    return act()


def in_memory() -> Stores:
    store = memory.Store(lambda: datetime.now(UTC))

    def messages() -> list[Any]:
        taken = iter(store.queue.take, None)
        return [json.loads(one.text) for one in taken]

    return Stores(
        memory.MemoryLinks(store, at_once),
        memory.MemoryDue(store, at_once),
        memory.MemoryCreations(store, at_once),
        memory.MemoryMappings(store, at_once, lambda: 0.0),
        memory.MemoryDeadLetters(store, at_once),
        memory.MemoryOperations(store, at_once),
        memory.MemoryMarks(store, at_once),
        memory.MemoryJobs(store, at_once),
        messages,
    )


def over_azurite(azurite: Azurite) -> Stores:
    storage, account = Storage(StorageAddress(azurite.connection_string), timeout=10), uuid.uuid4().hex[:12]

    def messages() -> list[Any]:
        client: QueueClient = storage.queue("sync-jobs")
        return [json.loads(one.content) for one in client.receive_messages()]

    return Stores(
        TableLinks(storage, account),
        TableDue(storage, account),
        TableCreations(storage, account),
        TableMappings(storage, account, lambda: 0.0),
        TableDeadLetters(storage, account),
        TableOperations(storage, account),
        TableMarks(storage, account),
        QueueJobs(storage),
        messages,
    )


@pytest.fixture(scope="module")
def own_azurite() -> Iterator[Azurite]:
    """Of this file alone: its queue holds no other test's messages."""
    started = Azurite.start()
    yield started
    started.close()


@pytest.fixture(params=["memory", "azurite"])
def stores(request: pytest.FixtureRequest) -> Stores:
    if request.param == "memory":
        return in_memory()
    return over_azurite(request.getfixturevalue("own_azurite"))


def entry(number: int, digest: str = "") -> HistoryEntry:
    return HistoryEntry(f"e{number}", number, "2026-03-12T10:00:00Z", "push", "push", "Kari", 7, "synced",
                        [HistoryLine.from_json({"oneflow_field": "name", "from": "a", "to": "b"})], digest)  # fmt: skip


def intent() -> Intent:
    field = IntentField("name", "name", Side.ONEFLOW, "old", "new", "old", "new", "old", "new")
    return Intent("i1", "push", "push", "Kari", "2026-03-12T10:00:00Z", (field,))


def base(text: str) -> FieldBase:
    return FieldBase("name|name|data_field", Direction.TWO_WAY, Halves(text, text))


def lock(opened: OpenLink) -> Lock:
    return Lock("me", opened.opened_at + timedelta(seconds=60))


def linked(stores: Stores, contract_id: int = 7, record_id: str = "r") -> OpenLink:
    link = Link(contract_id, "opportunity", record_id, history_count=1)
    opened: OpenLink = stores.links.create(link, {"name": base("old")}, [entry(1)])
    return opened


def test_what_was_taken_is_found_and_closing_ends_it(stores: Stores) -> None:
    opened = linked(stores)
    taken = stores.links.take(opened, intent(), lock(opened))
    found = stores.links.open(7)
    assert (found.intent, found.link.lock, found.bases) == (intent(), lock(opened), {"name": base("old")})
    closed = stores.links.close(taken, replace(taken.link, lock=None), {"name": base("new")}, [entry(2)])
    found = stores.links.open(7)
    assert (found.intent, found.link.lock, found.bases) == (None, None, {"name": base("new")})
    assert found.etag == closed.etag
    assert found.opened_at.microsecond == 0


def test_a_closing_in_parts_leaves_the_lock_and_what_is_left_of_the_intent(stores: Stores) -> None:
    opened = linked(stores)
    (one,) = intent().fields
    both = replace(intent(), fields=(one, replace(one, key="other", column="other")))
    taken = stores.links.take(opened, both, lock(opened))
    bases = {"name": base("new")}
    part = stores.links.settle(taken, replace(taken.link, history_count=2), bases, [entry(2)], {"name"})
    found = stores.links.open(7)
    assert (found.intent, found.link.lock, found.bases) == (both.without({"name"}), lock(opened), bases)
    assert (part.intent, part.etag) == (found.intent, found.etag)
    stores.links.close(found, replace(found.link, lock=None), bases, [entry(3)])
    found = stores.links.open(7)
    assert (found.intent, found.link.lock) == (None, None)
    with pytest.raises(VersionMoved):
        stores.links.settle(part, part.link, {}, [entry(4)], {"other"})


def test_a_stale_link_writes_nothing_at_all(stores: Stores) -> None:
    opened = linked(stores)
    stores.links.close(opened, replace(opened.link, name="first"), opened.bases, [entry(2)])
    writes: tuple[Callable[[], object], ...] = (
        lambda: stores.links.take(opened, intent(), lock(opened)),
        lambda: stores.links.close(opened, replace(opened.link, name="second"), {"name": base("x")}, [entry(3)]),
        lambda: stores.links.remove(opened, [entry(3)]),
        lambda: stores.links.move(opened, replace(opened.link, record_id="other"), {}, [entry(3)]),
    )
    for write in writes:
        with pytest.raises(VersionMoved):
            write()
    found = stores.links.open(7)
    assert (found.link.name, found.bases, found.intent) == ("first", {"name": base("old")}, None)
    assert [one.number for one in stores.links.history(7)[0]] == [2, 1]


def test_a_number_of_the_history_is_given_once(stores: Stores) -> None:
    opened = linked(stores)
    with pytest.raises(VersionMoved):
        stores.links.close(opened, opened.link, opened.bases, [entry(1)])


def test_a_contract_has_one_link(stores: Stores) -> None:
    linked(stores)
    with pytest.raises(Taken):
        stores.links.create(Link(7, "opportunity", "other"), {}, [])
    assert [one.contract_id for one in stores.links.of_record("opportunity", "r")] == [7]
    assert stores.links.of_record("opportunity", "other") == []


def test_a_removed_link_leaves_its_history_and_nothing_else(stores: Stores) -> None:
    opened = linked(stores)
    stores.links.remove(opened, [entry(2)])
    assert stores.links.open(7) is None
    assert stores.links.of_record("opportunity", "r") == []
    assert [one.number for one in stores.links.history(7)[0]] == [2, 1]
    with pytest.raises(VersionMoved):
        stores.links.create(Link(7, "opportunity", "r"), {}, [entry(2)])  # its number is taken


def test_a_moved_link_has_another_record_and_no_base(stores: Stores) -> None:
    opened = linked(stores)
    stores.links.move(opened, replace(opened.link, record_id="s"), {}, [entry(2)])
    found = stores.links.open(7)
    assert (found.link.record_id, found.bases, found.intent) == ("s", {}, None)
    assert [one.contract_id for one in stores.links.of_record("opportunity", "s")] == [7]
    assert stores.links.of_record("opportunity", "r") == []


def test_a_link_that_is_moved_to_the_record_where_it_is_stays_in_the_index(stores: Stores) -> None:
    """As a move whose answer was lost, and that is asked for again."""
    opened = linked(stores)
    stores.links.move(opened, replace(opened.link, moved=True), {}, [entry(2)])
    assert [one.contract_id for one in stores.links.of_record("opportunity", "r")] == [7]
    assert [link.contract_id for link, _ in stores.due.swept(None, 10)[0]] == [7]


def test_history_comes_newest_first_page_by_page(stores: Stores) -> None:
    opened = linked(stores)
    stores.links.close(opened, opened.link, opened.bases, [entry(2), entry(3)])
    page, after = stores.links.history(7, limit=2)
    rest, end = stores.links.history(7, after, 2)
    assert ([one.number for one in page], [one.number for one in rest], end) == ([3, 2], [1], None)
    assert stores.links.entry(7, 2).number == 2
    assert stores.links.entry(7, 9) is None


def test_an_appended_entry_is_numbered_and_waits_for_a_lock(stores: Stores) -> None:
    opened = linked(stores)
    stores.links.append(7, lambda number, digest: entry(number, digest))
    assert stores.links.open(7).link.history_count == 2
    opened = stores.links.open(7)
    stores.links.take(opened, intent(), lock(opened))
    with pytest.raises(Busy):
        stores.links.append(7, lambda number, digest: entry(number, digest))
    stores.links.append(404, lambda number, digest: entry(number, digest))  # without a link: nothing


def test_erased_history_leaves_a_checkpoint(stores: Stores) -> None:
    linked(stores)
    assert stores.links.erase_history(7) == 1
    known = stores.links.checkpoint(7)
    assert (known.number, known.digest) == (1, entry(1).digest)
    assert stores.links.history(7)[0] == []


def test_due_rows_come_longest_overdue_first_and_can_be_dropped_twice(stores: Stores) -> None:
    for minutes, contract_id in ((5, 1), (-5, 2), (-60, 3), (0, 4)):
        stores.due.put(contract_id, NOW + timedelta(minutes=minutes))
    assert [row.contract_id for row in stores.due.until(NOW, 10)] == [3, 2, 4]
    key = stores.due.until(NOW, 1)[0].row_key
    stores.due.drop(key)
    stores.due.drop(key)
    assert [row.contract_id for row in stores.due.until(NOW, 10)] == [2, 4]


def test_a_jobs_row_is_never_a_links_even_in_the_same_second(stores: Stores) -> None:
    """A link idle for ten hours is due in ten minutes, just as a job is made anew that gets lost."""
    own, kept = stores.due.put(7, NOW), stores.due.keep(7, NOW)
    stores.due.wait(SyncJob(7, "look", attempts=3), NOW)
    assert [(row.contract_id, row.due_at) for row in stores.due.until(NOW, 10)] == [(7, NOW)] * 3
    stores.due.drop(kept)
    rows = {row.row_key: row.job for row in stores.due.until(NOW, 10)}
    assert rows.pop(own) is None and list(rows.values()) == [SyncJob(7, "look", attempts=3)]


def test_jobs_that_wait_for_one_moment_are_one_as_old_as_the_oldest(stores: Stores) -> None:
    stores.due.wait(SyncJob(7, "look", attempts=3, first_put_at=NOW), NOW)
    stores.due.wait(SyncJob(7, "look", attempts=1, first_put_at=NOW + timedelta(hours=1)), NOW)
    stores.due.wait(SyncJob(7, "look", attempts=2, first_put_at=NOW - timedelta(hours=1), letter="l"), NOW)
    (row,) = stores.due.until(NOW, 10)
    assert (row.job.attempts, row.job.first_put_at, row.job.letter) == (3, NOW - timedelta(hours=1), "l")


def test_a_link_whose_due_row_is_gone_is_missing(stores: Stores) -> None:
    key = stores.due.put(1, NOW)
    stores.links.create(Link(1, "opportunity", "a", due=key), {}, [])
    stores.links.create(Link(2, "opportunity", "b"), {}, [])
    assert {link.contract_id: is_due for link, is_due in stores.due.swept(None, 10)[0]} == {1: True, 2: False}
    stores.due.drop(key)
    assert {link.contract_id: is_due for link, is_due in stores.due.swept(None, 10)[0]} == {1: False, 2: False}


def test_a_creation_starts_once_and_can_be_finished_or_forgotten(stores: Stores) -> None:
    creation = Creation("k", "opportunity", "r", "digest", NOW, {"name": "Agreement"})
    assert stores.creations.start(creation) is None
    assert stores.creations.start(creation) == creation
    stores.creations.finish(creation, 7, {"contract_id": 7})
    assert stores.creations.get("opportunity", "r", "k").contract_id == 7
    stores.creations.forget(creation)
    stores.creations.forget(creation)
    assert stores.creations.get("opportunity", "r", "k") is None


def test_a_mapping_is_saved_on_the_version_that_was_read(stores: Stores) -> None:
    rows = (FieldMapping("name", "customer_name", Direction.TWO_WAY),)
    saved = stores.mappings.put(EntityMapping("opportunity", rows), "")
    assert stores.mappings.get("opportunity", fresh=True) == saved
    with pytest.raises(VersionMoved):
        stores.mappings.put(saved, "")
    again = stores.mappings.put(replace(saved, auto_push=True), saved.etag)
    with pytest.raises(VersionMoved):
        stores.mappings.put(saved, saved.etag)
    assert list(stores.mappings.all()) == [again]


def test_dead_letters_are_one_per_contract_and_cause_and_counted(stores: Stores) -> None:
    job = SyncJob(7)
    for reason in ("first", "second"):
        stores.letters.add(7, "Refused", reason, job)
    stores.letters.add(None, "crash", "third", None)
    found = {letter.reason: letter for letter in stores.letters.list()[0]}
    assert {reason: letter.count for reason, letter in found.items()} == {"second": 2, "third": 1}
    stores.letters.close(7)
    (left,) = stores.letters.list()[0]
    assert left.contract_id is None
    assert (stores.letters.discard(left.id), stores.letters.discard(left.id)) == (True, False)


def test_an_operations_answer_is_kept_until_it_is_forgotten(stores: Stores) -> None:
    assert stores.operations.result("o") is None
    stores.operations.finish("o", {"outcome": "synced"})
    assert stores.operations.result("o") == {"outcome": "synced"}
    stores.operations.finish("of-1", {"n": 1})
    assert list(stores.operations.listed("of-")) == [{"n": 1}]
    stores.operations.forget("o")
    assert stores.operations.result("o") is None


def test_an_answer_is_changed_only_while_it_is_what_was_looked_at(stores: Stores) -> None:
    with pytest.raises(Gone):
        stores.operations.change("p", {"n": 1}, lambda there: True)
    stores.operations.finish("p", {"n": 1})
    stores.operations.change("p", {"n": 2}, lambda there: there["n"] == 1)
    with pytest.raises(VersionMoved):
        stores.operations.change("p", {"n": 3}, lambda there: there["n"] == 1)
    assert stores.operations.result("p") == {"n": 2}


def test_what_comes_in_between_is_looked_at_before_an_answer_is_changed(own_azurite: Azurite) -> None:
    operations = over_azurite(own_azurite).operations
    operations.finish("q", {"n": 1})
    seen = []

    def still(there: dict[str, int]) -> bool:
        seen.append(there["n"])
        if len(seen) == 1:
            operations.finish("q", {"n": 2})
        return True

    operations.change("q", {"n": 9}, still)
    assert (seen, operations.result("q")) == ([1, 2], {"n": 9})


def test_marks_are_set_and_counted(stores: Stores) -> None:
    stores.marks.set("a", "x")
    stores.marks.count("b")
    stores.marks.count("b")
    assert stores.marks.all() == {"a": "x", "b": "2"}
    stores.marks.drop("a")
    stores.marks.drop("a")
    assert stores.marks.all() == {"b": "2"}


def test_a_delayed_job_is_not_there_yet(stores: Stores) -> None:
    stores.jobs.put(DueLinksJob("quote"), delay=300)
    stores.jobs.put(SyncJob(7))
    assert [job["kind"] for job in stores.messages()] == ["sync"]
