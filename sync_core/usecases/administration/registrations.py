"""What `connect` registered in Dynamics, as it noted it: the application itself may not read registrations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.mapping import EntityMapping
from sync_core.usecases.stores import Marks
from sync_core.usecases.sync.open import columns_watched

REGISTERED = "registered"


# By table, the columns that its step watches; None: any.
Steps = Mapping[str, Sequence[str] | None]


def note_registered(marks: Marks, steps: Steps, at: datetime) -> None:
    """After `connect`: the steps that are there now."""
    marks.set(REGISTERED, json.dumps({"at": instant_text(at), "steps": dict(steps)}))


def note_disconnected(marks: Marks) -> None:
    marks.set(REGISTERED, "")


def registered_at(marks: Mapping[str, str]) -> str | None:
    """When `connect` last ran, by its own clock: another one after each run."""
    noted = marks.get(REGISTERED)
    return str(json.loads(noted)["at"]) if noted else None


def registrations(marks: Mapping[str, str], mappings: Sequence[EntityMapping]) -> dict[str, Any]:
    """`state`: "registered", "changed" (which `entities` were mapped otherwise since), or "missing"."""
    noted = marks.get(REGISTERED)
    if not noted:
        return {"state": "missing", "at": None, "entities": []}
    known = json.loads(noted)
    changed = [one.entity for one in mappings if one.fields and not_announced(marks, one)]
    return {"state": "changed" if changed else "registered", "at": known["at"], "entities": changed}


def not_announced(marks: Mapping[str, str], mapping: EntityMapping) -> list[str]:
    """The columns of a mapping whose changes no step tells of, as far as is noted."""
    noted = marks.get(REGISTERED)
    steps: Steps = json.loads(noted)["steps"] if noted else {}
    watched = steps.get(mapping.entity, ())
    return [] if watched is None else sorted(set(columns_watched(mapping)) - set(watched))
