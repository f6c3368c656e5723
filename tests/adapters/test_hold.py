"""A Retry-After binds the whole process, for a while: then one request asks. Virtual time."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from sandbox.wire import Request, Response, Server
from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.hold import Hold
from sync_core.adapters.oneflow.api import OneflowApi
from sync_core.adapters.oneflow.pace import Pace
from sync_core.adapters.session import make_session
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.errors import Gone, RateLimited, Temporary, VendorError

WINDOW = 300.0
DAY = 86_400.0


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def hold(time: Time) -> Hold:
    return Hold("dynamics", WINDOW, time.monotonic, time.sleep)


def ask(hold: Hold, error: Exception | None = None, patient: bool = True) -> None:
    with hold.request(patient):
        if error:
            raise error


def told(hold: Hold, patient: bool = False) -> float:
    """What somebody is told who asks now, and is not let through."""
    with pytest.raises(RateLimited) as refused, hold.request(patient):
        raise AssertionError("it was sent")
    assert refused.value.retry_after is not None
    return refused.value.retry_after


def throttle(hold: Hold, seconds: float | None) -> None:
    with pytest.raises(RateLimited):
        ask(hold, RateLimited("429", side="dynamics", retry_after=seconds))


def test_what_one_is_told_binds_all_and_each_is_told_what_is_left(hold: Hold, time: Time) -> None:
    throttle(hold, 20.0)
    assert told(hold) == 20.0
    time.now += 15
    assert told(hold) == 5.0
    time.now += 5
    ask(hold)


def test_a_long_word_binds_for_two_windows_at_most(hold: Hold, time: Time) -> None:
    throttle(hold, DAY)
    assert told(hold) == 2 * WINDOW
    time.now += 2 * WINDOW
    ask(hold)


def test_after_it_one_asks_and_the_rest_wait_for_its_answer(hold: Hold, time: Time) -> None:
    throttle(hold, 5.0)
    time.now += 5
    with hold.request(patient=True):
        assert told(hold) > 0, "a write is not kept waiting"
        before = time.now
        assert told(hold, patient=True) > 0 and time.now > before, "a read waits a little"
    ask(hold)
    with hold.request(False), hold.request(False):
        pass  # all are let through again


def test_while_the_vendor_goes_on_refusing_one_request_is_sent_a_hold(hold: Hold, time: Time) -> None:
    sent = 0
    end = time.now + 25
    throttle(hold, 5.0)
    while time.now < end:
        for _ in range(30):
            try:
                with hold.request(patient=False):
                    sent += 1
                    raise RateLimited("429", side="dynamics", retry_after=5.0)
            except RateLimited:
                pass
        time.now += 0.5
    assert sent <= 5


@pytest.mark.parametrize("lost", [Temporary("no answer", side="dynamics"), KeyboardInterrupt()])
def test_where_the_one_gets_no_answer_the_next_asks(hold: Hold, time: Time, lost: BaseException) -> None:
    throttle(hold, 5.0)
    time.now += 5
    with pytest.raises(type(lost)), hold.request(patient=True):
        raise lost
    with hold.request(patient=True):
        assert told(hold) > 0, "one at a time still"


def test_a_refusal_that_is_no_429_is_an_answer(hold: Hold, time: Time) -> None:
    throttle(hold, 5.0)
    time.now += 5
    with pytest.raises(Gone):
        ask(hold, Gone("404", side="dynamics"))
    with hold.request(False), hold.request(False):
        pass


def test_an_answer_to_what_was_sent_before_ends_no_hold(hold: Hold, time: Time) -> None:
    with hold.request(patient=False):
        throttle(hold, 5.0)
    assert told(hold) == 5.0


def test_of_many_threads_one_asks(hold: Hold, time: Time) -> None:
    throttle(hold, 5.0)
    time.now += 5
    inside, started, refused = threading.Event(), threading.Event(), list[RateLimited]()

    def first() -> None:
        with hold.request(patient=False):
            started.set()
            inside.wait(10)

    def other() -> None:
        try:
            ask(hold, patient=False)
        except RateLimited as error:
            refused.append(error)

    thread = threading.Thread(target=first)
    thread.start()
    started.wait(10)
    others = [threading.Thread(target=other) for _ in range(16)]
    for one in others:
        one.start()
    for one in others:
        one.join(10)
    inside.set()
    thread.join(10)
    assert len(refused) == 16


class Tokens:
    def bearer(self) -> str:
        return "token"

    def forget(self) -> None: ...


def oneflow(session: requests.Session, url: str, time: Time) -> OneflowApi:
    return OneflowApi(session, url, "token", "me@x.example", 5.0, Pace(2000, WINDOW, time.monotonic, time.sleep))


def dataverse(session: requests.Session, url: str, time: Time) -> DataverseApi:
    return DataverseApi(session, url, Tokens(), 5.0, Hold("dynamics", WINDOW, time.monotonic, time.sleep))


@pytest.mark.parametrize("connect", [oneflow, dataverse])
def test_under_a_throttle_thirty_links_send_one_request_a_hold(connect: Callable[..., Any], time: Time) -> None:
    """Over real HTTP, every answer 429 with Retry-After 5, for 25 s; people ask as well."""
    seen: list[str] = []
    throttled = True

    def answer(request: Request) -> Response:
        seen.append(request.path)
        return Response(429, b"{}", {"Retry-After": "5"}) if throttled else Response(200, b"{}")

    server = Server(answer)
    api, waits = connect(make_session(4), server.url, time), list[float]()
    try:
        for _ in range(25):
            for link in range(30):
                try:
                    api.call("GET", f"links/{link}", Actor(email="p@x.example", object_id="o") if link % 2 else MACHINE)
                except VendorError as error:
                    waits.append(getattr(error, "retry_after", None) or 0.0)
            time.now += 1
        assert len(seen) <= 6
        assert all(0 < wait <= 5 for wait in waits), "each is told what is left"
        throttled, time.now = False, time.now + 5
        for link in range(30):
            api.call("GET", f"links/{link}", MACHINE)
    finally:
        server.close()
