"""What becomes of one message of `sync-jobs`: done, put back, or a dead letter.

Kinds: `sync` (one contract), `record` (all contracts of a record that changed in Dynamics), `events` (the search
after a write to Oneflow), `creation` (a creation whose end nobody saw), `due_links` (a table's links become due).
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from time import monotonic
from typing import Any

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.link import OpenLink
from sync_core.engine.model.words import Action, Result
from sync_core.engine.settling.schedule import PATIENCE, Hint, judge_hint, retry_delay
from sync_core.errors import (
    Busy,
    ConfigurationError,
    ConnectionBroken,
    Gone,
    NotAllowed,
    RateLimited,
    SyncError,
    Temporary,
    VersionMoved,
)
from sync_core.telemetry import metrics
from sync_core.usecases.jobs.turns import Turns
from sync_core.usecases.stores import DeadLetters, Due, Jobs
from sync_core.usecases.sync.close import Cause
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract

log = logging.getLogger(__name__)

Job = Mapping[str, Any]
OtherJob = Callable[[Job], None]

_CONNECTION_WAIT = 60.0  # a broken connection is asked again this often, without using up an attempt
_LOCK_WAIT = 5.0
_ASKING_ONEFLOW = ("events", "creation")


class JobRunner:
    """Runs one job. `others` are the kinds beside `sync`; `heard`: a webhook arrived. `chance`: 0 to 1.

    `turn` is entered around what asks Oneflow: RateLimited where its limit leaves no place soon.
    """

    def __init__(
        self,
        sync: SyncContract,
        opener: Opener,
        due: Due,
        jobs: Jobs,
        dead_letters: DeadLetters,
        turns: Turns,
        others: Mapping[str, OtherJob],
        heard: Callable[[], None],
        chance: Callable[[], float],
        turn: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._sync, self._opener, self._due, self._jobs = sync, opener, due, jobs
        self._dead_letters, self._turns, self._others = dead_letters, turns, others
        self._heard, self._chance, self._turn = heard, chance, turn

    def run(self, job: Job, inserted_at: datetime) -> None:
        """`inserted_at`: when the queue took the message (storage time). Raises only what the host must retry."""
        # Kept through every putting back: how old the job is, and what its hint was about.
        job = {"first_put_at": _text(inserted_at), "put_at": _text(inserted_at), **job}
        try:
            if not self._one(job, inserted_at):
                return
        except (ConnectionBroken, ConfigurationError) as error:
            self._again(job, retry_delay(1, _CONNECTION_WAIT, self._chance()).total_seconds(), error)
        except Busy as error:
            wait = min(error.retry_after or _LOCK_WAIT, _LOCK_WAIT)
            self._again(job, retry_delay(1, wait, self._chance()).total_seconds(), error)
        except RateLimited as error:
            self._again(
                job, retry_delay(1, error.retry_after or _CONNECTION_WAIT, self._chance()).total_seconds(), error
            )
        except VersionMoved as error:
            self._again(job, retry_delay(1, None, self._chance()).total_seconds(), error)
        except Temporary as error:
            self._later(job, inserted_at, error)
        except (Gone, NotAllowed) as error:
            # The link was marked, or there is none: no retry and no dead letter.
            log.info(
                "job.dropped kind=%s contract_id=%s error=%s", job.get("kind"), job.get("contract_id"), _kind(error)
            )
            _count(job, "dropped")
            self._drop_due(job)
        except SyncError as error:
            self._give_up(job, _kind(error), str(error))
        else:
            self._done(job)

    def poisoned(self, text: str) -> None:
        """A message that crashed its worker again and again becomes a dead letter."""
        try:
            job = json.loads(text)
        except ValueError:
            job = None
        self._give_up(
            job if isinstance(job, dict) else {"unreadable": True}, "crash", "The job failed without an answer."
        )

    def _one(self, job: Job, inserted_at: datetime) -> bool:
        """Whether the job is done (False: it was put back)."""
        kind = job.get("kind")
        other = self._others.get(str(kind))
        if other is not None:
            with self._turn() if kind in _ASKING_ONEFLOW else nullcontext():
                other(job)
            return True
        contract_id = job.get("contract_id")
        if kind != "sync" or not isinstance(contract_id, int):
            raise SyncError("The job is of no known kind.")
        with self._turns.of(contract_id):
            return self._contract(contract_id, job, inserted_at)

    def _contract(self, contract_id: int, job: Job, inserted_at: datetime) -> bool:
        if job.get("cause") == "webhook":
            self._heard()
        opened, begun = self._opener.open(contract_id, wait=False), monotonic()
        put_at = _moment(job.get("put_at")) or inserted_at
        metrics.record(metrics.QUEUE_AGE, max(0.0, (opened.opened_at - put_at).total_seconds()))
        hint, wait = judge_hint(put_at, opened.link.looked_at, opened.opened_at, opened.link.idle_hints)
        if hint is Hint.DROP:
            log.info("job.answered contract_id=%s cause=%s", contract_id, job.get("cause"))
            return True
        if hint is Hint.WAIT:
            self._jobs.put(job, delay=max(1.0, wait.total_seconds()))
            return False
        until = _rests_until(opened)
        if until is not None:
            self._due.put(contract_id, until)  # the sweep took its row away, and it is looked at when the pause ends
            log.info("job.paused contract_id=%s", contract_id)
            return True
        cause = Cause(str(job.get("cause", "job")), MACHINE)
        with self._turn():
            plan = self._sync.run_opened(opened, SyncRequest(Action.AUTOMATIC, cause))
        if job.get("cause") == "webhook" and _wrote(plan):
            waited = opened.opened_at - (_moment(job.get("first_put_at")) or inserted_at)
            metrics.record(metrics.WEBHOOK_TO_WRITTEN, max(0.0, waited.total_seconds()) + monotonic() - begun)
        return True

    def _again(self, job: Job, delay: float, error: SyncError) -> None:
        """Back to the queue, without using up an attempt."""
        log.info(
            "job.waits kind=%s contract_id=%s error=%s delay=%d",
            *(job.get("kind"), job.get("contract_id"), _kind(error), int(delay)),
        )
        _count(job, "waits")
        self._jobs.put(job, delay=delay)

    def _later(self, job: Job, inserted_at: datetime, error: Temporary) -> None:
        first = _moment(job.get("first_put_at")) or inserted_at
        attempts = int(job.get("attempts", 0)) + 1
        if inserted_at - first > PATIENCE:
            self._give_up(job, "temporary", str(error))
            return
        delay = retry_delay(attempts, error.retry_after, self._chance()).total_seconds()
        log.warning(
            "job.retried kind=%s contract_id=%s attempt=%s delay=%d error=%s",
            *(job.get("kind"), job.get("contract_id"), attempts, int(delay), error),
        )
        _count(job, "retried")
        self._jobs.put({**job, "attempts": attempts}, delay=delay)

    def _give_up(self, job: Job, cause: str, reason: str) -> None:
        contract_id = job.get("contract_id")
        log.error(
            "job.dead kind=%s contract_id=%s cause=%s correlation_id=%s",
            *(job.get("kind"), contract_id, cause, job.get("correlation_id")),
        )
        _count(job, "dead")
        metrics.record(metrics.DEAD_LETTERS, cause=cause)
        self._dead_letters.add(contract_id if isinstance(contract_id, int) else None, cause, reason, job)
        self._drop_due(job)

    def _drop_due(self, job: Job) -> None:
        """The row that kept a reconcile job alive has done its service."""
        if isinstance(job.get("due"), str):
            self._due.drop(job["due"])

    def _done(self, job: Job) -> None:
        """A replayed dead letter is closed by its success."""
        _count(job, "done")
        self._drop_due(job)
        if isinstance(job.get("letter"), str):
            self._dead_letters.discard(job["letter"])


def _rests_until(opened: OpenLink) -> datetime | None:
    """When the link's pause ends; None where it is not paused (any more)."""
    until = opened.link.paused_until
    return until if opened.link.status == "paused" and until is not None and until > opened.opened_at else None


def _wrote(plan: Plan) -> bool:
    return any(step.side and step.result is Result.WRITTEN for step in plan.steps)


def _count(job: Job, result: str) -> None:
    kind = job.get("kind")
    metrics.record(metrics.JOBS, kind=kind if isinstance(kind, str) else "unreadable", result=result)


def _kind(error: Exception) -> str:
    return type(error).__name__


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(str(text)).astimezone(UTC) if text else None
    except ValueError:
        return None
