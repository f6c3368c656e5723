"""6. What grows: due rows of which ten are due, the history of one contract, the fields of one mapping."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ServiceResponseError
from azure.data.tables import TableClient, TableServiceClient

from bench.app import App, Pair
from bench.measure import Figure, Subject, interleaved
from bench.parts import Parts
from bench.recording import recorded
from sync_core.adapters.storage import link_rows
from sync_core.bootstrap import Services
from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import ColumnType, ContractState, Direction
from sync_core.settings import Settings

GROUP = "Growth"
SIZES = (100, 1_000, 10_000, 100_000)
_FIELDS = (30, 100, 300)


class Installation:
    """One that shares the storage account, with so many due rows of which ten are due at each sweep."""

    def __init__(self, rows: int) -> None:
        # Installations are told apart by their vendors' addresses; a sweep asks no vendor.
        self.services = Services(Settings.read({**os.environ, "DATAVERSE_URL": f"http://127.0.0.1:1/{rows}"}))
        self.rows, self._account = rows, self.services._account
        self._table = self.services._storage.table("due")
        self._queue = self.services._storage.queue("sync-jobs")
        later = datetime.now(UTC) + timedelta(days=30)
        keys = [f"{later:%Y%m%dT%H%M%SZ}-{100_000 + number}" for number in range(rows - 10)]
        groups = [keys[start : start + 100] for start in range(0, len(keys), 100)]
        with ThreadPoolExecutor(3) as pool:
            for _ in pool.map(self._fill, groups):
                pass

    def ten_are_due(self) -> None:
        self._queue.clear_messages()
        past = datetime.now(UTC) - timedelta(minutes=1)
        for number in range(10):
            self.services._due.put(900_000 + number, past)

    def sweep(self) -> None:
        self.services.reconcile.run()

    def query(self) -> None:
        end = f"{datetime.now(UTC) + timedelta(minutes=10):%Y%m%dT%H%M%SZ}~"
        text = f"PartitionKey eq '{self._account}' and RowKey le '{end}'"
        next(self._table.query_entities(text, results_per_page=100).by_page())

    def requests(self) -> int:
        self.ten_are_due()
        with recorded() as sent:
            self.sweep()
        return len(sent)

    def _fill(self, keys: list[str]) -> None:
        _put(self._table, [("upsert", {"PartitionKey": self._account, "RowKey": key}) for key in keys])


def due_rows(sizes: tuple[int, ...] = SIZES, turns: int = 20) -> Iterator[Figure]:
    """Installations of all sizes in one table, swept in turns; of each the bare query is taken off."""
    found = [Installation(size) for size in sizes]
    subjects = [subject for one in found for subject in (Subject(one.sweep, one.ten_are_due), Subject(one.query))]
    times = interleaved(subjects, turns, warm=2)
    rest = [
        statistics.median(sweep - query for sweep, query in zip(times[at].wall, times[at + 1].wall, strict=True))
        for at in range(0, len(times), 2)
    ]
    queries = [taken.median for taken in times[1::2]]
    counts = [one.requests() for one in found]
    each = [
        f"{size:,}: {taken * 1000:.0f} ms and {query * 1000:.0f} ms for the query"
        for size, taken, query in zip(sizes, rest, queries, strict=True)
    ]
    yield Figure(
        GROUP,
        f"a sweep less its bare query, {sizes[-1]:,} due rows over {sizes[0]:,}, ten of them due",
        rest[-1] / rest[0],
        1.5,
        measured=f"{rest[-1] * 1000:.0f} ms",
        floor=f"{rest[0] * 1000:.0f} ms",
        note="; ".join(each),
    )
    yield Figure(
        GROUP,
        f"requests of a sweep, {sizes[-1]:,} due rows over {sizes[0]:,}",
        counts[-1] / counts[0],
        1.0,
        measured=str(counts[-1]),
        floor=str(counts[0]),
        note="of which 30 are the ten jobs: new row, message, old row gone",
    )


def _put(table: TableClient, operations: list[Any]) -> None:
    """The emulator drops a connection now and then; the rows may be put twice."""
    try:
        table.submit_transaction(operations)
    except ServiceResponseError:
        table.submit_transaction(operations)


def history(parts: Parts, app: App, entries: int = 10_000, turns: int = 25) -> Iterator[Figure]:
    short, long = app.pairs(2)
    for pair in (short, long):
        app.push(pair)
    opened = app.services._links.open(long.contract_id)
    assert opened is not None
    partition, first = f"{app.services._account}-{long.contract_id}", opened.link.history_count + 1
    made = [
        HistoryEntry(f"e{number}", number, "2026-03-12T10:00:00Z", "push", "push", "Kari", long.contract_id, "synced",
                     [HistoryLine(oneflow_field="customer_name", from_text="a", to_text="b")], "")
        for number in range(first, first + entries)
    ]  # fmt: skip
    rows = [row for entry in made for row in link_rows.history_rows(partition, entry)]
    rows += [link_rows.entry_row(partition, entry) for entry in made]
    table = TableServiceClient.from_connection_string(parts.env["AzureWebJobsStorage"]).get_table_client("contracts")
    for start in range(0, len(rows), 100):
        _put(table, [("upsert", row) for row in rows[start : start + 100]])
    link = replace(opened.link, history_count=first + entries - 1)
    app.services._links.close(opened, link, opened.bases, [])
    texts = dict.fromkeys((short, long), 0)

    def edit(pair: Pair) -> None:
        texts[pair] += 1
        parts.dataverse.act("edit", records=[pair.record_id], columns={"name": f"Text {texts[pair]}"})

    few, many = interleaved(
        [Subject(lambda: app.push(short), lambda: edit(short)), Subject(lambda: app.push(long), lambda: edit(long))],
        turns,
    )
    yield Figure(
        GROUP,
        f"push with {entries:,} history entries, over one with few",
        many.median / few.median,
        1.2,
        measured=f"{many.median * 1000:.1f} ms",
        floor=f"{few.median * 1000:.1f} ms",
    )
    links = app.services._links
    for name, entry_id, goal in (
        ("its oldest entry", made[0].entry_id, 2.0),
        ("an entry that is not there", "no", 3.0),
    ):
        with recorded() as sent:
            found = links.find_entry(long.contract_id, entry_id)
        assert (found is None) == (entry_id == "no")
        yield Figure(GROUP, f"requests to find {name} for an undo, of {entries:,}", len(sent), goal)
    with recorded() as sent:
        links.purge_history(datetime(2026, 3, 1, tzinfo=UTC))
    note = "nothing of it is old enough"
    yield Figure(GROUP, f"requests of a purge beside {entries:,} entries", len(sent), 2.0, note=note)


def planner(turns: int = 15) -> Iterator[Figure]:
    taken = {}
    for fields in _FIELDS:
        made = scene(fields)
        plan_automatic(made)
        times = []
        for _ in range(turns):
            began = time.process_time()
            for _ in range(max(1, 300 // fields)):
                plan_automatic(made)
            times.append((time.process_time() - began) / max(1, 300 // fields))
        taken[fields] = statistics.median(times)
    note = ", ".join(f"{fields} fields {seconds * 1000:.2f} ms" for fields, seconds in taken.items())
    least, most = _FIELDS[0], _FIELDS[-1]
    value = (taken[most] / most) / (taken[least] / least)
    yield Figure(GROUP, f"planner's CPU per field, {most} fields over {least}", value, 1.3, note=note)


def scene(count: int) -> Scene:
    """Every third field changed in Oneflow."""
    names = [f"column_{number}" for number in range(count)]
    rows = [FieldMapping(name, f"field_{name}", Direction.TWO_WAY) for name in names]
    fields = {
        row.key: ContractField(number, row.oneflow_field, name, "changed" if number % 3 == 0 else "text")
        for number, (name, row) in enumerate(zip(names, rows, strict=True))
    }
    return Scene(
        mapping=EntityMapping("opportunity", tuple(rows)),
        columns={name: Column(name, name, ColumnType.TEXT) for name in names},
        contract=Contract(70001, "Deal", ContractState.PENDING, fields),
        record=Record("opportunity", "id", "W/1", {name: Cell("text") for name in names}),
        bases={row.key: FieldBase(row.identity, row.direction, Halves("text", "text")) for row in rows},
        confirm_signature_reset=False,
    )


def measure(parts: Parts, app: App) -> Iterator[Figure]:
    yield from planner()
    yield from history(parts, app)
    yield from due_rows()
