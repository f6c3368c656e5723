"""Which directions a column may be mapped in, and why not (DESIGN 2.4; the article's limitations)."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import RowOption
from sync_core.engine.model.words import Direction, OneflowKind, Reason
from sync_core.engine.values import understood
from sync_core.engine.values.types import TYPES


def refusals(column: Column, kind: OneflowKind = OneflowKind.DATA_FIELD) -> Mapping[Direction, Reason]:
    """The directions that this column may not be mapped in, each with its reason; empty where all are allowed."""
    never = TYPES[column.type].never
    if never is not None:
        return dict.fromkeys(Direction, Reason("type_not_mapped", never))
    if not column.readable:
        return dict.fromkeys(Direction, Reason("not_readable", "Dynamics does not let this column be read."))
    two_way = _two_way_refusal(column)
    if kind is OneflowKind.CONTRACT:
        reason = Reason("contract_fact", "What a contract says of itself only goes from Oneflow to Dynamics.")
        refused = dict.fromkeys((one for one in Direction if one is not Direction.ONEFLOW_TO_DYNAMICS), reason)
        return refused | ({Direction.ONEFLOW_TO_DYNAMICS: two_way} if two_way else {})
    facts_only = {Direction.ONEFLOW_TO_DYNAMICS: _FACTS_ONLY}
    if kind is not OneflowKind.DATA_FIELD:
        text = "Party and participant fields are stored apart from data fields: they are filled at creation only."
        reason = Reason("party_or_participant", text)
        return {Direction.TWO_WAY: reason, Direction.DYNAMICS_TO_ONEFLOW: reason} | facts_only
    return ({Direction.TWO_WAY: two_way} if two_way else {}) | facts_only


_FACTS_ONLY = Reason("facts_only", "Only what a contract says of itself goes from Oneflow to Dynamics alone.")


def _two_way_refusal(column: Column) -> Reason | None:
    if column.via:
        return Reason("related", "The column belongs to a related record, which a sync reads and never writes.")
    if not column.versioned:
        text = "Dynamics keeps no row versions of this table (optimistic concurrency is off): a write could undo "
        return Reason("no_row_versions", f"{text}somebody's edit unseen.")
    if column.computed:
        return Reason("computed", f"A {column.computed} column is worked out by Dynamics and cannot be written.")
    kind = TYPES[column.type]
    if kind.one_way is not None and not understood(column):
        return Reason("one_way_type", kind.one_way)
    if not column.updatable:
        return Reason("not_updatable", "Dynamics does not let this column be changed after creation.")
    return None


def options_of(column: Column) -> tuple[RowOption, ...]:
    """The options that a row of this column may set."""
    if TYPES[column.type].never is not None:
        return ()
    policy = (RowOption.CONFLICT_POLICY,) if may_be_two_way(column) else ()
    options = TYPES[column.type].options
    if column.via:
        options = tuple(option for option in options if option is not RowOption.RESOLVE_LABELS)  # nothing comes back
    return (*policy, *options)


def lifted_by(column: Column) -> Mapping[Direction, RowOption]:
    """The directions that are refused by default and allowed once the row sets an option."""
    option = TYPES[column.type].lifted_by
    refused = Direction.TWO_WAY in refusals(column)
    return {Direction.TWO_WAY: option} if option and refused and may_be_two_way(column) else {}


def may_be_two_way(column: Column) -> bool:
    """Whether two-way is allowed, by default or by an option."""
    if Direction.TWO_WAY not in refusals(column):
        return True
    lifts = TYPES[column.type].lifted_by is not None
    plain = column.readable and column.updatable and column.versioned and not column.computed and not column.via
    return lifts and plain
