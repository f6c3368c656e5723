"""The Oneflow client against the simulator, with every unsure behaviour switched both ways."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from sandbox.faults import Fault
from sandbox.oneflow import OneflowSimulator, seed
from sandbox.wire import InProcess
from sync_core.adapters.oneflow.client import OneflowClient
from sync_core.adapters.oneflow.events import event_of
from sync_core.adapters.oneflow.notification import read_notification
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.contracts import NewContract
from sync_core.engine.model.words import ContractState
from sync_core.errors import (
    ConnectionBroken,
    Gone,
    NoAccount,
    NotAllowed,
    NotAuthentic,
    RateLimited,
    Refused,
    Temporary,
    Unreadable,
)

URL = "https://api.oneflow.com"
SELLER = Actor("oid", seed.SELLER, "uid", "Kari")
HOOK = "https://sync.example/api/oneflow/webhook?code=first"


class World:
    def __init__(self) -> None:
        self.sim = OneflowSimulator()
        session = requests.Session()
        session.mount(URL, InProcess(self.sim))
        self.session = session
        self.now = 0.0
        self.client = self.with_token(seed.TOKEN)

    def with_token(self, token: str, address_now: Callable[[Actor], str | None] | None = None) -> OneflowClient:
        return OneflowClient(
            self.session,
            url=f"{URL}/v1",
            token=token,
            user_email=seed.SELLER,
            sign_keys=["new-key", "old-key"],
            timeout=5,
            monotonic=lambda: self.now,
            address_now=address_now,
        )

    def contract(self, **fields: str) -> int:
        new = NewContract(seed.FRAME_TEMPLATE, seed.SALES, "Agreement", fields, PARTIES)
        return self.client.create(new, SELLER).id


PARTIES = (
    {
        "type": "company",
        "name": "Nordlys AS",
        "participants": [{"name": "Ola", "email": "ola@nordlys.example", "signatory": True}],
    },
)


@pytest.fixture
def world() -> World:
    return World()


def test_a_created_contract_shows_what_was_sent(world: World) -> None:
    contract_id = world.contract(customer_name="Nordlys", amount="12.50")
    contract = world.client.read(contract_id, MACHINE)
    assert contract.state is ContractState.DRAFT
    assert (contract.name, contract.template_id, contract.workspace_id) == (
        "Agreement",
        seed.FRAME_TEMPLATE,
        seed.SALES,
    )
    assert contract.fields["customer_name"].value == "Nordlys"
    assert contract.fields["amount"].updated_time


def test_a_read_costs_one_request_and_carries_the_actors_email(world: World) -> None:
    contract_id = world.contract()
    world.sim.log.clear()
    world.client.read(contract_id, SELLER)
    assert len(world.sim.log.entries()) == 1
    assert world.sim.log.entries()[0].who == seed.SELLER


@pytest.mark.parametrize("envelope", ["data_fields", "list", "refused"])
@pytest.mark.parametrize("answer", ["data_fields", "list", "data", "empty"])
def test_many_fields_are_written_whatever_the_envelope(world: World, envelope: str, answer: str) -> None:
    contract_id = world.contract()
    world.sim.switches.update({"many_envelope": envelope, "many_answer": answer})
    texts = {"customer_name": "Nordlys", "amount": "12.50"}
    for _ in range(2):
        contract = world.client.read(contract_id, MACHINE)
        written = world.client.write(contract, texts, SELLER)
        assert {key: one[0] for key, one in written.items() if isinstance(one, tuple)} == texts
    world.sim.log.clear()
    world.client.write(contract, texts, SELLER)
    writes = world.sim.log.count("PUT")
    assert writes == (2 if envelope == "refused" else 1), "the form that works is remembered"


@pytest.mark.parametrize("status", [404, 405, 400])
def test_a_refused_collection_is_told_from_a_refused_value(world: World, status: int) -> None:
    contract_id = world.contract()
    world.sim.switches.update({"many_envelope": "refused", "many_refused_status": status})
    contract = world.client.read(contract_id, MACHINE)
    written = world.client.write(contract, {"customer_name": "ok", "amount": "x" * 2000}, SELLER)
    assert isinstance(written["amount"], Refused)
    assert isinstance(written["customer_name"], tuple) and written["customer_name"][0] == "ok"


def test_a_bad_value_does_not_change_the_envelope(world: World) -> None:
    contract = world.client.read(world.contract(), MACHINE)
    world.sim.log.clear()
    with pytest.raises(Refused) as refused:
        world.client.write(contract, {"customer_name": "ok", "amount": "SECRET" * 500}, SELLER)
    assert world.sim.log.count("PUT") == 1
    assert "SECRET" not in str(refused.value)


def test_a_field_without_a_custom_id_is_unknown_until_its_id_was_learnt(world: World) -> None:
    contract_id = world.contract(customer_name="Nordlys")
    named = {one.id: one.custom_id for one in world.client.read(contract_id, MACHINE).fields.values() if one.custom_id}
    world.sim.switches.update({"omit_custom_id_in_contract_reads": True})
    unnamed = world.client.read(contract_id, MACHINE)
    assert not unnamed.fields and len(unnamed.unnamed) > 5
    assert world.client.read(contract_id, MACHINE, named).fields["customer_name"].value == "Nordlys"


@pytest.mark.parametrize("status", [409, 403])
def test_a_signed_contract_refuses_a_write(world: World, status: int) -> None:
    contract_id = world.contract()
    world.sim.switches.update({"state_guard_status": status})
    world.sim.people.publish(contract_id)
    world.sim.people.sign_all(contract_id)
    contract = world.client.read(contract_id, MACHINE)
    assert contract.state is ContractState.SIGNED and contract.signature_given
    with pytest.raises((Refused, NotAllowed)):
        world.client.write(contract, {"customer_name": "late", "amount": "1"}, SELLER)


def test_one_signature_is_seen(world: World) -> None:
    contract_id = world.contract()
    world.sim.people.publish(contract_id)
    assert not world.client.read(contract_id, MACHINE).signature_given
    world.sim.people.sign(contract_id)
    assert world.client.read(contract_id, MACHINE).signature_given


def test_a_lost_answer_to_a_write_is_unclear(world: World) -> None:
    contract = world.client.read(world.contract(), MACHINE)
    world.sim.faults.add(Fault("drop", method="PUT", after_commit=True))
    with pytest.raises(Temporary) as lost:
        world.client.write(contract, {"customer_name": "written", "amount": "1"}, SELLER)
    assert lost.value.unclear


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault("rate_limited", headers={"Retry-After": "7"}, times=2), RateLimited),
        (Fault("status", status=502, body="<html>bad gateway</html>", times=2), Temporary),
        (Fault("status", status=500, times=2), Temporary),
        (Fault("drop", times=3), Temporary),
    ],
)
def test_a_vendor_in_trouble_is_temporary(world: World, fault: Fault, error: type[Temporary]) -> None:
    contract_id = world.contract()
    world.sim.faults.add(fault)
    with pytest.raises(error) as raised:
        world.client.read(contract_id, MACHINE)
    if error is RateLimited:
        assert raised.value.retry_after == 7


def test_a_wrong_token_breaks_the_connection_and_is_not_named(world: World) -> None:
    client = world.with_token("x" * 40)
    with pytest.raises(ConnectionBroken) as broken:
        client.ping()
    assert "xxxx" not in str(broken.value)


def test_a_person_whom_oneflow_does_not_know_is_not_a_broken_connection(world: World) -> None:
    contract_id = world.contract()
    with pytest.raises(NotAllowed, match="e-mail"):
        world.client.read(contract_id, Actor("oid", "stranger@elsewhere.example", "uid"))


@pytest.mark.parametrize("email", [None, "", "  "])
def test_a_person_without_an_address_does_nothing_in_anybodys_name(world: World, email: str | None) -> None:
    contract_id = world.contract()
    world.sim.log.clear()
    with pytest.raises(NoAccount, match="no e-mail address"):
        world.client.read(contract_id, Actor("oid", email, "uid"))
    with pytest.raises(NoAccount):
        world.client.create(NewContract(seed.FRAME_TEMPLATE, seed.SALES, "No", {}, PARTIES), Actor(None, email, "uid"))
    assert world.sim.log.entries() == []


@pytest.mark.parametrize(
    ("email", "character"),
    [("kari\u200b@x.example", "U+200B"), ("łucja@x.example", "U+0142"), ("k@x\r\nX: y", "U+000D")],
)
def test_an_address_that_no_header_carries_is_refused_with_what_to_mend(
    world: World, email: str, character: str
) -> None:
    contract_id = world.contract()
    world.sim.log.clear()
    with pytest.raises(NoAccount) as refused:
        world.client.read(contract_id, Actor("oid", email, "uid"))
    assert character in str(refused.value) and email not in str(refused.value)
    assert world.sim.log.entries() == []


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("email", [seed.SELLER.upper(), f" {seed.SELLER} ", seed.SELLER.title()])
def test_neither_blanks_nor_capitals_of_an_address_count(world: World, email: str, exact: bool) -> None:
    contract_id = world.contract()
    world.sim.switches.emails_are_exact = exact
    assert world.client.read(contract_id, Actor("oid", email, "uid")).id == contract_id
    world.sim.log.clear()
    world.client.read(contract_id, Actor("oid", email, "uid"))
    assert len(world.sim.log.entries()) == 1, "how Oneflow spells it is remembered"


def test_where_oneflow_knows_the_address_no_longer_the_one_of_now_is_asked_for_once(world: World) -> None:
    contract_id, asked = world.contract(), []

    def now(actor: Actor) -> str | None:
        asked.append(actor.user_id)
        return seed.SELLER

    client = world.with_token(seed.TOKEN, now)
    assert client.read(contract_id, Actor("oid", "before@marriage.example", "uid")).id == contract_id
    assert client.read(contract_id, Actor("oid", None, "uid")).id == contract_id
    assert asked == ["uid", "uid"]
    client.read(contract_id, SELLER)
    assert len(asked) == 2, "who is known is not looked up again"


def test_a_wrong_token_is_no_fault_of_the_person(world: World) -> None:
    contract_id = world.contract()
    with pytest.raises(ConnectionBroken):
        world.with_token("x" * 40).read(contract_id, SELLER)


def test_a_deleted_contract_is_gone(world: World) -> None:
    contract_id = world.contract()
    world.sim.people.delete(contract_id)
    with pytest.raises(Gone):
        world.client.read(contract_id, MACHINE)


def test_templates_tell_their_type_and_its_owner(world: World) -> None:
    templates = {one.id: one for one in world.client.templates(seed.SALES)}
    assert templates[seed.FRAME_TEMPLATE].template_type_id == seed.FRAME_AGREEMENT
    assert templates[seed.DYNAMICS_TEMPLATE].extension_type == "dynamics"
    assert templates[seed.PLAIN_TEMPLATE].template_type_id is None
    assert seed.RETIRED_TEMPLATE not in templates
    assert seed.PURCHASING_TEMPLATE not in templates


def test_the_catalog_is_believed_for_a_minute(world: World) -> None:
    fields = {one.custom_id: one for one in world.client.template_fields(seed.FRAME_AGREEMENT)}
    assert fields["customer_name"].source == "user" and fields[seed.SYSTEM_FIELD].source == "system"
    world.sim.log.clear()
    world.client.template_fields(seed.FRAME_AGREEMENT)
    assert not world.sim.log.entries()
    world.now = 61
    world.client.template_fields(seed.FRAME_AGREEMENT)
    assert len(world.sim.log.entries()) == 1


def test_a_list_of_types_with_their_fields_saves_a_read_per_type(world: World) -> None:
    world.client.template_types()
    world.sim.log.clear()
    fields = world.client.template_fields(seed.FRAME_AGREEMENT)
    assert "customer_name" in {one.custom_id for one in fields}
    assert not world.sim.log.entries()


def test_an_interrupted_creation_is_found_by_its_name_template_and_workspace(world: World) -> None:
    contract_id = world.contract()
    request = {"name": "Agreement", "template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES}
    now = datetime.now(UTC)
    assert [one.id for one in world.client.created(request, now)] == [contract_id]
    assert world.client.created(request, now + timedelta(hours=1)) == []
    assert world.client.created({**request, "template_id": 1}, now) == []


@pytest.mark.parametrize("switches", [{}, {"webhook_id_keys": "webhook_id"}, {"webhook_list_envelope": "list"}])
def test_a_subscription_is_made_once_and_repaired(world: World, switches: dict[str, Any]) -> None:
    world.sim.switches.update(switches)
    assert world.client.subscription(HOOK) is None
    made = world.client.subscribe(HOOK)
    assert made.current
    moved = HOOK.replace("first", "second")
    found = world.client.subscription(moved)
    assert found is not None and not found.current, "its key was rotated"
    assert world.client.subscribe(moved).id == made.id
    assert len(world.sim.world.state.webhooks) == 1
    world.client.unsubscribe(HOOK)
    assert not world.sim.world.state.webhooks


@pytest.mark.parametrize("switches", [{}, {"events_identify_field": True}, {"event_subject": "object"}])
def test_events_tell_what_was_replaced(world: World, switches: dict[str, Any]) -> None:
    world.sim.switches.update(switches)
    contract_id = world.contract(customer_name="Before")
    world.sim.people.publish(contract_id)
    world.sim.people.set_field(contract_id, "customer_name", "After")
    changes = [change for event in world.client.events(contract_id) for change in event.changes]
    assert ("Before", "After") in changes


def test_links_point_at_the_web_app(world: World) -> None:
    assert world.client.contract_url(7) == "https://app.oneflow.com/contracts/7"


def notification(key: str, callback_id: str = "abc", **more: Any) -> bytes:
    signature = hashlib.sha1((callback_id + key).encode()).hexdigest()
    body = {"contract": {"id": 7}, "callback_id": callback_id, "events": [{"type": "data_field:update"}]}
    return json.dumps({**body, "signature": signature, **more}).encode()


def test_a_notification_is_believed_if_any_key_fits() -> None:
    for key in ("new-key", "old-key"):
        found = read_notification(notification(key), ["new-key", "old-key"])
        assert (found.contract_id, found.event_types) == (7, ("data_field:update",))


def test_a_signature_inside_the_events_is_accepted_too() -> None:
    body = json.loads(notification("key"))
    body["events"][0]["signature"] = body.pop("signature").upper()
    assert read_notification(json.dumps(body).encode(), ["key"]).contract_id == 7


@pytest.mark.parametrize("body", [notification("forged"), b'{"contract": {"id": 7}, "events": []}', b"{}"])
def test_a_notification_without_a_fitting_signature_is_refused(body: bytes) -> None:
    with pytest.raises(NotAuthentic):
        read_notification(body, ["key"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"events": 3}'])
def test_what_is_no_notification_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read_notification(body, ["key"])


def test_no_value_and_no_token_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="sync_core"):
        contract = world.client.read(world.contract(customer_name="MARKER"), MACHINE)
        with pytest.raises(Refused):
            world.client.write(contract, {"customer_name": "MARKER" * 400, "amount": "1"}, SELLER)
    text = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("sync_core"))
    assert "api.called" in text
    assert "MARKER" not in text and seed.TOKEN not in text


def test_an_event_that_does_not_tell_what_changed_is_one_all_the_same() -> None:
    """The contract's log may leave the values out, and then nobody can know what a write replaced."""
    (mute,) = event_of({"id": 7, "type": "data_field:update", "created_time": "2026-03-12T08:00:00+0000", "data": {}})
    assert (mute.id, mute.changes, mute.field_id) == (7, (), None)
    assert event_of({"id": 8, "type": "contract:publish"}) == []
