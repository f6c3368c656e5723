"""A record changed in Dynamics: every contract that is linked to it gets a hint."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.usecases.stores import Jobs, Links, Mappings
from sync_core.usecases.sync.open import columns_watched


class RecordChanged:
    """The `record` job: {"entity", "record_id", "message", "changed"?: [columns], "put_at"}."""

    def __init__(self, links: Links, mappings: Mappings, jobs: Jobs) -> None:
        self._links, self._mappings, self._jobs = links, mappings, jobs

    def run(self, job: Mapping[str, Any]) -> None:
        entity, record_id = str(job["entity"]), str(job["record_id"])
        mapping = self._mappings.get(entity)
        if mapping is None:
            return
        changed = job.get("changed")
        if (
            job.get("message") == "Update"
            and isinstance(changed, list)
            and not set(changed) & set(columns_watched(mapping))
        ):
            return
        for link in self._links.of_record(entity, record_id):
            self._jobs.put(
                {
                    "kind": "sync",
                    "contract_id": link.contract_id,
                    "cause": "dynamics",
                    "put_at": job["put_at"],
                    "first_put_at": job["first_put_at"],
                }
            )
