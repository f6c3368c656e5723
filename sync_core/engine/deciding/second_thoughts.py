"""The planners of a person's second thoughts: keep one side of a disputed field, or take a history entry back."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.deciding.overwriting import forbid, oneflow_forbidden
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.verdict import Keep, Kind, Verdict, by_key, verdicts
from sync_core.engine.deciding.view import Scene, View, shown_text, view
from sync_core.engine.model import reasons
from sync_core.engine.model.base import FieldBase, Halves, is_digest
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Action, ContractState, Direction, OneflowKind, Result, Side
from sync_core.engine.values import same_text

_WRITES_ONEFLOW = (Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY)


@dataclass(frozen=True, slots=True)
class Dispute:
    """A field that a person may look at: in conflict, not yet agreed, refused, or waiting for a push."""

    verdict: Verdict

    @property
    def seen(self) -> View:
        """What both sides are taken to show: of a lagging read, what Oneflow was last believed to show."""
        seen = self.verdict.seen
        return seen.as_believed() if seen.lagging else seen

    @property
    def kind(self) -> Kind:
        return self.verdict.kind

    @property
    def id(self) -> str:
        """A digest of what both sides show: it moves when either does."""
        _, field, cell = self.seen.sure
        text = json.dumps([self.seen.row.key, field.value, cell.value], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:24]

    @property
    def is_unknown(self) -> bool:
        """Whether it is refused for what the definitions that are kept do not have: newer ones may have it."""
        return self.verdict.reason is not None and self.verdict.reason.code in reasons.UNKNOWN

    def to_json(self) -> dict[str, Any]:
        column, field, cell = self.seen.sure
        halves, unagreed = self.seen.base.halves, self.seen.base.unagreed
        known = halves if halves and halves.agreed else None
        reason = self.verdict.reason
        return {
            "conflict_id": self.id,
            "kind": str(self.kind),
            "reason": reason.text if reason else None,
            "reason_code": reason.code if reason else None,
            "since": unagreed.since if unagreed else None,
            "keep": [str(one) for one in self.verdict.answers],
            "dynamics_column": column.name,
            "dynamics_label": column.label,
            "oneflow_field": self.seen.row.oneflow_field,
            "oneflow_label": field.label,
            "oneflow": field.value,
            "dynamics": shown_text(cell, column),
            "base_oneflow": known.oneflow if known else None,
            "base_dynamics": _base_text(cell, column, known) if known else None,
        }


def _base_text(cell: Cell, column: Column, known: Halves) -> str | None:
    return None if is_digest(known.dynamics) else shown_text(_as_it_was(cell, known), column)


def _as_it_was(cell: Cell, known: Halves) -> Cell:
    """A lookup that points elsewhere now had the name that the contract showed."""
    return cell if cell.value == known.dynamics else replace(cell, value=known.dynamics, label=known.oneflow)


_LISTED = (Kind.CONFLICT, Kind.NOT_AGREED, Kind.REFUSED, Kind.WAITING_FOR_PUSH)


def disputes(scene: Scene) -> list[Dispute]:
    """All fields of the contract that a card counts, as both sides show them now."""
    return [Dispute(one) for one in verdicts(scene) if one.kind in _LISTED]


def plan_keep(scene: Scene, key: str, keep: Keep) -> Plan:
    """Keep Dynamics is a push of one field, keep Oneflow a fetch of it; here empty may overwrite filled. To leave both
    as they are settles them."""
    verdict = by_key(scene).get(key)
    two_way = verdict is not None and verdict.seen.row.direction is Direction.TWO_WAY
    steps = (_keep_step(scene, verdict, keep),) if verdict and two_way else ()
    return Plan(Action.KEEP, scene.contract.id, steps)


def plan_keeps(scene: Scene, wanted: Mapping[str, tuple[str, Keep]]) -> Plan:
    """The same of many fields at once: by key, what was seen and the side to keep. A field that is no longer in the
    dispute that was seen has no step."""
    found = [one for one in disputes(scene) if one.seen.row.key in wanted]
    steps = [
        _keep_step(scene, one.verdict, wanted[one.seen.row.key][1])
        for one in found
        if one.id == wanted[one.seen.row.key][0] and one.seen.row.direction is Direction.TWO_WAY
    ]
    return Plan(Action.KEEP, scene.contract.id, tuple(steps))


def _keep_step(scene: Scene, verdict: Verdict, keep: Keep) -> Step:
    seen, differences = verdict.seen, verdict.differences
    if seen.problem or seen.lagging:
        return seen.skip(seen.problem or reasons.LAGGING, lagging=seen.lagging)
    if differences is None:
        return seen.unchanged(base=seen.settled())
    match keep:
        case Keep.LEAVE:
            return seen.unchanged(reasons.LEFT_DIFFERENT, base=seen.settled(), report=True)
        case Keep.DYNAMICS:
            return forbid(differences.in_oneflow, Side.ONEFLOW, oneflow_forbidden(scene))
        case Keep.ONEFLOW:
            return forbid(differences.in_dynamics, Side.DYNAMICS, scene.record.read_only)


def plan_undo(scene: Scene, lines: Sequence[HistoryLine]) -> Plan:
    """Put back what a history entry's lines say was overwritten, where the field still shows what was written over it.

    What today's mapping does not let be written is left.
    """
    rows = {row.key: row for row in scene.mapping.fields if row.oneflow_kind.lives_on}
    # Of a field's two lines (a write that came late, and what was then done) the last one counts.
    last = {line.field_key: line for line in lines if line.overwrote and line.lives_on}
    steps = [_undo_step(scene, rows.get(line.field_key), line) for line in last.values()]
    return Plan(Action.UNDO, scene.contract.id, tuple(steps))


def may_undo(entry: HistoryEntry, mapping: EntityMapping | None, state: ContractState) -> bool:
    """Whether an undo of this entry may come to write anything, as far as the mapping and the contract's state tell: no
    button that is known to be refused."""
    if mapping is None or entry.action == Action.CREATE:
        return False
    rows = {row.key: row for row in mapping.fields if row.oneflow_kind.lives_on}
    lines = [line for line in entry.fields if line.overwrote and line.lives_on]
    return any(_may_put_back(rows.get(line.field_key), line, state) for line in lines)


def _may_put_back(row: FieldMapping | None, line: HistoryLine, state: ContractState) -> bool:
    if row is None or row.dynamics_column != line.dynamics_column:
        return False
    if line.side is Side.ONEFLOW:
        return row.direction in _WRITES_ONEFLOW and state.writable
    return row.direction.writes_dynamics


def _no_longer_mapped(line: HistoryLine) -> Step:
    """Left, and listed as left; it has no base that could move."""
    kind = line.oneflow_kind or OneflowKind.DATA_FIELD
    row = FieldMapping(str(line.dynamics_column), str(line.oneflow_field), Direction.SYNC_ONCE, kind)
    base = FieldBase(row.identity, row.direction)
    label = line.oneflow_label or ""
    return Step(row, Result.SKIPPED, base, base, oneflow_label=label, reason=reasons.NO_LONGER_MAPPED)


def _undo_step(scene: Scene, row: FieldMapping | None, line: HistoryLine) -> Step:
    if row is None or row.dynamics_column != line.dynamics_column:
        return _no_longer_mapped(line)
    seen = view(scene, row)
    if seen.problem or seen.lagging:
        return seen.skip(seen.problem or reasons.LAGGING, lagging=seen.lagging)
    return _put_back_in_oneflow(scene, seen, line) if line.side is Side.ONEFLOW else _put_back(scene, seen, line)


def _put_back_in_oneflow(scene: Scene, seen: View, line: HistoryLine) -> Step:
    column, field, _ = seen.sure
    if seen.row.direction not in _WRITES_ONEFLOW:
        return seen.skip(reasons.NOT_WRITABLE_TODAY)
    if not same_text(field.value, line.after or "", column):
        return seen.skip(reasons.CHANGED_SINCE)
    return forbid(seen.write_oneflow(line.before or ""), Side.ONEFLOW, oneflow_forbidden(scene))


def _put_back(scene: Scene, seen: View, line: HistoryLine) -> Step:
    _, _, cell = seen.sure
    if not seen.row.direction.writes_dynamics:
        return seen.skip(reasons.NOT_WRITABLE_TODAY)
    if cell.value != line.after:
        return seen.skip(reasons.CHANGED_SINCE)
    return forbid(seen.write_dynamics(line.before, name=line.from_text), Side.DYNAMICS, scene.record.read_only)
