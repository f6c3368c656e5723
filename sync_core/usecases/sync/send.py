"""The one way in which a side is written: combined, a refusal split once, silence looked into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sync_core.engine.deciding.plan import Step
from sync_core.engine.model import reasons
from sync_core.engine.model.words import Reason, Side
from sync_core.engine.settling.answers import Answer, Unanswered
from sync_core.errors import (
    Gone,
    Ground,
    NotAllowed,
    OneByOne,
    Refused,
    SyncError,
    Temporary,
    VersionMoved,
    longest_wait,
)

Answers = Mapping[str, Answer]  # by FieldMapping.key
Refusing = Refused | NotAllowed | Gone


class Target(Protocol):
    """One side of a sync: its vendor, with what was read there and who acts."""

    side: Side

    def send(self, steps: Sequence[Step], ask: Callable[[], None]) -> tuple[Answers, Temporary | None]:
        """Write all of these in one request; `ask` comes before each request that this takes. With the answers comes
        what failed after the write, for now. OneByOne where the vendor takes only one field; Refused, NotAllowed, Gone,
        VersionMoved, Temporary."""

    def after_refusal(self, steps: Sequence[Step], refusal: Refusing) -> Answers:
        """Which of these must not be sent (again) by themselves, and why, by reading the side again where needed."""

    def after_silence(self, steps: Sequence[Step]) -> Answers | None:
        """What became of a write without an answer, by reading the side again. None where nobody can tell."""


@dataclass(slots=True)
class Sent:
    """What was learnt while one side was written. `moved`: its version was no longer the one that was read.

    `temporary`: the failure that ended the writing, which may pass. `unknown`: nobody can tell what was done.
    """

    answers: dict[str, Answer] = field(default_factory=dict)
    moved: bool = False
    temporary: Temporary | None = None
    unknown: bool = False


def send(target: Target, steps: Sequence[Step], ask: Callable[[], None]) -> Sent:
    """Write these steps to one side. `ask` raises where no request may be sent any more."""
    sending = _Sending(target, ask)
    if steps:
        sending.all(steps)
    return sending.sent


class _Sending:
    """The writing of one side; `ended` is why nothing more is sent."""

    def __init__(self, target: Target, ask: Callable[[], None]) -> None:
        self._target, self._ask = target, ask
        self.sent = Sent()
        self._ended: Reason | None = None
        self._explained: set[Ground] = set()

    def all(self, steps: Sequence[Step]) -> None:
        try:
            refusal = self._request(steps)
        except OneByOne:
            self._singly(steps)
            return
        if refusal is None:
            return
        self._explain(steps, refusal)
        if len(steps) == 1:
            self._refused(steps, refusal)
        else:
            self._singly(self._left(steps))

    def _singly(self, steps: Sequence[Step]) -> None:
        """Each by itself, once, until the first answer that ends the writing."""
        for step in steps:
            left = self._left(steps)
            if self._ended is None and step in left and (refusal := self._request([step])) is not None:
                self._explain(left, refusal)
                self._refused([step], refusal)
        self._not_done(self._left(steps))

    def _left(self, steps: Sequence[Step]) -> list[Step]:
        return [step for step in steps if step.row.key not in self.sent.answers]

    def _request(self, steps: Sequence[Step]) -> Refusing | None:
        """One request and what it taught; the error where it was refused."""
        try:
            self._ask()
            answers, unread = self._target.send(steps, self._ask)
        except VersionMoved:
            self.sent.moved, self._ended = True, reasons.RECORD_MOVED
            self._not_done(steps)
        except (Refused, NotAllowed, Gone) as refusal:
            return refusal
        except Temporary as error:
            self._silence(steps, error)
        else:
            self.sent.answers |= answers
            if unread is not None:
                self._end(unread)
        return None

    def _silence(self, steps: Sequence[Step], error: Temporary) -> None:
        self._end(error)
        if not error.unclear:
            self._not_done(steps)
            return
        try:
            found = self._target.after_silence(steps)
        except SyncError as unread:
            self.sent.temporary = longest_wait(self.sent.temporary, unread)
            found = None
        self.sent.unknown |= found is None
        self.sent.answers |= found or {}

    def _explain(self, steps: Sequence[Step], refusal: Refusing) -> None:
        """Once for each ground: what one reading has told holds for the others, too."""
        if refusal.ground in self._explained:
            return
        self._explained.add(refusal.ground)
        try:
            self.sent.answers |= self._target.after_refusal(steps, refusal)
        except (Refused, NotAllowed, Gone) as unread:
            self._refused(steps, unread)
        except Temporary as unread:
            self._end(unread)
            self._not_done(steps)

    def _end(self, error: Temporary) -> None:
        self.sent.temporary = longest_wait(self.sent.temporary, error)
        self._ended = self._ended or reasons.not_sent(self._target.side, error)

    def _not_done(self, steps: Sequence[Step]) -> None:
        if self._ended is not None:
            self.sent.answers |= {step.row.key: Unanswered(self._ended, refused=False) for step in steps}

    def _refused(self, steps: Sequence[Step], refusal: Refusing) -> None:
        answer = refused(self._target.side, refusal)
        self.sent.answers |= {step.row.key: answer for step in self._left(steps)}


def refused(side: Side, error: Refusing) -> Unanswered:
    """The vendor's refusal as an answer, in words."""
    return Unanswered(reasons.refusal(side, error), of_value=error.ground.of_value)
