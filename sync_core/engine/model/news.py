"""What happened to a contract that its record's owner is told of. Without values of fields."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Notify(StrEnum):
    """Of what the owners of a table's records are told."""

    OFF = "off"
    DECISIONS = "decisions"  # of what needs a decision
    EVERYTHING = "everything"

    def tells(self, kind: str) -> bool:
        if self is Notify.DECISIONS:
            return kind in _DECISIONS
        return self is Notify.EVERYTHING


class NewsKind(StrEnum):
    CHANGED = "changed"  # a value in Oneflow, which was brought to Dynamics
    CONFLICT = "conflict"
    REFUSED = "refused"
    SIGNATURE_RESET = "signature_reset"
    SIGNED = "signed"
    DECLINED = "declined"
    BROKEN = "broken"


_DECISIONS = frozenset(
    {NewsKind.CONFLICT, NewsKind.REFUSED, NewsKind.SIGNATURE_RESET, NewsKind.DECLINED, NewsKind.BROKEN}
)


@dataclass(frozen=True, slots=True)
class News:
    """One event, kept with its link from the transaction that saw it. `id`: a GUID, by which it is told once; `at` and
    `due_at`: instants of storage; `fields`: labels; `entries`: numbers in the history, of what was changed."""

    id: str
    kind: str
    at: str
    due_at: str
    fields: tuple[str, ...] = ()
    entries: tuple[int, ...] = ()
