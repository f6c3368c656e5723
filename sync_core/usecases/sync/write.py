"""Applying a plan: Oneflow first, then Dynamics."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.words import Side
from sync_core.engine.settling.answers import settle_write
from sync_core.errors import SyncError, Temporary, longest_wait
from sync_core.usecases.sync.guard import Guard, Told
from sync_core.usecases.sync.write_dynamics import DynamicsWriter
from sync_core.usecases.sync.write_oneflow import OneflowWriter


@dataclass(frozen=True, slots=True)
class Applied:
    """The plan with what became of its writes. `record_moved`: Dataverse had a newer version, plan anew.
    `temporary`: a write failed for now. `unknown`: it cannot be told what was done, so the intent must stay.
    """

    plan: Plan
    record_moved: bool = False
    temporary: Temporary | None = None
    unknown: bool = False


class Applier:
    """Carries out a plan's writes."""

    def __init__(self, oneflow: OneflowWriter, dynamics: DynamicsWriter) -> None:
        self._oneflow, self._dynamics = oneflow, dynamics

    def apply(self, plan: Plan, scene: Scene, actor: Actor, operation: str, guard: Guard) -> Applied:
        oneflow = self._oneflow.write(plan.writes_to(Side.ONEFLOW), scene, actor, guard)
        dynamics = Told({})
        if not oneflow.unknown:
            try:
                dynamics = self._dynamics.write(plan.writes_to(Side.DYNAMICS), scene, actor, operation, guard)
            except SyncError as error:
                # Whatever failed since: a vendor that said how long to wait is not asked before. The intent stays.
                if oneflow.temporary is None or not oneflow.temporary.retry_after:
                    raise
                raise oneflow.temporary from error
        answers = oneflow.answers | dynamics.answers
        steps = [settle_write(step, answers[step.row.key]) if step.row.key in answers else step for step in plan.steps]
        return Applied(
            replace(plan, steps=tuple(steps)),
            dynamics.moved,
            longest_wait(oneflow.temporary, dynamics.temporary),
            oneflow.unknown or dynamics.unknown,
        )
