"""The app's process is killed by SIGKILL in the middle of what the page of switching over asked for: its job comes back
in the next process, and afterwards one set is linked, nothing twice, no value is written, and what was settled comes
back.

The seed is in the test's log; SWITCH_SEED repeats the same choices.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.storage_proxy import Seen
from sandbox.world import World
from sync_core.engine.settling.history_chain import breaks
from tests.stories.switched import Company

log = logging.getLogger(__name__)

SEED = int(os.environ.get("SWITCH_SEED") or random.SystemRandom().randrange(10**6))
CONTRACTS, PLENTY = 100, 100_000
NEVER = "0 0 0 1 1 *"
LEASE = 4  # seconds until a killed process's message is seen again
PATIENCE = 240.0
PLANS = "switch-over/plans"
BY_REFERENCE = {"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]}
WAYS = {"customer_name": "keep_oneflow", "amount": "keep_dynamics", "*": "fill_empty"}


class Page(Company):
    """What the page asks for, of an app that dies."""

    def __init__(self, world: World, folder: Path, chance: random.Random) -> None:
        super().__init__(world, CONTRACTS)
        self._folder, self._chance = folder, chance
        self.deaths = 0
        self._start()

    def _start(self) -> None:
        port = int(self.world.app_url.rsplit(":", 1)[1])
        env = self.world.env | {"SYNC_RECONCILE_SCHEDULE": NEVER}
        out = self._folder / f"process-{self.deaths}.log"
        self.app = HostProcess(env, out, port=port, invoker=best_invoker(), lease=LEASE)

    def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = requests.request(method, f"{self.world.app_url}/api/{path}", json=body, timeout=60)
        assert answer.ok, answer.text
        content: dict[str, Any] = answer.json()
        return content

    def shown(self, plan: str) -> dict[str, Any]:
        return self.ask("GET", f"{PLANS}/{plan}")

    def over(self, plan: str) -> dict[str, Any]:
        """The plan, once nothing is done with it any more."""
        end = time.monotonic() + PATIENCE
        while (shown := self.shown(plan))["stand"] == "running":
            assert time.monotonic() < end, f"it never ended (seed {SEED}): {shown}"
            time.sleep(0.2)
        assert shown["stand"] == "done", shown
        return shown

    def dying(self, plan: str, deaths: int) -> dict[str, Any]:
        """What was just begun with the plan, while the app dies so many times in it, at one of the next requests to
        storage, before or after that is done."""
        for _ in range(deaths):
            self._die()
        return self.over(plan)

    def _die(self) -> None:
        assert self.world.storage
        left, dead, guard = [self._chance.randrange(3, CONTRACTS)], threading.Event(), threading.Lock()

        def count(seen: Seen) -> None:
            with guard:
                left[0] -= 1
                if left[0] == 0:
                    self.app.kill()
                    dead.set()

        setattr(self.world.storage, self._chance.choice(("before", "after")), count)
        assert dead.wait(PATIENCE), f"too few requests to die at (seed {SEED})"
        self.world.storage.before = self.world.storage.after = None
        self.deaths += 1
        self._start()

    def written(self) -> list[str]:
        """But for the rows of our own table that tell of links."""
        logs = (self.world.oneflow.log, self.world.dataverse.log)
        return [
            f"{one.method} {one.path}"
            for log in logs
            for one in log.entries()
            if one.is_write and "/ofs_contracts(" not in one.path
        ]


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    log.warning("seed=%s", SEED)
    world = World.start(invoker="none", lock_seconds=10, watch_storage=True, rate_limit=PLENTY)
    opened = Page(world, tmp_path, random.Random(SEED))
    yield opened
    opened.app.close()
    world.close()


@pytest.mark.timeout(1800)
def test_what_the_page_asked_for_is_done_once_though_the_app_is_killed_in_it(page: Page) -> None:
    before = page.values()
    page.world.oneflow.log.clear()
    page.world.dataverse.log.clear()

    plan = page.ask("POST", PLANS, BY_REFERENCE)["plan_id"]
    found = page.dying(plan, deaths=1)
    assert (found["done"], found["total"]) == (CONTRACTS, CONTRACTS)
    assert sum(found["counts"].values()) == CONTRACTS, "each contract once, though a page of lines may be made twice"
    sure = found["counts"]["sure"]
    assert sure > 20

    page.ask("POST", f"{PLANS}/{plan}/actions", {"action": "apply", "turn": found["turn"]})
    applied = page.dying(plan, deaths=3)
    assert (applied["results"]["done"] + applied["results"]["before"], applied["results"]["left"]) == (sure, 0)
    linked = page.linked()
    assert len(linked) == sure
    assert all(page.made.record_of[one] == record for one, record in linked.items()), "one set"
    for contract in linked:
        entries, _ = page.world.services._links.history(contract)
        assert [one.action for one in entries] == ["link"], f"{contract} was linked once (seed {SEED})"
    assert page.written() == [], "linking writes no value"

    settle = page.ask("POST", PLANS, {"settle": {"opportunity": WAYS}})["plan_id"]
    dry = page.over(settle)
    assert dry["chosen"] > 5 and page.values() == before
    page.ask("POST", f"{PLANS}/{settle}/actions", {"action": "apply", "turn": dry["turn"]})
    settled = page.dying(settle, deaths=2)
    assert settled["results"]["left"] == 0, settled["left_lines"]
    assert page.values() != before
    for contract in linked:
        entries, _ = page.world.services._links.history(contract)
        assert breaks(list(reversed(entries))) == [], f"each value follows from the one before it (seed {SEED})"

    page.ask("POST", f"{PLANS}/{settle}/actions", {"action": "undo"})
    assert page.dying(settle, deaths=1)["results"]["left"] == 0
    assert page.values() == before, f"every value is back (seed {SEED})"
    page.ask("POST", f"{PLANS}/{plan}/actions", {"action": "undo"})
    assert page.dying(plan, deaths=1)["results"]["left"] == 0
    assert page.linked() == {}
    assert page.deaths == 8
