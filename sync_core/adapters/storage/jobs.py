"""Queue `sync-jobs`."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.engine.model.jobs import Job, content_of
from sync_core.telemetry import correlation

QUEUE = "sync-jobs"
POISON = "sync-jobs-poison"
_LONGEST = 7 * 24 * 3600 - 60  # seconds; the service's limit for a hidden message is 7 days


class QueueJobs:
    """`stamp`: what the messages carry of the installation that put them."""

    def __init__(self, storage: Storage, stamp: str | None = None) -> None:
        self._storage, self._stamp = storage, stamp

    def put(self, job: Job, delay: float = 0) -> None:
        """The job carries the id of what caused it, its own or the present invocation's."""
        self._send(job, min(_LONGEST, math.ceil(delay)))

    def put_poisoned(self, job: Job, delay: float) -> None:
        self._send(job, math.ceil(delay), poisoned=True)

    def _send(self, job: Job, hidden: int, poisoned: bool = False) -> None:
        more = {"correlation_id": correlation.current(), "installation": self._stamp}
        text = json.dumps({name: value for name, value in more.items() if value} | content_of(job))
        with storage_errors(writing=True):
            queue = self._storage.queue(POISON) if poisoned else self._storage.queue(QUEUE)
            queue.send_message(text, visibility_timeout=hidden, time_to_live=-1)

    def lengths(self) -> Mapping[str, int]:
        """About how many messages each queue holds, hidden ones included."""
        with storage_errors():
            queues = {QUEUE: self._storage.queue(QUEUE), POISON: self._storage.queue(POISON)}
            return {
                name: int(queue.get_queue_properties().approximate_message_count or 0) for name, queue in queues.items()
            }

    def ping(self) -> None:
        """Whether the queue answers."""
        with storage_errors():
            self._storage.queue(QUEUE).get_queue_properties()
