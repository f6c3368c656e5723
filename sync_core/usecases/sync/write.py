"""Applying a plan: Oneflow first, then Dynamics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.words import Action, Side
from sync_core.engine.settling.answers import settle_write
from sync_core.errors import SyncError, Temporary, longest_wait
from sync_core.usecases.ports import Contracts, Records
from sync_core.usecases.sync.guard import Guard
from sync_core.usecases.sync.send import Sent, send
from sync_core.usecases.sync.write_dynamics import DynamicsTarget
from sync_core.usecases.sync.write_oneflow import OneflowTarget

# Told of a machine's steps after their writes: what the application user lacks is the whole installation's matter.
Notice = Callable[[Sequence[Step]], None]


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

    def __init__(self, contracts: Contracts, records: Records, notice: Notice = lambda steps: None) -> None:
        self._contracts, self._records, self._notice = contracts, records, notice

    def apply(self, plan: Plan, scene: Scene, actor: Actor, operation: str, guard: Guard) -> Applied:
        target = OneflowTarget(self._contracts, scene, actor)
        oneflow, dynamics = send(target, plan.writes_to(Side.ONEFLOW), guard.ask), Sent()
        if not oneflow.unknown:
            record = DynamicsTarget(self._records, scene, actor, operation)
            try:
                dynamics = send(record, plan.writes_to(Side.DYNAMICS), guard.ask)
            except SyncError as error:
                # Whatever failed since: a vendor that said how long to wait is not asked before. The intent stays.
                if oneflow.temporary is None or not oneflow.temporary.retry_after:
                    raise
                raise oneflow.temporary from error
        answers = oneflow.answers | dynamics.answers
        # What a machine is refused again and again is told once; a person is always told.
        again = plan.action is not Action.AUTOMATIC
        steps = [
            settle_write(step, answers[step.row.key], again=again) if step.row.key in answers else step
            for step in plan.steps
        ]
        if actor.is_machine:
            self._notice(steps)
        return Applied(
            replace(plan, steps=tuple(steps)),
            dynamics.moved,
            longest_wait(oneflow.temporary, dynamics.temporary),
            oneflow.unknown or dynamics.unknown,
        )
