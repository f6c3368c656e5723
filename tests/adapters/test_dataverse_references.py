"""Lookups by name against the simulator: which record a name means, and how a row is linked to it and unlinked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.dataverse.schema import Attribute
from sync_core.errors import Gone, Refused
from tests.adapters.test_dataverse_client import SELLER, World

CUSTOMER = ("account", "contact")
NORDLYS, OLA = f"account:{seed.ACCOUNT}", f"contact:{seed.CONTACT}"


@pytest.fixture
def world() -> World:
    return World()


def account(world: World, name: str, **columns: Any) -> str:
    return f"account:{world.sim.people.new('account', {'name': name, **columns})}"


@pytest.mark.parametrize("text", ["Nordlys AS", " nordlys  as ", "NORDLYS\u00a0AS"])
def test_a_name_is_found_whatever_its_case_and_spaces(world: World, text: str) -> None:
    assert world.client.matches(CUSTOMER, text) == [NORDLYS]


@pytest.mark.parametrize("name", ["Nordic  Stål AB", "Nordic\u00a0Stål", "O'Hara \u00a0 or  (AB)", "Tab\tand  two"])
def test_a_name_that_dynamics_keeps_with_other_spaces_is_found_as_it_is_shown(world: World, name: str) -> None:
    made = account(world, name)
    account(world, "Nordic")
    assert world.client.matches(CUSTOMER, name) == [made]
    assert world.client.matches(CUSTOMER, name.upper()) == [made]


def test_two_names_that_differ_by_their_spaces_only_are_one_name(world: World) -> None:
    both = [account(world, "Nordic Stål AB"), account(world, "Nordic  Stål AB")]
    assert sorted(world.client.matches(CUSTOMER, "Nordic  Stål AB")) == sorted(both), "nothing is guessed"


def test_one_request_for_each_table_once_its_columns_are_known(world: World) -> None:
    world.client.matches(CUSTOMER, "Nordlys AS")
    world.sim.log.clear()
    assert world.client.matches(CUSTOMER, "Ola Kjoper") == [OLA]
    assert [one.path.rsplit("/", 1)[-1] for one in world.sim.log.entries()] == ["accounts", "contacts"]


@pytest.mark.parametrize("name", ["O'Hara & Sons 100% (C+D) #1", "''", "Rød and Blå or so", "a=b;c/d?e"])
def test_a_name_with_signs_of_the_query_language_in_it(world: World, name: str) -> None:
    made = account(world, name)
    account(world, "O")
    assert world.client.matches(CUSTOMER, name) == [made]


def test_no_record_several_and_those_that_are_not_active(world: World) -> None:
    assert world.client.matches(CUSTOMER, "Nobody") == []
    account(world, "Nordlys AS", statecode=1)
    assert world.client.matches(CUSTOMER, "Nordlys AS") == [NORDLYS]
    double = account(world, "nordlys as")
    assert sorted(world.client.matches(CUSTOMER, "Nordlys AS")) == sorted([NORDLYS, double])


def test_a_name_without_its_accents_is_another_name_also_where_dynamics_takes_them_for_one(world: World) -> None:
    world.sim.switches.filters_without_accents = True
    plain = account(world, "Akeri")
    assert world.client.matches(CUSTOMER, "Åkeri") == []
    accented = account(world, "Åkeri")
    assert world.client.matches(CUSTOMER, "Åkeri") == [accented]
    assert world.client.matches(CUSTOMER, "akeri") == [plain]


def test_where_too_many_names_are_alike_nothing_is_guessed(world: World) -> None:
    world.sim.switches.filters_without_accents = True
    for _ in range(10):
        account(world, "Akeri")
    account(world, "Åkeri")
    with pytest.raises(Refused):
        world.client.matches(CUSTOMER, "Åkeri")


def test_a_user_who_is_disabled_is_no_owner_and_a_team_is_one(world: World) -> None:
    assert world.client.matches(("systemuser", "team"), "Kari Seller") == [f"systemuser:{seed.SELLER}"]
    world.sim.people.set_columns("systemuser", seed.SELLER, {"isdisabled": True})
    assert world.client.matches(("systemuser", "team"), "Kari Seller") == []
    team = world.sim.world.add("team", {"name": "Sales"}, seed.APPLICATION).id
    assert world.client.matches(("systemuser", "team"), "sales") == [f"team:{team}"]


def test_a_table_that_is_not_there_is_told(world: World) -> None:
    with pytest.raises(Gone):
        world.client.matches(("new_nothing",), "Nordlys AS")


def test_a_customer_moves_between_tables_and_is_unlinked(world: World) -> None:
    assert world.written(customerid=OLA) == {"customerid": OLA}
    assert world.read("customerid").cells["customerid"].label == "Ola Kjoper"
    assert world.written(customerid=NORDLYS) == {"customerid": NORDLYS}
    assert world.written(customerid=None) == {"customerid": None}
    assert world.read("customerid").cells["customerid"].value is None


def test_an_owner_may_be_a_team(world: World) -> None:
    team = world.sim.world.add("team", {"name": "Sales"}, seed.APPLICATION).id
    world.sim.world.security.assign(team, seed.SALESPERSON, "team")
    assert world.written(ownerid=f"team:{team}") == {"ownerid": f"team:{team}"}
    assert world.written(ownerid=f"systemuser:{seed.SELLER}") == {"ownerid": f"systemuser:{seed.SELLER}"}


def test_a_property_has_a_case_of_its_own(world: World) -> None:
    table = world.sim.world.tables["opportunity"]
    partner = Attribute("new_partnerid", "Lookup", "Partner", targets=("account",), nav="new_PartnerId")
    world.sim.world.tables["opportunity"] = replace(table, attributes={**table.attributes, partner.name: partner})
    record = world.client.read("opportunity", seed.OPPORTUNITY, ["new_partnerid"], SELLER)
    _, cells = world.client.write(record, {"new_partnerid": NORDLYS}, SELLER, "op")
    assert (cells["new_partnerid"].value, cells["new_partnerid"].label) == (NORDLYS, "Nordlys AS")


def test_a_record_that_is_gone_and_a_table_that_the_column_cannot_point_at_are_refused(world: World) -> None:
    gone = "account:00000000-0000-4000-8000-00000000dead"
    with pytest.raises(Gone):
        world.written(customerid=gone)
    with pytest.raises(Refused):
        world.written(parentaccountid=OLA)
