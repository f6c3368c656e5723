"""Which directions a column may be mapped in, and why not (DESIGN 2.4; the article's limitations)."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.engine.model import Column, ColumnType, Direction, OneflowKind, Reason

_ONE_WAY_TYPES = {
    ColumnType.LOOKUP: "A lookup is stored as a reference, not as the name that the contract shows.",
    ColumnType.CUSTOMER: "A customer is stored as a reference, not as the name that the contract shows.",
    ColumnType.OWNER: "An owner is stored as a reference, not as the name that the contract shows.",
    ColumnType.CHOICE: "A choice is stored as a number, not as the label that the contract shows.",
    ColumnType.MULTI_SELECT: "A multi-select choice is stored as numbers, not as the labels that the contract shows.",
    ColumnType.STATE: "The state is changed by Dynamics' own actions, not by a contract.",
    ColumnType.STATUS: "The status is changed by Dynamics' own actions, not by a contract.",
    ColumnType.UNIQUE_IDENTIFIER: "A unique identifier is given by Dynamics and never changes.",
}
_NEVER_TYPES = {
    ColumnType.FILE: "A file is not text and cannot be shown in a data field.",
    ColumnType.IMAGE: "An image is not text and cannot be shown in a data field.",
    ColumnType.OTHER: "Columns of this type are internal to Dynamics and cannot be mapped.",
}


def refusals(column: Column, kind: OneflowKind = OneflowKind.DATA_FIELD) -> Mapping[Direction, Reason]:
    """The directions that this column may not be mapped in, each with its reason; empty where all are allowed."""
    if column.type in _NEVER_TYPES:
        return dict.fromkeys(Direction, Reason("type_not_mapped", _NEVER_TYPES[column.type]))
    if not column.readable:
        return dict.fromkeys(Direction, Reason("not_readable", "Dynamics does not let this column be read."))
    if kind is not OneflowKind.DATA_FIELD:
        reason = Reason("party_or_participant", "Party and participant fields are filled when the contract is created.")
        return {Direction.TWO_WAY: reason, Direction.DYNAMICS_TO_ONEFLOW: reason}
    two_way = _two_way_refusal(column)
    return {Direction.TWO_WAY: two_way} if two_way else {}


def _two_way_refusal(column: Column) -> Reason | None:
    if column.computed:
        return Reason("computed", f"A {column.computed} column is worked out by Dynamics and cannot be written.")
    if column.type in _ONE_WAY_TYPES:
        return Reason("one_way_type", _ONE_WAY_TYPES[column.type])
    if not column.updatable:
        return Reason("not_updatable", "Dynamics does not let this column be changed after creation.")
    return None
