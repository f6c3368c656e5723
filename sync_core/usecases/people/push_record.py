"""Push to every open contract of a record; one failing leaves the others."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.words import Action, ContractState
from sync_core.errors import SyncError
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract


class PushRecord:
    def __init__(self, links: Links, rights: Rights, sync: SyncContract) -> None:
        self._links, self._rights, self._sync = links, rights, sync

    def run(self, entity: str, record_id: str, actor: Actor, confirmed: Collection[int]) -> list[dict[str, Any]]:
        """A result per open contract. `confirmed`: contracts whose signatures may be reset."""
        self._rights.must_write(entity, record_id, actor)
        return [
            self._push(link.contract_id, actor, link.contract_id in confirmed)
            for link in self._links.of_record(entity, record_id)
            if ContractState(link.state).writable or link.status == "broken"
        ]

    def _push(self, contract_id: int, actor: Actor, confirmed: bool) -> dict[str, Any]:
        request = SyncRequest(Action.PUSH, Cause("push", actor), confirm_signature_reset=confirmed)
        try:
            return self._sync.run(contract_id, request).to_json()
        except SyncError as error:
            return {
                "contract_id": contract_id,
                "action": "push",
                "outcome": "blocked",
                "reason": str(error),
                "plan_id": None,
                "fields": [],
                "error": type(error).__name__,
            }
