"""A side that is gone or closed to us breaks the link, visibly; nothing else stops, and a good look mends it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.link import OpenLink
from sync_core.errors import Gone, NoAccount, NotAllowed, SyncError
from sync_core.usecases.ports import Contracts
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.recover import Recovery

log = logging.getLogger(__name__)

_SECOND_LOOK = timedelta(seconds=60)


class BrokenLinks:
    """Judges reads that found nothing."""

    def __init__(
        self,
        contracts: Contracts,
        closer: Closer,
        recovery: Recovery,
        lost: Callable[[str], None] = lambda entity: None,
    ) -> None:
        """`lost`: who wants to know that a right to a table's records was lost."""
        self._contracts, self._closer, self._recovery, self._lost = contracts, closer, recovery, lost

    def judge(self, opened: OpenLink, error: Gone | NotAllowed, actor: Actor) -> SyncError:
        """The error to raise instead, after the link was marked as it deserves.

        A 404 from Oneflow counts as deleted only if the connection answers and a second look agrees.
        """
        try:
            if isinstance(error, NoAccount):
                return error  # it is about the person, and says what to mend
            if error.side == "oneflow":
                return self._oneflow(opened, error, actor)
            if error.side == "dynamics" and actor.is_machine:
                gone = isinstance(error, Gone)
                self._break(opened, "The record was deleted in Dynamics." if gone else _NO_RIGHT_DYNAMICS)
                if not gone and opened.link.status != "broken":
                    self._lost(opened.link.entity)
        except SyncError as another:
            return another
        return error

    def _oneflow(self, opened: OpenLink, error: Gone | NotAllowed, actor: Actor) -> SyncError:
        contract_id = opened.link.contract_id
        if not actor.is_machine:
            # What one user may not see may well be there.
            try:
                self._contracts.read(contract_id, MACHINE)
            except Gone:
                pass
            else:
                return NotAllowed("Your Oneflow user has no access to this contract.", side="oneflow")
        if self._contracts.is_hidden(contract_id):
            self._break(opened, _HIDDEN)
            return NotAllowed(_HIDDEN, side="oneflow")
        if isinstance(error, NotAllowed):
            if actor.is_machine:
                self._break(opened, "Access to the contract in Oneflow was lost.")
            return error
        self._contracts.ping()  # whatever is wrong with the connection as a whole is the better answer
        looks = opened.link.gone_looks + 1
        if looks >= 2:
            self._break(opened, "The contract was deleted in Oneflow.", gone_looks=looks)
        else:
            opened = self._recovery.settle_blind(opened)
            link = replace(opened.link, gone_looks=looks)
            self._closer.store(opened, link, opened.bases, [], check_in=_SECOND_LOOK)
        return error

    def _break(self, opened: OpenLink, reason: str, gone_looks: int = 0) -> None:
        opened = self._recovery.settle_blind(opened)
        since = opened.link.broken_since or opened.opened_at
        link = replace(opened.link, status="broken", reason=reason, broken_since=since, gone_looks=gone_looks)
        self._closer.store(opened, link, opened.bases, [])
        log.warning("link.broken contract_id=%s", opened.link.contract_id)


_HIDDEN = "The contract is not visible to the Oneflow user in ONEFLOW_USER_EMAIL, as whom machines act."
_NO_RIGHT_DYNAMICS = "The application user may no longer read the record in Dynamics."
