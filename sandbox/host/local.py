"""The host itself: starts what the app declares, and stops it."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path

from azure.storage.queue import QueueClient

from sandbox.host.http import Front
from sandbox.host.invokers import make_invoker
from sandbox.host.model import HostSettings, specs_of
from sandbox.host.queues import Listener
from sandbox.host.timers import Timers
from sandbox.wire import Server

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]


class LocalHost:
    """Runs `module` (an importable function_app) with `settings`; `url` is its address without the prefix.

    `invoker` is "direct" or "worker". Rejected where the real host would not start. Settings must be in the
    environment before, since the app reads them there.
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
    ) -> None:
        known = dict(os.environ if settings is None else settings)
        self._settings = HostSettings.read(host_json)
        threads = int(known.get("PYTHON_THREADPOOL_THREAD_COUNT") or 16)
        self._invoker = make_invoker(invoker, module, threads)
        self._specs = specs_of(self._invoker.functions, known)
        self._front = Front(self._specs, self._settings.route_prefix, self._invoker, log.error)
        self._front.keys |= dict(keys or {})
        self._server = Server(self._front, port)
        self.url = self._server.url
        self._listeners = [
            Listener(spec, known[spec.connection], self._settings, self._invoker, log.error)
            for spec in self._specs
            if spec.kind == "queue" and triggers
        ]
        self._connections = {spec.queue: known[spec.connection] for spec in self._specs if spec.kind == "queue"}
        self._timers = Timers(
            [spec for spec in self._specs if spec.kind == "timer" and triggers], self._invoker, log.error
        )

    @property
    def function_keys(self) -> Mapping[str, str]:
        return self._front.keys

    @property
    def host_key(self) -> str:
        return self._front.host_key

    def run_timer(self, name: str) -> None:
        self._timers.run(name)

    def drain(self, timeout: float = 30.0) -> None:
        """Until no message is visible or in hand; messages that are hidden for later do not count."""
        end = time.monotonic() + timeout
        queues = [
            QueueClient.from_connection_string(connection, name, api_version="2025-11-05")
            for name, connection in self._connections.items()
        ]
        quiet = 0
        try:
            while quiet < 2:
                if time.monotonic() > end:
                    raise TimeoutError("the queues did not become idle")
                idle = not any(listener.busy for listener in self._listeners)
                quiet = quiet + 1 if idle and not any(_visible(queue) for queue in queues) else 0
                time.sleep(0.02)
        finally:
            for queue in queues:
                queue.close()

    def close(self) -> None:
        self._timers.close()
        for listener in self._listeners:
            listener.close()
        self._server.close()


def _visible(queue: QueueClient) -> bool:
    from azure.core.exceptions import ResourceNotFoundError

    try:
        return bool(queue.peek_messages(1))
    except ResourceNotFoundError:
        return False
