"""The Dataverse simulator as one callable: `sim(request) -> response`."""

from __future__ import annotations

import traceback
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sandbox.dataverse import seed
from sandbox.dataverse.api import PREFIX, Api
from sandbox.dataverse.caller import Caller
from sandbox.dataverse.callers import caller_of, give_roles
from sandbox.dataverse.control import CONTROL_PREFIX, Control
from sandbox.dataverse.events import Events, Send, post
from sandbox.dataverse.people import People
from sandbox.dataverse.problems import Problem, throttled
from sandbox.dataverse.switches import Switches
from sandbox.dataverse.world import World, wall_clock
from sandbox.faults import Fault, Faults
from sandbox.request_log import CORRELATION_HEADERS, RequestLog
from sandbox.wire import DroppedConnection, Request, Response

REAL_URL = "https://contoso.crm4.dynamics.com"


def _application(token: str) -> str | None:
    return seed.APPLICATION_ID


class DataverseSimulator:
    """Serve it with `sandbox.wire.Server(sim)` or mount `sandbox.wire.InProcess(sim)`. Thread-safe.

    `holder(token)` is the application or object id that a token was issued to, None where it is not good; by default
    every token is good and the application's. `before_write` runs before each write,
    `after_write` and `after_read` before the answer leaves, without the lock: there a test makes its edit in between.
    """

    def __init__(
        self,
        now: Callable[[], datetime] = wall_clock,
        switches: Switches | None = None,
        holder: Callable[[str], str | None] = _application,
        send: Send = post,
    ) -> None:
        self.switches = switches or Switches()
        self.world = World(now)
        self.events = Events(self.world, self.switches, send)
        self.people = People(self.world)
        self.faults = Faults()
        self.log = RequestLog()
        self.control = Control(self)
        self.before_write: Callable[[Request], None] | None = None
        self.after_read: Callable[[Request], None] | None = None
        self.after_write: Callable[[Request], None] | None = None
        self._api = Api(self.world, self.switches)
        self._holder = holder
        self.world.fill(seed.rows())
        give_roles(self.world)
        self.world.on_change = self.events.tell

    def __call__(self, request: Request) -> Response:
        if request.path.startswith(CONTROL_PREFIX):
            return self.control.answer(request)
        status = 0
        try:
            response = self._answer(request)
            status = response.status
        except Problem as problem:
            response = problem.response(everything='include-annotations="*"' in request.headers.get("prefer", ""))
            status = response.status
        finally:
            self._note(request, status)
        response.headers.setdefault("OData-Version", "4.0")
        response.headers["x-ms-service-request-id"] = str(uuid.uuid4())
        return response

    def close(self) -> None:
        self.faults.clear()
        self.events.close()

    def _answer(self, request: Request) -> Response:
        faults = self.faults.take(replace(request, path=request.path.removeprefix(PREFIX)))
        for fault in faults:
            if not fault.after_commit:
                self._play(fault)
        holder = self._check_token(request)
        with self.world.lock:
            caller = caller_of(self.world, request.headers, holder)
        is_read = request.method == "GET"
        if not is_read and self.before_write is not None:
            self.before_write(request)
        host = request.headers.get("host")
        with self.world.lock:
            response = self._answered(request, caller, f"{request.scheme}://{host}" if host else REAL_URL)
        after = self.after_read if is_read else self.after_write
        if after is not None:
            after(request)
        for fault in faults:
            if fault.after_commit:
                self._play(fault)
        return response

    def _answered(self, request: Request, caller: Caller, base_url: str) -> Response:
        """A slip of the simulator's own is answered, as a service answers one; never a connection that just ends."""
        try:
            return self._api.answer(request, caller, base_url)
        except (ArithmeticError, AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
            traceback.print_exc()
            raise Problem(500, "0x80040216", f"An unexpected error occurred: {type(error).__name__}.") from error

    def _play(self, fault: Fault) -> None:
        if fault.kind in ("delay", "hang"):
            self.faults.sleep(fault.seconds)
        if fault.kind in ("drop", "hang"):
            raise DroppedConnection
        if fault.kind == "rate_limited":
            raise throttled(int(fault.headers.get("Retry-After", "5")))
        if fault.kind == "status":
            # The body is the error's code, or {"code", "message"}.
            body = fault.body if isinstance(fault.body, dict) else {"code": fault.body or ""}
            message = str(body.get("message", "An injected fault."))
            raise Problem(fault.status, str(body["code"]), message, fault.headers)

    def _check_token(self, request: Request) -> str:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        holder = self._holder(token) if kind == "Bearer" and token else None
        if holder is None:
            raise Problem(401, "0x8005F101", "The access token is missing, unknown or expired.")
        return holder

    def _note(self, request: Request, status: int) -> None:
        path = "/" + request.path.removeprefix(PREFIX).strip("/")
        who = request.headers.get("callerobjectid")
        correlation = {name: request.headers[name] for name in CORRELATION_HEADERS if name in request.headers}
        body = request.body.decode(errors="replace")
        self.log.add(self.world.now(), request.method, path, request.query, status, who, correlation, body)
