"""The `sync` job: one contract is synced, unless it was looked at meanwhile, is still to be, or its link is paused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from time import monotonic

from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.jobs import (
    SyncJob,
)
from sync_core.engine.model.words import Action
from sync_core.engine.settling.schedule import Hint, judge_hint
from sync_core.telemetry import metrics
from sync_core.usecases.jobs.turns import Turns
from sync_core.usecases.stores import Due, Jobs
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract

log = logging.getLogger(__name__)


class RunSyncJob:
    """`heard`: a webhook arrived. `turn` is entered around what asks Oneflow: RateLimited where its limit leaves no
    place soon."""

    def __init__(
        self,
        sync: SyncContract,
        opener: Opener,
        due: Due,
        jobs: Jobs,
        turns: Turns,
        heard: Callable[[], None],
        turn: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._sync, self._opener, self._due, self._jobs = sync, opener, due, jobs
        self._turns, self._heard, self._turn = turns, heard, turn

    def run(self, job: SyncJob, inserted_at: datetime) -> bool:
        """Whether it is done (False: it was put back). `inserted_at`: when the queue took the message."""
        with self._turns.of(job.contract_id):
            return self._run(job, inserted_at)

    def _run(self, job: SyncJob, inserted_at: datetime) -> bool:
        contract_id = job.contract_id
        if job.cause == "webhook":
            self._heard()
        opened, begun = self._opener.open(contract_id, wait=False), monotonic()
        put_at = job.put_at or inserted_at
        metrics.record(metrics.QUEUE_AGE, max(0.0, (opened.opened_at - put_at).total_seconds()))
        hint, wait = judge_hint(put_at, opened.link.looked_at, opened.opened_at, opened.link.idle_hints)
        if hint is Hint.DROP:
            log.info("job.answered contract_id=%s cause=%s", contract_id, job.cause)
            return True
        if hint is Hint.WAIT:
            self._jobs.put(job, delay=max(1.0, wait.total_seconds()))
            return False
        until = opened.rests_until
        if until is not None:
            self._due.put(contract_id, until)  # the sweep took its row away, and it is looked at when the pause ends
            log.info("job.paused contract_id=%s", contract_id)
            return True
        cause = Cause(job.cause, MACHINE)
        with self._turn():
            plan = self._sync.run_opened(opened, SyncRequest(Action.AUTOMATIC, cause))
        if job.cause == "webhook" and plan.writes:
            waited = opened.opened_at - (job.first_put_at or inserted_at)
            metrics.record(metrics.WEBHOOK_TO_WRITTEN, max(0.0, waited.total_seconds()) + monotonic() - begun)
        return True
