"""Lookups, customers and owners: out as the name of the record that they point at, or as its key column
(engine/keys.py); back, where the row resolves labels, by that, as it was looked up before the plan is made
(engine/lookups.py)."""

from __future__ import annotations

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import folded
from sync_core.errors import Unmappable


def reference_text(_value: str, cell: Cell, column: Column) -> str:
    if not cell.label and column.row.key_column:
        raise Unmappable(
            "key_empty", "The record that the column points at has nothing in the key column; fill it in Dynamics."
        )
    if not cell.label:
        raise Unmappable("name_unknown", "The record that the column points at has no name; give it one in Dynamics.")
    return cell.label


def read_reference(text: str, column: Column) -> Canonical:
    """The only active record of this name, or with this key."""
    what = "key" if column.row.key_column else "name"
    found = column.found.get(text) if folded(text) else ()
    if found is None:
        raise Unmappable(
            "record_not_looked_up",
            f"The {what} could not be looked up in Dynamics; check that the application user may read that table.",
        )
    if not found:
        raise Unmappable("record_unknown", f"No active record in Dynamics has this {what}; write the {what} of one.")
    if len(found) > 1:
        raise Unmappable("record_double", f"Several active records in Dynamics have this {what}; choose one there.")
    return found[0]
