"""Lookups by a key column: the contract shows an account's number, and a number typed there finds its account."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.dataverse.schema import Attribute
from sandbox.dataverse.seed import ACCOUNT, COLLEAGUE, CONTACT, SELLER
from tests.stories.stage import Stage, line
from tests.stories.test_lookups import draft, typed
from tests.stories.test_row_options import ROUTE, refused, row

BY_NUMBER = row("parentaccountid", "customer_name", resolve_labels="accountnumber")
NORDLYS = ("account", ACCOUNT)


def account(stage: Stage, number: str | None, **more: Any) -> tuple[str, str]:
    columns = {"name": f"Fjord {uuid.uuid4().hex[:6]}", "accountnumber": number, **more}
    return "account", stage.world.dataverse.people.new("account", columns)


def new_number() -> str:
    return f"F-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def contract(stage: Stage) -> int:
    """A draft that shows the number of its account, Nordlys AS."""
    stage.edit_record(parentaccountid=NORDLYS)
    return draft(stage, BY_NUMBER)


def test_the_contract_shows_the_key_and_a_typed_key_points_at_its_record(stage: Stage, contract: int) -> None:
    assert stage.text(contract, "customer_name") == "A-1"
    number = new_number()
    other = account(stage, number)
    typed(stage, contract, f" {number.lower()} ")
    told = line(stage.fetch(contract), "customer_name")
    assert (told["result"], told["from"], told["to"].strip().upper()) == ("written", "A-1", number.upper())
    assert stage.record("parentaccountid") == other
    assert stage.fetch(contract)["outcome"] == stage.push(contract)["outcome"] == "unchanged", "case is no change"


def test_another_record_chosen_in_dynamics_shows_its_key(stage: Stage, contract: int) -> None:
    number = new_number()
    stage.edit_record(parentaccountid=account(stage, number))
    told = line(stage.push(contract), "customer_name")
    assert (told["result"], told["from"], told["to"]) == ("written", "A-1", number)
    assert stage.text(contract, "customer_name") == number


def test_the_key_is_read_in_the_records_own_request(stage: Stage, contract: int) -> None:
    with stage.silently():
        stage.preview(contract, "push")
        stage.forget_requests()
        assert stage.push(contract)["outcome"] == "unchanged"
        asked = [one.path.rsplit("/", 1)[-1] for one in stage.world.dataverse.log.entries() if one.method == "GET"]
        assert [one for one in asked if one.startswith("accounts")] == []


@pytest.mark.parametrize(("count", "code"), [(0, "record_unknown"), (2, "record_double")])
def test_a_key_that_no_active_record_has_or_several_writes_nothing(
    stage: Stage, contract: int, count: int, code: str
) -> None:
    number = new_number()
    account(stage, number, statecode=1)
    for _ in range(count):
        account(stage, number)
    typed(stage, contract, number)
    told = line(stage.fetch(contract), "customer_name")
    assert (told["result"], told["reason_code"]) == ("skipped", code)
    assert stage.record("parentaccountid") == NORDLYS


def test_a_name_is_no_key(stage: Stage, contract: int) -> None:
    typed(stage, contract, "Nordlys AS")
    assert line(stage.fetch(contract), "customer_name")["reason_code"] == "record_unknown"


def test_a_record_without_a_key_goes_out_nowhere_and_nothing_overwrites_it(stage: Stage, contract: int) -> None:
    keyless = account(stage, None)
    stage.edit_record(parentaccountid=keyless)
    told = line(stage.push(contract), "customer_name")
    assert (told["result"], told["reason_code"]) == ("skipped", "key_empty")
    typed(stage, contract, "A-1")
    stage.fetch(contract)
    assert stage.text(contract, "customer_name") == "A-1"


def test_an_undo_puts_the_record_back_under_its_key(stage: Stage, contract: int) -> None:
    with stage.silently():
        number = new_number()
        account(stage, number)
        typed(stage, contract, number)
        stage.fetch(contract)
        entry = next(one for one in stage.history(contract) if line(one, "customer_name")["side"] == "dynamics")
        undone = stage.ok("POST", f"contracts/{contract}/history/{entry['entry_id']}/undo", {})
    assert line(undone, "customer_name")["to"] == "A-1"
    assert stage.record("parentaccountid") == NORDLYS


@pytest.fixture
def keys(stage: Stage) -> Iterator[Callable[..., None]]:
    """Gives tables a key column of their own, and rows their keys in it."""
    world, made = stage.world.dataverse.world, set[str]()

    def give(attribute: Attribute, rows: dict[tuple[str, str], Any], *tables: str) -> None:
        for table in {*tables, *(table for table, _ in rows)}:
            made.add(table)
            world.tables[table].attributes[attribute.name] = attribute
        for row_of, value in rows.items():
            stage.world.dataverse.people.set_columns(*row_of, {attribute.name: value})

    yield give
    for table in made:
        world.tables[table].attributes.pop("new_key", None)
        for one in world.rows.get(table, {}).values():
            one.values.pop("new_key", None)


def test_a_customer_is_read_by_the_table_that_it_is_of(stage: Stage, keys: Callable[..., None]) -> None:
    key = uuid.uuid4().hex[:8]
    attribute = Attribute("new_key", "String", "Key", {"MaxLength": 40})
    keys(attribute, {NORDLYS: f"A {key}", ("contact", CONTACT): f"C {key}"})
    stage.edit_record(customerid=NORDLYS)
    contract = draft(stage, row("customerid", "customer_name", resolve_labels="new_key"))
    assert stage.text(contract, "customer_name") == f"A {key}"
    typed(stage, contract, f"C {key}")
    assert line(stage.fetch(contract), "customer_name")["result"] == "written"
    assert stage.record("customerid") == ("contact", CONTACT)
    stage.edit_record(customerid=None)
    assert line(stage.push(contract), "customer_name")["to"] == ""


def test_an_owner_is_read_by_the_table_that_it_is_of(stage: Stage, keys: Callable[..., None]) -> None:
    attribute = Attribute("new_key", "Integer", "Number", {"MinValue": 0, "MaxValue": 9999})
    keys(attribute, {("systemuser", SELLER): 7, ("systemuser", COLLEAGUE): 12}, "team")
    stage.edit_record(ownerid=("systemuser", SELLER))
    contract = draft(stage, row("ownerid", "customer_name", resolve_labels="new_key"))
    assert stage.text(contract, "customer_name") == "7"
    typed(stage, contract, "0012")
    assert stage.fetch(contract)["outcome"] == "synced"
    assert stage.record("ownerid") == ("systemuser", COLLEAGUE)
    typed(stage, contract, "twelve")
    assert line(stage.fetch(contract), "customer_name")["reason_code"] == "record_unknown"


WRONG = [
    ("parentaccountid", "no_such", "key_column_missing"),
    ("parentaccountid", "description", "key_column_type"),
    ("parentaccountid", "statecode", "key_column_type"),
    ("customerid", "accountnumber", "key_column_missing"),  # contacts have none
    ("ownerid", "internalemailaddress", "key_column_missing"),  # teams have none
]


@pytest.mark.parametrize(("column", "key", "code"), WRONG)
def test_a_key_that_cannot_be_read_or_found_by_is_refused_when_it_is_saved(
    stage: Stage, column: str, key: str, code: str
) -> None:
    assert refused(stage, row(column, "customer_name", resolve_labels=key)) == {(0, "resolve_labels", code)}


def test_a_key_is_an_option_and_no_column_to_be_mapped(stage: Stage) -> None:
    wrong = row("parentaccountid:accountnumber", "customer_name", "dynamics_to_oneflow")
    assert refused(stage, wrong) == {(0, "dynamics_column", "no_column")}


def test_a_secured_key_is_refused_when_it_is_saved_and_left_out_when_it_becomes_so(stage: Stage) -> None:
    attribute = stage.world.dataverse.world.tables["account"].attributes["accountnumber"]
    stage.edit_record(parentaccountid=NORDLYS)
    contract = draft(stage, BY_NUMBER)
    attribute.secured = True
    try:
        assert refused(stage, BY_NUMBER) == {(0, "resolve_labels", "key_column_secured")}
        typed(stage, contract, "anything")
        assert line(stage.push(contract), "customer_name")["reason_code"] == "secured"
        assert stage.text(contract, "customer_name") == "anything"
    finally:
        attribute.secured = False
        stage.ok("GET", "entities/account/columns")


def test_the_settings_offer_the_columns_that_every_table_behind_a_lookup_has(stage: Stage) -> None:
    def offered(lookup: str) -> set[str]:
        return {one["name"] for one in stage.ok("GET", f"entities/opportunity/columns?keys_of={lookup}")["columns"]}

    assert offered("parentaccountid") == {"accountnumber", "emailaddress1", "name"}
    assert offered("customerid") == {"emailaddress1"}
    answer = stage.call("GET", "entities/opportunity/columns?keys_of=name")
    assert answer.status_code == 404


def test_a_mapping_with_a_key_is_read_back_as_it_was_saved(stage: Stage) -> None:
    stage.ok("PUT", ROUTE, {"fields": [BY_NUMBER]}, {"If-Match": "*"})
    (field,) = stage.ok("GET", ROUTE)["fields"]
    assert field["resolve_labels"] == "accountnumber"
