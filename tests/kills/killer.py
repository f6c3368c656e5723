"""Kills the app's processes at random moments of their work, and starts new ones."""

from __future__ import annotations

import random
import threading
from pathlib import Path
from typing import Any

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.known import free_port
from sandbox.wire import Request
from sandbox.world import World

# A process that has nothing to do is killed all the same.
LONGEST_LIFE = 4.0
LEASE = 4  # seconds after which a killed process's messages come back; in Azure it is 10 minutes


class Killer:
    """`processes` of them on the same storage. One is killed when some number of requests, to storage or a vendor,
    has passed: before one of them is carried out, or after, without its answer."""

    def __init__(self, world: World, folder: Path, chance: random.Random, processes: int) -> None:
        self._world, self._folder, self._chance = world, folder, chance
        first = int(world.app_url.rsplit(":", 1)[1])
        self._ports = [first, *(free_port() for _ in range(processes - 1))]
        self._alive: dict[int, HostProcess] = {}
        self._left = 0
        self._victim: int | None = None
        self._guard = threading.Lock()
        self._killed = threading.Event()
        self._starts = 0
        self.kills = 0
        self.needless: list[str] = []  # writes of a value that was there already

    def start(self) -> None:
        for port in self._ports:
            if port not in self._alive:
                self._starts += 1
                log = self._folder / f"process-{self._starts:03}.log"
                self._alive[port] = HostProcess(self._world.env, log, port=port, invoker=best_invoker(), lease=LEASE)

    def watch(self) -> None:
        """From now on every request counts."""
        world = self._world
        assert world.storage
        world.storage.before = world.storage.after = self._count
        for simulator in (world.oneflow, world.dataverse):
            simulator.before_write = self._before_write
            simulator.after_read = simulator.after_write = self._count

    def kill_one(self) -> None:
        """Returns when one process is dead."""
        with self._guard:
            self._killed.clear()
            self._victim = self._chance.choice(self._ports)
            # Mostly in the first work after a start; now and then a person's action comes through as well.
            self._left = self._chance.randrange(1, 40 if self._chance.random() < 0.75 else 160)
        if not self._killed.wait(LONGEST_LIFE * self._chance.random() + 0.2):
            self._count(None, now=True)

    def close(self) -> None:
        world = self._world
        if world.storage:
            world.storage.before = world.storage.after = None
        for simulator in (world.oneflow, world.dataverse):
            simulator.before_write = simulator.after_read = simulator.after_write = None
        for process in self._alive.values():
            process.close()

    def _before_write(self, request: Request) -> None:
        self.needless += needless(self._world, request)
        self._count(request)

    def _count(self, seen: Any, now: bool = False) -> None:
        with self._guard:
            if self._victim is None:
                return
            self._left -= 1
            if self._left > 0 and not now:
                return
            self._alive.pop(self._victim).kill()
            self._victim = None
            self.kills += 1
            self._killed.set()


def needless(world: World, request: Request) -> list[str]:
    """What a write would write although it stands there already."""
    if request.method == "PUT" and request.path.endswith("/data_fields"):
        contract = world.oneflow.world.state.contracts[int(request.path.split("/")[-2])]
        shown = {one.id: one.value for one in contract.fields}
        return [f"{request.path} {one}" for one in request.json()["data_fields"] if shown[one["id"]] == one["value"]]
    if request.method == "PATCH" and "/opportunities(" in request.path:
        record = world.record(request.path.rsplit("(", 1)[1].rstrip(")"))
        return [f"{request.path} {name}" for name, value in request.json().items() if record[name] == value]
    return []
