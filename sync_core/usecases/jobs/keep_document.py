"""The `document` job: once a contract is signed, its PDF is kept on the contract's row in Dynamics.

It may be run any number of times: what is there is not fetched again. A process that dies in between leaves no half of
a document, and the next run begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from sync_core.engine.model.jobs import DocumentJob
from sync_core.engine.model.words import ContractState
from sync_core.errors import Gone
from sync_core.usecases.ports import ContractDocuments, Contracts
from sync_core.usecases.stores import Jobs, Links

log = logging.getLogger(__name__)

MOST = 32 * 1024 * 1024  # bytes of a document that is kept
_LOOKS, _NEXT_LOOK = 3, 60.0  # seconds


class KeepDocument:
    """`turn`: entered around what asks Oneflow, within the share of work in bulk; RateLimited where none is free."""

    def __init__(
        self,
        links: Links,
        contracts: Contracts,
        documents: ContractDocuments,
        jobs: Jobs,
        turn: Callable[[], AbstractContextManager[None]],
        on: bool,
    ) -> None:
        self._links, self._contracts, self._documents, self._jobs = links, contracts, documents, jobs
        self._turn, self._on = turn, on

    def run(self, job: DocumentJob) -> None:
        """Temporary, and what is wrong with the connection as a whole: it is put back."""
        link = self._links.link(job.contract_id) if self._on else None
        if link is None:
            return
        if link.state != ContractState.SIGNED:
            self._look_later(job, "not signed")  # its closing is under way, or came to nothing
            return
        try:
            row_id, is_there = self._documents.place(job.contract_id)
        except Gone:
            self._look_later(job, "no row")
            return
        if is_there:
            return
        with self._turn():
            content = self._contracts.signed_document(job.contract_id, MOST)
        if content is None:
            self._look_later(job, "no document")
            return
        self._documents.put(row_id, f"contract-{job.contract_id}.pdf", content)
        log.info("document.kept contract_id=%s bytes=%s", job.contract_id, len(content))

    def _look_later(self, job: DocumentJob, why: str) -> None:
        if job.looks < _LOOKS:
            self._jobs.put(replace(job, looks=job.looks + 1), delay=_NEXT_LOOK * 10**job.looks)
        else:
            log.warning("document.not_there contract_id=%s why=%s", job.contract_id, why)
