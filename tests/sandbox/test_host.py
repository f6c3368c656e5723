"""The local Functions host: what it runs and what it rejects, as the real one does."""

from __future__ import annotations

import base64
import contextlib
import json
import signal
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sandbox.host import LocalHost, Rejected
from sandbox.host.invokers import best_invoker
from sandbox.host.model import HostSettings, specs_of
from sandbox.host.process import HostProcess
from sandbox.host.schedule import Schedule
from tests.sandbox.apps import small_app

STORAGE = "AzureWebJobsStorage"
MODULE = "tests.sandbox.apps.small_app"


@pytest.fixture(scope="module")
def host(azurite: Azurite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHost]:
    path = tmp_path_factory.mktemp("host") / "host.json"
    queues = {"batchSize": 2, "newBatchThreshold": 0, "maxDequeueCount": 3, "maxPollingInterval": "00:00:00.2"}
    path.write_text(json.dumps({"version": "2.0", "extensions": {"queues": queues}}))
    host = LocalHost(MODULE, {STORAGE: azurite.connection_string}, "direct", host_json=path)
    yield host
    host.close()


def until(true: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + 20
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.02)
    return found


def get(host: LocalHost, path: str, **options: Any) -> requests.Response:
    return requests.get(f"{host.url}/api/{path}", timeout=10, **options)


def send(azurite: Azurite, text: str) -> None:
    queue = QueueClient.from_connection_string(azurite.connection_string, "small-work", api_version="2025-11-05")
    until(lambda: _exists(queue), "the queue is there")
    queue.send_message(text)


def _exists(queue: QueueClient) -> bool:
    from azure.core.exceptions import ResourceExistsError

    with contextlib.suppress(ResourceExistsError):
        queue.create_queue()
    return True


def saw(kind: str, text: str | None = None) -> list[dict[str, Any]]:
    with small_app.guard:
        return [one for one in small_app.seen if one["kind"] == kind and text in (None, one.get("text"))]


# --- routes and keys ---


def test_a_route_gives_its_parts_its_query_and_its_headers(host: LocalHost) -> None:
    answer = requests.post(f"{host.url}/api/things/7?a=1&a=2&empty=", data="body", headers={"X-THING": "v"}, timeout=10)
    assert answer.json() == {"id": "7", "params": {"a": "1,2"}, "header": "v", "body": "body"}
    assert answer.headers["X-Kept"] == "yes"


def test_unknown_routes_and_methods_are_not_found(host: LocalHost) -> None:
    assert get(host, "unknown").status_code == 404
    assert get(host, "things/seven").status_code == 404
    assert requests.delete(f"{host.url}/api/things/7", timeout=10).status_code == 404
    assert requests.get(f"{host.url}/things/7", timeout=10).status_code == 404, "the prefix belongs to it"


def test_a_literal_part_goes_before_a_parameter_and_the_rest_takes_all(host: LocalHost) -> None:
    assert get(host, "things/special").text == "literal"
    assert get(host, "files/a/b%20c.txt").text == "a/b c.txt"
    assert get(host, "files").text == "(none)"


def test_a_key_opens_its_own_function_and_the_hosts_key_all(host: LocalHost) -> None:
    assert get(host, "keyed").status_code == 401
    assert get(host, "keyed", params={"code": "guess"}).status_code == 401
    assert get(host, "keyed", params={"code": host.function_keys["other_key"]}).status_code == 401
    for key in (host.function_keys["keyed"], host.host_key):
        assert get(host, "keyed", params={"code": key}).text == "in"
        assert get(host, "keyed", headers={"x-functions-key": key}).text == "in"


def test_a_function_that_gives_back_nothing_is_a_500_and_the_host_lives_on(host: LocalHost) -> None:
    assert get(host, "nothing").status_code == 500
    assert get(host, "things/special").status_code == 200


# --- queues and timers ---


def test_a_message_is_decoded_and_brings_its_metadata(host: LocalHost, azurite: Azurite) -> None:
    send(azurite, base64.b64encode(b"hello").decode())
    (one,) = until(lambda: saw("work", "hello"), "the message is handled")
    assert one == {"kind": "work", "text": "hello", "count": 1, "inserted": True}
    host.drain()


def test_a_message_that_keeps_failing_goes_to_the_poison_queue(host: LocalHost, azurite: Azurite) -> None:
    send(azurite, base64.b64encode(b"fails").decode())
    until(lambda: saw("poison", "fails"), "it is given up")
    assert [one["count"] for one in saw("work", "fails")] == [1, 2, 3]


def test_a_message_that_is_no_base64_is_poison_without_a_call(host: LocalHost, azurite: Azurite) -> None:
    send(azurite, "not base64!")
    queue = QueueClient.from_connection_string(azurite.connection_string, "small-work-poison", api_version="2025-11-05")
    until(lambda: queue.get_queue_properties().approximate_message_count, "it is in the poison queue")
    assert not saw("work", "not base64!")


def test_a_timer_runs_at_its_second_and_when_told(host: LocalHost) -> None:
    until(lambda: saw("tick"), "the timer runs by itself")
    before = len(saw("tick"))
    host.run_timer("tick")
    assert len(saw("tick")) > before


# --- what the real host would reject ---


class Function:
    def __init__(self, name: str, **trigger: Any) -> None:
        self._name, self._trigger = name, {"name": "x", "direction": "IN"} | trigger

    def get_function_name(self) -> str:
        return self._name

    def get_raw_bindings(self) -> list[str]:
        return [json.dumps(self._trigger)]


def http(name: str, route: str) -> Function:
    return Function(name, type="httpTrigger", route=route, methods=["GET"])


@pytest.mark.parametrize(("functions", "text"), [
    ([], "no functions"),
    ([http("a", "x"), http("A", "y")], "twice"),
    ([http("a", "x/{id}"), http("b", "x/{name}")], "route"),
    ([Function("q", type="queueTrigger", queueName="q", connection="Missing")], "Missing"),
    ([Function("q", type="queueTrigger", queueName="%NAME%", connection=STORAGE)], "NAME"),
    ([Function("t", type="timerTrigger", schedule="61 * * * * *")], "second"),
    ([Function("t", type="timerTrigger", schedule="soon")], "fields"),
    ([Function("b", type="blobTrigger")], "blobTrigger"),
])  # fmt: skip
def test_what_the_real_host_would_not_start_is_rejected(functions: list[Function], text: str) -> None:
    with pytest.raises(Rejected, match=text):
        specs_of(functions, {STORAGE: "set"})


def test_a_connection_by_identity_counts_as_set() -> None:
    queue = Function("q", type="queueTrigger", queueName="q", connection=STORAGE)
    assert specs_of([queue], {f"{STORAGE}__accountName": "acc"})[0].queue == "q"


def test_the_projects_own_host_json_is_read() -> None:
    settings = HostSettings.read(Path(__file__).resolve().parents[2] / "host.json")
    assert (settings.batch_size, settings.new_batch_threshold, settings.max_dequeue_count) == (4, 0, 5)
    assert settings.base64 and settings.max_polling == 2


def test_another_version_of_host_json_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text('{"version": "1.0"}')
    with pytest.raises(Rejected):
        HostSettings.read(path)


@pytest.mark.parametrize(("text", "moment", "matches"), [
    ("*/30 * * * * *", (2026, 3, 12, 10, 0, 30), True), ("*/30 * * * * *", (2026, 3, 12, 10, 0, 31), False),
    ("0 17 3 * * *", (2026, 3, 12, 3, 17, 0), True), ("0 17 3 * * *", (2026, 3, 12, 3, 17, 1), False),
    ("0 0 9-17 * * 1-5", (2026, 3, 13, 9, 0, 0), True), ("0 0 9-17 * * 1-5", (2026, 3, 14, 9, 0, 0), False),
    ("0 0 0 1 1,7 *", (2026, 7, 1, 0, 0, 0), True), ("*/5 * * * *", (2026, 3, 12, 10, 5, 0), True),
])  # fmt: skip
def test_schedules_match_their_seconds(text: str, moment: tuple[int, ...], matches: bool) -> None:
    year, month, day, hour, minute, second = moment
    assert Schedule.parse(text).matches(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) is matches


# --- as a process ---


def test_the_host_is_a_process_that_ends_cleanly_or_is_killed(azurite: Azurite, tmp_path: Path) -> None:
    env = {STORAGE: azurite.connection_string, "PYTHONPATH": "."}
    process = HostProcess(env, tmp_path / "log", invoker=best_invoker())
    assert requests.get(f"{process.url}/api/openapi.json", timeout=10).status_code == 200
    assert requests.get(f"{process.url}/api/health", timeout=10).status_code == 503, "no settings are there"
    process.close()
    assert process.returncode == 0
    other = HostProcess(env, tmp_path / "log2", invoker=best_invoker())
    other.kill()
    assert other.returncode == -signal.SIGKILL
