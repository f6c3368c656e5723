"""What a plan shows of a contract beside a record: which fields agree already, which differ, and what is left alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.verdict import Verdict, verdicts
from sync_core.engine.deciding.view import Scene, shown_text
from sync_core.engine.settling.answers import moved_bases


class Agreement(StrEnum):
    AGREES = "agrees"
    DIFFERS = "differs"
    LEFT = "left"  # it cannot be compared: the reason says why


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """One mapped field. `oneflow` and `dynamics` are values, for those who may see them."""

    dynamics_column: str
    oneflow_field: str
    agreement: Agreement
    oneflow: str = ""
    dynamics: str = ""
    reason: str | None = None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class Compared:
    """`digest` tells whether both sides still show the same as when it was made. `first_writes`: what the first
    automatic look after linking would write."""

    fields: tuple[FieldSeen, ...]
    digest: str
    first_writes: int


def compared(scene: Scene) -> Compared:
    """Of a scene without a base: the pair is not linked."""
    seen = verdicts(scene)
    steps = plan_automatic(scene).steps
    linked = replace(scene, bases=moved_bases({}, scene.mapping, steps))
    first = plan_automatic(linked)
    return Compared(tuple(_field(one) for one in seen), _digest(scene, seen), sum(step.writes for step in first.steps))


def _field(verdict: Verdict) -> FieldSeen:
    row = verdict.seen.row
    if verdict.seen.problem:
        problem = verdict.seen.problem
        names = (row.dynamics_column, row.oneflow_field)
        return FieldSeen(*names, Agreement.LEFT, reason=problem.text, reason_code=problem.code)
    column, field, cell = verdict.seen.sure
    agreement = Agreement.AGREES if verdict.differences is None else Agreement.DIFFERS
    return FieldSeen(row.dynamics_column, row.oneflow_field, agreement, field.value, shown_text(cell, column))


def _digest(scene: Scene, seen: Sequence[Verdict]) -> str:
    """Of all that the plan shows: the pair, the contract's state and kind, the mapping and both sides' values."""
    rows: list[list[Any]] = []
    for one in seen:
        row, problem = one.seen.row, one.seen.problem
        if problem:
            rows.append([row.identity, str(row.direction), problem.code])
            continue
        _, field, cell = one.seen.sure
        rows.append([row.identity, str(row.direction), field.value, cell.value])
    pair = [scene.contract.id, scene.record.entity, scene.record.id]
    content = [pair, str(scene.contract.state), scene.contract.template_type_id, rows]
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:20]
