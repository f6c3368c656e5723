"""Writing a contract's data fields: answers compared with what was sent, a refusal split once, silence looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor
from sync_core.engine.settling.answers import Answered, Unanswered
from sync_core.engine.values import same_text
from sync_core.errors import Gone, NotAllowed, Refused, SyncError, Temporary, longest_wait
from sync_core.usecases.ports import Contracts
from sync_core.usecases.sync.guard import Guard, Told, none_sent


class OneflowWriter:
    def __init__(self, contracts: Contracts) -> None:
        self._contracts = contracts

    def write(self, steps: Sequence[Step], scene: Scene, actor: Actor, guard: Guard) -> Told:
        told = Told({})
        if not steps:
            return told
        if not guard.enough():
            return none_sent(steps)
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
        steps: Sequence[Step], written: Mapping[str, tuple[str, str | None] | Exception], told: Told
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
        self, steps: Sequence[Step], scene: Scene, actor: Actor, guard: Guard, refusal: Refused, told: Told
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

    def _after_no_answer(self, steps: Sequence[Step], scene: Scene, actor: Actor, error: Temporary, told: Told) -> None:
        """Find out by reading again what a write without an answer did."""
        told.temporary = error
        if not error.unclear:
            for step in steps:
                told.answers[step.row.key] = Unanswered(reasons.not_done(str(error)), refused=False)
            return
        try:
            contract = self._contracts.read(scene.contract.id, actor, _field_ids(scene))
        except SyncError as unread:
            told.temporary, told.unknown = longest_wait(error, unread), True
            return
        for step in steps:
            field = contract.fields.get(step.row.key)
            if field is not None and step.column and same_text(field.value, step.after or "", step.column):
                told.answers[step.row.key] = Answered(field.value, field.updated_time)
            else:
                # It may still arrive: remembered as a late write.
                told.answers[step.row.key] = Unanswered(reasons.UNCLEAR, unclear=True, refused=False)


def _unmoved(step: Step, value: str) -> bool:
    return step.column is not None and same_text(value, step.before or "", step.column)


def _field_ids(scene: Scene) -> Mapping[int, str]:
    return {field.id: field.custom_id for field in scene.contract.fields.values() if field.custom_id}
