"""Fields that are not yet agreed, many at once: doing what a rule would, giving back what a run overwrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.verdict import Keep
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.history import HistoryEntry, HistoryLine
from sync_core.engine.model.link import OpenLink
from sync_core.engine.model.words import Action, Result, Side
from sync_core.usecases.stores import Links
from sync_core.usecases.switching.runs import Became, LeftField, Outcome, Unit
from sync_core.usecases.switching.troubles import MOVED, NOT_DONE
from sync_core.usecases.sync.request import KeepRequest, SyncRequest
from sync_core.usecases.sync.sync import SyncContract

_MOVED = Outcome(Became.LEFT, "its link was ended or moved meanwhile")


class SettleRun:
    def __init__(self, links: Links, sync: SyncContract, run: str) -> None:
        self._links, self._sync, self._run = links, sync, run

    def apply(self, unit: Unit) -> Outcome:
        """All fields of one contract, in one sync. What moved since the plan is left."""
        contract_id = unit[0].contract_id
        if self._linked(unit) is None:
            return _MOVED
        keeps = [KeepRequest(one.oneflow_field, one.seen, Keep(one.keep)) for one in unit]
        request = SyncRequest(Action.KEEP, Cause("keep", MACHINE, run=self._run), keeps=keeps)
        plan = self._sync.run(contract_id, request)
        lines = [line for entry in self._entries(contract_id) for line in entry.fields]
        done_before = {line.field_key for line in lines if line.overwrote}
        return _settled(unit, plan, done_before)

    def undo(self, unit: Unit) -> Outcome:
        """What the run overwrote in this contract and its record, put back, the newest first."""
        contract_id, existing = unit[0].contract_id, self._linked(unit)
        if existing is None:
            return _MOVED
        if existing.intent is not None:
            # A run that was killed in the middle of a write: first it becomes history, which is what is taken back.
            self._sync.run(contract_id, SyncRequest(Action.AUTOMATIC, Cause("look", MACHINE)))
        undone, left = 0, set[LeftField]()
        for entry, lines in self._overwrote(contract_id):
            request = SyncRequest(Action.UNDO, Cause("undo", MACHINE, undoes=entry.entry_id), undo=lines)
            overwrote = {line.field_key: line for line in lines}
            steps = self._sync.run(contract_id, request).steps
            others = [step for step in steps if step.result is not Result.WRITTEN]
            undone += len(steps) - len(others)
            left |= {_left(one.row.oneflow_field, one) for one in others if not _is_back(one, overwrote[one.row.key])}
        in_order = sorted(left, key=lambda one: (one.oneflow_field, one.why))
        return Outcome.of_fields(Became.DONE if undone else Became.BEFORE, in_order, undone)

    def _linked(self, unit: Unit) -> OpenLink | None:
        """The link of the unit's contract, where it is still to the record of the plan."""
        existing = self._links.open(unit[0].contract_id)
        return existing if existing and existing.link.record == (unit[0].entity, unit[0].record_id) else None

    def _overwrote(self, contract_id: int) -> Iterator[tuple[HistoryEntry, Sequence[HistoryLine]]]:
        """The run's entries with their lines that overwrote something, newest first; its undos are none of them."""
        for entry in self._entries(contract_id):
            lines = [line for line in entry.fields if line.overwrote]
            if lines and not entry.undoes:
                yield entry, lines

    def _entries(self, contract_id: int) -> Iterator[HistoryEntry]:
        """The run's own entries, newest first."""
        after: str | None = None
        while True:
            page, after = self._links.history(contract_id, after)
            yield from (entry for entry in page if entry.entry_id.startswith(f"{self._run}."))
            if after is None:
                return


def _settled(unit: Unit, plan: Plan, done_before: set[str]) -> Outcome:
    steps = {step.row.key: step for step in plan.steps}
    left, written = list[LeftField](), 0
    for one in unit:
        step = steps.get(one.oneflow_field.casefold())
        if step is None:
            if one.oneflow_field.casefold() not in done_before:
                left.append(LeftField(one.oneflow_field, MOVED.text, MOVED.code))
        elif step.result is Result.WRITTEN:
            written += 1
        elif step.result is not Result.UNCHANGED:
            left.append(_left(one.oneflow_field, step))
    return Outcome.of_fields(Became.DONE if written else Became.BEFORE, left, written)


def _left(field: str, step: Step) -> LeftField:
    why = step.reason or NOT_DONE
    return LeftField(field, why.text, why.code)


def _is_back(step: Step, overwrote: HistoryLine) -> bool:
    """Whether the field shows again what was overwritten: an undo before this one had done it."""
    shown = step.oneflow if overwrote.side is Side.ONEFLOW else step.dynamics
    return step.reason == reasons.CHANGED_SINCE and (shown or "") == (overwrote.before or "")
