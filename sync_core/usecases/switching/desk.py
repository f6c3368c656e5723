"""Switching over from a page: plans that an administrator has made, looks at and decides on. Jobs do the work, whoever
looks on (plan_job.py)."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import SwitchJob
from sync_core.engine.model.link import Link
from sync_core.engine.switching.comparing import compared
from sync_core.engine.switching.plan_lines import Decisions, PlanHead, PlanKind, chosen
from sync_core.engine.switching.rules import Rule, SettleRules, rules_of, settle_rules_of
from sync_core.errors import (
    ConnectionBroken,
    Invalid,
    InvalidPageToken,
    NoAccount,
    SyncError,
    Taken,
    Temporary,
    VersionMoved,
)
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Jobs, Operations
from sync_core.usecases.switching.find import unlinked
from sync_core.usecases.switching.plans import Doing, KeptPlan, Plans, Stand
from sync_core.usecases.switching.plans_shown import asked_for, line_shown, plan_shown
from sync_core.usecases.switching.runs import Progress
from sync_core.usecases.switching.switch_over import SwitchOver
from sync_core.usecases.sync.open import Opener

log = logging.getLogger(__name__)

_AT_ONCE = 50  # lines of an answer
_PAGES_LOOKED = 30  # of stored lines, for one answer
_FILE_PAGES = 5  # of stored lines in a part of a file
_LEFT_SHOWN = 200
_CAME_FIRST = "Somebody else decided about this plan meanwhile: look at it as it is now, and decide anew."
_UNSEEN = "You may not read both sides, or one of them no longer exists."

AsFile = Callable[[PlanHead, Iterable[Mapping[str, Any]], str, bool, Mapping[str, int] | None], str]


class SwitchDesk:
    """`begin` makes a new run, which asks whether it is to be stopped. `as_file`: lines as a part of a plan's file."""

    def __init__(
        self,
        begin: Callable[[Callable[[], bool]], SwitchOver],
        kept: Operations,
        jobs: Jobs,
        clock: Clock,
        opener: Opener,
        environment: str,
        as_file: AsFile,
    ) -> None:
        self._begin, self._kept, self._jobs, self._clock = begin, kept, jobs, clock
        self._opener, self._environment, self._as_file = opener, environment, as_file
        self._plans = Plans(kept)

    # --- what an administrator asks for -------------------------------------------------------------------------------

    def make(self, rules: Mapping[str, Any], who: str) -> dict[str, Any]:
        """A new plan, which a job then finds the lines of. Invalid where a rule is wrong or names what is not there."""
        kind = PlanKind.SETTLE if "settle" in rules else PlanKind.LINK
        self._begin(lambda: False).check(_parsed(kind, rules))
        now = instant_text(self._clock.now())
        plan = KeptPlan(f"{kind}-{uuid.uuid4().hex[:16]}", kind, self._environment, now, who, rules)
        self._plans.add(plan)
        return plan_shown(self._started(plan, Doing.FIND))

    def plans(self) -> list[dict[str, Any]]:
        return [plan_shown(one) for one in self._plans.all()]

    def show(self, plan_id: str) -> dict[str, Any]:
        plan = self._plans.get(plan_id)
        return {**plan_shown(plan), "left_lines": self._left(plan)}

    def act(self, plan_id: str, action: str, decisions: Decisions, seen: str | None = None) -> dict[str, Any]:
        """Apply, undo, stop, or go on. `seen`: the plan's turn that the person looked at. Taken (409) where something
        else is being done with the plan, or somebody else came first: of two who decide, one is told to look again."""
        plan = self._plans.get(plan_id)
        if seen is not None and seen != plan.turn:
            raise Taken(_CAME_FIRST)
        if action == "stop":
            self._plans.stop(plan)
            return plan_shown(plan)
        if action == "go_on":
            return plan_shown(self._started(plan, plan.doing))  # also of a run that says nothing any more
        if plan.stand is Stand.RUNNING:
            raise Taken("Something is being done with this plan; stop it first.")
        if plan.doing is Doing.FIND and plan.stand is not Stand.DONE:
            raise Taken("The plan is not whole yet; go on with it first.")
        if action == "apply":
            decisions = self._plans.decisions(plan).then(decisions)
            return plan_shown(self._started(plan, Doing.APPLY, (self._check(plan, decisions), decisions)))
        return plan_shown(self._started(plan, Doing(action)))

    def _check(self, plan: KeptPlan, decisions: Decisions) -> int:
        """How many lines are to be done. Invalid, before anything is, with every line that cannot be as it is
        decided."""
        asked = decisions.do | decisions.leave
        if none := sorted(number for number in asked if not 1 <= number <= plan.lines):
            problems = [_no_line(plan, number) for number in none[:_LEFT_SHOWN]]
            raise Invalid("The plan cannot be applied; nothing was done.", problems=problems)
        try:
            wanted = chosen(plan.head, decisions.made(plan.head, self._plans.lines(plan)))
        except Invalid as error:
            told = [{"field": plan.head.decision, **one} for one in error.problems]
            raise Invalid(str(error), problems=told) from None
        return len(wanted)

    def lines(
        self, plan_id: str, kind: str | None, wanted: str | None, after: str | None
    ) -> tuple[list[dict[str, Any]], str | None]:
        """Some lines, of one kind or all. `wanted`: a contract's number, or a part of its name or its record's."""
        plan = self._plans.get(plan_id)
        decisions, start = self._plans.decisions(plan), _line_number(after)
        is_asked_for = asked_for(plan, kind, wanted)
        found: list[dict[str, Any]] = []
        for looked, (page, first) in enumerate(_pages(plan, kind, start)):
            if looked == _PAGES_LOOKED:
                return found, str(first)
            for number, content in enumerate(self._plans.page(plan_id, page), first):
                if number < start or not is_asked_for(content):
                    continue
                if len(found) == _AT_ONCE:
                    return found, str(number)
                found.append(line_shown(plan, number, content, decisions))
        return found, None

    def compare(self, plan_id: str, number: int, actor: Actor) -> dict[str, Any]:
        """One line's fields: with both values for who may read both sides, else as the plan knows them."""
        plan = self._plans.get(plan_id)
        content = self._plans.line(plan, number)
        shown = {"line": number, "contract_id": content["contract_id"], "first_look_writes": 0}
        named = content.get("oneflow_field")
        if not content["record_id"]:
            return {**shown, "values": False, "changed": False, "why": content["why"], "fields": []}
        link = Link(content["contract_id"], content["entity"], content["record_id"])
        try:
            reads = self._opener.read(link, actor)
        except (Temporary, ConnectionBroken):
            raise
        except SyncError as error:
            fields = [{**one, "oneflow": None, "dynamics": None} for one in content.get("fields", ())]
            why = str(error) if isinstance(error, NoAccount) else _UNSEEN
            known = {"first_look_writes": content.get("first_look_writes", 0)}
            return {**shown, **known, "values": False, "changed": False, "why": why, "fields": fields}
        now = compared(unlinked(reads))
        return {
            **shown,
            "first_look_writes": now.first_writes,
            "values": True,
            "changed": plan.kind is PlanKind.LINK and now.digest != content["seen"],
            "why": "",
            "fields": [
                {
                    "dynamics_column": one.dynamics_column,
                    "oneflow_field": one.oneflow_field,
                    "agreement": str(one.agreement),
                    "reason": one.reason,
                    "reason_code": one.reason_code,
                    "oneflow": one.oneflow,
                    "dynamics": one.dynamics,
                }
                for one in now.fields
                if named in (None, one.oneflow_field)
            ],
        }

    def file(self, plan_id: str, format_: str, after: str | None) -> dict[str, Any]:
        """A part of the plan as a file that the command-line tool takes, too."""
        plan = self._plans.get(plan_id)
        page = _line_number(after) - 1
        pages = range(page, min(page + _FILE_PAGES, len(plan.pages)))
        decided = self._plans.decisions(plan)
        numbers = sum(sum(one.values()) for one in plan.pages[:page])
        some = ((numbers + place, line) for place, line in enumerate(self._of_pages(plan, pages), 1))
        lines = (line for _, line in decided.made(plan.head, some))
        ends = pages.stop >= len(plan.pages)
        text = self._as_file(plan.head, lines, format_, page == 0, plan.counts if ends else None)
        following = None if ends else str(pages.stop + 1)
        return {"name": f"{plan.id}.{format_}", "text": text, "next": following}

    def _of_pages(self, plan: KeptPlan, pages: Iterable[int]) -> Iterable[Mapping[str, Any]]:
        for page in pages:
            yield from self._plans.page(plan.id, page)

    # --- its state ----------------------------------------------------------------------------------------------------

    def _started(self, plan: KeptPlan, doing: Doing, decided: tuple[int, Decisions] | None = None) -> KeptPlan:
        """A new turn, whose job goes on where the last one of the same kind ended. `decided`: how many lines it does,
        and which. Taken where another turn began meanwhile."""
        before, turn = plan, uuid.uuid4().hex[:12]
        if decided:
            chosen_, decisions = decided
            plan = replace(plan, chosen=chosen_, decided=turn)
            self._plans.decide(plan, decisions)
        goes_on = doing is plan.doing and plan.stand is not Stand.DONE
        plan = replace(plan, turn=turn, part=0, doing=doing, stand=Stand.RUNNING, why="", why_code="")
        if not goes_on and doing is not Doing.FIND:
            plan = replace(plan, done=0, total=0, results={}, fields=0)
        plan = replace(plan, moved_at=instant_text(self._clock.now()))
        try:
            self._plans.save(plan, lambda there: there.turn == before.turn)
        except VersionMoved:
            raise Taken(_CAME_FIRST) from None
        self._jobs.put(SwitchJob(plan.id, turn))
        log.info("switch.started plan=%s doing=%s", plan.id, doing)
        return plan

    def _left(self, plan: KeptPlan) -> list[dict[str, Any]]:
        """The lines that were not done, and why; the first of them."""
        kept = self._kept.result(f"switch-{plan.doing}-{plan.id}") if plan.doing is not Doing.FIND else None
        left = Progress.from_json(kept).left if kept else ()
        return [asdict(one) for one in left[:_LEFT_SHOWN]]


def _parsed(kind: PlanKind, rules: Mapping[str, Any]) -> Sequence[Rule] | SettleRules:
    return settle_rules_of(rules) if kind is PlanKind.SETTLE else rules_of(rules)


def _pages(plan: KeptPlan, kind: str | None, start: int) -> Iterator[tuple[int, int]]:
    """The stored pages that have lines of the kind from `start` on, each with the number of its first line."""
    first = 1
    for page, counts in enumerate(plan.pages):
        following = first + sum(counts.values())
        if following > start and (not kind or counts.get(kind)):
            yield page, first
        first = following


def _no_line(plan: KeptPlan, number: int) -> dict[str, Any]:
    return {"field": plan.head.decision, "line": number, "detail": "The plan has no such line."}


def _line_number(text: str | None) -> int:
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 8):
        raise InvalidPageToken
    return int(text)
