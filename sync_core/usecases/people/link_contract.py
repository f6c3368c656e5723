"""Link, move and unlink a contract."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from sync_core.engine.model.actor import MACHINE, Actor, Cause
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.standing import listing_of
from sync_core.errors import Gone, Invalid, NotAllowed, SyncError, Taken
from sync_core.usecases.people.cards import Cards
from sync_core.usecases.people.linking import Linking, compared
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.ports import Contracts
from sync_core.usecases.stores import Due, Links, Log
from sync_core.usecases.sync.open import Opener, no_link
from sync_core.usecases.sync.recover import Recovery

_OWNED = (
    "Oneflow's own Dynamics app owns this contract's template type and would write the same fields; have an "
    "administrator take the template type over."
)


class LinkContract:
    """Link, move and unlink, for a person who may change the record. `closed`: the template types of Oneflow's own app
    that nobody took over."""

    def __init__(
        self,
        linking: Linking,
        links: Links,
        due: Due,
        log: Log,
        contracts: Contracts,
        opener: Opener,
        recovery: Recovery,
        rights: Rights,
        cards: Cards,
        closed: Callable[[], Collection[int]],
    ) -> None:
        self._linking, self._links, self._due, self._log = linking, links, due, log
        self._contracts, self._closed = contracts, closed
        self._opener, self._recovery, self._rights, self._cards = opener, recovery, rights, cards

    def link(self, entity: str, record_id: str, contract_id: int, actor: Actor, move: bool) -> dict[str, Any]:
        """The card of the link. Taken (409) where the contract is linked elsewhere and no move was asked."""
        self._rights.must_write(entity, record_id, actor)
        existing = self._links.open(contract_id)
        if existing is None:
            link = Link(contract_id, entity, record_id)
            reads = self._opener.read(link, actor)
            if reads.contract.template_type_id in self._closed():
                raise Invalid(_OWNED)
            return self._cards.card(self._linking.link_existing(link, reads, Cause("link", actor)).link)
        self._contracts.read(contract_id, actor)  # who may not see the contract learns nothing of its link
        if existing.link.record == (entity, record_id):
            return self._cards.card(existing.link)
        self._may_take(existing.link, actor, move)
        opened = self._opener.open(contract_id, wait=True)
        if opened.link.record != existing.link.record:
            self._may_take(opened.link, actor, move)  # somebody else moved it while this request waited
        opened = self._settled(opened)
        reads = self._opener.read(replace(opened.link, entity=entity, record_id=record_id), actor)
        link = replace(
            opened.link,
            entity=entity,
            record_id=record_id,
            status="active",
            reason=None,
            broken_since=None,
            gone_looks=0,
            moved=True,
            run=None,
            touched_at=opened.opened_at,
        )
        link, bases, lines = compared(link, reads)
        entry = self._linking.entry(link, "move", Cause("move", actor), "unchanged", lines)
        return self._cards.card(self._linking.move(opened, link, bases, entry).link)

    def unlink(self, entity: str, record_id: str, contract_id: int, actor: Actor) -> None:
        """The link ends; the contract, the record and the history stay."""
        self._rights.must_write(entity, record_id, actor)
        opened = self._settled(self._opener.open(contract_id, wait=True))
        if opened.link.record != (entity, record_id):
            raise no_link(contract_id)
        self._end(opened, Cause("unlink", actor))

    def take_back(self, contract_id: int, run: str, cause: Cause) -> bool:
        """End the link that this plan made; False where the contract has another one by now, or none. Gone without a
        link; Busy while a sync of it is under way."""
        opened = self._settled(self._opener.open(contract_id, wait=True))
        if opened.link.run != run:
            return False
        self._end(opened, cause)
        return True

    def _end(self, opened: OpenLink, cause: Cause) -> None:
        entry = self._linking.entry(opened.link, "unlink", cause, "unchanged", [])
        self._log.note([entry])
        self._linking.ending(opened.link.contract_id)
        self._links.remove(opened, [entry])
        self._due.drop(opened.link.due, listing_of(opened.link))

    def _may_take(self, link: Link, actor: Actor, move: bool) -> None:
        """A move ends the old link, so it needs the right to change that record too; where that record is proved
        deleted, nobody has one. A link that is broken proves nothing: access may only have been lost for a while."""
        taken = Taken(
            "The contract is linked to another record; ask for a move.", body={"contract_id": link.contract_id}
        )
        try:
            self._rights.must_write(link.entity, link.record_id, actor)
        except (Gone, NotAllowed):
            if not (move and self._rights.is_deleted(link.entity, link.record_id)):
                raise taken from None
        if not move:
            taken.body |= {"entity": link.entity, "record_id": link.record_id}
            raise taken

    def _settled(self, opened: OpenLink) -> OpenLink:
        """An interrupted sync's writes become history before the link changes."""
        if opened.intent is None:
            return opened
        try:
            return self._recovery.settle(opened, self._opener.read(opened.link, MACHINE))
        except SyncError:
            return self._recovery.settle_blind(opened)
