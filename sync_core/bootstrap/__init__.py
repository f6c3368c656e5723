"""Builds everything, lazily and once per process: the only place where use cases meet adapters and settings.

Importing this opens nothing and needs no settings. Each part is built when it is first asked for, and its module
imported then, so that the path of a webhook loads neither vendor's client.
"""

from __future__ import annotations

import os
import threading
import zoneinfo
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sync_core.bootstrap.services import Services
from sync_core.settings import Settings, queue_of
from sync_core.telemetry import metrics

if TYPE_CHECKING:
    from sync_core.engine.model.jobs import Job

__all__ = ["Services", "exchange", "put_back", "services"]

_guard = threading.Lock()
_built: Services | None = None


def services() -> Services:
    """The process's services. ConfigurationError, each time anew, while settings are missing or wrong."""
    global _built
    with _guard:
        if _built is None:
            # Time zones are those of the pinned tzdata, the same on every machine.
            zoneinfo.reset_tzpath(to=())
            _built = Services(Settings.read(os.environ))
            _measure(_built)
        return _built


def exchange(others: Services | None) -> Services | None:
    """Use these services from now on (None: read the settings anew when next asked); those that were used before.

    What the process measures goes where its services keep it.
    """
    global _built
    with _guard:
        before, _built = _built, others
        metrics.send_to(None)
        if others is not None:
            _measure(others)
        return before


def _measure(built: Services) -> None:
    """From now on measures are kept by the hour, and leave the process where Application Insights is connected."""
    hours = built.hours
    if not os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        metrics.send_to(hours)
        return
    from sync_core.adapters.azure_monitor import AzureMonitorMetrics

    monitor = AzureMonitorMetrics.of(os.environ)

    def both(instrument: metrics.Instrument, value: float, attributes: Mapping[str, str]) -> None:
        hours(instrument, value, attributes)
        if monitor is not None:
            monitor(instrument, value, attributes)

    metrics.send_to(both)


def put_back(job: Job, delay: float) -> None:
    """Keep a job waiting while the settings are incomplete: only the queue that it came from is needed for that."""
    from sync_core.adapters.storage.connection import Storage, StorageAddress
    from sync_core.adapters.storage.jobs import QueueJobs

    QueueJobs(Storage(StorageAddress(*queue_of(os.environ)))).put(job, delay)
