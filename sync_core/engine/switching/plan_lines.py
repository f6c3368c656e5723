"""The lines of a plan: what it says of each contract and record, and what a person may decide in them.

A person changes one member of a line, the decision; the seal over the others tells whether anything else was changed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model.contract_id import is_contract_id
from sync_core.engine.model.ids import canonical_id
from sync_core.engine.switching.comparing import Agreement, FieldSeen
from sync_core.engine.switching.matching import Finding
from sync_core.errors import Invalid


class PlanKind(StrEnum):
    LINK = "link"
    SETTLE = "settle"


@dataclass(frozen=True, slots=True)
class PlanHead:
    """`environment` is the organisation that the plan was made for: no other takes it."""

    id: str
    kind: PlanKind
    environment: str
    made_at: str = ""

    @property
    def decision(self) -> str:
        """The member of a line that a person decides in."""
        return str(self.kind)

    @classmethod
    def of(cls, plan_id: str, environment: str, made_at: str = "") -> PlanHead:
        """Invalid where this is no plan's id."""
        kind, dash, rest = plan_id.partition("-")
        if not dash or not rest or kind not in set(PlanKind):
            raise Invalid("This is no plan of ours: it does not say which plan it is.")
        return cls(plan_id, PlanKind(kind), environment, made_at)


@dataclass(frozen=True, slots=True)
class LinkLine:
    """One contract and one candidate, or the contract alone where there is none."""

    contract_id: int
    name: str
    state: str
    finding: Finding
    rule: str = ""
    entity: str = ""
    record_id: str = ""
    record: str = ""
    fields: tuple[FieldSeen, ...] = ()
    first_writes: int = 0
    why: str = ""
    seen: str = ""

    @property
    def decided(self) -> bool | None:
        """What the plan proposes: only what is sure is linked unless a person says so."""
        if self.finding is Finding.SURE:
            return True
        return None if self.finding.may_be_linked else False

    def to_json(self, head: PlanHead, values: bool) -> dict[str, Any]:
        fields = [_shown(one, values) for one in self.fields]
        counts = {str(one): sum(field.agreement is one for field in self.fields) for one in Agreement}
        content = {
            "link": self.decided,
            "contract_id": self.contract_id,
            "contract": self.name,
            "state": self.state,
            "finding": str(self.finding),
            "rule": self.rule,
            "entity": self.entity,
            "record_id": self.record_id,
            "record": self.record,
            "why": self.why,
            **counts,
            "first_look_writes": self.first_writes,
            "fields": fields,
            "seen": self.seen,
        }
        return content | {"seal": seal(head, content)}


@dataclass(frozen=True, slots=True)
class SettleLine:
    """One field that is not yet agreed, and what the rule makes of it. `keep` is None where nothing is to be done."""

    contract_id: int
    name: str
    entity: str
    record_id: str
    dynamics_column: str
    oneflow_field: str
    way: str
    keep: Keep | None
    oneflow: str = ""
    dynamics: str = ""
    why: str = ""
    why_code: str = ""
    seen: str = ""

    def to_json(self, head: PlanHead, values: bool) -> dict[str, Any]:
        content: dict[str, Any] = {
            "settle": self.keep is not None,
            "contract_id": self.contract_id,
            "contract": self.name,
            "entity": self.entity,
            "record_id": self.record_id,
            "dynamics_column": self.dynamics_column,
            "oneflow_field": self.oneflow_field,
            "rule": self.way,
            "keep": str(self.keep) if self.keep else "",
            "why": self.why,
            "why_code": self.why_code,
            "seen": self.seen,
        }
        if values:
            content |= {"oneflow": self.oneflow, "dynamics": self.dynamics}
        return content | {"seal": seal(head, content)}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A line that is to be done. `line` is where it stands in its file."""

    line: int
    contract_id: int
    entity: str
    record_id: str
    seen: str
    oneflow_field: str = ""
    keep: str = ""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a person decided where a plan's lines are not edited themselves: the numbers of lines to do and to leave;
    every other line is as the plan proposes."""

    do: frozenset[int] = frozenset()
    leave: frozenset[int] = frozenset()

    def then(self, later: Decisions) -> Decisions:
        """These, and what somebody decided later."""
        return Decisions((self.do - later.leave) | later.do, (self.leave - later.do) | later.leave)

    def to_json(self) -> dict[str, Any]:
        return {"do": sorted(self.do), "leave": sorted(self.leave)}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Decisions:
        return cls(frozenset(content.get("do", ())), frozenset(content.get("leave", ())))

    def made(
        self, head: PlanHead, lines: Iterable[tuple[int, Mapping[str, Any]]]
    ) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The lines as they are decided."""
        for number, content in lines:
            decided = True if number in self.do else False if number in self.leave else content[head.decision]
            yield number, {**content, head.decision: decided}


# What an apply goes by; whatever else stands in a line is for people.
_SEALED = ("contract_id", "entity", "record_id", "finding", "oneflow_field", "keep", "seen")


def seal(head: PlanHead, content: Mapping[str, Any]) -> str:
    """Over what an apply goes by, the plan's id and its environment."""
    parts = [head.id, head.environment, *(str(content.get(name) or "") for name in _SEALED)]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:16]


def _shown(one: FieldSeen, values: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "dynamics_column": one.dynamics_column,
        "oneflow_field": one.oneflow_field,
        "agreement": str(one.agreement),
        "reason": one.reason,
        "reason_code": one.reason_code,
    }
    return content | ({"oneflow": one.oneflow, "dynamics": one.dynamics} if values else {})


_YES = frozenset({"yes", "y", "true", "1", "x", "ja"})
_NO = frozenset({"", "no", "n", "false", "0", "nej", "none"})
_MOST_TOLD = 50


def chosen(head: PlanHead, lines: Iterable[tuple[int, Mapping[str, Any]]], every: bool = False) -> list[Chosen]:
    """The lines that are to be done, in their order, or `every` one that could have been. Invalid with a problem for
    each line that cannot be believed: then none is done."""
    problems: list[Mapping[str, Any]] = []
    found: list[Chosen] = []
    first: dict[tuple[int, str], int] = {}
    for number, content in lines:
        problem, one = _line(head, number, content, every)
        if one is not None and every:
            found.append(one)
        elif one is not None:
            key = (one.contract_id, one.oneflow_field.casefold())
            if key in first:
                problem = _twice(head, one, first[key])
            else:
                first[key] = number
                found.append(one)
        if problem:
            problems.append({"line": number, "detail": problem})
    if problems:
        told = problems[:_MOST_TOLD]
        if len(problems) > len(told):
            told = [*told, {"detail": f"and {len(problems) - len(told)} more lines"}]
        raise Invalid("The plan cannot be applied; nothing was done.", problems=told)
    return found


def _twice(head: PlanHead, one: Chosen, before: int) -> str:
    if head.kind is PlanKind.LINK:
        return f"Contract {one.contract_id} is to be linked twice, here and in line {before}: it has one record."
    return f"The field {one.oneflow_field} of contract {one.contract_id} is to be settled twice, also in line {before}."


def _line(head: PlanHead, number: int, content: Mapping[str, Any], every: bool) -> tuple[str | None, Chosen | None]:
    """What is wrong with it, or the line where it is to be done."""
    decision, contract_id = _decision(content.get(head.decision)), _number(content.get("contract_id"))
    if decision is None:
        return f"{head.decision} must be yes or no.", None
    if contract_id is None:
        return "contract_id is no contract's number.", None
    if problem := _not_its(head, content):
        return problem, None
    if not decision and not every:
        return None, None
    if problem := _not_doable(head, content):
        return (None if every else problem), None
    names = ("entity", "record_id", "seen", "oneflow_field", "keep")
    entity, record_id, *others = (str(content.get(name) or "") for name in names)
    return None, Chosen(number, contract_id, entity, canonical_id(record_id), *others)


def _not_its(head: PlanHead, content: Mapping[str, Any]) -> str | None:
    """Why it is no line of the plan as the plan was made."""
    if (plan := content.get("plan")) not in (None, head.id):
        return f"It is a line of another plan ({str(plan)[:60]})."
    if content.get("seal") != seal(head, content):
        return f"It was changed beyond {head.decision}, or is of another environment: make a new plan instead."
    return None


def _not_doable(head: PlanHead, content: Mapping[str, Any]) -> str | None:
    """Why a line that is in order cannot be done all the same."""
    if head.kind is PlanKind.SETTLE:
        return None if content.get("keep") else "There is nothing to keep: the rule leaves this field."
    finding = next((one for one in Finding if one == content.get("finding")), Finding.NONE)
    if not finding.may_be_linked:
        return f"It cannot be linked: {_WHY_NOT.get(finding, 'the plan found no record for it')}."
    return None


_WHY_NOT = {
    Finding.LINKED: "it is linked already",
    Finding.NO_RIGHT: "the contract or its record may not be read",
    Finding.OWNED: "Oneflow's own app owns its template type; open that one first",
}


def _decision(value: Any) -> bool | None:
    text = str(value if value is not None else "").strip().casefold()
    return True if text in _YES else False if text in _NO else None


def _number(value: Any) -> int | None:
    text = str(value).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 16 else 0
    return number if is_contract_id(number) else None


def counted(lines: Sequence[LinkLine]) -> dict[str, int]:
    """Contracts by what was found; of several candidates' lines each contract counts once, as one that may be linked
    where one of them may."""
    found: dict[int, Finding] = {}
    for line in lines:
        if line.contract_id not in found or line.finding.may_be_linked:
            found[line.contract_id] = line.finding
    return {str(one): sum(finding is one for finding in found.values()) for one in Finding}
