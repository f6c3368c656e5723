"""What is wrong in the rows of a mapping that somebody wants to save."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sync_core.engine.eligibility import refusals
from sync_core.engine.first_party import FIELDS
from sync_core.engine.model import Column, EntityMapping, FieldMapping, Reason
from sync_core.engine.row_checks import option_problems


def row_problems(mapping: EntityMapping, columns: Mapping[str, Column]) -> list[dict[str, Any]]:
    """What is wrong in each row, by the row's place and cell."""
    fields = Counter((row.oneflow_kind, row.key) for row in mapping.fields)
    mapped = Counter(row.dynamics_column for row in mapping.fields)
    problems: list[dict[str, Any]] = []
    for place, row in enumerate(mapping.fields):
        for cell, reason in _row(row, columns.get(row.dynamics_column)):
            problems.append(_problem(place, cell, reason))
        if fields[(row.oneflow_kind, row.key)] > 1:
            problems.append(
                _problem(place, "oneflow_field", Reason("field_twice", "This Oneflow field is mapped twice."))
            )
        if mapped[row.dynamics_column] > 1:
            problems.append(_problem(place, "dynamics_column", Reason("column_twice", "This column is mapped twice.")))
    return problems


def _problem(place: int, cell: str, reason: Reason) -> dict[str, Any]:
    return {"row": place, "field": cell, "detail": reason.text, "code": reason.code}


def _row(row: FieldMapping, column: Column | None) -> list[tuple[str, Reason]]:
    if column is None:
        return [("dynamics_column", Reason("no_column", "The table has no such column, or it cannot be read."))]
    problems = [(str(option), reason) for option, reason in option_problems(column, row.options)]
    refusal = refusals(replace(column, row=row.options), row.oneflow_kind).get(row.direction)
    if refusal is not None:
        problems.append(("direction", refusal))
    known = FIELDS.get(row.oneflow_kind)
    if known is not None and row.key not in known:
        text = f"A {row.oneflow_kind} has these fields: {', '.join(known)}."
        problems.append(("oneflow_field", Reason("field_not_of_kind", text)))
    return problems
