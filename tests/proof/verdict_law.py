"""What a card counts, what the list of disputes shows, what a preview shows and what a sync does are one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sync_core.engine.deciding.counts import Counts
from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.words import Direction, Result

_WAITS = ("waiting_for_push", "conflict_dynamics_wins_waits")


def breaches(scene: Scene, card: Counts) -> list[str]:
    """In words, what of these does not fit together; `card`: the counts that the last sync stored."""
    listed = {one.seen.row.key: one for one in disputes(scene)}
    kinds = Counter(str(one.kind) for one in listed.values())
    there = Counts(kinds["waiting_for_push"], kinds["not_agreed"], kinds["conflict"], kinds["refused"])
    found = [] if card == there else [f"the card counts {card}, the list shows {there}"]
    pushed, fetched = ({one.row.key: one for one in plan(scene).steps} for plan in (plan_push, plan_fetch))
    for step in plan_automatic(scene).steps:
        key = step.row.key
        kind = str(listed[key].kind) if key in listed else None
        found += [f"{key} is {kind}, and {what}" for what in _of_field(kind, step, pushed[key], fetched.get(key))]
        if kind and [one.value for one in listed[key].verdict.answers if not _may(one.value, step, scene)]:
            found.append(f"{key} is {kind}, and an answer is offered that the contract's or the record's state forbids")
    return found


def _of_field(kind: str | None, automatic: Step, push: Step, fetch: Step | None) -> Iterator[str]:
    code = automatic.reason.code if automatic.reason else ""
    writes = automatic.writes
    if automatic.lagging:
        return  # it stands as it was last believed, and nothing is said of it
    if (kind == "conflict") != (automatic.result is Result.CONFLICT):
        yield f"an automatic sync says {automatic.result}"
    if kind in ("waiting_for_push", "not_agreed", "conflict") and writes:
        yield "an automatic sync writes it"
    if kind == "waiting_for_push" and (code not in _WAITS or not (push.writes or push.blocked)):
        yield f"an automatic sync says {code!r}, a push {push.result}"
    if kind is None and code in _WAITS:
        yield "an automatic sync says that it waits for a push"
    if kind is None and not writes and automatic.base.halves == automatic.known_base.halves:
        both = automatic.row.direction is Direction.TWO_WAY
        if automatic.dynamics_changed or (both and automatic.oneflow_changed):
            yield "a side moved that nobody tells of"
    if kind in ("conflict", "not_agreed") and fetch is not None and not (fetch.writes or fetch.reason):
        yield "a fetch settles it without a word"


def _may(answer: str, step: Step, scene: Scene) -> bool:
    if answer == "dynamics":
        return scene.contract.state.writable
    return answer != "oneflow" or scene.record.read_only is None
