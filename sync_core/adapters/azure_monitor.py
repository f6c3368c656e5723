"""Measures to Application Insights, through OpenTelemetry and Microsoft's exporter.

https://learn.microsoft.com/azure/azure-monitor/app/opentelemetry-configuration

The Functions host sends requests and log lines itself; measures are the only telemetry that leaves this process by its
own way. Nothing of it is on anybody's path: a measure is put down, and a thread of its own loads the libraries (0.3 s
of one core) a little later and carries on from there.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

from sync_core.place import app_name, instance_of
from sync_core.telemetry.metrics import ALL, Instrument

if TYPE_CHECKING:
    from opentelemetry.sdk.metrics import MeterProvider

log = logging.getLogger(__name__)

_Measure = tuple[Instrument, float, Mapping[str, str]]


class AzureMonitorMetrics:
    """A sink for measures. `patience`: seconds until the libraries are loaded; `interval`: seconds between sendings.

    `client_id` is the managed identity's that may write; None where the connection string's key does.
    """

    def __init__(
        self,
        connection_string: str,
        *,
        client_id: str | None = None,
        role: str = "",
        instance: str = "",
        patience: float = 5.0,
        interval: float = 60.0,
    ) -> None:
        self._connection_string, self._client_id = connection_string, client_id
        self._role, self._instance = role, instance
        self._patience, self._interval = patience, interval
        self._waiting: SimpleQueue[_Measure | None] = SimpleQueue()
        self._guard, self._off = threading.Lock(), False
        self._thread: threading.Thread | None = None
        self._provider: MeterProvider | None = None

    @classmethod
    def of(cls, env: Mapping[str, str]) -> AzureMonitorMetrics | None:
        """None where the app is not connected to Application Insights."""
        connection = env.get("APPLICATIONINSIGHTS_CONNECTION_STRING")
        if not connection:
            return None
        found = re.search(r"ClientId=([^;]+)", env.get("APPLICATIONINSIGHTS_AUTHENTICATION_STRING") or "")
        identity = found[1] if found else None
        return cls(connection, client_id=identity, role=app_name(env), instance=instance_of(env))

    def __call__(self, instrument: Instrument, value: float, attributes: Mapping[str, str]) -> None:
        if self._off:
            return
        self._waiting.put((instrument, value, attributes))
        if self._thread is None:
            self._start()

    def close(self, timeout: float = 10.0) -> None:
        """Send what waits. Whatever is measured later is dropped."""
        self._off, end = True, monotonic() + timeout
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(timeout)
        if self._provider is not None:
            self._provider.shutdown(timeout_millis=max(1.0, end - monotonic()) * 1000)

    def _start(self) -> None:
        with self._guard:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="measures", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        sleep(self._patience)
        try:
            instruments = self._instruments()
        except Exception as error:  # noqa: BLE001 the app works without being measured
            self._off = True
            log.warning("metrics.off error=%s", type(error).__name__)
            return
        while (measure := self._waiting.get()) is not None:
            instrument, value, attributes = measure
            instruments[instrument.name](value, attributes)

    def _instruments(self) -> Mapping[str, Callable[[float, Mapping[str, str]], None]]:
        # The exporter would tell Microsoft of its own doings, in calls of its own.
        os.environ.setdefault("APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL", "True")
        from azure.monitor.opentelemetry.exporter import AzureMonitorMetricExporter
        from opentelemetry.sdk.metrics import MeterProvider
        from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
        from opentelemetry.sdk.resources import Resource

        options: dict[str, Any] = {"connection_string": self._connection_string, "disable_offline_storage": True}
        if self._client_id:
            from azure.identity import ManagedIdentityCredential

            options["credential"] = ManagedIdentityCredential(client_id=self._client_id)
        reader = PeriodicExportingMetricReader(AzureMonitorMetricExporter(**options), self._interval * 1000)
        resource = Resource.create({"service.name": self._role, "service.instance.id": self._instance})
        self._provider = MeterProvider([reader], resource)
        meter = self._provider.get_meter("dynamics-oneflow-sync")
        known: dict[str, Callable[[float, Mapping[str, str]], None]] = {}
        for one in ALL:
            named = (one.name, one.unit, one.description)
            if one.kind == "counter":
                known[one.name] = meter.create_counter(*named).add
            elif one.kind == "histogram":
                known[one.name] = meter.create_histogram(*named).record
            else:
                known[one.name] = meter.create_gauge(*named).set
        return known
