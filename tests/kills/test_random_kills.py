"""The app's processes are killed at random while people edit both sides: afterwards every edit is accounted for.

The seed is in the test's log; KILLS_SEED repeats the same choices (not the same interleaving: this is for real).
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.world import World
from sync_core.engine.settling.history_chain import breaks
from tests.kills.killer import Killer
from tests.kills.people import TEXTS, Deal, People, lost
from tests.stories.stage import Stage

log = logging.getLogger(__name__)

SEED = int(os.environ.get("KILLS_SEED") or random.SystemRandom().randrange(10**6))
ROWS = [(column, field, "two_way") for column, field in TEXTS.items()] + [
    ("estimatedvalue", "amount", "dynamics_to_oneflow"),
    ("ownerid", "owner_name", "sync_once"),
]
QUIET = 90.0  # seconds that a world may need to come to rest: a killed process's lock and messages must end first


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A world without an app: the processes bring it. What a killed one held is free after seconds."""
    world = World.start(invoker="none", lock_seconds=5, watch_storage=True, schedule="*/5 * * * * *")
    world.register_steps()
    world.oneflow.delivery.retry_scale = 0.2  # Oneflow's pauses between its tries, a fifth of them
    yield world
    world.close()


@pytest.mark.timeout(400)
@pytest.mark.parametrize(("processes", "kills"), [(1, 30), (2, 12)])
def test_every_edit_is_accounted_for_when_processes_are_killed_at_random(
    world: World, tmp_path: Path, processes: int, kills: int
) -> None:
    log.warning("seed=%s processes=%s", SEED, processes)
    chance = random.Random(SEED)
    killer = Killer(world, tmp_path, chance, processes)
    killer.start()
    done = threading.Event()
    try:
        people = People(world, [_deal(world) for _ in range(4)], random.Random(SEED + 1))
        desk = threading.Thread(target=people.work, args=(done, 0.8))
        killer.watch()
        desk.start()
        while killer.kills < kills or len(people.edits) <= kills:
            killer.kill_one()
            killer.start()
        done.set()
        desk.join()
        _rest(world, people)
        histories = {contract: _history(world, contract) for deal in people.deals for contract in deal.contracts}
        log.warning("edits=%s pushes=%s kills=%s", len(people.edits), people.pushes, killer.kills)
        assert lost(people, histories) == []
        assert killer.needless == [], "nothing is written twice"
        for deal in people.deals:
            for contract in deal.contracts:
                assert _differences(world, deal, contract) == {}, f"both sides agree (seed {SEED})"
                assert breaks(_whole_history(world, contract)) == []
        _nothing_more_is_written(world, people)
    finally:
        done.set()
        killer.close()


def _deal(world: World) -> Deal:
    stage = Stage(world, auto_push=True, rows=ROWS)
    stage.ok("PUT", "connection/webhooks", {})
    return Deal(stage.record_id, [stage.contract(), stage.contract()])


def _rest(world: World, people: People) -> None:
    """Reconcile finds what is left: nothing waits, no intent is left, both sides agree."""
    end = time.monotonic() + QUIET
    while not all(_settled(world, deal, contract) for deal in people.deals for contract in deal.contracts):
        assert time.monotonic() < end, f"the world does not come to rest (seed {SEED}): {_unrest(world, people)}"
        for deal in people.deals:
            for contract in deal.contracts:
                _hasten(world, contract)
        time.sleep(2)
    # The search after a write to Oneflow looks again after a minute where Oneflow's log lags.
    world.drain()


def _unrest(world: World, people: People) -> dict[int, Any]:
    found = {}
    for deal in people.deals:
        for contract in deal.contracts:
            opened = world.services._links.open(contract)
            if opened and not _settled(world, deal, contract):
                link = opened.link
                state = (link.status, link.reason, link.lock, opened.intent is not None, str(opened.opened_at))
                found[contract] = (*state, str(link.looked_at), _differences(world, deal, contract))
    return found


def _hasten(world: World, contract: int) -> None:
    """As if its time had come; a person ends the pause of a link that was written too often in a short time."""
    opened = world.services._links.open(contract)
    assert opened
    if opened.link.status == "paused":
        requests.post(f"{world.app_url}/api/contracts/{contract}/fetch", json={}, timeout=30)
    else:
        world.services._due.put(contract, opened.opened_at)


def _settled(world: World, deal: Deal, contract: int) -> bool:
    opened = world.services._links.open(contract)
    return opened is not None and opened.intent is None and _differences(world, deal, contract) == {}


def _differences(world: World, deal: Deal, contract: int) -> dict[str, tuple[Any, Any]]:
    record = world.record(deal.record_id)
    pairs = {key: (record[column] or "", world.contract_text(contract, key)) for column, key in TEXTS.items()}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def _whole_history(world: World, contract: int) -> list[Any]:
    entries, after = world.services._links.history(contract, None, 200)
    found = list(entries)
    while after:
        entries, after = world.services._links.history(contract, after, 200)
        found += entries
    return list(reversed(found))


def _history(world: World, contract: int) -> list[dict[str, Any]]:
    return [entry.to_json() for entry in _whole_history(world, contract)]


def _nothing_more_is_written(world: World, people: People) -> None:
    for simulator in (world.oneflow, world.dataverse):
        simulator.log.clear()
    for deal in people.deals:
        for contract in deal.contracts:
            _hasten(world, contract)
    time.sleep(12)  # two sweeps
    written = [one for simulator in (world.oneflow, world.dataverse) for one in simulator.log.entries() if one.is_write]
    assert [f"{one.method} {one.path}" for one in written if "webhook" not in one.path] == []
