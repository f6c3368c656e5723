"""The contracts' rows in Dynamics follow their links, and the sync never waits for them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from cli.checks.dynamics import DynamicsCheck
from cli.checks.finding import Finding, Level
from cli.connect.role import mapped
from dynamics.description.contract import OPTIONS
from sandbox.solution import install, uninstall
from sandbox.world import World
from sync_core.adapters.storage.records_index import partition
from sync_core.bootstrap.operator import Operator
from sync_core.usecases.jobs.contract_rows import MARK, SLOW_SWEEP
from tests.stories.stage import Stage

TABLE = "ofs_contract"
COLUMNS = {"state": "ofs_state", "sync": "ofs_syncstate", "link": "ofs_linkstatus"}


@pytest.fixture(scope="module")
def installed(world: World) -> Iterator[World]:
    """With the solution in Dynamics, as long as these stories last."""
    install(world)
    world.services._marks.set(MARK, "")  # other stories' links found no table
    yield world
    uninstall(world)


@pytest.fixture(autouse=True)
def nothing_lacks(installed: World) -> Iterator[None]:
    yield
    installed.services._marks.set(MARK, "")
    table = installed.dataverse.world.tables.get(TABLE)
    if table is not None:
        table.unbuilt.clear()


def row(stage: Stage, contract: int) -> dict[str, Any]:
    found = stage.world.contract_row(contract)
    assert found is not None, f"contract {contract} has no row"
    return found


def word(stage: Stage, contract: int, what: str) -> str | None:
    """What a choice of the row says."""
    found = stage.world.contract_row(contract)
    value = (found or {}).get(COLUMNS[what])
    return next((key for key, option in OPTIONS[COLUMNS[what]].items() if option == value), None)


def becomes(stage: Stage, contract: int, what: str, wanted: str | None) -> None:
    stage.until(lambda: word(stage, contract, what) == wanted, f"{what} {wanted}, not {word(stage, contract, what)}")


def row_requests(stage: Stage) -> list[str]:
    """What was asked of the table since requests were last forgotten."""
    return [f"{one.method} {one.path}" for one in stage.world.dataverse.log.entries() if "/ofs_contracts" in one.path]


def sweep(stage: Stage) -> None:
    """The page of the slow sweep that has this story's record; the links of other stories' records lack rows as well,
    and are not gone over to the end."""
    services = stage.world.services
    place = [partition(services._account, "opportunity", stage.record_id), ""]
    services._marks.set(SLOW_SWEEP, json.dumps({"after": json.dumps(place)}))
    services.reconcile.run()
    services._marks.set(SLOW_SWEEP, json.dumps({"done_at": services._clock.now().isoformat()}))


def test_a_new_contract_has_a_row_that_points_at_its_record_and_is_its_owners(stage: Stage) -> None:
    contract = stage.contract(publish=False, name="Frame agreement")
    becomes(stage, contract, "state", "draft")
    shown = row(stage, contract)
    seed = stage.world.dataverse_seed
    assert shown["ofs_name"] == "Frame agreement"
    assert shown["ofs_opportunityid"] == ("opportunity", stage.record_id)
    record = stage.world.dataverse.world.row("opportunity", stage.record_id)
    assert shown["ownerid"] == record.values["ownerid"]
    assert record.values["ownerid"] != ("systemuser", seed.APPLICATION)
    assert str(contract) in shown["ofs_url"]
    assert word(stage, contract, "sync") == "in_step"
    assert word(stage, contract, "link") == "active"


def test_every_state_of_the_contract_reaches_its_row(stage: Stage) -> None:
    people = stage.world.oneflow.people
    signed, declined, expired = (stage.contract() for _ in range(3))
    becomes(stage, signed, "state", "pending")
    people.sign_all(signed)
    people.decline(declined)
    people.expire(expired)
    for contract, state in ((signed, "signed"), (declined, "declined"), (expired, "overdue")):
        stage.look(contract)
        becomes(stage, contract, "state", state)
    assert row(stage, signed)["ofs_signedon"]
    assert "Ola, Nordlys AS: signed" in row(stage, signed)["ofs_signers"]
    assert row(stage, declined)["ofs_declinedon"]
    assert row(stage, expired)["ofs_senton"]


def test_every_sync_state_reaches_the_row(stage: Stage) -> None:
    stage.map(conflict_policy="ask")
    contract = stage.contract()
    stage.edit_record(name="Waits for a push")
    stage.look(contract)
    becomes(stage, contract, "sync", "waiting_for_push")
    assert row(stage, contract)["ofs_waiting"] == 1
    with stage.silently():
        stage.edit_contract(contract, customer_name="Changed there too")
    stage.look(contract)
    becomes(stage, contract, "sync", "conflict")
    stage.push(contract)
    becomes(stage, contract, "sync", "in_step")
    stage.edit_contract(contract, amount="no amount at all")
    stage.look(contract)
    becomes(stage, contract, "sync", "refused")
    stage.world.oneflow.people.delete(contract)
    stage.look(contract)
    stage.look(contract)
    becomes(stage, contract, "sync", "broken")
    assert word(stage, contract, "state") == "deleted"
    assert "deleted in Oneflow" in row(stage, contract)["ofs_linkreason"]
    assert row(stage, contract)["ofs_opportunityid"] == ("opportunity", stage.record_id), "it still points there"


def test_fields_that_were_never_agreed_reach_the_row(stage: Stage) -> None:
    foreign = stage.foreign_contract()
    stage.ok("PUT", f"records/opportunity/{stage.record_id}/contracts/{foreign}", {})
    becomes(stage, foreign, "sync", "not_agreed")


def test_the_last_change_names_its_side_its_fields_and_no_value(stage: Stage) -> None:
    contract = stage.contract()
    becomes(stage, contract, "state", "pending")
    stage.edit_contract(contract, customer_name="A value of the counterparty's")
    stage.until(lambda: stage.record("name") == "A value of the counterparty's", "the value in Dynamics")
    stage.until(lambda: bool(row(stage, contract).get("ofs_lastchangefields")), "the change in the row")
    shown = row(stage, contract)
    assert shown["ofs_lastchangeside"] == OPTIONS["ofs_lastchangeside"]["oneflow"]
    assert shown["ofs_lastchangefields"] == "Topic"
    assert "A value of the counterparty's" not in str(shown)


def test_one_change_is_one_request_and_a_quiet_look_is_none(stage: Stage) -> None:
    """Whatever the number of links: tests/handlers/test_contract_rows.py has a thousand."""
    contracts = [stage.contract() for _ in range(3)]
    for contract in contracts:
        becomes(stage, contract, "state", "pending")
    stage.forget_requests()
    stage.age(contracts[0])
    stage.put_job({"kind": "sync", "contract_id": contracts[0], "cause": "reconcile"})
    stage.drain()
    stage.put_job({"kind": "contract_row", "contract_id": contracts[1], "shows": "of another closing"})
    stage.drain()
    assert row_requests(stage) == [], "nothing changed"
    with stage.silently():
        stage.edit_record(name="Waits")
    stage.look(contracts[2])
    becomes(stage, contracts[2], "sync", "waiting_for_push")
    assert [one.split(" ")[0] for one in row_requests(stage)] == ["PATCH"]


def test_a_push_and_a_fetch_wait_for_no_row_and_fail_with_none(stage: Stage) -> None:
    contract = stage.contract()
    becomes(stage, contract, "state", "pending")
    stage.forget_requests()
    with stage.silently():
        stage.edit_record(name="Pushed")
    stage.fail("dynamics", times=1000, path="/ofs_contracts*", status=503)
    assert stage.push(contract)["outcome"] == "synced"
    assert stage.fetch(contract)["outcome"] == "unchanged"
    assert stage.row_jobs_put(contract), "it is left to a job"
    stage.until(lambda: bool(row_requests(stage)), "the job")
    assert stage.letters(contract) == []


def test_an_unlinked_contracts_row_says_so_and_one_that_is_linked_again_is_active(stage: Stage) -> None:
    contract = stage.contract()
    becomes(stage, contract, "link", "active")
    route = f"records/opportunity/{stage.record_id}/contracts/{contract}"
    assert stage.call("DELETE", route).status_code < 300
    becomes(stage, contract, "link", "ended")
    assert word(stage, contract, "sync") is None
    stage.ok("PUT", route, {})
    becomes(stage, contract, "link", "active")


def test_rows_that_were_deleted_or_edited_by_hand_come_back(stage: Stage) -> None:
    edited, deleted, left = (stage.contract() for _ in range(3))
    for contract in (edited, deleted, left):
        becomes(stage, contract, "state", "pending")
    simulated = stage.world.dataverse.world
    ids = {one.values["ofs_contractnumber"]: one.id for one in simulated.rows[TABLE].values()}
    people = stage.world.dataverse.people
    people.set_columns(TABLE, ids[str(edited)], {"ofs_name": "Edited by hand", "ofs_conflicts": 9})
    people.delete(TABLE, ids[str(deleted)])
    untouched = simulated.row(TABLE, ids[str(left)]).version
    sweep(stage)
    becomes(stage, deleted, "state", "pending")
    stage.until(lambda: row(stage, edited)["ofs_conflicts"] == 0, "the edited row")
    assert row(stage, edited)["ofs_name"] != "Edited by hand"
    assert simulated.row(TABLE, ids[str(left)]).version == untouched, "what is as it should be is not written"


def test_without_the_table_the_sync_goes_on_the_connection_says_it_and_later_the_rows_are_there(stage: Stage) -> None:
    contract = stage.contract()
    becomes(stage, contract, "state", "pending")
    uninstall(stage.world)
    try:
        stage.edit_contract(contract, customer_name="Without a table")
        stage.until(lambda: stage.record("name") == "Without a table", "the sync")
        stage.until(lambda: stage.ok("GET", "connection")["contract_table"]["lacks"] == "table", "what is missing")
        assert stage.letters(contract) == []
        assert stage.card(contract)["link"] == "active"
    finally:
        install(stage.world)  # and `connect`, after which it is looked at
    stage.world.services.reconcile.run()
    assert stage.ok("GET", "connection")["contract_table"]["lacks"] is None
    _sweep_on(stage)
    becomes(stage, contract, "state", "pending")


def test_while_the_keys_index_is_being_built_rows_wait_and_then_come(stage: Stage) -> None:
    table = stage.world.dataverse.world.tables[TABLE]
    table.unbuilt["ofs_ContractKey"] = "InProgress"
    contract = stage.contract()
    stage.until(lambda: stage.ok("GET", "connection")["contract_table"]["lacks"] == "key", "what is missing")
    assert stage.ok("GET", "connection")["contract_table"]["missing"] == "InProgress"
    assert stage.world.contract_row(contract) is None
    assert stage.letters(contract) == []
    _ten_minutes_later(stage)
    stage.world.services.reconcile.run()
    assert stage.ok("GET", "connection")["contract_table"]["lacks"] == "key", "it is still being built"
    table.unbuilt.clear()
    _ten_minutes_later(stage)
    stage.world.services.reconcile.run()
    _sweep_on(stage)
    becomes(stage, contract, "state", "pending")


def test_a_missing_privilege_is_named(stage: Stage) -> None:
    people = stage.world.dataverse.people
    people.take_privileges(stage.world.dataverse_seed.APPLICATION, "prvCreateofs_Contract")
    contract = stage.contract()
    stage.until(
        lambda: stage.ok("GET", "connection")["contract_table"]["missing"] == "prvCreateofs_Contract", "its name"
    )
    people.give_rights()
    stage.world.connect()
    assert stage.letters(contract) == []


def test_a_row_whose_owner_may_not_see_such_rows_is_there_all_the_same(stage: Stage) -> None:
    seed = stage.world.dataverse_seed
    stage.world.dataverse.people.set_columns("opportunity", stage.record_id, {"ownerid": ("systemuser", seed.READER)})
    contract = stage.contract()
    becomes(stage, contract, "state", "pending")
    assert row(stage, contract)["ownerid"] == ("systemuser", seed.APPLICATION)


def test_the_doctor_says_what_rows_need(stage: Stage) -> None:
    world = stage.world
    application, people = world.dataverse_seed.APPLICATION, world.dataverse.people

    def found() -> Finding:
        operator = Operator.of(world.env)
        check = DynamicsCheck(operator)
        list(check.sign_in())
        (one,) = check.contract_table(mapped(operator))
        return one

    assert found().level is Level.OK
    world.dataverse.world.tables[TABLE].unbuilt["ofs_ContractKey"] = "Failed"
    assert (found().level, "Failed" in found().text) == (Level.WARNING, True)
    world.dataverse.world.tables[TABLE].unbuilt.clear()
    for privilege in ("prvWriteofs_Contract", "prvAppendToOpportunity"):
        people.take_privileges(application, privilege)
        assert (found().level, privilege in found().text) == (Level.WARNING, True)
        people.give_rights()
    attributes = world.dataverse.world.tables[TABLE].attributes
    later = attributes.pop("ofs_outcomeresult")
    assert (found().level, "has no ofs_outcomeresult" in found().text) == (Level.WARNING, True), "an older solution"
    attributes["ofs_outcomeresult"] = later
    assert found().level is Level.OK


def _ten_minutes_later(stage: Stage) -> None:
    """As if what is missing had been noted eleven minutes ago."""
    marks = stage.world.services._marks
    known = json.loads(marks.all()[MARK])
    before = stage.world.services._clock.now() - timedelta(minutes=11)
    marks.set(MARK, json.dumps({**known, "at": before.isoformat(), "looked_at": before.isoformat()}))


def _sweep_on(stage: Stage) -> None:
    """The sweep that was begun."""
    assert stage.world.services._marks.all()[SLOW_SWEEP] == "{}", "every row is looked at"
    sweep(stage)
