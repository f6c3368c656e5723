"""What was written, from what, to what, and why: one entry a sync, one line for what became of each field in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.mapping import key_of
from sync_core.engine.model.words import OneflowKind, Result, Side

BaseJson = Mapping[str, Any]  # FieldBase.to_json(), as it was stored


class LineKind(StrEnum):
    """What a line tells."""

    WRITTEN = "written"
    REFUSED = "refused"  # not written, by a vendor's word or a rule of ours
    SETTLED = "settled"  # the base moved, and nothing was written
    UNCLEAR = "unclear"  # nobody knows whether it was written
    NOT_DONE = "not_done"
    LATE = "late"  # a write of ours that came through after its answer was given up
    CONFLICT = "conflict"
    CONFLICT_OVER = "conflict_over"
    OVERWRITTEN = "overwritten"  # what a write of ours replaced unseen, as Oneflow's events tell
    UNKNOWN = "unknown"  # what it replaced cannot be known


# Whose "before" was, or may have been, overwritten; and those that are this app's own writes.
OVERWROTE = frozenset({LineKind.WRITTEN, LineKind.UNCLEAR, LineKind.LATE, LineKind.OVERWRITTEN})
OUR_WRITES = frozenset({LineKind.WRITTEN, LineKind.UNCLEAR})


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """`from_text`, `to_text`: what people read; `before`, `after`: the exact values of the side that was written.

    Lines of interrupted or searched writes, and of earlier versions, know less: `absent` has the members that a line
    does not have at all, `extra` what it has besides. So a stored line stays as it is, and with it its entry's digest.
    """

    kind: LineKind | None = None
    result: Result | None = None
    side: Side | None = None
    dynamics_column: str | None = None
    dynamics_label: str | None = None
    oneflow_kind: OneflowKind | None = None
    oneflow_field: str | None = None
    oneflow_label: str | None = None
    from_text: str | None = None
    to_text: str | None = None
    before: str | None = None
    after: str | None = None
    reason: str | None = None
    reason_code: str | None = None
    key: str | None = None
    base_before: BaseJson | None = None
    base_after: BaseJson | None = None
    absent: frozenset[str] = frozenset()
    extra: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        named = {name: getattr(self, member) for name, member in _MEMBERS.items() if name not in self.absent}
        return {name: str(one) if isinstance(one, StrEnum) else one for name, one in named.items()} | dict(self.extra)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> HistoryLine:
        members: dict[str, Any] = {}
        extra: dict[str, Any] = {}
        for name, value in content.items():
            word = _word(name, value)
            if name not in _MEMBERS or (word is None and value is not None):
                extra[name] = value
            else:
                members[_MEMBERS[name]] = word
        absent = frozenset(name for name, member in _MEMBERS.items() if member not in members)
        return cls(**members, absent=absent, extra=extra)

    @property
    def field_key(self) -> str:
        """As FieldMapping.key."""
        return key_of(self.oneflow_kind, self.oneflow_field or "")

    @property
    def is_of_data_field(self) -> bool:
        """Not of a party's or a participant's field, which may have a data field's name. Older lines do not say."""
        return self.oneflow_kind in (None, OneflowKind.DATA_FIELD)

    @property
    def lives_on(self) -> bool:
        """Of a field that is looked at after creation: a data field, or what the contract shows of itself."""
        return self.oneflow_kind is None or self.oneflow_kind.lives_on

    @property
    def overwrote(self) -> bool:
        """Whether it tells of something that was overwritten, and that it still knows."""
        return self.kind in OVERWROTE and self.side is not None

    @property
    def is_doubtful(self) -> bool:
        """Whether the write may have come through, or may not."""
        return self.kind in (LineKind.UNCLEAR, LineKind.NOT_DONE)

    @property
    def settled(self) -> FieldBase | None:
        """The base that it led to."""
        return FieldBase.from_json(self.base_after) if self.base_after else None

    def is_about(self, name: str) -> bool:
        """Whether its column or its field is called so, in whatever case."""
        names = (self.field_key, self.oneflow_field or "", self.dynamics_column or "")
        return name.casefold() in (one.casefold() for one in names)


_MEMBERS: Mapping[str, str] = {
    {"from_text": "from", "to_text": "to"}.get(member, member): member
    for member in HistoryLine.__slots__
    if member not in ("absent", "extra")
}
_WORDS: Mapping[str, type[StrEnum]] = {
    "kind": LineKind,
    "result": Result,
    "side": Side,
    "oneflow_kind": OneflowKind,
}


def _word(name: str, value: Any) -> Any:
    """The value as its type; None where the type does not know it."""
    if name not in _WORDS:
        return value
    return next((one for one in _WORDS[name] if one == value), None)


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
