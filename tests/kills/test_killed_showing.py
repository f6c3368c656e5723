"""The app is killed at each step of the sync that writes what the contract shows of itself into columns of its record:
each column comes to have its value, by one write that the history tells once."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.storage_proxy import Seen
from sandbox.wire import Request
from sandbox.world import World
from tests.kills.killer import LEASE
from tests.kills.steps import StepKiller, When, start_app
from tests.stories.stage import ROWS, Stage

FACTS = {"name": "url", "description": "state", "new_walldate": "sent_on", "new_starttime": "signed_on"}
# What is sent where, in order. A read has no step before its answer but the one before it.
STEPS: dict[str, tuple[str, str]] = {
    "the contract is read": ("oneflow", "GET /contracts/"),
    "the record is read": ("dynamics", "GET /opportunities"),
    "the intent is stored": ("storage", "transaction contracts 1"),
    "the record is written": ("dynamics", "PATCH /opportunities("),
    "the due row is written": ("storage", "patch|transaction due 1"),  # with the log's rows it is a transaction
    "the sync is closed": ("storage", "transaction contracts 2"),
    "the job is taken off the queue": ("storage", "delete message 1"),
}
MOMENTS: list[tuple[str, When]] = [
    (step, when) for step in STEPS for when in ("before", "after") if when == "after" or not step.endswith(" read")
]


class Killer(StepKiller):
    """Keeps what is written to the record as well."""

    def __init__(self, world: World, contract: int, record: str) -> None:
        super().__init__(world, contract)
        self._record = record
        self.written: list[dict[str, Any]] = []

    def arm(self, step: str, when: When) -> None:
        side, what = STEPS[step]
        storage, dataverse, oneflow = self.world.storage, self.world.dataverse, self.world.oneflow
        assert storage
        dataverse.after_write = self._keep
        if side == "storage":
            setattr(storage, when, self._at_storage(what))
        elif what.startswith("GET"):
            (oneflow if side == "oneflow" else dataverse).after_read = self._at(what)
        elif when == "before":
            dataverse.before_write = self._at(what)
        else:
            kill = self._at(what)

            def after(request: Request) -> None:
                self._keep(request)
                kill(request)

            dataverse.after_write = after

    def watch(self) -> None:
        """Kills no more, keeps on."""
        self.disarm()
        self.world.dataverse.after_read = None
        self.world.dataverse.after_write = self._keep

    def _keep(self, request: Request) -> None:
        if request.method == "PATCH" and f"/opportunities({self._record}" in request.path:
            self.written.append(request.json())

    def _at(self, what: str) -> Callable[[Request], None]:
        verb, path = what.split(" ")

        def act(request: Request) -> None:
            if request.method == verb and path in request.path and "RetrievePrincipalAccess" not in request.path:
                self.kill()

        return act

    def _at_storage(self, what: str) -> Callable[[Seen], None]:
        verbs, what, count = what.split(" ")
        wanted = {f"{verb} {what}" for verb in verbs.split("|")}
        passed: list[Seen] = []

        def act(seen: Seen) -> None:
            if seen.what in wanted and (what == "contracts" or self.written):
                passed.append(seen)
                if len(passed) == int(count):
                    self.kill()

        return act


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    """A world without an app: the processes bring it."""
    world = World.start(invoker="none", lock_seconds=20, watch_storage=True, schedule="0 0 0 1 1 *")
    yield world
    world.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("step", "when"), MOMENTS)
def test_what_a_contract_shows_is_written_once_when_the_process_is_killed(
    world: World, tmp_path: Path, step: str, when: When
) -> None:
    app = start_app(world, tmp_path / "first.log")
    killer: Killer | None = None
    try:
        stage = Stage(world)
        contract = stage.contract(publish=False)
        _map(stage)
        with stage.silently(), _unheard(world):
            stage.edit_record(**dict.fromkeys(FACTS))
            world.oneflow.people.publish(contract)
            world.oneflow.people.sign_all(contract)
        killer = Killer(world, contract, stage.record_id)
        killer.process = app
        stage.age(contract)
        killer.arm(step, when)
        stage.put_job({"kind": "sync", "contract_id": contract, "cause": "reconcile"})
        assert killer.done.wait(60), f"nothing came to: {step}"
    finally:
        app.kill()
        if killer is not None:
            killer.watch()
    after = start_app(world, tmp_path / "second.log")
    try:
        stage.look_until(contract, lambda: bool(stage.record("description") and _read(stage, contract)))
        time.sleep(LEASE + 2)  # whatever the killed process had taken has come back
        stage.age(contract)
        stage.look_until(contract, lambda: True)
        shown = {column: stage.record(column) for column in FACTS}
        stage.until(lambda: bool(_read(stage, contract)), "the history")
        told = _read(stage, contract)
    finally:
        killer.disarm()
        world.dataverse.after_write = None
        after.close()
    assert shown["description"] == "signed"
    assert str(contract) in shown["name"], "the link to the contract"
    assert all(shown.values()), "each column has its value"
    for column in FACTS:
        values = [json.dumps(one[column]) for one in killer.written if column in one]
        assert len(values) == 1, f"{column} was written {len(values)} times"
    assert sorted(told) == sorted(FACTS.values()), "the history tells each write once"


@contextmanager
def _unheard(world: World) -> Iterator[None]:
    """Oneflow tells nobody what people do: no webhook's sync comes before the one that is to be killed."""
    webhooks = world.oneflow.world.state.webhooks
    kept = dict(webhooks)
    webhooks.clear()
    try:
        yield
    finally:
        webhooks.update(kept)


def _map(stage: Stage) -> None:
    names = ("dynamics_column", "oneflow_field", "direction")
    fields: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in ROWS if row[0] not in FACTS]
    fields += [
        dict(zip(names, (column, fact, "oneflow_to_dynamics"), strict=True)) | {"oneflow_kind": "contract"}
        for column, fact in FACTS.items()
    ]
    stage.ok("PUT", "entities/opportunity/mapping", {"entity": "opportunity", "fields": fields}, {"If-Match": "*"})


def _read(stage: Stage, contract: int) -> list[str]:
    """Nothing where a vendor was too slow for the app's short patience here."""
    try:
        return _told(stage, contract)
    except (requests.RequestException, AssertionError):
        return []


def _told(stage: Stage, contract: int) -> list[str]:
    """The facts whose writes the history tells."""
    return [
        line["oneflow_field"]
        for entry in stage.history(contract)
        for line in entry["fields"]
        if line["oneflow_kind"] == "contract" and line["kind"] in ("written", "unclear")
    ]
