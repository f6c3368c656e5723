"""Switching over from a page: plans that the app makes, keeps and does itself, in jobs, whoever looks on.

A job works for a while and hands the rest on to the next one, so that no invocation gets long. A plan's state names the
turn and the part that hold: whatever job comes late or twice, finds that it is over.
"""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sync_core.engine.model.actor import Actor
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.jobs import SwitchJob
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import Reason
from sync_core.engine.switching.comparing import Agreement, compared
from sync_core.engine.switching.matching import Finding
from sync_core.engine.switching.plan_lines import Decisions, LinkLine, PlanHead, PlanKind, SettleLine, chosen, counted
from sync_core.engine.switching.rules import Rule, SettleRules, rules_of, settle_rules_of
from sync_core.errors import (
    ConfigurationError,
    ConnectionBroken,
    Invalid,
    NoAccount,
    SyncError,
    Taken,
    Temporary,
    VersionMoved,
)
from sync_core.usecases.ports import Clock
from sync_core.usecases.stores import Jobs, Operations
from sync_core.usecases.switching.find import Place, unlinked
from sync_core.usecases.switching.patience import Stopped
from sync_core.usecases.switching.plans import Doing, KeptPlan, Plans, Stand
from sync_core.usecases.switching.runs import Progress
from sync_core.usecases.switching.switch_over import SwitchOver
from sync_core.usecases.switching.troubles import told
from sync_core.usecases.sync.open import Opener

log = logging.getLogger(__name__)

_WHILE = 60.0  # seconds that one job works; what it has in hand then is done before it hands on
_AT_ONCE = 50  # lines of an answer
_PAGES_LOOKED = 30  # of stored lines, for one answer
_FILE_PAGES = 5  # of stored lines in a part of a file
_LEFT_SHOWN = 200
_CAME_FIRST = "Somebody else decided about this plan meanwhile: look at it as it is now, and decide anew."
_UNSEEN = "You may not read both sides, or one of them is not there any more."

AsFile = Callable[[PlanHead, Iterable[Mapping[str, Any]], str, bool, Mapping[str, int] | None], str]


class Over(Exception):
    """Another turn holds, or this part was handed on already."""


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
        return self._shown(self._started(plan, Doing.FIND))

    def plans(self) -> list[dict[str, Any]]:
        return [self._shown(one) for one in self._plans.all()]

    def show(self, plan_id: str) -> dict[str, Any]:
        plan = self._plans.get(plan_id)
        return {**self._shown(plan), "left_lines": self._left(plan)}

    def act(self, plan_id: str, action: str, decisions: Decisions, seen: str | None = None) -> dict[str, Any]:
        """Apply, undo, stop, or go on. `seen`: the plan's turn that the person looked at. Taken (409) where something
        else is being done with the plan, or somebody else came first: of two who decide, one is told to look again."""
        plan = self._plans.get(plan_id)
        if seen is not None and seen != plan.turn:
            raise Taken(_CAME_FIRST)
        if action == "stop":
            self._plans.stop(plan)
            return self._shown(plan)
        if action == "go_on":
            return self._shown(self._started(plan, plan.doing))  # also of a run that says nothing any more
        if plan.stand is Stand.RUNNING:
            raise Taken("Something is being done with this plan; stop it first.")
        if plan.doing is Doing.FIND and plan.stand is not Stand.DONE:
            raise Taken("The plan is not whole yet; go on with it first.")
        if action == "apply":
            decisions = self._plans.decisions(plan).then(decisions)
            return self._shown(self._started(plan, Doing.APPLY, (self._check(plan, decisions), decisions)))
        return self._shown(self._started(plan, Doing(action)))

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
        decisions = self._plans.decisions(plan)
        start = _line_number(after)
        text = (wanted or "").strip().casefold()
        found: list[dict[str, Any]] = []
        first, looked = 1, 0
        for page, counts in enumerate(plan.pages):
            following = first + sum(counts.values())
            if following > start and (not kind or counts.get(kind)):
                if looked == _PAGES_LOOKED:
                    return found, str(first)
                looked += 1
                for number, content in enumerate(self._plans.page(plan_id, page), first):
                    if (
                        number < start
                        or (kind and _kind(plan.kind, content) != kind)
                        or (text and not _has(content, text))
                    ):
                        continue
                    if len(found) == _AT_ONCE:
                        return found, str(number)
                    found.append(_line_shown(plan, number, content, decisions))
            first = following
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

    # --- what its job does --------------------------------------------------------------------------------------------

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
        if plan.kind is PlanKind.SETTLE:
            rules = settle_rules_of(plan.rules)
            after = int(plan.place[0]) if plan.place else 0
            for some in over.plan_settling(rules, after):
                if some.links:
                    plan = self._with_settling(plan, some.lines, some.links, some.last)
                plan = self._saved(replace(plan, total=some.total), plan)
                if self._must_end(plan, late, over):
                    return False
            return True
        place = Place(*plan.place) if plan.place else None
        seen = {content["contract_id"] for _, content in self._plans.lines(plan)} if plan.place else set()
        for page in over.plan_links(rules_of(plan.rules), place, seen):
            after_page = (page.after.state, page.after.offset, page.after.total)
            plan = self._saved(self._with_links(plan, page.lines, page.contracts, page.total, after_page), plan)
            if self._must_end(plan, late, over):
                return False
        return True

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

    def _must_end(self, plan: KeptPlan, late: Callable[[], bool], over: SwitchOver) -> bool:
        if self._plans.is_stopped(plan):
            over.stop()
            raise Stopped("The plan was stopped.")
        return late()

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

    def _left(self, plan: KeptPlan) -> list[dict[str, Any]]:
        """The lines that were not done, and why; the first of them."""
        kept = self._kept.result(f"switch-{plan.doing}-{plan.id}") if plan.doing is not Doing.FIND else None
        left = Progress.from_json(kept).left if kept else ()
        return [asdict(one) for one in left[:_LEFT_SHOWN]]

    @staticmethod
    def _shown(plan: KeptPlan) -> dict[str, Any]:
        kinds = [str(one) for one in Finding] if plan.kind is PlanKind.LINK else ["oneflow", "dynamics", "left"]
        return {
            "plan_id": plan.id,
            "kind": str(plan.kind),
            "made_at": plan.made_at,
            "made_by": plan.made_by,
            "rules": plan.rules,
            "doing": str(plan.doing),
            "stand": str(plan.stand),
            "turn": plan.turn,
            "moved_at": plan.moved_at,
            "why": plan.why,
            "why_code": plan.why_code,
            "done": plan.done,
            "total": plan.total,
            "lines": plan.lines,
            "counts": {one: plan.counts.get(one, 0) for one in kinds},
            "agreement": {str(one): plan.agreement.get(str(one), 0) for one in Agreement},
            "first_look_writes": plan.first_writes,
            "chosen": plan.chosen,
            "results": {name: plan.results.get(name, 0) for name in ("done", "before", "left")},
            "fields_written": plan.fields,
        }


def _parsed(kind: PlanKind, rules: Mapping[str, Any]) -> Sequence[Rule] | SettleRules:
    return settle_rules_of(rules) if kind is PlanKind.SETTLE else rules_of(rules)


def _no_line(plan: KeptPlan, number: int) -> dict[str, Any]:
    return {"field": plan.head.decision, "line": number, "detail": "The plan has no such line."}


def _kind(kind: PlanKind, content: Mapping[str, Any]) -> str:
    """What the line is counted under."""
    return str(content["finding"]) if kind is PlanKind.LINK else str(content["keep"] or "left")


def _has(content: Mapping[str, Any], text: str) -> bool:
    names = (
        str(content["contract_id"]),
        content["contract"],
        content.get("record", ""),
        content.get("oneflow_field", ""),
    )
    return any(text in name.casefold() for name in names)


def _line_shown(plan: KeptPlan, number: int, content: Mapping[str, Any], decisions: Decisions) -> dict[str, Any]:
    ((_, decided),) = decisions.made(plan.head, [(number, content)])
    names = ("contract_id", "contract", "entity", "record_id", "rule", "why")
    shown = {"line": number, "decided": decided[plan.head.decision], **{name: content[name] for name in names}}
    if plan.kind is PlanKind.LINK:
        more = ("state", "finding", "record", "agrees", "differs", "left", "first_look_writes")
        return {**shown, **{name: content[name] for name in more}}
    return {**shown, **{name: content[name] for name in ("dynamics_column", "oneflow_field", "keep", "why_code")}}


def _sum(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return dict(Counter(one) + Counter(other))


def _line_number(text: str | None) -> int:
    if text is None:
        return 1
    if not (text.isascii() and text.isdigit() and 0 < len(text) < 8):
        raise Invalid("next is none that was given out.", status=400)
    return int(text)
