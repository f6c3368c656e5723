"""What a vendor refuses for the situation comes by itself once that is mended; what it refuses of a value waits for
another value. Both are remembered on the field, with whose refusal it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from sandbox.dataverse import seed as dynamics_seed
from sandbox.dataverse.problems import Problem
from sync_core.bootstrap import Services
from sync_core.engine.model.base import Refusal
from sync_core.engine.model.words import Side
from sync_core.settings import Settings
from tests.stories.stage import Stage, line

Trouble = Callable[[Stage], Any]


def _refusal(stage: Stage, contract: int, field: str) -> Refusal | None:
    opened = stage.world.services._links.open(contract)
    assert opened
    base = opened.bases.get(field)
    return base.refusal if base else None


def _told(stage: Stage, contract: int, field: str) -> list[dict[str, Any]]:
    """The history's lines of a field that say it failed."""
    lines = [one for entry in stage.history(contract) for one in entry["fields"] if one["oneflow_field"] == field]
    return [one for one in lines if one["result"] == "failed"]


def _plug_in(status: int, code: str) -> Trouble:
    """It fails on a topic, whoever sends it."""

    def trouble(stage: Stage) -> None:
        def plug_in(entity: str, columns: Mapping[str, Any]) -> dict[str, Any]:
            if "name" in columns:
                raise Problem(status, code, "Not before the credit check.")
            return dict(columns)

        stage.world.dataverse.world.plugins.append(plug_in)

    return trouble


def _no_right(stage: Stage) -> None:
    stage.world.dataverse.people.take_right(dynamics_seed.APPLICATION, "WriteAccess")


def _dynamics(status: int, code: str) -> Trouble:
    body = {"code": code, "message": "No."}
    return lambda stage: stage.fail("dynamics", status=status, body=body, method="PATCH", times=None)


INTO_DYNAMICS = [
    ("a right is lost", _no_right, "dynamics_privilege"),
    ("a plug-in fails", _plug_in(400, "0x80040265"), "dynamics_rule"),
    ("a plug-in fails with 500", _plug_in(500, "0x80040265"), "dynamics_rule"),
    ("a plug-in breaks", _plug_in(500, "0x80040224"), "dynamics_rule"),
    ("an error that nobody knows", _dynamics(400, "0x80099999"), "dynamics_unexpected"),
    ("a column is secured", _dynamics(403, "0x8004f507"), "dynamics_secured"),
]


@pytest.mark.parametrize(("trouble", "code"), [one[1:] for one in INTO_DYNAMICS], ids=[one[0] for one in INTO_DYNAMICS])
def test_an_edit_that_dynamics_refused_for_the_situation_arrives_when_it_is_over(
    stage: Stage, trouble: Trouble, code: str
) -> None:
    contract = stage.contract()
    trouble(stage)
    stage.edit_contract(contract, customer_name="Through the refusal")
    stage.until(lambda: _refusal(stage, contract, "customer_name") is not None, "it is refused")
    for _ in range(3):
        stage.look(contract)

    refusal = _refusal(stage, contract, "customer_name")
    assert refusal is not None and (refusal.side, refusal.code, refusal.of_value) == (Side.DYNAMICS, code, False)
    assert len(_told(stage, contract, "customer_name")) == 1, "however often it is tried, it is told once"
    assert not stage.letters(contract)
    assert stage.record("name") == "Nordlys"
    stage.calm()
    stage.look(contract)
    assert stage.record("name") == "Through the refusal"
    assert _refusal(stage, contract, "customer_name") is None


@pytest.mark.parametrize(
    ("status", "code"), [(402, "oneflow_payment"), (403, "oneflow_forbids"), (409, "oneflow_conflict")]
)
def test_an_edit_that_oneflow_refused_for_the_situation_arrives_when_it_is_over(
    pushing: Stage, status: int, code: str
) -> None:
    contract = pushing.contract()
    pushing.fail("oneflow", status=status, body={"error_code": status * 10_000}, method="PUT", times=None)
    pushing.edit_record(name="Through the refusal")
    pushing.until(lambda: _refusal(pushing, contract, "customer_name") is not None, "it is refused")
    for _ in range(3):
        pushing.look(contract)

    refusal = _refusal(pushing, contract, "customer_name")
    assert refusal is not None and (refusal.side, refusal.code, refusal.of_value) == (Side.ONEFLOW, code, False)
    assert len(_told(pushing, contract, "customer_name")) == 1
    pushing.calm()
    pushing.look(contract)
    assert pushing.text(contract, "customer_name") == "Through the refusal"
    assert _refusal(pushing, contract, "customer_name") is None


def test_a_403_that_oneflow_answered_once_costs_nothing_but_time(pushing: Stage) -> None:
    contract = pushing.contract()
    pushing.fail("oneflow", status=403, body={"error_code": 4030000}, method="PUT")
    pushing.edit_record(name="Once refused")
    pushing.until(lambda: _refusal(pushing, contract, "customer_name") is not None, "it is refused")
    pushing.look(contract)
    assert pushing.text(contract, "customer_name") == "Once refused"


@pytest.fixture
def pushing(stage: Stage) -> Iterator[Stage]:
    stage.map(auto_push=True)
    yield stage
    stage.map()


def test_a_missing_right_is_named_in_health_and_on_the_connection_until_it_is_there(stage: Stage) -> None:
    contract = stage.contract()
    _no_right(stage)
    stage.edit_contract(contract, customer_name="Without the right")
    stage.until(lambda: _refusal(stage, contract, "customer_name") is not None, "it is refused")

    lacking = {"side": "dynamics", "code": "dynamics_privilege", "missing": "prvWriteOpportunity"}
    assert _health(stage) == [lacking]
    (shown,) = stage.ok("GET", "connection")["lacks"]
    assert shown.pop("at") and shown == lacking
    stage.calm()
    stage.look(contract)
    assert stage.record("name") == "Without the right"
    assert stage.ok("GET", "connection")["lacks"] == []
    assert _health(stage) == [] and "lacks" in stage.call("GET", "health").json()


def _health(stage: Stage) -> Any:
    """As a process says that has not kept an answer for its 30 s."""
    return Services(Settings.read(stage.world.env)).health.check()[1]["lacks"]


def test_a_persons_missing_right_is_no_matter_of_the_installation(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Theirs")
    stage.drain()
    stage.edit_record(name="Ours again")
    stage.fail("dynamics", status=403, body={"code": "0x80040220", "message": "is missing prvWriteQuote privilege"},
               method="PATCH", times=None)  # fmt: skip
    result = line(stage.fetch(contract), "customer_name")

    assert (result["result"], result["reason_code"]) == ("failed", "dynamics_privilege")
    assert "prvWriteQuote" in result["reason"]
    assert stage.ok("GET", "connection")["lacks"] == []


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (412, "0x80040237", "dynamics_key_taken"),
        (412, "0x80060891", "dynamics_key_taken"),
        (400, "0x80044331", "dynamics_too_long"),
        (400, "0x8004431a", "dynamics_out_of_range"),
        (400, "0x80048d19", "dynamics_refused"),
    ],
)
def test_a_value_that_dynamics_refuses_waits_for_another_value_and_leaves_the_others(
    stage: Stage, status: int, code: str, reason: str
) -> None:
    contract = stage.contract()
    tried: list[Any] = []

    def plug_in(entity: str, columns: Mapping[str, Any]) -> dict[str, Any]:
        if columns.get("name") == "Refused":
            tried.append(columns)
            raise Problem(status, code, "No.")
        return dict(columns)

    stage.world.dataverse.world.plugins.append(plug_in)
    stage.edit_contract(contract, customer_name="Refused", description="Arrives")
    stage.until(lambda: stage.record("description") == "Arrives", "the other column arrives")
    stage.drain()
    assert len(tried) == 2, "together, and by itself"
    refusal = _refusal(stage, contract, "customer_name")
    assert refusal is not None and (refusal.code, refusal.of_value) == (reason, True)
    for _ in range(2):
        stage.look(contract)
    assert len(tried) == 2, "not tried again while the value stays"
    stage.edit_contract(contract, customer_name="Another")
    stage.until(lambda: stage.record("name") == "Another", "another value arrives")
    stage.until(lambda: _refusal(stage, contract, "customer_name") is None, "nothing is refused any more")


def test_a_refusal_is_over_when_the_value_it_was_about_is_gone(stage: Stage) -> None:
    contract = stage.contract()
    _plug_in(400, "0x80040265")(stage)
    stage.edit_contract(contract, customer_name="Refused")
    stage.until(lambda: _refusal(stage, contract, "customer_name") is not None, "it is refused")
    stage.edit_contract(contract, customer_name="Nordlys")
    stage.until(lambda: _refusal(stage, contract, "customer_name") is None, "nothing is due any more")


def test_what_a_plug_in_says_reaches_people_and_no_log(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    contract = stage.contract()
    _plug_in(400, "0x80040265")(stage)
    with caplog.at_level("DEBUG"):
        stage.edit_contract(contract, customer_name="Refused")
        stage.until(lambda: bool(_told(stage, contract, "customer_name")), "it is told")
    (told,) = _told(stage, contract, "customer_name")
    assert "“Not before the credit check.”" in told["reason"]
    ours = [one.getMessage() for one in caplog.records if one.name.startswith(("sync_core", "function_app"))]
    assert ours and "credit check" not in "\n".join(ours)


def test_a_signed_contracts_last_value_is_tried_until_dynamics_takes_it(stage: Stage) -> None:
    """A signed link rests; one whose last value was refused does not."""
    contract = stage.contract()
    _plug_in(400, "0x80040265")(stage)
    with stage.silently():
        stage.edit_contract(contract, customer_name="Signed with this")
        stage.world.oneflow.people.sign_all(contract)
    for _ in range(3):
        stage.look(contract)
    opened = stage.world.services._links.open(contract)
    assert opened and opened.link.state == "signed" and opened.link.due
    assert opened.link.refused_since and opened.link.refused_until
    stage.calm()
    due = stage.world.services._due.until(opened.link.refused_until + timedelta(seconds=60), 100_000)
    assert contract in {row.contract_id for row in due}
    stage.look(contract)
    assert stage.record("name") == "Signed with this"


@pytest.mark.parametrize(
    ("side", "status", "body"),
    [
        ("dynamics", 400, {"code": "0x80040265", "message": "Not before the credit check."}),
        ("oneflow", 402, {"error_code": 4020000}),
    ],
)
def test_an_edit_whose_reads_were_refused_for_the_situation_arrives_when_that_is_over(
    stage: Stage, side: str, status: int, body: dict[str, Any]
) -> None:
    """A plug-in on reads, or a plan that was not paid: no link is given up for it."""
    contract = stage.contract()
    stage.forget_requests()
    stage.fail(side, status=status, body=body, method="GET", times=None)
    stage.edit_contract(contract, customer_name="Through the refusal")
    stage.until(lambda: bool(stage.jobs_put(contract)[1:]), "its job was put back")
    assert not stage.letters(contract)
    assert stage.record("name") == "Nordlys"
    stage.calm()
    stage.until(lambda: stage.record("name") == "Through the refusal", "it arrives by itself")
    assert not stage.letters(contract)
