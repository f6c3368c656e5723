"""The order of steps of one sync: open, read both sides, settle what was left behind, plan, intent, apply, close."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.link import Link, Lock, OpenLink
from sync_core.engine.model.words import Outcome, Result
from sync_core.engine.settling.answers import intent_fields
from sync_core.errors import Busy, Gone, NotAllowed, Temporary, TooLarge, VersionMoved
from sync_core.telemetry import correlation, metrics
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Links
from sync_core.usecases.sync.broken_links import BrokenLinks
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.guard import Guard
from sync_core.usecases.sync.open import Opener, Reads, no_link
from sync_core.usecases.sync.recover import Recovery, found
from sync_core.usecases.sync.request import SyncRequest, as_seen, plan_of
from sync_core.usecases.sync.write import Applied, Applier
from sync_core.usecases.timing import Timing

log = logging.getLogger(__name__)

REPLANS = 3  # how often a sync plans anew after a 412 from Dataverse
RESTARTS = 3  # how often it starts again after another sync closed first


class SyncContract:
    """Push, fetch, preview and automatic sync of one contract. `drifted` counts changes that no event announced."""

    def __init__(
        self,
        opener: Opener,
        applier: Applier,
        closer: Closer,
        recovery: Recovery,
        broken_links: BrokenLinks,
        links: Links,
        clock: Clock,
        timing: Timing,
        drifted: Callable[[], None] = lambda: None,
    ) -> None:
        self._opener, self._applier, self._closer = opener, applier, closer
        self._recovery, self._broken_links = recovery, broken_links
        self._links, self._clock, self._timing, self._drifted = links, clock, timing, drifted

    def preview(self, contract_id: int, request: SyncRequest) -> Plan:
        """The plan of an action; nothing is written."""
        return self.look(contract_id, request)[0]

    def look(self, contract_id: int, request: SyncRequest) -> tuple[Plan, Reads, Link]:
        """The same, with what it was made from. What an interrupted sync left behind is taken into account."""
        opened = self._links.open(contract_id)
        if opened is None:
            raise no_link(contract_id)
        reads = self._opener.read(opened.link, request.actor)
        if opened.intent:
            bases, _ = found(opened, reads)
            opened = replace(opened, bases=bases)
        looks = _Looks()
        plan = plan_of(self._scene(reads, opened, request), request)
        while (again := self._read_again(opened.link, plan, request, reads, looks)) is not None:
            reads = again
            plan = plan_of(self._scene(reads, opened, request, looks.believed), request)
        as_seen(plan, request)
        return plan, reads, opened.link

    def run(self, contract_id: int, request: SyncRequest) -> Plan:
        """Do it, for a person: waits for the lock a little. Busy, Gone, NotAllowed, Temporary, Taken (stale plan)."""
        for _ in range(RESTARTS):
            opened = self._opener.open(contract_id, wait=True)
            try:
                return self.run_opened(opened, request)
            except VersionMoved as moved:
                if moved.side != "storage":
                    raise
        raise Busy("Other syncs of this contract keep getting ahead of this one; try again shortly.", retry_after=2)

    def run_opened(self, opened: OpenLink, request: SyncRequest) -> Plan:
        """The same on an open link. VersionMoved(side="storage"): another sync closed first; no more was written."""
        started, opened_at = self._clock.monotonic(), opened.opened_at
        reads = self._first_reads(opened, request)
        begun = opened = self._recovery.settle(opened, reads)
        looks, so_far = _Looks(), _SoFar()
        replans = REPLANS
        while replans:
            replans -= 1
            scene = self._scene(reads, opened, request, looks.believed, begun)
            plan = so_far.rest_of(plan_of(scene, request))
            if (again := self._read_again(opened.link, plan, request, reads, looks)) is not None:
                reads = again
                continue
            if not plan.is_rest_of(so_far.left):
                as_seen(plan, request)
            if not plan.writes:
                return self._close(opened, scene, plan, request).after(so_far.done)
            if plan.doubtful and self._opener.columns_moved(opened.link, reads):
                reads = self._opener.read(opened.link, request.actor)
                continue
            passed = timedelta(seconds=self._clock.monotonic() - started)
            opened, guard, plan, left = self._take(opened, plan, request, opened_at + passed)
            applied = self._applier.apply(plan, scene, request.actor, opened.intent.id if opened.intent else "", guard)
            plan = self._settled(opened, scene, applied, request)
            so_far.tried(applied, left)
            if not applied.record_moved and not so_far.left:
                return plan.after(so_far.done)
            # Dataverse had a newer version, or one intent could not hold all: what was done is settled; the rest is
            # planned on fresh reads.
            replans += not applied.record_moved
            opened = self._reopened(opened)
            reads = self._opener.read(opened.link, request.actor)
        raise Temporary("The record keeps changing in Dynamics; this will be retried.", side="dynamics", retry_after=5)

    def _first_reads(self, opened: OpenLink, request: SyncRequest) -> Reads:
        try:
            return self._opener.read(opened.link, request.actor, to_write=request.needs_write_right)
        except (Gone, NotAllowed) as error:
            raise self._broken_links.judge(opened, error, request.actor) from error

    def _read_again(self, link: Link, plan: Plan, request: SyncRequest, reads: Reads, looks: _Looks) -> Reads | None:
        """A person waits for an answer: after a lagging read comes one more at once, and what it shows counts; and
        nothing is refused to them by definitions that may be minutes old. Each once; None where none is needed."""
        if request.actor.is_machine:
            return None
        if plan.lagging and not looks.believed:
            looks.believed = True
            return self._opener.read(link, request.actor)
        if plan.has_unknown and not looks.by_new_definitions:
            looks.by_new_definitions = True
            return self._opener.read_anew(link, request.actor, reads)
        return None

    def _settled(self, opened: OpenLink, scene: Scene, applied: Applied, request: SyncRequest) -> Plan:
        """Close with what became of the writes."""
        if applied.unknown:
            raise applied.temporary or Temporary(reasons.UNCLEAR.text, retry_after=self._timing.lock_seconds)
        try:
            return self._close(opened, scene, applied.plan, request, applied.temporary)
        except (Temporary, VersionMoved) as error:
            # Whatever came after: a vendor that said how long to wait is not asked before.
            told = applied.temporary
            if told is None or not told.retry_after:
                raise
            raise told from error

    def _scene(
        self,
        reads: Reads,
        opened: OpenLink,
        request: SyncRequest,
        believed: bool = False,
        begun: OpenLink | None = None,
    ) -> Scene:
        """`begun`: the link as the run began with it. A part of a plan that was closed puts off what was refused, which
        the rest of the same plan has still to try."""
        until = (begun or opened).link.refused_until
        scene = replace(
            reads.scene(opened),
            confirm_signature_reset=request.confirm_signature_reset,
            later_look=request.cause.name == "look",
            believed=believed,
            refused_waits=request.cause.waits and until is not None and opened.opened_at < until,
        )
        return self._opener.scene(scene, request.action)

    def _take(
        self, opened: OpenLink, plan: Plan, request: SyncRequest, now: datetime
    ) -> tuple[OpenLink, Guard, Plan, Sequence[Step]]:
        """Store the intent and the lock in one transaction. The guard starts before the request leaves.

        With them comes the plan that the intent is of, and the writes of which it could not hold any more.
        """
        writes = [step for step in plan.steps if step.writes]
        size = len(writes)
        while True:
            left = writes[size:]
            part = plan.without(left)
            try:
                return *self._taken(opened, part, request, now), part, left
            except TooLarge:
                if size < 2:
                    raise
                size //= 2

    def _taken(self, opened: OpenLink, plan: Plan, request: SyncRequest, now: datetime) -> tuple[OpenLink, Guard]:
        started = self._clock.monotonic()
        lock = Lock(uuid.uuid4().hex, now + timedelta(seconds=self._timing.lock_seconds))
        intent = Intent(
            request.cause.entry_id(uuid.uuid4().hex),
            str(plan.action),
            request.cause.name,
            request.cause.who,
            instant_text(opened.opened_at),
            intent_fields(plan),
        )
        taken = self._links.take(opened, intent, lock)
        return taken, Guard(self._clock, started + self._timing.lock_seconds, self._timing.write_margin)

    def _close(
        self, opened: OpenLink, scene: Scene, plan: Plan, request: SyncRequest, temporary: Temporary | None = None
    ) -> Plan:
        quiet = request.cause.name == "webhook" and plan.outcome is Outcome.UNCHANGED
        again = plan.lagging or (quiet and _saw_nothing_new(plan))
        if again:
            self._closer.look_again(opened)
            opened = self._closer.with_looks(opened)
        closed = self._closer.close(opened, scene, plan, request.cause)
        self._tell(opened.link, closed.link, plan, request)
        if temporary is not None and not (plan.writes and not request.actor.is_machine):
            raise temporary
        return plan

    def _tell(self, before: Link, after: Link, plan: Plan, request: SyncRequest) -> None:
        """Counters and the log."""
        came = after.conflicts - before.conflicts
        if came > 0:
            metrics.record(metrics.CONFLICTS, came)
        written = sum(step.writes for step in plan.steps)
        if written:
            metrics.record(metrics.EDITS, written, by="itself" if request.actor.is_machine else "a person")
        refused = sum(_is_refused_now(step) for step in plan.steps)
        if refused:
            metrics.record(metrics.REFUSALS, refused)
        if request.cause.name == "reconcile" and not _saw_nothing_new(plan):
            # No event announced it (or not yet): what the sweep is there for.
            log.warning("sync.drift contract_id=%s", before.contract_id)
            self._drifted()
            metrics.record(metrics.DRIFT)
        log.info(
            "sync.closed contract_id=%s action=%s cause=%s outcome=%s writes=%s correlation_id=%s",
            before.contract_id,
            plan.action,
            request.cause.name,
            plan.outcome,
            written,
            correlation.current(),
        )

    def _reopened(self, opened: OpenLink) -> OpenLink:
        again = self._links.open(opened.link.contract_id)
        if again is None or again.intent is not None:
            raise VersionMoved("Another sync of this contract finished first.", side="storage")
        return again


@dataclass(slots=True)
class _Looks:
    """What one run has read once more already."""

    believed: bool = False
    by_new_definitions: bool = False


@dataclass(slots=True)
class _SoFar:
    """What one run has written so far, by field, and what one intent could not hold."""

    done: dict[str, Step] = field(default_factory=dict)
    left: Sequence[Step] = ()

    def rest_of(self, plan: Plan) -> Plan:
        """Without what was written before the rest was planned anew."""
        written = [step for step in plan.steps if step.writes and step.row.key in self.done]
        return plan.without(written) if self.left else plan

    def tried(self, applied: Applied, left: Sequence[Step]) -> None:
        """What Dynamics had a newer version of is tried again; what a vendor's trouble left unsent is told of."""
        tried = [step for step in applied.plan.steps if step.side is not None]
        again = [step for step in tried if not step.writes and (not left or step.reason == reasons.RECORD_MOVED)]
        self.done |= {step.row.key: step for step in tried if step not in again}
        self.left = left
        if applied.temporary is not None:
            self.done |= {step.row.key: _not_sent(step, applied.temporary) for step in left}
            self.left = ()


def _not_sent(step: Step, error: Temporary) -> Step:
    return replace(step, result=Result.FAILED, reason=reasons.not_sent(step.sure_write.side, error))


def _is_refused_now(step: Step) -> bool:
    """Whether the field's write came to be refused by this sync: by a vendor, or since the value cannot be written."""
    if step.base.refusal is not None and step.base.refusal != step.known_base.refusal:
        return True
    reported = step.base.reported
    return step.report and step.result is Result.SKIPPED and not step.blocked and bool(reported and reported.side)


def _saw_nothing_new(plan: Plan) -> bool:
    """Whether no half of any base moved: the hint that came has not shown up yet."""
    return all(step.base.halves == step.known_base.halves for step in plan.steps)
