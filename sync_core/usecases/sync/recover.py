"""What an interrupted sync left behind is settled before anything else (DESIGN 2.6, 1)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

from sync_core.engine.model.base import Bases
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Record
from sync_core.engine.model.words import ContractState
from sync_core.engine.settling.recovery import settle_left_behind
from sync_core.usecases.stores import Mappings
from sync_core.usecases.sync.close import Closer, seen
from sync_core.usecases.sync.open import Reads

log = logging.getLogger(__name__)


class Recovery:
    """Turns an intent left behind into history and bases."""

    def __init__(self, closer: Closer, mappings: Mappings) -> None:
        self._closer, self._mappings = closer, mappings

    def settle(self, opened: OpenLink, reads: Reads) -> OpenLink:
        """By what both sides show now."""
        if opened.intent is None:
            return opened
        bases, lines = found(opened, reads)
        link = seen(opened, reads.contract, reads.record, changed=True)
        # That the contract is of another template now is for the sync that follows.
        return self._close(opened, bases, lines, replace(link, template_type_id=opened.link.template_type_id))

    def settle_blind(self, opened: OpenLink) -> OpenLink:
        """Where a side cannot be read any more: every write counts as done, and is marked unclear."""
        if opened.intent is None:
            return opened
        link = opened.link
        mapping = self._mappings.get(link.entity) or EntityMapping(link.entity)
        nothing = Contract(link.contract_id, link.name, ContractState(link.state), {})
        nobody = Record(link.entity, link.record_id, "", {})
        bases, lines = settle_left_behind(opened.intent, opened.bases, mapping, {}, nothing, nobody)
        return self._close(opened, bases, lines, link)

    def _close(self, opened: OpenLink, bases: Bases, lines: Sequence[HistoryLine], link: Link) -> OpenLink:
        log.info("sync.left_behind contract_id=%s fields=%s", opened.link.contract_id, len(lines))
        return self._closer.left_behind(opened, bases, lines, link)


def found(opened: OpenLink, reads: Reads) -> tuple[Bases, Sequence[HistoryLine]]:
    """Bases and history lines of the intent that `opened` carries."""
    assert opened.intent is not None
    return settle_left_behind(opened.intent, opened.bases, reads.mapping, reads.columns, reads.contract, reads.record)
