"""A job's text: what today's version writes, and what earlier ones wrote, is read as the same job."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.engine.model.jobs import (
    CreationJob,
    DueLinksJob,
    EventsJob,
    Job,
    RecordJob,
    SecretsJob,
    SwitchJob,
    SyncJob,
    UnknownJob,
    content_of,
    contract_of_job,
    job_of,
    kind_of,
    parsed_job,
)
from sync_core.errors import Unreadable

PUT = datetime(2026, 3, 12, 10, 0, 5, tzinfo=UTC)
CARRIED: dict[str, Any] = {
    "first_put_at": PUT,
    "put_at": PUT,
    "attempts": 3,
    "letter": "l1",
    "correlation_id": "c1",
    "installation": "id-abc",
}
JOBS = (
    SyncJob(7),
    SyncJob(7, "reconcile", "20260312T101005Z-7", **CARRIED),
    RecordJob("opportunity", "r1", "Delete"),
    RecordJob("opportunity", "r1", "Update", ("name", "statecode"), **CARRIED),
    EventsJob(7, "e1"),
    EventsJob(7, "e1", 2, 9, **CARRIED),
    CreationJob("quote", "r1", "key", **CARRIED),
    DueLinksJob("quote", **CARRIED),
    SecretsJob(**CARRIED),
    SwitchJob("link-1", "t1"),
    SwitchJob("link-1", "t1", 3, **CARRIED),
)
# Word for word as the version before the jobs had types put them on the queue and into its dead letters.
STORED: tuple[tuple[str, Job], ...] = (
    ('{"correlation_id": "c1", "kind": "sync", "contract_id": 7, "cause": "webhook"}',
     SyncJob(7, "webhook", correlation_id="c1")),
    ('{"first_put_at": "2026-03-12T10:00:05Z", "put_at": "2026-03-12T10:00:05Z", "kind": "sync", "contract_id": 7,'
     ' "cause": "reconcile", "due": "20260312T101005Z-7", "attempts": 2}',
     SyncJob(7, "reconcile", "20260312T101005Z-7", first_put_at=PUT, put_at=PUT, attempts=2)),
    ('{"kind": "sync", "contract_id": 7, "cause": "look", "put_at": "2026-03-12T10:00:05Z"}',
     SyncJob(7, "look", put_at=PUT)),
    ('{"kind": "sync", "contract_id": 7, "cause": "webhook", "put_at": "2026-03-12T11:00:05+01:00"}',
     SyncJob(7, "webhook", put_at=PUT)),
    ('{"kind": "record", "entity": "opportunity", "record_id": "r1", "message": "Update", "changed": ["name"]}',
     RecordJob("opportunity", "r1", "Update", ("name",))),
    ('{"kind": "record", "entity": "opportunity", "record_id": "r1", "message": "Delete"}',
     RecordJob("opportunity", "r1", "Delete")),
    ('{"kind": "events", "contract_id": 7, "entry_id": "e1", "looks": 1, "away": 2}', EventsJob(7, "e1", 1, 2)),
    ('{"kind": "creation", "entity": "quote", "record_id": "r1", "key": "k", "letter": "l1"}',
     CreationJob("quote", "r1", "k", letter="l1")),
    ('{"kind": "due_links", "entity": "quote"}', DueLinksJob("quote")),
)  # fmt: skip


@pytest.mark.parametrize("job", JOBS, ids=lambda job: type(job).__name__)
def test_a_job_comes_back_from_its_text_as_it_was(job: Job) -> None:
    assert parsed_job(json.dumps(content_of(job))) == job


@pytest.mark.parametrize(("text", "job"), STORED, ids=lambda value: value[:60] if isinstance(value, str) else "")
def test_a_message_of_the_version_before_is_read(text: str, job: Job) -> None:
    assert parsed_job(text) == job


@pytest.mark.parametrize("text", ["{no json", "[1]", "7", "", "[" * 100_000, '{"a": ' + "9" * 5000 + "}"])
def test_what_is_no_object_is_no_job(text: str) -> None:
    with pytest.raises(Unreadable):
        parsed_job(text)


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "no such kind", "contract_id": 7},
        {"kind": "sync"},
        {"kind": "sync", "contract_id": "7"},
        {"kind": "sync", "contract_id": True},
        {"kind": "sync", "contract_id": 0},
        {"kind": "sync", "contract_id": 10**4000},
        {"kind": "events", "contract_id": 7},
        {"kind": ["sync"]},
        {},
    ],
)
def test_a_job_that_this_version_does_not_know_is_kept_as_it_came(content: dict[str, Any]) -> None:
    """An older version may meet a newer one's jobs: its dead letter is replayed when the newer one is back."""
    job = job_of({**content, "letter": "l1"})
    assert isinstance(job, UnknownJob) and job.letter == "l1"
    assert content_of(job.anew()) == content
    assert contract_of_job(job) == (7 if content.get("contract_id") == 7 else None)


def test_a_replayed_job_begins_anew() -> None:
    job = SyncJob(7, "reconcile", "20260312T101005Z-7", **CARRIED)
    assert job.anew("l2") == SyncJob(7, "reconcile", letter="l2", correlation_id="c1", installation="id-abc")
    assert kind_of(job) == "sync"


def test_a_job_keeps_when_it_was_first_put() -> None:
    later = datetime(2026, 3, 13, tzinfo=UTC)
    assert SyncJob(7).taken(PUT).taken(later) == SyncJob(7, first_put_at=PUT, put_at=PUT)
