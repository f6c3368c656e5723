"""A failure of the whole connection is no job's failure: jobs wait, and go on when it is mended."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess
from sandbox.world import World
from tests.stories.stage import Stage


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    world = World.start(invoker="none", watch_storage=True)
    yield world
    world.close()


def poisoned(world: World) -> int:
    queue = QueueClient.from_connection_string(
        world.azurite.connection_string, "sync-jobs-poison", api_version="2025-11-05"
    )
    try:
        return queue.get_queue_properties().approximate_message_count or 0
    except ResourceNotFoundError:
        return 0


def start(world: World, log: Path, **changed: str) -> HostProcess:
    port = int(world.app_url.rsplit(":", 1)[1])
    return HostProcess(world.env | changed, log, port=port, invoker=best_invoker())


@pytest.mark.parametrize("broken", [{"ONEFLOW_API_TOKEN": ""}, {"DATAVERSE_CLIENT_SECRET": "wrong"}])
def test_jobs_wait_for_the_connection_and_make_no_dead_letter(
    world: World, tmp_path: Path, broken: dict[str, str]
) -> None:
    app = start(world, tmp_path / "whole.log")
    stage = Stage(world)
    contract = stage.contract()
    app.close()
    stage.age(contract)
    app = start(world, tmp_path / "broken.log", **broken)
    try:
        stage.put_job({"kind": "sync", "contract_id": contract, "cause": "webhook"})
        log = tmp_path / "broken.log"
        end = time.monotonic() + 20
        while "job.waits" not in log.read_text():
            assert time.monotonic() < end, "the job is put back"
            time.sleep(0.05)
        assert stage.call("GET", "health").status_code == 503
    finally:
        app.close()
    assert poisoned(world) == 0
    app = start(world, tmp_path / "mended.log")
    try:
        assert stage.letters(contract) == []
        assert stage.ok("GET", "health")["status"] == "ok"
    finally:
        app.close()
