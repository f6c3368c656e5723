"""Which version of each secret the app's functions use, also of those that no request from outside reaches.

On Flex Consumption the requests, the queue's function and the timer run in instances of their own: what health says of
the process that answers proves nothing of the others. So the sweep and the jobs note digests as marks, and health
shows them. The sweep has read all marks anyway and writes only what changed; a process that runs jobs notes it once,
and again every few minutes while it has jobs; and the sweep asks by one message where no job has told yet.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sync_core.engine.model.instants import instant_text, known_instant
from sync_core.engine.model.jobs import SecretsJob
from sync_core.errors import SyncError
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Jobs, Marks

log = logging.getLogger(__name__)

TIMER, QUEUE = "reconcile", "sync_jobs"  # the functions' names
_TIMER_MARK, _QUEUE_MARK, _ASKED = "secrets:reconcile", "secrets:sync_jobs:", "secrets_asked"
_EVERY = 300.0  # seconds between two notes of a process that runs jobs
# A process that had no job for so long is taken as gone: the platform takes idle instances away.
_SILENT = timedelta(minutes=10)
_FIRST_WAIT, _ASKS = timedelta(minutes=1), 8  # after each question twice as long, and then no more for this version


@dataclass(frozen=True, slots=True)
class _Note:
    at: datetime
    secrets: Mapping[str, str]


class SecretsInUse:
    """`used` tells setting to digest, of this process; `instance` is what tells it from others."""

    def __init__(
        self, marks: Marks, jobs: Jobs, clock: Clock, used: Callable[[], Mapping[str, str]], instance: str
    ) -> None:
        self._marks, self._jobs, self._clock, self._used = marks, jobs, clock, used
        # A name of the platform's may hold what a row's key may not, and is nobody else's business.
        self._mark = _QUEUE_MARK + hashlib.sha256(instance.encode()).hexdigest()[:12]
        self._next, self._guard = 0.0, threading.Lock()

    def of_job(self) -> None:
        """Note what this process uses, unless it did a few minutes ago. Never in the way of a job."""
        with self._guard:
            if self._clock.monotonic() < self._next:
                return
            self._next = self._clock.monotonic() + _EVERY
        used = self._used()
        try:
            if used:
                self._note(self._mark, used)
        except SyncError as error:
            log.warning("secrets.not_noted error=%s", type(error).__name__)

    def of_sweep(self, marks: Mapping[str, str]) -> bool:
        """Note what the sweep uses, if it changed; forget processes that are gone; ask where no job has told. Whether
        nothing is left to ask."""
        used = self._used()
        if not used:
            return True
        before = _read(marks.get(_TIMER_MARK))
        if before is None or before.secrets != used:
            self._note(_TIMER_MARK, used)
        newest, gone = self._of_queue(marks)
        for name in gone:
            self._marks.drop(name)
        if newest is not None and newest.secrets == used:
            return True
        self._ask(marks, used)
        return False

    def show(self) -> list[dict[str, Any]]:
        """By function: digests, and when they were last known to be in use. What has not told yet is not there."""
        marks = self._marks.all()
        found = []
        timer = _read(marks.get(_TIMER_MARK))
        if timer:
            # Compared at each sweep: they hold since, up to the last one.
            swept = known_instant(marks.get("last_reconcile"))
            found.append(_shown(TIMER, _Note(max(swept or timer.at, timer.at), timer.secrets)))
        _, gone = self._of_queue(marks)
        return found + [_shown(QUEUE, note) for name, note in _queue_notes(marks) if name not in gone]

    def _of_queue(self, marks: Mapping[str, str]) -> tuple[_Note | None, Sequence[str]]:
        """The newest note, which stays however old it is; and the names of those of processes that are gone."""
        notes = dict(_queue_notes(marks))
        if not notes:
            return None, []
        last = max(notes, key=lambda name: notes[name].at)
        oldest = self._clock.now() - _SILENT
        return notes[last], [name for name, note in notes.items() if name != last and note.at < oldest]

    def _ask(self, marks: Mapping[str, str], used: Mapping[str, str]) -> None:
        asked = _object(marks.get(_ASKED))
        times = int(asked.get("times") or 0) if asked.get("secrets") == used else 0
        at, now = known_instant(asked.get("at")), self._clock.now()
        if times >= _ASKS or (times and at and now < at + _FIRST_WAIT * 2 ** (times - 1)):
            return
        self._set(_ASKED, {"at": instant_text(now), "secrets": used, "times": times + 1})
        self._jobs.put(SecretsJob())

    def _note(self, name: str, used: Mapping[str, str]) -> None:
        self._set(name, {"at": instant_text(self._clock.now()), "secrets": used})

    def _set(self, name: str, content: Mapping[str, Any]) -> None:
        self._marks.set(name, json.dumps(content))


def _queue_notes(marks: Mapping[str, str]) -> Iterator[tuple[str, _Note]]:
    for name, text in sorted(marks.items()):
        note = _read(text) if name.startswith(_QUEUE_MARK) else None
        if note:
            yield name, note


def _read(text: str | None) -> _Note | None:
    content = _object(text)
    at, secrets = known_instant(content.get("at")), content.get("secrets")
    return _Note(at, secrets) if at and isinstance(secrets, dict) else None


def _object(text: str | None) -> dict[str, Any]:
    try:
        content = json.loads(text or "{}")
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _shown(function: str, note: _Note) -> dict[str, Any]:
    return {"function": function, "at": instant_text(note.at), "secrets": dict(note.secrets)}
