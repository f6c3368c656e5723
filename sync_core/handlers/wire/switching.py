"""The shapes of switching over: rules, plans, their lines, template types that are taken over."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sync_core.engine.model.words import ContractState
from sync_core.engine.switching.comparing import Agreement
from sync_core.engine.switching.matching import Finding
from sync_core.engine.switching.rules import RuleKind, SettleWay
from sync_core.handlers.wire.members import Answer, Body, Next, Query, text
from sync_core.usecases.switching.plans import Doing, Stand

MOST_RULES = 20
MOST_DECISIONS = 50_000  # more contracts than Oneflow lists


def _name() -> Any:
    return Field(
        None, pattern=r"^[A-Za-z][A-Za-z0-9_]{0,127}$", description="the logical name of a table or of a column"
    )


def _line_numbers() -> Any:
    return Field(
        None, max_length=MOST_DECISIONS, description=f"a list of at most {MOST_DECISIONS} lines' numbers, from 1 on"
    )


class SwitchRule(Body):
    """What tells which record a contract belongs to; docs/switch-over.md has the members of each kind."""

    kind: RuleKind = Field(strict=False)
    entity: str | None = _name()
    table: str | None = _name()
    contract_column: str | None = _name()
    record_column: str | None = _name()
    field: str | None = text(255, None)
    column: str | None = _name()
    account_column: str | None = _name()
    number_column: str | None = _name()
    email_column: str | None = _name()


class NewSwitchPlan(Body):
    """`rules` for a plan of links, in their order; `settle` for one of fields that are not yet agreed, by table and
    data field."""

    rules: list[SwitchRule] | None = Field(None, min_length=1, max_length=MOST_RULES)
    settle: dict[str, dict[str, Annotated[SettleWay, Field(strict=False)]]] | None = Field(
        None,
        description='by table and data field what becomes of it, as {"opportunity": {"customer_name": "keep_oneflow", '
        '"*": "fill_empty"}}',
    )


class SwitchAction(Body):
    """`do` and `leave`: the numbers of lines that are decided otherwise than the plan proposes, for an apply. `turn`:
    that of the plan as it was looked at; 409 where somebody else did something with the plan since."""

    action: Literal["apply", "stop", "go_on", "undo"]
    do: list[int] | None = _line_numbers()
    leave: list[int] | None = _line_numbers()
    turn: str | None = text(64, None)


class SwitchLinesQuery(Query):
    """`kind`: a finding, or the side that is kept; `q`: a contract's number, or a part of its name or the record's."""

    kind: Literal[
        "sure", "suggested", "several", "none", "linked", "no_right", "owned", "oneflow", "dynamics", "left"
    ] | None = None  # fmt: skip
    q: str | None = None
    next: str | None = None


class SwitchFileQuery(Query):
    format: Literal["csv", "json"] = "csv"
    next: str | None = None


class Confirmed(Body):
    """`two_way_is_off`: that the two-way sync of Oneflow's own app is off for the template type."""

    two_way_is_off: bool


class AgreementCounts(Answer):
    agrees: int
    differs: int
    left: int


class RunResults(Answer):
    """What became of the lines so far: `before` had been done by the same plan already."""

    done: int
    before: int
    left: int


class SwitchPlan(Answer):
    """`doing` is what is done with it, or was last; `done` of `total` contracts or links are behind it."""

    plan_id: str
    kind: Literal["link", "settle"]
    made_at: str
    made_by: str
    rules: dict[str, Any] = Field(description="As they were sent.")
    doing: Doing
    stand: Stand
    turn: str = Field(description="Another one each time that something is begun with the plan.")
    moved_at: str
    why: str = Field(description="What holds it up, or made it fail.")
    why_code: str
    done: int
    total: int
    lines: int
    counts: dict[str, int] = Field(description="Contracts by what was found, or fields by the side that is kept.")
    agreement: AgreementCounts
    first_look_writes: int
    chosen: int = Field(description="Lines that an apply does: as the plan proposes, or as it was last decided.")
    results: RunResults
    fields_written: int


class LeftFieldOfLine(Answer):
    oneflow_field: str
    why: str
    why_code: str


class LeftLine(Answer):
    """`fields`: those that are left, where only some of a contract are."""

    line: int
    contract_id: int
    why: str
    why_code: str
    fields: list[LeftFieldOfLine]


class ShownSwitchPlan(SwitchPlan):
    left_lines: list[LeftLine] = Field(description="Lines that were not done; the first two hundred.")


class SwitchPlans(Answer):
    plans: list[SwitchPlan]
    next: Next


class PlanLine(Answer):
    line: int
    decided: bool | None = Field(description="null where the plan leaves it to a person.")
    contract_id: int
    contract: str
    entity: str
    record_id: str
    rule: str
    why: str


class LinkPlanLine(PlanLine):
    """A contract and a record that it may belong to, or the contract alone."""

    state: ContractState
    finding: Finding
    record: str
    agrees: int
    differs: int
    left: int
    first_look_writes: int


class SettlePlanLine(PlanLine):
    """A field that is not yet agreed, and the side that is kept."""

    dynamics_column: str
    oneflow_field: str
    keep: str = Field(description="Empty where nothing is done.")
    why_code: str


class SwitchLines(Answer):
    lines: list[LinkPlanLine | SettlePlanLine]
    next: Next


class ComparedField(Answer):
    dynamics_column: str
    oneflow_field: str
    agreement: Agreement
    reason: str | None
    reason_code: str | None
    oneflow: str | None
    dynamics: str | None


class ComparedLine(Answer):
    """`values`: whether the caller may see both sides'. `changed`: whether they show something else than the plan."""

    line: int
    contract_id: int
    values: bool
    changed: bool
    why: str
    first_look_writes: int
    fields: list[ComparedField]


class PlanFile(Answer):
    """A part of the file; those of all parts, one after the other, are the whole."""

    name: str
    text: str
    next: Next


class OwnedTemplateType(Answer):
    """A template type of Oneflow's own app; `opened_at` where it was taken over."""

    id: int
    name: str
    opened_at: str | None
    opened_by: str | None


class OwnedTemplateTypes(Answer):
    template_types: list[OwnedTemplateType]
    next: Next
