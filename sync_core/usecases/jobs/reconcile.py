"""The sweep for events that never came: what is due becomes a job."""

from __future__ import annotations

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.jobs import (
    ContractRowJob,
    DocumentJob,
    DueLinksJob,
    Job,
    MessageJob,
    NewsJob,
    OutcomeJob,
    SecretsJob,
    SyncJob,
    UnknownJob,
)
from sync_core.engine.model.link import DeadLetter, Link
from sync_core.engine.model.standing import FOR_A_PERSON, Standing, listing_of, standing_of, stood
from sync_core.engine.model.words import ContractState
from sync_core.engine.settling.schedule import PATIENCE
from sync_core.errors import SyncError
from sync_core.telemetry import metrics
from sync_core.usecases.jobs.broken_connection import BrokenConnection
from sync_core.usecases.jobs.contract_rows import SLOW_SWEEP, ContractRows
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import DeadLetters, Due, Jobs, Links, Marks, Standings

log = logging.getLogger(__name__)

# A sweep's share of Oneflow's 2,000 requests in 5 minutes: one read a contract, every 30 s.
SWEEP = 100
AGAIN = timedelta(minutes=10)  # a job that gets lost is made anew after this
_SLOW_PAGE = 100
_LETTERS_AFTER = "letters_after"  # the mark of where the look for cured ones stopped
_DAY = timedelta(days=1)
_SLOW_EVERY = _DAY
LINKS_COUNTED = "links_counted"  # the mark of how many links stood how when the slow sweep last went over all
# The cause of a dead letter whose job is of a kind that its version does not know: the runner raises the root for it.
_UNKNOWN_KIND = SyncError.__name__
_LISTS, _LISTS_EVERY = "lists", timedelta(hours=1)


class Reconcile:
    """One run of the timer. Its cost grows with what is due, not with how many links exist.

    `lengths`: about how many messages each queue holds. `mended`: who looks whether what tables lack is there by now.
    `secrets` is given the marks, notes what this process uses, and tells whether the jobs' processes have told theirs.
    `rows`: the contracts' rows in Dynamics.
    """

    def __init__(
        self,
        links: Links,
        due: Due,
        jobs: Jobs,
        dead_letters: DeadLetters,
        marks: Marks,
        clock: Clock,
        broken: BrokenConnection,
        standings: Standings,
        lengths: Callable[[], Mapping[str, int]] = dict,
        mended: Callable[[Mapping[str, str]], None] = lambda marks: None,
        secrets: Callable[[Mapping[str, str]], bool] = lambda marks: False,
        rows: ContractRows | None = None,
    ) -> None:
        self._links, self._due, self._jobs = links, due, jobs
        self._dead_letters, self._marks, self._clock = dead_letters, marks, clock
        self._broken, self._standings, self._lengths = broken, standings, lengths
        self._mended, self._secrets, self._rows = mended, secrets, rows

    def run(self) -> None:
        marks = self._marks.all()
        told = self._secrets(marks)
        swept = found = 0
        # While a connection is broken every job would only come back.
        if not self._broken.lasts(marks):
            self._mended(marks)
            swept = self._sweep()
            found = self._slow_sweep(marks)
            self._close_cured(marks, told)
            self._tidy_lists(marks)
            if self._rows is not None:
                self._rows.look_again(marks)
        self._marks.set("last_reconcile", instant_text(self._clock.now()))
        queues = self._lengths()
        for queue, length in queues.items():
            metrics.record(metrics.QUEUE_LENGTH, length, queue=queue)
        waiting = " ".join(f"{queue}={length}" for queue, length in queues.items())
        log.info("reconcile.swept due=%s missing=%s %s", swept, found, waiting)

    def _sweep(self) -> int:
        """New row, job, old row gone: a crash in between leaves a row too many, never too few. One job a link, whatever
        waits for it."""
        rows = self._due.until(None, SWEEP)
        started: set[int] = set()
        for row in rows:
            if row.contract_id not in started:
                started.add(row.contract_id)
                kept = self._due.keep(row.contract_id, max(self._clock.now(), row.due_at) + AGAIN)
                job = row.job or SyncJob(row.contract_id, "reconcile")
                self._jobs.put(replace(job, due=kept, put_at=None))
            self._due.drop(row.row_key)
        return len(started)

    def _slow_sweep(self, marks: Mapping[str, str]) -> int:
        """A page of the daily look for links that lack a due row; it goes on where it stopped."""
        state = json.loads(marks.get(SLOW_SWEEP, "{}"))
        now = self._clock.now()
        if _rests(state, now):
            return 0
        page, after = self._due.swept(state.get("after"), _SLOW_PAGE)
        lacking = [link for link, is_due in page if not is_due and _is_looked_at(link)]
        for link in lacking:
            self._due.put(link.contract_id, now)
        counted = self._counted([link for link, _ in page], state.get("counted", {}), now)
        if self._rows is not None:
            self._rows.heal([link for link, _ in page], marks)
        if after:
            self._marks.set(SLOW_SWEEP, json.dumps({"after": after, "counted": counted}))
        else:
            self._marks.set(LINKS_COUNTED, json.dumps({"at": instant_text(now), "counts": counted}))
            self._marks.set(SLOW_SWEEP, json.dumps({"done_at": instant_text(now)}))
        return len(lacking)

    def _counted(self, links: Sequence[Link], before: Mapping[str, int], now: datetime) -> dict[str, int]:
        """The links of this page are put back into the lists, where a row got lost or never was; and counted."""
        listings = [one for link in links if (one := listing_of(stood(link, link.touched_at or now)))]
        if listings:
            self._standings.put(listings)
        found = Counter(before)
        found.update(f"{one.entity}/{one.standing}" for one in listings)
        return dict(found)

    def _tidy_lists(self, marks: Mapping[str, str]) -> None:
        """Once an hour: how many links have asked for a person for longer than a day; and a page of the lists, of which
        rows go whose links stand otherwise or are gone, as a crash leaves them."""
        now = self._clock.now()
        state = json.loads(marks.get(_LISTS, "{}"))
        if state.get("at") and now < instant_of(state["at"]) + _LISTS_EVERY:
            return
        for standing in FOR_A_PERSON:
            metrics.record(metrics.LINKS_WAITING, self._standings.older(standing, now - _DAY), standing=str(standing))
        rows, after = self._standings.page(None, None, None, state.get("after"), _SLOW_PAGE)
        for row in rows:
            if row.standing is Standing.IN_STEP:
                after = None
                break
            opened = self._links.open(row.contract_id)
            if opened is None or (standing_of(opened.link), opened.link.entity) != (row.standing, row.entity):
                self._standings.drop(row)
        self._marks.set(_LISTS, json.dumps({"at": instant_text(now), "after": after}))

    def _close_cured(self, marks: Mapping[str, str], told: bool) -> None:
        """A later look closes the dead letters of syncs; those of jobs that ask which secrets are in use close once it
        is `told`. What an instance of an older version gave up because it did not know the kind, as it may while a new
        one is rolled out, is put anew. What else was given up, nothing of these makes good. A page at a time: the next
        sweep goes on where this one stopped."""
        before = marks.get(_LETTERS_AFTER) or None
        letters, after = self._dead_letters.list(before)
        if after != before:
            self._marks.set(_LETTERS_AFTER, after or "")
        for letter in letters:
            if isinstance(letter.job, SecretsJob):
                if told:
                    self._dead_letters.discard(letter.id)
            elif letter.job is not None and self._is_known_by_now(letter, letter.job):
                self._jobs.put(letter.job.anew())
                self._dead_letters.discard(letter.id)
            elif letter.contract_id is not None:
                self._close_if_cured(letter, letter.contract_id)

    def _is_known_by_now(self, letter: DeadLetter, job: Job) -> bool:
        if isinstance(job, (ContractRowJob, NewsJob, OutcomeJob, DocumentJob)):
            return True  # this version makes no dead letters of them
        if letter.cause != _UNKNOWN_KIND or isinstance(job, UnknownJob):
            return False
        # What a person asked for too long ago, a person decides on.
        return not isinstance(job, MessageJob) or self._clock.now() < letter.last_at + PATIENCE

    def _close_if_cured(self, letter: DeadLetter, contract_id: int) -> None:
        opened = self._links.open(contract_id)
        if opened is None:
            self._dead_letters.close(contract_id)
            return
        looked = opened.link.looked_at if opened.link.status == "active" else None
        if isinstance(letter.job, SyncJob) and looked and looked > letter.last_at:
            self._dead_letters.discard(letter.id)


def _rests(state: Mapping[str, Any], now: datetime) -> bool:
    """Whether the daily look went over all, and not a day ago."""
    return not state.get("after") and bool(state.get("done_at")) and now < instant_of(state["done_at"]) + _SLOW_EVERY


def _is_looked_at(link: Link) -> bool:
    return link.state != ContractState.SIGNED or link.status == "broken" or bool(link.refused_since)


class DueLinks:
    """The `due_links` job: all links of a table become due, as after `auto_push` was switched on."""

    def __init__(self, links: Links, due: Due, clock: Clock) -> None:
        self._links, self._due, self._clock = links, due, clock

    def run(self, job: DueLinksJob) -> None:
        now = self._clock.now()
        for link in self._links.of_entity(job.entity):
            if link.status == "active":
                self._due.put(link.contract_id, now)
