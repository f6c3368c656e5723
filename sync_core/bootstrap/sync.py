"""One sync, wired to the adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync_core.bootstrap.adapters import Adapters
from sync_core.bootstrap.parts import part

if TYPE_CHECKING:
    from sync_core.usecases.administration.in_force import InForce
    from sync_core.usecases.sync.close import Closer
    from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
    from sync_core.usecases.sync.lacks import Lacks
    from sync_core.usecases.sync.news_jobs import NewsJobs
    from sync_core.usecases.sync.open import Opener
    from sync_core.usecases.sync.recover import Recovery
    from sync_core.usecases.sync.sync import SyncContract
    from sync_core.usecases.sync.write import Applier


class SyncParts(Adapters):
    """The parts that a sync is made of."""

    @part
    def _opener(self) -> Opener:
        from sync_core.usecases.sync.open import Opener

        return Opener(
            self._links, self._mappings, self._records, self._contracts, self._clock, self._timing, self._pool
        )

    @part
    def _closer(self) -> Closer:
        from sync_core.usecases.sync.close import Closer

        return Closer(self._links, self._due, self._log, self._queue, self._row_jobs, self._news_jobs)

    @part
    def _row_jobs(self) -> ContractRowJobs:
        from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs

        known = self._settings
        return ContractRowJobs(self._queue, on=known.contract_rows != "off", documents=known.signed_documents != "off")

    @part
    def _news_jobs(self) -> NewsJobs:
        from sync_core.usecases.sync.news_jobs import NewsJobs

        return NewsJobs(self._queue, self._mappings)

    @part
    def _recovery(self) -> Recovery:
        from sync_core.usecases.sync.recover import Recovery

        return Recovery(self._closer, self._mappings)

    @part
    def _lacks(self) -> Lacks:
        from sync_core.usecases.sync.lacks import Lacks

        return Lacks(self._marks, self._clock)

    @part
    def _applier(self) -> Applier:
        from sync_core.usecases.sync.write import Applier

        return Applier(self._contracts, self._records, self._lacks.notice)

    @part
    def _in_force(self) -> InForce:
        from sync_core.usecases.administration.in_force import InForce

        keepers = (self._mappings, self._marks, self._standings, self._due)
        return InForce(self._records, self._records.privileges, *keepers, self._clock)

    @part
    def sync(self) -> SyncContract:
        from sync_core.usecases.sync.broken_links import BrokenLinks
        from sync_core.usecases.sync.sync import SyncContract

        lost = lambda entity: self._in_force.notice(entity)  # noqa: E731 built when it is first needed
        broken_links = BrokenLinks(self._contracts, self._closer, self._recovery, lost)
        return SyncContract(
            self._opener,
            self._applier,
            self._closer,
            self._recovery,
            broken_links,
            self._links,
            self._clock,
            self._timing,
            lambda: self._marks.count("drift"),
        )
