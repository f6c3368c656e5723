"""What becomes of one message of `sync-jobs`: done, put back, or a dead letter."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sync_core.engine.model.jobs import (
    ContractRowJob,
    CreationJob,
    DocumentJob,
    DueLinksJob,
    EventsJob,
    Job,
    MessageJob,
    NewsJob,
    OutcomeJob,
    RecordJob,
    SecretsJob,
    SwitchJob,
    SyncJob,
    contract_of_job,
    kind_of,
    parsed_job,
)
from sync_core.engine.settling.schedule import AT_ONCE, PATIENCE, retry_delay, waits_until
from sync_core.engine.showing.outcome import given_up, waits
from sync_core.errors import (
    Busy,
    ConfigurationError,
    ConnectionBroken,
    Gone,
    Ground,
    NotAllowed,
    RateLimited,
    Refused,
    SyncError,
    Temporary,
    Unreadable,
    VersionMoved,
)
from sync_core.telemetry import metrics
from sync_core.usecases.jobs.broken_connection import BrokenConnection
from sync_core.usecases.jobs.reconcile import AGAIN
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import DeadLetters, Due, Jobs

log = logging.getLogger(__name__)

_CONNECTION_WAIT = 60.0  # a broken connection is asked again this often, without using up an attempt
_LOCK_WAIT = 5.0
_FOREIGN_WAIT, _FOREIGN_LONGEST = 2.0, 600.0
# A sync that waits longer waits as a row: of those a link has few, whatever is told of it meanwhile.
_LONGEST_MESSAGE, _LONGEST_LIMITED = 60.0, 300.0  # seconds; the second where only the rate limit is used up
_OLDEST_MESSAGE = timedelta(minutes=15)
# A read that is refused so is one of the situation, as a write is: a plan that was not paid, a plug-in that fails.
_MAY_BE_OVER = frozenset({Ground.PRIVILEGE, Ground.SECURED, Ground.PAYMENT, Ground.STATE, Ground.RULE})
_ASK_ONEFLOW = (EventsJob, CreationJob, MessageJob)  # beside a sync, which enters its turn where it begins to ask
_CRASHED = "The job failed without an answer."
_ROW_MOVES = 30.0  # seconds of waiting from which a job's row is moved along with it


class OtherJobs(NamedTuple):
    """What runs the kinds of jobs beside `sync`."""

    record: Callable[[RecordJob], None]
    events: Callable[[EventsJob], None]
    creation: Callable[[CreationJob], None]
    due_links: Callable[[DueLinksJob], None]
    message: Callable[[MessageJob], None]
    switch: Callable[[SwitchJob], None]
    contract_row: Callable[[ContractRowJob], None]
    news: Callable[[NewsJob], None]
    outcome: Callable[[OutcomeJob], None]
    document: Callable[[DocumentJob], None]

    def of(self, job: Job) -> Callable[[Any], None] | None:
        """What runs jobs of this one's kind; None where nothing here does."""
        by_kind: Mapping[type[Job], Callable[[Any], None]] = {
            RecordJob: self.record,
            EventsJob: self.events,
            CreationJob: self.creation,
            DueLinksJob: self.due_links,
            MessageJob: self.message,
            SwitchJob: self.switch,
            ContractRowJob: self.contract_row,
            NewsJob: self.news,
            OutcomeJob: self.outcome,
            DocumentJob: self.document,
        }
        return by_kind.get(type(job))


class JobRunner:
    """Runs one job. `sync`: a sync's, True where it is done. `unlinked`: a webhook was about a contract without a link.
    `chance`: 0 to 1. `is_ours`: whether a message's stamp is.

    `turn` is entered around what else asks Oneflow: RateLimited where its limit leaves no place soon.
    """

    def __init__(
        self,
        sync: Callable[[SyncJob, datetime], bool],
        due: Due,
        jobs: Jobs,
        dead_letters: DeadLetters,
        others: OtherJobs,
        chance: Callable[[], float],
        turn: Callable[[], AbstractContextManager[None]],
        clock: Clock,
        broken: BrokenConnection,
        is_ours: Callable[[str | None], bool],
        unlinked: Callable[[int], None] = lambda contract_id: None,
    ) -> None:
        self._sync, self._due, self._jobs = sync, due, jobs
        self._dead_letters, self._others = dead_letters, others
        self._chance, self._turn = chance, turn
        self._clock, self._broken, self._is_ours, self._unlinked = clock, broken, is_ours, unlinked

    def run(self, job: Job, inserted_at: datetime) -> None:
        """`inserted_at`: when the queue took the message (storage time). Raises only what the host must retry."""
        job = job.taken(inserted_at)
        if not self._is_ours(job.installation):
            self._jobs.put(job, delay=self._handed_over(job, inserted_at))
            return
        try:
            if not self._one(job, inserted_at):
                return
        except SyncError as error:
            self._failed(job, error, inserted_at)
        else:
            self._done(job)

    def _failed(self, job: Job, error: SyncError, inserted_at: datetime) -> None:
        """Later again, dropped or a dead letter, by what the error says that is to be done about it."""
        match error:
            case ConnectionBroken() | ConfigurationError():
                self._broken.met(error)
                if isinstance(job, MessageJob) and job.first_put_at == inserted_at:
                    self._jobs.put(waits(job, error))
                self._again(job, retry_delay(1, _CONNECTION_WAIT, self._chance()).total_seconds(), error, inserted_at)
            case Busy() | RateLimited() | VersionMoved():
                delay = retry_delay(1, _wait_after(error), self._chance())
                self._again(job, delay.total_seconds(), error, inserted_at)
            case Temporary():
                self._later(job, inserted_at, error)
            case Gone() | NotAllowed():
                self._no_more(job, error)
            case Refused() if error.ground in _MAY_BE_OVER:
                self._later(job, inserted_at, error)
            case _:
                self._give_up(job, _kind(error), str(error))

    def _no_more(self, job: Job, error: Gone | NotAllowed) -> None:
        """What the job is about is not there, or closed to us."""
        if isinstance(job, MessageJob):
            self._give_up(job, _kind(error), str(error))  # whoever asked for it got no answer
            return
        # The link was marked, or there is none: no retry and no dead letter.
        log.info("job.dropped kind=%s contract_id=%s error=%s", kind_of(job), contract_of_job(job), _kind(error))
        _count(job, "dropped")
        self._drop_due(job)
        if isinstance(error, Gone) and isinstance(job, SyncJob) and job.cause == "webhook":
            self._unlinked(job.contract_id)

    def poisoned(self, text: str) -> None:
        """A message that crashed its worker again and again becomes a dead letter; one of a projection, of which nobody
        is to decide, is tried again as after any failure."""
        try:
            job: Job | None = parsed_job(text)
        except Unreadable:
            job = None
        if job and not self._is_ours(job.installation):
            self._jobs.put_poisoned(job, _FOREIGN_WAIT)
            return
        if job and not job.leaves_letter:
            now = self._clock.now()
            self._later(job.taken(now), now, Temporary(_CRASHED))
            return
        self._give_up(job, "crash", _CRASHED)

    def _handed_over(self, job: Job, inserted_at: datetime) -> float:
        """Another installation shares the queue: its job is left to it, ever less often where nobody takes it."""
        log.info("job.foreign kind=%s installation=%s", kind_of(job), job.installation)
        age = (inserted_at - (job.first_put_at or inserted_at)).total_seconds()
        return min(max(_FOREIGN_WAIT, age / 10), _FOREIGN_LONGEST) * (0.5 + self._chance())

    def _one(self, job: Job, inserted_at: datetime) -> bool:
        """Whether the job is done (False: it was put back)."""
        if isinstance(job, SyncJob):
            return self._sync(job, inserted_at)
        if isinstance(job, SecretsJob):
            return True  # whoever runs jobs tells it after each
        run = self._others.of(job)
        if run is None:
            raise SyncError("The job's kind is unknown.")
        with self._turn() if isinstance(job, _ASK_ONEFLOW) else nullcontext():
            run(job)
        return True

    def _again(self, job: Job, delay: float, error: SyncError, inserted_at: datetime) -> None:
        """Later, without using up an attempt."""
        log.info(
            "job.waits kind=%s contract_id=%s error=%s delay=%d",
            *(kind_of(job), contract_of_job(job), _kind(error), int(delay)),
        )
        _count(job, "waits")
        self._put_back(job, delay, error, inserted_at)

    def _later(self, job: Job, inserted_at: datetime, error: Temporary | Refused) -> None:
        first = job.first_put_at or inserted_at
        attempts = job.attempts + 1
        if inserted_at - first > PATIENCE:
            self._give_up(job, "temporary" if isinstance(error, Temporary) else _kind(error), str(error))
            return
        if isinstance(job, MessageJob) and attempts == 1:
            self._jobs.put(waits(job, error))
        told = error.retry_after if isinstance(error, Temporary) else None
        delay = retry_delay(attempts, told, self._chance()).total_seconds()
        log.warning(
            "job.retried kind=%s contract_id=%s attempt=%s delay=%d error=%s",
            *(kind_of(job), contract_of_job(job), attempts, int(delay), error),
        )
        _count(job, "retried")
        self._put_back(replace(job, attempts=attempts), delay, error, inserted_at)

    def _put_back(self, job: Job, delay: float, error: SyncError, inserted_at: datetime) -> None:
        """To the queue for a short wait, to a row for a long one: every event of an outage would be a message more."""
        if not isinstance(job, SyncJob):
            self._jobs.put(job, delay=delay)
            return
        now, wait = self._clock.now(), timedelta(seconds=delay)
        if _waits_as_row(error, delay, inserted_at - (job.first_put_at or inserted_at)):
            cause = job.cause if job.cause == "reconcile" else "look"
            # No sweep while a connection is broken, so that one row a link is enough.
            broken = isinstance(error, (ConnectionBroken, ConfigurationError))
            due_at = AT_ONCE if broken else waits_until(job.contract_id, wait, now)
            self._due.wait(replace(job, cause=cause, due=None), due_at)
            self._drop_due(job)
            return
        if job.due and delay >= _ROW_MOVES:
            # The row that would make it anew is one with the message: it falls due after it.
            kept = self._due.keep(job.contract_id, now + wait + AGAIN)
            self._drop_due(job)
            job = replace(job, due=kept)
        self._jobs.put(job, delay=delay)

    def _give_up(self, job: Job | None, cause: str, reason: str) -> None:
        contract_id = contract_of_job(job)
        if job is not None and not job.leaves_letter:
            # No sync failed, and the slow sweep brings a row or a document back.
            log.error("%s.given_up contract_id=%s cause=%s", job.kind, contract_id, cause)
            _count(job, "dropped")
            return
        log.error(
            "job.dead kind=%s contract_id=%s cause=%s correlation_id=%s",
            *(kind_of(job), contract_id, cause, job.correlation_id if job else None),
        )
        _count(job, "dead")
        metrics.record(metrics.DEAD_LETTERS, cause=cause)
        if isinstance(job, MessageJob):
            self._jobs.put(given_up(job, cause, reason))
        self._dead_letters.add(contract_id, cause, reason, job)
        self._drop_due(job)

    def _drop_due(self, job: Job | None) -> None:
        """The row that kept a reconcile job alive has done its service."""
        if isinstance(job, SyncJob) and job.due:
            self._due.drop(job.due)

    def _done(self, job: Job) -> None:
        """A replayed dead letter is closed by its success."""
        _count(job, "done")
        self._drop_due(job)
        if job.letter:
            self._dead_letters.discard(job.letter)


def _wait_after(error: Busy | RateLimited | VersionMoved) -> float | None:
    """How long at least, in seconds, where it says so or we know."""
    if isinstance(error, Busy):
        return min(error.retry_after or _LOCK_WAIT, _LOCK_WAIT)
    return error.retry_after or _CONNECTION_WAIT if isinstance(error, RateLimited) else None


def _waits_as_row(error: SyncError, delay: float, age: timedelta) -> bool:
    if isinstance(error, (ConnectionBroken, ConfigurationError)):
        return True
    longest = _LONGEST_LIMITED if isinstance(error, RateLimited) else _LONGEST_MESSAGE
    return delay > longest or age > _OLDEST_MESSAGE


def _count(job: Job | None, result: str) -> None:
    metrics.record(metrics.JOBS, kind=kind_of(job) or "unreadable", result=result)


def _kind(error: Exception) -> str:
    return type(error).__name__
