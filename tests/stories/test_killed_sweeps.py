"""The app's process is killed in the middle of a sweep: the next one goes on where it stopped. Nothing is never looked
at, and nothing is written twice."""

from __future__ import annotations

import base64
import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.storage_proxy import Seen
from sandbox.world import World
from sync_core.engine.model.history import OUR_WRITES
from tests.stories.stage import PATIENCE, Stage

NEVER, OFTEN = "0 0 0 1 1 *", "*/3 * * * * *"
LINKS, VICTIM = 5, 2  # it dies at the third of five
LEASE = 5  # seconds until a killed process's messages are seen again


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world without an app: the processes bring it. A killed holder's lock ends after seconds."""
    world = World.start(invoker="none", lock_seconds=20, watch_storage=True)
    yield world
    world.close()


def start(world: World, log: Path, schedule: str) -> HostProcess:
    env = world.env | {"SYNC_RECONCILE_SCHEDULE": schedule}
    port = int(world.app_url.rsplit(":", 1)[1])
    return HostProcess(env, log, port=port, invoker=best_invoker(), lease=LEASE)


def job_in(seen: Seen) -> Mapping[str, Any]:
    found = re.search("<MessageText>(.*)</MessageText>", seen.text) if seen.what == "put message" else None
    job: Mapping[str, Any] = json.loads(base64.b64decode(found.group(1))) if found else {}
    return job


def is_job(contract: int, row: str) -> Callable[[Seen], bool]:
    return lambda seen: (job_in(seen).get("contract_id"), job_in(seen).get("cause")) == (contract, "reconcile")


def is_drop(contract: int, row: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.what == "delete due" and row in seen.path


# When the process dies, and whether the third's old row is gone by then.
POINTS: dict[str, tuple[str, Callable[[int, str], Callable[[Seen], bool]], bool]] = {
    "the job is not on the queue yet": ("before", is_job, False),
    "the job is on the queue, its row is still there": ("after", is_job, False),
    "the row is gone": ("after", is_drop, True),
}


def overdue(stages: list[Stage]) -> list[str]:
    """Every link is due, in this order, and nothing else is."""
    due, now = stages[0].world.services._due, datetime.now(UTC).replace(microsecond=0)
    for row in due.until(now + timedelta(days=400), 1000):
        due.drop(row.row_key)
    return [due.put(stage.contracts[0], now - timedelta(hours=9 - n)) for n, stage in enumerate(stages)]


def shows(stage: Stage, name: str) -> bool:
    return bool(stage.record("name") == name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("point", POINTS)
def test_a_killed_sweep_is_gone_on_with(world: World, tmp_path: Path, point: str) -> None:
    quiet = start(world, tmp_path / "quiet.log", NEVER)
    try:
        stages = [Stage(world) for _ in range(LINKS)]
        for stage in stages:
            contract = stage.contract()
            stage.age(contract)
            with stage.silently():
                stage.edit_contract(contract, customer_name=f"Nobody told of {contract}")
            stage.forget_jobs()
    finally:
        quiet.close()
    rows = overdue(stages)
    moment, what, dropped = POINTS[point]
    meant, dead = what(stages[VICTIM].contracts[0], rows[VICTIM]), threading.Event()
    doomed: list[HostProcess] = []
    started = threading.Event()

    def act(seen: Seen) -> None:
        if not dead.is_set() and meant(seen):
            dead.set()
            started.wait(PATIENCE)
            doomed[0].kill()

    assert world.storage
    setattr(world.storage, moment, act)
    doomed.append(start(world, tmp_path / "doomed.log", OFTEN))
    started.set()
    assert dead.wait(PATIENCE), f"the sweep never came to: {point}"
    doomed[0].kill()
    world.storage.before = world.storage.after = None
    left = {row.row_key for row in world.services._due.until(None, 1000)}
    assert left & set(rows) == set(rows[VICTIM + dropped :]), "what was done is done, and what was not is still due"

    after = start(world, tmp_path / "after.log", OFTEN)
    try:
        for stage in stages:
            wanted = f"Nobody told of {stage.contracts[0]}"
            stage.until(partial(shows, stage, wanted), "each is looked at")
    finally:
        after.close()
    for stage in stages:
        entries, _ = world.services._links.history(stage.contracts[0], limit=100)
        lines = [line for entry in entries for line in entry.fields if line.kind in OUR_WRITES]
        assert [line.to_text for line in lines if line.side == "dynamics"] == [f"Nobody told of {stage.contracts[0]}"]
        patches = [one for one in world.dataverse.log.writes() if stage.record_id in one.path]
        assert len([one for one in patches if one.method == "PATCH"]) == 1, "written once"
