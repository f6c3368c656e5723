"""The app's processes are killed (SIGKILL) at random while people type on both sides; then everything that anybody
typed is accounted for, and a second sweep writes nothing. Real storage, which is not killed; real HTTP."""

from __future__ import annotations

import contextlib
import logging
import os
import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.world import World
from sync_core.engine.chain import breaks
from tests.stories.ledger import Ledger
from tests.stories.stage import Stage

log = logging.getLogger(__name__)

LOCK_SECONDS = 5
LEASE = 4  # seconds after which a killed process's messages come back; in Azure it is 10 minutes
PATIENCE = 120.0
ROWS = (("name", "customer_name", "two_way"), ("description", "description", "two_way"))
FIELDS = {"customer_name": "name", "description": "description"}


@pytest.fixture
def world() -> Iterator[World]:
    """A world without an app: the processes bring it."""
    world = World.start(invoker="none", lock_seconds=LOCK_SECONDS, schedule="*/5 * * * * *")
    world.register_steps()
    world.oneflow.delivery.retry_scale = 0.2
    world.oneflow.world.switches.same_value_counts_as_update = True  # so that a second write of a value shows
    yield world
    world.close()


class Crew:
    """Processes of the app on one storage, each in a place of its own: the first has the address that vendors know."""

    def __init__(self, world: World, logs: Path, size: int) -> None:
        self._world, self._logs = world, logs
        self._port = int(world.app_url.rsplit(":", 1)[1])
        self._started = self.kills = 0
        self._guard = threading.Lock()
        self.processes = [self._start(place) for place in range(size)]

    def _start(self, place: int) -> HostProcess:
        with self._guard:
            self._started += 1
            file = self._logs / f"{self._started}.log"
        port = self._port if place == 0 else 0
        return HostProcess(self._world.env, file, port=port, invoker=best_invoker(), lease=LEASE)

    def kill(self, place: int) -> None:
        """Kill one, and put another in its place."""
        self.processes[place].kill()
        self.kills += 1
        self.processes[place] = self._start(place)

    def close(self) -> None:
        for process in self.processes:
            process.kill()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("size", "kills"), [(1, 30), (2, 10)])
def test_killed_processes_lose_nothing_and_write_nothing_twice(
    world: World, tmp_path: Path, size: int, kills: int
) -> None:
    seed = int(os.environ.get("KILLS_SEED") or 1)
    log.info("kills.seed seed=%s processes=%s", seed, size)
    dice = random.Random(seed)
    crew = Crew(world, tmp_path, size)
    try:
        # Two contracts of one record, and one of another.
        first, second = Stage(world, rows=ROWS, auto_push=True), Stage(world, rows=ROWS, auto_push=True)
        first.ok("PUT", "connection/webhooks", {})
        stages = {first.contract(): first, first.contract(): first, second.contract(): second}
        ledger = Ledger(stages, FIELDS)
        with ThreadPoolExecutor(4) as people:
            while crew.kills < kills:
                restarted = people.submit(crew.kill, dice.randrange(size))
                while not restarted.done():
                    _somebody_acts(ledger, dice, people)
                    time.sleep(dice.uniform(0.05, 0.3))
                restarted.result()
                time.sleep(dice.uniform(0.0, 0.8))  # so long it lives at least
        _comes_to_rest(stages)
        end = time.monotonic() + PATIENCE
        while ledger.judged()["lost"] and time.monotonic() < end:
            time.sleep(0.5)  # what was typed inside the one window is searched for
        found = ledger.judged()
        log.info("kills.judged typed=%s kills=%s %s", ledger.typed, crew.kills, dict(found))
        assert ledger.typed >= 2 * kills
        assert sum(found.values()) == ledger.typed
        assert found["lost"] == 0, f"seed {seed}: {found}"
        assert found["in the history"] > 0
        assert ledger.written_twice() == []
        for contract, stage in stages.items():
            assert {field: stage.text(contract, field) for field in FIELDS} == {
                field: stage.record(column) for field, column in FIELDS.items()
            }
            assert breaks(list(reversed(world.services._links.history(contract, limit=1000)[0]))) == []
            # A job that was killed again and again is given up; the later success closes its letter.
            stage.until(lambda stage=stage, contract=contract: not stage.letters(contract), "no letter is left")  # type: ignore[misc]
    finally:
        crew.close()


def _somebody_acts(ledger: Ledger, dice: random.Random, people: ThreadPoolExecutor) -> None:
    contract, field, what = dice.choice(ledger.contracts), dice.choice(list(FIELDS)), dice.random()
    if what < 0.45:
        ledger.type_in_oneflow(contract, field)
    elif what < 0.9:
        ledger.type_in_dynamics(contract, field)
    else:
        people.submit(_press, ledger.stage(contract), contract, dice.choice(["push", "fetch"]))


def _press(stage: Stage, contract: int, action: str) -> None:
    """A button; its process may die under it."""
    with contextlib.suppress(requests.RequestException):
        stage.call("POST", f"contracts/{contract}/{action}", {})


def _comes_to_rest(stages: dict[int, Stage]) -> None:
    """A person fetches once (which ends a pause), then looks find nothing to write any more."""
    end = time.monotonic() + PATIENCE
    for contract, stage in stages.items():
        while stage.call("POST", f"contracts/{contract}/fetch", {}).status_code != 200:
            assert time.monotonic() < end, "the contract stays busy"
            time.sleep(0.5)
    quiet = 0
    while quiet < 2:
        assert time.monotonic() < end, "it writes for ever"
        for stage in set(stages.values()):
            stage.forget_requests()
        for contract, stage in stages.items():
            stage.look_until(contract, lambda: True)
        quiet = 0 if any(stage.writes() for stage in set(stages.values())) else quiet + 1
