"""A contract that shows what a record's lookups point at: at creation, pushed, changed and emptied, never written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.dataverse.seed import ACCOUNT
from tests.stories.stage import Stage, line

Row = dict[str, Any]
ROUTE = "entities/opportunity/mapping"
NAME = "parentaccountid.name"


def row(column: str, field: str, direction: str = "dynamics_to_oneflow") -> Row:
    return {"dynamics_column": column, "oneflow_field": field, "direction": direction}


@pytest.fixture
def shown(stage: Stage) -> Iterator[Stage]:
    """The account's name is pushed, its number stands in the contract from the start."""
    rows = [row(NAME, "account_name"), row("parentaccountid.accountnumber", "description", "sync_once")]
    saved = stage.ok("PUT", ROUTE, {"fields": rows}, {"If-Match": "*"})
    assert saved["fields"] == rows
    yield stage
    stage.map()


def account(stage: Stage, **columns: Any) -> str:
    return stage.world.dataverse.people.new("account", {"name": "Polaris AB", "accountnumber": "P-9", **columns})


def test_created_pushed_moved_to_another_record_and_emptied(shown: Stage) -> None:
    stage = shown
    contract = stage.contract()
    assert stage.text(contract, "account_name") == "Nordlys AS"
    assert stage.text(contract, "description") == "A-1"
    stage.forget_requests()
    assert stage.push(contract)["outcome"] == "unchanged"
    assert stage.vendor_requests() == {"oneflow read": 1, "dynamics read": 1, "dynamics right": 1}

    other = account(stage)
    stage.edit_record(parentaccountid=("account", other))
    preview = line(stage.preview(contract, "push"), "account_name")
    assert (preview["from"], preview["to"]) == ("Nordlys AS", "Polaris AB")
    assert preview["dynamics_label"] == "Account name (Account)"
    stage.push(contract)
    assert stage.text(contract, "account_name") == "Polaris AB"
    assert stage.text(contract, "description") == "A-1", "once is once"

    stage.world.dataverse.people.set_columns("account", other, {"name": "Polaris Nord AB"})
    stage.push(contract)
    assert stage.text(contract, "account_name") == "Polaris Nord AB"

    stage.edit_record(parentaccountid=None)
    stage.push(contract)
    assert stage.text(contract, "account_name") == ""


def test_a_counterpartys_edit_never_reaches_the_related_record(shown: Stage) -> None:
    stage = shown
    contract = stage.contract()
    stage.edit_contract(contract, account_name="Somebody Else AS")
    stage.drain()
    stage.fetch(contract)
    stage.look(contract)
    assert stage.world.dataverse.people.columns("account", ACCOUNT)["name"] == "Nordlys AS"


def test_another_account_is_announced_and_another_name_is_found_by_looking(stage: Stage) -> None:
    """Dynamics tells that the lookup changed; of a change in the account itself the record says nothing."""
    body = {"fields": [row(NAME, "account_name")], "auto_push": True}
    stage.ok("PUT", ROUTE, body, {"If-Match": "*"})
    try:
        contract = stage.contract()
        other = account(stage)
        stage.age(contract)
        stage.edit_record(parentaccountid=("account", other))
        stage.until(lambda: stage.text(contract, "account_name") == "Polaris AB", "the new account's name follows")
        stage.world.dataverse.people.set_columns("account", other, {"name": "Polaris Nord AB"})
        stage.look(contract)
        assert stage.text(contract, "account_name") == "Polaris Nord AB"
    finally:
        stage.map()


def test_the_settings_offer_related_tables_and_their_columns(stage: Stage) -> None:
    own = stage.ok("GET", "entities/opportunity/columns")
    told = {"lookup": "parentaccountid", "label": "Account", "entity": "account", "entity_label": "Account"}
    assert told in own["related"]
    through = stage.ok("GET", "entities/opportunity/columns?lookup=parentaccountid")
    columns = {one["name"]: one for one in through["columns"]}
    assert columns[NAME]["directions"] == ["sync_once", "dynamics_to_oneflow"]
    assert columns[NAME]["not_allowed_codes"] == {"two_way": "related"}
    assert through["related"] == [], "one step and no further"
    assert all(name.startswith("parentaccountid.") for name in columns)
    for lookup in ("customerid", "name", "nothing", "a'b", ""):
        answer = stage.call("GET", f"entities/opportunity/columns?lookup={lookup}")
        assert answer.status_code == (404 if lookup else 200), lookup


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (row(NAME, "account_name", "two_way"), ("direction", "related")),
        (row("parentaccountid.nothing", "account_name"), ("dynamics_column", "no_column")),
        (row("nothing.name", "account_name"), ("dynamics_column", "no_lookup")),
        (row("customerid.name", "account_name"), ("dynamics_column", "lookup_of_several")),
        (row("parentaccountid.ownerid.fullname", "account_name"), ("dynamics_column", "no_column")),
    ],
)
def test_what_cannot_be_read_through_a_lookup_is_refused_when_saved(
    stage: Stage, wrong: Row, problem: tuple[str, str]
) -> None:
    answer = stage.call("PUT", ROUTE, {"fields": [row("name", "customer_name"), wrong]}, {"If-Match": "*"})
    assert answer.status_code == 422
    (told,) = answer.json()["errors"]
    assert (told["row"], told["field"], told["code"]) == (1, *problem) and told["detail"].endswith(".")
