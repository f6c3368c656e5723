"""What a plan leaves behind it: a contract unlike its record, and the record's other contracts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.engine.deciding.effects import Effect, left_different, on_sibling
from sync_core.engine.deciding.planner import plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import may_undo, plan_undo
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.history import HistoryEntry, HistoryLine, LineKind
from sync_core.engine.model.link import Link
from sync_core.engine.model.words import ContractState, OneflowKind, Side
from tests.engine.scenes import ONCE, ONE_WAY, Pair, scene

LINES = {Side.ONEFLOW: ("O", "D"), Side.DYNAMICS: ("D", "O")}


def lines(side: Side) -> list[HistoryLine]:
    before, after = LINES[side]
    line = HistoryLine(LineKind.WRITTEN, side=side, before=before, after=after)
    return [replace(line, dynamics_column="name", oneflow_field="F_name", oneflow_kind=OneflowKind.DATA_FIELD)]


def sibling(*pairs: Pair, state: str = "pending") -> tuple[Link, Scene]:
    return Link(70002, "opportunity", "1d", name="Other", state=state), scene(*pairs)


def effect(now: Scene, other: tuple[Link, Scene]) -> tuple[str, list[str]] | None:
    found = on_sibling(plan_fetch(now), now.mapping, other[0], other[1].bases)
    return (str(found.effect), found.to_json()["fields"]) if found else None


def test_a_fetch_or_push_leaves_nothing_different() -> None:
    assert left_different(plan_fetch(scene(Pair("O", "D")))) == []
    assert left_different(plan_push(scene(Pair("O", "D")))) == []


def test_an_undo_restores_one_side_and_leaves_them_different() -> None:
    (step,) = left_different(plan_undo(scene(Pair("O", "O", ("O", "O"))), lines(Side.DYNAMICS)))
    assert step.row.oneflow_field == "F_name"
    assert len(left_different(plan_undo(scene(Pair("D", "D", ("D", "D"))), lines(Side.ONEFLOW)))) == 1


def test_an_undo_that_brings_both_back_together_leaves_nothing_different() -> None:
    assert left_different(plan_undo(scene(Pair("D", "O", ("O", "O"))), lines(Side.DYNAMICS))) == []


@pytest.mark.parametrize(
    ("state", "auto_push", "what"),
    [
        ("pending", False, Effect.WAITS_FOR_PUSH),
        ("draft", True, Effect.GOES_OUT),
        ("signed", False, Effect.DIFFERS),
        ("signed", True, Effect.DIFFERS),
        ("overdue", True, Effect.DIFFERS),
    ],
)
def test_what_the_record_shows_reaches_another_contract_as_its_state_and_table_say(
    state: str, auto_push: bool, what: Effect
) -> None:
    now = scene(Pair("O", "D"), auto_push=auto_push)
    assert effect(now, sibling(Pair("D", "D", ("D", "D")), state=state)) == (what, ["Name"])


def test_another_contract_that_shows_the_value_already_is_not_touched() -> None:
    assert effect(scene(Pair("O", "D")), sibling(Pair("O", "D", ("O", "D")))) is None


def test_another_contract_that_never_settled_the_field_is_not_touched() -> None:
    assert effect(scene(Pair("O", "D")), sibling(Pair("D", "D", None))) is None


def test_a_push_touches_no_other_contract() -> None:
    now = scene(Pair("O", "D"))
    link, other = sibling(Pair("D", "D", ("D", "D")))
    assert on_sibling(plan_push(now), now.mapping, link, other.bases) is None


def entry(side: Side, action: str = "fetch") -> HistoryEntry:
    return HistoryEntry("e1", 2, "2026-03-12T08:00:00Z", action, action, "Kari", 70001, "synced", lines(side), "")


PENDING, SIGNED = ContractState.PENDING, ContractState.SIGNED


@pytest.mark.parametrize(
    ("pair", "side", "state", "may"),
    [
        (Pair(), Side.ONEFLOW, PENDING, True),
        (Pair(), Side.ONEFLOW, SIGNED, False),
        (Pair(), Side.DYNAMICS, SIGNED, True),
        (Pair(direction=ONE_WAY), Side.DYNAMICS, PENDING, False),
        (Pair(direction=ONE_WAY), Side.ONEFLOW, PENDING, True),
        (Pair(direction=ONCE), Side.ONEFLOW, PENDING, False),
        (Pair(name="other"), Side.ONEFLOW, PENDING, False),
        (Pair(field="F_other"), Side.DYNAMICS, PENDING, False),
    ],
)
def test_no_undo_is_offered_that_is_known_to_be_refused(
    pair: Pair, side: Side, state: ContractState, may: bool
) -> None:
    now = scene(pair, state=state)
    assert may_undo(entry(side), now.mapping, state) is may
    assert any(step.writes for step in plan_undo(_as_written(now, side), lines(side)).steps) is may


def test_a_creation_is_never_offered_to_be_undone() -> None:
    assert not may_undo(entry(Side.ONEFLOW, "create"), scene(Pair()).mapping, PENDING)
    assert not may_undo(entry(Side.ONEFLOW), None, PENDING)


def _as_written(now: Scene, side: Side) -> Scene:
    """Both sides as the entry's sync left them."""
    value = "D" if side is Side.ONEFLOW else "O"
    fields = {key: replace(one, value=value) for key, one in now.contract.fields.items()}
    cells = {name: replace(cell, value=value) for name, cell in now.record.cells.items()}
    return replace(now, contract=replace(now.contract, fields=fields), record=replace(now.record, cells=cells))
