"""Which rows lose what was agreed on contracts that exist, if a mapping is saved (DESIGN 2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.engine.model.base import Bases, FieldBase, Halves, base_of
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.words import Direction

Change = tuple[FieldMapping, FieldMapping]  # a row as it is saved, and as it would be


def ending_rows(saved: EntityMapping, wanted: EntityMapping) -> Sequence[Change]:
    """The rows whose bases end: with other options, with another column, or where two-way begins."""
    was: Mapping[str, FieldMapping] = {row.key: row for row in saved.fields}
    pairs = [(was[row.key], row) for row in wanted.fields if row.key in was]
    return [(before, now) for before, now in pairs if _ends(before, now, {before.key: _settled(before)})]


def ended(changes: Sequence[Change], bases: Bases) -> Sequence[FieldMapping]:
    """Those of them that a contract with these bases has a base of, and would have none."""
    return [now for before, now in changes if _ends(before, now, bases)]


def _ends(before: FieldMapping, now: FieldMapping, bases: Bases) -> bool:
    if now.direction is Direction.SYNC_ONCE or base_of(before, bases).halves is None:
        return False
    return base_of(now, bases).halves is None


def _settled(row: FieldMapping) -> FieldBase:
    return FieldBase(row.identity, row.direction, Halves("", None))
