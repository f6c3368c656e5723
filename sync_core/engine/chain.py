"""Whether a history is whole: numbers without a gap, each entry carrying the digest of the one before."""

from __future__ import annotations

from collections.abc import Iterable

from sync_core.engine.records import HistoryEntry


def breaks(entries: Iterable[HistoryEntry]) -> list[str]:
    """What is wrong, in words; empty for a whole history. `entries` oldest first; purged ones may be missing before."""
    found: list[str] = []
    before: HistoryEntry | None = None
    for entry in entries:
        if before is not None and entry.number != before.number + 1:
            found.append(f"After entry {before.number} comes {entry.number}.")
        elif before is not None and entry.previous_digest != before.digest:
            found.append(f"Entry {before.number} is not what it was when entry {entry.number} was written.")
        before = entry
    return found
