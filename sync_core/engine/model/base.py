"""The base of a field: what each side showed when it was last settled, and what is remembered beside it.

Bases, intents and history entries are stored as JSON: `to_json`/`from_json` are their only shapes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from typing import Any

from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.words import Canonical, Direction, Reason, Side

# No longer value can be in a contract, so a base needs of one only whether it is still the same.
_LONGEST_KEPT = 1024
_DIGEST = "sha256:"


def kept(value: Canonical) -> Canonical:
    """A value as a base keeps it: one that no contract can hold, of up to a million characters, as its digest."""
    if value is None or len(value) <= _LONGEST_KEPT:
        return value
    return _DIGEST + hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()


def is_digest(value: Canonical) -> bool:
    """Whether only its digest was kept, not the value itself."""
    return value is not None and value.startswith(_DIGEST) and len(value) == len(_DIGEST) + 64


@dataclass(frozen=True, slots=True)
class Halves:
    """The base proper. `agreed` is False where the halves were only taken, and no action has settled them.

    `currency` belongs to Dynamics' half where the row shows it: the amount's text is another in another currency.
    """

    oneflow: str
    dynamics: Canonical
    agreed: bool = True
    currency: str | None = None


class WhyOpen(StrEnum):
    """Why a field has no agreed base."""

    LINKED = "linked"  # the contract was linked, and the sides differed already
    MOVED = "moved"  # the link was moved to another record
    MAPPING_CHANGED = "mapping_changed"  # its column, options or direction were changed
    FIELD_REPLACED = "field_replaced"  # the contract has another data field by this name
    ANSWERED_OTHERWISE = "answered_otherwise"  # Oneflow answered a write with a third value
    UNSURE = "unsure"  # a fault left it unknown what a side holds


@dataclass(frozen=True, slots=True)
class Unagreed:
    """Why there is no agreed base, and since when where that is known (as the storage service tells times)."""

    why: WhyOpen
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Reported:
    """What was said once of a field that was left: it is no news again until the value or the reason changes."""

    side: Side | None  # the side that would have been written
    value: str | None  # what would have been written there
    code: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A write that a vendor refused, and that stays refused (DESIGN 2.3, Refusals).

    Of the value (`of_value`): it is not tried again by itself until the value changes. Of the situation: it is tried
    again at every event, and at looks that come ever later.
    """

    side: Side
    value: str | None  # what would have been written there
    code: str  # of the reason, as in reasons.py
    text: str = ""  # the reason's, for people
    of_value: bool = True

    @property
    def reason(self) -> Reason:
        return Reason(self.code, self.text or "Refused before; it is tried again when the value changes.")

    def keeps_back(self, side: Side | None, value: str | None, waits: bool = False) -> bool:
        """Whether an automatic action leaves this write alone: the same value was refused for what it is, or by a
        situation that is not asked again yet (`waits`)."""
        return (self.of_value or waits) and (self.side, self.value) == (side, value)


@dataclass(frozen=True, slots=True)
class LateWrite:
    """A write to Oneflow whose answer never came; if Oneflow comes to show `text`, it was ours."""

    text: str
    dynamics: Canonical  # the other half, as its plan read it


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides showed when the policy `ask` was last left to ask."""

    oneflow: str
    dynamics: Canonical


@dataclass(frozen=True, slots=True)
class FieldBase:
    """All that a link remembers of one field. Without `halves` the field has no base yet."""

    identity: str
    direction: Direction
    halves: Halves | None = None
    updated_time: str | None = None  # Oneflow's, of the read or answer that was last believed
    field_id: int | None = None  # of the data field that it belongs to; None in rows of before it was kept
    older_looks: int = 0  # later looks that showed Oneflow older than it was last believed
    replaced: str | None = None  # what our last write replaced, where Oneflow gives no updated_time
    replaced_looks: int = 0
    reported: Reported | None = None
    refusal: Refusal | None = None
    late: tuple[LateWrite, ...] = ()
    conflict: Conflict | None = None
    unagreed: Unagreed | None = None

    def to_json(self) -> dict[str, Any]:
        content: dict[str, Any] = {"identity": self.identity, "direction": str(self.direction)}
        if self.halves:
            content |= {"o": self.halves.oneflow, "d": self.halves.dynamics, "agreed": self.halves.agreed}
        if self.replaced is not None:
            content |= {"replaced": self.replaced, "replaced_looks": self.replaced_looks}
        plain = {
            "currency": self.halves.currency if self.halves else None,
            "field_id": self.field_id,
            "older_looks": self.older_looks or None,
            "updated_time": self.updated_time,
            "late": [list(astuple(late)) for late in self.late] or None,
        }
        notes = {"mark": self.reported, "refusal": self.refusal, "conflict": self.conflict, "unagreed": self.unagreed}
        content |= {name: value for name, value in plain.items() if value is not None}
        return content | {name: list(astuple(note)) for name, note in notes.items() if note is not None}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FieldBase:
        reported, refusal = _reported(content.get("mark")), content.get("refusal")
        if reported and reported.side and reported.code in _REFUSED_BEFORE:
            # Rows of before refusals had a place of their own.
            refusal, reported = (reported.side, reported.value, reported.code, "", True), None
        return cls(
            identity=content["identity"],
            direction=Direction(content["direction"]),
            halves=_halves(content),
            updated_time=content.get("updated_time"),
            field_id=content.get("field_id"),
            older_looks=content.get("older_looks", 0),
            replaced=content.get("replaced"),
            replaced_looks=content.get("replaced_looks", 0),
            reported=reported,
            refusal=Refusal(Side(refusal[0]), *refusal[1:]) if refusal else None,
            late=tuple(LateWrite(text, dynamics) for text, dynamics in content.get("late", ())),
            conflict=Conflict(*content["conflict"]) if "conflict" in content else None,
            unagreed=_unagreed(content.get("unagreed")),
        )


_REFUSED_BEFORE = frozenset({"refused", "not_changed"})


def _halves(content: Mapping[str, Any]) -> Halves | None:
    if "o" not in content:
        return None
    return Halves(content["o"], content["d"], content["agreed"], content.get("currency"))


def _unagreed(content: Sequence[Any] | None) -> Unagreed | None:
    return Unagreed(WhyOpen(content[0]), content[1]) if content else None


def _reported(content: Sequence[Any] | None) -> Reported | None:
    return Reported(Side(content[0]) if content[0] else None, content[1], content[2]) if content else None


Bases = Mapping[str, FieldBase]  # by FieldMapping.key


def base_of(
    row: FieldMapping,
    bases: Bases,
    field_id: int | None = None,
    *,
    origin: WhyOpen | None = None,
    mapped_at: str | None = None,
) -> FieldBase:
    """The row's base, or a fresh one that says why: a base ends with its column, data field or options, and where
    two-way begins.

    `field_id`: of the data field that the contract shows now. `origin`: why a field that was never settled was not;
    `mapped_at`: when the mapping was saved.
    """
    known = bases.get(row.key)
    if known is None:
        return FieldBase(row.identity, row.direction, field_id=field_id, unagreed=_since(origin))
    ended = _ended(known, row, field_id, mapped_at)
    if ended:
        return FieldBase(row.identity, row.direction, field_id=field_id, unagreed=ended)
    if known.direction is row.direction and (field_id is None or known.field_id == field_id):
        return known
    return replace(known, direction=row.direction, field_id=field_id or known.field_id)


def _ended(known: FieldBase, row: FieldMapping, field_id: int | None, mapped_at: str | None) -> Unagreed | None:
    """Why the base of before is the row's no longer; None: it is."""
    begins_two_way = row.direction is Direction.TWO_WAY and known.direction is not Direction.TWO_WAY
    if known.identity != row.identity or begins_two_way:
        return Unagreed(WhyOpen.MAPPING_CHANGED, mapped_at)
    other_field = None not in (field_id, known.field_id) and known.field_id != field_id
    return Unagreed(WhyOpen.FIELD_REPLACED) if other_field else None


def _since(origin: WhyOpen | None) -> Unagreed | None:
    return Unagreed(origin) if origin else None
