"""A contract's data fields as something to write to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.words import Side
from sync_core.engine.settling.answers import Answer, Answered, Unanswered
from sync_core.engine.values import same_text
from sync_core.engine.values.canonical import is_stored_form
from sync_core.errors import Gone, Ground, Temporary
from sync_core.usecases.ports import Contracts
from sync_core.usecases.sync.send import Answers, Refusing, refused

# Grounds that are the whole contract's: no field of it fares better by itself.
_OF_ALL = (Ground.PAYMENT, Ground.PRIVILEGE)
_FIELD_GONE = refused(Side.ONEFLOW, Gone("The field is gone.", side="oneflow", ground=Ground.GONE))


class OneflowTarget:
    """send.Target over one contract as it was read. Oneflow has no versions: what moved is found by reading again."""

    side = Side.ONEFLOW

    def __init__(self, contracts: Contracts, scene: Scene, actor: Actor) -> None:
        self._contracts, self._scene, self._actor = contracts, scene, actor

    def send(self, steps: Sequence[Step], ask: Callable[[], None]) -> tuple[Answers, Temporary | None]:
        texts = {step.row.key: step.sure_write.after or "" for step in steps}
        shown = self._contracts.write(self._scene.contract, texts, self._actor, ask)
        return {key: Answered(*shown[key]) if key in shown else _FIELD_GONE for key in texts}, None

    def after_refusal(self, steps: Sequence[Step], refusal: Refusing) -> Answers:
        """What the contract's state explains is no refusal; then what moved meanwhile is left out."""
        if len(steps) == 1 and refusal.ground.of_value:
            return {}
        contract = self._contracts.read(self._scene.contract.id, self._actor, _field_ids(self._scene))
        if not contract.state.writable:
            return {step.row.key: Unanswered(reasons.state_forbids(contract.state), refused=False) for step in steps}
        if contract.signature_given and not self._scene.contract.signature_given:
            return {step.row.key: Unanswered(reasons.SIGNATURE_GIVEN, refused=False) for step in steps}
        if refusal.ground in _OF_ALL:
            return {step.row.key: refused(self.side, refusal) for step in steps}
        return self._moved(steps, contract)

    @staticmethod
    def _moved(steps: Sequence[Step], contract: Contract) -> Answers:
        answers: dict[str, Answer] = {}
        for step in steps:
            field = contract.fields.get(step.row.key)
            if field is None:
                answers[step.row.key] = _FIELD_GONE
            elif not _shows(step, field.value, step.sure_write.before):
                answers[step.row.key] = Unanswered(reasons.MOVED_MEANWHILE, refused=False)
        return answers

    def after_silence(self, steps: Sequence[Step]) -> Answers | None:
        contract = self._contracts.read(self._scene.contract.id, self._actor, _field_ids(self._scene))
        answers: dict[str, Answer] = {}
        for step in steps:
            field = contract.fields.get(step.row.key)
            sent = step.sure_write.after
            if field is not None and (_shows(step, field.value, sent) or _is_its_form(step, field.value)):
                answers[step.row.key] = Answered(field.value, field.updated_time)
            else:
                # It may still arrive: remembered as a late write.
                answers[step.row.key] = Unanswered(reasons.UNCLEAR, unclear=True, refused=False)
        return answers


def _shows(step: Step, value: str, text: str | None) -> bool:
    return step.column is not None and same_text(value, text or "", step.column)


def _is_its_form(step: Step, value: str) -> bool:
    """Whether this is what was sent, as Oneflow stores it, and not what stood there before."""
    write = step.sure_write
    return not _shows(step, value, write.before) and is_stored_form(value, write.after or "")


def _field_ids(scene: Scene) -> Mapping[int, str]:
    return {field.id: field.custom_id for field in scene.contract.fields.values() if field.custom_id}
