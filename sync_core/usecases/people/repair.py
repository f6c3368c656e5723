"""A person's second thoughts: see and settle what is in dispute, take a history entry back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.second_thoughts import Dispute, disputes
from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.words import Action
from sync_core.errors import Gone, Invalid
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.people.sight import Ownership, Sight
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.open import Opener, Reads, no_link
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
        found = self._disputes(opened, reads)
        if any(one.is_unknown for one in found):
            found = self._disputes(opened, self._opener.read_anew(opened.link, actor, reads))
        return [one.to_json() for one in found]

    def _disputes(self, opened: OpenLink, reads: Reads) -> Sequence[Dispute]:
        return disputes(self._opener.scene(reads.scene(opened), Action.AUTOMATIC))

    def keep(
        self,
        contract_id: int,
        keep: KeepRequest,
        actor: Actor,
        confirm_signature_reset: bool = False,
        plan_id: str | None = None,
    ) -> Plan:
        """Keep one side of one field. Gone: no dispute; Taken: it moved (the body has the new one), or the plan did."""
        return self._sync.run(contract_id, keep_request(keep, actor, confirm_signature_reset, plan_id))

    def undo(
        self,
        contract_id: int,
        entry_id: str,
        actor: Actor,
        confirm_signature_reset: bool = False,
        plan_id: str | None = None,
    ) -> Plan:
        """Put back what an entry's sync overwrote, as `undo_request`. NotAllowed: they may not write the record."""
        link = self._link(contract_id)
        self._rights.must_write(link.entity, link.record_id, actor)
        return self._sync.run(contract_id, self._undo_request(link, entry_id, actor, confirm_signature_reset, plan_id))

    def undo_request(
        self, contract_id: int, entry_id: str, actor: Actor, confirm_signature_reset: bool = False
    ) -> SyncRequest:
        """What an undo asks of a sync, for a preview. Gone: no such entry, or it is of another record that this person
        may not read; Invalid: it overwrote nothing."""
        link = self._link(contract_id)
        self._rights.must_read(link.entity, link.record_id, actor)
        return self._undo_request(link, entry_id, actor, confirm_signature_reset)

    def _undo_request(
        self, link: Link, entry_id: str, actor: Actor, confirm_signature_reset: bool, plan_id: str | None = None
    ) -> SyncRequest:
        entry = self._entry(link.contract_id, entry_id)
        (record,) = Ownership(self._links, link.contract_id, link.record).of([entry])
        if not Sight(self._rights, actor, link.record).sees(record):
            raise _no_entry()
        if entry.action == Action.CREATE:
            raise Invalid("A creation cannot be undone; delete the contract in Oneflow instead.", status=409)
        if not any(line.overwrote for line in entry.fields):
            raise Invalid("This entry overwrote nothing, so there is nothing to take back.", status=409)
        cause = Cause("undo", actor, undoes=entry_id)
        return SyncRequest(Action.UNDO, cause, plan_id, confirm_signature_reset, undo=entry.fields)

    def _link(self, contract_id: int) -> Link:
        opened = self._links.open(contract_id)
        if opened is None:
            raise no_link(contract_id)
        return opened.link

    def _entry(self, contract_id: int, entry_id: str) -> HistoryEntry:
        entry = self._links.find_entry(contract_id, entry_id)
        if entry is None:
            raise _no_entry()
        return entry


def keep_request(
    keep: KeepRequest, actor: Actor, confirm_signature_reset: bool = False, plan_id: str | None = None
) -> SyncRequest:
    """What a keep asks of a sync."""
    return SyncRequest(Action.KEEP, Cause("keep", actor), plan_id, confirm_signature_reset, keep=keep)


def _no_entry() -> Gone:
    return Gone("There is no such history entry.", side="storage")
