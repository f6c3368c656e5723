"""The Dataverse client against the simulator: exact values, versions, rights, errors; the real MSAL signs in."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.dataverse import DataverseSimulator, seed
from sandbox.faults import Fault
from sandbox.identity import Certificate, IdentitySimulator
from sandbox.identity.simulator import CLIENT_ID, CLIENT_SECRET, TENANT
from sandbox.role import give_whole_role
from sandbox.wire import InProcess, Server
from sync_core.adapters.dataverse.auth import Tokens
from sync_core.adapters.dataverse.client import DataverseClient
from sync_core.adapters.dataverse.events import read_event
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.words import ColumnType
from sync_core.errors import (
    ConnectionBroken,
    Gone,
    NotAllowed,
    RateLimited,
    Refused,
    Temporary,
    Unreadable,
    VersionMoved,
)

URL = "https://contoso.crm4.dynamics.com"
SELLER = Actor(seed.SELLER_OID, seed.SELLER_EMAIL, seed.SELLER, "Kari Seller")


class FixedTokens:
    def __init__(self) -> None:
        self.forgotten = 0

    def bearer(self) -> str:
        return "token" if not self.forgotten else "fresh"

    def forget(self) -> None:
        self.forgotten += 1


class World:
    def __init__(self, language: int | None = None, address: str = "internalemailaddress") -> None:
        self.sim = DataverseSimulator(send=lambda *_: 202)
        give_whole_role(self.sim.world)
        session = requests.Session()
        session.mount(URL, InProcess(self.sim))
        self.tokens = FixedTokens()
        self.client = DataverseClient(
            session,
            url=URL,
            tokens=self.tokens,
            label_language=language,
            user_address=address,
            timeout=5,
            monotonic=lambda: 0.0,
        )

    def set(self, **columns: Any) -> None:
        self.sim.people.set_columns("opportunity", seed.OPPORTUNITY, columns)

    def read(self, *columns: str, actor: Actor = MACHINE) -> Any:
        return self.client.read("opportunity", seed.OPPORTUNITY, columns, actor)

    def written(self, **values: str | None) -> dict[str, str | None]:
        _, cells = self.client.write(self.read(*values), values, MACHINE, "op")
        return {name: cell.value for name, cell in cells.items()}


@pytest.fixture
def world() -> World:
    return World()


VALUES = {
    "name": "Rammeavtale åæø",
    "description": "two\nlines",
    "estimatedvalue": "1250000.5",
    "new_count": "-7",
    "new_rate": "12.345",
    "new_score": "0.25",
    "new_priority": "true",
    "estimatedclosedate": "2026-03-12",
    "new_starttime": "2026-03-12T13:45:00Z",
    "new_walldate": "2026-03-12",
    "new_stage": "100000001",
}


def test_values_come_back_exactly_as_they_were_written(world: World) -> None:
    values: dict[str, str | None] = dict(VALUES)
    assert world.written(**values) == values
    assert {name: cell.value for name, cell in world.read(*values).cells.items()} == values
    assert world.written(**dict.fromkeys(values)) == dict.fromkeys(values)


def test_money_has_the_precision_of_its_currency(world: World) -> None:
    world.set(estimatedvalue="12.5")
    assert world.read("estimatedvalue").cells["estimatedvalue"].precision == 2


def test_references_show_their_name_and_multi_select_is_sorted(world: World) -> None:
    world.set(new_interests=[3, 1])
    cells = world.read("parentaccountid", "customerid", "ownerid", "new_interests").cells
    assert (cells["parentaccountid"].value, cells["parentaccountid"].label) == (f"account:{seed.ACCOUNT}", "Nordlys AS")
    assert cells["customerid"].label == "Nordlys AS"
    assert (cells["ownerid"].value, cells["ownerid"].label) == (f"systemuser:{seed.SELLER}", "Kari Seller")
    assert cells["new_interests"].value == "1,3"


def test_a_secured_column_is_never_a_value(world: World) -> None:
    world.set(new_secret="hidden")
    for masks in (False, True):
        world.sim.switches.masks_secured = masks
        cell = world.read("new_secret", actor=SELLER).cells["new_secret"]
        assert cell.value is None and cell.unreadable is not None


def test_metadata_tells_types_limits_and_what_may_not_be_written(world: World) -> None:
    columns = world.client.columns("opportunity")
    assert columns["name"].type is ColumnType.TEXT and columns["name"].max_length == 300
    assert columns["estimatedclosedate"].type is ColumnType.DATE_ONLY
    assert columns["new_walldate"].type is ColumnType.DATE_ONLY
    assert columns["new_starttime"].type is ColumnType.DATE_TIME
    assert columns["new_rate"].precision == 3 and columns["new_count"].maximum == 1_000_000
    assert columns["new_interests"].type is ColumnType.MULTI_SELECT
    assert columns["new_file"].type is ColumnType.FILE
    assert columns["new_calculated"].computed == "calculated" and not columns["new_calculated"].updatable
    assert columns["new_secret"].secured
    assert not columns["opportunityid"].updatable
    assert columns["customerid"].targets == ("account", "contact")
    assert "estimatedvalue_base" not in columns


@pytest.mark.parametrize(("language", "label"), [(None, "Negotiation"), (1053, "Förhandling")])
def test_labels_are_of_one_language_whoever_calls(language: int | None, label: str) -> None:
    assert World(language).client.columns("opportunity")["new_stage"].options[100000001] == label


def test_a_read_costs_one_request_and_names_only_the_mapped_columns(world: World) -> None:
    world.read("name", "estimatedvalue")
    world.sim.log.clear()
    world.read("name", "estimatedvalue", actor=SELLER)
    (entry,) = world.sim.log.entries()
    selected = dict(entry.query)["$select"].split(",")
    assert {"name", "estimatedvalue"} <= set(selected) and "description" not in selected
    assert entry.who == seed.SELLER_OID


def test_a_write_costs_one_request_and_is_tagged(world: World) -> None:
    record = world.read("name")
    world.sim.log.clear()
    after, _ = world.client.write(record, {"name": "New"}, SELLER, "abc")
    (entry,) = world.sim.log.entries()
    assert dict(entry.query)["tag"] == "oneflow-sync:abc"
    assert json.loads(entry.body) == {"name": "New"}
    assert after.version != record.version
    assert world.sim.world.row("opportunity", seed.OPPORTUNITY).modified_by == seed.SELLER


def test_a_representation_that_is_left_out_is_read(world: World) -> None:
    world.sim.switches.returns_representation = False
    assert world.written(name="New") == {"name": "New"}


@pytest.mark.parametrize("empty_code", [False, True])
def test_a_version_that_moved_writes_nothing(world: World, empty_code: bool) -> None:
    world.sim.switches.version_code_is_empty = empty_code
    record = world.read("name")
    world.set(description="meanwhile")
    with pytest.raises(VersionMoved) as moved:
        world.client.write(record, {"name": "lost"}, MACHINE, "op")
    assert moved.value.side == "dynamics"
    assert world.read("name").cells["name"].value == "Frame agreement"


def test_a_record_that_is_gone_is_not_made_anew(world: World) -> None:
    record = world.read("name")
    world.sim.people.delete("opportunity", seed.OPPORTUNITY)
    with pytest.raises(Gone):
        world.client.write(record, {"name": "ghost"}, MACHINE, "op")
    assert seed.OPPORTUNITY not in world.sim.world.rows["opportunity"]


def test_a_plug_in_that_resets_a_column_shows_in_the_answer(world: World) -> None:
    world.sim.world.plugins.append(lambda entity, columns: columns | {"name": "by the plug-in"})
    assert world.written(name="ours") == {"name": "by the plug-in"}


def test_a_business_rule_refuses_for_good(world: World) -> None:
    record = world.client.read("quote", seed.QUOTE, ["name"], MACHINE)
    world.sim.people.activate_quote(seed.QUOTE)
    assert world.client.read("quote", seed.QUOTE, ["name"], MACHINE).read_only is not None
    fresh = world.client.read("quote", seed.QUOTE, ["name"], MACHINE)
    with pytest.raises(Refused):
        world.client.write(fresh, {"name": "no"}, MACHINE, "op")
    assert record.read_only is None


def test_a_person_without_rights_learns_nothing(world: World) -> None:
    stranger = Actor(seed.STRANGER_OID, "s@x.example", seed.STRANGER)
    with pytest.raises(NotAllowed):
        world.read("name", actor=stranger)
    with pytest.raises(Gone):
        world.client.may_write("opportunity", seed.OPPORTUNITY, stranger)
    reader = Actor(seed.READER_OID, "r@x.example", seed.READER)
    assert not world.client.may_write("opportunity", seed.OPPORTUNITY, reader)
    assert world.client.may_write("opportunity", seed.OPPORTUNITY, SELLER)


def _user(world: World, user: str = seed.SELLER) -> dict[str, Any]:
    return world.sim.world.rows["systemuser"][user].values


def test_a_setting_says_which_address_a_person_has_in_oneflow() -> None:
    for column, wanted in (("internalemailaddress", "kari@mail.example"), ("domainname", "kari@upn.example")):
        world = World(address=column)
        _user(world).update({"internalemailaddress": " kari@mail.example ", "domainname": "kari@upn.example"})
        assert world.client.person(seed.SELLER_OID).email == wanted
        _user(world)[column] = " "
        assert world.client.address_now(SELLER) is None
        assert world.client.person(seed.SELLER_OID).email is None, "what was kept of the person is renewed"


def test_a_person_whom_entra_does_not_name_acts_by_dynamics_own_id(world: World) -> None:
    assert world.client.user(f"{{{seed.SELLER.upper()}}}") == SELLER
    _user(world, seed.READER)["azureactivedirectoryobjectid"] = None
    reader = world.client.user(seed.READER)
    assert reader.object_id is None and not reader.is_machine
    record = world.read("name", actor=reader)
    with pytest.raises(NotAllowed):
        world.client.write(record, {"name": "No"}, reader, "op")
    for unknown in ("a0000000-0000-4000-8000-999999999999", "x' or 1 eq 1", ""):
        with pytest.raises(NotAllowed):
            world.client.user(unknown)


def test_a_record_is_proved_deleted_by_dataverses_word_alone(world: World) -> None:
    assert not world.client.is_deleted("opportunity", seed.OPPORTUNITY)
    world.sim.people.take_right(seed.APPLICATION, "ReadAccess")
    assert not world.client.is_deleted("opportunity", seed.OPPORTUNITY), "access that was lost is no proof"
    world.sim.people.give_rights()
    world.sim.people.delete("opportunity", seed.OPPORTUNITY)
    assert world.client.is_deleted("opportunity", seed.OPPORTUNITY)
    assert not world.client.is_deleted("nosuchtable", seed.OPPORTUNITY)


def test_a_person_is_known_by_their_object_id(world: World) -> None:
    assert world.client.person(seed.SELLER_OID.upper()) == SELLER
    for unknown in ("0b1ec700-0000-4000-8000-999999999999", "x' or 1 eq 1", ""):
        with pytest.raises(NotAllowed):
            world.client.person(unknown)


def test_a_disabled_user_may_nothing(world: World) -> None:
    world.sim.world.rows["systemuser"][seed.SELLER].values["isdisabled"] = True
    with pytest.raises(NotAllowed):
        world.client.person(seed.SELLER_OID)


def test_contacts_of_a_record_are_offered_once_each(world: World) -> None:
    contacts = world.client.contacts("opportunity", seed.OPPORTUNITY, SELLER)
    assert [(one.name, one.email, one.company) for one in contacts] == [
        ("Ola Kjoper", "ola@nordlys.example", "Nordlys AS")
    ]


def test_whom_the_record_names_is_the_primary_contact(world: World) -> None:
    world.sim.people.new("contact", {"fullname": "Another", "parentcustomerid": ("account", seed.ACCOUNT)})
    contacts = world.client.contacts("opportunity", seed.OPPORTUNITY, SELLER)
    assert [one.name for one in contacts if one.primary] == ["Ola Kjoper"]


def test_where_the_record_names_nobody_its_accounts_primary_contact_is_taken(world: World) -> None:
    other = world.sim.people.new("contact", {"fullname": "Of the board", "emailaddress1": "board@nordlys.example"})
    world.sim.world.rows["account"][seed.ACCOUNT].values["primarycontactid"] = ("contact", other)
    world.sim.world.rows["opportunity"][seed.OPPORTUNITY].values["parentcontactid"] = None
    contacts = world.client.contacts("opportunity", seed.OPPORTUNITY, SELLER)
    assert {(one.name, one.primary) for one in contacts} == {("Of the board", True), ("Ola Kjoper", False)}


def test_an_account_without_a_primary_contact_offers_all_and_prefers_none(world: World) -> None:
    contacts = world.client.contacts("account", seed.ACCOUNT, SELLER)
    assert [one.primary for one in contacts] == [False]


def test_tables_are_offered_with_their_names(world: World) -> None:
    assert {"opportunity", "quote", "account", "contact"} <= {one.name for one in world.client.entities()}
    with pytest.raises(Gone):
        world.client.columns("no_such_table")


def test_lists_are_read_page_by_page(world: World) -> None:
    world.sim.switches.page_size = 2
    for number in range(5):
        world.sim.people.new("contact", {"fullname": f"C{number}", "emailaddress1": f"c{number}@x.example"})
    assert len(world.client.contacts("account", seed.ACCOUNT, SELLER)) == 6


def test_a_column_that_is_gone_takes_no_other_with_it(world: World) -> None:
    world.read("name")
    del world.sim.world.tables["opportunity"].attributes["description"]
    try:
        cells = world.read("name", "description").cells
    finally:
        world.sim.world.tables["opportunity"].attributes["description"] = _DESCRIPTION
    assert set(cells) == {"name"}


_DESCRIPTION = seed.TABLES["opportunity"].attributes["description"]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("rate_limited", headers={"Retry-After": "17"}), RateLimited),
        (Fault("status", status=503), Temporary),
        (Fault("status", status=403, body="0x80095FFC"), ConnectionBroken),
        (Fault("drop", times=2), Temporary),
    ],
)
def test_each_trouble_has_its_error(world: World, fault: Fault, error: type[Exception]) -> None:
    world.read("name")
    world.sim.faults.add(fault)
    with pytest.raises(error) as raised:
        world.read("name")
    if isinstance(raised.value, RateLimited):
        assert raised.value.retry_after == 17


def test_a_lost_answer_to_a_write_is_unclear(world: World) -> None:
    record = world.read("name")
    world.sim.faults.add(Fault("drop", method="PATCH", after_commit=True))
    with pytest.raises(Temporary) as lost:
        world.client.write(record, {"name": "written"}, MACHINE, "op")
    assert lost.value.unclear


def test_a_refused_token_is_fetched_anew_once(world: World) -> None:
    world.read("name")
    world.sim._holder = lambda token: seed.APPLICATION_ID if token == "fresh" else None
    assert world.read("name").cells["name"].value == "Frame agreement"
    assert world.tokens.forgotten == 1
    world.sim._holder = lambda token: None
    with pytest.raises(ConnectionBroken):
        world.read("name")


def test_identity_names_the_organisation(world: World) -> None:
    assert world.client.identity()["name"] == "fjordkraft"
    assert world.client.identity()["user_id"] == seed.APPLICATION


def test_no_value_is_in_an_error_or_a_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="sync_core"):
        record = world.read("name")
        with pytest.raises(Refused) as refused:
            world.client.write(record, {"name": "MARKER" * 100}, MACHINE, "op")
    text = "\n".join([*(one.getMessage() for one in caplog.records), str(refused.value)])
    assert "api.called" in text and "MARKER" not in text


# --- events ---


def test_an_event_tells_record_columns_and_tag(world: World) -> None:
    sent: list[tuple[bytes, dict[str, str]]] = []
    world.sim.world.on_change = lambda change: sent.append(world.sim.events.request(change))
    world.client.write(world.read("name"), {"name": "New"}, SELLER, "abc")
    event = read_event(*sent[0])
    assert (event.message, event.entity, event.record_id) == ("Update", "opportunity", seed.OPPORTUNITY)
    assert event.changed is not None and "name" in event.changed
    assert event.tag == "oneflow-sync:abc"
    assert event.initiating_user == seed.SELLER_OID


def test_a_stripped_event_still_names_its_record(world: World) -> None:
    world.sim.switches.strip_above = 10
    sent: list[tuple[bytes, dict[str, str]]] = []
    world.sim.world.on_change = lambda change: sent.append(world.sim.events.request(change))
    world.set(name="New")
    event = read_event(*sent[0])
    assert event.changed is None and event.record_id == seed.OPPORTUNITY


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"[" * 100_000, b"\xff"])
def test_what_is_no_event_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_event(body, {})


# --- sign-in ---


@pytest.fixture
def identity(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[IdentitySimulator, str]]:
    certificate = Certificate.make(tmp_path)
    simulator = IdentitySimulator()
    server = Server(simulator, tls=(str(certificate.chain), str(certificate.key)))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    yield simulator, f"{server.url}/{TENANT}"
    server.close()


def tokens(authority: str, secret: str = CLIENT_SECRET) -> Tokens:
    return Tokens(
        resource=URL, tenant_id=TENANT, client_id=CLIENT_ID, client_secret=secret, authority=authority, timeout=5
    )


def test_the_real_msal_signs_in_and_keeps_its_token(identity: tuple[IdentitySimulator, str]) -> None:
    simulator, authority = identity
    source = tokens(authority)
    first = source.bearer()
    asked = simulator.requests
    assert simulator.holder(first) and source.bearer() == first
    assert simulator.requests == asked
    source.forget()
    assert source.bearer() != first


def test_a_wrong_secret_breaks_the_connection_and_is_not_named(identity: tuple[IdentitySimulator, str]) -> None:
    with pytest.raises(ConnectionBroken, match="AADSTS7000215") as refused:
        tokens(identity[1], "wrong-secret").bearer()
    assert "wrong-secret" not in str(refused.value)


def test_an_identity_that_does_not_answer_is_temporary() -> None:
    with pytest.raises(Temporary):
        tokens(f"https://127.0.0.1:9/{TENANT}").bearer()
