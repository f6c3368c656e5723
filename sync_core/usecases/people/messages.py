"""The Custom API messages of Dynamics: what a flow or a button asks for, queued, then done for the user who asked."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.jobs import MessageJob
from sync_core.engine.model.words import Action
from sync_core.engine.showing.outcome import outcomes_of
from sync_core.errors import NotAllowed, Unreadable
from sync_core.usecases.people.callers import Callers
from sync_core.usecases.people.create_contract import CreateContract, NewContractRequest
from sync_core.usecases.people.push_record import PushRecord
from sync_core.usecases.stores import Jobs, Operations
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract

PUSH, FETCH, CREATE = "ofs_PushUpdates", "ofs_FetchUpdates", "ofs_CreateContract"
LONGEST = 32_000  # characters of the parameters: a queue's message takes 48 KiB
_NUMBERS = {PUSH: ("ContractId",), FETCH: ("ContractId",), CREATE: ("TemplateId", "WorkspaceId")}


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


def asked(event: Message) -> MessageJob:
    """What the event asks for, to be done later: its sender, a webhook step, reaches nobody with an answer. Unreadable
    or NotAllowed where the event alone shows that it cannot be done."""
    if event.message not in (PUSH, FETCH, CREATE):
        raise Unreadable(f"The message {event.message[:40]!r} is none that the app handles.")
    if event.initiating_user is None and event.initiating_user_id is None:
        raise NotAllowed("The event does not say who pressed the button.", side="dynamics")
    if len(json.dumps(event.parameters)) > LONGEST:
        raise Unreadable(f"The parameters are longer than {LONGEST} characters.")
    for name in _NUMBERS[event.message]:
        if event.message != PUSH or name in event.parameters:  # a push of no contract is one of the record's all
            _whole(event, name)
    if event.message == CREATE:
        _parties(event)
    return MessageJob(
        event.message,
        event.entity,
        event.record_id,
        event.parameters,
        event.operation_id,
        event.initiating_user,
        event.initiating_user_id,
    )


class Messages:
    """`ofs_PushUpdates` (ContractId?), `ofs_FetchUpdates` (ContractId), `ofs_CreateContract` (TemplateId, WorkspaceId,
    Name, Parties?). A repeated OperationId repeats nothing."""

    def __init__(
        self,
        people: Callers,
        sync: SyncContract,
        push_record: PushRecord,
        create: CreateContract,
        operations: Operations,
        jobs: Jobs,
    ) -> None:
        self._people, self._sync, self._operations, self._jobs = people, sync, operations, jobs
        self._push_record, self._create = push_record, create

    def carry_out(self, job: MessageJob) -> None:
        """What was asked, once: a job may come again after a crash in the middle. What is done twice then writes
        nothing the second time, and a creation knows its operation. What became of it is told by jobs of its own.
        NotAllowed, and what the actions raise."""
        result = self._operations.result(job.operation_id) if job.operation_id else None
        for one in outcomes_of(job, result or self._done(job)):
            self._jobs.put(one)

    def _done(self, job: MessageJob) -> Mapping[str, Any]:
        actor = self._people.initiator(job.user, job.user_id)
        act = {PUSH: self._push, FETCH: self._fetch, CREATE: self._new}.get(job.message)
        if actor is None or act is None:
            raise Unreadable("The job names no message that the app handles, or nobody who asked.")
        result = act(job, actor)
        if job.operation_id:
            self._operations.finish(job.operation_id, result)
        return result

    def _push(self, job: MessageJob, actor: Actor) -> dict[str, Any]:
        confirm = job.parameters.get("ConfirmSignatureReset") is True
        if "ContractId" not in job.parameters:
            return {"results": self._push_record.run(job.entity, job.record_id, actor, ())}
        request = SyncRequest(Action.PUSH, Cause("push", actor), confirm_signature_reset=confirm)
        return self._sync.run(_whole(job, "ContractId"), request).to_json()

    def _fetch(self, job: MessageJob, actor: Actor) -> dict[str, Any]:
        request = SyncRequest(Action.FETCH, Cause("fetch", actor))
        return self._sync.run(_whole(job, "ContractId"), request).to_json()

    def _new(self, job: MessageJob, actor: Actor) -> dict[str, Any]:
        request = NewContractRequest(
            _whole(job, "TemplateId"),
            _whole(job, "WorkspaceId"),
            str(job.parameters.get("Name") or ""),
            _parties(job),
            job.operation_id,
        )
        return self._create.run(job.entity, job.record_id, request, actor)


def _parties(job: Message | MessageJob) -> tuple[dict[str, Any], ...]:
    try:
        parties = json.loads(str(job.parameters.get("Parties") or "[]"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("Parties is not JSON.") from error
    if not isinstance(parties, list) or not all(isinstance(party, dict) for party in parties):
        raise Unreadable("Parties is not a list of objects.")
    return tuple(parties)


def _whole(job: Message | MessageJob, name: str) -> int:
    """A Custom API gives whole numbers as numbers or as text."""
    value = job.parameters.get(name)
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Unreadable(f"{job.message} needs {name} as a whole number.")
    return int(text)
