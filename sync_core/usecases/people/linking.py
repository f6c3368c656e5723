"""Storing links that are new, are moved or end. Linking writes nothing on either side."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial

from sync_core.engine.deciding.counts import count, with_counts
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.base import Bases
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.link import Creation, Link, OpenLink
from sync_core.engine.model.standing import listing_of, stood
from sync_core.engine.model.standing import moved as listed_anew
from sync_core.engine.settling.answers import moved_bases
from sync_core.engine.settling.lines import history_fields
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Due, Links, Log
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.open import Reads
from sync_core.usecases.sync.parts import Parts

_FIRST_LOOK = timedelta(seconds=30)


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
            cause.entry_id(uuid.uuid4().hex),
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
