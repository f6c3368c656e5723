"""Key columns: a lookup, customer or owner that its row shows by a column of the record that it points at.

The key column is read in the record's own request, by the name `customerid:accountnumber`, and stands in the place of
the record's name: goes out as it, and what is typed is looked up by it. A dot instead would be a related record's
column (related.py), which only a lookup of one table has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync_core.engine.model import reasons
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column, Record
from sync_core.engine.model.words import ColumnType, Reason

# Exactly one text each, and comparable in a query.
KEY_TYPES = frozenset({ColumnType.TEXT, ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER})
KEY = ":"
_NO_KEYS = frozenset({"versionnumber"})  # another with every change
TargetColumns = Mapping[str, Mapping[str, Column]]


def key_of(row: FieldMapping) -> str | None:
    """The name by which the row's key column is read; None without one."""
    key = row.options.key_column
    return f"{row.dynamics_column}{KEY}{key}" if key else None


def keys_read(rows: Iterable[FieldMapping]) -> set[str]:
    return {name for row in rows if (name := key_of(row))}


def with_keys(record: Record, mapping: EntityMapping) -> Record:
    """The record, whose references show their rows' key columns. A key that was not given out is no empty key."""
    cells = dict(record.cells)
    for row in mapping.fields:
        name = key_of(row)
        if name is None or row.dynamics_column not in cells:
            continue
        cell, key = cells[row.dynamics_column], cells.get(name)
        if cell.value is None or cell.unreadable:
            continue
        unreadable = reasons.COLUMN_GONE if key is None else key.unreadable
        cells[row.dynamics_column] = replace(cell, label=key.value if key else None, unreadable=unreadable)
    return replace(record, cells=cells)


def key_columns(tables: TargetColumns) -> dict[str, Column]:
    """The columns by which records of all these tables can be shown and found, by name."""
    first = next(iter(tables.values()), {})
    return {name: column for name, column in sorted(first.items()) if key_problem(name, tables) is None}


def key_problem(name: str, tables: TargetColumns) -> Reason | None:
    """Why this column cannot be the key of records of all these tables."""
    for table, columns in tables.items():
        column = columns.get(name)
        if column is None or not column.readable:
            text = f"The table {table} has no such column that can be read together with the record."
            return Reason("key_column_missing", text)
        if column.type not in KEY_TYPES or name in _NO_KEYS:
            text = f"In {table} this column is no line of text and no whole number, so nothing can be found by it."
            return Reason("key_column_type", text)
        if column.secured:
            return Reason("key_column_secured", f"In {table} this column is secured: its values may be kept back.")
    return None if tables else Reason("key_column_missing", "The tables that this column points at cannot be read.")
