"""Columns of related records: found through metadata, read in the record's own request, empty or unreadable apart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import requests

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.dataverse.schema import Attribute
from sandbox.role import give_whole_role
from sandbox.wire import InProcess
from sync_core.adapters.dataverse.client import DataverseClient
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import RowOption, RowOptions
from sync_core.engine.model.tables import RelatedTable
from sync_core.engine.model.words import ColumnType, Direction
from sync_core.engine.rows.eligibility import lifted_by, options_of, refusals
from sync_core.errors import Gone
from sync_core.usecases.sync.open import related_tables

URL = "https://contoso.crm4.dynamics.com"
SELLER = Actor(seed.SELLER_OID, seed.SELLER_EMAIL, seed.SELLER, "Kari Seller")
NAME, NUMBER = "parentaccountid.name", "parentaccountid.accountnumber"


class Tokens:
    def bearer(self) -> str:
        return "token"

    def forget(self) -> None: ...


class Desk:
    def __init__(self) -> None:
        self.sim = DataverseSimulator(send=lambda *_: 202)
        give_whole_role(self.sim.world)
        session = requests.Session()
        session.mount(URL, InProcess(self.sim))
        self.client = DataverseClient(
            session, url=URL, tokens=Tokens(), label_language=None, timeout=5, monotonic=lambda: 0.0
        )

    def set(self, **columns: object) -> None:
        self.sim.people.set_columns("opportunity", seed.OPPORTUNITY, columns)

    def cells(self, *columns: str, actor: Actor = MACHINE) -> dict[str, Cell]:
        return dict(self.client.read("opportunity", seed.OPPORTUNITY, columns, actor).cells)

    def reads(self) -> list[dict[str, str]]:
        """The queries of reads of the record."""
        entries = self.sim.log.entries()
        return [dict(one.query) for one in entries if one.path == f"/opportunities({seed.OPPORTUNITY})"]


@pytest.fixture
def desk() -> Iterator[Desk]:
    desk = Desk()
    yield desk
    desk.sim.close()


def test_one_request_reads_the_record_and_what_its_lookups_point_at(desk: Desk) -> None:
    desk.set(new_partnerid=("account", seed.ACCOUNT))
    cells = desk.cells("name", NAME, NUMBER, "new_partnerid.name", "parentcontactid.emailaddress1")
    assert {name: cell.value for name, cell in cells.items()} == {
        "name": "Frame agreement",
        NAME: "Nordlys AS",
        NUMBER: "A-1",
        "new_partnerid.name": "Nordlys AS",
        "parentcontactid.emailaddress1": "ola@nordlys.example",
    }
    (query,) = desk.reads()
    assert "new_PartnerId($select=name)" in query["$expand"], "by its navigation property, not by the lookup's name"


def test_an_empty_lookup_makes_empty_cells(desk: Desk) -> None:
    desk.set(parentaccountid=None)
    assert desk.cells(NAME, NUMBER) == {NAME: Cell(), NUMBER: Cell()}


def test_numbers_choices_and_references_of_a_related_record_are_as_exact_as_its_own(desk: Desk) -> None:
    account = desk.sim.world.tables["account"].attributes
    added = (
        Attribute("new_limit", "Money", "Limit", {"MinValue": 0, "MaxValue": 10**12, "Precision": 4,
                                                  "PrecisionSource": 2}),
        Attribute("transactioncurrencyid", "Lookup", "Currency", targets=("transactioncurrency",)),
    )  # fmt: skip
    account |= {one.name: one for one in added}
    try:
        of_it = {"new_limit": "1250000.5", "transactioncurrencyid": ("transactioncurrency", seed.CURRENCY)}
        desk.sim.people.set_columns("account", seed.ACCOUNT, of_it)
        cells = desk.cells("parentaccountid.new_limit", "parentaccountid.ownerid", "parentaccountid.statecode")
    finally:
        for one in added:
            del account[one.name]
    assert cells["parentaccountid.new_limit"] == Cell("1250000.5", precision=2, currency="NOK")
    assert cells["parentaccountid.statecode"].value == "0"


@pytest.mark.parametrize("whole", [False, True])
def test_a_related_record_that_may_not_be_read_is_unreadable_and_never_empty(desk: Desk, whole: bool) -> None:
    """Dataverse leaves it out, or refuses the whole request: the record itself is read either way."""
    desk.sim.switches.refuses_unreadable_expand = whole
    desk.sim.people.put_out_of_reach(seed.SELLER, seed.ACCOUNT)
    cells = desk.cells("name", NAME, actor=SELLER)
    assert cells["name"].value == "Frame agreement"
    assert cells[NAME] == Cell(unreadable=reasons.RELATED_UNREADABLE)
    desk.set(parentaccountid=None)
    assert desk.cells(NAME, actor=SELLER)[NAME] == Cell(), "an empty lookup is no secret"


def test_a_secured_column_of_a_related_record_is_never_a_value(desk: Desk) -> None:
    account = desk.sim.world.tables["account"].attributes
    account["new_grade"] = Attribute("new_grade", "String", "Grade", {"MaxLength": 10}, secured=True)
    try:
        desk.sim.people.set_columns("account", seed.ACCOUNT, {"new_grade": "A"})
        name = "parentaccountid.new_grade"
        assert desk.client.columns("opportunity", [name])[name].secured
        assert desk.cells(name, actor=SELLER)[name] == Cell(unreadable=reasons.SECURED)
    finally:
        del account["new_grade"]


def test_a_related_column_that_goes_away_does_not_stop_the_others(desk: Desk) -> None:
    account = desk.sim.world.tables["account"].attributes
    account["new_grade"] = Attribute("new_grade", "String", "Grade", {"MaxLength": 10})
    try:
        assert "parentaccountid.new_grade" in desk.cells(NAME, "parentaccountid.new_grade")
    finally:
        del account["new_grade"]
    assert desk.cells(NAME, "parentaccountid.new_grade").keys() == {NAME}


def test_what_is_changed_in_a_related_table_is_found_as_in_the_records_own(desk: Desk) -> None:
    """Secured or made anew as another type, within the minutes for which metadata is kept."""
    account = desk.sim.world.tables["account"].attributes
    name = "parentaccountid.new_grade"
    account["new_grade"] = Attribute("new_grade", "String", "Grade", {"MaxLength": 10})
    try:
        desk.sim.people.set_columns("account", seed.ACCOUNT, {"new_grade": "A"})
        assert desk.cells(name)[name] == Cell("A")
        account["new_grade"] = Attribute("new_grade", "Boolean", "Grade")
        desk.sim.people.set_columns("account", seed.ACCOUNT, {"new_grade": True})
        assert desk.cells(name)[name] == Cell("true")
        account["new_grade"] = Attribute("new_grade", "Boolean", "Grade", secured=True)
        assert not desk.client.columns("opportunity", [name])[name].secured
        assert desk.client.proven_columns("opportunity", [name])[name].secured
    finally:
        del account["new_grade"]


@pytest.mark.parametrize(
    "name", ["nothing.name", "name.name", "parentaccountid.nothing", "customerid.name", "a.b.c", "."]
)
def test_what_is_no_related_column_is_no_column(desk: Desk, name: str) -> None:
    assert name not in desk.client.columns("opportunity", [name])
    assert name not in desk.cells("name", name)


def test_only_lookups_that_point_at_one_table_are_offered(desk: Desk) -> None:
    tables = {one.lookup: one for one in desk.client.related("opportunity")}
    assert tables["parentaccountid"] == RelatedTable("parentaccountid", "Account", "account", "Account")
    assert tables["modifiedby"].entity == "systemuser"
    assert not {"customerid", "ownerid"} & tables.keys()
    with pytest.raises(Gone):
        desk.client.related_columns("opportunity", "customerid")


def test_a_related_column_is_the_tables_own_but_never_two_way(desk: Desk) -> None:
    columns = desk.client.related_columns("opportunity", "parentaccountid")
    assert columns.keys() == {f"parentaccountid.{name}" for name in desk.client.columns("account")}
    name = columns[NAME]
    assert (name.label, name.type, name.max_length) == ("Account name (Account)", ColumnType.TEXT, 160)
    assert desk.client.columns("opportunity", [NAME])[NAME] == name
    for column in columns.values():
        assert refusals(column)[Direction.TWO_WAY].code == "related"
        assert lifted_by(column) == {} and RowOption.CONFLICT_POLICY not in options_of(column)


def test_a_choice_of_a_related_record_takes_no_labels_back() -> None:
    column = Column("a.b", "B", ColumnType.CHOICE, via="a")
    assert options_of(column) == ()
    assert set(refusals(column)) == {Direction.TWO_WAY, Direction.ONEFLOW_TO_DYNAMICS}, "nor anything else"


def test_the_tables_that_a_mapping_reads_beside_its_own_are_known_so_that_rights_can_be_checked(desk: Desk) -> None:
    def tables(column: str, resolve: bool | str = False) -> set[str]:
        row = FieldMapping(column, "field", Direction.SYNC_ONCE, options=RowOptions(resolve_labels=resolve))
        return related_tables(desk.client, EntityMapping("opportunity", (row,)))

    assert tables("name") == tables("customerid") == tables("new_stage", True) == set()
    assert tables("parentaccountid.name") == {"account"}
    assert tables("parentaccountid", "accountnumber") == {"account"}
    assert tables("customerid", True) == {"account", "contact"}
    assert tables("ownerid", "new_key") == {"systemuser", "team"}
