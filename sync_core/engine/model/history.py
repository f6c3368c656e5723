"""What was written, from what, to what, and why: one entry a sync."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sync_core.engine.model.words import OneflowKind, Side


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One sync's page in the history.

    `fields` are plain JSON: result fields plus `kind` ("written", "refused", "settled", "unclear", "not_done", "late",
    "conflict", "conflict_over", "overwritten", "unknown"), the exact values (`before`, `after`), and the base before
    and after.
    """

    entry_id: str
    number: int
    at: str
    action: str
    cause: str
    who: str
    contract_id: int
    outcome: str
    fields: Sequence[Mapping[str, Any]]
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
            "fields": [dict(row) for row in self.fields],
            "previous_digest": self.previous_digest,
            **({"undoes": self.undoes} if self.undoes else {}),
            **({"entity": self.entity, "record_id": self.record_id} if self.record_id else {}),
            **self.extra,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> HistoryEntry:
        known = {name for name in cls.__slots__ if name != "extra"}
        named = {name: value for name, value in content.items() if name in known}
        return cls(**named, extra={name: value for name, value in content.items() if name not in known})

    @property
    def record(self) -> tuple[str, str] | None:
        return (self.entity, self.record_id) if self.record_id else None

    @property
    def continues(self) -> bool:
        """Whether it goes on with the entry before it: one transaction could not store both."""
        return "continues" in self.extra

    @property
    def digest(self) -> str:
        """SHA-256 of the entry's JSON; the next entry carries it, so that a removed or altered one shows."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


# Writes to Oneflow that were done, and those of which nobody knows whether they came through, or still will.
_DONE, _DOUBTFUL = ("written", "late"), ("unclear", "not_done")


def sent_to_oneflow(entry: HistoryEntry) -> list[Mapping[str, Any]]:
    """The lines whose write may have overwritten a value that nobody saw: the contract's events are searched for it."""
    interrupted = bool(entry.extra.get("interrupted"))
    return [
        line
        for line in entry.fields
        if line.get("side") == Side.ONEFLOW
        and is_of_data_field(line)
        and (line.get("kind") in (*_DONE, "unclear") or (interrupted and line.get("kind") == "not_done"))
    ]


def is_of_data_field(line: Mapping[str, Any]) -> bool:
    """Not of a party's or a participant's field, which may have a data field's name. Older lines do not say."""
    return str(line.get("oneflow_kind", OneflowKind.DATA_FIELD)) == OneflowKind.DATA_FIELD


def is_doubtful(line: Mapping[str, Any]) -> bool:
    """Whether the write may have come through, or may not."""
    return line.get("kind") in _DOUBTFUL


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
        {name: line[name] for name in _NAMES if name in line} | {"from": None, "to": None, "reason": None}
        for line in entry.fields
    ]
    return entry.to_json() | {"fields": fields, "withheld": True}


def shown(entry: HistoryEntry) -> dict[str, Any]:
    """The entry as people see it (DESIGN 4.3)."""
    fields = [{name: value for name, value in line.items() if name not in _INTERNAL} for line in entry.fields]
    return entry.to_json() | {"fields": fields}
