"""Builds everything, lazily and once per process: the only place where use cases meet adapters and settings.

Importing this opens nothing and needs no settings. Each part is built when it is first asked for, and its module
imported then, so that the path of a webhook loads neither vendor's client.
"""

from __future__ import annotations

import os
import threading

from sync_core.bootstrap.services import Services
from sync_core.settings import Settings

__all__ = ["Services", "services"]

_guard = threading.Lock()
_built: Services | None = None


def services() -> Services:
    """The process's services. ConfigurationError, each time anew, while settings are missing or wrong."""
    global _built
    with _guard:
        if _built is None:
            _built = Services(Settings.read(os.environ))
        return _built
