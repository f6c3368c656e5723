"""Visits every state that one link can reach, up to renaming, until there is no new one, and judges each."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping

from sync_core.engine.deciding.counts import Counts
from sync_core.engine.model.mapping import EntityMapping
from sync_core.engine.model.words import Action, ConflictPolicy, Direction
from tests.proof.one_link import Broken, World, mapping_of, previewed, run
from tests.proof.states import State, time_after
from tests.proof.verdict_law import breaches

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
TYPED = ("before Oneflow is written", "before Dynamics is written")
ALONE = (
    *((point, "crash") for point in CRASHES),
    *((point, "lost") for point in LOST),
    *((point, "typed") for point in TYPED),
)
TOGETHER = (*ALONE, ("write to Oneflow, half done", "lost"))  # with two fields
_LOOKS = 4  # so many automatic syncs must be enough to come to rest


class Explorer:
    """From a state in which both sides agree. `met` counts how often each trouble met a sync, `in_the_window` the
    values that Oneflow lost because they were typed between our read and our write."""

    def __init__(
        self,
        directions: Mapping[str, Direction],
        auto_push: bool,
        policy: ConflictPolicy,
        most_troubles: int,
    ) -> None:
        self._directions, self._most = directions, most_troubles
        self._mapping: EntityMapping = mapping_of(directions, auto_push, policy)
        self._alike = [
            [key for key in directions if directions[key] is one] for one in sorted(set(directions.values()))
        ]
        self._troubles = TOGETHER if len(directions) > 1 else ALONE
        self._judged: set[tuple[str, Counts]] = set()
        self._looks: dict[str, tuple[str, State, bool]] = {}  # state -> what an automatic sync makes of it, if it wrote
        self.met: Counter[tuple[str, str]] = Counter()
        self.states = self.syncs = self.in_the_window = 0

    def explore(self) -> None:
        blank = dict.fromkeys(self._directions, "")
        first, key = self._run(State(blank, dict(blank), dict.fromkeys(blank, time_after(0))), Action.AUTOMATIC)
        seen, waiting = {key}, deque([(first.state, key)])
        while waiting:
            self.states += 1
            for after, key in self._next(*waiting.popleft()):
                if key not in seen:
                    seen.add(key)
                    waiting.append((after, key))
        for key in seen:
            self._ends_quietly(key)

    def _key(self, state: State) -> str:
        return state.key(self._alike)

    def _next(self, state: State, key: str) -> Iterator[tuple[State, str]]:
        for name in self._directions:
            for side in ("oneflow", "dynamics"):
                after = state.copy()
                after.edit(side, name)
                yield after, self._key(after)
        for name in state.late:
            after = state.copy()
            after.arrive(name)
            yield after, self._key(after)
        for action in (Action.PUSH, Action.FETCH, Action.AUTOMATIC):
            world, then = self._run(state, action)
            if action is Action.AUTOMATIC:
                self._looks[key] = (then, world.state, bool(world.wrote))
            yield world.state, then
            # Up to its trouble a sync goes as it goes without one, so it meets only what that one has passed.
            for trouble in self._troubles if state.troubles < self._most else ():
                if trouble in world.passed:
                    troubled, then = self._run(state, action, trouble)
                    yield troubled.state, then

    def _run(self, state: State, action: Action, trouble: tuple[str, str] | None = None) -> tuple[World, str]:
        """The world after one sync, and its state's key."""
        self.syncs += 1
        world = run(state, self._mapping, action, trouble)
        if trouble:
            assert world.met, trouble
            self.met[trouble] += 1
            world.state.troubles += 1
        key = self._key(world.state)
        self.in_the_window += len(world.unseen)
        self._writes_as_it_may(world, action)
        if world.card is not None and not world.met:
            self._says_one_thing(world, world.card, key)
        return world, key

    def _says_one_thing(self, world: World, card: Counts, key: str) -> None:
        """The card, the list of disputes, both previews and what a sync would do: once for each state."""
        at = (key, card)
        if at in self._judged:
            return
        self._judged.add(at)
        if found := breaches(world.scene(), card, lambda action: previewed(world.state, self._mapping, action)):
            raise Broken("; ".join(found))

    def _writes_as_it_may(self, world: World, action: Action) -> None:
        """A one-way field never writes Dynamics; a fetch never writes Oneflow, a push never Dynamics, an automatic sync
        no Oneflow without auto_push. And no automatic sync takes a write of ours for somebody's edit: what somebody
        typed on a side is never replaced there by what was typed on that side before. (Where the policy says that
        Dynamics wins, it may: a person fetched the older value into Dynamics, and it counts as Dynamics' since.)"""
        told_to = self._mapping.conflict_policy is ConflictPolicy.DYNAMICS_WINS
        for side, key, before, after, over_a_person in world.wrote:
            one_way = self._directions[key] is Direction.DYNAMICS_TO_ONEFLOW
            if side == "dynamics" and (one_way or action is Action.PUSH):
                raise Broken(f"{key} was written back to Dynamics")
            if side == "oneflow" and action is Action.FETCH:
                raise Broken(f"a fetch wrote {key} to Oneflow")
            if action is not Action.AUTOMATIC:
                continue
            if side == "oneflow" and not self._mapping.auto_push:
                raise Broken("Oneflow was written by itself without auto_push")
            older = before != "" and after[:1] == side[0] and int(after[1:]) < int(before[1:])
            if over_a_person and older and not told_to and not one_way:
                raise Broken(f"{key} in {side}: {before!r} was replaced by {after!r}, which came from there")

    def _ends_quietly(self, key: str) -> None:
        """However it came to this: after a few looks nothing is written any more, no intent is left, everything that
        was overwritten is in the history, and both sides agree where the rules say so."""
        for _ in range(_LOOKS):
            key, state, wrote = self._looks[key]
        if wrote:
            raise Broken("it writes for ever")
        if state.intent is not None:
            raise Broken("an intent is never settled")
        if state.owed:
            raise Broken(f"overwritten, and not in the history: {sorted(state.owed)}")
        for name, direction in self._directions.items():
            self._agrees(state, name, direction)

    def _agrees(self, state: State, name: str, direction: Direction) -> None:
        base = state.bases.get(name)
        if base is None or state.oneflow[name] == state.dynamics[name]:
            return  # a one-way row without auto_push has no base before the first push
        auto_push, policy = self._mapping.auto_push, self._mapping.conflict_policy
        two_way = direction is Direction.TWO_WAY
        if two_way and policy is ConflictPolicy.ONEFLOW_WINS and base["o"] != state.oneflow[name]:
            raise Broken(f"{name}: an edit in Oneflow never arrived")
        sure = not two_way or policy is not ConflictPolicy.ASK  # or else it may be in a conflict
        if auto_push and sure and (base["d"] or "") != state.dynamics[name]:
            raise Broken(f"{name}: an edit in Dynamics never arrived")
