"""A queue whose answers cannot be read is asked again: neither its listener nor a lease's renewal ends with them."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from sandbox.azurite.process import ACCOUNT, KEY
from sandbox.host.model import FunctionSpec, HostSettings
from sandbox.host.queues import Listener
from sandbox.wire import Request, Response, Server

WHEN = "Thu, 12 Mar 2026 10:00:00 GMT"
NONSENSE = "the day after"
PATIENCE = 20
MESSAGE = """<QueueMessagesList><QueueMessage><MessageId>1</MessageId><InsertionTime>{when}</InsertionTime>
<ExpirationTime>{when}</ExpirationTime><PopReceipt>r</PopReceipt><TimeNextVisible>{when}</TimeNextVisible>
<DequeueCount>1</DequeueCount><MessageText>{text}</MessageText></QueueMessage></QueueMessagesList>"""


class NonsenseFirst:
    """A queue with one message. The first answer to a read has a time that is none, and so has the first renewal's."""

    def __init__(self) -> None:
        self.reads = self.renewals = 0
        self.renewed, self.deleted = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> Response:
        if request.method == "DELETE":
            self.deleted.set()
            return Response(204)
        if request.method == "PUT":
            self.renewals += 1
            if self.renewals == 2:
                self.renewed.set()
            when = NONSENSE if self.renewals == 1 else WHEN
            return Response(204, b"", {"x-ms-popreceipt": "r", "x-ms-time-next-visible": when})
        self.reads += 1
        text = base64.b64encode(b"hello").decode()
        body = MESSAGE.format(when=NONSENSE if self.reads == 1 else WHEN, text=text)
        if self.reads > 2:
            body = "<QueueMessagesList />"
        return Response(200, body.encode(), {"Content-Type": "application/xml"})


class UntilRenewed:
    """An invoker whose function ends when its message's lease was renewed."""

    functions: Sequence[Any] = ()

    def __init__(self, renewed: threading.Event) -> None:
        self._renewed = renewed

    def call(self, name: str, argument: str, datum: Any, metadata: Mapping[str, Any]) -> None:
        assert self._renewed.wait(PATIENCE), "the lease was not renewed after an answer that could not be read"

    def datum(self, value: Any, kind: str) -> Any:
        return value


@pytest.fixture
def queue() -> Iterator[tuple[NonsenseFirst, str]]:
    queue = NonsenseFirst()
    server = Server(queue)
    account = f"AccountName={ACCOUNT};AccountKey={KEY}"
    yield queue, f"DefaultEndpointsProtocol=http;{account};QueueEndpoint={server.url}/{ACCOUNT};"
    server.close()


def test_an_answer_that_cannot_be_read_ends_neither_listening_nor_renewing(queue: tuple[NonsenseFirst, str]) -> None:
    seen, connection = queue
    said: list[str] = []
    spec = FunctionSpec("f", "queue", "msg", queue="q")
    invoker = UntilRenewed(seen.renewed)
    listener = Listener(spec, connection, HostSettings(max_polling=0.1), invoker, said.append, lease=2)
    try:
        assert seen.deleted.wait(PATIENCE), f"the message was not handled: {said}"
    finally:
        listener.close()
    (line,) = said
    assert line.startswith("queue.unreachable queue=q error=")
