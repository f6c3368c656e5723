"""One app process: its own clock, its caches, its worker, and the real use cases over doubles of their ports."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from sync_core.bootstrap.services import Services
from sync_core.errors import Temporary
from sync_core.settings import Settings
from sync_core.usecases.timing import Timing
from tests.torture import memory
from tests.torture.catalogue import STORAGE, VENDORS
from tests.torture.contract_rows import RowsPort
from tests.torture.documents import DocumentsPort
from tests.torture.dynamics import DynamicsPort
from tests.torture.news import NewsPort
from tests.torture.oneflow import OneflowPort
from tests.torture.schedule import Crash, Task
from tests.torture.worker import ANOTHER, Worker

if TYPE_CHECKING:
    from tests.torture.world import World

Answer = TypeVar("Answer")
SIGN_KEY = "torture-sign-key"
STALL = (5.0, 120.0)  # seconds: up to twice the lock
LOCK_SECONDS = 60.0  # shorter than in production, so that more of a world happens past it
SETTINGS = Settings(
    "https://oneflow.example/v1", "token", "kari.seller@fjordkraft.example", (SIGN_KEY,), None, None,
    "https://dynamics.example", "tenant", "client", None, None, None, None, None, None, None, 365, LOCK_SECONDS,
)  # fmt: skip
_STORAGE, _VENDORS = frozenset(STORAGE), frozenset(VENDORS)


class ProcessClock:
    """The machine's clock, which may be wrong, and a monotonic one, which only counts."""

    def __init__(self, process: Process) -> None:
        self._process = process

    def now(self) -> datetime:
        return self._process.world.scheduler.now() + self._process.skew

    def monotonic(self) -> float:
        return self._process.world.scheduler.time

    def sleep(self, seconds: float) -> None:
        self._process.world.scheduler.sleep(seconds)


class NobodyAsks:
    """No mapping is saved by a person here, and a right that is lost is found by the looks that there are."""

    def notice(self, entity: str) -> None:
        return

    def look_again(self, marks: Mapping[str, str]) -> None:
        return

    def reason(self, entity: str) -> None:
        return


class OneOfTwo:
    """Another installation uses the queue, too."""

    def is_ours(self, stamp: str | None) -> bool:
        return stamp != ANOTHER


class NoSecrets:
    """There is nothing to tell of the environment that the tests run in."""

    def of_job(self) -> None: ...

    def of_sweep(self, marks: object) -> None: ...


class SideBySide(Executor):
    """Reads side by side: which comes first is left to chance, for nothing may hang on it."""

    def __init__(self, first: Callable[[], bool]) -> None:
        self._first = first

    def submit(self, call: Any, /, *args: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Later(lambda: call(*args, **named))
        if self._first():
            future.exception()
        return future


class Later(Future[Any]):
    """Done when it is asked for."""

    def __init__(self, call: Callable[[], Any]) -> None:
        super().__init__()
        self._call: Callable[[], Any] | None = call

    def exception(self, timeout: float | None = None) -> BaseException | None:
        self._run()
        return super().exception(timeout)

    def result(self, timeout: float | None = None) -> Any:
        self._run()
        return super().result(timeout)

    def _run(self) -> None:
        call, self._call = self._call, None
        if call is None:
            return
        try:
            self.set_result(call())
        except Exception as error:  # noqa: BLE001 as an executor does
            self.set_exception(error)


class Process(Services):
    """What a crash takes away: the real services, whose adapters are doubles. `skew`: how wrong its clock is."""

    def __init__(self, world: World, name: str, skew: timedelta) -> None:
        self.world, self.name, self.skew = world, name, skew
        self.alive = True
        self.tasks: list[Task] = []
        rows = "keep" if world.shows_rows else "off"
        documents = "keep" if world.keeps_documents else "off"
        self._settings = replace(SETTINGS, contract_rows=rows, signed_documents=documents)
        self.building = threading.RLock()
        # A part of the services that is set stands before the one that bootstrap would build.
        own, store, io = self.__dict__, world.store, self.io
        clock = ProcessClock(self)
        own |= {
            "_clock": clock,
            "_jitter": world.jitter.random,
            "_timing": Timing(LOCK_SECONDS),
            "_pool": SideBySide(lambda: world.chance.random() < 0.5),
            "_records": DynamicsPort(self),
            "_contracts": OneflowPort(self),
            "_contract_table": RowsPort(self),
            "_contract_documents": DocumentsPort(self),
            "_notifications": NewsPort(self),
            "_links": memory.MemoryLinks(store, io, world.truth),
            "_due": memory.MemoryDue(store, io),
            "_log": memory.MemoryLog(store, io),
            "_standings": memory.MemoryStandings(store, io),
            "_queue": memory.MemoryJobs(store, io, world.truth.put),
            "_creations": memory.MemoryCreations(store, io),
            "_operations": memory.MemoryOperations(store, io),
            "_mappings": memory.MemoryMappings(store, io, clock.monotonic, world.truth.mapped),
            "_letters": memory.MemoryDeadLetters(store, io),
            "_marks": memory.MemoryMarks(store, io),
            "_installation": OneOfTwo(),
            "_in_force": NobodyAsks(),
            "secrets_in_use": NoSecrets(),
        }
        self.worker = Worker(self)

    @property
    def records(self) -> DynamicsPort:
        made: DynamicsPort = self.__dict__["_records"]
        return made

    @property
    def contracts(self) -> OneflowPort:
        made: OneflowPort = self.__dict__["_contracts"]
        return made

    @property
    def links(self) -> memory.MemoryLinks:
        made: memory.MemoryLinks = self.__dict__["_links"]
        return made

    @property
    def mappings(self) -> memory.MemoryMappings:
        made: memory.MemoryMappings = self.__dict__["_mappings"]
        return made

    def io(self, step: str, act: Callable[[], Answer], writing: bool = False) -> Answer:
        """One I/O step: the request travels, perhaps meets a fault, is done, and perhaps its answer is lost."""
        return self.reach(step, lambda _: act(), writing)

    def reach(self, step: str, act: Callable[[str | None], Answer], writing: bool = False) -> Answer:
        """The same for a port that plays some faults itself: `act` is told what this step meets."""
        world, faults = self.world, self.world.faults
        kind = faults.take(step)
        if self.skew and step == "due.put":
            faults.meet("clock_skew", step)
        slow = 0.25 if step in _VENDORS else 0.03
        world.scheduler.sleep(world.chance.random() * slow)
        if kind == "stall":
            faults.meet(kind, step)
            world.scheduler.sleep(world.chance.uniform(*STALL))
        if not self.alive:
            raise Crash
        if kind == "crash_before":
            faults.meet(kind, step)
            raise Crash
        if step in _STORAGE:
            self._storage_meets(step, kind)
        answer = act(kind)
        if kind == "storage_lost_answer":
            faults.meet(kind, step)
            raise Temporary("storage did not answer", side="storage", unclear=True)
        if kind == "crash_after":
            faults.meet(kind, step)
            raise Crash
        return answer

    def _storage_meets(self, step: str, kind: str | None) -> None:
        faults = self.world.faults
        if kind == "storage_outage":
            faults.begin_outage(self.world.scheduler.time)
        elif kind == "storage_error":
            faults.meet(kind, step)
            raise Temporary("storage answered with status 500", side="storage", status=500, unclear=True)
        if faults.is_out(step, self.world.scheduler.time):
            faults.meet("storage_outage", step)
            raise Temporary("storage did not answer", side="storage", unclear=True)

    @staticmethod
    def die_now() -> None:
        """As a task of the process: its end ends all others."""
        raise Crash

    def die(self) -> None:
        """SIGKILL, and a new process after a while."""
        if not self.alive:
            return
        self.alive = False
        self.world.scheduler.kill(self.tasks)
        self.world.restart(self)
