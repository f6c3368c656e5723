"""A plan: what one action will do to each field, decided but not done; and the result that people see of it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Action, Canonical, Outcome, Reason, Result, Side


@dataclass(frozen=True, slots=True)
class Write:
    """From `before` to `after` on a side: contract texts for Oneflow, canonical values for Dynamics. `from_text` and
    `to_text` are what people read."""

    side: Side
    before: str | None
    after: str | None
    from_text: str
    to_text: str


@dataclass(frozen=True, slots=True)
class Step:
    """One field's part. `write`: what it is about to write, or was, where that is forbidden or has failed. `base` holds
    if nothing is written. `report`: news for the history.
    """

    row: FieldMapping
    result: Result
    base: FieldBase
    known_base: FieldBase
    column: Column | None = None
    oneflow_label: str = ""
    oneflow: str | None = None  # the contract text as read; None where the field is not there
    cell: Cell | None = None  # the record's cell as read
    updated_time: str | None = None
    write: Write | None = None
    reason: Reason | None = None
    blocked: bool = False
    report: bool = False
    lagging: bool = False
    late: str | None = None  # the text of a write of ours that came through after its answer was given up
    oneflow_changed: bool | None = None  # since the field was last settled; None where it never was
    dynamics_changed: bool | None = None

    @property
    def due(self) -> Write | None:
        """The write, where it is to be done, or was."""
        return self.write if self.result is Result.WRITTEN else None

    @property
    def writes(self) -> bool:
        return self.due is not None

    @property
    def side(self) -> Side | None:
        return self.write.side if self.write else None

    @property
    def sure_write(self) -> Write:
        """The write of a step that has one."""
        assert self.write
        return self.write

    @property
    def dynamics(self) -> Canonical:
        return self.cell.value if self.cell else None

    def to_json(self) -> dict[str, Any]:
        return {
            "dynamics_column": self.row.dynamics_column,
            "dynamics_label": self.column.label if self.column else self.row.dynamics_column,
            "oneflow_kind": str(self.row.oneflow_kind),
            "oneflow_field": self.row.oneflow_field,
            "oneflow_label": self.oneflow_label or self.row.oneflow_field,
            "result": str(self.result),
            "side": str(self.side) if self.side else None,
            "from": self.write.from_text if self.write else None,
            "to": self.write.to_text if self.write else None,
            "reason": self.reason.text if self.reason else None,
            "reason_code": self.reason.code if self.reason else None,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """All steps of one action on one contract. `plan_id` is a digest: equal plans have equal ids."""

    action: Action
    contract_id: int | None
    steps: Sequence[Step]
    paused: Reason | None = None
    extra: Sequence[Any] = field(default=())
    owner: str | None = None  # of the record that a contract is created from, for the new link

    @property
    def plan_id(self) -> str:
        content = [self.action, self.contract_id, self.outcome, [step.to_json() for step in self.steps]]
        text = json.dumps(content, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:32]

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.steps)

    @property
    def reason(self) -> Reason | None:
        return self.paused or next((step.reason for step in self.steps if step.blocked), None)

    def writes_to(self, side: Side) -> list[Step]:
        return [step for step in self.steps if step.writes and step.side is side]

    @property
    def writes(self) -> bool:
        return any(step.writes for step in self.steps)

    def without(self, left: Sequence[Step]) -> Plan:
        """The plan as if these steps were not due."""
        keys = {step.row.key for step in left}
        return replace(self, steps=tuple(step for step in self.steps if step.row.key not in keys)) if keys else self

    def is_rest_of(self, left: Sequence[Step]) -> bool:
        """Whether it writes some of these and nothing else."""
        wanted = {(step.row.key, step.due) for step in left}
        return bool(left) and all((step.row.key, step.due) in wanted for step in self.steps if step.writes)

    def after(self, done: Mapping[str, Step]) -> Plan:
        """The plan of the whole action, where these were tried before the rest was planned anew."""
        now = {step.row.key: step for step in self.steps}
        now |= {key: step for key, step in done.items() if key not in now or now[key].result is Result.UNCHANGED}
        return replace(self, steps=tuple(now.values())) if done else self

    @property
    def doubtful(self) -> bool:
        """Whether a write rests on an empty or masked value of Dynamics: a column secured a moment ago reads so."""
        writes = [step.due for step in self.steps if step.due]
        resting = [write.after if write.side is Side.ONEFLOW else write.before for write in writes]
        return any(reads_as_secured(value) for value in resting)

    @property
    def has_unknown(self) -> bool:
        """Whether a field is refused for what the definitions that are kept do not have: newer ones may have it."""
        return any(step.reason is not None and step.reason.code in reasons.UNKNOWN for step in self.steps)

    @property
    def lagging(self) -> bool:
        return any(step.lagging for step in self.steps)

    def to_json(self) -> dict[str, Any]:
        """The body that DESIGN 4.3 shows."""
        return {
            "contract_id": self.contract_id,
            "action": str(self.action),
            "outcome": str(self.outcome),
            "reason": self.reason.text if self.reason else None,
            "plan_id": self.plan_id,
            "fields": [step.to_json() for step in self.steps],
        }


# https://learn.microsoft.com/power-platform/admin/create-manage-masking-rules
_MASKED = re.compile(r"[*#•●]{2}|[xX]{3}")


def reads_as_secured(value: str | None) -> bool:
    """Whether this is what a secured column reads as: nothing, or a mask."""
    return not value or _MASKED.search(value) is not None


def outcome_of(steps: Sequence[Step]) -> Outcome:
    """The outcome by precedence: blocked, conflict, partial, synced, unchanged."""
    results = {step.result for step in steps}
    if any(step.blocked for step in steps):
        return Outcome.BLOCKED
    if Result.CONFLICT in results:
        return Outcome.CONFLICT
    if results & {Result.SKIPPED, Result.FAILED}:
        return Outcome.PARTIAL
    return Outcome.SYNCED if Result.WRITTEN in results else Outcome.UNCHANGED
