"""What a write or a call did, and who wants to hear of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """`columns` as submitted. A Custom API's call has `parameters` and no record of its own."""

    message: str  # Create | Update | Delete | a Custom API's name
    entity: str
    record_id: str
    columns: Mapping[str, Any]
    user_id: str
    tag: str | None = None
    parameters: tuple[tuple[str, Any], ...] | None = None


@dataclass(frozen=True)
class Step:
    """A webhook step: fires when a filtering column is in the payload, whether or not its value changed. One that is a
    row of Dataverse's has that row's `id` and `name`; `keeps_jobs`: the system jobs of its successes too."""

    url: str
    message: str
    entity: str
    filtering: frozenset[str] = frozenset()
    id: str = ""
    name: str = "sync"
    keeps_jobs: bool = False
