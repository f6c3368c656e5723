"""Making, moving and ending links. Linking writes nothing on either side."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from sync_core.engine.deciding.counts import count, with_counts
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.base import Bases
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.history_lines import HistoryLine
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.link import Creation, Link, OpenLink
from sync_core.engine.model.standing import listing_of, stood
from sync_core.engine.model.standing import moved as listed_anew
from sync_core.engine.settling.answers import moved_bases
from sync_core.engine.settling.lines import history_fields
from sync_core.errors import Gone, Invalid, NotAllowed, SyncError, Taken
from sync_core.usecases.people.cards import Cards
from sync_core.usecases.people.rights import Rights
from sync_core.usecases.ports import Clock, Contracts
from sync_core.usecases.stores import Due, Links, Log
from sync_core.usecases.sync.close import Cause
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.open import Opener, Reads, no_link
from sync_core.usecases.sync.parts import Parts
from sync_core.usecases.sync.recover import Recovery

_FIRST_LOOK = timedelta(seconds=30)
_OWNED = (
    "Oneflow's own Dynamics app owns this contract's template type and would write the same fields; have an "
    "administrator take the template type over."
)


class Linking:
    """Stores new links: due row first, so that no link is ever forgotten by reconcile."""

    def __init__(self, links: Links, due: Due, log: Log, clock: Clock, rows: ContractRowJobs) -> None:
        self._links, self._due, self._log, self._clock, self._rows = links, due, log, clock, rows
        self._parts = Parts(links, log.note)

    def link_of(self, contract_id: int) -> Link | None:
        opened = self._links.open(contract_id)
        return opened.link if opened else None

    def link_created(self, link: Link, contract: Contract, plan: Plan, cause: Cause) -> OpenLink:
        """A contract that we made: every row of `plan` is settled."""
        bases = {step.row.key: step.base for step in plan.steps if step.base.halves or step.base.reported}
        lines = history_fields(plan.steps)
        link = replace(link, last_synced_at=self._clock.now(), owner=plan.owner)
        return self._store(link, contract, bases, "create", cause, str(plan.outcome), lines)

    def link_existing(
        self, link: Link, reads: Reads, cause: Cause, action: str = "link", first_look: timedelta = _FIRST_LOOK
    ) -> OpenLink:
        """A contract that is there already: its base is what both sides show. Taken where it has a link."""
        link, bases, lines = compared(self._going_on(link), reads)
        return self._store(link, reads.contract, bases, action, cause, "unchanged", lines, first_look)

    def link_found(self, creation: Creation, reads: Reads) -> OpenLink:
        """A contract whose creation was interrupted."""
        link = Link(reads.contract.id, creation.entity, creation.record_id, creation=creation.id)
        return self.link_existing(link, reads, Cause("recovered", MACHINE), "create")

    def _going_on(self, link: Link) -> Link:
        """A contract that was linked before keeps its history: the new link goes on numbering it."""
        entries, _ = self._links.history(link.contract_id, limit=1)
        if entries:
            return replace(link, history_count=entries[0].number, history_digest=entries[0].digest)
        known = self._links.checkpoint(link.contract_id)
        return replace(link, history_count=known.number, history_digest=known.digest) if known else link

    def entry(self, link: Link, action: str, cause: Cause, outcome: str, lines: Sequence[HistoryLine]) -> HistoryEntry:
        """The next entry of the link's history."""
        return HistoryEntry(
            cause.new_id(),
            link.history_count + 1,
            instant_text(self._clock.now()),
            action,
            cause.name,
            cause.who,
            link.contract_id,
            outcome,
            list(lines),
            link.history_digest,
            entity=link.entity,
            record_id=link.record_id,
        )

    def _store(
        self,
        link: Link,
        contract: Contract,
        bases: Bases,
        action: str,
        cause: Cause,
        outcome: str,
        lines: Sequence[HistoryLine],
        first_look: timedelta = _FIRST_LOOK,
    ) -> OpenLink:
        now = self._clock.now()
        link = replace(
            link,
            name=contract.name,
            state=str(contract.state),
            template_type_id=contract.template_type_id,
            field_ids={field.id: field.custom_id for field in contract.fields.values() if field.custom_id},
            touched_at=now,
            facts=contract.facts,
            signature_given=contract.signature_given,
        )
        entry = self.entry(link, action, cause, outcome, lines)
        link = self._rows.closing(stood(link, now))
        due = self._due.put(link.contract_id, now + first_look, [entry], listing_of(link))
        return self._parts.begin(self._links.create, replace(link, due=due), bases, entry)

    def move(self, opened: OpenLink, link: Link, bases: Bases, entry: HistoryEntry) -> OpenLink:
        """The same contract, another record."""
        link = self._rows.closing(stood(link, opened.opened_at))
        listing, left = listed_anew(opened.link, link)
        self._log.note([entry], listing)
        placed = self._parts.begin(partial(self._links.move, opened), link, bases, entry)
        if left:
            self._due.drop(None, left)
        return placed

    def ending(self, contract_id: int) -> None:
        self._rows.ending(contract_id)


def compared(link: Link, reads: Reads) -> tuple[Link, Bases, Sequence[HistoryLine]]:
    """The link with its counts, its base and the history's lines where there was no base: what is the same is settled,
    and what is not is not yet agreed. Nothing is ever written for it."""
    scene = Scene(reads.mapping, reads.columns, reads.contract, reads.record, {}, origin=link.origin)
    steps = plan_automatic(scene).steps
    link = replace(link, owner=reads.record.owner, facts=reads.contract.facts)
    bases = moved_bases({}, reads.mapping, steps)
    return with_counts(link, count(replace(scene, bases=bases))), bases, history_fields(steps)


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
