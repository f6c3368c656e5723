"""Whom a person is on either side: nobody acts as somebody else, and nobody learns what is another record's."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
import requests
from azure.data.tables import UpdateMode

from sandbox.dataverse import seed
from sandbox.dataverse.step import Change
from sandbox.role import SELLERS_ROLE
from sync_core.adapters.storage.link_rows import history_rows
from sync_core.engine.model.link import Link
from tests.callers import IN_AZURE, at, principal
from tests.stories.stage import Stage

SECRET = "The price below which we do not go"
NO_ACCOUNT = "Oneflow has no active user with your e-mail address."


def asked(stage: Stage, who: str, verb: str, route: str, body: Any = None) -> requests.Response:
    """By the user with this Entra object id."""
    with at(IN_AZURE):
        return stage.call(verb, route, body, principal(who))


def other_record(stage: Stage) -> str:
    return stage.world.new_opportunity({"name": "Another deal", "estimatedvalue": "5.00"})


@contextmanager
def out_of_sight(stage: Stage, user: str, record_id: str) -> Iterator[None]:
    """This user may not read the record."""
    out_of_reach = stage.world.dataverse.world.security.out_of_reach
    out_of_reach.add((user, record_id))
    try:
        yield
    finally:
        out_of_reach.discard((user, record_id))


@contextmanager
def newcomer(stage: Stage, email: str | None) -> Iterator[tuple[str, dict[str, Any]]]:
    """A seller whom the app has never seen: their object id, and their row in Dynamics."""
    world, object_id = stage.world.dataverse.world, str(uuid.uuid4())
    columns = {"fullname": "Nils Newcomer", "internalemailaddress": email, "domainname": "nils@fjordkraft.example"}
    row = world.add("systemuser", {**columns, "azureactivedirectoryobjectid": object_id}, seed.ADMINISTRATOR)
    row.values["isdisabled"] = False
    world.security.assign(row.id, SELLERS_ROLE)
    try:
        yield object_id, row.values
    finally:
        world.rows["systemuser"].pop(row.id)


# --- whose history ----------------------------------------------------------------------------------------------------


def with_a_secret(stage: Stage) -> tuple[int, str]:
    """A contract into which a value of the record was pushed; the entry that tells."""
    contract = stage.contract()
    stage.edit_record(description=SECRET)
    stage.push(contract)
    stage.edit_record(description="Public by now")
    stage.push(contract)
    stage.drain()
    entry = next(one for one in stage.history(contract) if SECRET in str(one["fields"]))
    return contract, entry["entry_id"]


def given_on(stage: Stage, contract: int, how: str) -> str:
    """The contract goes to another record, as those may do who have a right to both, or after its link was ended."""
    other = other_record(stage)
    if how == "unlinked":
        assert stage.call("DELETE", f"records/opportunity/{stage.record_id}/contracts/{contract}").status_code == 204
        route = f"records/opportunity/{other}/contracts/{contract}"
        assert asked(stage, seed.COLLEAGUE_OID, "PUT", route, {}).status_code == 200
    else:
        stage.ok("PUT", f"records/opportunity/{other}/contracts/{contract}", {"move": True})
    stage.drain()
    return other


def as_an_earlier_version_wrote_it(stage: Stage, contract: int) -> None:
    """Entries that do not say their record, but for those that begin or end a link."""
    links = stage.world.services._links
    table, partition = stage.world.services._storage.table("contracts"), links._partition(contract)
    for entry in links.history(contract, limit=100)[0]:
        if entry.action not in ("create", "link", "move", "unlink"):
            for row in history_rows(partition, replace(entry, entity="", record_id="")):
                table.upsert_entity(row, mode=UpdateMode.REPLACE)


@pytest.mark.parametrize("before", [False, True], ids=["", "entries of an earlier version"])
@pytest.mark.parametrize("how", ["unlinked", "moved"])
def test_history_stays_with_those_who_may_read_the_record_it_was_written_for(
    stage: Stage, how: str, before: bool
) -> None:
    contract, entry = with_a_secret(stage)
    with out_of_sight(stage, seed.COLLEAGUE, stage.record_id):
        other = given_on(stage, contract, how)
        if before:
            as_an_earlier_version_wrote_it(stage, contract)
        with stage.silently():
            stage.world.edit_record({"description": "Ours since"}, other)
        assert asked(stage, seed.COLLEAGUE_OID, "POST", f"contracts/{contract}/push", {}).status_code == 200
        seen = asked(stage, seed.COLLEAGUE_OID, "GET", f"contracts/{contract}/history").json()["entries"]
        assert (seen[0]["action"], seen[-1]["action"]) == ("push", "link" if how == "unlinked" else "move")
        assert {one.get("record_id", other) for one in seen} == {other}
        assert SECRET not in str(seen)
        route = f"contracts/{contract}/history/{entry}/undo"
        assert asked(stage, seed.COLLEAGUE_OID, "POST", route, {}).status_code == 404
        assert stage.world.record(other)["description"] == "Ours since"
        log = f"log?contract_id={contract}"
        with at(IN_AZURE):
            told = stage.call("GET", log, headers=principal(seed.COLLEAGUE_OID, "Sync.Admin"))
        assert SECRET not in told.text and "Ours since" in told.text
    mine = stage.history(contract)
    assert SECRET in str(mine), "who may read both records sees both"


def test_our_last_write_in_a_preview_is_one_for_this_record(stage: Stage) -> None:
    contract, _ = with_a_secret(stage)
    other = given_on(stage, contract, "moved")
    with stage.silently():
        stage.world.edit_record({"description": "Ours since"}, other)
    assert [line["known"]["our_last_write"] for line in stage.preview(contract, "push")["fields"]] == [None] * len(
        stage.preview(contract, "push")["fields"]
    )
    stage.push(contract)
    with stage.silently():
        stage.world.edit_record({"description": "And again"}, other)
    known = {line["dynamics_column"]: line["known"] for line in stage.preview(contract, "push")["fields"]}
    assert known["description"]["our_last_write"]["cause"] == "push"
    assert known["name"]["our_last_write"] is None or known["name"]["our_last_write"]["cause"] == "push"


# --- taking a link ----------------------------------------------------------------------------------------------------


def link_of(stage: Stage, contract: int) -> Link:
    opened = stage.world.services._links.open(contract)
    assert opened is not None
    return opened.link


def test_a_broken_link_is_taken_only_from_a_record_that_is_proved_deleted(stage: Stage) -> None:
    contract, other = stage.contract(), other_record(stage)
    route, move = f"records/opportunity/{other}/contracts/{contract}", {"move": True}
    with out_of_sight(stage, seed.COLLEAGUE, stage.record_id):
        with out_of_sight(stage, seed.APPLICATION, stage.record_id):
            stage.look(contract)
            assert link_of(stage, contract).status == "broken"
            assert asked(stage, seed.COLLEAGUE_OID, "PUT", route, move).status_code == 409
        assert asked(stage, seed.COLLEAGUE_OID, "PUT", route, move).status_code == 409, "it was only out of reach"
        assert link_of(stage, contract).record_id == stage.record_id
        stage.world.dataverse.people.delete("opportunity", stage.record_id)
        assert asked(stage, seed.COLLEAGUE_OID, "PUT", route, move).status_code == 200


# --- an account in Oneflow --------------------------------------------------------------------------------------------


def everything_in_oneflow(stage: Stage, contract: int) -> Mapping[str, tuple[str, str, Any]]:
    oneflow, foreign = stage.world.oneflow_seed, stage.foreign_contract()
    record = f"records/opportunity/{stage.record_id}"
    new = {"template_id": oneflow.FRAME_TEMPLATE, "workspace_id": oneflow.SALES, "name": "Not made", "parties": []}
    return {
        "link": ("PUT", f"{record}/contracts/{foreign}", {}),
        "preview": ("GET", f"contracts/{contract}/preview?action=push", None),
        "push": ("POST", f"contracts/{contract}/push", {}),
        "fetch": ("POST", f"contracts/{contract}/fetch", {}),
        "create": ("POST", f"{record}/contracts", new),
        "workspaces": ("GET", "oneflow/workspaces", None),
    }


@pytest.mark.parametrize(
    ("email", "reason"),
    [
        (None, "Dynamics has no e-mail address for you"),
        ("", "Dynamics has no e-mail address for you"),
        ("nils\u200b@fjordkraft.example", "U+200B"),
        ("niłs@fjordkraft.example", "U+0142"),
        ("nils@fjordkraft.example\r\nX-Oneflow-User-Email: kari.seller@fjordkraft.example", "U+000D"),
        ("nils@fjordkraft.example", NO_ACCOUNT),
    ],
)
def test_a_person_acts_in_oneflow_as_themselves_or_not_at_all(stage: Stage, email: str | None, reason: str) -> None:
    contract = stage.contract()
    routes = everything_in_oneflow(stage, contract)
    stage.forget_requests()
    with newcomer(stage, email) as (who, _):
        for name, (verb, route, body) in routes.items():
            answer = asked(stage, who, verb, route, body)
            assert (answer.status_code, reason in answer.json()["detail"]) == (403, True), f"{name}: {answer.text}"
        pushed = asked(stage, who, "POST", f"records/opportunity/{stage.record_id}/push", {}).json()["results"]
        assert reason in pushed[0]["reason"]
        assert stage.writes() == []
        assert asked(stage, who, "GET", f"records/opportunity/{stage.record_id}/contracts").status_code == 200
        assert asked(stage, who, "GET", f"contracts/{contract}/history").status_code == 200


@pytest.mark.parametrize("before", [None, "maiden.name@fjordkraft.example"])
def test_after_a_change_of_address_the_next_action_goes_under_the_new_one(stage: Stage, before: str | None) -> None:
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name="Under another name")
    with newcomer(stage, before) as (who, row):
        assert asked(stage, who, "POST", f"contracts/{contract}/push", {}).status_code == 403
        row["internalemailaddress"] = f" {seed.COLLEAGUE_EMAIL.title()} "
        stage.forget_requests()
        assert asked(stage, who, "POST", f"contracts/{contract}/push", {}).json()["outcome"] == "synced"
        oneflow, _ = stage._asked()
        wrote = {(one.who or "").casefold() for one in oneflow if one.is_write}
        assert wrote == {seed.COLLEAGUE_EMAIL}


# --- buttons in Dynamics, and how ids are spelled ---------------------------------------------------------------------


def button(stage: Stage, message: str, record_id: str, user: str = seed.SELLER, **context: Any) -> requests.Response:
    body, _ = stage.world.dataverse.events.request(Change("Delete", "opportunity", stage.record_id, {}, user))
    content = json.loads(body)
    content |= {"MessageName": message, "OperationId": str(uuid.uuid4()), "PrimaryEntityId": record_id, **context}
    content["InputParameters"][0]["value"]["Id"] = record_id
    return stage.post_event(json.dumps(content).encode())


ENTRA = "InitiatingUserAzureActiveDirectoryObjectId"


@pytest.mark.parametrize(
    "entra", ["00000000-0000-0000-0000-000000000000", None, "", "{00000000-0000-0000-0000-000000000000}"]
)
def test_a_button_whose_event_has_no_entra_id_is_done_for_its_initiating_user(stage: Stage, entra: str | None) -> None:
    contract = stage.contract()
    with stage.silently():
        stage.edit_record(name="By a button")
    nobody: dict[str, Any] = {ENTRA: entra, "InitiatingUserId": entra}
    assert button(stage, "ofs_PushUpdates", stage.record_id, **nobody).status_code == 403
    seller: dict[str, Any] = {ENTRA: entra}
    answer = button(stage, "ofs_PushUpdates", stage.record_id, **seller)
    assert answer.status_code == 202
    stage.drain()
    assert stage.text(contract, "customer_name") == "By a button"
    assert stage.history(contract)[0]["who"] == "Kari Seller"


def spellings(record_id: str) -> list[str]:
    return [record_id.upper(), f"{{{record_id.upper()}}}", f"{{{record_id}}}", record_id.replace("-", "")]


def test_a_record_is_one_however_its_id_is_spelled(stage: Stage) -> None:
    oneflow, key = stage.world.oneflow_seed, uuid.uuid4().hex
    new = {"template_id": oneflow.FRAME_TEMPLATE, "workspace_id": oneflow.SALES, "name": "One", "idempotency_key": key}
    made = {
        stage.ok("POST", f"records/opportunity/{one}/contracts", new)["contract_id"]
        for one in (*spellings(stage.record_id), stage.record_id)
    }
    assert len(made) == 1, "one contract for one idempotency key"
    stage.contracts += made
    for one in spellings(stage.record_id):
        cards = stage.ok("GET", f"records/opportunity/{one}/contracts")["contracts"]
        assert {card["contract_id"] for card in cards} == made
        route = f"records/opportunity/{one}/contracts/{next(iter(made))}"
        assert stage.ok("PUT", route, {})["contract_id"] in made, "it is linked to this record already"
    entry = stage.history(next(iter(made)))[-1]
    assert entry["record_id"] == stage.record_id


def test_an_event_or_a_job_finds_the_record_however_its_id_is_spelled(stage: Stage) -> None:
    contract = stage.contract()
    change = Change("Update", "opportunity", stage.record_id, {"name": "x"}, seed.COLLEAGUE)
    content = json.loads(stage.world.dataverse.events.request(change)[0])
    job = {"kind": "record", "entity": "opportunity", "message": "Update"}
    for one in spellings(stage.record_id):
        stage.forget_requests()
        assert stage.post_event(json.dumps(content | {"PrimaryEntityId": one}).encode()).status_code == 202
        stage.drain()
        assert [put["cause"] for put in stage.jobs_put(contract)][:1] == ["dynamics"], one
        stage.forget_requests()
        stage.put_job(job | {"record_id": one})
        stage.drain()
        assert [put["cause"] for put in stage.jobs_put(contract)][:1] == ["dynamics"], one
