"""One simulator, two wires: real HTTP on loopback, and an in-process adapter for `requests`.

A simulator is a plain callable `Request -> Response`; it never knows which wire carried the request.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers

from sandbox.environment import ask_directly


class DroppedConnection(Exception):
    """Raised by a simulator to hang up without an answer (before or after it did the work)."""


@dataclass(frozen=True)
class Request:
    """One request as a server sees it. `path` is decoded, `raw_path` is not; header names are lower case."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw_path: str = ""
    raw_query: str = ""
    scheme: str = "http"

    def param(self, name: str, default: str | None = None) -> str | None:
        return next((value for key, value in self.query if key == name), default)

    def json(self) -> Any:
        return json.loads(self.body)

    @classmethod
    def of(cls, method: str, url: str, headers: Mapping[str, str], body: bytes, scheme: str = "http") -> Request:
        """`scheme` counts where the address says none."""
        parts = urlsplit(url)
        return cls(
            method.upper(),
            unquote(parts.path),
            tuple(parse_qsl(parts.query, keep_blank_values=True)),
            {name.lower(): value for name, value in headers.items()},
            body,
            parts.path,
            parts.query,
            parts.scheme or scheme,
        )


@dataclass
class Response:
    """One answer. `Response.of_json(200, {...})` sets the content type."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_json(
        cls, status: int, content: Any, headers: Mapping[str, str] | None = None, content_type: str = "application/json"
    ) -> Response:
        body = json.dumps(content, ensure_ascii=False).encode()
        return cls(status, body, {"Content-Type": content_type, **(headers or {})})

    @classmethod
    def of_json_exact(cls, content: Any) -> Response:
        """200, with decimals digit for digit."""
        return cls(200, _exact(content).encode(), {"Content-Type": "application/json; odata.metadata=minimal"})


def _exact(value: Any) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(str(key))}:{_exact(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(_exact(each) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


App = Callable[[Request], Response]


class Server:
    """Serve `app` on 127.0.0.1 from a background thread until `close()`.

    Header and body leave in one write: two writes meet the peer's delayed acknowledgement and cost 40 ms each.
    """

    def __init__(self, app: App, port: int = 0, tls: tuple[str, str] | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = -1
            disable_nagle_algorithm = True

            def _answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length)
                scheme = "https" if tls else "http"
                request = Request.of(self.command, self.path, dict(self.headers.items()), body, scheme)
                try:
                    response = app(request)
                except DroppedConnection:
                    self.close_connection = True
                    # An abrupt reset, as a cut line gives, instead of an orderly end.
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
                    return
                self.send_response_only(response.status)
                self.send_header("Date", formatdate(usegmt=True))
                for name, value in response.headers.items():
                    self.send_header(name, value)
                if response.status >= 200 and response.status not in (204, 304):
                    self.send_header("Content-Length", str(len(response.body)))
                self.end_headers()
                if self.command != "HEAD" and response.status not in (204, 304):
                    self.wfile.write(response.body)
                self.wfile.flush()

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _answer

            def log_message(self, *_: Any) -> None:
                """The simulators keep a request log of their own."""

        class _Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hung up is no event."""

        ask_directly()
        self._server = _Server(("127.0.0.1", port), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port: int = self._server.server_address[1]
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class InProcess(BaseAdapter):
    """Mount on a `requests.Session` to reach `app` without a socket."""

    def __init__(self, app: App) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, **_: Any) -> requests.Response:  # type: ignore[override]
        body = request.body or b""
        if isinstance(body, str):
            body = body.encode()
        try:
            answer = self._app(
                Request.of(request.method or "GET", request.url or "", dict(request.headers), bytes(body))
            )
        except DroppedConnection as error:
            raise requests.exceptions.ConnectionError("connection dropped", request=request) from error
        response = requests.Response()
        response.status_code = answer.status
        response.headers = CaseInsensitiveDict({"Date": formatdate(usegmt=True), **answer.headers})
        response.encoding = get_encoding_from_headers(response.headers)
        response._content = answer.body
        response.url = request.url or ""
        response.request = request
        return response

    def close(self) -> None:
        """Nothing is held."""
