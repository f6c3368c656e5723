"""Names in a contract that Dynamics must be asked about before a plan is made, and the scene with its answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.view import Scene, view
from sync_core.engine.model.words import Action, Direction, OneflowKind
from sync_core.engine.values import REFERENCES, same_text, understood
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
    wanted = []
    for row in scene.mapping.fields:
        if row.direction is not Direction.TWO_WAY or row.oneflow_kind is not OneflowKind.DATA_FIELD:
            continue
        seen = view(scene, row)
        if seen.problem or seen.lagging:
            continue
        column, field, _ = seen.sure
        if column.type not in REFERENCES or not understood(column) or not folded(field.value) or seen.same:
            continue
        halves = seen.base.halves
        if action not in _BY_HAND and halves and same_text(field.value, halves.oneflow, column):
            continue
        wanted.append(Lookup(column.name, column.targets, field.value, column.row.key_column))
    return wanted


def with_found(scene: Scene, found: Mapping[Lookup, tuple[str, ...]]) -> Scene:
    """The scene, in which these names are known; each with the canonical references of the records that have it."""
    columns = dict(scene.columns)
    for one, records in found.items():
        columns[one.column] = replace(columns[one.column], found={one.text: records})
    return replace(scene, columns=columns)
