"""A counting, faulting way to the real storage emulator: the app talks to this, this talks to Azurite."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

import requests

from sandbox.wire import DroppedConnection, Request, Response, Server

_HOP = {"content-length", "transfer-encoding", "connection", "keep-alive", "date", "host", "content-encoding"}


@dataclass(frozen=True)
class Seen:
    """One storage request: `what` is a table or queue operation in words ("query contracts", "transaction due")."""

    method: str
    path: str
    what: str
    text: str = ""  # query and body, where the keys of rows stand


class StorageProxy:
    """`before(seen)` runs before a request is forwarded, `after(seen)` after Azurite did it and before the answer."""

    def __init__(self, connection_string: str) -> None:
        self._parts = dict(part.split("=", 1) for part in connection_string.strip(";").split(";"))
        self.log: list[Seen] = []
        self.answered = 0  # bytes
        self.before: Callable[[Seen], None] | None = None
        self.after: Callable[[Seen], None] | None = None
        self._guard = threading.Lock()
        self._session = requests.Session()
        self._session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=64))
        self._servers = {
            name: Server(lambda request, name=name: self._forward(self._base(name), request))  # type: ignore[misc]
            for name in ("TableEndpoint", "QueueEndpoint")
        }

    @property
    def connection_string(self) -> str:
        parts = dict(self._parts)
        for name, server in self._servers.items():
            parts[name] = f"{server.url}/{self._parts['AccountName']}"
        return ";".join(f"{name}={value}" for name, value in parts.items())

    def close(self) -> None:
        for server in self._servers.values():
            server.close()
        self._session.close()

    def _base(self, endpoint: str) -> str:
        scheme, _, rest = self._parts[endpoint].partition("://")
        return f"{scheme}://{rest.split('/')[0]}"

    def _forward(self, base: str, request: Request) -> Response:
        text = unquote(request.raw_query) + request.body.decode(errors="replace")
        seen = Seen(request.method, request.path, _words(request), text)
        with self._guard:
            self.log.append(seen)
        if self.before:
            self.before(seen)
        headers = {name: value for name, value in request.headers.items() if name not in _HOP}
        url = base + request.raw_path + (f"?{request.raw_query}" if request.raw_query else "")
        prepared = requests.Request(request.method, base, headers=headers, data=request.body or None).prepare()
        prepared.url = url  # as it came: requests would quote it anew, and the signature covers it
        if not request.body and request.method in ("POST", "PUT"):
            prepared.headers["Content-Length"] = "0"
        try:
            answer = self._session.send(prepared, timeout=30)
        except requests.RequestException as error:
            raise DroppedConnection from error
        with self._guard:
            self.answered += len(answer.content)
        if self.after:
            self.after(seen)
        kept = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
        return Response(answer.status_code, answer.content, kept)


def _words(request: Request) -> str:
    name = request.path.rsplit("/", 1)[-1]
    if name == "$batch":
        body = request.body.decode(errors="replace")
        table = next((part for part in ("contracts", "records", "due", "mappings") if f"/{part}" in body), "?")
        return f"transaction {table}"
    if name == "messages":
        return "put message" if request.method == "POST" else "get messages"
    if "messages" in request.path:
        return f"{request.method.lower()} message"
    if "(" in name:
        table, _, key = name.partition("(")
        verb = "query" if request.method == "GET" and key == ")" else request.method.lower()
        return f"{verb} {table}"
    return f"{request.method.lower()} {name}"
