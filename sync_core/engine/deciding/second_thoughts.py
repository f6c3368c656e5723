"""The planners of a person's second thoughts: keep one side of a disputed field, or take a history entry back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.planner import forbid, oneflow_forbidden, overwrite_dynamics, overwrite_oneflow
from sync_core.engine.deciding.view import Scene, View, shown_text, view
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.history import is_of_data_field
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import Action, ConflictPolicy, Direction, OneflowKind, Result, Side
from sync_core.engine.values import same_text

_WRITES_ONEFLOW = (Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field that a person must decide: in conflict under the policy `ask`, or not yet agreed."""

    seen: View
    kind: str  # conflict | not_agreed

    @property
    def id(self) -> str:
        """A digest of what both sides show: it moves when either does."""
        _, field, cell = self.seen.sure
        text = json.dumps([self.seen.row.key, field.value, cell.value], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    def to_json(self) -> dict[str, Any]:
        column, field, cell = self.seen.sure
        halves = self.seen.base.halves
        known = halves if halves and halves.agreed else None
        return {
            "conflict_id": self.id,
            "kind": self.kind,
            "dynamics_column": column.name,
            "dynamics_label": column.label,
            "oneflow_field": self.seen.row.oneflow_field,
            "oneflow_label": field.label,
            "oneflow": field.value,
            "dynamics": shown_text(cell, column),
            "base_oneflow": known.oneflow if known else None,
            "base_dynamics": shown_text(_as_it_was(cell, known), column) if known else None,
        }


def _as_it_was(cell: Cell, known: Halves) -> Cell:
    """A lookup that points elsewhere now had the name that the contract showed."""
    return cell if cell.value == known.dynamics else replace(cell, value=known.dynamics, label=known.oneflow)


def disputes(scene: Scene) -> list[Dispute]:
    """All fields of the contract that a person must decide, as both sides show them now."""
    found = []
    for row in scene.mapping.fields:
        if row.direction is not Direction.TWO_WAY or row.oneflow_kind is not OneflowKind.DATA_FIELD:
            continue
        seen = view(scene, row)
        if seen.problem or seen.lagging or seen.base.halves is None or seen.same:
            continue
        both = seen.oneflow_changed and seen.dynamics_changed
        if both and scene.mapping.policy_of(row) is ConflictPolicy.ASK:
            found.append(Dispute(seen, "conflict"))
        elif not seen.base.halves.agreed:
            found.append(Dispute(seen, "not_agreed"))
    return found


def plan_keep(scene: Scene, key: str, side: Side) -> Plan:
    """Keep Dynamics is a push of one field, keep Oneflow a fetch of it; here empty may overwrite filled."""
    rows = [row for row in scene.mapping.fields if row.key == key and row.direction is Direction.TWO_WAY]
    steps = [_keep_step(scene, view(scene, row), side) for row in rows]
    return Plan(Action.KEEP, scene.contract.id, tuple(steps))


def _keep_step(scene: Scene, seen: View, side: Side) -> Step:
    if seen.problem or seen.lagging:
        return seen.skip(seen.problem or reasons.LAGGING, lagging=seen.lagging)
    if seen.same:
        return seen.unchanged(base=seen.settled())
    if side is Side.DYNAMICS:
        return forbid(overwrite_oneflow(seen), Side.ONEFLOW, oneflow_forbidden(scene))
    return forbid(overwrite_dynamics(seen), Side.DYNAMICS, scene.record.read_only)


def plan_undo(scene: Scene, lines: Sequence[Mapping[str, Any]]) -> Plan:
    """Put back what the history lines say was overwritten, where the field still shows what was written over it.

    `lines` are a history entry's (records.HistoryEntry.fields). What today's mapping does not let be written is left.
    """
    rows = {row.key: row for row in scene.mapping.fields if row.oneflow_kind is OneflowKind.DATA_FIELD}
    steps = []
    # Of a field's two lines (a write that came late, and what was then done) the last one counts.
    for line in {
        line.get("oneflow_field"): line for line in lines if undoable(line) and is_of_data_field(line)
    }.values():
        row = rows.get(str(line.get("oneflow_field", "")).casefold())
        mapped = row is not None and row.dynamics_column == line.get("dynamics_column")
        steps.append(_undo_step(scene, row, line) if row and mapped else _no_longer_mapped(line))
    return Plan(Action.UNDO, scene.contract.id, tuple(steps))


def undoable(line: Mapping[str, Any]) -> bool:
    """Whether a history line overwrote something that it still knows."""
    return line.get("kind") in ("written", "unclear", "late", "overwritten") and line.get("side") in tuple(Side)


def _no_longer_mapped(line: Mapping[str, Any]) -> Step:
    """Left, and listed as left; it has no base that could move."""
    row = FieldMapping(str(line.get("dynamics_column")), str(line.get("oneflow_field")), Direction.SYNC_ONCE)
    base = FieldBase(row.identity, row.direction)
    label = str(line.get("oneflow_label") or "")
    return Step(row, Result.SKIPPED, base, base, oneflow_label=label, reason=reasons.NO_LONGER_MAPPED)


def _undo_step(scene: Scene, row: FieldMapping, line: Mapping[str, Any]) -> Step:
    seen, side, before, after = view(scene, row), Side(line["side"]), line.get("before"), line.get("after")
    if seen.problem or seen.lagging:
        return seen.skip(seen.problem or reasons.LAGGING, lagging=seen.lagging)
    column, field, cell = seen.sure
    if side is Side.ONEFLOW:
        if row.direction not in _WRITES_ONEFLOW:
            return seen.skip(reasons.NOT_WRITABLE_TODAY)
        if not same_text(field.value, after or "", column):
            return seen.skip(reasons.CHANGED_SINCE)
        return forbid(seen.write_oneflow(before or ""), side, oneflow_forbidden(scene))
    if row.direction is not Direction.TWO_WAY:
        return seen.skip(reasons.NOT_WRITABLE_TODAY)
    if cell.value != after:
        return seen.skip(reasons.CHANGED_SINCE)
    return forbid(seen.write_dynamics(before, name=line.get("from")), side, scene.record.read_only)
