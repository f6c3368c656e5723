"""What sets two mappings of a table apart, row by row. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sync_core.engine.model.mapping import EntityMapping
from sync_core.handlers.mapping import mapping_json

_WHOLE = ("auto_push", "conflict_policy", "notify", "notify_values", "timeline_notes")
_NAMED = ("dynamics_column", "oneflow_field", "direction")


@dataclass(frozen=True, slots=True)
class Difference:
    """`sign`: + only in the new one, - only in the old one, ~ in both, but otherwise."""

    entity: str
    sign: str
    text: str


def differences(saved: EntityMapping, wanted: EntityMapping) -> list[Difference]:
    """From what is saved to what is wanted. A row is known by its column."""
    old, new = mapping_json(saved), mapping_json(wanted)
    before, after = _rows(old), _rows(new)
    found = [
        Difference(wanted.entity, "~", f"{name}: {old.get(name)} -> {new.get(name)}")
        for name in _WHOLE
        if old.get(name) != new.get(name)
    ]
    for column in sorted(before.keys() | after.keys()):
        was, becomes = before.get(column), after.get(column)
        if was is None and becomes is not None:
            found.append(Difference(wanted.entity, "+", _told(becomes)))
        elif becomes is None and was is not None:
            found.append(Difference(wanted.entity, "-", _told(was)))
        elif was != becomes and was is not None and becomes is not None:
            names = [name for name in sorted(was.keys() | becomes.keys()) if was.get(name) != becomes.get(name)]
            told = ", ".join(f"{name} {was.get(name)} -> {becomes.get(name)}" for name in names)
            found.append(Difference(wanted.entity, "~", f"{column}: {told}"))
    return found


def _rows(mapping: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {row["dynamics_column"]: row for row in mapping["fields"]}


def _told(row: Mapping[str, Any]) -> str:
    more = [f"{name} {value}" for name, value in row.items() if name not in _NAMED]
    return f"{row['dynamics_column']} {row['direction']} {row['oneflow_field']}" + (
        f" ({', '.join(more)})" if more else ""
    )
