"""The one routine that writes a side, over the real clients and the simulators: what is sent, what ends it, what is
said of each field. Time is this test's own: every request takes as long as `takes` says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from sandbox.dataverse import DataverseSimulator
from sandbox.dataverse import seed as dynamics_seed
from sandbox.faults import Fault
from sandbox.oneflow import OneflowSimulator, seed
from sandbox.role import give_whole_role
from sandbox.wire import InProcess
from sync_core.adapters.dataverse.client import DataverseClient
from sync_core.adapters.oneflow.client import OneflowClient
from sync_core.adapters.oneflow.pace import Pace
from sync_core.engine.deciding.plan import Step
from sync_core.engine.deciding.planner import plan_fetch, plan_push
from sync_core.engine.deciding.view import Scene
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.base import FieldBase, Halves
from sync_core.engine.model.contracts import NewContract
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.words import ColumnType, Direction, Side
from sync_core.engine.settling.answers import Answer, Answered, Unanswered
from sync_core.errors import RateLimited
from sync_core.usecases.sync.guard import Guard
from sync_core.usecases.sync.send import Sent, send
from sync_core.usecases.sync.write_dynamics import DynamicsTarget
from sync_core.usecases.sync.write_oneflow import OneflowTarget
from tests.adapters.test_dataverse_client import FixedTokens
from tests.engine.scenes import Pair, scene

ONEFLOW, DYNAMICS = "https://api.oneflow.com", "https://contoso.crm4.dynamics.com"
KEYS = ("customer_name", "amount", "description", "close_date", "is_priority")
OLA = {"name": "Ola", "email": "ola@nordlys.example", "signatory": True}
PARTY = {"type": "company", "name": "Nordlys AS", "country_code": "NO", "participants": [OLA]}


class World:
    """A contract with five fields, all edited in Dynamics; a lock of 60 s with a margin of 12; one request a second."""

    def __init__(self) -> None:
        self.now, self.takes = 0.0, 1.0
        self.sim = OneflowSimulator()
        self.sim.before_write = self._pass
        session = requests.Session()
        session.mount(ONEFLOW, InProcess(self.sim))
        self.pace = Pace(2_000, 300.0, lambda: self.now, self._sleep)
        self.client = OneflowClient(
            session,
            url=f"{ONEFLOW}/v1",
            token=seed.TOKEN,
            user_email=seed.SELLER,
            sign_keys=["key"],
            timeout=5,
            monotonic=lambda: self.now,
            pace=self.pace,
        )
        made = self.client.create(NewContract(seed.FRAME_TEMPLATE, seed.SALES, "Deal", {}, (PARTY,)), MACHINE)
        self.contract_id = made.id

    def _pass(self, request: Any) -> None:
        self.now += self.takes

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def scene(self) -> Scene:
        contract = self.client.read(self.contract_id, MACHINE)
        keys = [key for key in KEYS if key in contract.fields]
        rows = tuple(FieldMapping(key, key, Direction.TWO_WAY) for key in keys)
        columns = {key: Column(key, key, ColumnType.TEXT) for key in keys}
        record = Record("opportunity", "1d", "W/1", {key: Cell(f"New {key}") for key in keys})
        halves = {key: Halves(contract.fields[key].value, None) for key in keys}
        bases = {row.key: FieldBase(row.identity, row.direction, halves[row.key]) for row in rows}
        return Scene(EntityMapping("opportunity", rows), columns, contract, record, bases)

    def push(self, lock: float = 60.0, margin: float = 12.0) -> Sent:
        scene = self.scene()
        self.sim.log.clear()
        guard = Guard(self, self.now + lock, margin)  # type: ignore[arg-type]
        return send(OneflowTarget(self.client, scene, MACHINE), plan_push(scene).writes_to(Side.ONEFLOW), guard.ask)

    def monotonic(self) -> float:
        return self.now

    @property
    def puts(self) -> int:
        return self.sim.log.count("PUT")

    def shown(self) -> dict[str, str]:
        return {key: one.value for key, one in self.client.read(self.contract_id, MACHINE).fields.items()}


@pytest.fixture
def world() -> World:
    return World()


def codes(sent: Sent) -> list[str]:
    """Per field "written" or the reason's code."""
    return [_code(answer) for answer in sent.answers.values()]


def _code(answer: Answer) -> str:
    return "written" if isinstance(answer, Answered) else answer.reason.code


def test_many_fields_are_one_request(world: World) -> None:
    sent = world.push()

    assert codes(sent) == ["written"] * 5
    assert world.puts == 1


def test_a_refused_value_leaves_the_others_and_is_of_the_value(world: World) -> None:
    body = {"error_code": 4000000, "parameter_problems": {"data_fields[1].value": ["No."]}}
    world.sim.faults.add(Fault("status", method="PUT", status=400, body=body))
    world.sim.faults.add(Fault("status", method="PUT", status=400, body=body, skip=1))
    sent = world.push()

    assert codes(sent).count("written") == 4
    (refused,) = [one for one in sent.answers.values() if isinstance(one, Unanswered)]
    assert (refused.reason.code, refused.of_value) == ("oneflow_refused", True)


@pytest.mark.parametrize(
    ("status", "code", "requests"),
    [(402, "oneflow_payment", 1), (403, "oneflow_forbids", 1), (409, "oneflow_conflict", 6)],
)
def test_a_refusal_of_the_situation_is_no_fields_own(world: World, status: int, code: str, requests: int) -> None:
    world.sim.faults.add(Fault("status", method="PUT", status=status, body={"error_code": status * 10_000}, times=9))
    sent = world.push()

    assert codes(sent) == [code] * 5
    assert world.puts == requests
    assert not any(one.of_value for one in sent.answers.values() if isinstance(one, Unanswered))


@pytest.mark.parametrize("one_by_one", [False, True])
@pytest.mark.parametrize("status", [409, 403])
def test_a_state_that_explains_a_refusal_is_the_reason(world: World, status: int, one_by_one: bool) -> None:
    world.sim.switches.update(
        {"state_guard_status": status, "many_envelope": "refused" if one_by_one else "data_fields"}
    )
    scene = world.scene()
    world.sim.people.publish(world.contract_id)
    world.sim.people.sign_all(world.contract_id)
    world.sim.log.clear()
    sent = send(OneflowTarget(world.client, scene, MACHINE), plan_push(scene).writes_to(Side.ONEFLOW), lambda: None)

    assert codes(sent) == ["contract_signed"] * 5
    assert world.puts <= 3, "nothing more is sent once it is known"
    assert not any(one.refused for one in sent.answers.values() if isinstance(one, Unanswered))


def test_what_moved_in_oneflow_is_left_out_when_a_refusal_is_split(world: World) -> None:
    body = {"error_code": 4000000, "parameter_problems": {"data_fields[1].value": ["No."]}}
    world.sim.faults.add(Fault("status", method="PUT", status=400, body=body))
    scene = world.scene()
    world.sim.people.set_fields(world.contract_id, {"amount": "Typed meanwhile"}, "colleague")
    sent = send(OneflowTarget(world.client, scene, MACHINE), plan_push(scene).writes_to(Side.ONEFLOW), lambda: None)

    assert sorted(codes(sent)) == ["moved_meanwhile"] + ["written"] * 4
    assert world.shown()["amount"] == "Typed meanwhile"


# --- one by one -----------------------------------------------------------------------------------------------------


@pytest.fixture
def single(world: World) -> World:
    world.sim.switches.update({"many_envelope": "refused"})
    return world


def test_single_fields_are_not_sent_past_the_lock(single: World) -> None:
    """A lock of 10 s, three seconds a request: two of them probe the form, and three fields are sent, no more."""
    single.takes = 3.0
    sent = single.push(lock=14.0, margin=2.0)

    assert codes(sent).count("written") == 3 and codes(sent).count("lock_too_short") == 2
    assert single.now <= 14.0 + single.takes, "the last request began inside the lock"
    assert sent.temporary is not None, "the job comes back for the rest"
    assert codes(single.push()) == ["written"] * 2, "and the rest is sent then"


def test_the_probing_of_the_form_asks_the_lock_too(single: World) -> None:
    single.takes = 20.0
    sent = single.push(lock=60.0, margin=45.0)

    assert (single.puts, codes(sent)) == (1, ["lock_too_short"] * 5)


def test_after_a_429_no_more_single_field_is_sent(single: World) -> None:
    single.push()
    single.sim.people.set_fields(single.contract_id, dict.fromkeys(KEYS, "Back"), "colleague")
    single.sim.faults.add(Fault("rate_limited", method="PUT", skip=1, headers={"Retry-After": "120"}))
    sent = single.push()

    assert single.puts == 2
    assert codes(sent) == ["written"] + ["oneflow_limits"] * 4
    assert isinstance(sent.temporary, RateLimited) and sent.temporary.retry_after == 120


def test_while_a_429_holds_nothing_is_sent_at_all(single: World) -> None:
    """Another job of this process, or a person, met it."""
    single.pace.refused(120)
    sent = single.push()

    assert (single.puts, codes(sent)) == (0, ["oneflow_limits"] * 5)
    assert isinstance(sent.temporary, RateLimited) and sent.temporary.retry_after == 120
    single.now += 121
    assert codes(single.push()) == ["written"] * 5


def test_a_full_window_is_not_overrun_by_single_fields(world: World) -> None:
    world.pace = Pace(8, 300.0, lambda: world.now, lambda _: None)
    for _ in range(8):
        world.pace.answered()

    with pytest.raises(RateLimited) as full:
        world.pace.ask()
    assert full.value.retry_after == 300.0


@pytest.mark.parametrize("kind", ["status", "drop"])
def test_the_first_temporary_answer_ends_the_writing_and_says_whose_it_was(single: World, kind: str) -> None:
    single.push()
    single.sim.people.set_fields(single.contract_id, dict.fromkeys(KEYS, "Back"), "colleague")
    single.sim.faults.add(Fault(kind, method="PUT", skip=2, status=503))
    sent = single.push()

    assert single.puts == 3
    assert codes(sent) == ["written"] * 2 + ["unclear"] + ["oneflow_away"] * 2


def test_a_value_that_is_refused_alone_leaves_the_other_single_fields(single: World) -> None:
    single.sim.switches.update({"max_value_length": 9})
    sent = single.push()

    assert set(codes(sent)) == {"oneflow_refused"}
    assert single.puts == 7, "two forms, then each field once"


# --- Dynamics -------------------------------------------------------------------------------------------------------


class Dynamics:
    def __init__(self) -> None:
        self.sim = DataverseSimulator(send=lambda *_: 202)
        give_whole_role(self.sim.world)
        session = requests.Session()
        session.mount(DYNAMICS, InProcess(self.sim))
        self.client = DataverseClient(
            session, url=DYNAMICS, tokens=FixedTokens(), label_language=None, timeout=5, monotonic=lambda: 0.0
        )

    def steps(self) -> tuple[Scene, list[Step]]:
        names = ("name", "description")
        record = self.client.read("opportunity", dynamics_seed.OPPORTUNITY, names, MACHINE)
        columns = {name: self.client.columns("opportunity")[name] for name in names}
        rows = tuple(FieldMapping(name, name, Direction.TWO_WAY) for name in names)
        base = scene(*(Pair(f"New {name}", record.cells[name].value, name=name, field=name) for name in names))
        now = replace(base, columns=columns, record=record, mapping=EntityMapping("opportunity", rows), bases={})
        return now, plan_fetch(now).writes_to(Side.DYNAMICS)

    def fetch(self, meanwhile: Callable[[Any], None] | None = None) -> Sent:
        now, steps = self.steps()
        self.sim.before_write = meanwhile
        self.sim.log.clear()
        return send(DynamicsTarget(self.client, now, MACHINE, "op"), steps, lambda: None)

    def refuse(self, status: int, code: str, message: str = "No.", times: int = 1, skip: int = 0) -> None:
        body = {"code": code, "message": message}
        self.sim.faults.add(Fault("status", method="PATCH", status=status, body=body, times=times, skip=skip))


@pytest.fixture
def dynamics() -> Dynamics:
    return Dynamics()


@pytest.mark.parametrize("code", ["0x80040237", "0x80060891", "0x80060892", "0x80040333"])
@pytest.mark.parametrize("status", [412, 400, 500])
def test_a_taken_key_is_no_version_that_moved(dynamics: Dynamics, status: int, code: str) -> None:
    """Three requests, of which the other column arrives by one."""
    dynamics.refuse(status, code)
    dynamics.refuse(status, code, skip=1)
    sent = dynamics.fetch()

    assert not sent.moved and sent.temporary is None
    assert sorted(codes(sent)) == ["dynamics_key_taken", "written"]
    assert dynamics.sim.log.count("PATCH") == 3


@pytest.mark.parametrize("code", ["0x80060882", "", "0x0"])
def test_only_a_versions_own_code_or_none_is_a_version_that_moved(dynamics: Dynamics, code: str) -> None:
    dynamics.refuse(412, code)
    sent = dynamics.fetch()

    assert sent.moved
    assert codes(sent) == ["record_moved"] * 2


def test_a_412_with_a_code_that_nobody_knows_is_a_refusal(dynamics: Dynamics) -> None:
    dynamics.refuse(412, "0x80041111", times=3)
    sent = dynamics.fetch()

    assert not sent.moved
    assert codes(sent) == ["dynamics_unexpected"] * 2


@pytest.mark.parametrize("status", [400, 500])
@pytest.mark.parametrize("code", ["0x80040265", "0x80040224"])
def test_a_plug_in_that_fails_is_of_the_situation_whatever_its_status(
    dynamics: Dynamics, status: int, code: str
) -> None:
    dynamics.refuse(status, code, "Not before the credit check.", times=3)
    sent = dynamics.fetch()

    assert codes(sent) == ["dynamics_rule"] * 2
    for answer in sent.answers.values():
        assert isinstance(answer, Unanswered) and answer.refused and not answer.of_value
        assert ("credit check" in answer.reason.text) == (code == "0x80040265"), "only what is meant for people"


def test_a_503_after_a_refused_combined_write_is_told_as_what_it_is(dynamics: Dynamics) -> None:
    """The second column was once told as changed in Oneflow."""
    dynamics.refuse(400, "0x80044331", times=2)
    dynamics.sim.faults.add(Fault("status", method="PATCH", status=503, times=1))
    sent = dynamics.fetch()

    assert codes(sent) == ["dynamics_too_long", "dynamics_away"]
    assert sent.temporary is not None


def test_a_lost_answer_in_the_middle_of_a_split_is_looked_into(dynamics: Dynamics) -> None:
    """On the version that the column before it was answered with, not on the one that was read."""
    dynamics.refuse(400, "0x80044331")
    dynamics.sim.faults.add(Fault("drop", method="PATCH", skip=1, after_commit=False))
    sent = dynamics.fetch()

    assert codes(sent) == ["written", "dynamics_away"]
    assert not sent.unknown


def test_a_missing_privilege_is_named(dynamics: Dynamics) -> None:
    text = "Principal user (Id=1, type=8) is missing prvWriteOpportunity privilege (Id=2) on OTC=3."
    dynamics.refuse(403, "0x80040220", text, times=3)
    sent = dynamics.fetch()

    (answer, _) = sent.answers.values()
    assert isinstance(answer, Unanswered) and not answer.of_value
    assert "“prvWriteOpportunity”" in answer.reason.text


def test_of_a_record_that_is_gone_no_column_is_tried(dynamics: Dynamics) -> None:
    def delete(_: Any) -> None:
        dynamics.sim.people.delete("opportunity", dynamics_seed.OPPORTUNITY)

    sent = dynamics.fetch(delete)

    assert codes(sent) == ["dynamics_gone"] * 2
    assert dynamics.sim.log.count("PATCH") == 1
