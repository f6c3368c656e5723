"""Every state that one link's field can reach, up to renaming of values: edits on either side, pushes, fetches and
automatic syncs, some of which die at any point or lose an answer; visited until there is no new one."""

from __future__ import annotations

import logging
import os
from collections import Counter, deque
from collections.abc import Callable, Iterator

import pytest

from sync_core.engine.model import Action, ConflictPolicy
from tests.proof.one_link import Broken, State, World, mapping_of, run

log = logging.getLogger(__name__)


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    """Tens of thousands of syncs say the same."""
    caplog.set_level(logging.CRITICAL, logger="sync_core")


CRASHES = (
    "before the intent is stored",
    "after the intent was stored",
    "before Oneflow is written",
    "after Oneflow was written",
    "before Dynamics is written",
    "after Dynamics was written",
    "before the sync is closed",
    "after the sync was closed",
)
LOST = (
    "write to Oneflow, not done",
    "write to Oneflow, done",
    "write to Oneflow, done later",
    "write to Dynamics, not done",
    "write to Dynamics, done",
)
# On one path; each may leave a late write behind. `make prove` takes two.
MOST_TROUBLES = int(os.environ.get("PROOF_TROUBLES") or 1)
TROUBLES = (None, *((point, "crash") for point in CRASHES), *((point, "lost") for point in LOST))


class Explorer:
    """Visits all states from one where both sides agree. `met` counts how often each trouble met a sync."""

    def __init__(self, keys: tuple[str, ...], auto_push: bool, policy: ConflictPolicy) -> None:
        self._keys, self._auto_push = keys, auto_push
        self._mapping = mapping_of(keys, auto_push, policy)
        self.met: Counter[str] = Counter()
        self.states = self.syncs = 0

    def explore(self) -> None:
        first = self._settled(State(dict.fromkeys(self._keys, ""), dict.fromkeys(self._keys, ""), self._times()))
        seen, waiting = {first.key}, deque([first])
        while waiting:
            state = waiting.popleft()
            self.states += 1
            self._ends_quietly(state)
            for after in self._next(state):
                if after.key not in seen:
                    seen.add(after.key)
                    waiting.append(after)

    def _times(self) -> dict[str, str]:
        return dict.fromkeys(self._keys, "t000000000")

    def _next(self, state: State) -> Iterator[State]:
        for key in self._keys:
            for side in ("o", "d"):
                yield self._edited(state, key, side)
        for key in state.late:
            yield self._arrived(state, key)
        for action in (Action.PUSH, Action.FETCH, Action.AUTOMATIC):
            for trouble in TROUBLES:
                if trouble is not None and state.troubles == MOST_TROUBLES:
                    continue
                world = self._run(state, action, trouble)
                if trouble is None or world.met:
                    world.state.troubles += trouble is not None
                    yield world.state

    def _edited(self, state: State, key: str, side: str) -> State:
        after = state.copy()
        after.typed += 1
        text = f"{side}{after.typed}"
        if side == "d":
            after.dynamics[key] = text
            after.by_hand[f"dynamics {key}"] = True
        else:
            after.clock += 1
            after.oneflow[key], after.times[key] = text, f"t{after.clock:09d}"
            after.by_hand[f"oneflow {key}"] = True
        return after

    def _arrived(self, state: State, key: str) -> State:
        """A write that nobody answered comes through after all."""
        after = state.copy()
        after.clock += 1
        after.oneflow[key], after.times[key] = after.late.pop(key), f"t{after.clock:09d}"
        after.by_hand[f"oneflow {key}"] = False
        return after

    def _run(self, state: State, action: Action, trouble: tuple[str, str] | None = None) -> World:
        self.syncs += 1
        world = run(state, self._mapping, action, trouble)
        if world.met and trouble:
            self.met[f"{action} {trouble[1]}: {trouble[0]}"] += 1
        if action is Action.AUTOMATIC:
            self._brings_nothing_back(world)
        return world

    def _brings_nothing_back(self, world: World) -> None:
        """No automatic sync takes a write of ours for somebody's edit: what somebody typed on a side is never
        replaced there by what was typed on that side before. (Where the policy says that Dynamics wins, it may: a
        person fetched the older value into Dynamics, and it counts as Dynamics' since.)"""
        for side, key, before, after, over_a_person in world.wrote:
            told_to = self._mapping.conflict_policy is ConflictPolicy.DYNAMICS_WINS
            if over_a_person and not told_to and after[:1] == side[0] and int(after[1:]) < int(before[1:]):
                raise Broken(f"{key} in {side}: {before!r} was replaced by {after!r}, which came from there")
            if side == "oneflow" and not self._auto_push:
                raise Broken("Oneflow was written by itself without auto_push")

    def _settled(self, state: State) -> State:
        return self._run(state, Action.AUTOMATIC).state

    def _ends_quietly(self, state: State) -> None:
        """However it came to this: after a few looks nothing is written any more, and no intent is left."""
        for _ in range(4):
            world = self._run(state, Action.AUTOMATIC)
            state = world.state
        if world.wrote:
            raise Broken("it writes for ever")
        if state.intent is not None:
            raise Broken("an intent is never settled")


@pytest.mark.parametrize("auto_push", [False, True])
@pytest.mark.parametrize("policy", list(ConflictPolicy))
def test_no_reachable_state_of_one_field_loses_or_repeats_anything(
    auto_push: bool, policy: ConflictPolicy, record_property: Callable[[str, object], None]
) -> None:
    explorer = Explorer(("a",), auto_push, policy)
    explorer.explore()
    record_property("states", f"{explorer.states} states, {explorer.syncs} syncs")
    log.info("explored policy=%s auto_push=%s states=%d syncs=%d", policy, auto_push, explorer.states, explorer.syncs)
    assert explorer.states > 20
    for trouble in TROUBLES[1:]:
        assert trouble is not None
        assert any(one.endswith(f"{trouble[1]}: {trouble[0]}") for one in explorer.met), f"never met: {trouble}"
