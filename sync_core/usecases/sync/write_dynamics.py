"""Writing a record's columns on the version that was read; a refusal is split once, silence looked into."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync_core.engine.deciding.plan import Step, reads_as_secured
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.records import Cell, Record
from sync_core.engine.model.words import Canonical
from sync_core.engine.rows.key_columns import keyed
from sync_core.engine.settling.answers import Answered, Unanswered
from sync_core.errors import Gone, NotAllowed, Refused, SyncError, Temporary, VersionMoved, longest_wait
from sync_core.usecases.ports import Records
from sync_core.usecases.sync.guard import Guard, Told, none_sent


class DynamicsWriter:
    def __init__(self, records: Records) -> None:
        self._records = records

    def write(self, steps: Sequence[Step], scene: Scene, actor: Actor, operation: str, guard: Guard) -> Told:
        told = Told({})
        if not steps:
            return told
        if not guard.enough():
            return none_sent(steps)
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

    def _patch(self, steps: Sequence[Step], record: Record, actor: Actor, operation: str, told: Told) -> Record:
        values = {step.row.dynamics_column: step.after for step in steps}
        answered, cells = self._records.write(record, values, actor, operation)
        _take_cells(steps, lambda column: cells.get(column, Cell()), told)
        hidden = self._hidden(values, cells, record.entity, told)
        unseen = Unanswered(reasons.UNSEEN, refused=False, unseen=True)
        told.answers |= {step.row.key: unseen for step in steps if step.row.dynamics_column in hidden}
        return answered

    def _hidden(self, sent: Mapping[str, Canonical], cells: Mapping[str, Cell], entity: str, told: Told) -> set[str]:
        """Columns that took a value and answered with none, or a mask, since they were secured a moment ago."""
        strange = [
            column
            for column, value in sent.items()
            if value and reads_as_secured(cells.get(column, Cell()).value) and not reads_as_secured(value)
        ]
        if not strange:
            return set()
        try:
            columns = self._records.proven_columns(entity, strange)
        except SyncError as unread:
            # The write was answered: whatever cannot be read now, it was done.
            told.temporary = longest_wait(told.temporary, unread)
            return set(strange)
        return {name for name in strange if name not in columns or columns[name].secured}

    def _columns_one_by_one(
        self,
        steps: Sequence[Step],
        scene: Scene,
        actor: Actor,
        operation: str,
        guard: Guard,
        refusal: SyncError,
        told: Told,
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

    def _after_no_patch(self, steps: Sequence[Step], scene: Scene, actor: Actor, error: Temporary, told: Told) -> None:
        told.temporary = error
        unsent = {step.row.key: Unanswered(reasons.not_done(str(error)), refused=False) for step in steps}
        if not error.unclear:
            told.answers |= unsent
            return
        try:
            columns = [step.row.dynamics_column for step in steps]
            record = self._records.read(scene.record.entity, scene.record.id, columns, actor)
        except SyncError as unread:
            told.temporary, told.unknown = longest_wait(error, unread), True
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


def _take_cells(steps: Sequence[Step], cell_of: Callable[[str], Cell], told: Told) -> None:
    for step in steps:
        cell = cell_of(step.row.dynamics_column)
        shown = keyed(cell, step)
        told.answers[step.row.key] = Answered(shown.value, None, shown.label)
