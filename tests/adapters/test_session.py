"""What a session takes from the environment, and what it never takes."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path

import pytest
import requests

from sandbox.wire import Request, Response, Server
from sync_core.adapters.session import make_session


def test_proxy_and_certificates_are_taken_from_the_environment_for_each_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:8080")
    monkeypatch.setenv("NO_PROXY", "direct.example")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/certificates/ca.pem")
    session = make_session(1)

    def settings(url: str) -> object:
        found = session.merge_environment_settings(url, {}, None, None, None)
        return found["proxies"].get("https"), found["verify"]

    for _ in range(2):
        assert settings("https://through.example/a") == ("http://proxy.example:8080", "/certificates/ca.pem")
        assert settings("https://direct.example/b") == (None, "/certificates/ca.pem")
    given = session.merge_environment_settings(
        "https://through.example/", {"https": "http://own.example"}, True, None, None
    )
    assert (given["proxies"]["https"], given["stream"]) == ("http://own.example", True)


def test_neither_cookies_nor_a_netrc_file_go_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[dict[str, str]] = []

    def answer(request: Request) -> Response:
        seen.append({name.lower(): value for name, value in request.headers.items()})
        return Response(200, b"", {"Set-Cookie": "instance=1; Path=/"})

    server = Server(answer)
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    try:
        session = make_session(1)
        for _ in range(2):
            session.get(server.url, headers={"Authorization": "Bearer own"}, timeout=5)
    finally:
        server.close()
    assert [(one["authorization"], one.get("cookie")) for one in seen] == [("Bearer own", None)] * 2


def test_an_idle_connection_is_kept_alive_since_azure_would_drop_it_silently() -> None:
    server = Server(lambda _: Response(200, b"all"))
    try:
        with make_session(1).get(server.url, timeout=5, stream=True) as answer:
            assert answer.raw.connection is not None
            line = answer.raw.connection.sock
            assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) < 4 * 60
            assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        server.close()


def test_a_server_that_does_not_answer_in_time_is_not_asked_again() -> None:
    asked: list[str] = []
    answered = threading.Event()

    def slow(request: Request) -> Response:
        asked.append(request.path)
        answered.wait(10)
        return Response(200, b"late")

    server = Server(slow)
    try:
        with pytest.raises(requests.exceptions.ReadTimeout):
            make_session(1, reads_again=True).get(server.url, timeout=0.2)
    finally:
        answered.set()
        server.close()
    assert len(asked) == 1


def test_a_server_that_takes_no_connection_is_not_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.DEBUG, "urllib3"),
        pytest.raises(requests.exceptions.ConnectionError),
    ):
        make_session(1, reads_again=True).get("http://127.0.0.1:9", timeout=5)
    assert caplog.text.count("Starting new HTTP connection") == 1 and "Incremented Retry" not in caplog.text
