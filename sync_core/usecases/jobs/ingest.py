"""Webhooks in: verify, put one message, answer. What is true is read later; the event is only a hint."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from sync_core.engine.model.jobs import RecordJob, SyncJob
from sync_core.errors import Unreadable

if TYPE_CHECKING:
    from sync_core.usecases.stores import Jobs


class Notification(Protocol):
    """What Oneflow's webhook is about."""

    @property
    def contract_id(self) -> int | None: ...


class RecordEvent(Protocol):
    """What Dataverse's event is about. `changed` is None where the body does not tell."""

    @property
    def message(self) -> str: ...
    @property
    def entity(self) -> str: ...
    @property
    def record_id(self) -> str: ...
    @property
    def changed(self) -> Collection[str] | None: ...
    @property
    def operation_id(self) -> str | None: ...
    @property
    def initiating_user(self) -> str | None: ...
    @property
    def initiating_user_id(self) -> str | None: ...
    @property
    def parameters(self) -> Mapping[str, Any]: ...


ReadNotification = Callable[[bytes, Mapping[str, str]], Notification]
ReadEvent = Callable[[bytes, Mapping[str, str]], RecordEvent]


class Ingest:
    """NotAuthentic, Unreadable, or the queue's own error: then the sender tries again."""

    def __init__(self, jobs: Jobs, read_notification: ReadNotification, read_event: ReadEvent) -> None:
        self._jobs, self._read_notification, self._read_event = jobs, read_notification, read_event

    def oneflow(self, body: bytes, headers: Mapping[str, str]) -> None:
        notification = self._read_notification(body, headers)
        if notification.contract_id is not None:
            self._jobs.put(SyncJob(notification.contract_id, "webhook"))

    def event(self, body: bytes, headers: Mapping[str, str]) -> RecordEvent:
        """Dataverse's event, read."""
        return self._read_event(body, headers)

    def message(self, event: RecordEvent) -> None:
        """What somebody asked for in Dynamics becomes one message. Unreadable or NotAllowed where it cannot be done."""
        from sync_core.usecases.people.messages import asked

        self._jobs.put(asked(event))

    def dynamics(self, event: RecordEvent) -> None:
        """An update or delete becomes one message; the job finds out what is linked."""
        if event.message not in ("Update", "Delete"):
            raise Unreadable(f"The message {event.message[:40]!r} is none that the app handles.")
        changed = None if event.changed is None else tuple(sorted(event.changed))
        self._jobs.put(RecordJob(event.entity, event.record_id, event.message, changed))
