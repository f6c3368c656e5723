"""The simulated environment's rows in one JSON file, so that a restart goes on where it was."""

from __future__ import annotations

import json
import os
import threading
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from sandbox.dataverse.callers import bring_up_to_date
from sandbox.dataverse.events import Step
from sandbox.dataverse.row import Row
from sandbox.dataverse.simulator import DataverseSimulator
from sandbox.dataverse.solutions.installing import restore

_SAVE_EVERY = 0.5  # seconds


class Store:
    """Loads at once what there is; looks every `every` seconds for something to save, until `close()`."""

    def __init__(self, simulator: DataverseSimulator, path: Path, every: float = _SAVE_EVERY) -> None:
        self._sim, self._path, self._every = simulator, path, every
        self._saved = -1
        self._load()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="dataverse-store", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join(timeout=10)
        self.save()

    def save(self) -> None:
        world = self._sim.world
        with world.lock:
            if world.version == self._saved:
                return
            self._saved = world.version
            rows = {entity: [_row(row) for row in each.values()] for entity, each in world.rows.items()}
            steps = [[step.url, step.message, step.entity, sorted(step.filtering)] for step in self._sim.events.steps]
        content = {"version": self._saved, "rows": rows, "steps": steps}
        temporary = self._path.with_name(self._path.name + ".new")
        temporary.write_text(json.dumps(content, default=_tagged), encoding="utf-8")
        os.replace(temporary, self._path)

    def _load(self) -> None:
        if not self._path.exists():
            return
        content = json.loads(self._path.read_text(encoding="utf-8"), object_hook=_untagged)
        world = self._sim.world
        with world.lock:
            world.version = self._saved = content["version"]
            world.rows |= {  # what an older file does not know yet stays as it starts
                entity: {
                    row["id"]: Row(
                        row["id"], row["values"], row["version"], datetime.fromisoformat(row["at"]), row["by"]
                    )
                    for row in rows
                }
                for entity, rows in content["rows"].items()
            }
            restore(world)
            bring_up_to_date(world)
        self._sim.events.steps = [
            Step(url, message, entity, frozenset(f)) for url, message, entity, f in content["steps"]
        ]

    def _watch(self) -> None:
        while not self._closing.wait(self._every):
            self.save()


def _row(row: Row) -> dict[str, Any]:
    values = {name: {"$ref": list(value)} if isinstance(value, tuple) else value for name, value in row.values.items()}
    return {
        "id": row.id,
        "values": values,
        "version": row.version,
        "at": row.modified_on.isoformat(),
        "by": row.modified_by,
    }


def _tagged(value: Any) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    raise TypeError(type(value).__name__)


def _untagged(content: dict[str, Any]) -> Any:
    if "$ref" in content:
        return tuple(content["$ref"])
    return Decimal(content["$decimal"]) if "$decimal" in content else content
