"""What really happened, as only the world knows it; and what must hold at every moment, noted where it did not."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sync_core.engine.model.contracts import Contract
from sync_core.engine.model.history import OUR_WRITES, HistoryEntry
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.jobs import Job, SyncJob
from sync_core.engine.model.link import OpenLink
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.records import Record
from sync_core.engine.model.words import Action, ConflictPolicy, Direction, Result

if TYPE_CHECKING:
    from tests.torture.world import World

# A plan may rest on a mapping that is 30 s old, and its process may stand still before it stores its intent.
RECENT = 200.0
_NUMBER = re.compile(r"[od]?(\d+)")


@dataclass(frozen=True)
class Edit:
    """Something that somebody typed; `number` tells it from all others and is part of `text`."""

    number: int
    side: str
    where: int | str  # contract id or record id
    key: str  # data field or column
    text: str
    at: float


@dataclass(frozen=True)
class Overwrite:
    """A write of ours that replaced something. `unseen`: it was not there when the plan read it (the one window)."""

    side: str
    contract_id: int
    key: str
    before: str
    after: str
    unseen: bool
    at: float


class Truth:
    """Notes of all edits and writes. `broken` says which promises were not kept."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.edits: dict[int, Edit] = {}
        self.by_hand: dict[tuple[str, int | str, str], int] = {}
        self.overwrites: list[Overwrite] = []
        self.intents: dict[str, tuple[int, Intent]] = {}
        self.mappings: list[tuple[float, EntityMapping]] = []
        self.settled: dict[tuple[int, str], tuple[str, str | None]] = {}
        self.window: Counter[str] = Counter()
        self.attempts = 0
        self.broken: list[str] = []
        self._answered: dict[tuple[int, str], float] = {}
        self._outrun: set[int] = set()
        self._brought: set[int] = set()
        self.erased: set[int] = set()
        self.cleared: set[tuple[str, int | str, str]] = set()

    def claim(self, holds: bool, text: str) -> None:
        if not holds:
            self.broken.append(f"at {self._world.scheduler.time:.1f} s: {text}")

    # --- people -------------------------------------------------------------------------------------------------------

    def typed(self, side: str, where: int | str, key: str, text: str) -> None:
        number = number_of(text)
        self.by_hand[(side, where, key)] = number
        if not text:
            self.cleared.add((side, where, key))
        else:
            self.edits[number] = Edit(number, side, where, key, text, self._world.scheduler.time)

    def mapped(self, mapping: EntityMapping) -> None:
        self.mappings.append((self._world.scheduler.time, mapping))

    def recent_mappings(self) -> list[EntityMapping]:
        """All that may have been in force for a plan that is carried out now."""
        horizon = self._world.scheduler.time - RECENT
        older = [mapping for at, mapping in self.mappings if at < horizon][-1:]
        return older + [mapping for at, mapping in self.mappings if at >= horizon]

    # --- jobs ---------------------------------------------------------------------------------------------------------

    def begins(self, job: Job) -> None:
        self._notes().clear()

    def rate_limited(self, wait: float) -> None:
        self._notes()["wait"] = max(wait, self._notes().get("wait", 0.0))

    def put(self, job: Job, delay: float) -> None:
        """A job that a vendor told to wait is not back before that."""
        wait = self._notes().get("wait")
        if wait is not None and isinstance(job, SyncJob) and job.first_put_at:
            self.claim(delay >= wait, f"told to wait {wait:.0f} s, the job comes back after {delay:.0f} s")

    # --- writes -------------------------------------------------------------------------------------------------------

    def taken(self, taken: OpenLink, intent: Intent) -> None:
        contract_id = taken.link.contract_id
        self.intents[intent.id] = (contract_id, intent)
        self._notes().update(intent=intent.id, taken_at=self._world.scheduler.time)
        if intent.action != Action.AUTOMATIC:
            return
        for one in intent.fields:
            pair = (one.oneflow, one.dynamics)
            again = f"{contract_id} {one.key}: both sides are as they were settled, and yet {one.side} is written"
            self.claim(self.settled.get((contract_id, one.key)) != pair, again)
            where: int | str = contract_id if one.side == "oneflow" else taken.link.record_id
            self._brings_nothing_back(one.side, where, one.key if one.side == "oneflow" else one.column,
                                      one.before or "", one.after or "")  # fmt: skip

    def closed(self, before: OpenLink, entries: Sequence[HistoryEntry]) -> None:
        """What an action settled: the written half as written, the other as its plan read it."""
        for entry in entries:
            _, intent = self.intents.get(str(entry.extra.get("continues", entry.entry_id)), (0, None))
            planned = {one.key: one for one in intent.fields} if intent else {}
            for line in entry.fields:
                key, after = str(line.key), line.base_after or {}
                one = planned.get(key)
                if line.kind in OUR_WRITES and line.result is Result.WRITTEN and one is not None:
                    pair = (one.after or "", one.dynamics) if one.side == "oneflow" else (one.oneflow, one.after)
                    self.settled[(entry.contract_id, key)] = pair
                elif "o" in after and after != line.base_before:
                    self.settled[(entry.contract_id, key)] = (after["o"], after["d"])

    def raced(self, step: str) -> None:
        self._world.faults.meet("race", step)

    def too_large(self, step: str) -> None:
        self._world.faults.meet("too_large", step)

    def before_write(self, side: str, which: int | str, read: Contract | Record, values: Mapping[str, Any]) -> None:
        """Asked as the request is made: may it be made?"""
        self.attempts += 1
        intent_id = self._notes().get("intent", "")
        contract_id, intent = self.intents.get(intent_id, (0, None))
        if intent is None:
            return self.claim(False, f"{side} is written without an intent")
        store = self._world.store.partition(contract_id)
        held = store.intent is not None and store.intent.id == intent_id
        self.claim(held, f"{contract_id}: {side} is written although another sync has the link")
        lock = store.link.lock if store.link else None
        self.claim(not held or (lock is not None and lock.expires_at > self._world.scheduler.now()),
                   f"{contract_id}: {side} is written past the lock")  # fmt: skip
        if isinstance(read, Contract):
            self._may_write_oneflow(read, values, intent)
        else:
            self._may_write_dynamics(read, values)

    def answered(self, contract_id: int, keys: Iterable[str]) -> None:
        self._answered |= {(contract_id, key): self._world.scheduler.time for key in keys}

    def oneflow_written(self, read: Contract, key: str, before: str, after: str, sent: float | None) -> None:
        """`sent`: of a write that comes late, when it was made. (A frozen process's comes late, too.)"""
        seen = read.fields[key].value
        if before != after:
            frozen = self._was_frozen(read.id)
            begun = self._notes().get("taken_at", 0.0) if frozen and sent is None else sent
            if begun is not None and self._answered.get((read.id, key), -1.0) > begun:
                # "stays remembered on the field until a later answered write" (the rules of sync, late writes)
                self._outrun.add(number_of(after))
            self._overwrites("oneflow", read.id, key, before, after, before != seen or frozen)
            self.by_hand.pop(("oneflow", read.id, key), None)

    def dynamics_written(
        self, record: Record, operation: str, before: Mapping[str, str | None], values: Mapping[str, str | None]
    ) -> None:
        contract_id, intent = self.intents[operation]
        keys = {one.column: one.key for one in intent.fields}
        for column, after in values.items():
            if before[column] != after:
                # A column tried by itself is sent on the version of the one before, whose answer shows only that one.
                unseen = column in record.cells and before[column] != record.cells[column].value
                self.claim(not unseen, f"{column} of the record was overwritten on a version that nobody read")
                self._overwrites("dynamics", contract_id, keys[column], before[column] or "", after or "", unseen)
                typed = self.edits.get(number_of(after or ""))
                if intent.action != Action.AUTOMATIC or (typed is not None and typed.where != contract_id):
                    # A person, or another contract, brought it: "for the others, a change of Dynamics" (ruling 10)
                    self._brought.add(number_of(after or ""))
                self.by_hand.pop(("dynamics", record.id, column), None)

    def _was_frozen(self, contract_id: int) -> bool:
        """A process "frozen between that look and the send belongs to the one window and is counted with it"."""
        held = self._world.store.partition(contract_id).intent
        return held is None or held.id != self._notes().get("intent", held.id)

    def signatures_reset(self, read: Contract, current: Any) -> None:
        if current.is_partly_signed and not read.signature_given:
            self.window["a signature"] += 1

    # --- how ----------------------------------------------------------------------------------------------------------

    def _overwrites(self, side: str, contract_id: int, key: str, before: str, after: str, unseen: bool) -> None:
        at = self._world.scheduler.time
        self.overwrites.append(Overwrite(side, contract_id, key, before, after, unseen, at))

    def _may_write_oneflow(self, read: Contract, texts: Mapping[str, str], intent: Intent) -> None:
        mappings, automatic = self.recent_mappings(), intent.action == Action.AUTOMATIC
        self.claim(read.state.writable, f"{read.id} is {read.state} and is written")
        confirmed = self._notes().get("confirmed", False) and not automatic
        self.claim(not read.signature_given or confirmed, f"{read.id}: a signature is reset unasked")
        self.claim(not automatic or any(one.auto_push for one in mappings), f"{read.id} is written by itself")
        for key, text in texts.items():
            self.claim(read.fields[key].value != text, f"{read.id} {key} is written with what it shows")
            allowed = any(row.key == key and row.direction is not Direction.SYNC_ONCE
                          for one in mappings for row in one.fields)  # fmt: skip
            self.claim(allowed, f"{read.id} {key} is written after its creation")

    def _may_write_dynamics(self, read: Record, values: Mapping[str, Any]) -> None:
        for column, value in values.items():
            same = column in read.cells and read.cells[column].value == value
            self.claim(not same, f"{column} is written with what it shows")
            allowed = any(row.dynamics_column == column and row.direction is Direction.TWO_WAY
                          for one in self.recent_mappings() for row in one.fields)  # fmt: skip
            self.claim(allowed, f"{column} is one-way and was written back")

    def _brings_nothing_back(self, side: str, where: int | str, key: str, before: str, after: str) -> None:
        """What somebody typed on a side is never replaced there by what was typed there before. (Where Dynamics wins,
        it may be: a person fetched the older value into Dynamics, and it counts as Dynamics' since.)"""
        typed = self.by_hand.get((side, where, key))
        older = self.edits.get(number_of(after)) if after else None
        if typed is None or older is None or number_of(before) != typed:
            return
        came_from_here = (older.side, older.where, older.key) == (side, where, key) and older.number < typed
        told_to = any(ConflictPolicy.DYNAMICS_WINS in {one.policy_of(row) for row in one.fields}
                      for one in self.recent_mappings())  # fmt: skip
        told_to = told_to or older.number in self._outrun | self._brought
        self.claim(told_to or not came_from_here, f"{key} in {side}: {before!r} is replaced by the older {after!r}")

    def _notes(self) -> dict[str, Any]:
        task = self._world.scheduler.current
        return task.notes if task is not None else {}


def number_of(text: str) -> int:
    """The edit's number in a text, in a number, or in the thousandths of a rate."""
    match = _NUMBER.match(text)
    if not match:
        return 0
    return round(float(text) * 1000) if text.startswith("0.") else int(match.group(1))
