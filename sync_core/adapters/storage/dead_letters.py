"""Table `deadletters`: jobs that were given up, one row per contract and cause."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.packing import packed, safe_key, unpacked
from sync_core.engine.model.instants import instant_of, instant_text
from sync_core.engine.model.jobs import Job, MessageJob, UnknownJob, content_of, job_of, kind_of, record_of_job
from sync_core.engine.model.link import DeadLetter
from sync_core.errors import Gone, InvalidPageToken, Taken, Temporary, VersionMoved

_TABLE = "deadletters"
_TRIES = 5
_UNREADABLE = {"unreadable": True}
_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)


class TableDeadLetters:
    def __init__(self, storage: Storage, account: str) -> None:
        self._storage, self._account = storage, account

    def add(self, contract_id: int | None, cause: str, reason: str, job: Job | None) -> None:
        from azure.core import MatchConditions
        from azure.data.tables import UpdateMode

        letter_id = letter_id_of(contract_id, cause, job)
        now = datetime.now(UTC).replace(microsecond=0)
        table = self._storage.table(_TABLE)
        for _ in range(_TRIES):
            try:
                with storage_errors(writing=True):
                    row: Any = table.get_entity(self._account, letter_id)
                known = _letter(row)
                letter = replace(known, reason=reason, count=known.count + 1, last_at=now, job=job)
                match = {"etag": row.metadata["etag"], "match_condition": MatchConditions.IfNotModified}
                with storage_errors(writing=True):
                    table.update_entity(self._row(letter), mode=UpdateMode.REPLACE, **match)
                return
            except Gone:
                letter = DeadLetter(letter_id, contract_id, cause, reason, 1, now, now, job)
                try:
                    with storage_errors(writing=True):
                        table.create_entity(self._row(letter))
                    return
                except Taken:
                    continue
            except VersionMoved:
                continue
        raise Temporary("Too many concurrent writes to the dead letter; try again.", side="storage", retry_after=1)

    def close(self, contract_id: int) -> None:
        table = self._storage.table(_TABLE)
        with storage_errors(writing=True):
            found = list(
                table.query_entities(
                    "PartitionKey eq @account and contract_id eq @contract",
                    parameters={"account": self._account, "contract": str(contract_id)},
                    select=["RowKey"],
                )
            )
            for row in found:
                table.delete_entity(self._account, row["RowKey"])

    def list(self, after: str | None = None, limit: int = 50) -> tuple[Sequence[DeadLetter], str | None]:
        if after is not None and not _ID.fullmatch(after):
            raise InvalidPageToken
        found: list[DeadLetter] = []
        with storage_errors():
            rows = self._storage.table(_TABLE).query_entities(
                "PartitionKey eq @account and RowKey gt @after",
                parameters={"account": self._account, "after": after or ""},
                results_per_page=limit + 1,
            )
            for row in rows:
                if len(found) == limit:
                    return found, found[-1].id
                found.append(_letter(row))
        return found, None

    def get(self, letter_id: str) -> DeadLetter | None:
        try:
            with storage_errors():
                return _letter(self._storage.table(_TABLE).get_entity(self._account, safe_key(letter_id)))
        except Gone:
            return None

    def discard(self, letter_id: str) -> bool:
        if self.get(letter_id) is None:
            return False
        with storage_errors(writing=True):
            self._storage.table(_TABLE).delete_entity(self._account, safe_key(letter_id))
        return True

    def _row(self, letter: DeadLetter) -> dict[str, Any]:
        content = {name: getattr(letter, name) for name in letter.__slots__}
        content["job"] = content_of(letter.job) if letter.job else _UNREADABLE
        times = {"first_at": instant_text(letter.first_at), "last_at": instant_text(letter.last_at)}
        head = {"contract_id": str(letter.contract_id or ""), "cause": letter.cause}
        return {"PartitionKey": self._account, "RowKey": letter.id, **head, **packed({**content, **times})[0]}


def _letter(row: Any) -> DeadLetter:
    content = unpacked([row])
    times = {name: instant_of(content[name]) for name in ("first_at", "last_at")}
    job = job_of(content["job"]) if "kind" in content["job"] else None
    return DeadLetter(**{**content, **times, "job": job})


def letter_id_of(contract_id: int | None, cause: str, job: Job | None) -> str:
    """The same for every failure of one kind of job about one contract or record, from one cause. What a job of an
    unknown kind is about nobody knows: each has its own, so that none takes another's place."""
    entity, record_id = record_of_job(job)
    name = f"{contract_id}|{cause}|{kind_of(job)}|{entity}|{record_id}"
    if isinstance(job, MessageJob):
        name += f"|{job.operation_id}"  # each is a person's own
    if isinstance(job, UnknownJob):
        name += f"|{json.dumps(job.content, sort_keys=True)}"
    return hashlib.sha256(name.encode()).hexdigest()[:24]
