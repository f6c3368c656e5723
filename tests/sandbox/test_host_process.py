"""The local host as a process of its own: it answers, ends cleanly, and may be killed at any moment."""

from __future__ import annotations

import base64
import json
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sandbox.host.invokers import best_invoker
from sandbox.host.process import HostProcess

STORAGE = "AzureWebJobsStorage"
SMALL = "tests.sandbox.apps.small_app"
KEYS = {"keyed": "a-key-of-the-test"}
Start = Callable[..., HostProcess]


@pytest.fixture
def env(azurite: Azurite) -> dict[str, str]:
    return {
        STORAGE: azurite.connection_string,
        "SMALL_QUEUE": f"process-{uuid.uuid4().hex[:12]}",
        "SMALL_TICK": "0 0 0 31 2 *",
        "SANDBOX_FUNCTION_KEYS": json.dumps(KEYS),
    }


@pytest.fixture
def start(env: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Starts the small app; what is left running ends with the test."""
    started: list[HostProcess] = []

    def one(**options: Any) -> HostProcess:
        log = tmp_path / f"log{len(started)}"
        started.append(HostProcess(env, log, **{"app": SMALL, "invoker": best_invoker()} | options))
        return started[-1]

    yield one
    for process in started:
        process.close()


def port(process: HostProcess) -> int:
    return int(process.url.rsplit(":", 1)[1])


def is_up(process: HostProcess) -> bool:
    try:
        return requests.get(f"{process.url}/api/things/special", timeout=10).text == "literal"
    except requests.ConnectionError:
        return False


def test_it_answers_and_ends_cleanly_when_told(start: Start) -> None:
    process = start()
    before = process.returncode
    assert is_up(process) and before is None
    process.close()
    assert process.returncode == 0 and not is_up(process)
    process.close()  # twice is no error


def test_it_takes_the_keys_it_is_given(start: Start) -> None:
    url = f"{start().url}/api/keyed"
    assert requests.get(url, headers={"x-functions-key": KEYS["keyed"]}, timeout=10).text == "in"
    assert requests.get(url, headers={"x-functions-key": "another"}, timeout=10).status_code == 401


def test_it_may_be_killed_also_twice_and_start_again_at_its_port(start: Start) -> None:
    first = start()
    first.kill()
    first.kill()
    assert first.returncode == -signal.SIGKILL and not is_up(first)
    second = start(port=port(first))
    assert second.url == first.url and is_up(second)
    assert second.pid != first.pid


def test_it_handles_its_queue(start: Start, env: dict[str, str]) -> None:
    queue = QueueClient.from_connection_string(env[STORAGE], env["SMALL_QUEUE"], api_version="2025-11-05")
    queue.create_queue()
    queue.send_message(base64.b64encode(b"hello").decode())
    start()
    end = time.monotonic() + 20
    while queue.get_queue_properties().approximate_message_count:
        assert time.monotonic() < end, "the message is still there"
        time.sleep(0.02)
    queue.close()


def test_an_app_that_cannot_start_says_why(start: Start, env: dict[str, str]) -> None:
    env["SMALL_TICK"] = "soon"
    with pytest.raises(RuntimeError, match=r"host\.rejected function tick: .*soon"):
        start()


def test_the_projects_own_app_runs_so_too(start: Start, env: dict[str, str]) -> None:
    env["ONEFLOW_API_TOKEN"] = ""  # other tests of the same run may have set it for themselves
    process = start(app="function_app")
    assert requests.get(f"{process.url}/api/openapi.json", timeout=10).status_code == 200
    assert requests.get(f"{process.url}/api/health", timeout=10).status_code == 503, "a setting is missing"
    process.close()
    assert process.returncode == 0
