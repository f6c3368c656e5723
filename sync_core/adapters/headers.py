"""The one place where a request's headers are made ready, whoever it goes to."""

from __future__ import annotations

from collections.abc import Mapping

from sync_core.errors import Refused
from sync_core.header_text import not_carried


def sendable(side: str, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers without blanks around their values. Refused, by the header's name and never with its value, where one
    has what no header carries: it would fail deep in a library, or begin a header of its own."""
    ready = {name: value.strip() for name, value in headers.items()}
    for name, value in ready.items():
        character = not_carried(value)
        if character:
            raise Refused(f"The header {name} to {side} cannot carry {character}, so nothing was sent.", side=side)
    return ready
