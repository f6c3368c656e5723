"""What is asked of one sync, and the plan that follows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.deciding.second_thoughts import disputes, plan_keep, plan_keeps, plan_undo
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import Actor, Cause
from sync_core.engine.model.history import HistoryLine
from sync_core.engine.model.words import Action
from sync_core.errors import Gone, Invalid, Taken


@dataclass(frozen=True, slots=True)
class KeepRequest:
    """What a person answers to which disputed field; `conflict_id` proves what they saw."""

    oneflow_field: str
    conflict_id: str
    keep: Keep


@dataclass(frozen=True, slots=True)
class SyncRequest:
    """What is asked of one sync. `plan_id`: apply exactly the plan that was previewed. `undo`: history lines."""

    action: Action
    cause: Cause
    plan_id: str | None = None
    confirm_signature_reset: bool = False
    keep: KeepRequest | None = None
    keeps: Sequence[KeepRequest] = ()  # of many fields at once: what moved meanwhile is left alone
    undo: Sequence[HistoryLine] = ()

    @property
    def actor(self) -> Actor:
        return self.cause.actor

    @property
    def needs_write_right(self) -> bool:
        """Whatever a person starts may write the record or what is agreed about it: a reader starts none of it."""
        return self.action is not Action.AUTOMATIC


def plan_of(scene: Scene, request: SyncRequest) -> Plan:
    """Gone or Taken where a person decides about what is no longer in dispute, or is in another."""
    if request.action is Action.KEEP and request.keep is not None:
        return _kept(scene, request.keep)
    if request.action is Action.KEEP:
        wanted = {one.oneflow_field.casefold(): (one.conflict_id, one.keep) for one in request.keeps}
        return plan_keeps(scene, wanted)
    if request.action is Action.UNDO:
        return plan_undo(scene, request.undo)
    return _PLANNERS[request.action](scene)


_PLANNERS = {Action.PUSH: plan_push, Action.FETCH: plan_fetch, Action.AUTOMATIC: plan_automatic}


def as_seen(plan: Plan, request: SyncRequest) -> None:
    """Taken where the plan is no longer the one that the person saw."""
    if request.plan_id is not None and plan.plan_id != request.plan_id:
        raise Taken("The values changed since the preview; look at the new plan.", body=plan.to_json())


def _kept(scene: Scene, keep: KeepRequest) -> Plan:
    key = keep.oneflow_field.casefold()
    found = next((one for one in disputes(scene) if one.seen.row.key == key), None)
    if found is None:
        raise Gone("This field is not in dispute, or no longer.", side="storage")
    if found.id != keep.conflict_id:
        raise Taken("The values changed since you looked; decide again.", body={"conflict": found.to_json()})
    if keep.keep is Keep.LEAVE and Keep.LEAVE not in found.verdict.answers:
        raise Invalid("This field can still be settled: push, fetch, or keep one side.", status=409)
    return plan_keep(scene, key, keep.keep)
