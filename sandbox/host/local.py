"""The host itself: starts what the app declares, and stops it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from azure.storage.queue import QueueClient

from sandbox.host.http import Front
from sandbox.host.invokers import make_invoker
from sandbox.host.model import FunctionSpec, HostSettings, Rejected, specs_of
from sandbox.host.monitor import Monitor
from sandbox.host.queues import LEASE, Listener
from sandbox.host.timers import Timers
from sandbox.wire import Server

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
_STORAGE = "AzureWebJobsStorage"


class LocalHost:
    """Runs `module` (an importable function_app) with `settings`; `url` is its address without the prefix.

    `invoker` is "direct" or "worker"; `lease` is for how many seconds a message is taken; pages of
    the origins `cors` may call; `after` is told each HTTP function's name and answer. Rejected where the real host
    would not start. Settings must be in the environment before, since the app reads them there.
    """

    def __init__(
        self,
        module: str = "function_app",
        settings: Mapping[str, str] | None = None,
        invoker: str = "direct",
        port: int = 0,
        host_json: Path = ROOT / "host.json",
        triggers: bool = True,
        keys: Mapping[str, str] | None = None,
        lease: int = LEASE,
        cors: Sequence[str] = (),
        after: Callable[[str, int], None] | None = None,
    ) -> None:
        known = dict(os.environ if settings is None else settings)
        self._settings = HostSettings.read(host_json)
        threads = int(known.get("PYTHON_THREADPOOL_THREAD_COUNT") or 16)
        self._invoker = make_invoker(invoker, module, threads)
        self._specs = specs_of(self._invoker.functions, known)
        self._front = Front(self._specs, self._settings.route_prefix, self._invoker, log.error, cors, after)
        self._front.keys |= dict(keys or {})
        queues = [spec for spec in self._specs if spec.kind == "queue"]
        timers = [spec for spec in self._specs if spec.kind == "timer"]
        self._connections = {spec.queue: _connection(spec, known) for spec in queues}
        self._server = Server(self._front, port)
        self.url = self._server.url
        self._listeners = [
            Listener(spec, self._connections[spec.queue], self._settings, self._invoker, log.error, lease)
            for spec in queues
            if triggers
        ]
        monitor = Monitor(known.get(_STORAGE), log.error)
        self._timers = Timers(timers, self._invoker, log.error, monitor, scheduled=triggers)

    @property
    def function_keys(self) -> Mapping[str, str]:
        return self._front.keys

    @property
    def cors(self) -> Sequence[str]:
        """The origins whose pages may call; an administrator may change them while the app runs."""
        return self._front.cors

    @cors.setter
    def cors(self, origins: Sequence[str]) -> None:
        self._front.cors = origins

    @property
    def host_key(self) -> str:
        return self._front.host_key

    @property
    def master_key(self) -> str:
        return self._front.master_key

    def run_timer(self, name: str, past_due: bool = False) -> None:
        """Now, whatever the schedule says; returns when it has run."""
        self._timers.run(name, past_due)

    def drain(self, timeout: float = 30.0) -> None:
        """Until no message is visible or in hand; messages that are hidden for later do not count."""
        end = time.monotonic() + timeout
        queues = [
            QueueClient.from_connection_string(connection, name, api_version="2025-11-05")
            for name, connection in self._connections.items()
        ]
        try:
            while not self._is_idle(queues):
                if time.monotonic() > end:
                    raise TimeoutError("the queues did not become idle")
                time.sleep(0.02)
        finally:
            for queue in queues:
                queue.close()

    def _is_idle(self, queues: Sequence[QueueClient]) -> bool:
        """A message taken between two looks shows in the number of those taken."""
        before = [listener.taken for listener in self._listeners]
        if any(listener.busy for listener in self._listeners) or any(_visible(queue) for queue in queues):
            return False
        busy = any(listener.busy for listener in self._listeners)
        return not busy and before == [listener.taken for listener in self._listeners]

    def close(self) -> None:
        self._timers.close()
        for listener in self._listeners:
            listener.close()
        self._server.close()


def _connection(spec: FunctionSpec, settings: Mapping[str, str]) -> str:
    text = settings.get(spec.connection)
    if not text:
        raise Rejected(f"function {spec.name}: on this machine {spec.connection} must be a connection string")
    return text


def _visible(queue: QueueClient) -> bool:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return bool(queue.peek_messages(1))
    except ResourceNotFoundError:
        return False
