"""One mapping row joined with what both sides show now: what every planner starts from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sync_core.engine.deciding.plan import Step, Write
from sync_core.engine.model import reasons
from sync_core.engine.model.base import Bases, FieldBase, Halves, Reported, WhyOpen, base_of, kept
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.instants import is_earlier, known_instant
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import Canonical, Reason, Result, Side
from sync_core.engine.rows.eligibility import refusals
from sync_core.engine.values import compare, same_text, text_of
from sync_core.engine.values.canonical import is_stored_form
from sync_core.engine.values.numbers import in_currency
from sync_core.errors import Unmappable

# How often a value that our last write replaced is looked at before it counts, where no updated_time tells.
REPLACED_LOOKS = 2
# Which of the later looks counts, though it shows Oneflow older than it was last believed.
OLDER_LOOKS = 2


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a plan is made from. The same scene gives the same plan.

    `later_look`: it was read by one of the looks that follow a lagging read. `believed`: what was read counts, however
    old it is. `origin`: why a field that was never settled was not.
    """

    mapping: EntityMapping
    columns: Mapping[str, Column]
    contract: Contract
    record: Record
    bases: Bases
    confirm_signature_reset: bool = False
    later_look: bool = False
    believed: bool = False
    origin: WhyOpen | None = None
    refused_waits: bool = False  # what the situation refused is not tried by this action: its own time is to come


@dataclass(frozen=True, slots=True)
class View:
    """One row as seen now. `problem` is why nothing can be decided about it; without one it knows, worked out once,
    which side has changed since the base, and whether both mean the same.
    """

    row: FieldMapping
    known_base: FieldBase
    base: FieldBase
    column: Column | None = None
    field: ContractField | None = None
    cell: Cell | None = None
    problem: Reason | None = None
    lagging: bool = False
    late: str | None = None  # as in Step
    same: bool = False
    oneflow_changed: bool = False
    dynamics_changed: bool = False

    @property
    def sure(self) -> tuple[Column, ContractField, Cell]:
        """The three parts, of a view without a problem."""
        assert self.column and self.field and self.cell
        return self.column, self.field, self.cell

    @property
    def is_other_form(self) -> bool:
        """Whether the sides differ only as Oneflow may store what it is sent, and stand as they were last settled."""
        column, field, cell = self.sure
        halves = self.base.halves
        if halves is None or not halves.agreed or self.oneflow_changed or self.dynamics_changed:
            return False
        return is_stored_form(field.value, shown_text(cell, column))

    def as_believed(self) -> View:
        """The view as it was before a lagging read: with what Oneflow was last believed to show."""
        halves, conflict = self.base.halves, self.base.conflict
        if self.field is None or halves is None:
            return replace(self, lagging=False)
        text = conflict.oneflow if conflict else halves.oneflow
        return _compared(replace(self, lagging=False, field=replace(self.field, value=text)))

    def settled(self, agreed: bool = True) -> FieldBase:
        """The base whose halves are what each side shows now."""
        column, field, cell = self.sure
        return settled(self.base, field.value, cell.value, field.updated_time, agreed, currency_of(cell, column))

    def step(self, result: Result, **parts: Any) -> Step:
        field, cell = self.field, self.cell
        comparable = self.problem is None and self.base.halves is not None
        return Step(
            **{
                "row": self.row,
                "result": result,
                "base": self.base,
                "known_base": self.known_base,
                "column": self.column,
                "oneflow_label": field.label if field else "",
                "oneflow": field.value if field else None,
                "cell": cell,
                "updated_time": field.updated_time if field else None,
                "late": self.late,
                "oneflow_changed": self.oneflow_changed if comparable else None,
                "dynamics_changed": self.dynamics_changed if comparable else None,
                **parts,
            }
        )

    def unchanged(self, reason: Reason | None = None, **parts: Any) -> Step:
        return self.step(Result.UNCHANGED, reason=reason, **parts)

    def skip(self, reason: Reason, side: Side | None = None, value: str | None = None, **parts: Any) -> Step:
        """Not done, with the reason; it is news once, until the value or the reason changes."""
        reported = Reported(side, kept(value), reason.code)
        fresh = self.base.reported != reported
        base = replace(self.base, reported=reported) if fresh else self.base
        return self.step(Result.SKIPPED, reason=reason, base=base, report=fresh, **parts)

    def write_oneflow(self, text: str) -> Step:
        _, field, _ = self.sure
        return self.step(Result.WRITTEN, write=Write(Side.ONEFLOW, field.value, text, field.value, text))

    def write_dynamics(self, value: Canonical, name: str | None = None) -> Step:
        """`name`: of the record that a lookup comes to point at."""
        column, _, cell = self.sure
        shown = shown_text(replace(cell, value=value, label=name), column)
        write = Write(Side.DYNAMICS, cell.value, value, shown_text(cell, column), shown)
        return self.step(Result.WRITTEN, write=write)


def currency_of(cell: Cell, column: Column) -> str | None:
    """The currency that the contract's text carries beside the amount; None where it carries none."""
    shape = column.row.format
    return cell.currency if shape is not None and shape.currency and cell.value is not None else None


def settled(
    base: FieldBase,
    oneflow: str,
    dynamics: Canonical,
    updated_time: str | None,
    agreed: bool = True,
    currency: str | None = None,
) -> FieldBase:
    """A base moved to these halves; what was refused before is forgotten, late writes are not. What our last write
    replaced is remembered while Oneflow's half stays what it wrote."""
    halves = Halves(oneflow, kept(dynamics), agreed, currency)
    still = base.replaced if base.halves is not None and base.halves.oneflow == oneflow else None
    moved = replace(
        base,
        halves=halves,
        reported=None,
        refusal=None,
        replaced=still,
        replaced_looks=0,
        older_looks=0,
        conflict=None,
        unagreed=None if agreed else base.unagreed,
    )
    return replace(moved, updated_time=updated_time) if updated_time else moved


def shown_text(cell: Cell, column: Column) -> str:
    """What people read of a value, also where it could not go into a contract."""
    try:
        return text_of(cell, column)
    except Unmappable:
        return cell.label or cell.value or ""


def view(scene: Scene, row: FieldMapping) -> View:
    """What the row shows now, with a late write of ours recognised and a lagging read told apart."""
    column = scene.columns.get(row.dynamics_column)
    cell = scene.record.cells.get(row.dynamics_column)
    field = scene.contract.fields.get(row.key)
    field_id = field.id if field else None
    base = base_of(row, scene.bases, field_id, origin=scene.origin, mapped_at=scene.mapping.saved_at)
    if column is None or cell is None:
        return View(row, base, base, column, field, cell, reasons.COLUMN_GONE)
    column = in_currency(column, cell)
    seen = View(row, base, base, column, field, cell)
    if (refusal := refusals(column, row.oneflow_kind).get(row.direction)) is not None:
        return replace(seen, problem=Reason(reasons.DIRECTION_NOT_ALLOWED.code, refusal.text))
    if field is None:
        return replace(seen, problem=reasons.FIELD_UNKNOWN if scene.contract.unnamed else reasons.NOT_IN_CONTRACT)
    if cell.unreadable is not None:
        return replace(seen, problem=cell.unreadable)
    return _with_late_write(_compared(_with_lag(seen, scene)))


def _with_lag(seen: View, scene: Scene) -> View:
    _, field, _ = seen.sure
    read, known = known_instant(field.updated_time), known_instant(seen.base.updated_time)
    replaced = seen.base.replaced
    if read and known:
        if is_earlier(read, known):
            return _lagging_by_time(seen, scene)
        # The answer to our last write told no time: the one that is known is of before it, and may be shown again.
        if replaced is None or is_earlier(known, read):
            return _up_to_date(seen)
    return seen if replaced is None else _lagging_by_text(seen, scene, replaced)


def _up_to_date(seen: View) -> View:
    return replace(seen, base=replace(seen.base, older_looks=0)) if seen.base.older_looks else seen


def _lagging_by_time(seen: View, scene: Scene) -> View:
    """The field's time is before the one that is known: a replica is behind, until looks or a person say otherwise."""
    _, field, _ = seen.sure
    base = seen.base
    looks = base.older_looks + scene.later_look
    if scene.believed or looks >= OLDER_LOOKS:
        # A clock, not a replica, was behind. The base remembers it, for whoever looks next without a second look.
        return replace(seen, base=replace(base, updated_time=field.updated_time, older_looks=0))
    return replace(seen, lagging=True, base=replace(base, older_looks=looks) if scene.later_look else base)


def _lagging_by_text(seen: View, scene: Scene, replaced: str) -> View:
    """No time tells: the text that our write replaced, shown again, may be an old replica's."""
    column, field, _ = seen.sure
    base = seen.base
    if not same_text(field.value, replaced, column):
        # Another replica may show the old value once more: it is remembered as long as ours is the last one settled.
        return replace(seen, base=replace(base, replaced_looks=0)) if base.replaced_looks else seen
    if base.replaced_looks >= REPLACED_LOOKS:
        return seen
    if scene.believed:
        return replace(seen, base=replace(base, replaced_looks=REPLACED_LOOKS))
    return replace(seen, lagging=True, base=replace(base, replaced_looks=base.replaced_looks + 1))


def _compared(seen: View) -> View:
    column, field, cell = seen.sure
    halves = seen.base.halves
    alike, as_before = compare(field.value, cell, halves.oneflow if halves else None, column)
    return replace(
        seen,
        same=alike,
        oneflow_changed=halves is not None and not as_before,
        dynamics_changed=halves is not None and _is_changed(cell, halves, column),
    )


def _is_changed(cell: Cell, halves: Halves, column: Column) -> bool:
    moved = halves.dynamics not in (cell.value, kept(cell.value))
    return moved or halves.currency not in (None, currency_of(cell, column))


def _with_late_write(seen: View) -> View:
    """If Oneflow shows a value of ours whose answer never came, that write is the base, not a change of Oneflow."""
    column, field, _ = seen.sure
    if seen.lagging or (seen.base.halves is not None and not seen.oneflow_changed):
        return seen
    for late in reversed(seen.base.late):
        if same_text(field.value, late.text, column) or is_stored_form(field.value, late.text):
            base = settled(seen.base, field.value, late.dynamics, field.updated_time)
            return _compared(replace(seen, base=base, late=field.value))
    return seen
