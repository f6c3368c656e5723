"""Records the requests of one action and replays them bare: the floor under what the action may take.

A replay does what the app's requests did and nothing else: no plan, no conversion, no parsing. It only puts in what a
server would refuse otherwise: the versions that its own answers gave, new signatures, and another pair's ids.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import itertools
import json
import re
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from types import MappingProxyType
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableServiceClient
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from bench.app import Pair
from sandbox.azurite.process import ACCOUNT, KEY

_VERSION = re.compile(r'W/\\?"[^"]*\\?"')


@dataclass
class Sent:
    """One request as it left, and the versions that its answer named. `began` and `ended` in seconds."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    began: float
    ended: float = 0.0
    versions: list[str] = field(default_factory=list)
    answer: bytes = b""

    @property
    def is_table(self) -> bool:
        return "DataServiceVersion" in self.headers or ("x-ms-version" in self.headers and "/messages" not in self.url)

    @property
    def is_queue(self) -> bool:
        return "x-ms-version" in self.headers and not self.is_table


@contextmanager
def recorded() -> Iterator[list[Sent]]:
    """All requests of this process, in the order in which they left."""
    found: list[Sent] = []
    original = HTTPAdapter.send
    guard = threading.Lock()

    def send(self: HTTPAdapter, request: requests.PreparedRequest, *more: Any, **options: Any) -> requests.Response:
        body = request.body or b""
        raw = body.encode() if isinstance(body, str) else bytes(body)
        one = Sent(str(request.method), str(request.url), dict(request.headers), raw, time.perf_counter())
        with guard:
            found.append(one)
        answer = original(self, request, *more, **options)
        one.answer = answer.content
        one.versions = versions(answer)
        one.ended = time.perf_counter()
        return answer

    HTTPAdapter.send = send  # type: ignore[method-assign]
    try:
        yield found
    finally:
        HTTPAdapter.send = original  # type: ignore[method-assign]


def versions(answer: requests.Response) -> list[str]:
    """ETags in the order in which header and body name them."""
    named = [answer.headers["ETag"]] if answer.headers.get("ETag", "").startswith("W/") else []
    return named + [one.replace("\\", "") for one in _VERSION.findall(answer.text)]


def side_by_side(sent: list[Sent]) -> list[list[Sent]]:
    """Groups of requests that were under way at once, in order."""
    groups: list[list[Sent]] = []
    for one in sorted(sent, key=lambda each: each.began):
        if groups and one.began < min(each.ended for each in groups[-1]):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


@dataclass(frozen=True)
class Operation:
    """One part of a table transaction."""

    method: str
    url: str
    if_match: str | None
    entity: dict[str, Any]


def operations(body: bytes) -> list[Operation]:
    """A transaction's parts. https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions"""
    found = []
    for part in re.split(rb"--changeset_[^\r\n]+", body):
        start = re.search(rb"(POST|PUT|PATCH|MERGE|DELETE) (http\S+) HTTP/1.1", part)
        if start is None:
            continue
        match = re.search(rb"If-Match: *(\S+)", part)
        content = part[part.find(b"{") : part.rfind(b"}") + 1] if b"{" in part[start.end() :] else b""
        entity = json.loads(content) if content else {}
        found.append(Operation(start[1].decode(), start[2].decode(), match[1].decode() if match else None, entity))
    return found


class Replay:
    """Plays recordings again, in turns, with a bare session, for the recorded pair or another. Thread-safe.

    Two recordings that undo each other change something at each turn, as the app's action did.
    """

    def __init__(self, pair: Pair, *recordings: list[Sent], session: requests.Session | None = None) -> None:
        self._turns, self._pair = itertools.cycle([side_by_side(sent) for sent in recordings]), pair
        self._session = session or bare_session()
        self._pool = ThreadPoolExecutor(64)
        self._next: list[list[Sent]] = next(self._turns)
        self.requests = sum(len(group) for group in self._next)

    @property
    def shape(self) -> list[list[str]]:
        """What is sent, group by group, for a person to read."""
        return [[f"{one.method} {path_of(one.url).rsplit('/', 1)[-1][:24]}" for one in group] for group in self._next]

    def prepare(self, tables: TableServiceClient) -> None:
        """Takes away the rows that the last turn created, and takes the next recording."""
        self._next = next(self._turns)
        for one in (each for group in self._next for each in group if each.url.endswith("$batch")):
            for made in (each for each in operations(one.body) if each.method == "POST"):
                keys = made.entity["PartitionKey"], made.entity["RowKey"]
                with contextlib.suppress(ResourceNotFoundError):
                    tables.get_table_client(path_of(made.url).rsplit("/", 1)[-1]).delete_entity(*keys)

    def run(self, pair: Pair | None = None, other: Mapping[str, str] = MappingProxyType({})) -> None:
        """RuntimeError where an answer was not what the app got. `other`: texts that are others this time."""
        known = dict(other)
        for group in self._next:
            others = [self._pool.submit(self._send, one, pair or self._pair, known) for one in group[1:]]
            self._send(group[0], pair or self._pair, known)
            for sent in others:
                sent.result()

    def open(self, pair: Pair) -> None:
        """Only the first request: the link's query."""
        self._send(self._next[0][0], pair, {})

    def _send(self, one: Sent, pair: Pair, known: dict[str, str]) -> None:
        url, text, headers = one.url, one.body.decode(), dict(one.headers)
        swap = list(known.items())
        if pair != self._pair:
            swap += [(self._pair.record_id, pair.record_id), (str(self._pair.contract_id), str(pair.contract_id))]
        for old, new in swap:
            url, text = url.replace(old, new), text.replace(old, new)
            headers = {name: value.replace(old, new) for name, value in headers.items()}
        if one.is_table:
            sign(headers, url)
        request = requests.PreparedRequest()
        request.method, request.url, request.body = one.method, url, text.encode() or None
        request.headers = CaseInsensitiveDict(headers)
        answer = self._session.send(request, timeout=30, allow_redirects=False)
        if _worst(answer.status_code, answer.content) >= 400 and one.method != "DELETE":
            raise RuntimeError(f"the replay's {one.method} {path_of(url)} got {answer.status_code} {answer.text[:300]}")
        if one.versions:
            known.update(zip(one.versions, versions(answer), strict=False))


def _worst(status: int, content: bytes) -> int:
    """A transaction's own failure stands inside an answer of 202."""
    return max([status, *map(int, re.findall(rb"HTTP/1.1 (\d{3})", content))])


def sign(headers: dict[str, str], url: str) -> None:
    """Shared Key Lite for tables. https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key"""
    for name in list(headers):
        if name.lower() in ("authorization", "x-ms-date", "date"):
            del headers[name]
    date = formatdate(usegmt=True)
    text = f"{date}\n/{ACCOUNT}{urlsplit(url).path}"
    digest = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    headers["x-ms-date"] = date
    headers["Authorization"] = f"SharedKeyLite {ACCOUNT}:{base64.b64encode(digest).decode()}"


def bare_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    adapter = HTTPAdapter(pool_connections=8, pool_maxsize=64)
    session.mount("http://", adapter)
    return session


def path_of(url: str) -> str:
    return unquote(urlsplit(url).path)
