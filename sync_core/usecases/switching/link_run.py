"""Linking what a plan says, exactly as it showed it, and taking back what one run linked. No value is written."""

from __future__ import annotations

from datetime import timedelta

from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.switching.comparing import compared
from sync_core.engine.switching.plan_lines import Chosen
from sync_core.errors import Gone, NotAllowed, Taken
from sync_core.usecases.people.link_contract import LinkContract
from sync_core.usecases.people.linking import Linking
from sync_core.usecases.stores import Links
from sync_core.usecases.switching.find import unlinked
from sync_core.usecases.switching.runs import Became, Outcome, Unit
from sync_core.usecases.switching.takeover import Takeover
from sync_core.usecases.switching.troubles import told
from sync_core.usecases.sync.open import Opener

# Both sides were read a moment ago, and events tell of what changes: thousands of first looks are spread, so that they
# leave the rate limit to others.
_FIRST_LOOK, _SPREAD = timedelta(hours=1), timedelta(hours=12)


class LinkRun:
    def __init__(
        self, linking: Linking, link: LinkContract, links: Links, opener: Opener, takeover: Takeover, run: str
    ) -> None:
        self._linking, self._link, self._links, self._opener = linking, link, links, opener
        self._run = run
        self._closed = takeover.closed()

    def apply(self, unit: Unit) -> Outcome:
        """One contract, as the application. What changed since the plan is left."""
        (wanted,) = unit
        existing = self._links.open(wanted.contract_id)
        if existing is not None:
            return self._there(existing, wanted)
        link = Link(wanted.contract_id, wanted.entity, wanted.record_id, run=self._run)
        try:
            reads = self._opener.read(link, MACHINE)
        except (Gone, NotAllowed) as error:
            return Outcome.left(told(error))
        if reads.contract.template_type_id in self._closed:
            return Outcome(Became.LEFT, "Oneflow's own app owns its template type, and it was closed meanwhile")
        if compared(unlinked(reads)).digest != wanted.seen:
            return Outcome(Became.LEFT, "a value, the contract's state or the mapping changed since the plan")
        try:
            cause = Cause("link", MACHINE, run=self._run)
            self._linking.link_existing(link, reads, cause, first_look=_first_look(wanted.contract_id))
        except Taken:
            existing = self._links.open(wanted.contract_id)
            return self._there(existing, wanted) if existing else Outcome(Became.LEFT, "its link was ended just now")
        return Outcome(Became.DONE)

    def undo(self, unit: Unit) -> Outcome:
        """End the link that this run made; values, contract, record and history stay."""
        wanted = unit[0]
        existing = self._links.open(wanted.contract_id)
        if existing is None:
            return Outcome(Became.BEFORE)
        if existing.link.run != self._run:
            return Outcome(Became.LEFT, "it was linked, or moved, by somebody else")
        try:
            done = self._link.take_back(wanted.contract_id, self._run, Cause("unlink", MACHINE, run=self._run))
        except Gone:
            return Outcome(Became.BEFORE)
        return Outcome(Became.DONE) if done else Outcome(Became.LEFT, "it was linked, or moved, by somebody else")

    def _there(self, existing: OpenLink, wanted: Chosen) -> Outcome:
        if existing.link.record != (wanted.entity, wanted.record_id):
            return Outcome(Became.LEFT, "it was linked to another record meanwhile")
        if existing.link.run == self._run:
            return Outcome(Became.BEFORE)
        return Outcome(Became.LEFT, "it was linked to this record by somebody else meanwhile")


def _first_look(contract_id: int) -> timedelta:
    return _FIRST_LOOK + timedelta(seconds=contract_id * 7919 % int(_SPREAD.total_seconds()))
