"""What is kept of a link, and around it, between syncs. Times are the storage service's: aware, UTC, whole seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sync_core.engine.model.asked import LastRequest
from sync_core.engine.model.base import Bases, WhyOpen
from sync_core.engine.model.contracts import ContractFacts
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.jobs import Job, SyncJob
from sync_core.engine.model.news import News


@dataclass(frozen=True, slots=True)
class Lock:
    holder: str
    expires_at: datetime  # storage time


@dataclass(frozen=True, slots=True)
class LastChange:
    """Of the mapped fields, by this app's last write: when, on which side it was made, of which fields, by whom."""

    at: str
    side: str
    fields: str
    who: str | None = None  # where that is known


@dataclass(frozen=True, slots=True)
class Link:
    """The pairing of a record with a contract, and what was last seen of both. Without values of fields."""

    contract_id: int
    entity: str
    record_id: str
    status: str = "active"  # active | broken | paused
    reason: str | None = None
    name: str = ""
    state: str = "draft"
    template_type_id: int | None = None
    field_ids: Mapping[int, str] = field(default_factory=dict)  # data field id -> custom_id
    lock: Lock | None = None
    looked_at: datetime | None = None  # R: the storage time of the last closed sync's opening query
    looks_until: datetime | None = None  # when the last later look that was asked for falls due
    last_synced_at: datetime | None = None
    revision: int = 0  # counts the syncs that wrote or that a person asked for: times have whole seconds
    touched_at: datetime | None = None  # when a change was last seen
    due: str | None = None  # row key of the link's due row
    history_count: int = 0
    history_digest: str = ""
    waiting_for_push: int = 0
    not_agreed: int = 0
    conflicts: int = 0
    refused: int = 0
    automatic_writes: tuple[datetime, ...] = ()
    paused_until: datetime | None = None
    pauses: int = 0
    broken_since: datetime | None = None
    gone_looks: int = 0
    idle_hints: int = 0  # events in a row that brought nothing new
    refused_since: datetime | None = None  # when the situation began to refuse what it still refuses
    refused_until: datetime | None = None  # when an ordinary look tries that again
    creation: str | None = None  # id of the creation that made it, where we did
    moved: bool = False  # to the record that it belongs to now
    standing: str | None = None  # as the lists of links have it (standing.py)
    standing_since: datetime | None = None
    run: str | None = None  # the plan that linked it, where one did
    facts: ContractFacts | None = None  # as last seen; None of a link of before they were kept
    owner: str | None = None  # the record's, as last seen
    last_change: LastChange | None = None
    last_request: LastRequest | None = None  # of a flow or a button
    signature_given: bool = False  # as last seen
    news: tuple[News, ...] = ()  # that its record's owner is told, or was
    shown: str | None = None  # digest of what its row in Dynamics is to show (showing/contract_row.py)

    @property
    def origin(self) -> WhyOpen | None:
        """Why a field of it that was never settled was not."""
        if self.moved:
            return WhyOpen.MOVED
        return None if self.creation else WhyOpen.LINKED

    @property
    def record(self) -> tuple[str, str]:
        return self.entity, self.record_id

    def having(self, **parts: Any) -> Link:
        """The link with these parts: itself where it has them already, as after most looks, for it is large."""
        known = all(getattr(self, name) == value for name, value in parts.items())
        return self if known else replace(self, **parts)


@dataclass(frozen=True, slots=True)
class OpenLink:
    """The one query of a sync: the link with its base and any intent, at `etag`, answered at `opened_at`."""

    link: Link
    bases: Bases
    intent: Intent | None
    etag: str
    opened_at: datetime

    @property
    def rests_until(self) -> datetime | None:
        """When the link's pause ends; None where it is not paused."""
        until = self.link.paused_until
        return until if self.link.status == "paused" and until is not None and until > self.opened_at else None


@dataclass(frozen=True, slots=True)
class DueRow:
    row_key: str
    contract_id: int
    due_at: datetime
    job: SyncJob | None = None  # that waits for this moment


@dataclass(frozen=True, slots=True)
class Creation:
    """A creation's intent in the record's index: written before the request, closed by the link."""

    key: str
    entity: str
    record_id: str
    request_digest: str
    started_at: datetime
    request: Mapping[str, Any] = field(default_factory=dict)  # name, template and workspace: to find it again
    proof: Mapping[str, Any] = field(default_factory=dict)  # what it alone carried, in digests
    asked_at: datetime | None = None  # by Oneflow's clock, where that is known: what it made is not older
    lost: bool = False  # its answer never came, and it is being looked for
    contract_id: int | None = None
    result: Mapping[str, Any] | None = None
    candidates: tuple[int, ...] = ()  # contracts in Oneflow, one of which may be it: a person decides

    @property
    def id(self) -> str:
        return f"{self.entity}/{self.record_id}/{self.key}"


@dataclass(frozen=True, slots=True)
class DeadLetter:
    id: str
    contract_id: int | None
    cause: str
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    job: Job | None  # None where the message was never readable
