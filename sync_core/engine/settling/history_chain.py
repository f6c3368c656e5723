"""A contract's history as a chain: whether it is whole, what base it leads to, and what may stand for its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_core.engine.model.history import BaseJson, HistoryEntry

# Actions that begin a link anew: what was settled before does not count for it.
_FRESH = ("create", "link", "move", "unlink")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What stands in the place of entries that were removed: the last one's number and digest, and the base then."""

    number: int = 0
    digest: str = ""
    at: str = ""  # when it was put there
    bases: Mapping[str, BaseJson] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        return {"number": self.number, "digest": self.digest, "at": self.at, "bases": dict(self.bases)}


def breaks(entries: Iterable[HistoryEntry], checkpoint: Checkpoint | None = None) -> list[str]:
    """What is wrong, in words; empty for a whole history. `entries` oldest first, from the checkpoint on."""
    found: list[str] = []
    known = checkpoint or Checkpoint()
    number, digest = known.number, known.digest
    for entry in entries:
        if entry.number != number + 1:
            found.append(f"After entry {number} comes {entry.number}.")
        elif entry.previous_digest != digest:
            found.append(f"Entry {number} is not what it was when entry {entry.number} was written.")
        number, digest = entry.number, entry.digest
    return found


def rebuilt(entries: Iterable[HistoryEntry], checkpoint: Checkpoint | None = None) -> dict[str, BaseJson]:
    """The bases that the history leads to, by field key. `entries` oldest first, from the checkpoint on.

    They are true in what they settle; an `updated_time` may be older than the stored one, whose moves are no news.
    """
    bases = dict(checkpoint.bases) if checkpoint else {}
    for entry in entries:
        if entry.action in _FRESH and not entry.continues:
            bases = {}
        for line in entry.fields:
            if line.key and line.base_after:
                bases[line.key] = line.base_after
    return bases


def checkpoint_after(entries: Iterable[HistoryEntry], before: Checkpoint | None, at: str) -> Checkpoint:
    """What to put in the place of these entries, the oldest there are, oldest first."""
    removed = list(entries)
    if not removed:
        return before or Checkpoint(at=at)
    return Checkpoint(removed[-1].number, removed[-1].digest, at, rebuilt(removed, before))
