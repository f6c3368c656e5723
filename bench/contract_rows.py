"""11. What the contract's row in Dynamics adds to an edit: requests and time over the same sync without rows, and over
the same edit among few links."""

from __future__ import annotations

import itertools
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bench.app import App, Pair
from bench.measure import Figure, Subject, interleaved, ratio
from bench.parts import Parts
from bench.recording import Sent, path_of, recorded
from sync_core.bootstrap import Services
from sync_core.engine.model.jobs import ContractRowJob, SyncJob
from sync_core.settings import Settings

GROUP = "The contract's row in Dynamics"
LINKS = 2_000
WARM = 3  # turns
_TEXTS = ("First name of the customer", "Other name of the customer")


class Edits:
    """A counterparty's edits, each carried by an automatic sync and, where rows are written, shown by the row's job."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._texts: defaultdict[Pair, Iterator[str]] = defaultdict(lambda: itertools.cycle(_TEXTS))
        self._last: dict[Pair, str] = {}

    def _make(self, pair: Pair) -> None:
        self._last[pair] = next(self._texts[pair])
        self._parts.oneflow.act("edit", contracts=[pair.contract_id], fields={"customer_name": self._last[pair]})

    def prepare(self, services: Services, pair: Pair) -> None:
        """As if the link had not been looked at for minutes: the hint is no burst."""
        self._make(pair)
        opened = services._links.open(pair.contract_id)
        assert opened is not None
        if opened.link.looked_at:
            link = replace(opened.link, looked_at=opened.link.looked_at - timedelta(minutes=2))
            services._links.close(opened, link, opened.bases, [])

    def carry(self, services: Services, pair: Pair) -> None:
        services.jobs.run(SyncJob(pair.contract_id, "reconcile"), datetime.now(UTC))

    def show(self, services: Services, pair: Pair) -> None:
        link = services._links.link(pair.contract_id)
        assert link is not None
        services.jobs.run(ContractRowJob(pair.contract_id, link.shown or ""), datetime.now(UTC))

    def arrived(self, pair: Pair) -> None:
        """RuntimeError where the sync did not write the edit: then nothing was measured."""
        (found,) = self._parts.dataverse.act("show", records=[pair.record_id], column="name")
        if found != self._last[pair]:
            raise RuntimeError("the edit did not arrive in Dynamics")


class Fresh:
    """Another pair at each turn."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.pairs, self._left, self.now = pairs, iter(pairs), pairs[0]

    def turn(self) -> Pair:
        self.now = next(self._left)
        return self.now


def measure(parts: Parts, app: App, turns: int = 30) -> Iterator[Figure]:
    parts.dataverse.act("install")
    on, off = app.services, Services(Settings.read({**os.environ, "SYNC_CONTRACT_ROWS": "off"}))
    edits = Edits(parts)
    shown, bare = app.pairs(2)
    # Each pair has one edit: a link whose sync writes again and again would be paused.
    ours, theirs = Fresh(app.pairs(turns + WARM)), Fresh(app.pairs(turns + WARM))
    for pair in (*ours.pairs, *theirs.pairs):
        app.push(pair)  # what a template fills differently is settled
    for services, pair in ((on, shown), (off, bare)):
        app.push(pair)
        for _ in range(2):  # caches are filled
            edits.prepare(services, pair)
            edits.carry(services, pair)
            edits.arrived(pair)
    edits.show(on, shown)

    few = _counted(edits, on, shown)
    without = _counted(edits, off, bare)[0]
    yield _more("requests to vendors, in the sync", _vendors(few[0]), _vendors(without), 0)
    yield _more("requests to storage, in the sync", _storage(few[0]), _storage(without), 1)
    for side, sent, most in (("vendors", _vendors(few[1]), 1), ("storage", _storage(few[1]), 3)):
        yield Figure(GROUP, f"requests to {side}, in the row's own job", len(sent), most, note=_words(sent))

    with_rows, rows, without_rows = interleaved(
        [
            Subject(lambda: edits.carry(on, ours.now), lambda: edits.prepare(on, ours.turn())),
            Subject(lambda: edits.show(on, ours.now)),
            Subject(lambda: edits.carry(off, theirs.now), lambda: edits.prepare(off, theirs.turn())),
        ],
        turns,
        WARM,
    )
    for pair in (*ours.pairs, *theirs.pairs):
        edits.arrived(pair)
    floor = f"{without_rows.median * 1000:.1f} ms"
    for name, taken, value, goal in (
        ("the sync of an edit, over one without rows", with_rows.median, ratio(with_rows, without_rows), 1.25),
        ("the row's own job, over a sync without rows", rows.median, ratio(rows, without_rows), 1.0),
    ):
        yield Figure(GROUP, name, value, goal, measured=f"{taken * 1000:.1f} ms", floor=floor)

    app.pairs(LINKS)
    _counted(edits, on, ours.now)  # making them took longer than the app keeps a mapping
    many = _counted(edits, on, shown)
    counts = [sum(len(part) for part in parts_of) for parts_of in (many, few)]
    added = Counter(_name(one) for part in many for one in part) - Counter(_name(one) for part in few for one in part)
    more = ", ".join(f"{count} x {what} more" for what, count in added.items())
    name = f"requests of an edit and its row, {LINKS:,} links more"
    yield Figure(GROUP, name, counts[0] / counts[1], 1.0, measured=str(counts[0]), floor=str(counts[1]), note=more)


def _counted(edits: Edits, services: Services, pair: Pair) -> tuple[list[Sent], list[Sent]]:
    """What the sync of one edit sends, and what the row's job does."""
    # A due row's key is its second: two syncs of one second share the row, and the later one has no old row to drop.
    time.sleep(1.1)
    edits.prepare(services, pair)
    sync = _sent(lambda: edits.carry(services, pair))
    edits.arrived(pair)
    link = services._links.link(pair.contract_id)
    assert link is not None
    job = ContractRowJob(pair.contract_id, link.shown or "")
    return sync, _sent(lambda: services.jobs.run(job, datetime.now(UTC)))


def _sent(act: Callable[[], None]) -> list[Sent]:
    with recorded() as sent:
        act()
    return list(sent)


def _more(name: str, ours: list[Sent], floor: list[Sent], goal: int) -> Figure:
    added = Counter(map(_name, ours)) - Counter(map(_name, floor))
    note = ", ".join(f"{count} x {what}" for what, count in added.items())
    return Figure(GROUP, f"{name}: more than without rows", len(ours) - len(floor), goal, note=note)


def _storage(sent: list[Sent]) -> list[Sent]:
    return [one for one in sent if one.is_table or one.is_queue]


def _vendors(sent: list[Sent]) -> list[Sent]:
    return [one for one in sent if not (one.is_table or one.is_queue)]


def _words(sent: list[Sent]) -> str:
    return ", ".join(f"{count} x {what}" for what, count in Counter(map(_name, sent)).items())


def _name(one: Sent) -> str:
    parts = [part.split("(")[0] for part in path_of(one.url).split("/") if not part.isdigit()]
    last = "messages" if "messages" in parts else parts[-1]
    return f"{one.method} {'transaction' if last == '$batch' else last}"
