"""What a flow or a button of Dynamics asked for by a message of ours, and what became of it; without values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sync_core.engine.model.instants import instant_of


class Became(StrEnum):
    """What became of what was asked for."""

    DONE = "done"
    NOTHING = "nothing"  # there was nothing to do
    PARTLY = "partly"
    CONFLICT = "conflict"
    BLOCKED = "blocked"  # the contract's or record's state forbids it
    FAILED = "failed"  # it was refused, or given up
    WAITING = "waiting"  # it is tried again


@dataclass(frozen=True, slots=True)
class LastRequest:
    """The last one about a contract. `id`: one asking's own; `at`: when it was asked, by storage's time."""

    id: str
    action: str
    became: str
    text: str
    at: str
    who: str | None = None

    def replaces(self, known: LastRequest | None) -> bool:
        """A later request does, and what finally became of one that waited: however often a job of it is run, and in
        whatever order."""
        if known is None:
            return True
        if self.id == known.id and self.at == known.at:
            return known.became == Became.WAITING != self.became
        return instant_of(self.at) >= instant_of(known.at)
