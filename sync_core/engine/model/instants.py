"""The one text form of an instant in what the app stores and answers: UTC, whole seconds, `2026-03-12T10:00:00Z`."""

from __future__ import annotations

from datetime import UTC, datetime


def instant_text(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str) -> datetime:
    """Of any ISO 8601 form, as earlier versions and both vendors write them. ValueError where it is none."""
    moment = datetime.fromisoformat(text)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def known_instant(text: object) -> datetime | None:
    """The same; None where there is none, or none that can be read."""
    try:
        return instant_of(text) if isinstance(text, str) and text else None
    except (ValueError, OverflowError):  # also one that its offset moves out of all years
        return None


def is_earlier(one: datetime, other: datetime) -> bool:
    """As exactly as both are told: with whole seconds alone, `10:00:05` may be `10:00:05.7`."""
    if one.microsecond and other.microsecond:
        return one < other
    return one.replace(microsecond=0) < other.replace(microsecond=0)
