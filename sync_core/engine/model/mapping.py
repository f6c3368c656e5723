"""What an administrator maps: a column, a field, a direction; all rows of one table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_core.engine.model.news import Notify
from sync_core.engine.model.row_options import NO_OPTIONS, RowOptions
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind


def key_of(kind: OneflowKind | None, oneflow_field: str) -> str:
    """What a field is known by in a contract: a data field by its custom_id, in whatever case."""
    folded = oneflow_field.casefold()
    return f"{kind}:{folded}" if kind is OneflowKind.CONTRACT else folded


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One mapping row. `oneflow_field` is a data field's custom_id, matched regardless of case: by its `key`. A base
    belongs to the row's `identity`: column, field and every option but the conflict policy.

    `dynamics_column` is dotted for a related record's column: `parentaccountid.name`.
    """

    dynamics_column: str
    oneflow_field: str
    direction: Direction
    oneflow_kind: OneflowKind = OneflowKind.DATA_FIELD
    conflict_policy: ConflictPolicy | None = None
    options: RowOptions = NO_OPTIONS
    key: str = field(init=False, repr=False, compare=False)
    identity: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Worked out once, since every row is asked for both many times in a sync."""
        key, options = key_of(self.oneflow_kind, self.oneflow_field), self.options.identity
        identity = f"{self.dynamics_column}|{key}|{self.oneflow_kind}"
        object.__setattr__(self, "key", key)
        object.__setattr__(self, "identity", f"{identity}|{options}" if options else identity)

    @property
    def fact(self) -> str:
        """Of a row from the contract: what it shows of it."""
        return self.oneflow_field.casefold()

    def to_json(self) -> dict[str, Any]:
        """The row's members, the optional ones only where they are set: as people send it, and as it is stored."""
        content: dict[str, Any] = {
            "dynamics_column": self.dynamics_column,
            "oneflow_field": self.oneflow_field,
            "direction": str(self.direction),
        }
        if self.oneflow_kind is not OneflowKind.DATA_FIELD:
            content["oneflow_kind"] = str(self.oneflow_kind)
        if self.conflict_policy is not None:
            content["conflict_policy"] = str(self.conflict_policy)
        return content | self.options.to_json()

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> FieldMapping:
        """What `to_json` gave; other members are left alone."""
        policy = content.get("conflict_policy")
        return cls(
            content["dynamics_column"],
            content["oneflow_field"],
            Direction(content["direction"]),
            OneflowKind(content.get("oneflow_kind", OneflowKind.DATA_FIELD)),
            ConflictPolicy(policy) if policy else None,
            RowOptions.from_json(content),
        )


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """All rows of one table. `etag` is the version it was read at ("" before the first save).

    `notify`: of what the records' owners are told; `notify_values`: with the values of fields; `timeline_notes`: on the
    records as well.
    """

    entity: str
    fields: tuple[FieldMapping, ...] = ()
    auto_push: bool = False
    conflict_policy: ConflictPolicy = ConflictPolicy.ONEFLOW_WINS
    etag: str = ""
    notify: Notify = Notify.DECISIONS
    notify_values: bool = False
    timeline_notes: bool = False
    saved_at: str | None = field(default=None, compare=False)  # storage time of the last save, where it is known

    def policy_of(self, row: FieldMapping) -> ConflictPolicy:
        return row.conflict_policy or self.conflict_policy

    def to_json(self) -> dict[str, Any]:
        """All but the etag, which is no part of what somebody wants."""
        return {
            "entity": self.entity,
            "fields": [row.to_json() for row in self.fields],
            "auto_push": self.auto_push,
            "conflict_policy": str(self.conflict_policy),
        } | self._telling()

    def _telling(self) -> dict[str, Any]:
        """Only what is not as by default, so that a mapping of before reads as it did."""
        content: dict[str, Any] = {}
        if self.notify is not Notify.DECISIONS:
            content["notify"] = str(self.notify)
        return content | {name: True for name in ("notify_values", "timeline_notes") if getattr(self, name)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any], etag: str = "") -> EntityMapping:
        """What `to_json` gave; what is left out is as in an empty mapping."""
        return cls(
            content["entity"],
            tuple(FieldMapping.from_json(row) for row in content.get("fields", ())),
            content.get("auto_push", False),
            ConflictPolicy(content.get("conflict_policy", ConflictPolicy.ONEFLOW_WINS)),
            etag,
            Notify(content.get("notify", Notify.DECISIONS)),
            content.get("notify_values", False),
            content.get("timeline_notes", False),
        )
