"""Which record a contract belongs to, what a plan shows, which of its lines may be done, and what a rule settles."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from sync_core.engine.deciding.planner import plan_automatic
from sync_core.engine.deciding.second_thoughts import disputes, plan_keeps
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.words import ContractState
from sync_core.engine.switching.comparing import Agreement, compared
from sync_core.engine.switching.matching import Finding, Match, looked_for, matched
from sync_core.engine.switching.plan_lines import Chosen, LinkLine, PlanHead, PlanKind, SettleLine, chosen, counted
from sync_core.engine.switching.rules import Rule, RuleKind, SettleWay, rules_of, settle_rules_of
from sync_core.engine.switching.settle_rules import kept_side
from sync_core.errors import Invalid
from tests.engine.scenes import GONE, ONE_WAY, READ_ONLY, TWO_WAY, Pair, blank_base, scene, told

TABLE = Rule(RuleKind.CONTRACT_TABLE, table="t", contract_column="c", record_column="r")
FIELD = Rule(RuleKind.DATA_FIELD, "opportunity", field="reference")
PARTY = Rule(RuleKind.COUNTERPARTY, "opportunity", account_column="a", number_column="n")
NAME = Rule(RuleKind.NAME, "opportunity")
RULES = (TABLE, FIELD, PARTY, NAME)
A, B, C = (("opportunity", letter * 8) for letter in "abc")
FOUND: Sequence[tuple[Any, ...]] = ((), (A,), (B,), (A, A), (A, B), (A, B, C))
HEAD = PlanHead("link-1", PlanKind.LINK, "contoso.example", "2026-11-30T10:00:00Z")
RECORD = "0b7e7c1e-1111-4222-8333-444455556666"


# --- candidates -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "order", list(itertools.permutations(RULES)), ids=lambda order: " ".join(one.kind for one in order)
)
def test_the_first_certain_rule_that_finds_anything_decides_and_never_guesses(order: tuple[Rule, ...]) -> None:
    for found in itertools.product(FOUND, repeat=len(order)):
        match = matched(list(zip(order, found, strict=True)))

        hits = [(rule, set(records)) for rule, records in zip(order, found, strict=True) if records]
        certain = [one for one in hits if one[0].kind.is_certain]
        if not hits:
            assert match == Match(Finding.NONE)
            continue
        rule, records = (certain or hits)[0]
        assert match.rule == rule
        assert set(match.candidates) == records
        wanted = Finding.SURE if rule.kind.is_certain else Finding.SUGGESTED
        assert match.finding is (wanted if len(records) == 1 else Finding.SEVERAL)
        assert len(match.candidates) == len(records), "each candidate once"


def contract(**fields: str) -> Contract:
    known = {key: ContractField(number, key, key, value) for number, (key, value) in enumerate(fields.items(), 1)}
    return Contract(70001, "Deal", ContractState.PENDING, known)


@pytest.mark.parametrize(
    ("rule", "value", "wanted"),
    [
        (FIELD, RECORD, {RECORD}),
        (FIELD, f" {{{RECORD.upper()}}} ", {RECORD}),
        (FIELD, RECORD.replace("-", ""), {RECORD}),
        (FIELD, "Order 17", set()),
        (FIELD, "' or name ne '", set()),
        (FIELD, "", set()),
        (replace(FIELD, column="accountnumber"), " A-1 ", {"A-1"}),
        (replace(FIELD, column="accountnumber"), "   ", set()),
        (replace(FIELD, field="REFERENCE"), RECORD, {RECORD}),
        (replace(FIELD, field="other"), RECORD, set()),
        (TABLE, "", {"70001"}),
        (NAME, "", {"Deal"}),
    ],
)
def test_what_is_looked_for_is_what_the_contract_holds(rule: Rule, value: str, wanted: set[str]) -> None:
    assert looked_for(rule, contract(reference=value)) == wanted


# --- what a plan shows ------------------------------------------------------------------------------------------------

VALUES = ("", "A", "B")
ALL_PAIRS = [
    Pair(oneflow, dynamics, None, direction)
    for oneflow in (*VALUES, GONE)
    for dynamics in (None, *VALUES[1:], GONE)
    for direction in (TWO_WAY, ONE_WAY)
]


@pytest.mark.parametrize("auto_push", [False, True])
@pytest.mark.parametrize("state", list(ContractState))
def test_the_first_automatic_look_after_linking_writes_nothing_whatever_both_sides_show(
    auto_push: bool, state: ContractState
) -> None:
    for one, other in itertools.product(ALL_PAIRS, ALL_PAIRS):
        seen = compared(scene(one, replace(other, name="other"), auto_push=auto_push, state=state))

        assert seen.first_writes == 0
        for field, pair in zip(seen.fields, (one, other), strict=True):
            if GONE in (pair.oneflow, pair.dynamics):
                assert field.agreement is Agreement.LEFT
                assert field.reason
            else:
                same = pair.oneflow == (pair.dynamics or "")
                assert field.agreement is (Agreement.AGREES if same else Agreement.DIFFERS)


def test_whatever_a_plan_shows_changes_its_digest() -> None:
    pair = Pair("A", "B", None)
    usual = scene(pair)
    others = [
        scene(replace(pair, oneflow="C")),
        scene(replace(pair, dynamics="C")),
        scene(replace(pair, dynamics=None)),
        scene(replace(pair, direction=ONE_WAY)),
        scene(replace(pair, name="description")),
        scene(pair, Pair("A", "A", None, name="other")),
        scene(pair, state=ContractState.SIGNED),
        replace(usual, contract=replace(usual.contract, id=70002)),
        replace(usual, contract=replace(usual.contract, template_type_id=902)),
        replace(usual, record=replace(usual.record, id="2e")),
        replace(usual, record=replace(usual.record, entity="quote")),
    ]
    digests = [compared(one).digest for one in (usual, *others)]

    assert len(set(digests)) == len(digests)
    renamed = replace(usual, contract=replace(usual.contract, name="Renamed", updated_time="2026"))
    assert compared(renamed).digest == digests[0], "what is not shown does not count"


# --- the lines of a plan ----------------------------------------------------------------------------------------------

LINE = LinkLine(70001, "Deal", "pending", Finding.SURE, "rule", "opportunity", RECORD, "Deal", seen="abc")
SETTLE_HEAD = PlanHead("settle-1", PlanKind.SETTLE, "contoso.example")
SETTLE_LINE = SettleLine(
    *(70001, "Deal", "opportunity", RECORD, "name", "customer_name", "keep_oneflow", Keep.ONEFLOW), seen="abc"
)


def apply(head: PlanHead, *contents: Mapping[str, Any]) -> list[Chosen]:
    return chosen(head, enumerate(contents, 2))


@pytest.mark.parametrize("finding", list(Finding))
@pytest.mark.parametrize("decision", [None, True, False])
def test_a_line_is_done_where_a_person_says_so_and_the_plan_found_a_record(
    finding: Finding, decision: bool | None
) -> None:
    content = replace(LINE, finding=finding).to_json(HEAD, values=False)
    assert content["link"] is {Finding.SURE: True, Finding.SUGGESTED: None, Finding.SEVERAL: None}.get(finding, False)
    content["link"] = decision

    if decision and not finding.may_be_linked:
        with pytest.raises(Invalid, match="nothing was done") as refused:
            apply(HEAD, content)
        assert refused.value.problems[0]["line"] == 2
    else:
        assert bool(apply(HEAD, content)) is bool(decision)
    every = chosen(HEAD, [(2, content)], every=True)
    assert bool(every) is finding.may_be_linked, "an undo looks at whatever may have been linked"


@pytest.mark.parametrize(("head", "line"), [(HEAD, LINE), (SETTLE_HEAD, SETTLE_LINE)], ids=["link", "settle"])
def test_whatever_else_a_hand_changes_in_a_line_breaks_its_seal(head: PlanHead, line: Any) -> None:
    content = line.to_json(head, values=True)
    sealed = [name for name in ("entity", "record_id", "finding", "oneflow_field", "keep", "seen") if name in content]
    assert apply(head, content)

    for name in sealed:
        for value in ("other", "", None, 7):
            with pytest.raises(Invalid):
                apply(head, {**content, name: value})
    for other in (replace(head, id=f"{head.id}0"), replace(head, environment="other.example")):
        with pytest.raises(Invalid):
            apply(other, content)
    free = {name: "changed" for name in content if name not in {*sealed, "seal", "contract_id", head.decision}}
    assert apply(head, {**content, **free}), "what is only shown may be spoilt"


@pytest.mark.parametrize("number", ["", "7e4", "70001.0", "-1", "0", "70 001", None, "9" * 30, "\uff17", True])
def test_what_is_no_contracts_number_is_refused(number: Any) -> None:
    with pytest.raises(Invalid) as refused:
        apply(HEAD, LINE.to_json(HEAD, False) | {"contract_id": number})
    assert "contract's number" in refused.value.problems[0]["detail"]


def test_of_many_wrong_lines_the_first_fifty_are_named_and_the_rest_counted() -> None:
    wrong = LINE.to_json(HEAD, False) | {"link": "perhaps"}

    with pytest.raises(Invalid) as refused:
        apply(HEAD, *[wrong] * 70)

    assert [one.get("line") for one in refused.value.problems] == [*range(2, 52), None]
    assert refused.value.problems[-1]["detail"] == "and 20 more lines"


def test_one_contract_has_one_record_and_one_field_is_settled_once() -> None:
    other = replace(LINE, record_id=RECORD.replace("0b", "0c"))
    with pytest.raises(Invalid, match="nothing was done"):
        apply(HEAD, LINE.to_json(HEAD, False), other.to_json(HEAD, False))
    with pytest.raises(Invalid, match="nothing was done"):
        apply(SETTLE_HEAD, *[SETTLE_LINE.to_json(SETTLE_HEAD, False)] * 2)
    fields = [replace(SETTLE_LINE, oneflow_field=name).to_json(SETTLE_HEAD, False) for name in ("a", "b")]
    assert len(apply(SETTLE_HEAD, *fields)) == 2


def test_a_line_shows_values_only_to_those_who_may_see_them() -> None:
    seen = compared(scene(Pair("Secret A", "Secret B", None)))
    line = replace(LINE, fields=seen.fields)
    settle = replace(SETTLE_LINE, oneflow="Secret A", dynamics="Secret B")

    assert "Secret" not in json.dumps([line.to_json(HEAD, False), settle.to_json(SETTLE_HEAD, False)])
    assert json.dumps([line.to_json(HEAD, True), settle.to_json(SETTLE_HEAD, True)]).count("Secret") == 4


def test_a_contract_with_several_candidates_counts_once() -> None:
    several = [replace(LINE, contract_id=1, finding=Finding.SEVERAL, record_id=name) for name in "abc"]
    counts = counted([*several, LINE])
    assert counts == dict.fromkeys(map(str, Finding), 0) | {"several": 1, "sure": 1}


@pytest.mark.parametrize("plan_id", ["", "link", "link-", "unlink-1", "7"])
def test_what_is_no_plans_id_is_refused(plan_id: str) -> None:
    with pytest.raises(Invalid):
        PlanHead.of(plan_id, "contoso.example")


# --- settling ---------------------------------------------------------------------------------------------------------


def open_pair(oneflow: str, dynamics: str | None) -> Pair:
    """Linked, and not agreed."""
    pair = Pair(oneflow, dynamics, None)
    return replace(pair, remembered=taken_base(pair))


def taken_base(pair: Pair) -> FieldBase:
    """Of a field that is not agreed, as linking takes it."""
    (step,) = plan_automatic(scene(pair)).steps
    assert step.base != blank_base(pair)
    return step.base


STATES = [
    ({}, None),
    ({"read_only": READ_ONLY}, Keep.ONEFLOW),
    ({"signature_given": True}, Keep.DYNAMICS),
    ({"state": ContractState.SIGNED}, Keep.DYNAMICS),
]


@pytest.mark.parametrize(("state", "forbidden"), STATES, ids=["open", "read-only record", "signature given", "signed"])
@pytest.mark.parametrize("way", list(SettleWay))
@pytest.mark.parametrize(("oneflow", "dynamics"), [("A", "B"), ("", "B"), ("A", None)])
def test_a_rule_keeps_the_side_that_it_names_unless_that_may_not_be_written(
    state: dict[str, Any], forbidden: Keep | None, way: SettleWay, oneflow: str, dynamics: str | None
) -> None:
    now = scene(open_pair(oneflow, dynamics), **state)
    (dispute,) = disputes(now)

    keep, why = kept_side(now, way, dispute)

    filled = Keep.ONEFLOW if oneflow else Keep.DYNAMICS
    both = bool(oneflow and dynamics)
    wanted = {
        SettleWay.KEEP_ONEFLOW: Keep.ONEFLOW,
        SettleWay.KEEP_DYNAMICS: Keep.DYNAMICS,
        SettleWay.FILL_EMPTY: None if both else filled,
        SettleWay.LEAVE: None,
    }[way]
    assert keep is (None if wanted is forbidden else wanted)
    assert bool(why) is (keep is None)
    if keep is not None:
        plan = plan_keeps(now, {dispute.seen.row.key: (dispute.id, keep)})
        value = repr(dynamics or "") if keep is Keep.DYNAMICS else repr(oneflow or None)
        side = "oneflow" if keep is Keep.DYNAMICS else "dynamics"
        assert [told(step) for step in plan.steps] == [f"{side} := {value}"]


def test_many_fields_are_kept_at_once_and_what_moved_has_no_step() -> None:
    pairs = [Pair("A", "B", None, name=name) for name in ("one", "two", "three")]
    linked = scene(*pairs)
    now = replace(linked, bases={step.row.key: step.base for step in plan_automatic(linked).steps})
    first, second, third = disputes(now)
    wanted = {
        first.seen.row.key: (first.id, Keep.ONEFLOW),
        second.seen.row.key: ("as it was before", Keep.ONEFLOW),
        third.seen.row.key: (third.id, Keep.DYNAMICS),
    }

    plan = plan_keeps(now, wanted)

    assert [(step.row.dynamics_column, told(step)) for step in plan.steps] == [
        ("one", "dynamics := 'A'"),
        ("three", "oneflow := 'B'"),
    ]


# --- rules as they are written ----------------------------------------------------------------------------------------


def test_rules_keep_the_order_that_they_are_written_in() -> None:
    content = {
        "rules": [
            {"kind": "name", "entity": "quote"},
            {"kind": "data_field", "entity": "opportunity", "field": "reference", "column": "new_number"},
        ]
    }
    assert rules_of(content) == (
        Rule(RuleKind.NAME, "quote"),
        Rule(RuleKind.DATA_FIELD, "opportunity", field="reference", column="new_number"),
    )


@pytest.mark.parametrize("content", [None, [], {}, {"rules": []}, {"rules": "name"}, {"rules": {}}, 7])
def test_a_file_without_rules_says_the_form_it_needs(content: Any) -> None:
    with pytest.raises(Invalid, match="need the form"):
        rules_of(content)


def test_every_wrong_rule_is_named() -> None:
    wrong = [7, {"kind": "name"}, {"kind": "name", "entity": 7}, {"kind": "name", "entity": " "}, {"kind": ["name"]}]
    with pytest.raises(Invalid) as refused:
        rules_of({"rules": wrong})
    assert [one["row"] for one in refused.value.problems] == [0, 1, 2, 3, 4]


def test_a_rule_for_one_field_comes_before_the_one_for_all() -> None:
    rules = settle_rules_of(
        {"settle": {"opportunity": {"*": "fill_empty", "Amount": "keep_dynamics"}, "quote": {"a": "leave"}}}
    )
    assert rules.way("opportunity", "amount") is SettleWay.KEEP_DYNAMICS
    assert rules.way("opportunity", "other") is SettleWay.FILL_EMPTY
    assert rules.way("quote", "b") is SettleWay.LEAVE, "what nothing names is left"
    assert rules.entities == {"opportunity", "quote"}


@pytest.mark.parametrize(
    "content",
    [None, {}, {"settle": {}}, {"settle": []}, {"settle": {"opportunity": {}}}, {"settle": {"opportunity": "leave"}},
     {"settle": {"opportunity": {"a": "keep"}}}, {"settle": {"opportunity": {"a": ["leave"]}}},
     {"settle": {"opportunity": {"a": "leave", "A": "leave"}}}],
)  # fmt: skip
def test_wrong_rules_for_settling_are_refused(content: Any) -> None:
    with pytest.raises(Invalid):
        settle_rules_of(content)
