"""What a contract shows of itself, for columns of the record: state, moments, address (rows "from the contract").

A fact stands among the contract's data fields as one more, by a key that no data field may share in a mapping, and
shows the very text that its column makes of it. So the rule, the plans, the history and the refusals are those of any
field; a fact is only never written to Oneflow.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC

from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import RowOption
from sync_core.engine.model.words import ColumnType, ContractState, OneflowKind, Reason
from sync_core.engine.values import text_of
from sync_core.engine.values.canonical import instant_text, moment_of
from sync_core.engine.values.zones import first_moment, local_of
from sync_core.errors import Unmappable

# Each with what people call it.
FACTS: Mapping[str, str] = {
    "state": "State",
    "url": "Link to Oneflow",
    "sent_on": "Sent on",
    "signed_on": "Signed on",
    "declined_on": "Declined on",
    "expires_on": "Expires on",
}
_MOMENTS = frozenset({"sent_on", "signed_on", "declined_on", "expires_on"})
_MOVED_WITH_STATE = frozenset({"state", "sent_on", "signed_on", "declined_on"})
_TEXTS = frozenset({ColumnType.TEXT, ColumnType.MEMO})
_TYPES: Mapping[str, frozenset[ColumnType]] = {
    "state": _TEXTS | {ColumnType.CHOICE},
    "url": _TEXTS,
    **dict.fromkeys(
        sorted(_MOMENTS),
        _TEXTS | {ColumnType.DATE_ONLY, ColumnType.DATE_TIME, ColumnType.WALL_TIME, ColumnType.USER_LOCAL_DATE},
    ),
}
# A moment becomes a day, or what a clock shows, in one time zone.
_OPTIONS: Mapping[ColumnType, tuple[RowOption, ...]] = {
    ColumnType.CHOICE: (RowOption.RESOLVE_LABELS,),
    ColumnType.DATE_ONLY: (RowOption.TIME_ZONE,),
    ColumnType.WALL_TIME: (RowOption.TIME_ZONE,),
    ColumnType.USER_LOCAL_DATE: (RowOption.TIME_ZONE,),
}
# What a column of another type cannot hold, and the types that can.
_HELD: Mapping[str, tuple[str, str]] = {"state": ("a contract's state", "text or choice"), "url": ("a link", "text")}
_NO_ID = 0  # a fact has no data field's id


def facts_for(column: Column) -> tuple[str, ...]:
    """The facts that this column can show, as far as its type tells."""
    return tuple(name for name in FACTS if column.type in _TYPES[name])


def fact_options(column: Column) -> tuple[RowOption, ...]:
    """The options that a row from the contract may set on this column."""
    return _OPTIONS.get(column.type, ())


def fact_problem(row: FieldMapping, column: Column) -> Reason | None:
    """Why this column cannot show the row's fact."""
    if row.fact not in FACTS:
        return Reason("field_not_of_kind", f"A contract has these facts: {', '.join(FACTS)}.")
    if row.fact not in facts_for(column):
        held, fits = _HELD.get(row.fact, ("a date", "date or text"))
        return Reason("fact_not_for_type", f"A column of this type cannot hold {held}. Choose a {fits} column.")
    return None


def with_facts(contract: Contract, mapping: EntityMapping, columns: Mapping[str, Column]) -> Contract:
    """The contract, which shows the mapped facts beside its data fields."""
    rows = [row for row in mapping.fields if row.oneflow_kind is OneflowKind.CONTRACT]
    shown = {row.key: field for row in rows if (field := _field(contract, row, columns.get(row.dynamics_column)))}
    return replace(contract, fields={**contract.fields, **shown}) if shown else contract


def _field(contract: Contract, row: FieldMapping, column: Column | None) -> ContractField | None:
    """None where the fact is not known, so that nothing is decided by it."""
    if column is None or row.fact not in FACTS or contract.facts is None:
        return None
    if row.fact == "state":
        text = None if contract.state is ContractState.UNKNOWN else str(contract.state)
    elif row.fact == "url":
        text = contract.url
    else:
        text = _moment(getattr(contract.facts, row.fact), column)
    if text is None:
        return None
    moved = contract.state_since if row.fact in _MOVED_WITH_STATE else None
    return ContractField(_NO_ID, None, FACTS[row.fact], text, moved)


def _moment(instant: str | None, column: Column) -> str:
    """As the column writes it: a day and a clock in the row's time zone, in UTC without one."""
    if instant is None:
        return ""
    try:
        return text_of(Cell(_stored(instant, column)), column)
    except Unmappable:
        return instant  # the column says what is wrong with it


def _stored(instant: str, column: Column) -> str:
    zone = column.row.time_zone
    local = local_of(moment_of(instant), zone or "UTC")
    match column.type:
        case ColumnType.DATE_ONLY:
            return local.date().isoformat()
        case ColumnType.WALL_TIME:
            return instant_text(local.replace(tzinfo=UTC))
        case ColumnType.USER_LOCAL_DATE if zone is not None:
            return instant_text(first_moment(local.date(), zone))
        case _:
            return instant
