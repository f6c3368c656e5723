"""Which secrets the timer and the queue's function use, over stores in memory: what is noted, asked, forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sync_core.engine.model.jobs import SecretsJob
from sync_core.errors import Temporary
from sync_core.usecases.administration.secrets_in_use import QUEUE, TIMER, SecretsInUse
from tests.handlers.clock import StandingClock
from tests.torture import memory

START = datetime(2026, 3, 12, 10, 0, tzinfo=UTC)
OLD, NEW = {"ONEFLOW_API_TOKEN": "aaaaaa"}, {"ONEFLOW_API_TOKEN": "bbbbbb"}


class App(StandingClock):
    """The processes of an app: `used` is what each has in its environment."""

    def __init__(self) -> None:
        super().__init__(START)
        self.away = False
        self.steps: list[str] = []
        store = memory.Store(self.now)
        self.marks, self.jobs = memory.MemoryMarks(store, self.io), memory.MemoryJobs(store, self.io)
        self.asked = 0
        self.used: dict[str, dict[str, str]] = {}
        self.processes: dict[str, SecretsInUse] = {}

    def io(self, step: str, act: Any, writing: bool = False) -> Any:
        if self.away:
            raise Temporary("storage did not answer", side="storage")
        self.steps.append(step)
        return act()

    def process(self, name: str, used: dict[str, str]) -> SecretsInUse:
        self.used[name] = used
        clock: Any = self
        put: Any = self
        self.processes[name] = SecretsInUse(self.marks, put, clock, lambda: self.used[name], name)
        return self.processes[name]

    def put(self, job: Any, delay: float = 0) -> None:
        assert job == SecretsJob()
        self.asked += 1

    def sweep(self, name: str = "timer") -> list[str]:
        """What a sweep stores for it."""
        marks = self.marks.all()
        self.steps.clear()
        self.processes[name].of_sweep(marks)
        return list(self.steps)

    def shown(self) -> list[tuple[str, dict[str, str]]]:
        return [(one["function"], one["secrets"]) for one in next(iter(self.processes.values())).show()]


def test_the_sweep_notes_what_it_uses_only_when_it_changed() -> None:
    app = App()
    app.process("timer", OLD)
    app.process("a", OLD).of_job()
    assert app.sweep() == ["marks.write"]
    assert app.sweep() == [], "as at each idle sweep"
    assert app.shown() == [(TIMER, OLD), (QUEUE, OLD)]
    app.process("another instance", NEW)
    assert app.sweep("another instance")[0] == "marks.write"
    assert (TIMER, NEW) in app.shown()


def test_a_process_notes_what_its_jobs_use_once_and_again_after_minutes() -> None:
    app = App()
    process = app.process("a", OLD)
    process.of_job()
    assert app.steps == ["marks.write"]
    for _ in range(100):
        process.of_job()
    assert app.steps == ["marks.write"], "none for each job"
    app.at += timedelta(seconds=301)
    process.of_job()
    assert app.steps == ["marks.write"] * 2


def test_each_process_that_runs_jobs_is_shown_until_it_is_silent_for_long() -> None:
    app = App()
    app.process("timer", NEW)
    app.process("a", OLD).of_job()
    app.at += timedelta(minutes=1)
    app.process("b/with#what\\no?key", NEW).of_job()
    app.sweep()
    assert sorted(str(one) for one in app.shown()) == sorted(
        str(one) for one in [(TIMER, NEW), (QUEUE, OLD), (QUEUE, NEW)]
    )
    app.at += timedelta(minutes=9, seconds=30)
    assert app.shown() == [(TIMER, NEW), (QUEUE, NEW)], "the old one had no job for ten minutes"
    before = len(app.marks.all())
    app.sweep()
    assert len(app.marks.all()) == before - 1, "and its row goes"
    app.at += timedelta(days=30)
    app.sweep()
    assert (QUEUE, NEW) in app.shown(), "what the newest told stays known"


def test_where_no_job_has_told_the_sweep_asks_ever_later_and_not_for_ever() -> None:
    app = App()
    app.process("timer", OLD)
    app.sweep()
    assert app.asked == 1
    times = []
    for sweep in range(2 * 60 * 24 * 7):
        app.at += timedelta(seconds=30)
        before = app.asked
        app.sweep()
        times += [sweep] if app.asked > before else []
    assert app.asked == 8
    waits = [later - earlier for earlier, later in zip([-1, *times], times, strict=False)]
    assert waits == [2, 4, 8, 16, 32, 64, 128], "in sweeps of 30 s"


def test_after_a_rotation_the_sweep_asks_anew_until_a_job_has_told() -> None:
    app = App()
    app.process("timer", OLD)
    app.process("a", OLD).of_job()
    app.sweep()
    assert app.asked == 0, "they agree"
    app.used["timer"] = NEW
    app.sweep()
    app.sweep()
    assert app.asked == 1
    app.process("a, started anew", NEW).of_job()
    app.at += timedelta(hours=1)
    app.sweep()
    assert app.asked == 1


def test_the_sweep_says_whether_anything_is_left_to_ask() -> None:
    app = App()
    timer = app.process("timer", NEW)
    app.process("a", OLD).of_job()
    assert timer.of_sweep(app.marks.all()) is False, "the only one that told uses the old one"
    app.at += timedelta(minutes=1)
    app.process("b", NEW).of_job()
    assert timer.of_sweep(app.marks.all()) is True
    assert app.process("without secrets", {}).of_sweep({}) is True


def test_storage_that_is_away_is_in_no_jobs_way() -> None:
    app = App()
    process = app.process("a", OLD)
    app.away = True
    process.of_job()
    app.away = False
    assert app.marks.all() == {}


def test_a_mark_that_nobody_can_read_is_none() -> None:
    app = App()
    app.process("timer", OLD)
    for name in ("secrets:reconcile", "secrets:sync_jobs:x", "secrets_asked"):
        for text in ("no json", "[]", "{}", '{"at": "no time", "secrets": 7}'):
            app.marks.set(name, text)
            assert app.shown() == []
    app.sweep()
    assert app.shown() == [(TIMER, OLD)] and app.asked == 1


def test_a_process_without_secrets_has_nothing_to_tell() -> None:
    app = App()
    process = app.process("timer", {})
    process.of_job()
    assert app.sweep() == [] and app.asked == 0
