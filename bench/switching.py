"""8. A switch-over of 10,000 contracts, counted: time is virtual, the vendors and storage answer from memory.

Use cases and the pace that keeps to Oneflow's limit are the app's own. Somebody else sends a request every two seconds.
"""

from __future__ import annotations

import gc
import json
import tempfile
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Figure
from sync_core.adapters.plan_files import PlanWriter, read_plan
from sync_core.engine.switching.plan_lines import chosen, counted
from tests.stories.many_contracts import HEAD, LIMIT, PAGE, RULE, WINDOW, Scale

GROUP = "Switching over"
WARM = 2000  # contracts, after which the virtual world's own notes, of each request in Oneflow's window, grow no more


def measure(contracts: int = 10_000) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        yield from _counted(contracts, Path(folder))
    yield _memory(contracts // 2)  # half as many: every allocation is traced


def _counted(contracts: int, folder: Path) -> Iterator[Figure]:
    scale = Scale(contracts)
    asked, time = scale.oneflow.asked, scale.time
    writer = PlanWriter(HEAD, folder / "plan", values=False)
    counts: dict[str, int] = {}
    for page in scale.over.plan_links([RULE]):
        writer.write(page.lines)
        for name, number in counted(page.lines).items():
            counts[name] = counts.get(name, 0) + number
    writer.finish(counts)
    if counts["sure"] != contracts:
        raise RuntimeError(f"{counts['sure']} of {contracts} were found")
    planned = time.passed
    yield Figure(
        GROUP,
        "plan: Oneflow requests a contract, without lists",
        asked["read"] / contracts,
        1.05,
        measured=f"{asked['read']:,} requests",
        floor=f"{contracts:,} contracts",
        note=_took(planned),
    )
    yield Figure(
        GROUP,
        "plan: lists, over one for each hundred contracts",
        asked["list"] / (contracts / PAGE + 1),
        1.0,
        measured=f"{asked['list']} lists",
        floor=f"{contracts // PAGE} pages, and one to know how many",
    )
    asked.clear()
    head, lines = read_plan(writer.csv, HEAD.environment)
    *_, last = scale.over.apply(head, chosen(head, lines), lambda: False)
    if last.counts != {"done": contracts}:
        raise RuntimeError(f"not every contract was linked: {last.counts}")
    yield Figure(
        GROUP,
        "apply: Oneflow requests a contract",
        (asked["read"] + asked["list"]) / contracts,
        1.05,
        measured=f"{asked['read'] + asked['list']:,} requests",
        floor=f"{contracts:,} contracts",
        note=_took(time.passed - planned),
    )
    yield Figure(
        GROUP,
        "the fullest window, over Oneflow's limit",
        scale.oneflow.fullest / LIMIT,
        0.95,
        measured=f"{scale.oneflow.fullest:,} requests",
        floor=f"{LIMIT:,} in {WINDOW:.0f} s",
        note=f"what others sent, {asked['others']} while it was applied, is in it; "
        f"{sum(scale.oneflow.refused.values())} answers of 429",
    )


def _memory(contracts: int) -> Figure:
    """What is still held of the lines that were given out, after the first page."""
    scale = Scale(contracts)
    held, size = [], 0
    tracemalloc.start(1)
    try:
        for page in scale.over.plan_links([RULE]):
            if page.after.offset in (WARM, contracts):
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
            size = size or sum(len(json.dumps(line.to_json(HEAD, values=True))) for line in page.lines)
    finally:
        tracemalloc.stop()
    more, given = held[-1] - held[0], size * (contracts - WARM) // PAGE
    return Figure(
        GROUP,
        "plan: memory still held, over what was given out",
        more / given,
        0.2,
        measured=f"{more / 1e6:.1f} MB",
        floor=f"{given / 1e6:.1f} MB",
        note=f"{contracts - WARM:,} contracts of three fields; of each its number is remembered, and nothing else",
    )


def _took(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes of the virtual clock"
