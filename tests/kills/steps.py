"""Kills the app's process at one step of its work, told by the request that makes the step."""

from __future__ import annotations

import base64
import re
import threading
from pathlib import Path
from typing import Literal

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.storage_proxy import Seen
from sandbox.world import World
from sync_core.engine.model.jobs import Job, parsed_job
from tests.kills.killer import LEASE

When = Literal["before", "after"]


class StepKiller:
    """Kills `process` once, before or after one step; the request in hand then finds nobody to answer to."""

    def __init__(self, world: World, contract: int) -> None:
        self.world, self._contract = world, contract
        self.process: HostProcess | None = None
        self.done = threading.Event()

    def disarm(self) -> None:
        assert self.world.storage
        self.world.storage.before = self.world.storage.after = None
        self.world.dataverse.before_write = self.world.dataverse.after_write = None
        self.world.oneflow.after_read = None

    def kill(self) -> None:
        if self.process and not self.done.is_set():
            self.done.set()
            self.process.kill()

    def closes(self, seen: Seen) -> bool:
        """Whether a request to storage closes a sync of the contract."""
        return seen.what == "transaction contracts" and str(self._contract) in seen.text


def puts(seen: Seen, kind: type[Job]) -> bool:
    """Whether a request to storage puts a job of this kind on the queue."""
    if seen.what != "put message":
        return False
    found = re.search(r"<MessageText>(.*?)</MessageText>", seen.text, re.DOTALL)
    return found is not None and isinstance(parsed_job(base64.b64decode(found[1]).decode()), kind)


def start_app(world: World, log: Path, **settings: str) -> HostProcess:
    port = int(world.app_url.rsplit(":", 1)[1])
    return HostProcess(world.env | settings, log, port=port, invoker=best_invoker(), lease=LEASE)
