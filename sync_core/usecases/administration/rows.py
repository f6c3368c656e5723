"""What is wrong in the rows of a mapping that somebody wants to save."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

from sync_core.engine.deciding.party_fields import FIELDS
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import RowOption
from sync_core.engine.model.words import OneflowKind, Reason
from sync_core.engine.rows.contract_facts import fact_problem
from sync_core.engine.rows.eligibility import refusals
from sync_core.engine.rows.key_columns import KEY, TargetColumns, key_problem
from sync_core.engine.rows.option_checks import option_problems
from sync_core.engine.values import REFERENCES
from sync_core.usecases.ports import Records

# https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/join-tables
MOST_LOOKUPS = 15  # that a record is read through in one request


def key_tables(mapping: EntityMapping, columns: Mapping[str, Column], records: Records) -> Mapping[str, TargetColumns]:
    """The tables behind each column whose row has a key column, with their columns as they are now."""
    keyed = {row.dynamics_column for row in mapping.fields if row.options.key_column is not None}
    wanted = [name for name in sorted(keyed) if name in columns and columns[name].type in REFERENCES]
    return {name: records.target_columns(mapping.entity, name) for name in wanted if not columns[name].via}


def row_problems(
    mapping: EntityMapping, columns: Mapping[str, Column], targets: Mapping[str, TargetColumns]
) -> list[dict[str, Any]]:
    """What is wrong in each row, by the row's place and cell. `targets`: the tables behind columns with a key."""
    fields = Counter(_place(row) for row in mapping.fields)
    mapped = Counter(row.dynamics_column for row in mapping.fields)
    through = [_through(row, targets) for row in mapping.fields]
    lookups = list(dict.fromkeys(chain.from_iterable(through)))
    problems: list[dict[str, Any]] = []
    for place, row in enumerate(mapping.fields):
        for cell, reason in _row(row, columns, targets.get(row.dynamics_column, {})):
            problems.append(_problem(place, cell, reason))
        if set(through[place]) & set(lookups[MOST_LOOKUPS:]):
            text = f"Columns of related records are read through at most {MOST_LOOKUPS} lookups of a table."
            cell = "dynamics_column" if _dotted(row) else str(RowOption.RESOLVE_LABELS)
            problems.append(_problem(place, cell, Reason("lookups_too_many", text)))
        if fields[_place(row)] > 1:
            problems.append(_problem(place, "oneflow_field", _FIELD_TWICE))
        if mapped[row.dynamics_column] > 1:
            problems.append(_problem(place, "dynamics_column", _COLUMN_TWICE))
    return problems


_FIELD_TWICE = Reason("field_twice", "This Oneflow field is mapped twice.")
_COLUMN_TWICE = Reason("column_twice", "This column is mapped twice.")


def _problem(place: int, cell: str, reason: Reason) -> dict[str, Any]:
    return {"row": place, "field": cell, "detail": reason.text, "code": reason.code}


def _place(row: FieldMapping) -> tuple[str, str]:
    """What is looked at after creation is known by its key alone."""
    return ("" if row.oneflow_kind.lives_on else str(row.oneflow_kind), row.key)


def _dotted(row: FieldMapping) -> bool:
    return "." in row.dynamics_column


def _through(row: FieldMapping, targets: Mapping[str, TargetColumns]) -> Sequence[tuple[str, str]]:
    """The lookups that a row is read through, each with the table behind it: a key's column once for each table."""
    if row.options.key_column is not None:
        return [(row.dynamics_column, table) for table in targets.get(row.dynamics_column, {})]
    return [(row.dynamics_column.partition(".")[0], "")] if _dotted(row) else []


def _row(row: FieldMapping, columns: Mapping[str, Column], tables: TargetColumns) -> list[tuple[str, Reason]]:
    column = columns.get(row.dynamics_column)
    if column is None or KEY in row.dynamics_column:
        return [("dynamics_column", _no_column(row, columns))]
    problems = [(str(option), reason) for option, reason in option_problems(column, row.options, row.oneflow_kind)]
    key = row.options.key_column
    if key is not None and not problems and (wrong := key_problem(key, tables)):
        problems.append((str(RowOption.RESOLVE_LABELS), wrong))
    refusal = refusals(replace(column, row=row.options), row.oneflow_kind).get(row.direction)
    if refusal is not None:
        problems.append(("direction", refusal))
    return problems + [("oneflow_field", wrong) for wrong in _wrong_fields(row, column)]


def _wrong_fields(row: FieldMapping, column: Column) -> Iterator[Reason]:
    """What the row's kind has against its field."""
    if row.oneflow_kind is OneflowKind.CONTRACT and (wrong := fact_problem(row, column)):
        yield wrong
    known = FIELDS.get(row.oneflow_kind)
    if known is not None and row.key not in known:
        yield Reason("field_not_of_kind", f"A {row.oneflow_kind} has these fields: {', '.join(known)}.")


def _no_column(row: FieldMapping, columns: Mapping[str, Column]) -> Reason:
    lookup = columns.get(row.dynamics_column.partition(".")[0])
    if not _dotted(row):
        return Reason("no_column", "The table has no such column, or it cannot be read.")
    if lookup is None or lookup.type not in REFERENCES:
        return Reason("no_lookup", "The table has no such lookup; a related column is written lookup.column.")
    if len(lookup.targets) > 1:
        text = f"This lookup may point at several tables ({', '.join(lookup.targets)}); choose one that points at one."
        return Reason("lookup_of_several", text)
    return Reason("no_column", "The table that the lookup points at has no such column, or it cannot be read.")
