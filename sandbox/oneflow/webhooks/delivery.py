"""Webhook notifications: what is sent, when it is sent again, when it is given up (docs/webhook-and-event)."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import requests

from sandbox.oneflow.account.model import Contract, Event, Webhook
from sandbox.oneflow.account.world import World
from sandbox.oneflow.api.views import Views
from sandbox.oneflow.webhooks.rules import wants

RETRY_SECONDS = (1, 5, 10, 30, 60, 300, 600, 1800, 3600)
MOST_ATTEMPTS = len(RETRY_SECONDS) + 1
RECEIVER_TIMEOUT = 10.0  # seconds; Oneflow's is not documented

Send = Callable[[str, bytes, dict[str, str]], int]


@dataclass(frozen=True)
class Notification:
    """One message to one webhook: the same callback_id at every attempt. `attempts` are those already made."""

    number: int
    callback_id: str
    webhook_id: int
    contract_id: int
    events: tuple[Event, ...]
    due_at: datetime
    attempts: int = 0


@dataclass(frozen=True)
class Attempt:
    """`status` is 0 where no answer came; then `error` says why."""

    at: datetime
    callback_id: str
    webhook_id: int
    contract_id: int
    event_types: tuple[str, ...]
    number: int
    url: str
    body: bytes
    status: int = 0
    error: str = ""


@dataclass
class Mishaps:
    """What befalls the next notifications: each number counts down, `reorder` stays on until taken off."""

    drop: int = 0
    duplicate: int = 0
    delay: int = 0
    delay_seconds: float = 0.0
    reorder: bool = False


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(url, body, headers=headers, timeout=RECEIVER_TIMEOUT, allow_redirects=False).status_code


class Delivery:
    """`pump()` sends what is due, once; a `Sender` does so from a thread. Thread-safe.

    `send` does one POST and returns the status; any exception counts as no answer. `retry_scale` multiplies the
    retry table, so that a test over real time need not wait for hours.
    """

    def __init__(self, world: World, send: Send = post, retry_scale: float = 1.0) -> None:
        self.world = world
        self.send = send
        self.retry_scale = retry_scale
        self.mishaps = Mishaps()
        self.pending: dict[int, Notification] = {}
        self.attempts: deque[Attempt] = deque(maxlen=20_000)
        self.given_up: list[Notification] = []
        self.dropped: list[Notification] = []
        self._in_flight: set[int] = set()
        self._changed = threading.Condition()
        self._counter = 0

    # Taking in

    def enqueue(self, contract: Contract, events: tuple[Event, ...]) -> None:
        """Make a notification for each webhook that wants some of these events."""
        for webhook in list(self.world.state.webhooks.values()):
            wanted = tuple(event for event in events if wants(webhook, contract, event))
            if not wanted:
                continue
            batches = [wanted] if self.world.switches.batch_webhook_events else [(event,) for event in wanted]
            for batch in batches:
                self._add(webhook.id, contract.id, batch)

    def _add(self, webhook_id: int, contract_id: int, events: tuple[Event, ...]) -> None:
        with self._changed:
            callback_id = secrets.token_hex(20)
            note = self._numbered(Notification(0, callback_id, webhook_id, contract_id, events, self.world.now()))
            if self.mishaps.drop > 0:
                self.mishaps.drop -= 1
                self.dropped.append(note)
                return
            if self.mishaps.delay > 0:
                self.mishaps.delay -= 1
                note = replace(note, due_at=note.due_at + timedelta(seconds=self.mishaps.delay_seconds))
            self.pending[note.number] = note
            if self.mishaps.duplicate > 0:
                self.mishaps.duplicate -= 1
                twin = self._numbered(note)
                self.pending[twin.number] = twin
            self._changed.notify_all()

    def _numbered(self, note: Notification) -> Notification:
        self._counter += 1
        return replace(note, number=self._counter)

    def restore(self, notes: list[Notification]) -> None:
        """Go on with notifications of an earlier run."""
        with self._changed:
            self.pending = {note.number: note for note in notes}
            self._counter = max([self._counter, *self.pending])
            self._changed.notify_all()

    def snapshot(self) -> list[Notification]:
        with self._changed:
            return list(self.pending.values())

    # Sending

    def pump(self, now: datetime | None = None) -> list[Attempt]:
        """Send what is due at `now` (default: the world's clock), each once; failures wait for their retry."""
        return [self.deliver(note) for note in self.take_due(now or self.world.now())]

    def next_due(self) -> datetime | None:
        """When the next attempt falls due; for a virtual clock to jump to."""
        with self._changed:
            return min((n.due_at for n in self.pending.values() if n.number not in self._in_flight), default=None)

    def wait_for_change(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait(seconds)

    def take_due(self, now: datetime) -> list[Notification]:
        """What is due and not being sent already; the caller passes each to `deliver`."""
        with self._changed:
            due = [n for n in self.pending.values() if n.due_at <= now and n.number not in self._in_flight]
            due.sort(key=lambda n: (n.due_at, n.number), reverse=self.mishaps.reorder)
            self._in_flight |= {n.number for n in due}
        return due

    def release(self) -> None:
        """Let what was taken and not delivered be taken again."""
        with self._changed:
            self._in_flight.clear()

    def deliver(self, note: Notification) -> Attempt:
        webhook = self.world.state.webhooks.get(note.webhook_id)
        attempt = Attempt(
            self.world.now(), note.callback_id, note.webhook_id, note.contract_id, tuple(e.type for e in note.events),
            note.attempts + 1, webhook.callback_url if webhook else "", b"",
        )  # fmt: skip
        if webhook is None:
            attempt = replace(attempt, error="the webhook was deleted")
        else:
            body = json.dumps(self.payload(note, webhook)).encode()
            try:
                status, error = self.send(webhook.callback_url, body, {"Content-Type": "application/json"}), ""
            except Exception as failure:  # noqa: BLE001 whatever the receiver's side does, it is only a failed attempt
                status, error = 0, type(failure).__name__
            attempt = replace(attempt, body=body, status=status, error=error)
        self._settle(note, attempt, gone=webhook is None)
        return attempt

    def _settle(self, note: Notification, attempt: Attempt, gone: bool) -> None:
        with self._changed:
            self.attempts.append(attempt)
            self._in_flight.discard(note.number)
            if note.number not in self.pending:
                return
            if attempt.status == 200 or gone:
                del self.pending[note.number]
            elif attempt.number >= MOST_ATTEMPTS:
                self.given_up.append(self.pending.pop(note.number))
            else:
                wait = timedelta(seconds=RETRY_SECONDS[attempt.number - 1] * self.retry_scale)
                later = replace(note, attempts=attempt.number, due_at=self.world.now() + wait)
                self.pending[note.number] = later
            self.world.touched()
            self._changed.notify_all()

    def payload(self, note: Notification, webhook: Webhook) -> dict[str, Any]:
        """The body; the signature proves the key and nothing about the rest."""
        signed = f"{note.callback_id}{webhook.sign_key or ''}".encode()
        signature = hashlib.sha1(signed).hexdigest()
        time = Views(self.world, "").time
        events: list[dict[str, Any]] = [
            {"created_time": time(e.created_time), "id": e.id, "type": e.type} for e in note.events
        ]
        body: dict[str, Any] = {"contract": {"id": note.contract_id}, "callback_id": note.callback_id, "events": events}
        if self.world.switches.signature_in_events:
            for event in events:
                event["signature"] = signature
        else:
            body["signature"] = signature
        return body
