"""What the widget shows of a record: its contracts as cards, whom to invite, and a contract's history."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import asdict
from typing import Any

from sync_core.engine.deciding.creation import unclear_still
from sync_core.engine.deciding.second_thoughts import may_undo
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.history import HistoryEntry, shown
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import ContractState
from sync_core.errors import Gone
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.people.sight import Ownership, Sight
from sync_core.usecases.ports import Records
from sync_core.usecases.stores import Asked, Links, Mappings
from sync_core.usecases.sync.open import no_link

_PAGE = 50
_PAGES = 20  # of entries that are others', before a person is given what there is


class Cards:
    """Reads for the widget, as the caller."""

    def __init__(
        self,
        links: Links,
        mappings: Mappings,
        records: Records,
        rights: Rights,
        contract_url: Callable[[int], str],
        asked: Asked,
        not_in_force: Callable[[str], str | None] = lambda entity: None,
    ) -> None:
        self._links, self._mappings, self._records = links, mappings, records
        self._rights, self._contract_url, self._asked, self._not_in_force = rights, contract_url, asked, not_in_force

    def of_record(self, entity: str, record_id: str, actor: Actor) -> list[dict[str, Any]]:
        """A card for each contract of the record. Gone where the caller may not read it; but nothing is said of a
        table that is not set up, which the application itself need not be allowed to read, where there is nothing."""
        try:
            self._rights.must_read(entity, record_id, actor)
        except Gone:
            if self.is_set_up(entity) or self._asked.of_record(entity, record_id):
                raise
            if self._links.of_record(entity, record_id):
                raise
            return []
        return [self.card(link) for link in self._links.of_record(entity, record_id)]

    def unclear(self, entity: str, record_id: str, linked: Collection[int]) -> list[dict[str, Any]]:
        """Creations whose end nobody knows: a person links one of the candidates, or creates the contract anyway.
        For a caller who was given the record's cards (`linked`: their contracts)."""
        return [
            {
                "name": one.request.get("name", ""),
                "candidates": [
                    {"contract_id": contract_id, "oneflow_url": self._contract_url(contract_id)}
                    for contract_id in one.candidates
                ],
            }
            for one in unclear_still(self._asked.of_record(entity, record_id), linked)
        ]

    def looked_for(self, entity: str, record_id: str) -> list[dict[str, Any]]:
        """Creations whose answer was lost, until it is known what became of them. For the same caller."""
        return [
            {"name": one.request.get("name", ""), "started_at": instant_text(one.started_at)}
            for one in self._asked.of_record(entity, record_id)
            if one.lost and one.contract_id is None and not one.candidates
        ]

    def is_set_up(self, entity: str) -> bool:
        """Whether fields of this table are mapped at all."""
        mapping = self._mappings.get(entity)
        return mapping is not None and bool(mapping.fields)

    def not_in_force(self, entity: str) -> str | None:
        """Why the table's mapping is not in force; None where it is."""
        return self._not_in_force(entity)

    def card(self, link: Link) -> dict[str, Any]:
        """DESIGN 4.3's card."""
        return {
            "contract_id": link.contract_id,
            "name": link.name,
            "state": link.state,
            "link": link.status,
            "reason": link.reason,
            "last_synced_at": instant_text(link.last_synced_at) if link.last_synced_at else None,
            "revision": link.revision,
            "conflicts": link.conflicts,
            "refused": link.refused,
            "waiting_for_push": link.waiting_for_push,
            "not_agreed": link.not_agreed,
            "oneflow_url": self._contract_url(link.contract_id),
        }

    def contacts(self, entity: str, record_id: str, actor: Actor) -> list[dict[str, Any]]:
        """Whom a contract of this record may invite."""
        self._rights.must_read(entity, record_id, actor)
        return [asdict(contact) for contact in self._records.contacts(entity, record_id, actor)]

    def history(self, contract_id: int, actor: Actor, after: str | None) -> dict[str, Any]:
        """Newest first, with the token of the next page; `begins_after`: the number of the last entry let go.

        What was written for another record is left out, unless this person may read that one too.
        """
        opened = self._links.open(contract_id)
        if opened is None:
            raise no_link(contract_id)
        self._rights.must_read(opened.link.entity, opened.link.record_id, actor)
        sight = Sight(self._rights, actor, opened.link.record)
        ownership = Ownership(self._links, contract_id, opened.link.record)
        entries: list[HistoryEntry] = []
        following = after
        for _ in range(_PAGES):
            page, following = self._links.history(contract_id, following, _PAGE)
            records = zip(page, ownership.of(page), strict=True)
            entries += [entry for entry, record in records if sight.sees(record)]
            if entries or following is None:
                break
        known = self._links.checkpoint(contract_id) if following is None else None
        begins = {"number": known.number, "at": known.at} if known else None
        mapping, state = self._mappings.get(opened.link.entity), ContractState(opened.link.state)
        told = [shown(entry) | {"undoable": may_undo(entry, mapping, state)} for entry in entries]
        return {"entries": told, "next": following, "begins_after": begins}
