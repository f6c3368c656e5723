"""Applying a plan: Oneflow first, then Dynamics; answers compared with what was sent; a refusal split once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync_core.engine import reasons
from sync_core.engine.model import Cell, Record, Side
from sync_core.engine.parties import Actor
from sync_core.engine.plan import Plan, Step
from sync_core.engine.settling import Answer, Answered, Unanswered, settle_write
from sync_core.engine.values import same_text
from sync_core.engine.view import Scene
from sync_core.errors import Gone, NotAllowed, Refused, SyncError, Temporary, VersionMoved
from sync_core.usecases.ports import Clock, Contracts, Records


@dataclass(frozen=True, slots=True)
class Guard:
    """How long the lock may be trusted, on this process's monotonic clock."""

    clock: Clock
    until: float
    margin: float

    def enough(self) -> bool:
        """Asked immediately before each vendor write."""
        return self.until - self.clock.monotonic() >= self.margin


@dataclass(frozen=True, slots=True)
class Applied:
    """The plan with what became of its writes. `record_moved`: Dataverse had a newer version, plan anew.
    `temporary`: a write failed for now. `unknown`: it cannot be told what was done, so the intent must stay.
    """

    plan: Plan
    record_moved: bool = False
    temporary: Temporary | None = None
    unknown: bool = False


@dataclass(slots=True)
class _Told:
    """What was learnt while writing one side."""

    answers: dict[str, Answer]
    moved: bool = False
    temporary: Temporary | None = None
    unknown: bool = False


class Applier:
    """Carries out a plan's writes."""

    def __init__(self, records: Records, contracts: Contracts) -> None:
        self._records, self._contracts = records, contracts

    def apply(self, plan: Plan, scene: Scene, actor: Actor, operation: str, guard: Guard) -> Applied:
        oneflow = self._write_oneflow(plan.writes_to(Side.ONEFLOW), scene, actor, guard)
        dynamics = _Told({})
        if not oneflow.unknown:
            dynamics = self._write_dynamics(plan.writes_to(Side.DYNAMICS), scene, actor, operation, guard)
        answers = oneflow.answers | dynamics.answers
        steps = [settle_write(step, answers[step.row.key]) if step.row.key in answers else step for step in plan.steps]
        return Applied(
            replace(plan, steps=tuple(steps)),
            dynamics.moved,
            oneflow.temporary or dynamics.temporary,
            oneflow.unknown or dynamics.unknown,
        )

    # --- Oneflow ----------------------------------------------------------------------------------------------------

    def _write_oneflow(self, steps: Sequence[Step], scene: Scene, actor: Actor, guard: Guard) -> _Told:
        told = _Told({})
        if not steps:
            return told
        if not guard.enough():
            return _none_sent(steps)
        try:
            self._take_texts(steps, self._send(steps, scene, actor), told)
        except Refused as refusal:
            self._one_by_one(steps, scene, actor, guard, refusal, told)
        except (NotAllowed, Gone) as refusal:
            told.answers = {step.row.key: Unanswered(reasons.refused(str(refusal))) for step in steps}
        except Temporary as error:
            self._after_no_answer(steps, scene, actor, error, told)
        return told

    def _send(
        self, steps: Sequence[Step], scene: Scene, actor: Actor
    ) -> Mapping[str, tuple[str, str | None] | Exception]:
        return self._contracts.write(scene.contract, {step.row.key: step.after or "" for step in steps}, actor)

    @staticmethod
    def _take_texts(
        steps: Sequence[Step], written: Mapping[str, tuple[str, str | None] | Exception], told: _Told
    ) -> None:
        for step in steps:
            answer = written[step.row.key]
            if isinstance(answer, Temporary):
                told.temporary = answer
                told.answers[step.row.key] = Unanswered(reasons.UNCLEAR, unclear=answer.unclear, refused=False)
            elif isinstance(answer, Exception):
                told.answers[step.row.key] = Unanswered(reasons.refused(str(answer)))
            else:
                told.answers[step.row.key] = Answered(*answer)

    def _one_by_one(
        self, steps: Sequence[Step], scene: Scene, actor: Actor, guard: Guard, refusal: Refused, told: _Told
    ) -> None:
        """A combined write was refused: read again, leave out what moved, and try each field once by itself."""
        if len(steps) == 1:
            told.answers[steps[0].row.key] = Unanswered(reasons.refused(str(refusal)))
            return
        contract = self._contracts.read(scene.contract.id, actor, _field_ids(scene))
        if not contract.state.writable or contract.signature_given != scene.contract.signature_given:
            told.answers = {step.row.key: Unanswered(reasons.not_done(str(refusal)), refused=False) for step in steps}
            return
        for step in steps:
            field = contract.fields.get(step.row.key)
            if field is None or not _unmoved(step, field.value):
                told.answers[step.row.key] = Unanswered(reasons.MOVED_MEANWHILE, refused=False)
            elif told.temporary or not guard.enough():
                told.answers[step.row.key] = Unanswered(reasons.LOCK_TOO_SHORT, refused=False)
            else:
                try:
                    self._take_texts([step], self._send([step], scene, actor), told)
                except (Refused, NotAllowed, Gone) as single:
                    told.answers[step.row.key] = Unanswered(reasons.refused(str(single)))
                except Temporary as error:
                    self._after_no_answer([step], scene, actor, error, told)

    def _after_no_answer(
        self, steps: Sequence[Step], scene: Scene, actor: Actor, error: Temporary, told: _Told
    ) -> None:
        """Find out by reading again what a write without an answer did."""
        told.temporary = error
        if not error.unclear:
            for step in steps:
                told.answers[step.row.key] = Unanswered(reasons.not_done(str(error)), refused=False)
            return
        try:
            contract = self._contracts.read(scene.contract.id, actor, _field_ids(scene))
        except SyncError:
            told.unknown = True
            return
        for step in steps:
            field = contract.fields.get(step.row.key)
            if field is not None and step.column and same_text(field.value, step.after or "", step.column):
                told.answers[step.row.key] = Answered(field.value, field.updated_time)
            else:
                # It may still arrive: remembered as a late write.
                told.answers[step.row.key] = Unanswered(reasons.UNCLEAR, unclear=True, refused=False)

    # --- Dynamics ---------------------------------------------------------------------------------------------------

    def _write_dynamics(self, steps: Sequence[Step], scene: Scene, actor: Actor, operation: str, guard: Guard) -> _Told:
        told = _Told({})
        if not steps:
            return told
        if not guard.enough():
            return _none_sent(steps)
        try:
            self._patch(steps, scene.record, actor, operation, told)
        except VersionMoved:
            told.moved = True
            told.answers = {step.row.key: Unanswered(reasons.MOVED_MEANWHILE, refused=False) for step in steps}
        except (Refused, NotAllowed) as refusal:
            self._columns_one_by_one(steps, scene, actor, operation, guard, refusal, told)
        except Gone as error:
            told.answers = {step.row.key: Unanswered(reasons.not_done(str(error)), refused=False) for step in steps}
        except Temporary as error:
            self._after_no_patch(steps, scene, actor, error, told)
        return told

    def _patch(self, steps: Sequence[Step], record: Record, actor: Actor, operation: str, told: _Told) -> Record:
        values = {step.row.dynamics_column: step.after for step in steps}
        answered, cells = self._records.write(record, values, actor, operation)
        _take_cells(steps, lambda column: cells.get(column, Cell()), told)
        return answered

    def _columns_one_by_one(
        self,
        steps: Sequence[Step],
        scene: Scene,
        actor: Actor,
        operation: str,
        guard: Guard,
        refusal: SyncError,
        told: _Told,
    ) -> None:
        """A combined write was refused: try each column once by itself, each on the version of the one before."""
        if len(steps) == 1:
            told.answers[steps[0].row.key] = Unanswered(reasons.refused(str(refusal)))
            return
        record = scene.record
        for step in steps:
            if told.moved or told.temporary or not guard.enough():
                told.answers[step.row.key] = Unanswered(reasons.MOVED_MEANWHILE, refused=False)
                continue
            try:
                record = self._patch([step], record, actor, operation, told)
            except (Refused, NotAllowed, Gone) as single:
                told.answers[step.row.key] = Unanswered(reasons.refused(str(single)))
            except VersionMoved:
                told.moved = True
                told.answers[step.row.key] = Unanswered(reasons.MOVED_MEANWHILE, refused=False)
            except Temporary as error:
                self._after_no_patch([step], scene, actor, error, told)

    def _after_no_patch(self, steps: Sequence[Step], scene: Scene, actor: Actor, error: Temporary, told: _Told) -> None:
        told.temporary = error
        unsent = {step.row.key: Unanswered(reasons.not_done(str(error)), refused=False) for step in steps}
        if not error.unclear:
            told.answers |= unsent
            return
        try:
            columns = [step.row.dynamics_column for step in steps]
            record = self._records.read(scene.record.entity, scene.record.id, columns, actor)
        except SyncError:
            told.unknown = True
            return
        if record.version == scene.record.version:
            told.answers |= unsent
            return
        by_column = record.cells
        done = [step for step in steps if by_column.get(step.row.dynamics_column, Cell()).value == step.after]
        if len(done) == len(steps):
            _take_cells(steps, lambda column: by_column.get(column, Cell()), told)
        else:
            told.unknown = True


def _take_cells(steps: Sequence[Step], cell_of: Callable[[str], Cell], told: _Told) -> None:
    for step in steps:
        cell = cell_of(step.row.dynamics_column)
        told.answers[step.row.key] = Answered(cell.value, None, cell.label)


def _none_sent(steps: Sequence[Step]) -> _Told:
    """Too little is left of the lock: nothing is sent, and it is tried again."""
    answers: dict[str, Answer] = {step.row.key: Unanswered(reasons.LOCK_TOO_SHORT, refused=False) for step in steps}
    return _Told(answers, temporary=Temporary(reasons.LOCK_TOO_SHORT.text, side="storage"))


def _unmoved(step: Step, value: str) -> bool:
    return step.column is not None and same_text(value, step.before or "", step.column)


def _field_ids(scene: Scene) -> Mapping[int, str]:
    return {field.id: field.custom_id for field in scene.contract.fields.values() if field.custom_id}
