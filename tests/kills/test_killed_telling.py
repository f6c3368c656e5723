"""The app's process is killed at each step between an event and the end of its telling: the owner is told once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.storage_proxy import Seen
from sandbox.wire import Request
from sandbox.world import World
from sync_core.engine.model.jobs import NewsJob
from sync_core.usecases.jobs.tell_news import MARK
from tests.kills.killer import LEASE
from tests.kills.steps import StepKiller, When, puts, start_app
from tests.stories.stage import Stage

_TOLD = "appnotification"
_NOTED = "annotation"
# What is sent where, in order.
STEPS = {
    "the job is put": "storage",
    "the sync is closed": "storage",
    "what lacks is kept": "storage",
    "the note is written": "annotations",
    "the notification is written": "appnotifications",
    "the job is taken off the queue": "storage",
}


class Killer(StepKiller):
    _told = False

    def arm(self, step: str, when: When) -> None:
        storage, dataverse = self.world.storage, self.world.dataverse
        assert storage
        dataverse.after_write = self._notified
        if STEPS[step] == "storage":
            setattr(storage, when, self._at_storage(step))
            return

        def act(request: Request) -> None:
            if when == "after":
                self._notified(request)
            if request.method == "PATCH" and f"/{STEPS[step]}(" in request.path:
                self.kill()

        setattr(dataverse, f"{when}_write", act)

    def _at_storage(self, step: str) -> Callable[[Seen], None]:
        def act(seen: Seen) -> None:
            if {
                "the job is put": puts(seen, NewsJob),
                "the sync is closed": self.closes(seen),
                "what lacks is kept": seen.what.endswith(" marks") and MARK in seen.path,
                "the job is taken off the queue": seen.what == "delete message" and self._told,
            }[step]:
                self.kill()

        return act

    def _notified(self, request: Request) -> None:
        self._told = self._told or "/appnotifications(" in request.path


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world without an app, whose Dynamics has notifications: the processes bring the app."""
    world = World.start(invoker="none", lock_seconds=10, watch_storage=True, schedule="0 0 0 1 1 *")
    world.dataverse.people.switch_notifications_on("msdynce_saleshub")
    for user in seed.SELLERS:
        world.dataverse.world.security.assign(user, seed.BASIC)
    yield world
    world.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_an_event_is_told_exactly_once_when_the_process_is_killed(
    world: World, tmp_path: Path, step: str, when: When
) -> None:
    app = start_app(world, tmp_path / "first.log")
    name = f"Killed {when} {step}"
    try:
        stage = Stage(world, notify="everything", timeline_notes=True)
        contract = stage.contract(name=name)
        killer = Killer(world, contract)
        killer.process = app
        world.services._marks.set(MARK, "")  # so that what lacks is asked
        world.oneflow.people.decline(contract)
        stage.age(contract)
        killer.arm(step, when)
        stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
        assert killer.done.wait(30), f"nothing came to: {step}"
    finally:
        killer.disarm()
        app.kill()
    assert len(_rows(world, _TOLD, name)) <= 1
    after = start_app(world, tmp_path / "second.log")
    try:
        stage.look_until(contract, lambda: bool(_rows(world, _TOLD, name) and _rows(world, _NOTED, name)))
        time.sleep(LEASE + 2)  # whatever the killed process had taken has come back
        link = world.services._links.link(contract)
        assert link is not None and [one.kind for one in link.news] == ["declined"]
        stage.put_job({"kind": "news", "contract_id": contract, "news": link.news[0].id})  # once more, as a queue may
        stage.look_until(contract, lambda: True)
    finally:
        after.close()
    assert [one["title"] for one in _rows(world, _TOLD, name)] == [f"{name}: declined"[:100]]
    assert [one["subject"] for one in _rows(world, _NOTED, name)] == [f"{name}: declined"]


def _rows(world: World, table: str, name: str) -> list[dict[str, Any]]:
    simulated = world.dataverse.world
    with simulated.lock:
        found = [dict(row.values) for row in simulated.rows.get(table, {}).values()]
    return [one for one in found if name in str(one.get("title") or one.get("subject"))]
