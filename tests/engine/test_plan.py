"""A plan's identity and outcome, and the body that people see (DESIGN 4.3; 2.6, 12)."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest

from sync_core.engine.deciding.plan import Step, outcome_of
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.base import FieldBase
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.records import Cell
from sync_core.engine.model.words import ColumnType, Outcome, Result, Side
from tests.engine.scenes import ASK, ONE_WAY, READ_ONLY, TWO_WAY, Pair, remembering, scene

ROW = FieldMapping("name", "F_name", TWO_WAY)


def _step(result: Result, blocked: bool = False) -> Step:
    base = FieldBase(ROW.identity, TWO_WAY)
    return Step(ROW, result, base, base, blocked=blocked)


# From the strongest to the weakest.
PRECEDENCE = [
    (_step(Result.SKIPPED, blocked=True), Outcome.BLOCKED),
    (_step(Result.CONFLICT), Outcome.CONFLICT),
    (_step(Result.SKIPPED), Outcome.PARTIAL),
    (_step(Result.FAILED), Outcome.PARTIAL),
    (_step(Result.WRITTEN), Outcome.SYNCED),
    (_step(Result.UNCHANGED), Outcome.UNCHANGED),
]


@pytest.mark.parametrize(("stronger", "weaker"), list(combinations(PRECEDENCE, 2)))
def test_the_stronger_outcome_counts(stronger: tuple[Step, Outcome], weaker: tuple[Step, Outcome]) -> None:
    assert outcome_of([weaker[0], stronger[0]]) is stronger[1]
    assert outcome_of([stronger[0]]) is stronger[1]


def test_a_plan_without_steps_is_unchanged() -> None:
    assert outcome_of([]) is Outcome.UNCHANGED


def test_the_same_scene_gives_the_same_plan_id() -> None:
    pair = Pair("B", "A")

    assert plan_fetch(scene(pair)).plan_id == plan_fetch(scene(pair)).plan_id


CHANGES = {
    "another value in Oneflow": scene(Pair("C", "A")),
    "another value in Dynamics": scene(Pair("B", "C")),
    "another field": scene(Pair("B", "A", name="subject")),
    "one more field": scene(Pair("B", "A"), Pair("B", "A", name="subject")),
    "another contract": replace(scene(Pair("B", "A")), contract=replace(scene(Pair("B", "A")).contract, id=70002)),
    "a read-only record": scene(Pair("B", "A"), read_only=READ_ONLY),
}


@pytest.mark.parametrize("other", CHANGES.values(), ids=CHANGES.keys())
def test_whatever_would_change_the_result_changes_the_plan_id(other: Scene) -> None:
    assert plan_fetch(other).plan_id != plan_fetch(scene(Pair("B", "A"))).plan_id


def test_a_push_and_a_fetch_never_share_a_plan_id() -> None:
    at = scene(Pair("A", "A"))

    assert plan_push(at).plan_id != plan_fetch(at).plan_id


def test_what_is_only_remembered_does_not_change_the_plan_id() -> None:
    pair = Pair("B", "A")

    assert plan_fetch(scene(remembering(pair, updated_time="2026"))).plan_id == plan_fetch(scene(pair)).plan_id


def test_the_body_is_the_one_that_the_interface_promises() -> None:
    pair = Pair("No", "true", ("Yes", "true"), name="priority", type=ColumnType.YES_NO)

    body = plan_fetch(scene(pair)).to_json()

    assert body.pop("plan_id")
    assert body == {
        "contract_id": 70001,
        "action": "fetch",
        "outcome": "synced",
        "reason": None,
        "fields": [
            {
                "dynamics_column": "priority",
                "dynamics_label": "Priority",
                "oneflow_kind": "data_field",
                "oneflow_field": "F_priority",
                "oneflow_label": "Priority",
                "result": "written",
                "side": "dynamics",
                "from": "Yes",
                "to": "No",
                "reason": None,
                "reason_code": None,
            }
        ],
    }


def test_a_column_that_is_gone_is_called_by_its_technical_name() -> None:
    at = replace(scene(Pair()), columns={})

    (line,) = plan_fetch(at).to_json()["fields"]

    assert (line["dynamics_label"], line["result"]) == ("name", "skipped")


def test_lookups_show_names_and_never_their_ids() -> None:
    cell = Cell("account:1d", label="Contoso")
    lookup = Pair("Fabrikam", None, None, ONE_WAY, cell=cell, type=ColumnType.LOOKUP)

    (line,) = plan_push(scene(lookup)).to_json()["fields"]

    assert (line["from"], line["to"]) == ("Fabrikam", "Contoso")


def test_a_plans_writes_by_side() -> None:
    plan = plan_automatic(scene(Pair("B", "A", name="in"), Pair("A", "B", name="out"), auto_push=True))

    assert plan.writes
    assert [one.row.dynamics_column for one in plan.writes_to(Side.ONEFLOW)] == ["out"]
    assert not plan_automatic(scene(Pair("B", "C"), policy=ASK)).writes


def test_the_plans_reason_is_that_of_its_blocked_step() -> None:
    plan = plan_fetch(scene(Pair("B", "A"), Pair("B", "A", name="other"), read_only=READ_ONLY))

    assert plan.reason == READ_ONLY
    assert plan.to_json()["reason"] == READ_ONLY.text


def test_one_lagging_field_makes_a_plan_that_is_looked_at_again() -> None:
    lagging = remembering(Pair("B", "A", name="late", updated="2026-03-11"), updated_time="2026-03-12")

    assert plan_automatic(scene(lagging, Pair())).lagging
    assert not plan_automatic(scene(Pair())).lagging


@pytest.mark.parametrize(
    ("pair", "in_doubt"),
    [
        (Pair("New", "Old", ("Old", "Old")), False),
        (Pair("New", None, ("", None)), True),
        (Pair("New", None, ("Old", "Old")), True),
        (Pair("New", "***-**-5353", ("Old", "Old")), True),
    ],
)
def test_a_write_over_what_may_be_a_secured_value_is_in_doubt(pair: Pair, in_doubt: bool) -> None:
    """It reads as null, or masked, and what it really holds would be overwritten unread."""
    plan = plan_fetch(scene(pair))

    assert [step.side for step in plan.steps] == [Side.DYNAMICS]
    assert plan.doubtful is in_doubt
