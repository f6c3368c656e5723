"""The state of one Oneflow account and the one way to change a contract in it: `commit`. Pure; the clock is given."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sandbox.oneflow.account.model import Actor, Change, Contract, DataField, Event, Participant, Party, State, User
from sandbox.oneflow.switches import Switches

Clock = Callable[[], datetime]
VERSIONS_KEPT = 50
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class By:
    """Who acts, and through what: `api`, `ui`, or `system` (time passing)."""

    actor: Actor | None
    via: str


SYSTEM = By(None, "system")


@dataclass(frozen=True)
class Happening:
    """An event before it has an id and a time."""

    type: str
    subject: str = "Contract"
    changes: tuple[Change, ...] = ()


@dataclass
class Version:
    """What a contract was before a change (None: not there yet), for reads that lag: until when, and how many."""

    replaced_at: datetime
    contract: Contract | None
    reads_left: int


class World:
    """Not thread-safe by itself: the simulator holds its lock around every use."""

    def __init__(self, state: State, now: Clock, switches: Switches) -> None:
        self.now = now
        self.switches = switches
        self.on_events: Callable[[Contract, tuple[Event, ...]], None] = lambda contract, events: None
        self._count = itertools.count(1)
        self.mutations = 0
        self.load(state)

    def load(self, state: State) -> None:
        self.state = state
        self._versions: dict[int, deque[Version]] = {}
        self._expiry: tuple[int, datetime] = (-1, NEVER)
        self.touched()

    def next_id(self, kind: str) -> int:
        value = self.state.counters.get(kind, 1)
        self.state.counters[kind] = value + 1
        return value

    def touched(self) -> None:
        """Say that something changed, so that it is saved. `next` is atomic: delivery threads call this too."""
        self.mutations = next(self._count)

    # Reading

    def visible(self, contract_id: int, stale: bool = False) -> Contract | None:
        """The contract as this read shows it: as before a change that reads still lag behind, or before the last one
        if `stale`. Counts as a read."""
        contract = self.state.contracts.get(contract_id)
        versions = self._versions.get(contract_id)
        if contract is None or not versions:
            return contract
        if stale:
            return versions[-1].contract
        seen_until = self.now() - timedelta(seconds=self.switches.eventual_consistency_delay)
        lagging = [version for version in versions if version.reads_left > 0 or version.replaced_at > seen_until]
        for version in versions:
            version.reads_left -= 1
        return lagging[0].contract if lagging else contract

    def next_expiry(self) -> datetime:
        """When the next signing period ends."""
        if self._expiry[0] != self.mutations:
            pending = (c for c in self.state.contracts.values() if c.state == "pending")
            ends = min((c.signing_period_expiry_time for c in pending if c.signing_period_expiry_time), default=NEVER)
            self._expiry = (self.mutations, ends)
        return self._expiry[1]

    def user(self, email: str) -> User | None:
        wanted = email.strip().lower()
        return next((u for u in self.state.users.values() if u.email.lower() == wanted), None)

    def user_actor(self, user: User, contract: Contract) -> Actor:
        """A user as the event list names them: as their participant where they are one."""
        mine = next((party for party in contract.parties if party.my_party), None)
        if mine is None:
            return Actor(user.id, user.name)
        participant = next((p for p in mine.participants if p.email.lower() == user.email.lower()), None)
        return Actor(participant.id if participant else user.id, user.name, mine.id, mine.name)

    @staticmethod
    def participant_actor(party: Party, participant: Participant) -> Actor:
        return Actor(participant.id, participant.name, party.id, party.name)

    # Changing

    def commit(self, contract: Contract, happenings: Sequence[Happening], by: By) -> Contract:
        """Store the contract's new version, its events, and announce those that fire webhooks."""
        before = self.state.contracts.get(contract.id)
        if before is not None or self.switches.new_contracts_lag:
            version = Version(self.now(), before, self.switches.lagging_reads)
            self._versions.setdefault(contract.id, deque(maxlen=VERSIONS_KEPT)).append(version)
        self.state.contracts[contract.id] = contract
        self._announce(contract, happenings, by)
        return contract

    def remove(self, contract: Contract, by: By) -> None:
        del self.state.contracts[contract.id]
        self.state.deleted.append(contract.id)
        self._versions.pop(contract.id, None)
        self._announce(contract, [Happening("contract:delete")], by)
        self.state.events.pop(contract.id, None)

    def _announce(self, contract: Contract, happenings: Sequence[Happening], by: By) -> None:
        self.touched()
        at = self.now()
        hidden = by.via == "api" and not self.switches.api_actor_is_shown
        actor = None if hidden else by.actor
        events = tuple(
            Event(self.next_id("event"), contract.id, h.type, h.subject, at, actor, h.changes) for h in happenings
        )
        self.state.events[contract.id] = self.state.events.get(contract.id, ()) + events
        loud = tuple(event for event in events if self._fires(contract, event, by))
        if loud:
            self.on_events(contract, loud)

    def _fires(self, contract: Contract, event: Event, by: By) -> bool:
        if by.via == "api" and not self.switches.echo_webhooks_for_api_writes:
            return False
        if event.type == "data_field:update" and contract.state == "draft":
            return self.switches.data_field_update_fires_for_drafts
        return True


def field_change(field: DataField, value: str) -> Change:
    return Change("value", field.value, value, field.id, field.custom_id)
