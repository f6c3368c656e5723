"""Fields that are not yet agreed, many at once: what a rule would do, doing it, giving back what a run overwrote."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

from sync_core.engine.deciding.plan import Plan, Step
from sync_core.engine.deciding.second_thoughts import Dispute, disputes
from sync_core.engine.deciding.verdict import Keep, Kind
from sync_core.engine.deciding.view import shown_text
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.history import HistoryEntry
from sync_core.engine.model.history_lines import HistoryLine
from sync_core.engine.model.link import Link, OpenLink
from sync_core.engine.model.words import Action, Reason, Result, Side
from sync_core.engine.switching.plan_lines import SettleLine
from sync_core.engine.switching.rules import SettleRules
from sync_core.engine.switching.settle_rules import kept_side
from sync_core.errors import Gone, Invalid, NotAllowed
from sync_core.usecases.stores import Links, Mappings
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.switching.runs import Became, LeftField, Outcome, Unit
from sync_core.usecases.switching.troubles import MOVED, NOT_DONE
from sync_core.usecases.sync.close import Cause
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.request import KeepRequest, SyncRequest
from sync_core.usecases.sync.sync import SyncContract

_AT_ONCE = 50
_MOVED = Outcome(Became.LEFT, "its link was ended or moved meanwhile")


@dataclass(frozen=True, slots=True)
class Unsettled:
    """The lines of some links, of how many, and the last of them; `total` links there are in all."""

    lines: Sequence[SettleLine]
    links: int
    total: int
    last: int


class FindUnsettled:
    """`pool` reads some links side by side."""

    def __init__(self, links: Links, mappings: Mappings, opener: Opener, pool: Executor, patience: Patience) -> None:
        self._links, self._mappings, self._opener = links, mappings, opener
        self._pool, self._patience = pool, patience

    def pages(self, rules: SettleRules, after: int = 0) -> Iterator[Unsettled]:
        """Some links' fields, in the order of their contracts' numbers, from the one after `after` on. Invalid where a
        rule names a field or a table that is not mapped."""
        self.check(rules)
        found = [one for entity in rules.entities for one in self._links.of_entity(entity) if one.not_agreed]
        links = sorted((one for one in found if one.contract_id > after), key=lambda one: one.contract_id)
        yield Unsettled([], 0, len(found), after)
        for start in range(0, len(links), _AT_ONCE):
            some = links[start : start + _AT_ONCE]
            lines = [line for each in self._pool.map(lambda link: self._of_link(rules, link), some) for line in each]
            yield Unsettled(lines, len(some), len(found), some[-1].contract_id)

    def check(self, rules: SettleRules) -> None:
        """Invalid where a rule names a field or a table that is not mapped."""
        problems = []
        for entity, key in rules.ways:
            mapping = self._mappings.get(entity)
            if mapping is None or not mapping.fields:
                problems.append({"field": entity, "detail": "No field mapping is saved for this table."})
            elif key != "*" and key not in {row.key for row in mapping.fields}:
                problems.append({"field": f"{entity}.{key}", "detail": "No such data field is mapped."})
        if problems:
            raise Invalid("The rules cannot be used.", problems=problems)

    def _of_link(self, rules: SettleRules, link: Link) -> list[SettleLine]:
        try:
            return self._patience.work(lambda: self._read(rules, link))
        except (Gone, NotAllowed):
            return []  # it is broken, or just ended: Health lists it

    def _read(self, rules: SettleRules, link: Link) -> list[SettleLine]:
        opened = self._links.open(link.contract_id)
        if opened is None:
            return []
        reads = self._opener.read(opened.link, MACHINE)
        scene = self._opener.scene(reads.scene(opened), Action.AUTOMATIC)
        found = []
        for one in disputes(scene):
            if one.kind is Kind.NOT_AGREED:
                way = rules.way(link.entity, one.seen.row.key)
                found.append(_line(opened.link, one, str(way), *kept_side(scene, way, one)))
        return found


def _line(link: Link, one: Dispute, way: str, keep: Keep | None, why: Reason | None) -> SettleLine:
    column, field, cell = one.seen.sure
    row = one.seen.row
    return SettleLine(
        *(link.contract_id, link.name, link.entity, link.record_id, row.dynamics_column, row.oneflow_field, way, keep),
        *(field.value, shown_text(cell, column)),
        *(why.text if why else "", why.code if why else "", one.id),
    )


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
