"""7. What an outage of a whole weekend leaves on the queue, counted: time is virtual, storage and queue are in memory.

The runner of jobs and the sweep are the app's own. Every link is told of twice an hour; whatever asks a vendor meets
the outage.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bench.growth import scene
from bench.measure import Figure
from sync_core.adapters.hold import Hold
from sync_core.adapters.http import Answer
from sync_core.adapters.oneflow.fields import FieldWriter
from sync_core.adapters.oneflow.observed import Observed
from sync_core.adapters.oneflow.pace import Pace
from sync_core.engine.deciding.plan import Write
from sync_core.engine.deciding.planner import plan_push
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.jobs import Job, SyncJob, as_one
from sync_core.engine.model.link import DueRow
from sync_core.engine.model.words import Result, Side
from sync_core.errors import ConnectionBroken, Gone, RateLimited, Refused, SyncError, Temporary
from sync_core.usecases.jobs.broken_connection import BrokenConnection
from sync_core.usecases.jobs.reconcile import Reconcile
from sync_core.usecases.jobs.runner import JobRunner
from sync_core.usecases.jobs.sync_job import RunSyncJob
from sync_core.usecases.jobs.turns import Turns
from sync_core.usecases.sync.guard import Guard
from sync_core.usecases.sync.send import send
from sync_core.usecases.sync.write_oneflow import OneflowTarget

GROUP = "Outages"
START = datetime(2026, 3, 6, 17, tzinfo=UTC)  # a Friday
WEEKEND = timedelta(hours=63)
_TOLD_EVERY = timedelta(minutes=30)
_SWEEP_EVERY = timedelta(seconds=30)

OUTAGES: Mapping[str, Callable[[], SyncError]] = {
    "the token is revoked": lambda: ConnectionBroken("401", side="oneflow", status=401),
    "no vendor answers": lambda: Temporary("no answer", side="oneflow"),
    "each answer says to wait a day": lambda: RateLimited("429", side="oneflow", retry_after=86_400.0),
    "each answer says to wait a minute": lambda: RateLimited("429", side="oneflow", retry_after=60.0),
}


class Weekend:
    """`error` is what whoever asks a vendor meets until it is None."""

    def __init__(self, links: int, error: Callable[[], SyncError]) -> None:
        self.at, self.links, self.error = START, range(1, links + 1), error
        self.lasts, self.asked = True, 0
        self.queue: list[tuple[datetime, datetime, SyncJob]] = []  # seen from, inserted at
        self.rows: dict[str, DueRow] = {}
        self.seen, self.letters, self.most = set[int](), list[str](), 0
        self._marks: dict[str, str] = {}
        parts: Any = self
        queue: Any = _Queue(self)
        letters: Any = _Letters(self)
        broken = BrokenConnection(parts, parts, self._alive)
        self._sweep = Reconcile(parts, parts, queue, letters, parts, parts, broken, parts)
        dice = random.Random(1)
        sync = RunSyncJob(parts, parts, parts, queue, Turns(), lambda: None, nullcontext)
        self._runner = JobRunner(
            sync.run, parts, queue, letters, parts, dice.random, nullcontext, parts, broken, lambda _: True
        )
        for contract_id in self.links:
            self.rows[f"own-{contract_id}"] = DueRow(f"own-{contract_id}", contract_id, START)

    def pass_time(self, time: timedelta) -> None:
        end = self.at + time
        while self.at < end:
            if (self.at - START) % _TOLD_EVERY < _SWEEP_EVERY:
                for contract_id in self.links:
                    self.queue.append((self.at, self.at, SyncJob(contract_id, "webhook")))
            self._sweep.run()
            self._work()
            self.most = max(self.most, len(self.queue))
            self.at += _SWEEP_EVERY

    def _work(self) -> None:
        ready = [one for one in self.queue if one[0] <= self.at]
        self.queue = [one for one in self.queue if one[0] > self.at]
        for _, inserted_at, job in ready:
            self._runner.run(job, inserted_at)

    def _alive(self) -> None:
        self.asked += 1
        if self.lasts:
            raise self.error()

    # --- what the runner and the sweep ask --------------------------------------------------------------------------

    def open(self, contract_id: int, wait: bool = False) -> Any:
        """The sync of a link, in the place of its opening: it fails, or it is done and the link has its row again."""
        self.asked += 1
        if self.lasts:
            raise self.error()
        self.seen.add(contract_id)
        raise Gone("done", side="storage")

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def all(self) -> Mapping[str, str]:
        done = {"slow_sweep": '{"done_at": "2099-01-01T00:00:00Z"}', "lists": '{"at": "2099-01-01T00:00:00Z"}'}
        return done | self._marks

    def set(self, name: str, value: str) -> None:
        self._marks[name] = value

    def until(self, now: datetime | None, limit: int) -> list[DueRow]:
        due = sorted((row for row in self.rows.values() if row.due_at <= self.at), key=lambda row: row.due_at)
        return due[:limit]

    def keep(self, contract_id: int, due_at: datetime) -> str:
        key = f"job-{due_at.isoformat()}-{contract_id}"
        self.rows[key] = DueRow(key, contract_id, due_at)
        return key

    def wait(self, job: SyncJob, due_at: datetime) -> None:
        key = f"wait-{due_at.isoformat()}-{job.contract_id}"
        known = self.rows.get(key)
        merged = as_one(job, known.job) if known and known.job else job
        self.rows[key] = DueRow(key, job.contract_id, due_at, merged)

    def drop(self, row_key: str) -> None:
        self.rows.pop(row_key, None)


class _Queue:
    def __init__(self, weekend: Weekend) -> None:
        self._weekend = weekend

    def put(self, job: Job, delay: float = 0) -> None:
        assert isinstance(job, SyncJob)
        now = self._weekend.at
        self._weekend.queue.append((now + timedelta(seconds=delay), now, job))


class _Letters:
    def __init__(self, weekend: Weekend) -> None:
        self._weekend = weekend

    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        self._weekend.letters.append(cause)

    def list(self, after: str | None = None, limit: int = 50) -> tuple[list[Any], str | None]:
        return [], None


class _Time:
    def __init__(self) -> None:
        self.at = 0.0

    def monotonic(self) -> float:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += seconds


def throttle(links: int = 30, seconds: int = 25, hold_seconds: float = 5.0) -> int:
    """How many requests are sent while each answer is 429 and every link is tried each second."""
    time, sent = _Time(), 0
    hold = Hold("dynamics", 300.0, time.monotonic, time.sleep)
    while time.at < seconds:
        for _ in range(links):
            with contextlib.suppress(RateLimited), hold.request(patient=False):
                sent += 1
                raise RateLimited("429", side="dynamics", retry_after=hold_seconds)
        time.at += 1
    return sent


def after_one_refusal(jobs: int = 10, hold_seconds: float = 60.0) -> float:
    """Until when, in seconds, the last of these jobs is put back after a single 429, with little sent before."""
    time, latest = _Time(), 0.0
    pace = Pace(2000, 300.0, time.monotonic, time.sleep)
    for _ in range(10):
        pace.answered()
    pace.refused(hold_seconds)
    for _ in range(jobs):
        try:
            with pace.turn():
                pass
        except RateLimited as told:
            latest = max(latest, time.at + (told.retry_after or 0.0))
    return latest


class _FieldByField:
    """An Oneflow that takes one data field in a request, each of which takes a second. `refused_from`: the request from
    which on it answers 429. What is written is the app's own loop over the adapter's own forms."""

    def __init__(self, fields: int, refused_from: int | None, lock_seconds: float = 1000.0) -> None:
        self.time, self.sent, self.late = _Time(), 0, 0
        self._refused_from = refused_from
        wire: Any = self
        self._pace = Pace(2000, 300.0, self.time.monotonic, self.time.sleep)
        self._writer = FieldWriter(wire, self.time.monotonic, Observed(dict, self.time.monotonic))
        self._scene = scene(fields)
        clock: Any = self.time
        self._guard = Guard(clock, lock_seconds, lock_seconds / 5)
        self._lock_seconds = lock_seconds
        contracts: Any = self._writer
        plan = plan_push(self._scene)
        write = Write(Side.ONEFLOW, before=None, after="text", from_text="", to_text="text")
        steps = [replace(step, result=Result.WRITTEN, write=write) for step in plan.steps]
        send(OneflowTarget(contracts, self._scene, Actor()), steps, self._guard.ask)

    def ask(self) -> None:
        self._pace.ask()

    def call(self, verb: str, path: str, actor: Actor, *, at: Mapping[str, Any], json: Any = None) -> Answer:
        if "field" not in at:
            raise Refused("405", side="oneflow", status=405)
        self.late += self.time.at >= self._lock_seconds
        self.sent += 1
        self.time.at += 1.0
        if self._refused_from is not None and self.sent >= self._refused_from:
            self._pace.refused(120.0)
            raise RateLimited("429", side="oneflow", retry_after=120.0)
        self._pace.answered()
        return Answer(200, {}, {"id": at["field"], "value": json["value"]})


def field_by_field() -> Iterator[Figure]:
    note = "27 fields, one in a request; the first answer is 429 with Retry-After 120"
    yield Figure(GROUP, "writes sent after a 429", _FieldByField(27, refused_from=1).sent - 1, 0, note=note)
    note = "27 fields, one in a request of a second, under a lock of 10 s"
    slow = _FieldByField(27, refused_from=None, lock_seconds=10.0)
    yield Figure(GROUP, "writes begun after the lock had expired", slow.late, 0, note=f"{note}; {slow.sent} were sent")


def measure(links: int = 20) -> Iterator[Figure]:
    yield from field_by_field()
    note = "30 links, each tried every second for 25 s, every answer 429 with Retry-After 5"
    yield Figure(GROUP, "requests under a throttle", throttle(), 6, note=note)
    note = "jobs are put back until the hold ends; little had been sent before"
    yield Figure(GROUP, "seconds that jobs wait after one 429, over its hold", after_one_refusal() / 60, 1.1, note=note)
    for name, error in OUTAGES.items():
        weekend = Weekend(links, error)
        weekend.pass_time(WEEKEND)
        most, rows = weekend.most / links, len(weekend.rows) / links
        note = f"{links} links, each told of twice an hour for 63 hours; {rows:.1f} rows a link at its end"
        yield Figure(GROUP, f"most messages a link, while {name}", most, 2.0, note=note)
