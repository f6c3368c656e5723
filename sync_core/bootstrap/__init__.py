"""Builds everything, lazily and once per process: the only place where use cases meet adapters and settings.

Importing this opens nothing and needs no settings. Each part is built when it is first asked for, and its module
imported then, so that the path of a webhook loads neither vendor's client.
"""

from __future__ import annotations

import os
import threading
import zoneinfo
from typing import TYPE_CHECKING

from sync_core.bootstrap.services import Services
from sync_core.settings import Settings, storage_of
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
            _measure()
        return _built


def exchange(others: Services | None) -> Services | None:
    """Use these services from now on (None: read the settings anew when next asked); those that were used before."""
    global _built
    with _guard:
        before, _built = _built, others
        return before


def _measure() -> None:
    """From now on measures leave the process, where it is connected to Application Insights."""
    if os.environ.get("APPLICATIONINSIGHTS_CONNECTION_STRING"):
        from sync_core.adapters.azure_monitor import AzureMonitorMetrics

        metrics.send_to(AzureMonitorMetrics.of(os.environ))


def put_back(job: Job, delay: float) -> None:
    """Keep a job waiting while the settings are incomplete: only storage is needed for that."""
    from sync_core.adapters.storage.connection import Storage, StorageAddress
    from sync_core.adapters.storage.jobs import QueueJobs

    QueueJobs(Storage(StorageAddress(*storage_of(os.environ)))).put(job, delay)
