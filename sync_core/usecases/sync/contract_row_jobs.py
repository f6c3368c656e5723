"""News for the contract's row in Dynamics: a job is put where a closing changes what the row is to show.

It is put before the closing's transaction, so that a process that dies after it loses none; the job itself waits until
the link is as it was announced. A closing that changes nothing of the row puts nothing.
"""

from __future__ import annotations

from dataclasses import replace

from sync_core.engine.model.jobs import ContractRowJob, DocumentJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import ContractState
from sync_core.engine.showing.contract_row import row_of
from sync_core.usecases.stores import Jobs

_DOCUMENT_AFTER = 10.0  # seconds; by then its row is there
AFTER = 2.0  # seconds; by then the transaction has nearly always closed


class ContractRowJobs:
    """`on`: whether this installation writes rows at all; `documents`: and keeps signed documents on them."""

    def __init__(self, jobs: Jobs, on: bool = True, documents: bool = False) -> None:
        self._jobs, self._on, self._documents = jobs, on, on and documents

    def closing(self, link: Link) -> Link:
        """The link as it is to be stored."""
        if not self._on:
            return link
        digest = row_of(link).digest
        if digest == link.shown:
            return link
        self._jobs.put(ContractRowJob(link.contract_id, digest), delay=AFTER)
        return replace(link, shown=digest)

    def moved(self, before: Link, after: Link) -> None:
        """A contract that is signed now has a document."""
        if self._documents and after.state == ContractState.SIGNED != before.state:
            self._jobs.put(DocumentJob(after.contract_id), delay=_DOCUMENT_AFTER)

    def ending(self, contract_id: int) -> None:
        if self._on:
            self._jobs.put(ContractRowJob(contract_id, ended=True), delay=AFTER)
