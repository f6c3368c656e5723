"""One sync, wired to the adapters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync_core.bootstrap.adapters import Adapters
from sync_core.bootstrap.parts import part

if TYPE_CHECKING:
    from sync_core.usecases.sync.close import Closer
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

        return Closer(self._links, self._due, self._log, self._queue)

    @part
    def _leftovers(self) -> Recovery:
        from sync_core.usecases.sync.recover import Recovery

        return Recovery(self._closer, self._mappings)

    @part
    def _applier(self) -> Applier:
        from sync_core.usecases.sync.write import Applier
        from sync_core.usecases.sync.write_dynamics import DynamicsWriter
        from sync_core.usecases.sync.write_oneflow import OneflowWriter

        return Applier(OneflowWriter(self._contracts), DynamicsWriter(self._records))

    @part
    def sync(self) -> SyncContract:
        from sync_core.usecases.sync.broken_links import BrokenLinks
        from sync_core.usecases.sync.sync import SyncContract

        breaker = BrokenLinks(self._contracts, self._closer, self._leftovers)
        return SyncContract(
            self._opener,
            self._applier,
            self._closer,
            self._leftovers,
            breaker,
            self._links,
            self._clock,
            self._timing,
            lambda: self._marks.count("drift"),
        )
