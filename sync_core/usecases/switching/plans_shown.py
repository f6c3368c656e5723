"""A plan of *Switch over* and its lines, as the page shows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sync_core.engine.switching.comparing import Agreement
from sync_core.engine.switching.matching import Finding
from sync_core.engine.switching.plan_lines import Decisions, PlanKind
from sync_core.usecases.switching.plans import KeptPlan


def plan_shown(plan: KeptPlan) -> dict[str, Any]:
    """The state of a plan."""
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


def asked_for(plan: KeptPlan, kind: str | None, wanted: str | None) -> Callable[[Mapping[str, Any]], bool]:
    """Whether a line is of the kind, and has the text: a contract's number, or a part of its name or its record's."""
    text = (wanted or "").strip().casefold()

    def is_asked_for(content: Mapping[str, Any]) -> bool:
        return (not kind or _kind(plan.kind, content) == kind) and (not text or _has(content, text))

    return is_asked_for


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


def line_shown(plan: KeptPlan, number: int, content: Mapping[str, Any], decisions: Decisions) -> dict[str, Any]:
    ((_, decided),) = decisions.made(plan.head, [(number, content)])
    names = ("contract_id", "contract", "entity", "record_id", "rule", "why")
    shown = {"line": number, "decided": decided[plan.head.decision], **{name: content[name] for name in names}}
    if plan.kind is PlanKind.LINK:
        more = ("state", "finding", "record", "agrees", "differs", "left", "first_look_writes")
        return {**shown, **{name: content[name] for name in more}}
    return {**shown, **{name: content[name] for name in ("dynamics_column", "oneflow_field", "keep", "why_code")}}
