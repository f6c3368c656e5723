"""Ten thousand contracts on a virtual clock: requests are counted as Oneflow counts them, the share of its rate limit
that others need is kept, and memory stays flat.
"""

from __future__ import annotations

import gc
import tracemalloc
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sync_core.adapters.plan_files import PlanWriter, read_plan
from sync_core.engine.switching.matching import Finding
from sync_core.engine.switching.plan_lines import chosen, counted
from sync_core.errors import Invalid
from tests.stories.many_contracts import HEAD, LIMIT, PAGE, RULE, WINDOW, Scale


@pytest.mark.timeout(600)
def test_ten_thousand_contracts_take_half_an_hour_and_leave_others_their_share(tmp_path: Path) -> None:
    contracts = 10_000
    scale = Scale(contracts)
    oneflow = scale.oneflow
    writer = PlanWriter(HEAD, tmp_path / "plan", values=False)
    counts: Counter[str] = Counter()
    for page in scale.over.plan_links([RULE]):
        writer.write(page.lines)
        counts.update(counted(page.lines))
    writer.finish(counts)
    assert counts[Finding.SURE] == contracts
    assert oneflow.asked["read"] == contracts
    assert oneflow.asked["list"] <= contracts / PAGE + 1
    assert scale.time.passed / 60 < 35, "what is read in Dynamics waits for no turn of Oneflow's"
    oneflow.asked.clear()
    began = scale.time.passed
    head, lines = read_plan(writer.csv, HEAD.environment)
    wanted = chosen(head, lines)
    *_, last = scale.over.apply(head, wanted, lambda: False)

    assert last.counts == {"done": contracts}
    assert oneflow.asked["read"] <= 1.05 * contracts
    minutes = (scale.time.passed - began) / 60
    assert 20 < minutes < 35, "about half an hour: neither faster than its share nor much slower"
    assert oneflow.refused == {}, "nobody was ever turned away"
    assert oneflow.fullest <= LIMIT * 0.95, "there is room at every moment"
    assert len([one for one in scale.store.partitions.values() if one.link]) == contracts
    looks = sorted(row.due_at for row in scale.store.due.values())
    assert (looks[-1] - looks[0]) > timedelta(hours=10), "their first looks do not come at once"


@pytest.mark.timeout(600)
def test_a_plan_goes_to_its_files_and_not_into_memory(tmp_path: Path) -> None:
    scale = Scale(1500)
    writer = PlanWriter(HEAD, tmp_path / "plan", values=True)
    held = []
    tracemalloc.start(1)
    try:
        for page in scale.over.plan_links([RULE]):
            writer.write(page.lines)
            if scale.oneflow.asked["list"] % 5 == 0:
                gc.collect()
                held.append(tracemalloc.get_traced_memory()[0])
        writer.finish({})
    finally:
        tracemalloc.stop()

    assert writer.json.stat().st_size > 1_000_000
    assert held[-1] - held[0] < 500_000, "a thousand contracts more"


@pytest.mark.timeout(600)
def test_where_others_need_more_the_run_goes_slower_and_ends_all_the_same() -> None:
    scale = Scale(3000, others_every=0.25)  # 1,200 requests in 5 minutes that this process does not see

    lines = [line for page in scale.over.plan_links([RULE]) for line in page.lines]

    assert len(lines) == 3000
    assert scale.oneflow.asked["read"] == 3000
    late = [moment for moment in scale.oneflow.turned_away if moment > 2 * WINDOW]
    assert scale.time.passed > 3 * WINDOW
    assert len(late) <= 0.05 * (scale.time.passed - 2 * WINDOW) / scale.oneflow.others_every


@pytest.mark.timeout(300)
def test_more_contracts_than_one_list_gives_out_are_listed_by_state() -> None:
    scale = Scale(20_100)
    listed = [one.id for page, _ in scale.find._listed() for one in page]
    assert sorted(listed) == list(range(1, 20_101))

    with pytest.raises(Invalid, match="lists no more"):
        list(Scale(40_300).find._listed())


def test_a_list_that_grows_while_it_is_read_shows_no_contract_twice() -> None:
    scale = Scale(250)
    plain = scale.oneflow.listed
    shifted = partial(_shifted, plain)
    scale.oneflow.listed = shifted  # type: ignore[method-assign]

    lines = [line.contract_id for page in scale.over.plan_links([RULE]) for line in page.lines]

    assert len(lines) == len(set(lines))


def _shifted(plain: Callable[..., Any], offset: int, state: str | None = None) -> Any:
    """A contract was added at the front since the first page."""
    return plain(max(0, offset - 1), state)
