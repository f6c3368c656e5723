"""The local Functions host: what it runs and what it rejects, as the real one does."""

from __future__ import annotations

import base64
import contextlib
import importlib.util
import itertools
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.queue import QueueClient

from sandbox.azurite import Azurite
from sandbox.host import LocalHost, Rejected
from sandbox.host.model import FunctionSpec, HostSettings, specs_of
from sandbox.host.schedule import Schedule
from sandbox.host.timers import Timers

STORAGE = "AzureWebJobsStorage"
MODULE = "tests.sandbox.apps.small_app"
NEVER = "0 0 0 31 2 *"
MOST = 3  # maxDequeueCount
QUEUES = {
    "batchSize": 2, "newBatchThreshold": 0, "maxDequeueCount": MOST,
    "visibilityTimeout": "00:00:00", "maxPollingInterval": "00:00:00.1",
}  # fmt: skip
# Azure's worker library loads the app's file under its own name: there it is a second module.
INVOKERS = {"direct": MODULE}
if importlib.util.find_spec("azure_functions_runtime"):
    INVOKERS["worker"] = "small_app"
_numbers = itertools.count()


@dataclass(frozen=True)
class Stage:
    """A running host, its queue, and what its app saw."""

    host: LocalHost
    queue: QueueClient
    poison: QueueClient
    module: str

    def get(self, path: str, **options: Any) -> requests.Response:
        return requests.get(f"{self.host.url}/api/{path}", timeout=10, **options)

    def send(self, text: str) -> Any:
        return self.queue.send_message(encoded(text))

    def saw(self, kind: str, text: str | None = None) -> list[dict[str, Any]]:
        app = sys.modules[self.module]
        with app.guard:
            return [one for one in app.seen if one["kind"] == kind and text in (None, one.get("text"))]


Begin = Callable[..., Stage]


@pytest.fixture(params=list(INVOKERS))
def begin(request: pytest.FixtureRequest, azurite: Azurite, tmp_path: Path) -> Iterator[Begin]:
    """Starts a host with a queue of its own; all are closed after the test."""
    with contextlib.ExitStack() as stack:

        def started(tick: str = NEVER, create: bool = True, before: Callable[[QueueClient], None] | None = None) -> Any:
            return stack.enter_context(a_stage(request.param, azurite, tmp_path, tick, create, before))

        yield started


@pytest.fixture(scope="module", params=list(INVOKERS))
def stage(
    request: pytest.FixtureRequest, azurite: Azurite, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    with a_stage(request.param, azurite, tmp_path_factory.mktemp("host")) as stage:
        yield stage


@contextlib.contextmanager
def a_stage(
    invoker: str, azurite: Azurite, folder: Path, tick: str = NEVER, create: bool = True,
    before: Callable[[QueueClient], None] | None = None,
) -> Iterator[Stage]:  # fmt: skip
    name = f"small-{invoker}-{next(_numbers)}"
    queue, poison = (
        QueueClient.from_connection_string(azurite.connection_string, one, api_version="2025-11-05")
        for one in (name, f"{name}-poison")
    )
    if create:
        queue.create_queue()
    if before:
        before(queue)
    path = folder / "host.json"
    path.write_text(json.dumps({"version": "2.0", "extensions": {"queues": QUEUES}}))
    settings = {STORAGE: azurite.connection_string, "SMALL_QUEUE": name, "SMALL_TICK": tick}
    host = LocalHost(MODULE, settings, invoker, host_json=path)
    try:
        yield Stage(host, queue, poison, INVOKERS[invoker])
    finally:
        host.close()
        queue.close()
        poison.close()


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def until(true: Callable[[], Any], what: str) -> Any:
    end = time.monotonic() + 20
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.01)
    return found


def length(queue: QueueClient) -> int:
    """Messages in the queue, also hidden ones; 0 where there is no queue."""
    with contextlib.suppress(ResourceNotFoundError):
        return int(queue.get_queue_properties().approximate_message_count or 0)
    return 0


# --- routes ---


def test_a_route_gives_its_parts_its_query_its_headers_and_its_body(stage: Stage) -> None:
    url = f"{stage.host.url}/api/things/7?a=1&b=%C3%B8&a=2&empty="
    answer = requests.post(url, data="body", headers={"X-THING": "v"}, timeout=10)
    content = answer.json()
    assert (content["id"], content["method"], content["body"]) == ("7", "POST", "body")
    assert content["params"] == {"a": "1,2", "b": "ø"}, "repeated keys are joined, empty ones dropped"
    assert content["header"] == "v" and "x-thing" in content["headers"]
    assert all(name == name.lower() for name in content["headers"])
    assert (answer.headers["X-Kept"], answer.headers["Content-Type"]) == ("yes", "application/json")


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/api/unknown"), ("GET", "/api/things/seven"), ("GET", "/api/things"), ("GET", "/api/things/7/more"),
    ("DELETE", "/api/things/7"), ("POST", "/api/files/a"), ("GET", "/things/7"), ("GET", "/"),
])  # fmt: skip
def test_unknown_routes_and_wrong_methods_are_not_found(stage: Stage, method: str, path: str) -> None:
    assert requests.request(method, stage.host.url + path, timeout=10).status_code == 404


@pytest.mark.parametrize(("path", "text"), [
    ("things/special", "literal"), ("named/you", "you"), ("named/me", "me"), ("NAMED/You", "You"),
    ("named/a%2Fb", "a%2Fb"), ("files/a/b%20c.txt", "a/b c.txt"), ("files", "(none)"), ("files/", "(none)"),
])  # fmt: skip
def test_a_path_reaches_the_first_function_by_name_that_fits(stage: Stage, path: str, text: str) -> None:
    assert stage.get(path).text == text


# --- keys ---


@pytest.mark.parametrize("of", ["keyed", "host"])
def test_a_functions_own_key_and_the_hosts_key_open_it(stage: Stage, of: str) -> None:
    key = stage.host.host_key if of == "host" else stage.host.function_keys[of]
    assert stage.get("keyed", params={"code": key}).text == "in"
    assert stage.get("keyed", headers={"x-functions-key": key}).text == "in"


def test_no_other_key_opens_it(stage: Stage) -> None:
    other = stage.host.function_keys["other_key"]
    assert stage.get("other", params={"code": other}).text == "in"
    for key in (other, "guess", "nøkkel", ""):
        assert stage.get("keyed", params={"code": key}).status_code == 401, key
    assert stage.get("keyed", headers={"x-functions-key": other}).status_code == 401
    assert stage.get("keyed", headers={"x-functions-key": "nøkkel".encode()}).status_code == 401
    assert stage.get("keyed").status_code == 401


# --- functions that fail ---


def test_a_function_that_gives_back_nothing_is_a_500_and_the_host_lives_on(stage: Stage) -> None:
    assert stage.get("nothing").status_code == 500
    assert stage.get("things/special").status_code == 200


def test_a_function_that_raises_is_a_500_that_tells_nothing(stage: Stage) -> None:
    answer = stage.get("breaks")
    assert (answer.status_code, answer.content) == (500, b"")


# --- queues ---


def test_a_message_brings_its_dequeue_count_and_its_insertion_time(stage: Stage) -> None:
    sent = stage.send("hello")
    (one,) = until(lambda: stage.saw("work", "hello"), "the message is handled")
    assert (one["id"], one["count"]) == (sent.id, 1)
    assert datetime.fromisoformat(one["inserted"]) == sent.inserted_on
    stage.host.drain()
    assert length(stage.queue) == 0, "what is handled is deleted"


def test_a_message_that_fails_is_tried_again(stage: Stage) -> None:
    stage.send("later")
    until(lambda: len(stage.saw("work", "later")) == 3, "the third time it works")
    stage.host.drain()
    assert [one["count"] for one in stage.saw("work", "later")] == [1, 2, 3]
    assert length(stage.queue) == 0 and not stage.saw("poison", "later")


def test_one_that_keeps_failing_goes_to_poison_and_its_function_gets_it(stage: Stage) -> None:
    stage.send("fails")
    until(lambda: stage.saw("poison", "fails"), "it is given up")
    assert [one["count"] for one in stage.saw("work", "fails")] == list(range(1, MOST + 1))
    stage.host.drain()
    assert length(stage.queue) == 0 and length(stage.poison) == 0


@pytest.mark.parametrize("text", ["not base64!", "blåbær", base64.b64encode(b"\xff\xfe").decode()])
def test_a_message_that_cannot_be_decoded_goes_to_poison_without_a_call(begin: Begin, text: str) -> None:
    stage = begin()
    before = len(stage.saw("work"))
    stage.queue.send_message(text)
    until(lambda: length(stage.queue) == 0, "it left the queue")
    # A poison queue has none of its own: what its function cannot be given stays there, out of sight.
    assert until(lambda: length(stage.poison), "it is in the poison queue") == 1
    assert len(stage.saw("work")) == before


def test_a_message_taken_too_often_goes_to_poison_without_a_call(begin: Begin) -> None:
    """As after a host that died each time."""

    def crashing(queue: QueueClient) -> None:
        queue.send_message(encoded("crash loop"))
        for _ in range(MOST):
            (taken,) = queue.receive_messages(max_messages=1)
            queue.update_message(taken, visibility_timeout=0)

    stage = begin(before=crashing)
    until(lambda: stage.saw("poison", "crash loop"), "it is given up")
    assert not stage.saw("work", "crash loop")


def test_a_queue_that_does_not_exist_yet_is_waited_for_and_not_created(begin: Begin) -> None:
    stage = begin(create=False)
    assert stage.get("things/special").status_code == 200
    with pytest.raises(ResourceNotFoundError):
        stage.queue.get_queue_properties()
    stage.queue.create_queue()
    stage.send("late")
    until(lambda: stage.saw("work", "late"), "the message is handled")


def test_a_poison_queue_that_exists_already_is_used(begin: Begin) -> None:
    stage = begin()
    with contextlib.suppress(ResourceExistsError):
        stage.poison.create_queue()
    stage.send("fails again")
    until(lambda: stage.saw("poison", "fails again"), "it is given up")


# --- timers ---


def test_a_timer_runs_by_itself(begin: Begin) -> None:
    stage = begin(tick="* * * * * *")
    before = len(stage.saw("tick out"))
    until(lambda: len(stage.saw("tick out")) > before, "the timer runs")
    assert stage.saw("tick in")[-1]["past_due"] is False


def test_a_timer_runs_when_told_and_never_over_itself(begin: Begin) -> None:
    stage = begin()
    before = len(stage.saw("tick in") + stage.saw("tick out"))
    threads = [threading.Thread(target=stage.host.run_timer, args=("tick",)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    app = sys.modules[stage.module]
    kinds = [one["kind"] for one in app.seen if one["kind"].startswith("tick")][before:]
    assert kinds == ["tick in", "tick out"] * 3


class Clock:
    """What timers may be given to look at; stands still until told."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 3, 12, 10, 0, 0, tzinfo=UTC)
        self.looks = 0

    def __call__(self) -> datetime:
        self.looks += 1
        return self.moment

    def goes(self, seconds: float) -> None:
        """Returns when the timer has looked and done what it had to do."""
        self.moment += timedelta(seconds=seconds)
        looks = self.looks
        until(lambda: self.looks >= looks + 2, "the timer looks at the clock")


class Recorder:
    """An invoker that only counts."""

    functions: Sequence[Any] = ()

    def __init__(self) -> None:
        self.calls: list[str] = []

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> None:
        self.calls.append(name)

    def datum(self, value: Any, kind: str) -> Any:
        return value


def a_timer(schedule: str, **options: Any) -> FunctionSpec:
    return FunctionSpec("t", "timer", "timer", schedule=Schedule.parse(schedule), **options)


def test_a_timer_runs_at_its_second_once() -> None:
    recorder, clock = Recorder(), Clock()
    running = Timers([a_timer("*/5 * * * * *")], recorder, print, now=clock, tick=0.002)
    clock.goes(0)
    assert not recorder.calls, "not at the second it starts in"
    clock.goes(4.9)
    assert not recorder.calls
    clock.goes(0.2)
    assert len(recorder.calls) == 1
    clock.goes(0.5)
    assert len(recorder.calls) == 1, "once a second"
    clock.goes(17)
    assert len(recorder.calls) == 2, "what was missed meanwhile is one run"
    running.close()


def test_a_timer_that_runs_on_startup_does_so_at_once() -> None:
    recorder, clock = Recorder(), Clock()
    running = Timers([a_timer(NEVER, run_on_startup=True)], recorder, print, now=clock, tick=0.002)
    until(lambda: bool(recorder.calls), "it runs")
    clock.goes(100)
    running.close()
    assert len(recorder.calls) == 1


# --- what the real host would reject ---


class Function:
    def __init__(self, name: str, **trigger: Any) -> None:
        self._name, self._trigger = name, {"name": "x", "direction": "IN"} | trigger

    def get_function_name(self) -> str:
        return self._name

    def get_raw_bindings(self) -> list[str]:
        return [json.dumps(self._trigger)]


def http(name: str, route: str, *methods: str) -> Function:
    return Function(name, type="httpTrigger", route=route, methods=list(methods or ("GET",)))


def queue_function(name: str, queue: str = "q", **more: Any) -> Function:
    return Function(name, type="queueTrigger", queueName=queue, connection=STORAGE, **more)


def timer_function(name: str, schedule: str) -> Function:
    return Function(name, type="timerTrigger", schedule=schedule)


@pytest.mark.parametrize(("functions", "says"), [
    ([], ["no functions"]),
    ([http("one", "x"), http("ONE", "y")], ["ONE", "twice"]),
    ([http("one", "x"), queue_function("one")], ["one", "twice"]),
    ([http("one", "x/{id}"), http("two", "X/{name}")], ["two", "GET", "X/{name}"]),
    ([http("one", "x", "GET", "POST"), http("two", "x", "PUT", "POST")], ["two", "POST", "x"]),
    ([Function("three", type="queueTrigger", queueName="q", connection="Missing")], ["three", "Missing"]),
    ([queue_function("three", "%NAME%")], ["three", "NAME"]),
    ([queue_function("three", "%EMPTY%")], ["three", "EMPTY"]),
    ([timer_function("four", "%WHEN%")], ["four", "WHEN"]),
    ([timer_function("four", "61 * * * * *")], ["four", "second", "61"]),
    ([timer_function("four", "soon")], ["four", "soon", "fields"]),
    ([Function("five", type="blobTrigger")], ["five", "blobTrigger"]),
    ([Function("six", type="queue")], ["six", "no trigger"]),
])  # fmt: skip
def test_what_the_real_host_would_not_start_is_rejected_by_name(functions: list[Function], says: list[str]) -> None:
    with pytest.raises(Rejected) as caught:
        specs_of(functions, {STORAGE: "set", "EMPTY": ""})
    assert all(text in str(caught.value) for text in says), str(caught.value)


def test_one_route_may_have_a_function_for_each_method() -> None:
    specs = specs_of([http("one", "x", "GET"), http("two", "x", "POST")], {})
    assert [spec.methods for spec in specs] == [{"GET"}, {"POST"}]


def test_settings_stand_in_for_names_in_percent_signs() -> None:
    settings = {STORAGE: "set", "NAME": "orders", "WHEN": "0 0 3 * * *"}
    queue, timer = specs_of([queue_function("q", "%NAME%-poison"), timer_function("t", "%WHEN%")], settings)
    assert queue.queue == "orders-poison"
    assert timer.schedule == Schedule.parse("0 0 3 * * *")


def test_a_connection_by_identity_counts_as_set() -> None:
    assert specs_of([queue_function("q")], {f"{STORAGE}__accountName": "acc"})[0].queue == "q"


def test_a_host_without_its_storage_does_not_start(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text('{"version": "2.0"}')
    with pytest.raises(Rejected, match=STORAGE):
        LocalHost(MODULE, {"SMALL_QUEUE": "q", "SMALL_TICK": NEVER}, host_json=path)


# --- host.json ---


@pytest.mark.parametrize(("content", "says"), [
    ({}, "version"), ({"version": "1.0"}, "version"), ({"version": 2}, "version"),
    ({"version": "2.0", "extensions": {"queues": {"batchSize": 33}}}, "batchSize"),
    ({"version": "2.0", "extensions": {"queues": {"batchSize": 0}}}, "batchSize"),
])  # fmt: skip
def test_a_host_json_that_the_real_host_refuses_is_rejected(tmp_path: Path, content: Any, says: str) -> None:
    path = tmp_path / "host.json"
    path.write_text(json.dumps(content))
    with pytest.raises(Rejected, match=says):
        HostSettings.read(path)


def test_a_bare_host_json_has_the_documented_defaults(tmp_path: Path) -> None:
    path = tmp_path / "host.json"
    path.write_text('{"version": "2.0"}')
    assert HostSettings.read(path) == HostSettings("api", 16, 8, 5, 0.0, 60.0, True)


def test_the_projects_own_host_json_is_read() -> None:
    settings = HostSettings.read(Path(__file__).resolve().parents[2] / "host.json")
    assert (settings.batch_size, settings.new_batch_threshold, settings.max_dequeue_count) == (1, 3, 5)
    assert settings.base64 and settings.max_polling == 2


# --- schedules ---


@pytest.mark.parametrize(("text", "moment", "matches"), [
    ("*/30 * * * * *", (2026, 3, 12, 10, 0, 30), True), ("*/30 * * * * *", (2026, 3, 12, 10, 0, 31), False),
    ("0 17 3 * * *", (2026, 3, 12, 3, 17, 0), True), ("0 17 3 * * *", (2026, 3, 12, 3, 17, 1), False),
    ("0 0 9-17 * * 1-5", (2026, 3, 13, 9, 0, 0), True), ("0 0 9-17 * * 1-5", (2026, 3, 14, 9, 0, 0), False),
    ("0 0 9-17 * * 1-5", (2026, 3, 13, 18, 0, 0), False), ("0 0 0 * * 0", (2026, 3, 15, 0, 0, 0), True),
    ("0 0 0 1 1,7 *", (2026, 7, 1, 0, 0, 0), True), ("0 0 0 1 1,7 *", (2026, 6, 1, 0, 0, 0), False),
    ("*/5 * * * *", (2026, 3, 12, 10, 5, 0), True), ("*/5 * * * *", (2026, 3, 12, 10, 5, 1), False),
    ("0 10/20 * * * *", (2026, 3, 12, 10, 50, 0), True), ("0 10/20 * * * *", (2026, 3, 12, 10, 0, 0), False),
    ("0 10-40/15 * * * *", (2026, 3, 12, 10, 40, 0), True), ("0 10-40/15 * * * *", (2026, 3, 12, 10, 55, 0), False),
    ("0,59 * * * * *", (2026, 3, 12, 10, 0, 59), True),
])  # fmt: skip
def test_schedules_match_their_seconds(text: str, moment: tuple[int, ...], matches: bool) -> None:
    year, month, day, hour, minute, second = moment
    assert Schedule.parse(text).matches(datetime(year, month, day, hour, minute, second, tzinfo=UTC)) is matches


@pytest.mark.parametrize(("text", "says"), [
    ("", "fields"), ("* * * *", "fields"), ("* * * * * * *", "fields"), ("60 * * * * *", "second"),
    ("0 60 * * * *", "minute"), ("0 0 24 * * *", "hour"), ("0 0 0 0 * *", "day"), ("0 0 0 * 13 *", "month"),
    ("0 0 0 * * 7", "day of week"), ("5-1 * * * * *", "second"), ("*/0 * * * * *", "second"),
    ("*/-5 * * * * *", "second"), ("x * * * * *", "second"), ("1,,2 * * * * *", "second"),
])  # fmt: skip
def test_a_schedule_that_cannot_be_read_says_which_field(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Schedule.parse(text)
