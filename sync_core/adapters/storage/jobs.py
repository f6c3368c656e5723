"""Queue `sync-jobs`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors

QUEUE = "sync-jobs"
_LONGEST = 7 * 24 * 3600 - 60  # seconds; the service's limit for a hidden message is 7 days


class QueueJobs:
    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, job: Mapping[str, Any], delay: float = 0) -> None:
        hidden = min(_LONGEST, math.ceil(delay))
        with storage_errors(writing=True):
            self._storage.queue(QUEUE).send_message(json.dumps(dict(job)), visibility_timeout=hidden, time_to_live=-1)

    def ping(self) -> None:
        """Whether the queue answers."""
        with storage_errors():
            self._storage.queue(QUEUE).get_queue_properties()
