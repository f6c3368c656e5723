"""The sweep for events that never came: what is due becomes a job."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.model.words import ContractState
from sync_core.telemetry import metrics
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import DeadLetters, Due, Jobs, Links, Marks

log = logging.getLogger(__name__)

# A sweep's share of Oneflow's 2,000 requests in 5 minutes: one read a contract, every 30 s.
SWEEP = 100
_AGAIN = timedelta(minutes=10)  # a job that gets lost is made anew after this
_SLOW_PAGE = 100
_SLOW_EVERY = timedelta(days=1)


class Reconcile:
    """One run of the timer. Its cost grows with what is due, not with how many links exist.

    `lengths`: about how many messages each queue holds.
    """

    def __init__(
        self,
        links: Links,
        due: Due,
        jobs: Jobs,
        dead_letters: DeadLetters,
        marks: Marks,
        clock: Clock,
        lengths: Callable[[], Mapping[str, int]] = dict,
    ) -> None:
        self._links, self._due, self._jobs = links, due, jobs
        self._dead_letters, self._marks, self._clock = dead_letters, marks, clock
        self._lengths = lengths

    def run(self) -> None:
        swept = self._sweep()
        marks = self._marks.all()
        found = self._slow_sweep(marks)
        self._close_cured()
        self._marks.set("last_reconcile", _text(self._clock.now()))
        queues = self._lengths()
        for queue, length in queues.items():
            metrics.record(metrics.QUEUE_LENGTH, length, queue=queue)
        waiting = " ".join(f"{queue}={length}" for queue, length in queues.items())
        log.info("reconcile.swept due=%s missing=%s %s", swept, found, waiting)

    def _sweep(self) -> int:
        """New row, job, old row gone: a crash in between leaves a row too many, never too few."""
        rows = self._due.until(None, SWEEP)
        started: set[int] = set()
        for row in rows:
            if row.contract_id not in started:
                started.add(row.contract_id)
                kept = self._due.put(row.contract_id, max(self._clock.now(), row.due_at) + _AGAIN)
                self._jobs.put({"kind": "sync", "contract_id": row.contract_id, "cause": "reconcile", "due": kept})
            self._due.drop(row.row_key)
        return len(started)

    def _slow_sweep(self, marks: Mapping[str, str]) -> int:
        """A page of the daily look for links that lack a due row; it goes on where it stopped."""
        state = json.loads(marks.get("slow_sweep", "{}"))
        now = self._clock.now()
        if not state.get("after") and state.get("done_at") and now < _moment(state["done_at"]) + _SLOW_EVERY:
            return 0
        links, after = self._due.missing(state.get("after"), _SLOW_PAGE)
        lacking = [link for link in links if link.state != ContractState.SIGNED or link.status == "broken"]
        for link in lacking:
            self._due.put(link.contract_id, now)
        self._marks.set("slow_sweep", json.dumps({"after": after} if after else {"done_at": _text(now)}))
        return len(lacking)

    def _close_cured(self) -> None:
        """A later look closes the dead letters of syncs; what else was given up, no look makes good."""
        letters, _ = self._dead_letters.list()
        for letter in letters:
            if letter.contract_id is None:
                continue
            opened = self._links.open(letter.contract_id)
            if opened is None:
                self._dead_letters.close(letter.contract_id)
                continue
            looked = opened.link.looked_at if opened.link.status == "active" else None
            if letter.job.get("kind") == "sync" and looked and looked > letter.last_at:
                self._dead_letters.discard(letter.id)


class DueLinks:
    """The `due_links` job: {"entity"}: all links of a table become due, as after `auto_push` was switched on."""

    def __init__(self, links: Links, due: Due, clock: Clock) -> None:
        self._links, self._due, self._clock = links, due, clock

    def run(self, job: Mapping[str, Any]) -> None:
        now = self._clock.now()
        for link in self._links.of_entity(str(job["entity"])):
            if link.status == "active":
                self._due.put(link.contract_id, now)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
