"""Which record each entry of a contract's history was written for: it and its values belong to whoever may read that.

Entries say it themselves; of older ones only those that begin or end a link do, and what lies between them follows.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync_core.engine.model.history import HistoryEntry

Record = tuple[str, str]  # entity, record id

_BEGINS = ("create", "link", "move")


def records_of(entries: Sequence[HistoryEntry], linked: Record | None) -> list[Record | None]:
    """One for each entry, None where it cannot be told. `entries`: from the newest on, without a gap; `linked`: the
    record that the contract is linked to now."""
    found = [entry.record for entry in entries]
    known = linked
    for place, entry in enumerate(entries):
        found[place] = found[place] or known
        known = None if entry.action in _BEGINS and not entry.continues else found[place]
    for place in reversed(range(len(entries))):
        found[place] = known = found[place] or known
    return found
