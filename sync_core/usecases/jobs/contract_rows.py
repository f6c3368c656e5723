"""The contracts' rows in Dynamics: a projection of the links, for views, charts, flows and rules.

It never holds up a sync: a row is written by a job of its own, and what Dynamics has against it is noted, told on the
connection and looked at again. Whatever was missed meanwhile, or was changed by hand, the slow sweep brings back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.jobs import ContractRowJob
from sync_core.engine.model.link import Link
from sync_core.engine.showing.contract_row import row_of
from sync_core.errors import Gone, Ground, NotAllowed, Refused, SyncError, Temporary
from sync_core.usecases.ports import Clock, ContractTable
from sync_core.usecases.stores import Due, Jobs, Links, Marks
from sync_core.usecases.sync.contract_row_jobs import AFTER

log = logging.getLogger(__name__)

MARK, _BEGUN = "contract_table", "contract_table_begun"
SLOW_SWEEP = "slow_sweep"  # the mark of where the slow sweep stopped
_LOOKS, _NEXT_LOOK = 2, 60.0  # seconds
_LOOK_AGAIN = timedelta(minutes=10)
_REFUSED_FOR = timedelta(days=1)
TABLE, KEY, PRIVILEGE, REFUSED = "table", "key", "privilege", "refused"


class ContractRows:
    """`on`: whether rows are written; `removes`: whether the row goes with its link, and does not stay as history."""

    def __init__(
        self,
        links: Links,
        table: ContractTable,
        jobs: Jobs,
        due: Due,
        marks: Marks,
        clock: Clock,
        on: bool = True,
        removes: bool = False,
    ) -> None:
        self._links, self._table, self._jobs, self._due = links, table, jobs, due
        self._marks, self._clock, self._on, self._removes = marks, clock, on, removes

    # --- the job ------------------------------------------------------------------------------------------------------

    def run(self, job: ContractRowJob) -> None:
        """Temporary, and what is wrong with the connection as a whole: it is put back."""
        if not self._on:
            return
        began = self._clock.monotonic()
        link = self._links.link(job.contract_id)
        if link is None:
            if job.ended:
                self._end(job.contract_id)
            return
        if job.ended or (job.shows and job.shows != link.shown):
            self._look_later(job)
            return
        self._write(link)
        if self._clock.monotonic() - began > AFTER:
            self._once_more(link)

    def _look_later(self, job: ContractRowJob) -> None:
        """Its closing is under way, or died, or a later one came first, which put a job of its own."""
        if job.looks < _LOOKS:
            self._jobs.put(replace(job, looks=job.looks + 1), delay=_NEXT_LOOK * 10**job.looks)

    def _once_more(self, link: Link) -> None:
        """The write took long enough for the job of a later closing, or of the link's end, to be through before it."""
        now = self._links.link(link.contract_id)
        if now is None:
            self._jobs.put(ContractRowJob(link.contract_id, ended=True), delay=AFTER)
        elif now.shown != link.shown:
            self._jobs.put(ContractRowJob(link.contract_id, now.shown or ""), delay=AFTER)

    def _write(self, link: Link) -> None:
        try:
            self._table.write(row_of(link))
        except (Gone, NotAllowed, Refused) as error:
            if isinstance(error, Refused) and error.ground is Ground.KEY_TAKEN:
                # Another job made the row at the same moment.
                raise Temporary("The row was being made by another job.", side="dynamics") from error
            self._note(*self._lack(error), error)
        else:
            log.info("contract_row.written contract_id=%s", link.contract_id)

    def _end(self, contract_id: int) -> None:
        try:
            self._table.end(contract_id, self._removes)
        except Gone:
            pass  # there is no such row, or no table
        except (NotAllowed, Refused) as error:
            self._note(*self._lack(error), error)
            # No sweep comes by it any more: it waits as long as a job does.
            raise Temporary("The row of an ended link is not marked yet.", side="dynamics") from error
        else:
            log.info("contract_row.ended contract_id=%s", contract_id)

    def _lack(self, error: SyncError) -> tuple[str, str | None]:
        """What is missing, by the refusal; and the privilege's name where it was told."""
        if isinstance(error, Gone):
            return TABLE, None
        if isinstance(error, NotAllowed):
            return PRIVILEGE, error.missing or None
        lacks = self._table.lacks()
        return lacks or (REFUSED, None)

    def _note(self, what: str, name: str | None, error: SyncError) -> None:
        log.warning("contract_row.lacks what=%s name=%s error=%s", what, name, type(error).__name__)
        known = _noted(self._marks.all())
        if (known.get("what"), known.get("name")) != (what, name):
            content = {"what": what, "name": name, "at": instant_text(self._clock.now())}
            self._marks.set(MARK, json.dumps(content))

    # --- the sweeps ---------------------------------------------------------------------------------------------------

    def look_again(self, marks: Mapping[str, str]) -> None:
        """By each sweep: what was lacking is looked at every ten minutes; once it is there, or when rows are switched
        on, the slow sweep goes over all links anew."""
        if not self._on:
            if marks.get(_BEGUN) or marks.get(MARK):
                self._marks.set(_BEGUN, "")
                self._marks.set(MARK, "")
            return
        if not marks.get(_BEGUN):
            self._marks.set(_BEGUN, instant_text(self._clock.now()))
            self._marks.set(SLOW_SWEEP, "{}")
        known = _noted(marks)
        if not known:
            return
        waits = _REFUSED_FOR if known["what"] == REFUSED else _LOOK_AGAIN
        if self._clock.now() < instant_of(known.get("looked_at") or known["at"]) + waits:
            return
        try:
            lacks = None if known["what"] == REFUSED else self._table.lacks()
        except SyncError as error:
            log.warning("contract_row.not_looked error=%s", type(error).__name__)
            return
        if lacks is not None:
            what, name = lacks
            content = {**known, "what": what, "name": name, "looked_at": instant_text(self._clock.now())}
            self._marks.set(MARK, json.dumps(content))
            return
        self._marks.set(MARK, "")
        if known["what"] != REFUSED:
            log.info("contract_row.mended what=%s", known["what"])
            self._marks.set(SLOW_SWEEP, "{}")

    def heal(self, links: Sequence[Link], marks: Mapping[str, str]) -> None:
        """A page of the slow sweep: rows that are missing or were edited come back, in one question for all of them.
        Links of before facts were kept are looked at once."""
        lacking = _noted(marks).get("what")
        if not self._on or not links or lacking not in (None, REFUSED):
            return
        try:
            otherwise = self._table.otherwise([row_of(link) for link in links])
        except SyncError as error:
            if isinstance(error, (Gone, NotAllowed, Refused)):
                self._note(*self._lack(error), error)
            log.warning("contract_row.not_compared error=%s", type(error).__name__)
            return
        now = self._clock.now()
        for link in links:
            if link.contract_id in otherwise:
                self._jobs.put(ContractRowJob(link.contract_id, link.shown or ""))
            if link.facts is None and link.status == "active":
                self._due.put(link.contract_id, now)
        if otherwise:
            log.info("contract_row.healed rows=%s", len(otherwise))

    # --- what is told -------------------------------------------------------------------------------------------------

    def show(self, marks: Mapping[str, str]) -> dict[str, Any]:
        known = _noted(marks) if self._on else {}
        return {"on": self._on, "lacks": known.get("what"), "missing": known.get("name"), "since": known.get("at")}


def _noted(marks: Mapping[str, str]) -> dict[str, Any]:
    text = marks.get(MARK)
    return dict(json.loads(text)) if text else {}
