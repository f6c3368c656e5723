"""What an action would do, for a person to look at first: the plan, and what is known of who changed each field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync_core.engine.deciding.effects import left_different, on_sibling, writes_record
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.who_changed import OurWrite, known_of, last_writes
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.link import Link
from sync_core.engine.settling.history_records import records_of
from sync_core.usecases.people.create_contract import CreateContract
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.open import Reads
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract

_ENTRIES = 100  # of a history are looked at
_OTHERS = 10  # other contracts of the record


class Previews:
    """Writes nothing."""

    def __init__(self, sync: SyncContract, create: CreateContract, links: Links) -> None:
        self._sync, self._create, self._links = sync, create, links

    def of_contract(self, contract_id: int, request: SyncRequest) -> dict[str, Any]:
        """The plan (DESIGN 4.3); each field besides with `known`. With it the contract's state, the fields in which
        contract and record will differ afterwards, and what becomes of the record's other contracts."""
        plan, reads, link = self._sync.look(contract_id, request)
        body = plan.to_json()
        body["state"] = str(reads.contract.state)
        body["left_different"] = [step.row.oneflow_field for step in left_different(plan)]
        body["siblings"] = self._siblings(plan, reads, link)
        ours = last_writes(self._of_its_record(link))
        others = self._others(link) if _is_open(plan) else []
        for step, shown in zip(plan.steps, body["fields"], strict=True):
            shown["known"] = known_of(step, reads.record, ours, others)
        return body

    def of_creation(
        self, entity: str, record_id: str, template_id: int, workspace_id: int, actor: Actor
    ) -> dict[str, Any]:
        """The values that a contract made now would hold."""
        return self._create.preview(entity, record_id, template_id, workspace_id, actor).to_json()

    def _siblings(self, plan: Plan, reads: Reads, link: Link) -> list[dict[str, Any]]:
        if not writes_record(plan):
            return []
        found: list[dict[str, Any]] = []
        for one in self._links.of_record(*link.record):
            if one.contract_id == link.contract_id or len(found) == _OTHERS:
                continue
            opened = self._links.open(one.contract_id)
            effect = on_sibling(plan, reads.mapping, opened.link, opened.bases) if opened else None
            if effect is not None and opened is not None and opened.link.record == link.record:
                found.append(effect.to_json())
        return found

    def _others(self, link: Link) -> Sequence[dict[str, OurWrite]]:
        links = [one for one in self._links.of_record(*link.record) if one.contract_id != link.contract_id]
        return [dict(last_writes(self._of_its_record(one))) for one in links[:_OTHERS]]

    def _of_its_record(self, link: Link) -> list[HistoryEntry]:
        """What was written for the record that the contract is linked to now: a write for another is none of its."""
        entries, _ = self._links.history(link.contract_id, None, _ENTRIES)
        records = records_of(entries, link.record)
        return [entry for entry, record in zip(entries, records, strict=True) if record == link.record]


def _is_open(plan: Plan) -> bool:
    """Whether any field differs: else nobody asks where a value came from."""
    return any(step.side is not None or step.reason is not None for step in plan.steps)
