"""The contracts' rows in Dynamics: a projection of the links, for views, charts, flows and rules.

It never holds up a sync: a row is written by a job of its own, and what Dynamics has against it is noted, told on the
connection and looked at again. Whatever was missed meanwhile, or was changed by hand, the slow sweep brings back.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.jobs import ContractRowJob, DocumentJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import ContractState
from sync_core.engine.settling.schedule import PATIENCE
from sync_core.engine.showing.contract_row import row_of
from sync_core.errors import Gone, Ground, NotAllowed, Refused, SyncError, Temporary
from sync_core.usecases.ports import Clock, ContractTable
from sync_core.usecases.stores import Due, Jobs, Links, Marks, noted
from sync_core.usecases.sync.contract_row_jobs import AFTER

log = logging.getLogger(__name__)

MARK, _BEGUN = "contract_table", "contract_table_begun"
SLOW_SWEEP = "slow_sweep"  # the mark of where the slow sweep stopped
_LOOKS, _NEXT_LOOK = 2, 60.0  # seconds
_LOOK_AGAIN = timedelta(minutes=10)
_REFUSED_FOR = timedelta(days=1)
_DOCUMENT_MISSED = timedelta(days=7)  # for as long a signed document that is not there is asked for again
TABLE, KEY, PRIVILEGE, REFUSED = "table", "key", "privilege", "refused"
_OF_ALL = frozenset({TABLE, KEY, PRIVILEGE})  # what all rows lack, where one does


class ContractRows:
    """`on`: whether rows are written; `removes`: whether the row goes with its link, and does not stay as history.
    `documents`: whether signed ones are kept. `connected`: another answer after each run of `connect`."""

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
        connected: Callable[[Mapping[str, str]], str | None] = lambda marks: None,
        documents: bool = False,
    ) -> None:
        self._connected, self._keeps = connected, documents
        self._links, self._table, self._jobs, self._due = links, table, jobs, due
        self._marks, self._clock, self._on, self._removes = marks, clock, on, removes

    # --- the job ------------------------------------------------------------------------------------------------------

    def run(self, job: ContractRowJob) -> None:
        """Temporary, and what is wrong with the connection as a whole: it is put back."""
        if not self._on:
            return
        link = self._links.link(job.contract_id)
        if link is not None and (job.ended or (job.shows and job.shows != link.shown)):
            self._look_later(job)
            return
        lacking = noted(self._marks.all(), MARK).get("what")
        if lacking in _OF_ALL:
            self._wait(job, link, lacking)
            return
        began = self._clock.monotonic()
        if link is None:
            # Of whatever job: a write whose answer was lost may have come after the mark of its link's end.
            self._end(job.contract_id)
        else:
            self._write(link)
        self._once_more(job.contract_id, link, self._clock.monotonic() - began)

    def _look_later(self, job: ContractRowJob) -> None:
        """Its closing is under way, or died, or a later one came first, which put a job of its own."""
        if job.looks < _LOOKS:
            self._jobs.put(replace(job, looks=job.looks + 1), delay=_NEXT_LOOK * 10**job.looks)

    def _wait(self, job: ContractRowJob, link: Link | None, lacking: str) -> None:
        """What is known to be lacking is not asked for again by each job. A link's row is brought up by the sweep that
        follows the mending; by an ended link's comes no sweep. A table that is missing has no rows."""
        if link is not None or lacking == TABLE:
            return
        if self._clock.now() - (job.first_put_at or self._clock.now()) > PATIENCE:
            log.error("contract_row.given_up contract_id=%s cause=%s", job.contract_id, lacking)
            return
        self._jobs.put(job, delay=_LOOK_AGAIN.total_seconds())

    def _once_more(self, contract_id: int, link: Link | None, took: float) -> None:
        """The job of the link's end, or of a new link, may have been through before this write; and that of a later
        closing, where the write took long."""
        now = self._links.link(contract_id)
        if now is None and link is not None:
            self._jobs.put(ContractRowJob(contract_id, ended=True), delay=AFTER)
        elif now is not None and (link is None or (now.shown != link.shown and took > AFTER)):
            self._jobs.put(ContractRowJob(contract_id, now.shown or ""), delay=AFTER)

    def _write(self, link: Link) -> None:
        try:
            self._table.write(row_of(link))
        except (Gone, NotAllowed, Refused) as error:
            if isinstance(error, Refused) and error.ground is Ground.KEY_TAKEN:
                # Another job made the row at the same moment.
                raise Temporary("The row was being made by another job.", side="dynamics") from error
            self._note(*self._lack(error), error, link.contract_id)
        else:
            log.info("contract_row.written contract_id=%s", link.contract_id)

    def _end(self, contract_id: int) -> None:
        try:
            self._table.end(contract_id, self._removes)
        except Gone:
            pass  # there is no such row, or no table
        except (NotAllowed, Refused) as error:
            with suppress(SyncError):  # what is lacking is told by the next one that asks
                self._note(*self._lack(error), error, contract_id)
            # No sweep comes by it any more: it waits as long as a job does.
            raise Temporary("The row of an ended link is not marked yet.", side="dynamics") from error
        else:
            log.info("contract_row.ended contract_id=%s", contract_id)

    def _lack(self, error: SyncError) -> tuple[str, str | None]:
        """What is missing, by the refusal; and the privilege's name where it was told. Temporary where the table is
        there after all."""
        if isinstance(error, NotAllowed):
            return PRIVILEGE, error.missing or None
        lacks = self._table.lacks()
        if lacks is None and isinstance(error, Gone):
            raise Temporary("The table of contracts did not answer as one that is there.", side="dynamics") from error
        return lacks or (REFUSED, None)

    def _note(self, what: str, name: str | None, error: SyncError, contract_id: int | None = None) -> None:
        """Once for as long as it lasts; what is refused of one row alone, for each."""
        marks = self._marks.all()
        known = noted(marks, MARK)
        if (known.get("what"), known.get("name")) == (what, name):
            if what == REFUSED:
                log.warning("contract_row.refused contract_id=%s error=%s", contract_id, type(error).__name__)
            return
        log.warning(
            "contract_row.lacks what=%s name=%s contract_id=%s error=%s", what, name, contract_id, type(error).__name__
        )
        content = {"what": what, "name": name, "at": instant_text(self._clock.now()), "connect": self._connected(marks)}
        self._marks.set(MARK, json.dumps(content))

    # --- the sweeps ---------------------------------------------------------------------------------------------------

    def look_again(self, marks: Mapping[str, str]) -> None:
        """By each sweep: what was lacking is looked at every ten minutes, and after each run of `connect`; once it is
        there, or when rows are switched on, the slow sweep goes over all links anew."""
        if not self._on:
            if marks.get(_BEGUN) or marks.get(MARK):
                self._marks.set(_BEGUN, "")
                self._marks.set(MARK, "")
            return
        if not marks.get(_BEGUN):
            self._marks.set(_BEGUN, instant_text(self._clock.now()))
            self._marks.set(SLOW_SWEEP, "{}")
        known = noted(marks, MARK)
        if known and self._is_time(known, marks):
            self._look(known, marks)

    def _is_time(self, known: Mapping[str, Any], marks: Mapping[str, str]) -> bool:
        waits = _REFUSED_FOR if known["what"] == REFUSED else _LOOK_AGAIN
        looked_at = instant_of(known.get("looked_at") or known["at"])
        return known.get("connect") != self._connected(marks) or self._clock.now() >= looked_at + waits

    def _look(self, known: Mapping[str, Any], marks: Mapping[str, str]) -> None:
        """Whether it is still lacking. What was refused of rows is asked by the next of them."""
        if known["what"] == REFUSED:
            self._marks.set(MARK, "")
            return
        try:
            lacks = self._table.lacks()
        except SyncError as error:
            log.warning("contract_row.not_looked error=%s", type(error).__name__)
            return
        if lacks is not None:
            what, name = lacks
            content = {**known, "what": what, "name": name, "looked_at": instant_text(self._clock.now())}
            content["connect"] = self._connected(marks)
            self._marks.set(MARK, json.dumps(content))
            return
        self._marks.set(MARK, "")
        log.info("contract_row.mended what=%s", known["what"])
        self._marks.set(SLOW_SWEEP, "{}")

    def heal(self, links: Sequence[Link], marks: Mapping[str, str]) -> None:
        """A page of the slow sweep: rows that are missing or were edited come back, in one question for all of them.
        Links of before facts were kept are looked at once."""
        lacking = noted(marks, MARK).get("what")
        if not self._on or not links or lacking not in (None, REFUSED):
            return
        try:
            otherwise = self._table.otherwise([row_of(link) for link in links])
        except SyncError as error:
            log.warning("contract_row.not_compared error=%s", type(error).__name__)
            if isinstance(error, (Gone, NotAllowed, Refused)):
                with suppress(SyncError):  # what is lacking is told by the next one that asks
                    self._note(*self._lack(error), error)
            return
        now = self._clock.now()
        for link in links:
            self._heal(link, link.contract_id in otherwise, now)
        if otherwise:
            log.info("contract_row.healed rows=%s", len(otherwise))

    def _heal(self, link: Link, shown_otherwise: bool, now: datetime) -> None:
        if shown_otherwise:
            self._jobs.put(ContractRowJob(link.contract_id, link.shown or ""))
        if self._keeps and _signed_after(link, now - _DOCUMENT_MISSED):
            self._jobs.put(DocumentJob(link.contract_id))
        if link.facts is None and link.status == "active":
            self._due.put(link.contract_id, now)

    # --- what is told -------------------------------------------------------------------------------------------------

    def show(self, marks: Mapping[str, str]) -> dict[str, Any]:
        known = noted(marks, MARK) if self._on else {}
        return {"on": self._on, "lacks": known.get("what"), "missing": known.get("name"), "since": known.get("at")}


def _signed_after(link: Link, moment: datetime) -> bool:
    """By the time that Oneflow tells; where it tells none, by that of the link's last change."""
    if link.state != ContractState.SIGNED:
        return False
    told = link.facts.signed_on if link.facts else None
    signed = instant_of(told) if told else link.touched_at
    return signed is not None and signed > moment
