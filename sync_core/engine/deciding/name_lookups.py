"""Names in a contract that Dynamics must be asked about before a plan is made, and the scene with its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.view import Scene, View, view
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.records import Column
from sync_core.engine.model.words import Action, Direction, OneflowKind
from sync_core.engine.values import REFERENCES, understood
from sync_core.engine.values.canonical import folded

# What a person asks to be read from the contract is looked up even where it is as it was last settled.
_BY_HAND = (Action.FETCH, Action.KEEP)


@dataclass(frozen=True, slots=True)
class Lookup:
    """A record of one of these tables is meant by its name or by its key column, for this column."""

    column: str
    targets: tuple[str, ...]
    text: str
    key_column: str | None = None


def lookups(scene: Scene, action: Action) -> Sequence[Lookup]:
    """The names that no side and no base explains; none where nobody typed another name into the contract."""
    rows = [row for row in scene.mapping.fields if _is_found_by_name(row, scene.columns.get(row.dynamics_column))]
    return [one for row in rows if (one := _wanted(view(scene, row), action)) is not None]


def _is_found_by_name(row: FieldMapping, column: Column | None) -> bool:
    both_ways = row.direction is Direction.TWO_WAY and row.oneflow_kind is OneflowKind.DATA_FIELD
    return both_ways and column is not None and column.type in REFERENCES and understood(column)


def _wanted(seen: View, action: Action) -> Lookup | None:
    if seen.problem or seen.lagging or seen.same:
        return None
    column, field, _ = seen.sure
    as_settled = seen.base.halves is not None and not seen.oneflow_changed
    if not folded(field.value) or (as_settled and action not in _BY_HAND):
        return None
    return Lookup(column.name, column.targets, field.value, column.row.key_column)


def with_found(scene: Scene, found: Mapping[Lookup, tuple[str, ...]]) -> Scene:
    """The scene, in which these names are known; each with the canonical references of the records that have it."""
    columns = dict(scene.columns)
    for one, records in found.items():
        columns[one.column] = replace(columns[one.column], found={one.text: records})
    return replace(scene, columns=columns)
