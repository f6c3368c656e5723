"""docs/scale.md: its first table is measured here, and its other figures follow from it."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from sync_core.usecases.jobs.reconcile import SWEEP
from tests.stories.stage import Stage

PAGE = (Path(__file__).resolve().parents[2] / "docs/scale.md").read_text()
DAY = 86_400
LIMIT = 2_000 / 300  # requests a second of one token, as Oneflow says
PARTITION = 2_000  # operations a second, as Azure says


def row(name: str) -> list[str]:
    """The cells of a table's row."""
    found = re.search(rf"^\| {re.escape(name)} \|(.*)\|$", PAGE, re.M)
    assert found, name
    return [cell.strip() for cell in found[1].split("|")]


def first_numbers(name: str) -> list[int]:
    return [int(re.split(r"\D", cell, maxsplit=1)[0]) for cell in row(name)]


def number(pattern: str) -> float:
    """The one number that the page's text has in this place."""
    found = re.search(pattern.replace(" ", r"\s+"), PAGE)
    assert found, pattern
    return float(found[1].replace(",", ""))


def at_rest(stage: Stage) -> int:
    """A contract after a push, due in an hour, last looked at two minutes ago, with nothing on its way; the daily sweep
    for links without a due row is done."""
    contract = stage.contract()
    stage.push(contract)
    stage.drain()  # the job of its row in Dynamics, too, which notes that there is no such table
    for _ in range(2):  # a first sweep of an installation begins the daily look anew
        sweep_to_the_end(stage)
    stage.forget_jobs()
    _due_in(stage, contract, timedelta(hours=1))
    stage.forget_requests()
    return contract


def _due_in(stage: Stage, contract: int, later: timedelta) -> None:
    links, due = stage.world.services._links, stage.world.services._due
    opened = links.open(contract)
    assert opened and opened.link.due and opened.link.looked_at
    due.drop(opened.link.due)
    key = due.put(contract, opened.opened_at + later)
    looked_at = opened.link.looked_at - timedelta(minutes=2)
    links.close(opened, replace(opened.link, due=key, looked_at=looked_at), opened.bases, [])


def sweep(stage: Stage) -> None:
    assert stage.world.app
    stage.world.app.run_timer("reconcile")


def sweep_to_the_end(stage: Stage) -> None:
    """The daily look goes page by page, and other stories' links come before."""
    sweep(stage)
    while "after" in json.loads(stage.world.services._marks.all()["slow_sweep"]):
        sweep(stage)


def measured(stage: Stage, contract: int) -> list[int]:
    """Oneflow requests, Dataverse requests, storage operations, messages. A person's right is not counted."""
    vendors = stage.vendor_requests(without_events=True)
    sides = [sum(count for name, count in vendors.items() if name.startswith(side)) for side in ("oneflow", "dynamics")]
    sides[1] -= vendors.get("dynamics right", 0)
    return [*sides, stage.storage_requests().total(), len(stage.jobs_put(contract))]


def test_a_look_by_reconcile(stage: Stage) -> None:
    contract = at_rest(stage)
    _due_in(stage, contract, -timedelta(days=3650))  # before all that other stories left
    stage.forget_requests()
    sweep(stage)
    stage.until(lambda: stage.vendor_requests() != {}, "the look")
    stage.drain()
    assert measured(stage, contract) == first_numbers("look by reconcile")
    of_due_rows = sum(count for name, count in stage.storage_requests().items() if name.endswith(" due"))
    assert of_due_rows == number(r"A look by reconcile needs (\d+) of them")


def test_an_idle_sweep(stage: Stage) -> None:
    """What the bill's "storage operations of an idle sweep" are, on tables and on queues."""
    at_rest(stage)
    for _ in range(20):  # until one that finds nothing of other stories either
        stage.forget_requests()
        sweep(stage)
        assert stage.world.storage
        seen = list(stage.world.storage.log)
        if not any(one.what == "put message" for one in seen):
            break
    # Other stories' dead letters and links are no part of an idle sweep; the host polls the queues at the same time.
    tables = Counter(one.what for one in seen if one.what.endswith((" due", " marks", " deadletters")))
    assert tables.total() == int(row("storage operations of an idle sweep, on tables")[0]), tables
    lengths = [one for one in seen if one.method == "GET" and "comp=metadata" in one.text]
    assert len(lengths) == int(row("storage operations of an idle sweep, on queues")[0])


def test_the_daily_sweep_for_lacking_due_rows(stage: Stage) -> None:
    contract = at_rest(stage)
    stage.world.services._marks.set("slow_sweep", "{}")
    sweep_to_the_end(stage)
    assert measured(stage, contract) == first_numbers("daily sweep for lacking due rows")


def test_an_edit_by_webhook(stage: Stage) -> None:
    contract = at_rest(stage)
    with stage.silently():
        stage.world.edit_contract(contract, {"customer_name": "Changed"})
        stage.drain()
    assert stage.record("name") == "Changed"
    assert measured(stage, contract) == first_numbers("edit, by webhook")


def test_a_push(stage: Stage) -> None:
    contract = at_rest(stage)
    with stage.silently():
        stage.edit_record(name="Changed")
    stage.forget_requests()
    with stage.silently():
        assert stage.push(contract)["outcome"] == "synced"
    assert measured(stage, contract) == first_numbers("push")
    assert stage.vendor_requests(without_events=True)["dynamics right"] == 1


def test_the_second_webhook_of_a_burst(stage: Stage) -> None:
    contract = at_rest(stage)
    opened = stage.world.services._links.open(contract)
    assert opened and opened.link.looked_at
    told = (opened.link.looked_at - timedelta(seconds=10)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    stage.forget_requests()
    stage.put_job({"kind": "sync", "contract_id": contract, "cause": "webhook", "put_at": told})
    stage.drain()
    assert measured(stage, contract) == first_numbers("second webhook of a burst")


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("Oneflow requests a second", 0),
        ("Dataverse requests a second", 1),
        ("storage operations a second", 2),
        ("queue messages a second", 3),
    ],
)
def test_links_at_rest_cost_a_look_a_day(name: str, place: int) -> None:
    a_day = first_numbers("look by reconcile")[place] + first_numbers("daily sweep for lacking due rows")[place]
    for links, shown in zip((10_000, 1_000_000, 100_000_000), row(name), strict=True):
        assert float(shown.replace(",", "")) == pytest.approx(links * a_day / DAY, rel=0.05)


def test_the_walls_follow() -> None:
    oneflow, _, _, _ = first_numbers("look by reconcile")
    assert number(r"met at about (\d+) thousand open links") * 1_000 == pytest.approx(LIMIT / oneflow * DAY, rel=0.02)
    assert number(r"at some (\d+) edits a second") == LIMIT // first_numbers("edit, by webhook")[0]
    swept = SWEEP / 30
    assert number(r"past about (\d+) thousand open links") * 1_000 == pytest.approx(swept * DAY, rel=0.02)
    of_due_rows = number(r"A look by reconcile needs (\d+) of them")
    assert number(r"which is (\d+) looks a second") == PARTITION // of_due_rows
    looks = 100_000_000 / DAY
    assert number(r"some (\d+) times what they are") == pytest.approx(looks * oneflow / LIMIT, rel=0.05)
    assert number(r"due rows in (\d+) partitions") == -(-looks // (PARTITION / of_due_rows))
    # Both reads side by side, and some 20 ms for storage.
    assert number(r"about (\d+) processes") == pytest.approx(looks / (4 / 0.32), rel=0.05)
