"""A record is judged by the definitions it was read by, also where another sync of the process learns newer ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread
from typing import Any

import pytest
import requests

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.faults import Fault
from sandbox.role import give_whole_role
from sandbox.wire import InProcess
from sync_core.adapters.clock import SystemClock
from sync_core.adapters.dataverse.client import DataverseClient
from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.planner import plan_fetch
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import Actor
from sync_core.engine.model.contracts import ContractField
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.words import Direction
from sync_core.engine.settling.answers import settle_write
from sync_core.engine.settling.lines import history_fields
from sync_core.errors import RateLimited, Temporary
from sync_core.usecases.sync.guard import Guard
from sync_core.usecases.sync.read import have_moved, read_by
from sync_core.usecases.sync.send import Sent, send
from sync_core.usecases.sync.write_dynamics import DynamicsTarget
from tests.engine.scenes import scene

URL = "https://contoso.crm4.dynamics.com"
TABLE = "opportunity"
RECORD = f"opportunities({seed.OPPORTUNITY})"
SELLER = Actor(seed.SELLER_OID, seed.SELLER_EMAIL, seed.SELLER, "Kari Seller")


class FixedTokens:
    def bearer(self) -> str:
        return "token"

    def forget(self) -> None: ...


class OnTheWay(InProcess):
    """The wire, with something that happens while the answer to one request is on its way back."""

    def __init__(self, simulator: DataverseSimulator) -> None:
        super().__init__(simulator)
        self.meanwhile: dict[str, Callable[[], object]] = {}

    def send(self, request: requests.PreparedRequest, *args: Any, **named: Any) -> requests.Response:
        answer = super().send(request, *args, **named)
        for part in [part for part in self.meanwhile if part in (request.url or "")]:
            self.meanwhile.pop(part)()
        return answer


class World:
    def __init__(self) -> None:
        self.sim = DataverseSimulator(send=lambda *_: 202)
        give_whole_role(self.sim.world)
        self.sim.people.set_columns(TABLE, seed.OPPORTUNITY, {"description": "Ours"})
        self.wire, session = OnTheWay(self.sim), requests.Session()
        session.mount(URL, self.wire)
        self.client = DataverseClient(
            session, url=URL, tokens=FixedTokens(), label_language=None, timeout=5, monotonic=lambda: 0.0
        )

    def secure(self, secured: bool = True) -> None:
        """An administrator of Dynamics makes the column one that the seller may not see."""
        tables = self.sim.world.tables
        attributes = dict(tables[TABLE].attributes)
        attributes["description"] = replace(attributes["description"], secured=secured)
        tables[TABLE] = replace(tables[TABLE], attributes=attributes)

    def learn(self) -> None:
        """What another sync of this process does."""
        self.client.proven_columns(TABLE)

    def written_while_it_is_secured(
        self, then: Callable[[], object] = lambda: None, lock_seconds: float = 1e12
    ) -> tuple[Sent, Step]:
        """The column is secured between the seller's read and write; `then` happens once it is written."""
        self.learn()
        for user in (seed.SELLER, seed.APPLICATION):
            self.sim.world.security.secure(user, TABLE, "description", "update")
        self.wire.meanwhile[RECORD] = self.secure
        record, columns = self.read()
        mapping = EntityMapping(TABLE, (FieldMapping("description", "description", Direction.TWO_WAY),))
        field = ContractField(1, "description", "Description", "Theirs")
        now = Scene(mapping, columns, replace(scene().contract, fields={"description": field}), record, {})
        (step,) = plan_fetch(now).steps
        self.wire.meanwhile[RECORD] = then
        clock = SystemClock()
        guard = Guard(clock, clock.monotonic() + lock_seconds, 5)
        told = send(DynamicsTarget(self.client, now, SELLER, "op"), [step], guard.ask)
        return told, settle_write(step, told.answers["description"])

    def read(self) -> Any:
        return read_by(self.client, TABLE, seed.OPPORTUNITY, ["description"], EntityMapping(TABLE), SELLER)


@pytest.fixture
def world() -> World:
    return World()


def test_a_column_read_as_null_before_it_was_known_as_secured_has_no_value(world: World) -> None:
    world.learn()
    world.secure()
    world.wire.meanwhile[RECORD] = world.learn
    record, columns = world.read()
    assert columns["description"].secured
    assert record.cells["description"].unreadable is not None, "nobody takes it for an emptied one"


def test_an_option_that_was_removed_is_looked_up_once_whatever_other_records_hold(world: World) -> None:
    other = "0bb00000-0000-4000-8000-00000000000f"
    row = world.sim.world.row(TABLE, seed.OPPORTUNITY).values
    world.sim.world.add(TABLE, {**row, "new_stage": 100000000}, seed.APPLICATION, other)
    world.sim.people.set_columns(TABLE, seed.OPPORTUNITY, {"new_stage": 100000001})
    world.learn()
    attributes = dict(world.sim.world.tables[TABLE].attributes)
    options = {key: names for key, names in attributes["new_stage"].options.items() if key != 100000001}
    attributes["new_stage"] = replace(attributes["new_stage"], options=options)
    world.sim.world.tables[TABLE] = replace(world.sim.world.tables[TABLE], attributes=attributes)
    asked = []
    for record_id in (seed.OPPORTUNITY, other, seed.OPPORTUNITY):
        world.sim.log.clear()
        world.client.read(TABLE, record_id, ["new_stage"], SELLER)
        asked.append(sum("Definitions" in one.path for one in world.sim.log.entries()) > 0)
    assert asked == [True, False, False]


COLLEAGUE = Actor(seed.COLLEAGUE_OID, seed.COLLEAGUE_EMAIL, seed.COLLEAGUE, "Aksel Colleague")  # reads Swedish


@pytest.mark.parametrize("reader", [SELLER, COLLEAGUE], ids=["english", "swedish"])
@pytest.mark.parametrize(("name", "value"), [("new_stage", 100000001), ("new_interests", "1,3")])
@pytest.mark.parametrize("words", [("Outline", "Skiss"), ("Sea, sun; sand", "Hav, sol; sand")])
def test_an_option_that_dynamics_shows_under_another_name_was_renamed(
    world: World, reader: Actor, name: str, value: int | str, words: tuple[str, str]
) -> None:
    world.sim.people.set_columns(TABLE, seed.OPPORTUNITY, {name: value})
    world.learn()
    asked = []

    def read() -> str:
        world.sim.log.clear()
        world.client.read(TABLE, seed.OPPORTUNITY, [name], reader)
        asked.append(any("Definitions" in one.path for one in world.sim.log.entries()))
        return world.client.columns(TABLE)[name].options[number]

    attributes = dict(world.sim.world.tables[TABLE].attributes)
    number = int(str(value).split(",")[-1])
    before = read()
    attributes[name] = replace(attributes[name], options={**attributes[name].options, number: words})
    world.sim.world.tables[TABLE] = replace(world.sim.world.tables[TABLE], attributes=attributes)
    assert before != words[0] and [read(), read()] == [words[0]] * 2
    assert asked == [False, True, False], "once, and where the names fit not at all"


def test_a_record_whose_columns_never_stay_the_same_is_tried_again_later(world: World) -> None:
    world.learn()

    def again() -> None:
        world.secure(not world.client.columns(TABLE)["description"].secured)
        world.learn()
        world.wire.meanwhile[RECORD] = again

    world.wire.meanwhile[RECORD] = again
    with pytest.raises(Temporary, match="definitions"):
        world.read()


def test_a_column_that_is_secured_before_the_write_is_written_and_nothing_is_settled(world: World) -> None:
    """The acting user may update it and not read it: the answer shows null, and what was overwritten is known."""
    told, settled = world.written_while_it_is_secured()
    (line,) = history_fields([settled])
    assert told.temporary is None
    assert world.sim.world.row(TABLE, seed.OPPORTUNITY).values["description"] == "Theirs"
    assert (line.kind, line.before, line.reason_code) == ("unclear", "Ours", "unseen")
    assert settled.base.halves is None, "when it can be seen again, both sides are not yet agreed"


def test_what_was_written_is_written_though_its_column_cannot_be_looked_up_after_it(world: World) -> None:
    """The vendor is not asked again before its time, and nothing of the write is called "not done"."""
    told, settled = world.written_while_it_is_secured(
        lambda: world.sim.faults.add(Fault("rate_limited", path="*Definitions*", headers={"Retry-After": "17"}))
    )
    (line,) = history_fields([settled])
    assert isinstance(told.temporary, RateLimited)
    assert told.temporary.retry_after == 17
    assert world.sim.world.row(TABLE, seed.OPPORTUNITY).values["description"] == "Theirs"
    assert (line.kind, line.before, line.reason_code) == ("unclear", "Ours", "unseen")


def test_a_column_that_was_secured_only_while_it_was_read_has_moved_too(world: World) -> None:
    """It reads as null, and its definition is as before again but for when it last changed."""
    world.learn()
    _, columns = world.read()
    assert not have_moved(world.client, TABLE, ["description"], EntityMapping(TABLE), columns)
    world.secure()
    record, columns = world.read()
    world.secure(False)
    assert record.cells["description"].value is None
    assert have_moved(world.client, TABLE, ["description"], EntityMapping(TABLE), columns)


def test_a_holder_looks_at_its_lock_before_it_writes_and_sends_nothing_past_it(world: World) -> None:
    told, settled = world.written_while_it_is_secured(lock_seconds=4)  # five would be needed
    (line,) = history_fields([settled])
    assert world.sim.world.row(TABLE, seed.OPPORTUNITY).values["description"] == "Ours"
    assert told.temporary is not None
    assert (line.kind, line.reason_code) == ("not_done", "lock_too_short")


def test_definitions_that_were_under_way_when_they_were_doubted_are_no_answer_to_the_doubt(world: World) -> None:
    """Two threads: the one began to read before the change, the other asks what holds after it."""
    under_way, changed = Event(), Event()

    def wait() -> None:
        under_way.set()
        changed.wait(10)

    world.wire.meanwhile["StringAttributeMetadata"] = wait
    early = Thread(target=world.client.columns, args=(TABLE,))
    early.start()
    assert under_way.wait(10)
    world.secure()
    world.client._metadata.doubt(TABLE, [("description", "None")])
    changed.set()
    assert world.client.columns(TABLE)["description"].secured
    early.join()
