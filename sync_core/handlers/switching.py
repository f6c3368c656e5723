"""Switching over, for administrators: plans, what is done with them, and template types that are taken over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sync_core.engine.switching.plan_lines import Decisions
from sync_core.errors import Gone, Invalid
from sync_core.handlers.operation import operation
from sync_core.handlers.web import Call
from sync_core.handlers.whole_numbers import whole_number
from sync_core.handlers.wire.switching import (
    ComparedLine,
    Confirmed,
    NewSwitchPlan,
    OwnedTemplateType,
    OwnedTemplateTypes,
    PlanFile,
    ShownSwitchPlan,
    SwitchAction,
    SwitchFileQuery,
    SwitchLines,
    SwitchLinesQuery,
    SwitchPlan,
    SwitchPlans,
)

Json = dict[str, Any]


@operation("The plans of switching over, the newest first.", SwitchPlans)
def list_switch_plans(call: Call) -> Json:
    return {"plans": call.services.switch_desk.plans(), "next": None}


@operation(
    "Make a plan of links, or of what becomes of fields that are not yet agreed; writes nothing else.",
    SwitchPlan,
    status=202,
    refusal="The rules cannot be used.",
)
def make_switch_plan(call: Call, body: NewSwitchPlan) -> Json:
    if (body.rules is None) == (body.settle is None):
        raise Invalid("Send either rules or settle.", problems=[{"field": "rules", "detail": "or settle, not both"}])
    rules = body.model_dump(mode="json", exclude_none=True)
    return call.services.switch_desk.make(rules, call.actor.name)


@operation("A plan: its counts, how far it is, and the lines that were not done.", ShownSwitchPlan)
def show_switch_plan(call: Call) -> Json:
    return call.services.switch_desk.show(call.part("plan_id"))


@operation("A plan's lines.", SwitchLines)
def list_switch_lines(call: Call, query: SwitchLinesQuery) -> Json:
    lines, following = call.services.switch_desk.lines(call.part("plan_id"), query.kind, query.q, query.next)
    return {"lines": lines, "next": following}


@operation("Both sides of one line as they are now: with values for who may see them.", ComparedLine)
def compare_switch_line(call: Call) -> Json:
    return call.services.switch_desk.compare(call.part("plan_id"), _number(call, "line"), call.actor)


@operation("A part of a plan as a file, which the command-line tool takes, too.", PlanFile)
def read_switch_file(call: Call, query: SwitchFileQuery) -> Json:
    return call.services.switch_desk.file(call.part("plan_id"), query.format, query.next)


@operation(
    "Apply a plan, take back what that did, stop, or go on.",
    SwitchPlan,
    status=202,
    refusal="The plan cannot be applied; nothing was done.",
)
def act_on_switch_plan(call: Call, body: SwitchAction) -> Json:
    do, leave = frozenset(body.do or ()), frozenset(body.leave or ())
    if both := sorted(do & leave):
        problems = [{"field": "leave", "line": number, "detail": "It is in do, too."} for number in both[:200]]
        raise Invalid("The plan cannot be applied; nothing was done.", problems=problems)
    return call.services.switch_desk.act(call.part("plan_id"), body.action, Decisions(do, leave), body.turn)


@operation("The template types that Oneflow's own app owns, and who opened which.", OwnedTemplateTypes)
def list_owned_types(call: Call) -> Json:
    return {"template_types": [asdict(one) for one in call.services.takeover.types()], "next": None}


@operation(
    "Take a template type over from Oneflow's own app.",
    OwnedTemplateType,
    refusal="The template type cannot be opened.",
)
def open_owned_type(call: Call, body: Confirmed) -> Json:
    opened = call.services.takeover.open(_number(call, "type_id"), call.actor.name, two_way_is_off=body.two_way_is_off)
    return asdict(opened)


@operation("Close it again: its links stay, and no more are made.", OwnedTemplateType)
def close_owned_type(call: Call) -> Json:
    return asdict(call.services.takeover.close(_number(call, "type_id")))


def _number(call: Call, name: str) -> int:
    try:
        return whole_number(call.part(name))
    except ValueError as error:
        raise Gone("There is nothing with this number.", side="storage") from error
