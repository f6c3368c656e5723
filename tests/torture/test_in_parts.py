"""What one intent or one closing cannot hold: a person's push goes on with the rest, and its result is the whole's."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.engine.model.actor import Cause
from sync_core.engine.model.words import Action
from sync_core.usecases.sync.request import SyncRequest
from tests.torture.crowd import KARI
from tests.torture.world import World

COLUMNS = ("name", "description", "new_count")


@pytest.mark.parametrize("room", [1, 2])
@pytest.mark.parametrize("previewed", [True, False])
def test_a_push_of_more_than_fits_writes_all_and_tells_of_all(room: int, previewed: bool) -> None:
    world = World(3, plain=True)
    world.begin()
    contract_id, process = next(iter(world.account.state.contracts)), world.processes[0]
    link = world.store.partition(contract_id).link
    assert link
    record_id, entries = link.record_id, link.history_count
    world.mapping = world.store.mappings["opportunity"]
    world.crowd.edit_dynamics(record_id, *COLUMNS)
    world.store.room = room
    told: list[Any] = []

    def push(_: object) -> None:
        request = SyncRequest(Action.PUSH, Cause("push", KARI))
        if previewed:
            plan = process.sync.preview(contract_id, request)
            request = SyncRequest(Action.PUSH, Cause("push", KARI), plan_id=plan.plan_id)
        told.append(process.sync.run(contract_id, request))

    world.crowd.press(push, "push")
    world.scheduler.run(world.scheduler.time + 30)
    (plan,) = told
    results = {step.row.dynamics_column: str(step.result) for step in plan.steps}
    assert {column: results[column] for column in COLUMNS} == dict.fromkeys(COLUMNS, "written")
    fields = {one.custom_id.casefold(): one.value for one in world.account.state.contracts[contract_id].fields}
    values = world.dataverse.row("opportunity", record_id).values
    assert fields["customer_name"] == values["name"] and fields["description"] == values["description"]
    after = world.store.partition(contract_id)
    assert after.link and after.link.history_count - entries >= 2, "in parts"
    assert after.intent is None and after.link.lock is None
    assert world.truth.broken == []
    world.scheduler.close()
