"""A record's columns as something to write to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync_core.engine.deciding.plan import Step, reads_as_secured
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.records import Cell, Record
from sync_core.engine.model.words import Canonical, Side
from sync_core.engine.settling.answers import Answer, Answered, Unanswered, keyed
from sync_core.errors import Gone, SyncError, Temporary, longest_wait
from sync_core.usecases.ports import Records
from sync_core.usecases.sync.send import Answers, Refusing


class DynamicsTarget:
    """send.Target over one record: each request is on the version that was read, or that the one before answered."""

    side = Side.DYNAMICS

    def __init__(self, records: Records, scene: Scene, actor: Actor, operation: str) -> None:
        self._records, self._actor, self._operation = records, actor, operation
        self._record: Record = scene.record

    def send(self, steps: Sequence[Step], ask: Callable[[], None]) -> tuple[Answers, Temporary | None]:
        values = {step.row.dynamics_column: step.sure_write.after for step in steps}
        self._record, cells = self._records.write(self._record, values, self._actor, self._operation)
        answers = _answers(steps, lambda column: cells.get(column, Cell()))
        hidden, unread = self._hidden(values, cells)
        unseen = Unanswered(reasons.UNSEEN, refused=False, unseen=True)
        return answers | {step.row.key: unseen for step in steps if step.row.dynamics_column in hidden}, unread

    def _hidden(self, sent: Mapping[str, Canonical], cells: Mapping[str, Cell]) -> tuple[set[str], Temporary | None]:
        """Columns that took a value and answered with none, or a mask, since they were secured a moment ago."""
        strange = [
            column
            for column, value in sent.items()
            if value and reads_as_secured(cells.get(column, Cell()).value) and not reads_as_secured(value)
        ]
        if not strange:
            return set(), None
        try:
            columns = self._records.proven_columns(self._record.entity, strange)
        except SyncError as unread:
            # The write was answered: whatever cannot be read now, it was done.
            return set(strange), longest_wait(unread)
        return {name for name in strange if name not in columns or columns[name].secured}, None

    def after_refusal(self, steps: Sequence[Step], refusal: Refusing) -> Answers:
        """A record that is gone takes no column; where only what a value points at is, the others may go."""
        if isinstance(refusal, Gone) and len(steps) > 1:
            self._read(steps)
        return {}

    def after_silence(self, steps: Sequence[Step]) -> Answers | None:
        record = self._read(steps)
        if record.version == self._record.version:
            not_done = Unanswered(reasons.DYNAMICS_AWAY, refused=False)
            return {step.row.key: not_done for step in steps}
        shown = {step.row.key: record.cells.get(step.row.dynamics_column, Cell()).value for step in steps}
        if any(shown[step.row.key] != step.sure_write.after for step in steps):
            return None
        return _answers(steps, lambda column: record.cells.get(column, Cell()))

    def _read(self, steps: Sequence[Step]) -> Record:
        columns = [step.row.dynamics_column for step in steps]
        return self._records.read(self._record.entity, self._record.id, columns, self._actor)


def _answers(steps: Sequence[Step], cell_of: Callable[[str], Cell]) -> dict[str, Answer]:
    answers: dict[str, Answer] = {}
    for step in steps:
        shown = keyed(cell_of(step.row.dynamics_column), step)
        answers[step.row.key] = Answered(shown.value, None, shown.label)
    return answers
