"""A record changed in Dynamics: every contract that is linked to it gets a hint."""

from __future__ import annotations

from sync_core.engine.model.ids import canonical_id
from sync_core.engine.model.jobs import RecordJob, SyncJob
from sync_core.usecases.stores import Jobs, Links, Mappings
from sync_core.usecases.sync.open import columns_watched


class RecordChanged:
    """The job of that name."""

    def __init__(self, links: Links, mappings: Mappings, jobs: Jobs) -> None:
        self._links, self._mappings, self._jobs = links, mappings, jobs

    def run(self, job: RecordJob) -> None:
        mapping = self._mappings.get(job.entity)
        if mapping is None:
            return
        told = job.changed is not None and job.message == "Update"
        if told and not set(job.changed or ()) & set(columns_watched(mapping)):
            return
        for link in self._links.of_record(job.entity, canonical_id(job.record_id)):
            self._jobs.put(SyncJob(link.contract_id, "dynamics", put_at=job.put_at, first_put_at=job.first_put_at))
