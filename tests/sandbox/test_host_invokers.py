"""How the host calls an app's functions, directly and (Python 3.13) through Azure's own worker library."""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sandbox.host import LocalHost, Rejected
from sandbox.host.invokers import make_invoker

STORAGE = "AzureWebJobsStorage"
MODULE = "tests.sandbox.apps.second_app"
INVOKERS = ["direct", *(["worker"] if importlib.util.find_spec("azure_functions_runtime") else [])]
LEASE = 2


@pytest.fixture(scope="module", params=INVOKERS)
def host(request: pytest.FixtureRequest, queue: QueueClient, azurite: Azurite) -> Iterator[LocalHost]:
    settings = {STORAGE: azurite.connection_string, "SECOND_QUEUE": queue.queue_name}
    host = LocalHost(MODULE, settings, request.param, lease=LEASE)
    yield host
    host.close()


@pytest.fixture(scope="module")
def queue(azurite: Azurite) -> Iterator[QueueClient]:
    name = f"second-{uuid.uuid4().hex[:12]}"
    with QueueClient.from_connection_string(azurite.connection_string, name, api_version="2025-11-05") as queue:
        queue.create_queue()
        yield queue


def get(host: LocalHost, path: str, **options: Any) -> requests.Response:
    return requests.get(f"{host.url}/api/{path}", timeout=10, **options)


def until(true: Callable[[], Any], what: str) -> None:
    end = time.monotonic() + 20
    while not true():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)


def test_an_async_function_answers_with_all_it_said(host: LocalHost) -> None:
    answer = get(host, "waits/hello")
    assert (answer.status_code, answer.text) == (202, "hello")
    assert answer.headers["Set-Cookie"] == "a=b; Path=/api"


def test_an_async_function_that_fails_is_a_500(host: LocalHost) -> None:
    answer = get(host, "waits/fails")
    assert (answer.status_code, answer.content) == (500, b"")


def test_level_admin_wants_the_master_key_and_no_other(host: LocalHost) -> None:
    assert get(host, "mastered").status_code == 401
    assert get(host, "mastered", params={"code": host.host_key}).status_code == 401
    assert get(host, "mastered", params={"code": host.master_key}).text == "in"


def test_a_message_stays_with_its_function_for_longer_than_its_lease(host: LocalHost, queue: QueueClient) -> None:
    """The lease is renewed at half-time: another that asks is not given the message, and in the end it is deleted."""
    app = sys.modules.get("second_app") or sys.modules[MODULE]
    app.taken.clear()
    app.done.clear()
    queue.send_message(base64.b64encode(str(LEASE * 2.2).encode()).decode())
    until(lambda: app.taken, "the host takes it")
    while not app.done:
        assert not list(queue.receive_messages(visibility_timeout=1)), "it was given to another"
        time.sleep(0.1)
    host.drain()
    assert app.taken == app.done == [1]
    assert not queue.get_queue_properties().approximate_message_count


@pytest.mark.parametrize("kind", INVOKERS)
@pytest.mark.parametrize(("code", "says"), [
    ("import no_such_module_here", "no_such_module_here"), ("app = 1 / 0", "ZeroDivisionError"),
    ("value = 1", "cannot be loaded"),
])  # fmt: skip
def test_an_app_that_cannot_be_loaded_is_rejected_with_its_reason(
    kind: str, code: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"broken_{uuid.uuid4().hex}"
    (tmp_path / f"{name}.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Rejected, match=f"the app {name} cannot be loaded") as caught:
        make_invoker(kind, name, 1)
    assert says in str(caught.value)


_NOTHING = """
import azure.functions as func
app = func.FunctionApp()
@app.function_name("nothing_at_all")
@app.route(route="nothing_at_all")
def nothing_at_all(req: func.HttpRequest) -> None: ...
"""


@pytest.mark.skipif("worker" not in INVOKERS, reason="only Azure's own worker library looks at annotations")
def test_a_route_annotated_to_give_nothing_is_not_even_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annotated_app.py").write_text(_NOTHING)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(Rejected, match="nothing_at_all"):
        make_invoker("worker", "annotated_app", 1)


@pytest.mark.parametrize("kind", INVOKERS)
def test_an_app_that_is_not_there_is_rejected(kind: str) -> None:
    with pytest.raises(Rejected, match="no_such_app_here"):
        make_invoker(kind, "no_such_app_here", 1)


def test_storage_by_identity_is_refused_here_with_a_reason(tmp_path: Path) -> None:
    """Azurite takes no identity without certificates."""
    path = tmp_path / "host.json"
    path.write_text(json.dumps({"version": "2.0"}))
    with pytest.raises(Rejected, match="connection string"):
        LocalHost(MODULE, {f"{STORAGE}__accountName": "acc", "SECOND_QUEUE": "q"}, host_json=path)
