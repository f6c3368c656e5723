"""News for a record's owner: kept with the link by the transaction that saw it, and told by a job.

The job is put before the transaction, so that a process that dies after it loses none; it tells only what the link
holds, so that a closing that did not come to be is told by nobody.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.instants import instant_of
from sync_core.engine.model.jobs import NewsJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.news import Notify
from sync_core.engine.showing.news import news_after
from sync_core.usecases.stores import Jobs, Mappings

AFTER = 2.0  # seconds; by then the transaction has nearly always closed


class NewsJobs:
    def __init__(self, jobs: Jobs, mappings: Mappings, new_id: Callable[[], str] = lambda: str(uuid.uuid4())) -> None:
        self._jobs, self._mappings, self._new_id = jobs, mappings, new_id

    def closing(self, before: Link, after: Link, entries: Sequence[HistoryEntry], now: datetime) -> Link:
        """The link as it is to be stored."""
        mapping = self._mappings.get(after.entity)
        level = mapping.notify if mapping is not None else Notify.OFF
        kept, fresh = news_after(before, after, entries, level, now, self._new_id)
        for one in fresh:
            wait = (instant_of(one.due_at) - now).total_seconds()
            self._jobs.put(NewsJob(after.contract_id, one.id), delay=max(AFTER, wait))
        return after if kept == after.news else replace(after, news=kept)
