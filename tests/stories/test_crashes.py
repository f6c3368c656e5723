"""The app's process is killed at each point between the first read and the last storage write: the next run settles it,
nothing is written twice, and what was overwritten is in the history."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.storage_proxy import Seen
from sandbox.wire import Request
from sandbox.world import World
from tests.stories.stage import Stage

# A killed process's lock lasts this long; vendor timeouts keep their proportion to it.
LOCK_SECONDS = 5

# Which side, when, at what, and at which such time.
POINTS: dict[str, tuple[str, str, str, int]] = {
    "after the contract was read": ("oneflow", "after_read", "GET /contracts/", 1),
    "after the record was read": ("dynamics", "after_read", "GET /opportunities", 1),
    "before the intent is stored": ("storage", "before", "transaction contracts", 1),
    "after the intent was stored": ("storage", "after", "transaction contracts", 1),
    "before Oneflow is written": ("oneflow", "before_write", "PUT /contracts/", 1),
    "after Oneflow was written": ("oneflow", "after_write", "PUT /contracts/", 1),
    "before Dynamics is written": ("dynamics", "before_write", "PATCH /opportunities", 1),
    "after Dynamics was written": ("dynamics", "after_write", "PATCH /opportunities", 1),
    "before the due row is written": ("storage", "before", "patch due", 1),
    "before the sync is closed": ("storage", "before", "transaction contracts", 2),
    "after the sync was closed": ("storage", "after", "transaction contracts", 2),
}


class Killer:
    """Kills `process` once, at a point; the request in hand then finds nobody to answer to."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.process: HostProcess | None = None
        self.done = threading.Event()

    def arm(self, point: str) -> None:
        side, moment, what, count = POINTS[point]
        if side == "storage":
            assert self._world.storage
            setattr(self._world.storage, moment, self._counted(what, count))
            return
        simulator = self._world.oneflow if side == "oneflow" else self._world.dataverse
        if moment == "after_write":
            simulator.after_write = self._at(what)
        else:
            setattr(simulator, moment, self._at(what))

    def disarm(self) -> None:
        assert self._world.storage
        self._world.storage.before = self._world.storage.after = None
        for simulator in (self._world.oneflow, self._world.dataverse):
            simulator.before_write = simulator.after_read = simulator.after_write = None

    def _at(self, what: str) -> Callable[[Request], None]:
        verb, path = what.split(" ")

        def act(request: Request) -> None:
            if request.method == verb and path in request.path and "RetrievePrincipalAccess" not in request.path:
                self._kill()

        return act

    def _counted(self, what: str, wanted: int) -> Callable[[Seen], None]:
        seen_so_far: list[Seen] = []

        def act(seen: Seen) -> None:
            if seen.what == what:
                seen_so_far.append(seen)
                if len(seen_so_far) == wanted:
                    self._kill()

        return act

    def _kill(self) -> None:
        if self.process and not self.done.is_set():
            self.done.set()
            self.process.kill()


def start(world: World, log: Path) -> HostProcess:
    return HostProcess(world.env, log, port=int(world.app_url.rsplit(":", 1)[1]), invoker=best_invoker())


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world without an app: the processes bring it."""
    world = World.start(invoker="none", lock_seconds=LOCK_SECONDS, watch_storage=True)
    yield world
    world.close()


@pytest.mark.parametrize("point", POINTS)
def test_a_killed_sync_is_settled_by_the_next(world: World, tmp_path: Path, point: str) -> None:
    """Both sides hold another value in a field each, so that one sync writes both (with auto_push)."""
    app = start(world, tmp_path / "first.log")
    killer = Killer(world)
    killer.process = app
    try:
        stage = Stage(world, auto_push=True)
        contract = stage.contract()
        stage.edit_record(name="Typed in Dynamics")
        stage.edit_contract(contract, "counterparty", description="Typed in Oneflow")
        killer.arm(point)
        stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
        assert killer.done.wait(30), f"the sync never came to: {point}"
    finally:
        killer.disarm()
        app.kill()
    stage.forget_requests()
    after = start(world, tmp_path / "second.log")
    try:
        stage.look_until(contract, lambda: _settled(stage, contract))
        assert stage.text(contract, "customer_name") == "Typed in Dynamics"
        assert stage.record("description") == "Typed in Oneflow"
        written = _written(stage, contract)
        # An intent that was left behind is settled once, and what it had done is not done again.
        assert written.count(("customer_name", "Nordlys", "Typed in Dynamics")) == 1, written
        assert written.count(("description", "", "Typed in Oneflow")) == 1, written
        stage.forget_requests()
        stage.look_until(contract, lambda: True)
        assert stage.writes() == [], "once settled, nothing is written again"
    finally:
        after.close()


def _settled(stage: Stage, contract: int) -> bool:
    try:
        return len(_written(stage, contract)) >= 2
    except (requests.RequestException, AssertionError):
        return False


def _written(stage: Stage, contract: int) -> list[tuple[str, str, str]]:
    """What the history says was really written after creation."""
    return [
        (line["oneflow_field"], line["from"], line["to"])
        for entry in stage.history(contract)
        if entry["action"] != "create"
        for line in entry["fields"]
        if line["kind"] in ("written", "unclear")
    ]


def test_a_killed_creation_is_found_again_and_linked(world: World, tmp_path: Path) -> None:
    app = start(world, tmp_path / "first.log")
    killer = Killer(world)
    killer.process = app
    try:
        stage = Stage(world)
        world.oneflow.after_write = lambda request: killer._kill() if "create" in request.path else None
        with pytest.raises((requests.RequestException, AssertionError)):
            stage.contract(publish=False, name="Interrupted creation", key="one click")
        assert killer.done.is_set()
    finally:
        killer.disarm()
        app.kill()
    made = [one.id for one in world.oneflow.world.state.contracts.values() if one.name == "Interrupted creation"]
    assert len(made) == 1
    after = start(world, tmp_path / "second.log")
    try:
        job = {"kind": "creation", "entity": "opportunity", "record_id": stage.record_id, "key": "one click"}
        stage.put_job(job)  # the creation put it on the queue itself, for two minutes later
        end = time.monotonic() + 30
        cards: list[dict[str, object]] = []
        while not cards and time.monotonic() < end:
            cards = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
            time.sleep(0.1)
        assert [card["contract_id"] for card in cards] == made
    finally:
        after.close()
