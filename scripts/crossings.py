"""How often control crosses from file to file in one automatic sync of one field (`make crossings`).

The sync is the one that a webhook leads to: the counterparty changed a contract's data field, a job of it runs, and the
record in Dynamics is written. The queue's job runner and the use case are the real ones, over the vendors and the
storage of the proof's world (tests/proof/one_link.py).

Counted is each time that control passes from one file of sync_core/ to another: by a call (a generator that goes on is
called), and by the return from it, however it ends. What runs in between outside sync_core/ (the standard library) is
passed through; what the world's doubles do stands for vendors and storage, so nothing that they call is counted. A
first sync, not counted, imports what is imported late and fills what is kept: the number is that of any sync but a
process's first.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from sync_core.engine.model.jobs import SyncJob  # noqa: E402 the path comes first
from sync_core.engine.model.words import Action, Direction  # noqa: E402
from sync_core.usecases.jobs.broken_connection import BrokenConnection  # noqa: E402
from sync_core.usecases.jobs.runner import JobRunner, OtherJobs  # noqa: E402
from sync_core.usecases.jobs.sync_job import RunSyncJob  # noqa: E402
from sync_core.usecases.jobs.turns import Turns  # noqa: E402
from sync_core.usecases.sync.open import Opener  # noqa: E402
from sync_core.usecases.sync.sync import SyncContract  # noqa: E402
from tests.proof.one_link import START, Quiet, World, mapping_of, run, sync_of  # noqa: E402
from tests.proof.states import State, time_after  # noqa: E402

CONTRACT, FIELD = 1, "a"
_CORE, _DOUBLES = f"{ROOT}/sync_core/", f"{ROOT}/tests/"


@dataclass(frozen=True, slots=True)
class Crossing:
    """Control comes into `file`, in `function`; `returns`: by the return from the file before it."""

    file: str
    function: str
    returns: bool


@dataclass
class Walk:
    """What `sys.setprofile` is told while a sync runs."""

    crossings: list[Crossing] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)  # in the order in which control first comes to them
    _here: str = ""
    _doubles: int = 0  # how many calls of the world's doubles are under way

    def of(self, act: Callable[[], object]) -> Walk:
        sys.setprofile(self._told)
        try:
            act()
        finally:
            sys.setprofile(None)
        return self

    def _told(self, frame: FrameType, event: str, _: Any) -> None:
        if event not in ("call", "return"):
            return  # into C and back: no file
        name = frame.f_code.co_filename
        if name.startswith(_DOUBLES):
            self._doubles += 1 if event == "call" else -1
        elif not self._doubles and name.startswith(_CORE):
            now: FrameType | None = frame
            if event == "return":
                now = frame.f_back
                while now is not None and not now.f_code.co_filename.startswith(_CORE):
                    now = now.f_back
            if now is not None:
                self._at(now, event == "return")

    def _at(self, frame: FrameType, returns: bool) -> None:
        file = frame.f_code.co_filename.removeprefix(_CORE)
        if self._here and file != self._here:
            self.crossings.append(Crossing(file, frame.f_code.co_qualname, returns))
        self.files.setdefault(file)
        self._here = file


def walk() -> Walk:
    """One sync, after one that is not counted."""
    _webhook_job()()
    return Walk().of(_webhook_job())


def _webhook_job() -> Callable[[], None]:
    """A world in which the counterparty has just changed a field that was in step, and the job that its webhook put."""
    mapping = mapping_of({FIELD: Direction.TWO_WAY}, auto_push=False)
    begun = State({FIELD: "o0"}, {FIELD: "o0"}, {FIELD: time_after(0)})
    agreed = run(begun, mapping, Action.FETCH).state
    agreed.edit("oneflow", FIELD)
    world = World(agreed, mapping)
    opener, sync = sync_of(world)
    runner = _runner(sync, opener, Quiet(mapping))
    job = SyncJob(CONTRACT, "webhook", first_put_at=START, put_at=START)

    def act() -> None:
        runner.run(job, START + timedelta(seconds=1))
        shown = world.state.dynamics[FIELD], world.state.oneflow[FIELD]
        assert shown[0] == shown[1] != "o0", f"Dynamics was not written: {shown}"

    return act


def _runner(sync: SyncContract, opener: Opener, quiet: Any) -> JobRunner:
    others = OtherJobs(*(_no_other,) * len(OtherJobs._fields))
    broken = BrokenConnection(quiet, quiet, lambda: None)
    job = RunSyncJob(sync, opener, quiet, quiet, Turns(), lambda: None, nullcontext)
    return JobRunner(job.run, quiet, quiet, quiet, others, lambda: 0.5, nullcontext, quiet, broken, lambda stamp: True)


def _no_other(job: object) -> None:
    raise AssertionError("Only the sync's own job runs.")


def main() -> None:
    made = walk()
    for one in made.crossings:
        print(f"{'<' if one.returns else '>'} {one.file}  {one.function}")
    print(f"\n{len(made.files)} files, in the order in which control first comes to them:")
    print("\n".join(f"  {file}" for file in made.files))
    calls = sum(not one.returns for one in made.crossings)
    print(f"\nControl crosses from file to file {len(made.crossings)} times: {calls} calls, and their returns.")


if __name__ == "__main__":
    main()
