"""The app is killed at each step between a signature and its document: one whole document comes to be there."""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.oneflow.api.file_routes import pdf
from sandbox.solution import install
from sandbox.storage_proxy import Seen
from sandbox.wire import Request
from sandbox.world import World
from sync_core.engine.model.jobs import DocumentJob, parsed_job
from tests.kills.killer import LEASE
from tests.stories.stage import Stage

When = Literal["before", "after"]
SIZE = 9_000_000  # three blocks
# What is sent where, in order.
STEPS = {
    "the job is put": "storage",
    "the sync is closed": "storage",
    "the document is downloaded": "oneflow",
    "the upload begins": "dynamics",
    "the first block is written": "dynamics",
    "the last block is written": "dynamics",
    "the job is taken off the queue": "storage",
}


class Killer:
    """Kills `process` once, before or after one step; the request in hand then finds nobody to answer to."""

    def __init__(self, world: World, contract: int) -> None:
        self._world, self._contract = world, contract
        self._kept = False
        self.process: HostProcess | None = None
        self.done = threading.Event()

    def arm(self, step: str, when: When) -> None:
        storage, dataverse = self._world.storage, self._world.dataverse
        assert storage
        dataverse.after_write = self._written
        if STEPS[step] == "storage":
            setattr(storage, when, self._at_storage(step))
        elif STEPS[step] == "oneflow":
            # A read has no step before its answer but the one of the list before it.
            wanted = "/storage/" if when == "after" else "/files"

            def read(request: Request) -> None:
                if wanted in request.path:
                    self._kill()

            self._world.oneflow.after_read = read
        else:
            setattr(dataverse, f"{when}_write", self._at_dynamics(step, when))

    def disarm(self) -> None:
        assert self._world.storage
        self._world.storage.before = self._world.storage.after = None
        self._world.dataverse.before_write = self._world.dataverse.after_write = None
        self._world.oneflow.after_read = None

    def _at_dynamics(self, step: str, when: When) -> Callable[[Request], None]:
        def act(request: Request) -> None:
            if when == "after":
                self._written(request)
            span = request.headers.get("content-range", "")
            if (
                "/ofs_document" in request.path
                and {
                    "the upload begins": request.headers.get("x-ms-transfer-mode") == "chunked",
                    "the first block is written": span.startswith("bytes 0-"),
                    "the last block is written": _is_last(span),
                }[step]
            ):
                self._kill()

        return act

    def _at_storage(self, step: str) -> Callable[[Seen], None]:
        def act(seen: Seen) -> None:
            if {
                "the job is put": seen.what == "put message" and isinstance(_job_of(seen), DocumentJob),
                "the sync is closed": seen.what == "transaction contracts" and str(self._contract) in seen.text,
                "the job is taken off the queue": seen.what == "delete message" and self._kept,
            }[step]:
                self._kill()

        return act

    def _written(self, request: Request) -> None:
        self._kept = self._kept or _is_last(request.headers.get("content-range", ""))

    def _kill(self) -> None:
        if self.process and not self.done.is_set():
            self.done.set()
            self.process.kill()


def _is_last(span: str) -> bool:
    found = re.fullmatch(r"bytes \d+-(\d+)/(\d+)", span)
    return found is not None and int(found[1]) == int(found[2]) - 1


def _job_of(seen: Seen) -> Any:
    found = re.search(r"<MessageText>(.*?)</MessageText>", seen.text, re.DOTALL)
    return parsed_job(base64.b64decode(found[1]).decode()) if found else None


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world without an app, with the solution in its Dynamics: the processes bring the app."""
    world = World.start(invoker="none", lock_seconds=10, watch_storage=True, schedule="0 0 0 1 1 *")
    install(world)
    world.oneflow.switches.file_bytes = SIZE
    yield world
    world.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_signed_document_is_kept_whole_when_the_process_is_killed(
    world: World, tmp_path: Path, step: str, when: When
) -> None:
    app = _start(world, tmp_path / "first.log")
    try:
        stage = Stage(world)
        contract = stage.contract()
        killer = Killer(world, contract)
        killer.process = app
        world.oneflow.people.sign_all(contract)
        stage.age(contract)
        killer.arm(step, when)
        stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
        assert killer.done.wait(60), f"nothing came to: {step}"
    finally:
        killer.disarm()
        app.kill()
    assert world.contract_document(contract) in (None, pdf(contract, SIZE)), "never half of it"
    after = _start(world, tmp_path / "second.log")
    try:
        stage.look_until(contract, lambda: world.contract_document(contract) is not None)
        time.sleep(LEASE + 2)  # whatever the killed process had taken has come back
    finally:
        after.close()
    assert world.contract_document(contract) == pdf(contract, SIZE)


def _start(world: World, log: Path) -> HostProcess:
    port = int(world.app_url.rsplit(":", 1)[1])
    env = world.env | {"SYNC_SIGNED_DOCUMENTS": "keep"}
    return HostProcess(env, log, port=port, invoker=best_invoker(), lease=LEASE)
