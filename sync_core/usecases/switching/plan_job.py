"""What a job does with a plan of *Switch over*: find its lines, apply it, or take it back.

A job works for a while and hands the rest on to the next one, so that no invocation gets long. A plan's state names the
turn and the part that hold: whatever job comes late or twice, finds that it is over.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import SwitchJob
from sync_core.engine.model.words import Reason
from sync_core.engine.switching.plan_lines import LinkLine, PlanKind, SettleLine, chosen, counted
from sync_core.engine.switching.rules import rules_of, settle_rules_of
from sync_core.errors import ConfigurationError, ConnectionBroken, SyncError, Temporary, VersionMoved
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Jobs
from sync_core.usecases.switching.find import Place
from sync_core.usecases.switching.patience import Stopped
from sync_core.usecases.switching.plans import Doing, KeptPlan, Plans, Stand
from sync_core.usecases.switching.switch_over import SwitchOver
from sync_core.usecases.switching.troubles import told

log = logging.getLogger(__name__)

_WHILE = 60.0  # seconds that one job works; what it has in hand then is done before it hands on


class Over(Exception):
    """Another turn holds, or this part was handed on already."""


class PlanJob:
    """`begin` makes a new run, which asks whether it is to be stopped."""

    def __init__(
        self, begin: Callable[[Callable[[], bool]], SwitchOver], plans: Plans, jobs: Jobs, clock: Clock
    ) -> None:
        self._begin, self._plans, self._jobs, self._clock = begin, plans, jobs, clock

    def run(self, job: SwitchJob) -> None:
        """A part of what is done with the plan; the next one is handed on."""
        try:
            plan = self._plans.get(job.plan)
            if plan.turn != job.turn or job.part < plan.part or plan.stand is not Stand.RUNNING:
                raise Over
            plan = self._saved(replace(plan, part=job.part, why="", why_code=""), plan)
            self._part(plan)
        except Over:
            log.info("switch.over plan=%s part=%s", job.plan, job.part)

    def _part(self, plan: KeptPlan) -> None:
        until = self._clock.monotonic() + _WHILE
        try:
            step = self._find if plan.doing is Doing.FIND else self._do
            whole = step(plan, lambda: self._clock.monotonic() >= until)
        except Stopped:
            self._ended(plan, Stand.STOPPED)
        except (Temporary, ConnectionBroken, ConfigurationError) as error:
            now = self._plans.get(plan.id)
            known = told(error)
            self._saved(replace(now, why=known.text, why_code=known.code), plan)  # the job comes back
            raise
        except SyncError as error:
            self._ended(plan, Stand.FAILED, told(error))
        else:
            if whole:
                self._ended(plan, Stand.DONE)
            else:
                self._jobs.put(SwitchJob(plan.id, plan.turn, plan.part + 1))

    def _find(self, plan: KeptPlan, late: Callable[[], bool]) -> bool:
        """Whether all lines are found."""
        over = self._begin(lambda: self._plans.is_stopped(plan))
        found = self._fields(plan, over) if plan.kind is PlanKind.SETTLE else self._links(plan, over)
        for _ in found:
            if self._plans.is_stopped(plan):
                over.stop()
                raise Stopped("The plan was stopped.")
            if late():
                return False
        return True

    def _fields(self, plan: KeptPlan, over: SwitchOver) -> Iterator[None]:
        after = int(plan.place[0]) if plan.place else 0
        for some in over.plan_settling(settle_rules_of(plan.rules), after):
            if some.links:
                plan = self._with_settling(plan, some.lines, some.links, some.last)
            plan = self._saved(replace(plan, total=some.total), plan)
            yield

    def _links(self, plan: KeptPlan, over: SwitchOver) -> Iterator[None]:
        place = Place(*plan.place) if plan.place else None
        seen = {content["contract_id"] for _, content in self._plans.lines(plan)} if plan.place else set()
        for page in over.plan_links(rules_of(plan.rules), place, seen):
            after_page = (page.after.state, page.after.offset, page.after.total)
            plan = self._saved(self._with_links(plan, page.lines, page.contracts, page.total, after_page), plan)
            yield

    def _do(self, plan: KeptPlan, late: Callable[[], bool]) -> bool:
        """Whether all lines are done, or taken back."""
        run = plan  # whose turn it is stays the same

        def stopped() -> bool:
            return self._plans.is_stopped(run)

        over, lines = self._begin(stopped), self._plans.lines(plan)
        if plan.doing is Doing.UNDO:
            steps = over.undo(plan.head, chosen(plan.head, lines, every=True), stopped)
        else:
            decided = self._plans.decisions(plan).made(plan.head, lines)
            steps = over.apply(plan.head, chosen(plan.head, decided), stopped)
        for now in steps:
            results = {name: now.counts.get(name, 0) for name in ("done", "before", "left")}
            moved = replace(plan, total=now.total, done=now.done, results=results, fields=now.fields)
            plan = self._saved(moved, plan)
            if now.is_over:
                return True
            if late():
                return False
        return True

    def _with_links(
        self, plan: KeptPlan, lines: Sequence[LinkLine], contracts: int, total: int, place: Sequence[Any]
    ) -> KeptPlan:
        kinds = Counter(str(line.finding) for line in lines)
        agreement = Counter(plan.agreement)
        agreement.update(str(one.agreement) for line in lines for one in line.fields)
        return replace(
            self._with_page(plan, lines, kinds),
            place=place,
            total=total,
            done=plan.done + contracts,
            counts=_sum(plan.counts, counted(lines)),
            agreement=dict(agreement),
            first_writes=plan.first_writes + sum(line.first_writes for line in lines),
        )

    def _with_settling(self, plan: KeptPlan, lines: Sequence[SettleLine], links: int, last: int) -> KeptPlan:
        kinds = Counter(str(line.keep) if line.keep else "left" for line in lines)
        plan = self._with_page(plan, lines, kinds)
        return replace(plan, place=(last,), done=plan.done + links, counts=_sum(plan.counts, kinds))

    def _with_page(
        self, plan: KeptPlan, lines: Sequence[LinkLine] | Sequence[SettleLine], kinds: Mapping[str, int]
    ) -> KeptPlan:
        """Its lines are stored before the state that tells of them."""
        if not lines:
            return plan
        contents = [one.to_json(plan.head, values=False) for one in lines]
        self._plans.put_page(plan.id, len(plan.pages), contents)
        proposed = sum(one[plan.head.decision] is True for one in contents)
        return replace(plan, pages=(*plan.pages, dict(kinds)), chosen=plan.chosen + proposed)

    def _saved(self, plan: KeptPlan, before: KeptPlan) -> KeptPlan:
        """Over where another turn, or a later part, holds by now."""
        plan = replace(plan, moved_at=instant_text(self._clock.now()))
        try:
            self._plans.save(plan, lambda there: there.turn == before.turn and there.part <= plan.part)
        except VersionMoved:
            raise Over from None
        return plan

    def _ended(self, plan: KeptPlan, stand: Stand, why: Reason | None = None) -> None:
        now = self._plans.get(plan.id)
        why = why or Reason("", "")
        self._saved(replace(now, stand=stand, why=why.text, why_code=why.code), plan)
        log.info("switch.ended plan=%s doing=%s stand=%s", plan.id, plan.doing, stand)


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))
