"""A world of one link with symbolic values, small enough to visit every state of it, around the real use case.

The vendors and the store are plain dictionaries that crash, lose an answer, or let somebody type in between, where
they are told to.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sync_core.engine.deciding.counts import Counts
from sync_core.engine.deciding.plan import Plan
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import MACHINE, Actor, Cause
from sync_core.engine.model.base import Bases, FieldBase
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.history import OUR_WRITES, HistoryEntry
from sync_core.engine.model.intent import Intent
from sync_core.engine.model.link import Link, Lock, OpenLink
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import Action, Canonical, ColumnType, ConflictPolicy, ContractState, Direction
from sync_core.errors import SyncError, Temporary, VersionMoved
from sync_core.usecases.sync.broken_links import BrokenLinks
from sync_core.usecases.sync.close import Closer
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.news_jobs import NewsJobs
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.sync.recover import Recovery
from sync_core.usecases.sync.request import SyncRequest
from sync_core.usecases.sync.sync import SyncContract
from sync_core.usecases.sync.write import Applier
from sync_core.usecases.timing import Timing
from tests.proof.states import State

SELLER = Actor("oid", "kari@example.com", "uid", "Kari")
START = datetime(2026, 1, 1, tzinfo=UTC)


class Crash(BaseException):
    """The process died here; nothing of it runs on."""


class Broken(AssertionError):
    """A promise was not kept."""


@dataclass
class World:
    """One run of the use case over a state. `trouble` is (point, what): "crash", "lost" (an answer), or "typed" (by
    somebody, between our read and our write). `passed`: the troubles that could have met it. `unseen`: what the one
    window cost."""

    state: State
    mapping: EntityMapping
    trouble: tuple[str, str] | None = None
    met: bool = False
    passed: set[tuple[str, str]] = field(default_factory=set)
    unseen: dict[str, tuple[str, bool]] = field(default_factory=dict)  # field -> what the plan had read, by a person?
    card: Counts | None = None  # what the link's card counts, where the sync came to its end
    wrote: list[tuple[str, str, str, str, bool]] = field(default_factory=list)  # side, field, from, to, over a person

    def scene(self) -> Scene:
        """What the next sync would see."""
        contract, record = Contracts(self).read(1, MACHINE), Records(self).read("t", "r", (), MACHINE)
        columns = Records(self).columns("t")
        return Scene(self.mapping, columns, contract, record, Links(self).open(1).bases)

    def at(self, point: str) -> None:
        """A point at which the process may die."""
        if self._meets(point, "crash"):
            raise Crash

    def lost(self, point: str) -> bool:
        """Whether the answer is lost here."""
        return self._meets(point, "lost")

    def _meets(self, point: str, what: str) -> bool:
        self.passed.add((point, what))
        met = self.trouble == (point, what)
        self.met = self.met or met
        return met

    def typed(self, side: str, keys: Iterable[str]) -> None:
        """Somebody types into what is about to be written."""
        if self.met or not self._meets(f"before {side.title()} is written", "typed"):
            return
        key = min(keys)
        if side == "oneflow":
            self.unseen[key] = self.state.oneflow[key], self.state.by_hand.get(f"oneflow {key}", False)
        self.state.edit(side, key)

    def overwrites(self, side: str, key: str, before: str, after: str) -> None:
        """What every write must keep: it changes something, and what it replaces is written down."""
        unseen = side == "oneflow" and key in self.unseen  # the one window: nobody can know what was typed in it
        if before == after and not unseen:
            raise Broken(f"{side} was written with what it shows already")
        kept = [one for one in (self.state.intent or {}).get("fields", []) if one["side"] == side and one["key"] == key]
        if not kept or ((kept[0]["before"] or "") != before and not unseen):
            raise Broken(f"{side} lost a value that no intent holds")
        if not unseen:
            self.state.owed[f"{side} {key}"] = before
        # Judged by what the plan could know: a value typed in the one window is counted apart.
        known = self.unseen[key] if unseen else (before, self.state.by_hand.get(f"{side} {key}", False))
        self.wrote.append((side, key, known[0], after, known[1]))
        self.state.by_hand[f"{side} {key}"] = False


class Contracts:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, contract_id: int, actor: Actor, known: Any = None) -> Contract:
        state = self._world.state
        fields = {
            key: ContractField(number, key, key, text, state.times[key])
            for number, (key, text) in enumerate(sorted(state.oneflow.items()), 1)
        }
        return Contract(contract_id, "", ContractState.DRAFT, fields)

    def write(self, contract: Contract, texts: Mapping[str, str], actor: Actor, ask: Any) -> Mapping[str, Any]:
        world = self._world
        world.at("before Oneflow is written")
        if world.lost("write to Oneflow, not done"):
            raise Temporary("no answer", side="oneflow", unclear=True)
        if world.lost("write to Oneflow, done later"):
            world.state.late |= texts
            raise Temporary("no answer", side="oneflow", unclear=True)
        if len(texts) > 1 and world.lost("write to Oneflow, half done"):
            self._put(dict([min(texts.items())]))
            raise Temporary("no answer", side="oneflow", unclear=True)
        world.typed("oneflow", texts)
        answered = self._put(texts)
        world.at("after Oneflow was written")
        if world.lost("write to Oneflow, done"):
            raise Temporary("no answer", side="oneflow", unclear=True)
        return answered

    def _put(self, texts: Mapping[str, str]) -> dict[str, Any]:
        world, answered = self._world, {}
        for key, text in texts.items():
            world.overwrites("oneflow", key, world.state.oneflow[key], text)
            world.state.oneflow[key], world.state.times[key] = text, world.state.tick()
            answered[key] = (text, world.state.times[key])
            world.state.late.pop(key, None)
        return answered

    def ping(self) -> None: ...


class Records:
    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        cells = {key: Cell(text or None) for key, text in self._world.state.dynamics.items()}
        return Record(entity, record_id, json.dumps(self._world.state.dynamics, sort_keys=True), cells)

    def write(
        self, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        world = self._world
        world.at("before Dynamics is written")
        if world.lost("write to Dynamics, not done"):
            raise Temporary("no answer", side="dynamics", unclear=True)
        world.typed("dynamics", values)
        if record.version != self.read(record.entity, record.id, (), actor).version:
            raise VersionMoved("somebody was faster", side="dynamics")
        for key, value in values.items():
            world.overwrites("dynamics", key, world.state.dynamics[key], value or "")
            world.state.dynamics[key] = value or ""
        world.at("after Dynamics was written")
        if world.lost("write to Dynamics, done"):
            raise Temporary("no answer", side="dynamics", unclear=True)
        after = self.read(record.entity, record.id, (), actor)
        return after, after.cells

    def columns(self, entity: str, related: Sequence[str] = ()) -> Mapping[str, Column]:
        return {key: Column(key, key, ColumnType.TEXT) for key in self._world.state.dynamics}

    proven_columns = columns

    def forget_columns(self, entity: str, related: Sequence[str] = ()) -> None: ...

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        return True


class Links:
    def __init__(self, world: World) -> None:
        self._world = world

    def open(self, contract_id: int) -> OpenLink:
        state = self._world.state
        bases = {key: FieldBase.from_json(one) for key, one in state.bases.items()}
        intent = Intent.from_json(state.intent) if state.intent else None
        return OpenLink(Link(contract_id, "t", "r"), bases, intent, "e", START)

    def take(self, opened: OpenLink, intent: Intent, lock: Lock) -> OpenLink:
        self._world.at("before the intent is stored")
        self._world.state.intent = intent.to_json() | {"id": "i"}
        self._world.at("after the intent was stored")
        return replace(opened, intent=intent)

    def close(self, opened: OpenLink, link: Link, bases: Bases, entries: Sequence[HistoryEntry]) -> OpenLink:
        self._world.at("before the sync is closed")
        told = [line for entry in entries for line in entry.fields if line.kind in OUR_WRITES]
        for line in told:
            if self._world.state.owed.get(f"{line.side} {line.key}") == (line.before or ""):
                del self._world.state.owed[f"{line.side} {line.key}"]
        self._world.card = Counts(link.waiting_for_push, link.not_agreed, link.conflicts, link.refused)
        self._world.state.bases = {key: base.to_json() for key, base in bases.items()}
        self._world.state.intent = None
        self._world.at("after the sync was closed")
        return replace(opened, link=Link(opened.link.contract_id, "t", "r"), bases=bases, intent=None)


class Quiet:
    """Due rows, jobs, mappings and the clock: nothing of them is explored here."""

    def __init__(self, mapping: EntityMapping) -> None:
        self._mapping = mapping

    def put(self, *_: Any, **__: Any) -> str:
        return "due"

    def drop(self, row_key: str | None, listing: Any = None) -> None: ...

    def note(self, entries: Any, listing: Any = None) -> None: ...

    def get(self, entity: str, *, fresh: bool = False) -> EntityMapping:
        return self._mapping

    def now(self) -> datetime:
        return START

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...


class AtOnce(Executor):
    """Reads side by side, one after the other: which comes first is no matter here."""

    def submit(self, call: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(call(*args, **named))
        except Exception as error:  # noqa: BLE001 as an executor does
            future.set_exception(error)
        return future


def mapping_of(
    directions: Mapping[str, Direction], auto_push: bool, policy: ConflictPolicy = ConflictPolicy.ONEFLOW_WINS
) -> EntityMapping:
    """Rows of a field and a column of the same name."""
    rows = tuple(FieldMapping(key, key, direction) for key, direction in directions.items())
    return EntityMapping("t", rows, auto_push, policy)


def sync_of(world: World) -> tuple[Opener, SyncContract]:
    """The real use case over this world, and what it opens links by."""
    links, quiet = Links(world), Quiet(world.mapping)
    records, contracts, timing = Records(world), Contracts(world), Timing(300.0)
    rows, news = ContractRowJobs(quiet, on=False), NewsJobs(quiet, quiet)  # type: ignore[arg-type]
    closer = Closer(links, quiet, quiet, quiet, rows, news)  # type: ignore[arg-type]
    recovery = Recovery(closer, quiet)  # type: ignore[arg-type]
    opener = Opener(links, quiet, records, contracts, quiet, timing, AtOnce())  # type: ignore[arg-type]
    applier = Applier(contracts, records)  # type: ignore[arg-type]
    broken_links = BrokenLinks(contracts, closer, recovery)  # type: ignore[arg-type]
    sync = SyncContract(opener, applier, closer, recovery, broken_links, links, quiet, timing)  # type: ignore[arg-type]
    return opener, sync


def run(state: State, mapping: EntityMapping, action: Action, trouble: tuple[str, str] | None = None) -> World:
    """One sync over a copy of the state; the world after it, whether it ended, failed or died."""
    world = World(state.copy(), mapping, trouble)
    _, sync = sync_of(world)
    who = MACHINE if action is Action.AUTOMATIC else SELLER
    cause = Cause("reconcile" if who is MACHINE else str(action), who)
    try:
        sync.run(1, SyncRequest(action, cause))
    except (Crash, SyncError):
        return world
    return world


def previewed(state: State, mapping: EntityMapping, action: Action) -> Plan:
    """What a person is shown of an action before it is done."""
    _, sync = sync_of(World(state.copy(), mapping))
    return sync.preview(1, SyncRequest(action, Cause("preview", SELLER)))
