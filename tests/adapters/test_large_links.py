"""Three hundred fields of full length over the real emulator, under Azure's limits: what was written can be stored."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from sandbox.azurite import Azurite
from sandbox.storage_proxy import Seen, StorageProxy
from sandbox.wire import DroppedConnection
from sync_core.adapters.storage import link_rows
from sync_core.adapters.storage.connection import Storage, StorageAddress
from sync_core.adapters.storage.due import TableDue
from sync_core.adapters.storage.links import TableLinks
from sync_core.adapters.storage.log import TableLog
from sync_core.adapters.storage.packing import MOST_BYTES, packed
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.planner import plan_push
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.base import Bases, FieldBase, Halves, LateWrite
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.link import Link, Lock, OpenLink
from sync_core.engine.settling.answers import Answered, Unanswered, intent_fields, settle_write
from sync_core.engine.settling.history_chain import breaks, checkpoint_after, rebuilt
from sync_core.engine.settling.recovery import settle_left_behind
from sync_core.errors import SyncError, TooLarge
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from sync_core.usecases.sync.parts import Parts
from tests.engine.scenes import Pair, blank_base, scene
from tests.torture.memory import MemoryJobs, MemoryMappings, Store

FIELDS, LENGTH = 300, 1024
CJK, BEYOND = (0x4E00, 0x9FFF), (0x20000, 0x2FFFF)  # three and four bytes each
KARI = Cause("push", Actor("kari", "kari@fjordkraft.example", "kari", "Kari"))


@dataclass
class Desk:
    """The stores and the closer over them. `largest`: of the transactions that went out, in bytes."""

    proxy: StorageProxy
    links: TableLinks
    closer: Closer
    fail_at: int = 0  # which transaction from now on finds no service

    def watch(self) -> list[int]:
        sizes: list[int] = []

        def note(seen: Seen) -> None:
            if seen.what == "transaction contracts":
                sizes.append(len(seen.text))
                if len(sizes) == self.fail_at:
                    raise DroppedConnection

        self.proxy.before = note
        return sizes


@pytest.fixture
def desk(azurite: Azurite) -> Iterator[Desk]:
    proxy = StorageProxy(azurite.connection_string)
    storage, account = Storage(StorageAddress(proxy.connection_string), timeout=30), uuid.uuid4().hex[:12]
    links = TableLinks(storage, account)
    store, never = Store(lambda: None), lambda step, act, writing=False: None  # type: ignore[arg-type,return-value]
    jobs: Any = MemoryJobs(store, never)  # type: ignore[arg-type]
    mappings: Any = MemoryMappings(store, never, lambda: 0.0)  # type: ignore[arg-type]
    due, log = TableDue(storage, account), TableLog(storage, account)
    no_rows, no_news = ContractRowJobs(jobs, on=False), NewsJobs(jobs, mappings)
    yield Desk(proxy, links, Closer(links, due, log, jobs, no_rows, no_news))
    proxy.close()


def texts(seed: int, kind: tuple[int, int]) -> Iterator[str]:
    chance = random.Random(seed)
    while True:
        yield "".join(map(chr, chance.choices(range(*kind), k=LENGTH)))


def filled(kind: tuple[int, int], late: int, fields: int = FIELDS) -> Scene:
    """Each field's two sides differ, its base is a third value, and as many writes as this never were answered."""
    text = texts(fields, kind)
    pairs = []
    for number in range(fields):
        pair = Pair(next(text), next(text), name=f"field_{number:03d}")
        unanswered = tuple(LateWrite(one, one) for one in (next(text) for _ in range(late)))
        old = next(text)
        pairs.append(replace(pair, remembered=blank_base(pair, halves=Halves(old, old), late=unanswered)))
    return scene(*pairs)


def linked(desk: Desk, at: Scene) -> OpenLink:
    """A link that lies in storage with this base, however it came to it."""
    link = Link(at.contract.id, "opportunity", "1d", state="pending")
    opened = desk.links.create(link, {}, [])
    keys = sorted(at.bases)
    for place in range(0, len(keys), 40):
        opened = desk.links.close(opened, opened.link, {key: at.bases[key] for key in keys[: place + 40]}, [])
    found = desk.links.open(at.contract.id)
    assert found and found.bases == at.bases
    return found


def taken(desk: Desk, opened: OpenLink, plan: Plan) -> OpenLink:
    intent = Intent(uuid.uuid4().hex, "push", "push", "Kari", "2026-03-12T10:00:00Z", intent_fields(plan))
    return desk.links.take(opened, intent, Lock("me", opened.opened_at + timedelta(seconds=300)))


def answered(plan: Plan) -> Plan:
    """Every second write is answered, the others are not."""
    unclear = Unanswered(reasons.UNCLEAR, unclear=True, refused=False)
    steps: list[Step] = [
        settle_write(step, unclear if place % 2 else Answered(step.sure_write.after))
        for place, step in enumerate(plan.steps)
    ]
    return replace(plan, steps=tuple(steps))


def history(desk: Desk, contract_id: int) -> Sequence[HistoryEntry]:
    entries, following = desk.links.history(contract_id, limit=500)
    assert following is None
    return list(reversed(entries))


def holds_together(desk: Desk, contract_id: int, bases: Bases) -> list[HistoryEntry]:
    """The history is whole and leads to the base that lies there."""
    found = desk.links.open(contract_id)
    assert found and found.intent is None and found.link.lock is None
    assert found.bases == bases
    entries = list(history(desk, contract_id))
    assert breaks(entries) == []
    led_to = {key: FieldBase.from_json(one) for key, one in rebuilt(entries).items()}
    assert led_to == {key: base for key, base in bases.items() if key in led_to}
    return entries


@pytest.mark.parametrize(("kind", "late"), [(CJK, 1), (CJK, 5)], ids=["one-late", "five-late"])
def test_what_was_written_can_be_stored_whatever_the_answers(desk: Desk, kind: tuple[int, int], late: int) -> None:
    at = filled(kind, late)
    opened, plan = linked(desk, at), plan_push(at)
    sizes = desk.watch()
    now = answered(plan)
    closed = desk.closer.close(taken(desk, opened, plan), at, now, KARI)
    assert len(sizes) >= 2 and max(sizes) <= MOST_BYTES
    entries = holds_together(desk, at.contract.id, closed.bases)
    lines = {line.key: line for entry in entries for line in entry.fields}
    assert len(lines) == FIELDS == sum(len(entry.fields) for entry in entries)
    for step in plan.steps:
        line, write = lines[step.row.key], step.sure_write
        assert (line.before, line.after) == (write.before, write.after), "what was overwritten can be brought back"
        kept = closed.bases[step.row.key]
        assert kept.late[-1:] == ((LateWrite(write.after or "", step.dynamics),) if line.kind == "unclear" else ())


def test_a_value_is_stored_once_in_base_intent_and_entry(desk: Desk) -> None:
    """300 fields of 1,024 CJK characters hold 0.9 MiB: the intent has what is replaced and what replaces it."""
    at = filled(CJK, 0)
    opened, plan = linked(desk, at), plan_push(at)
    sizes = desk.watch()
    desk.closer.close(taken(desk, opened, plan), at, answered(plan), KARI)
    one_value_each = FIELDS * LENGTH * 3 * 4 / 3  # as UTF-8, in base64; it is a third less compressed
    assert sizes[0] < 2 * one_value_each
    assert sum(sizes[1:]) < 6 * one_value_each, "base: two values where no answer came; entry: new, old and the base's"


def test_an_interrupted_closing_is_finished_by_the_next_sync(desk: Desk) -> None:
    at = filled(CJK, 5)
    opened, plan = linked(desk, at), plan_push(at)
    held = taken(desk, opened, plan)
    desk.fail_at = 2  # the second part of the closing
    sizes = desk.watch()
    with pytest.raises(SyncError):
        desk.closer.close(held, at, answered(plan), KARI)
    assert len(sizes) >= 2, "it went in parts"
    desk.proxy.before = None
    found = desk.links.open(at.contract.id)
    assert found and found.intent and found.link.lock == held.link.lock, "the sync is still under way for others"
    (entry,) = history(desk, at.contract.id)
    settled = {line.key for line in entry.fields}
    left = {one.key for one in found.intent.fields}
    assert settled and left and settled | left == set(at.bases) and not settled & left

    shown = {one.key: one.after or "" for one in found.intent.fields}  # the write came through
    fields = {key: replace(one, value=shown.get(key, one.value)) for key, one in at.contract.fields.items()}
    contract = replace(at.contract, fields=fields)
    bases, lines = settle_left_behind(found.intent, found.bases, at.mapping, at.columns, contract, at.record)
    closed = desk.closer.left_behind(found, bases, lines, found.link)
    entries = holds_together(desk, at.contract.id, closed.bases)
    assert sum(len(entry.fields) for entry in entries) == FIELDS
    assert [entry.continues for entry in entries][:2] == [False, True], "what was left of it continues its entry"
    assert len({entry.entry_id for entry in entries}) == len(entries), "a search after a write finds its entry by id"


def test_a_small_base_lies_in_one_row_and_only_what_moved_of_a_large_one_is_written(desk: Desk) -> None:
    at = filled(CJK, 5)
    opened = linked(desk, at)
    key = sorted(at.bases)[100]
    sizes = desk.watch()
    moved = {**at.bases, key: replace(at.bases[key], halves=Halves("new", "new"))}
    closed = desk.links.close(opened, opened.link, moved, [])
    assert len(sizes) == 1 and sizes[0] < MOST_BYTES / 8
    found = desk.links.open(at.contract.id)
    assert found and found.bases == moved
    few = {key: moved[key]}
    desk.links.close(closed, closed.link, few, [])
    found = desk.links.open(at.contract.id)
    assert found and found.bases == few, "parts that are not needed any more are gone"


def test_an_intent_that_no_transaction_takes_is_refused_before_anything_is_written(desk: Desk) -> None:
    at = filled(BEYOND, 0, fields=600)
    opened, plan = linked(desk, at), plan_push(at)
    sizes = desk.watch()
    with pytest.raises(TooLarge):
        taken(desk, opened, plan)
    assert sizes == []


def test_links_made_and_moved_with_more_than_one_transaction_takes_go_in_parts(desk: Desk) -> None:
    at = filled(BEYOND, 2)
    lines = [HistoryLine(LineKind.SETTLED, key=key, base_after=base.to_json()) for key, base in at.bases.items()]
    link = Link(at.contract.id, "opportunity", "1d", state="pending")
    entry = HistoryEntry("e1", 1, "2026-03-12T10:00:00Z", "link", "link", "Kari", link.contract_id, "x", lines, "")
    noted: list[HistoryEntry] = []
    made = Parts(desk.links, noted.extend).begin(desk.links.create, link, at.bases, entry)
    assert made.bases == at.bases
    entries = holds_together(desk, at.contract.id, at.bases)
    assert {line.key for one in entries for line in one.fields} == set(at.bases)
    assert {one.number for one in entries[1:]} <= {one.number for one in noted}, "the log knows of each"
    assert entries[0].entry_id == "e1" and all(one.continues for one in entries[1:])


# --- a checkpoint in the place of such entries ------------------------------------------------------------------------


def begun(desk: Desk, late: int = 5) -> OpenLink:
    """A link whose base no transaction takes, and the entries that lead to it."""
    at = filled(BEYOND, late)
    lines = [HistoryLine(LineKind.SETTLED, key=key, base_after=base.to_json()) for key, base in at.bases.items()]
    link = Link(at.contract.id, "opportunity", "1d", state="pending")
    entry = HistoryEntry("e1", 1, "2026-03-12T10:00:00Z", "link", "link", "Kari", link.contract_id, "x", lines, "")
    return Parts(desk.links, lambda _: None).begin(desk.links.create, link, at.bases, entry)


def test_history_of_a_base_that_no_transaction_takes_is_let_go(desk: Desk) -> None:
    closed = begun(desk)
    contract_id = closed.link.contract_id
    sizes = desk.watch()
    gone = desk.links.erase_history(contract_id)
    assert gone == closed.link.history_count and history(desk, contract_id) == []
    assert sum(sizes) > MOST_BYTES and max(sizes) <= MOST_BYTES
    checkpoint = desk.links.checkpoint(contract_id)
    assert checkpoint and (checkpoint.number, checkpoint.digest) == (gone, closed.link.history_digest)
    assert {key: FieldBase.from_json(one) for key, one in rebuilt([], checkpoint).items()} == closed.bases


@pytest.mark.parametrize("fail_at", [1, 2])
def test_an_interrupted_checkpoint_is_behind_and_never_wrong(desk: Desk, fail_at: int) -> None:
    closed = begun(desk)
    contract_id = closed.link.contract_id
    desk.fail_at = fail_at
    desk.watch()
    with pytest.raises(SyncError):
        desk.links.erase_history(contract_id)
    desk.proxy.before = None
    for _ in range(2):
        entries, checkpoint = history(desk, contract_id), desk.links.checkpoint(contract_id)
        assert breaks(entries, checkpoint) == []
        led_to = {key: FieldBase.from_json(one) for key, one in rebuilt(entries, checkpoint).items()}
        assert led_to == closed.bases
        desk.links.erase_history(contract_id)
    assert history(desk, contract_id) == []


def test_of_an_unlinked_contract_with_a_large_checkpoint_no_value_stays(desk: Desk) -> None:
    closed = begun(desk)
    contract_id = closed.link.contract_id
    desk.links.erase_history(contract_id)
    opened = desk.links.open(contract_id)
    assert opened
    entry = HistoryEntry(
        "e9", opened.link.history_count + 1, "2026-03-12T10:00:00Z", "unlink", "unlink", "Kari", contract_id,
        "unchanged", [], opened.link.history_digest,
    )  # fmt: skip
    desk.links.remove(opened, [entry])
    desk.links.erase_history(contract_id)
    table, partition = desk.links._storage.table("contracts"), desk.links._partition(contract_id)
    left = list(table.query_entities(f"PartitionKey eq '{partition}'"))
    assert [row["RowKey"] for row in left] == ["i-checkpoint-00"]
    checkpoint = desk.links.checkpoint(contract_id)
    assert checkpoint and checkpoint.number == entry.number and checkpoint.bases == {}


def test_a_large_checkpoint_of_a_version_before_is_taken_over(desk: Desk) -> None:
    """It lay in as many rows of one kind as it needed, with its base."""
    closed = begun(desk, late=1)
    contract_id = closed.link.contract_id
    entries = history(desk, contract_id)
    old = checkpoint_after(entries[:1], None, "2026-03-12T10:00:00Z")
    table, partition = desk.links._storage.table("contracts"), desk.links._partition(contract_id)
    for place, part in enumerate(packed(old.to_json())):
        table.upsert_entity({"PartitionKey": partition, "RowKey": f"i-checkpoint-{place:02d}", **part})
    mine, first = f"PartitionKey eq '{partition}'", link_rows.history_key(1)
    for row in table.query_entities(f"{mine} and RowKey gt '{first}' and RowKey lt '{first}-~'"):
        table.delete_entity(partition, row["RowKey"])
    assert [one.number for one in history(desk, contract_id)] == [one.number for one in entries[1:]]
    desk.links.erase_history(contract_id)
    checkpoint = desk.links.checkpoint(contract_id)
    assert checkpoint and {key: FieldBase.from_json(one) for key, one in checkpoint.bases.items()} == closed.bases
    heads = table.query_entities(f"{mine} and RowKey gt 'i-checkpoint-' and RowKey lt 'i-checkpoint-:'")
    assert [row["RowKey"] for row in heads] == ["i-checkpoint-00"]
