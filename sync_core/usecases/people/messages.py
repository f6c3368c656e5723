"""The Custom API messages of Dynamics: what a button on a form asks for, done for the user who pressed it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.words import Action
from sync_core.errors import Busy, NotAllowed, Unreadable
from sync_core.usecases.people.callers import Callers
from sync_core.usecases.people.create_contract import CreateContract, NewContractRequest
from sync_core.usecases.people.push_record import PushRecord
from sync_core.usecases.stores import Operations
from sync_core.usecases.sync.close import Cause
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract

PUSH, FETCH, CREATE = "ofs_PushUpdates", "ofs_FetchUpdates", "ofs_CreateContract"


class Message(Protocol):
    """A Custom API's event."""

    @property
    def message(self) -> str: ...
    @property
    def entity(self) -> str: ...
    @property
    def record_id(self) -> str: ...
    @property
    def operation_id(self) -> str | None: ...
    @property
    def initiating_user(self) -> str | None: ...
    @property
    def initiating_user_id(self) -> str | None: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


class Messages:
    """`ofs_PushUpdates` (ContractId?), `ofs_FetchUpdates` (ContractId), `ofs_CreateContract` (TemplateId, WorkspaceId,
    Name, Parties?). A repeated OperationId gives the first answer again and repeats nothing."""

    def __init__(
        self,
        people: Callers,
        sync: SyncContract,
        push_record: PushRecord,
        create: CreateContract,
        operations: Operations,
    ) -> None:
        self._people, self._sync, self._operations = people, sync, operations
        self._push_record, self._create = push_record, create

    def run(self, event: Message) -> dict[str, Any]:
        """The same JSON as the widget's routes give. Unreadable, NotAllowed, and what the actions raise."""
        actor = self._people.initiator(event.initiating_user, event.initiating_user_id)
        if actor is None:
            raise NotAllowed("The event does not say who pressed the button.", side="dynamics")
        act = {PUSH: self._push, FETCH: self._fetch, CREATE: self._new}.get(event.message)
        if act is None:
            raise Unreadable(f"The message {event.message[:40]!r} is none that the app handles.")
        if event.operation_id is None:
            return act(event, actor)
        return self._once(event.operation_id, lambda: act(event, actor))

    def _once(self, operation_id: str, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if not self._operations.begin(operation_id):
            known = self._operations.result(operation_id)
            if known is None:
                raise Busy("This operation is under way.", retry_after=5)
            return dict(known)
        try:
            result = act()
        except Exception:
            self._operations.forget(operation_id)  # it may be asked again
            raise
        self._operations.finish(operation_id, result)
        return result

    def _push(self, event: Message, actor: Actor) -> dict[str, Any]:
        confirm = event.parameters.get("ConfirmSignatureReset") is True
        if "ContractId" not in event.parameters:
            return {"results": self._push_record.run(event.entity, event.record_id, actor, ())}
        request = SyncRequest(Action.PUSH, Cause("push", actor), confirm_signature_reset=confirm)
        return self._sync.run(_whole(event, "ContractId"), request).to_json()

    def _fetch(self, event: Message, actor: Actor) -> dict[str, Any]:
        request = SyncRequest(Action.FETCH, Cause("fetch", actor))
        return self._sync.run(_whole(event, "ContractId"), request).to_json()

    def _new(self, event: Message, actor: Actor) -> dict[str, Any]:
        try:
            parties = json.loads(str(event.parameters.get("Parties") or "[]"))
        except ValueError as error:
            raise Unreadable("Parties is not JSON.") from error
        if not isinstance(parties, list) or not all(isinstance(party, dict) for party in parties):
            raise Unreadable("Parties is not a list of objects.")
        request = NewContractRequest(
            _whole(event, "TemplateId"),
            _whole(event, "WorkspaceId"),
            str(event.parameters.get("Name") or ""),
            tuple(parties),
            event.operation_id,
        )
        return self._create.run(event.entity, event.record_id, request, actor)


def _whole(event: Message, name: str) -> int:
    """A Custom API gives whole numbers as numbers or as text."""
    value = event.parameters.get(name)
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unreadable(f"{event.message} needs {name} as a whole number.")
    return int(text)
