"""A line of the history: what became of one field in one sync, from what, to what, and why."""

from __future__ import annotations

from collections.abc import Mapping
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
