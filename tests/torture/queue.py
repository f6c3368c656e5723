"""A storage queue in memory: hidden messages, leases, how often each was taken; and the port that puts jobs on it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from sync_core.engine.model.jobs import Job, content_of

Answer = TypeVar("Answer")
LEASE = timedelta(minutes=10)  # of a message that a process took; it comes back if the process dies
_LONGEST = 7 * 24 * 3600 - 60


class Io(Protocol):
    def __call__(self, step: str, act: Callable[[], Answer], writing: bool = False) -> Answer: ...


@dataclass
class Message:
    number: int
    text: str
    inserted_at: datetime
    visible_at: datetime
    taken: int = 0
    receipt: int = 0


class Queue:
    """`arrived(moment)` is told when a message will be there to take."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now, self._count = now, 0
        self.messages: dict[int, Message] = {}
        self.arrived: Callable[[datetime], None] = lambda moment: None

    def put(self, text: str, hidden: timedelta = timedelta(0)) -> None:
        self._count += 1
        now = self._now()
        self.messages[self._count] = Message(self._count, text, now.replace(microsecond=0), now + hidden)
        self.arrived(now + hidden)

    def take(self) -> Message | None:
        """The message that waits longest; hidden from others for the lease."""
        now = self._now()
        visible = [one for one in self.messages.values() if one.visible_at <= now]
        if not visible:
            return None
        message = min(visible, key=lambda one: (one.visible_at, one.number))
        message.taken += 1
        message.receipt += 1
        self.show(message, LEASE)
        return message

    def show(self, message: Message, after: timedelta) -> None:
        """Let the message be taken (again) after this."""
        message.visible_at = self._now() + after
        self.arrived(message.visible_at)

    def delete(self, message: Message, receipt: int) -> bool:
        """False where somebody else took the message meanwhile, or it is gone."""
        known = self.messages.get(message.number)
        if known is None or known.receipt != receipt:
            return False
        del self.messages[message.number]
        return True

    @property
    def next_at(self) -> datetime | None:
        return min((one.visible_at for one in self.messages.values()), default=None)


class MemoryJobs:
    """The port `Jobs`."""

    def __init__(self, store: Any, io: Io, told: Callable[[Job, float], None] | None = None) -> None:
        self._store, self._io, self._told = store, io, told

    def put(self, job: Job, delay: float = 0) -> None:
        if self._told is not None:
            self._told(job, delay)
        text, hidden = json.dumps(content_of(job)), timedelta(seconds=min(_LONGEST, math.ceil(delay)))
        self._io("queue.put", lambda: self._store.queue.put(text, hidden), True)

    def put_poisoned(self, job: Job, delay: float) -> None:
        text = json.dumps(content_of(job))
        self._io("queue.put", lambda: self._store.poison.put(text, timedelta(seconds=delay)), True)

    def lengths(self) -> Mapping[str, int]:
        queues = {"sync-jobs": self._store.queue, "sync-jobs-poison": self._store.poison}
        return self._io("queue.length", lambda: {name: len(one.messages) for name, one in queues.items()})
