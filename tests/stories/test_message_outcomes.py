"""The messages of Dynamics answer nothing: what became of one is on the contract's row, and a refusal is told."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from dynamics.description.contract import OPTIONS
from sandbox.dataverse import seed
from sandbox.solution import install, uninstall
from sandbox.world import World
from sync_core.usecases.jobs.contract_rows import MARK as ROWS
from sync_core.usecases.jobs.tell_news import MARK as NEWS
from tests.stories.stage import Stage
from tests.stories.test_jobs import button


@pytest.fixture(scope="module")
def installed(world: World) -> Iterator[World]:
    """With the solution, and with users who may receive notifications."""
    install(world)
    security = world.dataverse.world.security
    receive = (*seed.SELLERS, seed.READER)
    for user in receive:
        security.assign(user, seed.BASIC)
    yield world
    for user in receive:
        security.take(user, seed.BASIC)
    uninstall(world)


@pytest.fixture(autouse=True)
def nothing_lacks(installed: World) -> Iterator[None]:
    for mark in (ROWS, NEWS):
        installed.services._marks.set(mark, "")
    yield
    installed.services._marks.set(ROWS, "")


def shown(stage: Stage, contract: int) -> dict[str, Any]:
    """The request's columns of the row, its choices in words."""
    row = stage.world.contract_row(contract) or {}
    found = {
        name.removeprefix("ofs_outcome") or "text": row.get(name) for name in row if name.startswith("ofs_outcome")
    }
    for name in ("result", "request"):
        options = OPTIONS[f"ofs_outcome{name}"]
        found[name] = next((word for word, option in options.items() if option == found.get(name)), None)
    return found


def becomes(stage: Stage, contract: int, request: str, result: str) -> dict[str, Any]:
    def so() -> bool:
        found = shown(stage, contract)
        return (found["request"], found["result"]) == (request, result)

    stage.until(so, f"{request} {result}, not {shown(stage, contract)}")
    return shown(stage, contract)


def notified(stage: Stage, title: str) -> list[dict[str, Any]]:
    simulated = stage.world.dataverse.world
    with simulated.lock:
        found = [dict(row.values) for row in simulated.rows.get("appnotification", {}).values()]
    return [one for one in found if title in str(one.get("title"))]


def owner_of(stage: Stage) -> Any:
    return stage.world.dataverse.world.row("opportunity", stage.record_id).values["ownerid"]


def test_a_push_by_message_says_on_the_row_what_it_wrote_when_and_for_whom(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="By message")
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    found = becomes(stage, contract, "push", "done")
    assert found["text"].startswith("Written: ") and "By message" not in found["text"], "names, never values"
    assert found["by"] == "Kari Seller" and found["on"]
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    becomes(stage, contract, "push", "nothing")


def test_a_fetch_and_a_creation_by_message_say_what_became_of_them(stage: Stage) -> None:
    names = stage.world.oneflow_seed
    asked = {"TemplateId": names.FRAME_TEMPLATE, "WorkspaceId": str(names.SALES), "Name": "Made by message"}
    assert button(stage, "ofs_CreateContract", **asked).status_code == 202
    stage.drain()
    (card,) = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
    contract = card["contract_id"]
    stage.contracts.append(contract)
    stage.until(lambda: shown(stage, contract)["request"] == "create", "its first row tells how it came to be")
    with stage.silently():
        stage.edit_contract(contract, "colleague", description="In the draft")
    assert button(stage, "ofs_FetchUpdates", ContractId=contract).status_code == 202
    becomes(stage, contract, "fetch", "done")


def test_a_push_that_the_caller_may_not_make_is_on_the_row_and_told_to_them_and_to_the_owner(stage: Stage) -> None:
    contract = stage.contract(name=f"Frame {uuid.uuid4().hex[:6]}")
    assert button(stage, "ofs_PushUpdates", user=seed.READER, ContractId=contract).status_code == 202
    found = becomes(stage, contract, "push", "failed")
    assert "You may read this record but not change it." in found["text"]
    name = stage.world.oneflow.world.state.contracts[contract].name
    stage.until(lambda: len(notified(stage, name)) == 2, "both are told")
    assert {one["ownerid"] for one in notified(stage, name)} == {("systemuser", seed.READER), owner_of(stage)}
    for letter in stage.letters(contract):
        assert stage.call("DELETE", f"dead-letters/{letter['id']}").status_code == 204


def test_a_push_of_a_signed_contract_is_blocked_with_its_state(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    with stage.silently():
        stage.edit_record(name="Too late")
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    assert "signed" in becomes(stage, contract, "push", "blocked")["text"]


def test_a_creation_that_is_refused_has_no_row_and_whoever_asked_is_told_and_an_operator_sees_it(stage: Stage) -> None:
    names, name = stage.world.oneflow_seed, f"Refused {uuid.uuid4().hex[:6]}"
    asked: dict[str, Any] = {"TemplateId": 999_999, "WorkspaceId": str(names.SALES), "Name": name}
    assert button(stage, "ofs_CreateContract", **asked).status_code == 202
    stage.until(lambda: len(notified(stage, name)) == 1, "whoever asked is told")
    (one,) = notified(stage, name)
    assert one["ownerid"] == ("systemuser", seed.SELLER)
    assert one["title"] == f"{name}: the contract was not created"
    assert stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"] == []
    (letter,) = stage.letters(None, "template")
    assert stage.call("DELETE", f"dead-letters/{letter['id']}").status_code == 204


def test_a_request_that_waits_for_a_vendor_says_so_until_it_is_done(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="It waits")
    stage.drain()
    stage.until(lambda: stage.world.contract_row(contract) is not None, "the row")
    stage.fail("oneflow", "status", times=3, status=503)
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    assert "Oneflow did not answer" in becomes(stage, contract, "push", "waiting")["text"]
    becomes(stage, contract, "push", "done")


def test_what_somebody_writes_into_these_columns_is_put_right(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="By message, again")
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    told = becomes(stage, contract, "push", "done")["text"]
    world = stage.world.dataverse.world
    with world.lock:
        row = next(
            one for one in world.rows["ofs_contract"].values() if one.values["ofs_contractnumber"] == str(contract)
        )
        row.values["ofs_outcome"] = "Somebody's own words"
    services = stage.world.services
    link = services._links.link(contract)
    assert link
    services.contract_rows.heal([link], services._marks.all())
    stage.until(lambda: shown(stage, contract)["text"] == told, "it comes back")
