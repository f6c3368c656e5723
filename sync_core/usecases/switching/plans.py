"""Plans that the app itself makes and applies: how far each is, and its lines, page by page, in storage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sync_core.engine.switching.plan_lines import Decisions, PlanHead, PlanKind
from sync_core.errors import Gone
from sync_core.usecases.stores import Operations

_STATE, _LINES, _DECISIONS, _STOP = "switch-state-", "switch-lines-", "switch-decisions-", "switch-stop-"


class Doing(StrEnum):
    """What is done with a plan, or was done last."""

    FIND = "find"
    APPLY = "apply"
    UNDO = "undo"


class Stand(StrEnum):
    """How that stands."""

    RUNNING = "running"
    STOPPED = "stopped"  # by a person
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class KeptPlan:
    """`turn` is that of the run: a job of another one is over. `part`: how often its job was handed on. `place`: where
    the next page is looked for. `pages`: of each page of lines how many of each kind it holds. `counts`: contracts by
    what was found, or fields by the side that is kept. `results`: what became of lines. `why`: what holds it up.
    `decided`: the turn in which a person last said which lines are done."""

    id: str
    kind: PlanKind
    environment: str
    made_at: str
    made_by: str
    rules: Any
    turn: str = ""
    part: int = 0
    doing: Doing = Doing.FIND
    stand: Stand = Stand.RUNNING
    moved_at: str = ""
    total: int = 0
    done: int = 0
    place: Sequence[Any] = ()
    pages: Sequence[Mapping[str, int]] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    agreement: Mapping[str, int] = field(default_factory=dict)
    first_writes: int = 0
    chosen: int = 0
    results: Mapping[str, int] = field(default_factory=dict)
    fields: int = 0
    why: str = ""
    why_code: str = ""
    decided: str = ""

    @property
    def head(self) -> PlanHead:
        return PlanHead(self.id, self.kind, self.environment, self.made_at)

    @property
    def lines(self) -> int:
        return sum(sum(page.values()) for page in self.pages)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> KeptPlan:
        kind, doing, stand = PlanKind(content["kind"]), Doing(content["doing"]), Stand(content["stand"])
        return cls(**{**content, "kind": kind, "doing": doing, "stand": stand})


class Plans:
    """Where plans are kept."""

    def __init__(self, kept: Operations) -> None:
        self._kept = kept

    def all(self) -> list[KeptPlan]:
        """The newest first."""
        found = [KeptPlan.from_json(one) for one in self._kept.listed(_STATE)]
        return sorted(found, key=lambda one: (one.made_at, one.id), reverse=True)

    def get(self, plan_id: str) -> KeptPlan:
        found = self._kept.result(f"{_STATE}{plan_id}")
        if found is None:
            raise Gone("The plan does not exist, or it was removed. Make a new one.", side="storage")
        return KeptPlan.from_json(found)

    def add(self, plan: KeptPlan) -> None:
        self._kept.finish(f"{_STATE}{plan.id}", asdict(plan))

    def save(self, plan: KeptPlan, still: Callable[[KeptPlan], bool]) -> None:
        """In place of a state that `still` holds; VersionMoved where somebody else came first."""
        change = self._kept.change
        change(f"{_STATE}{plan.id}", asdict(plan), lambda there: still(KeptPlan.from_json(there)))

    def put_page(self, plan_id: str, number: int, lines: Sequence[Mapping[str, Any]]) -> None:
        self._kept.finish(f"{_LINES}{plan_id}-{number}", {"lines": lines})

    def page(self, plan_id: str, number: int) -> Sequence[Mapping[str, Any]]:
        found = self._kept.result(f"{_LINES}{plan_id}-{number}")
        if found is None:
            raise Gone("The plan's lines were removed. Make a new plan.", side="storage")
        lines: Sequence[Mapping[str, Any]] = found["lines"]
        return lines

    def lines(self, plan: KeptPlan) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """All of them with their numbers, from 1."""
        number = 0
        for page in range(len(plan.pages)):
            for line in self.page(plan.id, page):
                number += 1
                yield number, line

    def line(self, plan: KeptPlan, number: int) -> Mapping[str, Any]:
        first = 1
        for page, counts in enumerate(plan.pages):
            size = sum(counts.values())
            if first <= number < first + size:
                return self.page(plan.id, page)[number - first]
            first += size
        raise Gone("The plan has no such line.", side="storage")

    def decide(self, plan: KeptPlan, decisions: Decisions) -> None:
        """Under its turn's name: what another administrator decides at the same moment stands beside it."""
        self._kept.finish(_decisions(plan), decisions.to_json())

    def decisions(self, plan: KeptPlan) -> Decisions:
        return Decisions.from_json(self._kept.result(_decisions(plan)) or {})

    def stop(self, plan: KeptPlan) -> None:
        self._kept.finish(f"{_STOP}{plan.id}", {"turn": plan.turn})

    def is_stopped(self, plan: KeptPlan) -> bool:
        return (self._kept.result(f"{_STOP}{plan.id}") or {}).get("turn") == plan.turn


def _decisions(plan: KeptPlan) -> str:
    return f"{_DECISIONS}{plan.id}-{plan.decided}"
