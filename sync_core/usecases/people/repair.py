"""A person's second thoughts: see and settle what is in dispute, take a history entry back."""

from __future__ import annotations

from typing import Any

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.second_thoughts import disputes
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.words import Action
from sync_core.errors import Gone, Invalid
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.people.sight import Ownership, Sight
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.close import Cause
from sync_core.usecases.sync.open import Opener, no_link
from sync_core.usecases.sync.request import KeepRequest, SyncRequest
from sync_core.usecases.sync.sync import SyncContract


class Repair:
    def __init__(self, links: Links, opener: Opener, rights: Rights, sync: SyncContract) -> None:
        self._links, self._opener, self._rights, self._sync = links, opener, rights, sync

    def conflicts(self, contract_id: int, actor: Actor) -> list[dict[str, Any]]:
        """Conflicts and fields not yet agreed, as both sides show them now."""
        opened = self._links.open(contract_id)
        if opened is None:
            raise no_link(contract_id)
        reads = self._opener.read(opened.link, actor)
        scene = self._opener.scene(reads.scene(opened), Action.AUTOMATIC)
        return [one.to_json() for one in disputes(scene)]

    def keep(self, contract_id: int, keep: KeepRequest, actor: Actor, confirm_signature_reset: bool = False) -> Plan:
        """Keep one side of one field. Gone: no dispute; Taken: it moved (the body has the new one)."""
        request = SyncRequest(Action.KEEP, Cause("keep", actor), None, confirm_signature_reset, keep=keep)
        return self._sync.run(contract_id, request)

    def undo(self, contract_id: int, entry_id: str, actor: Actor, confirm_signature_reset: bool = False) -> Plan:
        """Put back what an entry's sync overwrote. Gone: no such entry, or it is of another record that this person may
        not read; Invalid: it overwrote nothing."""
        opened = self._links.open(contract_id)
        if opened is None:
            raise no_link(contract_id)
        self._rights.must_write(opened.link.entity, opened.link.record_id, actor)
        entry = self._entry(contract_id, entry_id)
        (record,) = Ownership(self._links, contract_id, opened.link.record).of([entry])
        if not Sight(self._rights, actor, opened.link.record).sees(record):
            raise _no_entry()
        if entry.action == Action.CREATE:
            raise Invalid("A creation cannot be undone; delete the contract in Oneflow instead.", status=409)
        if not any(line.overwrote for line in entry.fields):
            raise Invalid("This entry overwrote nothing, so there is nothing to take back.", status=409)
        cause = Cause("undo", actor, undoes=entry_id)
        request = SyncRequest(Action.UNDO, cause, None, confirm_signature_reset, undo=entry.fields)
        return self._sync.run(contract_id, request)

    def _entry(self, contract_id: int, entry_id: str) -> HistoryEntry:
        entry = self._links.find_entry(contract_id, entry_id)
        if entry is None:
            raise _no_entry()
        return entry


def _no_entry() -> Gone:
    return Gone("There is no such history entry.", side="storage")
