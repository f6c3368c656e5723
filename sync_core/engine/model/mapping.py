"""What an administrator maps: a column, a field, a direction; all rows of one table."""

from __future__ import annotations

from dataclasses import dataclass, field

from sync_core.engine.model.row_options import NO_OPTIONS, RowOptions
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One mapping row. `oneflow_field` is a data field's custom_id, matched regardless of case.

    `dynamics_column` is dotted for a related record's column: `parentaccountid.name`.
    """

    dynamics_column: str
    oneflow_field: str
    direction: Direction
    oneflow_kind: OneflowKind = OneflowKind.DATA_FIELD
    conflict_policy: ConflictPolicy | None = None
    options: RowOptions = NO_OPTIONS

    @property
    def key(self) -> str:
        return self.oneflow_field.casefold()

    @property
    def identity(self) -> str:
        """What a base belongs to: column, field and every option but the conflict policy."""
        identity = f"{self.dynamics_column}|{self.key}|{self.oneflow_kind}"
        return f"{identity}|{self.options.identity}" if self.options.given else identity


@dataclass(frozen=True, slots=True)
class EntityMapping:
    """All rows of one table. `etag` is the version it was read at ("" before the first save)."""

    entity: str
    fields: tuple[FieldMapping, ...] = ()
    auto_push: bool = False
    conflict_policy: ConflictPolicy = ConflictPolicy.ONEFLOW_WINS
    etag: str = ""
    saved_at: str | None = field(default=None, compare=False)  # storage time of the last save, where it is known

    def policy_of(self, row: FieldMapping) -> ConflictPolicy:
        return row.conflict_policy or self.conflict_policy
