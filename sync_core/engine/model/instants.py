"""Instants as the vendors and the storage service write them."""

from __future__ import annotations

from datetime import UTC, datetime


def instant(text: str | None) -> datetime | None:
    """The moment that a text tells, in UTC, whatever form it has (`Z`, `+0000`, `+02:00`, with or without a
    fraction); None where it tells none. Without an offset it is UTC.
    """
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
