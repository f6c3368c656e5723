"""News for the contract's row in Dynamics: a job is put where a closing changes what the row is to show.

It is put before the closing's transaction, so that a process that dies after it loses none; the job itself waits until
the link is as it was announced. A closing that changes nothing of the row puts nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.model.jobs import ContractRowJob
from sync_core.engine.model.link import Link
from sync_core.engine.showing.contract_row import row_of
from sync_core.usecases.stores import Jobs

AFTER = 2.0  # seconds; by then the transaction has nearly always closed


class ContractRowJobs:
    """`on`: whether this installation writes rows at all."""

    def __init__(self, jobs: Jobs, on: bool = True) -> None:
        self._jobs, self._on = jobs, on

    def closing(self, link: Link) -> Link:
        """The link as it is to be stored."""
        if not self._on:
            return link
        digest = row_of(link).digest
        if digest == link.shown:
            return link
        self._jobs.put(ContractRowJob(link.contract_id, digest), delay=AFTER)
        return replace(link, shown=digest)

    def ending(self, contract_id: int) -> None:
        if self._on:
            self._jobs.put(ContractRowJob(contract_id, ended=True), delay=AFTER)
