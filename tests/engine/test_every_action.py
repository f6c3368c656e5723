"""The rule for one field, exhaustively: every base, both sides, direction, policy, switch and action, up to renaming,
against the rules written down a second time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import plan_keep
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind, Side
from tests.engine.scenes import (
    ASK,
    DYNAMICS_WINS,
    FROM_CONTRACT,
    ONCE,
    ONE_WAY,
    ONEFLOW_WINS,
    TWO_WAY,
    Pair,
    halves,
    only,
    scene,
)

ACTIONS = ("automatic", "push", "fetch", "keep dynamics", "keep oneflow")


class Case(NamedTuple):
    """`base` has two halves or is None. Empty is "" on both sides; letters are other values, each with one meaning."""

    action: str
    direction: Direction
    policy: ConflictPolicy
    auto_push: bool
    base: tuple[str, str] | None
    oneflow: str
    dynamics: str


class Expected(NamedTuple):
    """The side that is written and with what; else the base's halves afterwards."""

    writes: tuple[Side, str] | None
    base: tuple[str, str] | None


def values(places: int) -> Iterator[tuple[str, ...]]:
    """Every way in which so many places can be empty, equal or different: each letter appears in order."""
    for letters in product("-ABCD", repeat=places):
        used = list(dict.fromkeys(letter for letter in letters if letter != "-"))
        if used == list("ABCD"[: len(used)]):
            yield tuple(letter.replace("-", "") for letter in letters)


def cases() -> Iterator[Case]:
    for switches in product(ACTIONS, Direction, ConflictPolicy, (False, True)):
        for ob, db, oneflow, dynamics in values(4):
            yield Case(*switches, (ob, db), oneflow, dynamics)
        for oneflow, dynamics in values(2):
            yield Case(*switches, None, oneflow, dynamics)


def rules(case: Case) -> Expected | None:
    """What the design says, in its own order; None where the action does not touch the row."""
    touched = {
        "automatic": (TWO_WAY, ONE_WAY, FROM_CONTRACT),
        "push": (TWO_WAY, ONE_WAY),
        "fetch": (TWO_WAY, FROM_CONTRACT),
        "keep dynamics": (TWO_WAY,),
        "keep oneflow": (TWO_WAY,),
    }[case.action]
    if case.direction not in touched:
        return None
    if case.action == "automatic":
        return _automatic(case)
    if case.oneflow == case.dynamics:
        return Expected(None, (case.oneflow, case.dynamics))
    if case.action == "push" and not case.dynamics and (case.base is None or not case.base[1]):
        return Expected(None, case.base)  # empty overwrites filled only where it was emptied since the base
    if case.action == "fetch" and not case.oneflow and (case.base is None or not case.base[0]):
        return Expected(None, case.base)
    if case.action in ("push", "keep dynamics"):
        return Expected((Side.ONEFLOW, case.dynamics), None)
    return Expected((Side.DYNAMICS, case.oneflow), None)


def _automatic(case: Case) -> Expected:
    one_way = case.direction is ONE_WAY
    if one_way and not case.auto_push:
        return Expected(None, case.base)
    fills = case.direction is FROM_CONTRACT and case.base is None and not case.dynamics
    if case.oneflow == case.dynamics or (case.base is None and not fills):
        return Expected(None, (case.oneflow, case.dynamics))
    if case.base is None:
        return Expected((Side.DYNAMICS, case.oneflow), None)
    oneflow_changed, dynamics_changed = case.oneflow != case.base[0], case.dynamics != case.base[1]
    to_oneflow = Expected((Side.ONEFLOW, case.dynamics), None)
    to_dynamics = Expected((Side.DYNAMICS, case.oneflow), None)
    nothing = Expected(None, case.base)
    if case.direction is FROM_CONTRACT:
        return to_dynamics if oneflow_changed else nothing
    if one_way:
        return to_oneflow if dynamics_changed else nothing
    if oneflow_changed and dynamics_changed:
        by_policy = {ONEFLOW_WINS: to_dynamics, DYNAMICS_WINS: to_oneflow if case.auto_push else nothing, ASK: nothing}
        return by_policy[case.policy]
    if oneflow_changed:
        return to_dynamics
    return to_oneflow if dynamics_changed and case.auto_push else nothing


def engine(case: Case) -> Expected | None:
    base = (case.base[0], case.base[1] or None) if case.base else None
    kind = OneflowKind.CONTRACT if case.direction is FROM_CONTRACT else OneflowKind.DATA_FIELD
    pair = Pair(case.oneflow, case.dynamics or None, base, case.direction, kind=kind)
    at = scene(pair, policy=case.policy, auto_push=case.auto_push)
    plan: Plan
    if case.action.startswith("keep"):
        plan = plan_keep(at, pair.row.key, Keep(case.action.removeprefix("keep ")))
    else:
        plan = {"automatic": plan_automatic, "push": plan_push, "fetch": plan_fetch}[case.action](at)
    if not plan.steps:
        return None
    step = only(plan)
    if step.writes:
        assert step.side is not None
        return Expected((step.side, step.sure_write.after or ""), None)
    moved = halves(step)
    return Expected(None, (moved[0], moved[1] or "") if moved else None)


def test_every_case_is_decided_as_the_rules_say() -> None:
    seen = 0
    for case in cases():
        seen += 1
        assert engine(case) == rules(case), case
    assert seen == 5 * 4 * 3 * 2 * (52 + 5)


def test_sync_once_is_never_touched_and_one_way_never_writes_dynamics() -> None:
    for case in cases():
        found = engine(case)
        if case.direction is ONCE:
            assert found is None, case
        elif case.direction is ONE_WAY and found and found.writes:
            assert found.writes[0] is Side.ONEFLOW, case
