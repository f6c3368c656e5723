"""Many contracts on a virtual clock: use cases and pace are the real ones, the vendors answer from memory, and requests
are counted as Oneflow counts them.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sync_core.adapters.oneflow.pace import Pace
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import Contract, ContractField
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.tables import FoundRow
from sync_core.engine.model.words import ColumnType, ContractState, Direction
from sync_core.engine.switching.plan_lines import PlanHead, PlanKind
from sync_core.engine.switching.rules import Rule, RuleKind
from sync_core.errors import RateLimited
from sync_core.usecases.people.link_contract import LinkContract
from sync_core.usecases.people.linking import Linking
from sync_core.usecases.switching.find import FindLinks
from sync_core.usecases.switching.patience import Patience
from sync_core.usecases.switching.switch_over import SwitchOver
from sync_core.usecases.switching.takeover import Takeover
from sync_core.usecases.sync.contract_row_jobs import ContractRowJobs
from sync_core.usecases.sync.open import Opener
from sync_core.usecases.timing import Timing
from tests.torture.memory import MemoryDue, MemoryLinks, MemoryLog, MemoryMappings, MemoryMarks, MemoryOperations, Store

LIMIT, WINDOW, PAGE = 2000, 300.0, 100
FIELDS = 3
ANSWER = 0.02  # seconds of an answer, eight of which are waited for side by side
ROWS = tuple(FieldMapping(f"c{n}", f"f{n}", Direction.TWO_WAY) for n in range(FIELDS))
COLUMNS = {row.dynamics_column: Column(row.dynamics_column, row.dynamics_column, ColumnType.TEXT) for row in ROWS}
HEAD = PlanHead("link-scale", PlanKind.LINK, "contoso.example", "2026-11-30T10:00:00Z")
RULE = Rule(RuleKind.DATA_FIELD, "opportunity", field="f0")


class Inline(Executor):
    """Does at once what it is given: one virtual clock has one line of time."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 as a pool hands it on
            future.set_exception(error)
        return future


@dataclass
class Time:
    passed: float = 0.0

    def monotonic(self) -> float:
        return self.passed

    def now(self) -> datetime:
        return datetime(2026, 11, 30, 10, tzinfo=UTC) + timedelta(seconds=self.passed)

    def sleep(self, seconds: float) -> None:
        self.passed += seconds


@dataclass
class Oneflow:
    """Counts in a sliding window. Every `every` seconds somebody else, a person or a webhook's job, sends a request."""

    time: Time
    pace: Pace
    count: int
    others_every: float
    times: deque[float] = field(default_factory=deque)
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    fullest: int = 0
    turned_away: list[float] = field(default_factory=list)  # when others were
    others_at: float = 0.0
    edited: frozenset[int] = frozenset()

    def listed(self, offset: int, state: str | None = None) -> tuple[Sequence[Contract], int]:
        assert offset <= 19_900, "no list gives out more"
        self._ask("list")
        first, step = {None: (1, 1), "signed": (1, 2), "pending": (2, 2)}.get(state, (self.count + 1, 1))
        numbers = range(first, self.count + 1, step)
        page = [Contract(one, f"Deal {one}", self._state(one), {}) for one in numbers[offset : offset + PAGE]]
        return page, len(numbers)

    def read(self, contract_id: int, actor: Actor, known: Mapping[int, str] | None = None) -> Contract:
        self._ask("read")
        fields = {f"f{n}": ContractField(n, f"f{n}", f"f{n}", f"v{contract_id}") for n in range(FIELDS)}
        fields["f0"] = replace(fields["f0"], value=record_of(contract_id))
        if contract_id in self.edited:
            fields["f1"] = replace(fields["f1"], value="changed")
        return Contract(contract_id, f"Deal {contract_id}", self._state(contract_id), fields, template_type_id=901)

    def template_types(self) -> Sequence[Mapping[str, Any]]:
        return []

    @staticmethod
    def _state(contract_id: int) -> ContractState:
        return ContractState.SIGNED if contract_id % 2 else ContractState.PENDING

    def _ask(self, what: str) -> None:
        with self.pace.request(patient=True):
            self._others()
            self._one(what)
            self.time.sleep(ANSWER)

    def _others(self) -> None:
        while self.others_at <= self.time.passed:
            self.others_at += self.others_every
            self._one("others")

    def _one(self, what: str) -> None:
        now = self.time.passed
        while self.times and self.times[0] <= now - WINDOW:
            self.times.popleft()
        if len(self.times) >= LIMIT:
            self.refused[what] += 1
            if what == "others":
                self.turned_away.append(now)
            else:
                raise RateLimited("429", side="oneflow")
            return
        self.times.append(now)
        self.asked[what] += 1
        self.fullest = max(self.fullest, len(self.times))


class Dynamics:
    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def find(self, entity: str, column: str, values: Collection[str], show: str = "") -> Iterator[FoundRow]:
        self.asked["find"] += -(-len(values) // 40)
        yield from (FoundRow(one, one) for one in values if one.startswith("1"))

    def key_names(self, entity: str) -> tuple[str, str]:
        return f"{entity}id", "name"

    def columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        return COLUMNS

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        self.asked["read"] += 1
        value = f"v{int(record_id[-12:])}"
        cells = {f"c{n}": Cell(value if n != 2 else "differs") for n in range(FIELDS)}
        cells["c0"] = Cell(record_id)
        return Record(entity, record_id, "W/1", cells, name=record_id)


def record_of(contract_id: int) -> str:
    return f"10000000-0000-4000-8000-{contract_id:012d}"


class Scale:
    def __init__(self, contracts: int, others_every: float = 2.0) -> None:
        self.time = Time()
        self.pace = Pace(LIMIT, WINDOW, self.time.monotonic, self.time.sleep)
        self.oneflow = Oneflow(self.time, self.pace, contracts, others_every)
        self.dynamics = Dynamics()
        self.store = Store(self.time.now)

        def io(step: str, act: Callable[[], Any], writing: bool = False) -> Any:
            return act()

        links, due, log = MemoryLinks(self.store, io), MemoryDue(self.store, io), MemoryLog(self.store, io)
        mappings = MemoryMappings(self.store, io, self.time.monotonic)
        self.store.mappings["opportunity"] = EntityMapping("opportunity", ROWS, etag="1")
        vendors = cast(Any, self.dynamics), cast(Any, self.oneflow)
        opener = Opener(links, mappings, *vendors, self.time, Timing(), Inline())
        linking = Linking(links, due, log, self.time, ContractRowJobs(cast(Any, None), on=False))
        nobody = cast(Any, None)  # who undoes and settles: no part of this
        link = LinkContract(linking, links, due, log, vendors[1], opener, nobody, nobody, nobody, frozenset)
        takeover = Takeover(vendors[1], MemoryMarks(self.store, io), self.time)
        patience = Patience(self.time, lambda: self.pace.turn(background=True))
        self.find = FindLinks(links, mappings, *vendors, takeover, Inline(), patience)
        self.over = SwitchOver(
            *(links, mappings, *vendors, opener, nobody, linking, link, takeover),
            *(MemoryOperations(self.store, io), Inline(), patience),
        )
