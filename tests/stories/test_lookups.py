"""Lookups by name, through the real functions: the contract names another record, and Dynamics points at it."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from sandbox.dataverse.seed import ACCOUNT, COLLEAGUE, CONTACT, SELLER
from tests.stories.stage import Stage, line
from tests.stories.test_row_options import ROUTE, mapped, refused, row

BY_NAME = row("customerid", "customer_name", resolve_labels=True)
NORDLYS = ("account", ACCOUNT)


@pytest.fixture
def contract(stage: Stage) -> int:
    """A draft, so that edits in it tell nobody. Its customer is Nordlys AS, and it says so."""
    stage.edit_record(customerid=NORDLYS)
    return draft(stage, BY_NAME)


def draft(stage: Stage, *rows: dict[str, Any]) -> int:
    stage.ok("PUT", ROUTE, {"fields": list(rows)}, {"If-Match": "*"})
    return stage.contract(publish=False)


def typed(stage: Stage, contract: int, name: str) -> None:
    stage.edit_contract(contract, "colleague", customer_name=name)


def account(stage: Stage, name: str) -> tuple[str, str]:
    return "account", stage.world.dataverse.people.new("account", {"name": name})


def new_name(first: str = "Fjord") -> str:
    return f"{first} {uuid.uuid4().hex[:8]}"


def searches(stage: Stage, name: str) -> list[str]:
    """The tables that a name was looked for in."""
    asked = [one for one in stage.world.dataverse.log.entries() if any(name in value for _, value in one.query)]
    return [one.path.rsplit("/", 1)[-1] for one in asked]


def test_another_accounts_name_in_the_contract_makes_it_the_records_customer(stage: Stage) -> None:
    stage.edit_record(customerid=NORDLYS)
    contract = mapped(stage, BY_NAME)
    assert stage.text(contract, "customer_name") == "Nordlys AS"
    name = new_name()
    other = account(stage, name)
    stage.edit_contract(contract, customer_name=name.upper())
    stage.drain()
    assert stage.record("customerid") == other
    entry = next(one for one in stage.history(contract) if line(one, "customer_name")["side"] == "dynamics")
    told = line(entry, "customer_name")
    assert (told["from"], told["to"]) == ("Nordlys AS", name)
    stage.forget_jobs()
    assert stage.push(contract)["outcome"] == "unchanged", "another case is no change"


def test_a_contact_may_be_the_customer_too_and_a_fetch_brings_what_its_preview_told(
    stage: Stage, contract: int
) -> None:
    typed(stage, contract, "Ola Kjoper")
    told = line(stage.preview(contract, "fetch"), "customer_name")
    assert (told["result"], told["from"], told["to"]) == ("written", "Nordlys AS", "Ola Kjoper")
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.record("customerid") == ("contact", CONTACT)


@pytest.mark.parametrize(("count", "code"), [(0, "record_unknown"), (2, "record_double")])
def test_a_name_that_no_record_has_or_several_writes_nothing(
    stage: Stage, contract: int, count: int, code: str
) -> None:
    name = new_name()
    for _ in range(count):
        account(stage, name)
    typed(stage, contract, name)
    told = line(stage.fetch(contract), "customer_name")
    assert (told["result"], told["reason_code"]) == ("skipped", code)
    assert stage.record("customerid") == NORDLYS


def test_an_emptied_name_unlinks_and_an_undo_links_again(stage: Stage, contract: int) -> None:
    with stage.silently():
        typed(stage, contract, "")
        stage.fetch(contract)
        assert stage.record("customerid") is None
        entry = next(one for one in stage.history(contract) if line(one, "customer_name")["side"] == "dynamics")
        undone = stage.ok("POST", f"contracts/{contract}/history/{entry['entry_id']}/undo", {})
    assert line(undone, "customer_name")["to"] == "Nordlys AS"
    assert stage.record("customerid") == NORDLYS


def test_a_name_costs_one_request_for_each_table_and_only_where_it_is_another(stage: Stage, contract: int) -> None:
    name = new_name()
    account(stage, name)
    with stage.silently():
        typed(stage, contract, name)
        stage.preview(contract, "fetch")  # so that the tables' columns are known
        stage.forget_requests()
        assert stage.fetch(contract)["outcome"] == "synced"
        assert searches(stage, name.split()[1]) == ["accounts", "contacts"]
        stage.forget_requests()
        assert stage.fetch(contract)["outcome"] == stage.push(contract)["outcome"] == "unchanged"
        assert searches(stage, name.split()[1]) == []


def test_an_account_that_is_renamed_is_no_change(stage: Stage) -> None:
    name = new_name()
    other = account(stage, name)
    stage.edit_record(customerid=other)
    contract = draft(stage, BY_NAME)
    stage.world.dataverse.people.set_columns(*other, {"name": new_name("Renamed")})
    stage.forget_requests()
    stage.look(contract)
    assert stage.writes() == []
    assert stage.record("customerid") == other
    assert stage.text(contract, "customer_name") == name


def test_the_owner_by_name(stage: Stage) -> None:
    stage.edit_record(ownerid=("systemuser", SELLER))
    contract = draft(stage, row("ownerid", "customer_name", resolve_labels=True))
    typed(stage, contract, "aksel colleague")
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.record("ownerid") == ("systemuser", COLLEAGUE)
    typed(stage, contract, "")
    told = line(stage.fetch(contract), "customer_name")
    assert (told["result"], told["reason_code"]) == ("skipped", "cannot_be_empty")


def test_without_the_option_two_way_is_refused(stage: Stage) -> None:
    assert refused(stage, row("customerid", "customer_name")) == {(0, "direction", "one_way_type")}
