"""The Oneflow simulator as one callable: `sim(request) -> response`."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import ClassVar

from sandbox.faults import Fault, Faults
from sandbox.oneflow.account.changes import expire_what_is_due
from sandbox.oneflow.account.model import Account, State
from sandbox.oneflow.account.people import People
from sandbox.oneflow.account.seed import TOKEN, seeded_state
from sandbox.oneflow.account.world import Clock, World
from sandbox.oneflow.api.access import EMAIL_HEADER
from sandbox.oneflow.api.problems import Problem, rate_limited
from sandbox.oneflow.api.router import PREFIX, Api
from sandbox.oneflow.control import Control
from sandbox.oneflow.samples import Samples
from sandbox.oneflow.switches import Switches
from sandbox.oneflow.webhooks.delivery import Delivery, Send, post
from sandbox.oneflow.webhooks.sender import Sender
from sandbox.request_log import CORRELATION_HEADERS, RequestLog
from sandbox.wire import DroppedConnection, Request, Response

Watch = Callable[[Request, Response, Switches], None]
REAL_URL = "https://api.oneflow.com"
CONTROL_PREFIX = "/_sandbox"


def wall_clock() -> datetime:
    return datetime.now(UTC)


class OneflowSimulator:
    """Serve it with `sandbox.wire.Server(sim)` or mount `sandbox.wire.InProcess(sim)`. Thread-safe.

    Over HTTP call `start()`, so that webhooks go out by themselves; in process call `delivery.pump()`.
    `before_write` runs before each write, `after_write` and `after_read` before the answer leaves, without the lock:
    there a test makes the edit that falls exactly between a client's read and its write.
    With `samples` it behaves as the account did that a probe recorded.
    `watchers` are told of every request that any simulator answered by itself, injected faults left out.
    """

    watchers: ClassVar[list[Watch]] = []

    def __init__(
        self,
        now: Clock = wall_clock,
        switches: Switches | None = None,
        seed: bool = True,
        token: str = TOKEN,
        send: Send = post,
        retry_scale: float = 1.0,
        public_url: str | None = None,
        samples: Samples | None = None,
    ) -> None:
        self.lock = threading.RLock()
        self.switches = switches or Switches()
        self.world = World(_state(seed, now), now, self.switches)
        self.samples = samples
        if samples is not None:
            self.switches.update(samples.switches)
        self.token = token
        self.public_url = public_url
        self.api = Api(self.world, token)
        self.faults = Faults()
        self.log = RequestLog()
        self.people = People(self.world, self.lock)
        self.delivery = Delivery(self.world, send, retry_scale)
        self.world.on_events = self.delivery.enqueue
        self.control = Control(self)
        self.before_write: Callable[[Request], None] | None = None
        self.after_read: Callable[[Request], None] | None = None
        self.after_write: Callable[[Request], None] | None = None
        self._seed = seed
        self._sender: Sender | None = None

    def __call__(self, request: Request) -> Response:
        if request.path.startswith(CONTROL_PREFIX):
            return self.control.answer(request)
        status = 0
        try:
            response = self._answer(request)
            status = response.status
            return response
        finally:
            self._note(request, status)

    def start(self) -> None:
        """Send webhooks from a thread of their own."""
        if self._sender is None:
            self._sender = Sender(self.delivery)

    def close(self) -> None:
        self.faults.clear()
        if self._sender is not None:
            self._sender.close()
            self._sender = None

    def reset(self) -> None:
        """Start the account anew; switches and faults stay."""
        with self.lock:
            self.world.load(_state(self._seed, self.world.now))
            self.delivery.restore([])
            self.api.limiter.reset()
            self.log.clear()

    def base_url(self, request: Request) -> str:
        """What links in answers start with."""
        host = request.headers.get("host")
        return (self.public_url or (f"http://{host}" if host else REAL_URL)) + PREFIX

    def _answer(self, request: Request) -> Response:
        faults = self.faults.take(request)
        for fault in faults:
            if not fault.after_commit:
                early = self._play(fault, request)
                if early is not None:
                    return early
        is_read = request.method in ("GET", "HEAD", "OPTIONS")
        if not is_read and self.before_write is not None:
            self.before_write(request)
        played = next((fault for fault in faults if fault.kind != "delay"), None)
        with self.lock:
            expire_what_is_due(self.world)
            response = self.api.answer(request, self.base_url(request), played)
        if self.samples is not None and played is None:
            response = self.samples.played(request, response, PREFIX)
        for watch in self.watchers if played is None else ():
            watch(request, response, self.switches)
        after = self.after_read if is_read else self.after_write
        if after is not None:
            after(request)
        for fault in faults:
            if fault.after_commit:
                response = self._play(fault, request) or response
        return response

    def _play(self, fault: Fault, request: Request) -> Response | None:
        """What the fault answers; None to go on. Sleeps without the lock."""
        if fault.kind in ("delay", "hang"):
            self.faults.sleep(fault.seconds)
        if fault.kind in ("drop", "hang"):
            raise DroppedConnection
        if fault.kind == "rate_limited":
            answer = rate_limited()
            answer.headers |= fault.headers
            return answer
        if fault.kind != "status":
            return None
        if fault.body is None:
            answer = Problem(fault.status, "An injected fault.").response(self.base_url(request))
        elif isinstance(fault.body, str):
            answer = Response(fault.status, fault.body.encode(), {"Content-Type": "text/html"})
        else:
            answer = Response.of_json(fault.status, fault.body)
        answer.headers |= fault.headers
        return answer

    def _note(self, request: Request, status: int) -> None:
        correlation = {name: request.headers[name] for name in CORRELATION_HEADERS if name in request.headers}
        path = request.path.removeprefix(PREFIX).rstrip("/") or "/"
        self.log.add(
            self.world.now(), request.method, path, request.query, status, request.headers.get(EMAIL_HEADER),
            correlation, request.body.decode(errors="replace"),
        )  # fmt: skip


def _state(seed: bool, now: Clock) -> State:
    return seeded_state() if seed else State(Account(1, "Empty account", "NO", "", now()))
