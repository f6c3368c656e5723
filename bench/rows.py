"""9. The contract's row in Dynamics: what it adds to an edit, whatever the number of links."""

from __future__ import annotations

import base64
import re
import statistics
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from bench.app import App, Pair
from bench.latency import Action
from bench.measure import Figure, Subject, Times, interleaved
from bench.parts import Parts
from bench.recording import Replay, Sent, recorded
from sync_core.engine.model.jobs import ContractRowJob, SyncJob, parsed_job

GROUP = "The contract's row in Dynamics"
FEW, MANY = 10, 3_000  # links of the installation
_OVERLAP = 0.05  # seconds, see bench/latency.py


def measure(parts: Parts, app: App, turns: int = 40) -> Iterator[Figure]:
    parts.dataverse.act("solution")
    action = Action(parts, app, "push")
    pair = app.pairs(FEW)[0]
    for _ in range(2):  # caches are filled
        _edit_and_run(app, action, pair)
    edit, job = _edit_and_run(app, action, pair)
    yield Figure(GROUP, "jobs that an edit puts for it", _jobs(edit), 1)
    vendor = [one for one in job if not (one.is_table or one.is_queue)]
    note = ", ".join(f"{one.method} {one.url.rsplit('/', 1)[-1].split('(')[0]}" for one in vendor)
    yield Figure(GROUP, "its job: vendor requests", len(vendor), 1, note=note)
    yield Figure(GROUP, "its job: storage operations", len(job) - len(vendor), 3)
    with recorded() as quiet:
        app.services.jobs.run(SyncJob(pair.contract_id, "reconcile"), datetime.now(UTC))
    note = "no job, so no request"
    yield Figure(GROUP, "jobs that a look which finds nothing puts for it", _jobs(quiet), 0, note=note)
    yield from _times(parts, app, pair, turns)


def _times(parts: Parts, app: App, pair: Pair, turns: int) -> Iterator[Figure]:
    """Its job over the same requests sent bare, with few links and with many."""
    parts.delay(_OVERLAP)
    job = _run(app, pair)
    found, counts = {}, {}
    for links in (FEW, MANY):
        if links == MANY:
            _fill(app, pair, MANY - FEW)
        for milliseconds in (80, 0):
            parts.delay(milliseconds / 1000)
            replay = Replay(pair, job)
            ours, floor = interleaved(
                [Subject(lambda: _run(app, pair)), Subject(replay.run)],
                turns if milliseconds == 0 else turns // 2,
            )
            found[links, milliseconds] = ours, floor
        counts[links] = len(_run(app, pair))
    ours, floor = found[FEW, 80]
    yield Figure(
        GROUP, "its job, vendors at 80 ms", ours.median / floor.median, 1.15,
        measured=f"{ours.median * 1000:.1f} ms", floor=f"{floor.median * 1000:.1f} ms", note=f"{len(job)} requests",
    )  # fmt: skip
    least, most = counts[FEW], counts[MANY]
    name = f"requests of its job, {MANY:,} links over {FEW}"
    yield Figure(GROUP, name, most / least, 1.0, measured=str(most), floor=str(least))
    few, many = (_over(*found[links, 0]) for links in (FEW, MANY))
    yield Figure(
        GROUP, f"its job over its bare requests, {MANY:,} links over {FEW}", many / few, 1.2,
        measured=f"{many:.2f}", floor=f"{few:.2f}", note="vendors at 0 ms",
    )  # fmt: skip


def _over(ours: Times, floor: Times) -> float:
    pairs = zip(ours.wall, floor.wall, strict=True)
    return statistics.median(one / bare for one, bare in pairs)


def _edit_and_run(app: App, action: Action, pair: Pair) -> tuple[list[Sent], list[Sent]]:
    edit = action.record(pair)
    return edit, _run(app, pair)


def _run(app: App, pair: Pair) -> list[Sent]:
    link = app.services._links.link(pair.contract_id)
    assert link is not None and link.shown
    with recorded() as sent:
        app.services.jobs.run(ContractRowJob(pair.contract_id, link.shown), datetime.now(UTC))
    return sent


def _jobs(sent: list[Sent]) -> int:
    """How many of its jobs are put on the queue."""
    texts = (
        re.search(r"<MessageText>(.*?)</MessageText>", one.body.decode(), re.DOTALL) for one in sent if one.is_queue
    )
    return sum(isinstance(parsed_job(base64.b64decode(found[1]).decode()), ContractRowJob) for found in texts if found)


def _fill(app: App, pair: Pair, count: int) -> None:
    """Links that rest, each in a partition of its own."""
    links = app.services._links
    known = links.open(pair.contract_id)
    assert known is not None

    def link(number: int) -> None:
        record_id = f"00000000-0000-4000-8000-{number:012d}"
        links.create(replace(known.link, contract_id=700_000_000 + number, record_id=record_id), {}, [])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(link, range(count)))
