"""What a world sets for its app it takes back; no proxy for the world outside comes between this world's parts."""

from __future__ import annotations

import os

import pytest
import requests

from sandbox.environment import ask_directly, environment
from sandbox.wire import Response, Server

_NOBODY = "http://127.0.0.1:9"  # a proxy where nothing listens


def test_what_was_set_is_given_back_and_all_else_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THERE_BEFORE", "old")
    monkeypatch.setenv("ANOTHERS", "old")
    monkeypatch.setenv("NOT_THERE", "")
    monkeypatch.delenv("NOT_THERE")
    monkeypatch.setenv("TAKEN_AWAY", "old")
    with environment({"THERE_BEFORE": "new", "NOT_THERE": "new", "TAKEN_AWAY": None}):
        os.environ["ANOTHERS"] = "changed meanwhile"
        assert (os.environ["THERE_BEFORE"], os.environ["NOT_THERE"]) == ("new", "new")
        assert "TAKEN_AWAY" not in os.environ
    assert (os.environ["THERE_BEFORE"], os.environ["ANOTHERS"]) == ("old", "changed meanwhile")
    assert os.environ["TAKEN_AWAY"] == "old" and "NOT_THERE" not in os.environ


def test_a_server_is_reached_though_the_environment_names_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, _NOBODY)
    forget_exceptions(monkeypatch)
    server = Server(lambda _: Response(204))
    try:
        assert requests.get(server.url, timeout=10).status_code == 204
        monkeypatch.delenv("NO_PROXY")
        with pytest.raises(requests.exceptions.ProxyError):
            requests.get(server.url, timeout=10)
    finally:
        server.close()


@pytest.mark.parametrize(("before", "after"), [
    ({}, {"NO_PROXY": "127.0.0.1,localhost"}),
    ({"NO_PROXY": "intern.example, localhost"}, {"NO_PROXY": "intern.example,localhost,127.0.0.1"}),
    ({"no_proxy": "a", "NO_PROXY": "b"}, {"no_proxy": "a,127.0.0.1,localhost", "NO_PROXY": "b"}),
    ({"no_proxy": "", "NO_PROXY": "b"}, {"no_proxy": "", "NO_PROXY": "b,127.0.0.1,localhost"}),
])  # fmt: skip
def test_exceptions_that_were_named_stay(
    before: dict[str, str], after: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    forget_exceptions(monkeypatch)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    for _ in range(2):
        ask_directly()
        assert {name: os.environ[name] for name in ("no_proxy", "NO_PROXY") if name in os.environ} == after


def forget_exceptions(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")  # so that it is given back as it was, also where it was not set
        monkeypatch.delenv(name)
