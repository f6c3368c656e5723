"""What was written, from what, to what, and why: one entry a sync."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_core.engine.model.history_lines import HistoryLine, LineKind
from sync_core.engine.model.words import Side


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One sync's page in the history.

    `extra`: what only some entries have, of an interrupted sync (`interrupted`, `started_at`) or of a search in the
    contract's events (`search_of`).
    """

    entry_id: str
    number: int
    at: str
    action: str
    cause: str
    who: str
    contract_id: int
    outcome: str
    fields: Sequence[HistoryLine]
    previous_digest: str
    undoes: str | None = None
    entity: str = ""  # with `record_id`: the record that it was written for; entries of before do not say
    record_id: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {
            "entry_id": self.entry_id,
            "number": self.number,
            "at": self.at,
            "action": self.action,
            "cause": self.cause,
            "who": self.who,
            "contract_id": self.contract_id,
            "outcome": self.outcome,
            "fields": [line.to_json() for line in self.fields],
            "previous_digest": self.previous_digest,
            **({"undoes": self.undoes} if self.undoes else {}),
            **({"entity": self.entity, "record_id": self.record_id} if self.record_id else {}),
            **self.extra,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> HistoryEntry:
        known = {name for name in cls.__slots__ if name != "extra"}
        named = {name: value for name, value in content.items() if name in known}
        named["fields"] = [HistoryLine.from_json(line) for line in named["fields"]]
        return cls(**named, extra={name: value for name, value in content.items() if name not in known})

    @property
    def record(self) -> tuple[str, str] | None:
        return (self.entity, self.record_id) if self.record_id else None

    @property
    def continues(self) -> bool:
        """Whether it goes on with the entry before it: one transaction could not store both."""
        return "continues" in self.extra

    @property
    def interrupted(self) -> bool:
        """Whether the process ended before it could close this sync; a later one did."""
        return bool(self.extra.get("interrupted"))

    @property
    def search_of(self) -> str | None:
        """The entry whose writes were looked for in the contract's events."""
        searched: str | None = self.extra.get("search_of")
        return searched

    @property
    def digest(self) -> str:
        """SHA-256 of the entry's JSON; the next entry carries it, so that a removed or altered one shows."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def sent_to_oneflow(entry: HistoryEntry) -> list[HistoryLine]:
    """The lines whose write may have overwritten a value that nobody saw: the contract's events are searched for it."""
    return [
        line
        for line in entry.fields
        if line.side is Side.ONEFLOW
        and line.is_of_data_field
        and (line.kind in _SENT or (entry.interrupted and line.kind is LineKind.NOT_DONE))
    ]


_SENT = (LineKind.WRITTEN, LineKind.LATE, LineKind.UNCLEAR)
# What keeps the base and what only repeats it is not for people.
_INTERNAL = frozenset({"base_before", "base_after", "before", "after", "key"})


# What tells no value: all that is left of a line for somebody who may not read the record.
_NAMES = (
    "dynamics_column", "dynamics_label", "oneflow_kind", "oneflow_field", "oneflow_label", "result", "kind", "side",
    "reason_code",
)  # fmt: skip


def withheld(entry: HistoryEntry) -> dict[str, Any]:
    """The entry without values, for somebody who may know that it is there and not read its record."""
    fields = [
        {name: value for name, value in line.to_json().items() if name in _NAMES}
        | {"from": None, "to": None, "reason": None}
        for line in entry.fields
    ]
    return entry.to_json() | {"fields": fields, "withheld": True}


def shown(entry: HistoryEntry) -> dict[str, Any]:
    """The entry as people see it (DESIGN 4.3)."""
    fields = [{name: value for name, value in line.to_json().items() if name not in _INTERNAL} for line in entry.fields]
    return entry.to_json() | {"fields": fields}
