"""What a card counts, what the list of disputes shows, what a preview shows and what a sync does are one thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from sync_core.engine.deciding.counts import Counts
from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import Dispute, disputes, plan_keep
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.deciding.view import Scene, view
from sync_core.engine.model.words import Action, Direction, Result

_WAITS = ("waiting_for_push", "conflict_dynamics_wins_waits")
_OPEN = ("conflict", "not_agreed", "refused")  # what a person may answer with a keep


def breaches(scene: Scene, card: Counts, preview: Callable[[Action], Plan] | None = None) -> list[str]:
    """In words, what of these does not fit together. `card`: the counts that the last sync stored; `preview`: what a
    person is shown of an action, or else the planner's own plan of it."""
    listed = {one.seen.row.key: one for one in disputes(scene)}
    kinds = Counter(str(one.kind) for one in listed.values())
    there = Counts(kinds["waiting_for_push"], kinds["not_agreed"], kinds["conflict"], kinds["refused"])
    found = [] if card == there else [f"the card counts {card}, the list shows {there}"]
    planned = {Action.PUSH: plan_push, Action.FETCH: plan_fetch}
    shown = preview or (lambda action: planned[action](scene))
    pushed, fetched = ({one.row.key: one for one in shown(action).steps} for action in planned)
    for step in plan_automatic(scene).steps:
        if step.lagging:
            continue  # it stands as it was last believed, and nothing is said of it
        key = step.row.key
        dispute = listed.get(key)
        kind = str(dispute.kind) if dispute else None
        told = [
            *_of_sync(kind, step, pushed[key], fetched.get(key)),
            *_of_silence(kind, step, scene),
            *_of_preview(kind, step, pushed[key], fetched.get(key)),
            *(_of_answers(scene, dispute) if dispute else ()),
        ]
        found += [f"{key} is {kind}, and {what}" for what in told]
    return found


def _of_sync(kind: str | None, automatic: Step, push: Step, fetch: Step | None) -> Iterator[str]:
    code = automatic.reason.code if automatic.reason else ""
    writes = automatic.writes
    if (kind == "conflict") != (automatic.result is Result.CONFLICT):
        yield f"an automatic sync says {automatic.result}"
    if kind in ("waiting_for_push", "not_agreed", "conflict") and writes:
        yield "an automatic sync writes it"
    if kind == "waiting_for_push" and (code not in _WAITS or not (push.writes or push.blocked)):
        yield f"an automatic sync says {code!r}, a push {push.result}"
    if kind is None and code in _WAITS:
        yield "an automatic sync says that it waits for a push"
    if kind == "refused" and not any(one is not None and one.reason for one in (automatic, push, fetch)):
        yield "nothing says why"


def _of_silence(kind: str | None, automatic: Step, scene: Scene) -> Iterator[str]:
    """Where nothing is counted and nothing done, no side has moved; but a row that automatic syncs leave alone may show
    the same on both sides by now, which waits for nobody."""
    if kind is not None or automatic.writes or automatic.base.halves != automatic.known_base.halves:
        return
    both = automatic.row.direction is Direction.TWO_WAY
    if not both and not scene.mapping.auto_push and view(scene, automatic.row).same:
        return
    if automatic.dynamics_changed or (both and automatic.oneflow_changed):
        yield "a side moved that nobody tells of"


def _of_preview(kind: str | None, automatic: Step, push: Step, fetch: Step | None) -> Iterator[str]:
    for name, step in (("push", push), ("fetch", fetch)):
        if step is None:
            continue
        if (step.oneflow_changed, step.dynamics_changed) != (automatic.oneflow_changed, automatic.dynamics_changed):
            yield f"the preview of a {name} has another side changed than a sync has"
        if kind in ("conflict", "not_agreed") and not (step.writes or step.reason):
            yield f"a {name} settles it without a word"
        # Sides that stand apart as they were settled wait for nothing; only a person who asks for it moves them.
        apart = automatic.oneflow_changed is False and automatic.dynamics_changed is False
        two_way = step.row.direction is Direction.TWO_WAY
        if two_way and kind is None and step.writes and not (automatic.writes or apart):
            yield f"the preview of a {name} writes it"


def _of_answers(scene: Scene, dispute: Dispute) -> Iterator[str]:
    """What is offered can be done, and of what can be done nothing is kept back."""
    key, offered = dispute.seen.row.key, dispute.verdict.answers
    sure = replace(scene, confirm_signature_reset=True)
    for keep in (Keep.DYNAMICS, Keep.ONEFLOW):
        does = any(step.writes for step in plan_keep(sure, key, keep).steps)
        if keep in offered and not does:
            yield f"to keep {keep} is offered and cannot be done"
        if does and keep not in offered and str(dispute.kind) in _OPEN:
            yield f"{keep} can be kept, and it is not offered"
