"""Many contracts (200, or SWITCH_CONTRACTS of them) come over in an afternoon. The run that links them is killed three
times, wherever it is, and afterwards exactly one set is linked, nothing twice, and no value is written; what is then
settled by a rule comes back.

The seed is in the test's log; SWITCH_SEED repeats the same choices.
"""

from __future__ import annotations

import json
import logging
import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.host.local import ROOT
from sandbox.storage_proxy import Seen
from sandbox.switching import RULES
from sandbox.world import World
from sync_core.engine.settling.history_chain import breaks
from sync_core.engine.switching.matching import Finding
from tests.stories.switched import Company

log = logging.getLogger(__name__)

SEED = int(os.environ.get("SWITCH_SEED") or random.SystemRandom().randrange(10**6))
CONTRACTS = int(os.environ.get("SWITCH_CONTRACTS") or 200)  # a thousand take four minutes
KILLS, PLENTY = 3, 100_000


class Afternoon(Company):
    """The command-line tool as processes of their own, which may be killed."""

    def __init__(self, world: World, folder: Path) -> None:
        super().__init__(world, CONTRACTS)
        self.folder = folder

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "cli", "--env", str(self.world.settings_file), "--sign-in", "az", "link"]
        env = {**os.environ, **self.world.env, "PATH": f"{self.world.programs}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.Popen(
            [*command, *arguments], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *arguments: str, code: int = 0) -> str:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=900)
        assert process.returncode == code, err
        return out

    def killed(self, chance: random.Random, *arguments: str) -> None:
        """The same, ended by SIGKILL at one of the next requests to storage, before or after it is done."""
        assert self.world.storage
        left, dead = [chance.randrange(CONTRACTS // 4, CONTRACTS)], threading.Event()
        started: list[subprocess.Popen[str]] = []
        guard = threading.Lock()

        def count(seen: Seen) -> None:
            with guard:
                left[0] -= 1
                if left[0] == 0:
                    started[0].kill()
                    dead.set()

        moment = chance.choice(("before", "after"))
        started.append(self.start(*arguments))
        setattr(self.world.storage, moment, count)
        started[0].communicate(timeout=900)
        self.world.storage.before = self.world.storage.after = None
        assert dead.is_set(), f"the run was over before it was killed (seed {SEED})"

    def file(self, name: str, content: Any) -> str:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return str(path)

    def written(self) -> list[str]:
        logs = (self.world.oneflow.log, self.world.dataverse.log)
        return [f"{one.method} {one.path}" for log in logs for one in log.entries() if one.is_write]


@pytest.fixture
def afternoon(tmp_path: Path) -> Iterator[Afternoon]:
    world = World.start(invoker="none", lock_seconds=10, watch_storage=True, rate_limit=PLENTY)
    yield Afternoon(world, tmp_path)
    world.close()


@pytest.mark.timeout(1800)
def test_many_contracts_come_over_though_the_run_is_killed_and_all_of_it_is_taken_back(
    afternoon: Afternoon,
) -> None:
    log.warning("seed=%s", SEED)
    chance = random.Random(SEED)
    sure = afternoon.made.of(Finding.SURE)
    before = afternoon.values()
    plan = str(afternoon.folder / "plan.json")
    afternoon.world.oneflow.log.clear()
    afternoon.world.dataverse.log.clear()

    told = afternoon.run("plan", afternoon.file("rules.json", RULES), "--out", plan)
    assert f"sure       {len(sure)}" in told
    for _ in range(KILLS):
        afternoon.killed(chance, "apply", plan, "--yes")
    result = json.loads(afternoon.run("apply", plan, "--yes", "--json"))

    assert result["left"] == 0
    assert 0 < result["done"] + result["before"] <= len(sure)
    assert afternoon.linked() == {one: afternoon.made.record_of[one] for one in sure}, "one set"
    for contract in sure:
        entries, _ = afternoon.world.services._links.history(contract)
        assert [one.action for one in entries] == ["link"], f"{contract} was linked once (seed {SEED})"
        assert breaks(list(reversed(entries))) == []
    assert afternoon.written() == [], "linking writes no value"
    assert afternoon.values() == before

    ways = {"customer_name": "keep_oneflow", "amount": "keep_dynamics", "*": "fill_empty"}
    rules, agree = (
        afternoon.file("settle.json", {"settle": {"opportunity": ways}}),
        str(afternoon.folder / "agree.json"),
    )
    afternoon.run("settle", rules, "--out", agree)
    afternoon.killed(chance, "apply", agree, "--yes")
    afternoon.run("apply", agree, "--yes")
    settled = afternoon.values()
    for contract in sure:
        record = afternoon.world.record(afternoon.made.record_of[contract])
        assert record["name"] == settled[contract][0]["customer_name"] == before[contract][0]["customer_name"]
    assert settled != before

    afternoon.killed(chance, "undo", agree, "--yes")
    afternoon.run("undo", agree, "--yes")
    assert afternoon.values() == before, f"every value is back (seed {SEED})"
    afternoon.killed(chance, "undo", plan, "--yes")
    afternoon.run("undo", plan, "--yes")
    assert afternoon.linked() == {}
    assert afternoon.values() == before
