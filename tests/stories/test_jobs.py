"""Bursts, Dynamics' events and buttons, dead letters: what the queue does with what it is given."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from sandbox.dataverse import seed
from sandbox.dataverse.step import Change
from sync_core.engine.model.jobs import SyncJob
from sync_core.engine.settling.history_chain import breaks
from tests.stories.stage import Stage


def button(stage: Stage, message: str, operation_id: str = "", user: str = seed.SELLER, **parameters: Any) -> Any:
    """A Custom API's event, as Dataverse posts it; the answer."""
    body, _ = stage.world.dataverse.events.request(Change("Delete", "opportunity", stage.record_id, {}, user))
    context = json.loads(body)
    context["MessageName"] = message
    context["OperationId"] = operation_id or str(uuid.uuid4())
    context["InputParameters"] += [{"key": name, "value": value} for name, value in parameters.items()]
    return stage.post_event(json.dumps(context).encode())


def test_a_burst_of_notifications_costs_two_syncs_at_most(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Once")
    stage.drain()
    sent = stage.last_notification(contract)
    stage.forget_requests()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: stage.post_webhook(sent).status_code, range(100)))
    assert set(statuses) == {200}
    stage.drain()
    reads = stage.world.oneflow.log.count("GET", f"/contracts/{contract}")
    assert reads <= 2, "the rest waits its turn or was answered already"


def test_a_change_in_dynamics_is_looked_at_and_waits_for_a_push(stage: Stage) -> None:
    contract = stage.contract()
    stage.drain()
    stage.age(contract)
    stage.edit_record(name="Typed by a colleague")
    stage.until(lambda: stage.card(contract)["waiting_for_push"] == 1, "the card tells")
    assert stage.text(contract, "customer_name") == "Nordlys"


def test_a_column_that_is_not_mapped_asks_nobody(stage: Stage) -> None:
    contract = stage.contract()
    stage.age(contract)
    stage.forget_requests()
    stage.edit_record(new_count=5)
    stage.drain()
    assert stage.vendor_requests() == {}


def test_our_own_write_coming_back_causes_no_write(stage: Stage) -> None:
    contract = stage.contract()
    stage.map(auto_push=True)
    stage.edit_contract(contract, customer_name="From Oneflow")
    stage.until(lambda: stage.record("name") == "From Oneflow", "it travels")
    stage.drain()
    stage.forget_requests()
    stage.look(contract)
    assert stage.writes() == []
    stage.map()


def test_a_deleted_record_breaks_its_links_by_its_event(stage: Stage) -> None:
    contract = stage.contract()
    stage.age(contract)
    stage.world.dataverse.people.delete("opportunity", stage.record_id)

    def broken() -> bool:
        opened = stage.world.services._links.open(contract)
        return opened is not None and opened.link.status == "broken"

    stage.until(broken, "the link shows it")


def test_a_button_in_dynamics_is_accepted_and_pushes_as_the_user_who_pressed_it(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="By button")
    stage.drain()
    stage.forget_requests()
    answer = button(stage, "ofs_PushUpdates")
    assert (answer.status_code, answer.content) == (202, b""), "a webhook step's answer reaches nobody"
    stage.drain()
    assert stage.text(contract, "customer_name") == "By button"
    writes = [one for one in stage.world.oneflow.log.writes() if one.path.startswith(f"/contracts/{contract}/")]
    assert {one.who for one in writes} == {seed.SELLER_EMAIL}


def test_a_repeated_operation_repeats_nothing(stage: Stage) -> None:
    contract = stage.contract()
    operation = str(uuid.uuid4())
    stage.edit_record(name="First")
    assert button(stage, "ofs_PushUpdates", operation, ContractId=contract).status_code == 202
    stage.drain()
    stage.edit_record(name="Second")
    assert button(stage, "ofs_PushUpdates", operation, ContractId=contract).status_code == 202
    stage.drain()
    assert stage.text(contract, "customer_name") == "First"


def test_a_fetch_and_a_creation_by_button(stage: Stage) -> None:
    names = stage.world.oneflow_seed
    asked = {"TemplateId": names.FRAME_TEMPLATE, "WorkspaceId": str(names.SALES), "Name": "By button"}
    operation = str(uuid.uuid4())
    for _ in range(2):  # a queue may give a message twice
        assert button(stage, "ofs_CreateContract", operation, **asked).status_code == 202
    stage.drain()
    (card,) = stage.ok("GET", f"records/opportunity/{stage.record_id}/contracts")["contracts"]
    contract = card["contract_id"]
    stage.contracts.append(contract)
    stage.edit_contract(contract, "colleague", description="In the draft")
    assert button(stage, "ofs_FetchUpdates", ContractId=contract).status_code == 202
    stage.drain()
    assert stage.record("description") == "In the draft"


def test_a_button_pressed_without_rights_does_nothing_and_is_listed_for_an_operator(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Not by them")
    for user in (seed.READER, seed.STRANGER):
        assert button(stage, "ofs_PushUpdates", user=user, ContractId=contract).status_code == 202
    stage.drain()
    assert stage.text(contract, "customer_name") == "Nordlys"
    letters = stage.letters(contract)
    assert sorted(letter["cause"] for letter in letters) == ["Gone", "NotAllowed"]
    for letter in letters:
        assert stage.call("DELETE", f"dead-letters/{letter['id']}").status_code == 204


def test_what_the_event_alone_shows_to_be_wrong_is_refused_at_once(stage: Stage) -> None:
    stage.contract()
    assert button(stage, "ofs_FetchUpdates", ContractId="seven").status_code == 400
    assert button(stage, "ofs_FetchUpdates").status_code == 400
    assert button(stage, "ofs_Unknown").status_code == 400
    creation: dict[str, Any] = {"TemplateId": 1, "WorkspaceId": 1, "Name": "x"}
    assert button(stage, "ofs_CreateContract", **creation, Parties="[").status_code == 400
    assert button(stage, "ofs_CreateContract", **creation, Parties="[1]").status_code == 400
    assert button(stage, "ofs_CreateContract", **(creation | {"Name": "x" * 40_000})).status_code == 400


def test_a_command_of_dynamics_waits_for_a_vendor_and_is_done_then(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="It waits")
    stage.drain()
    stage.fail("oneflow", "status", times=2, status=503)
    assert button(stage, "ofs_PushUpdates", ContractId=contract).status_code == 202
    stage.until(lambda: stage.text(contract, "customer_name") == "It waits", "it is tried again")


def test_a_dead_letter_is_replayed_and_closed_by_its_success(stage: Stage) -> None:
    contract = stage.contract()
    stage.world.services._letters.add(contract, "refused", "A test gave it up.", SyncJob(contract))
    (letter,) = stage.letters(contract)
    for _ in range(2):  # replaying twice does no harm
        stage.age(contract)
        assert stage.call("POST", f"dead-letters/{letter['id']}/replay").status_code in (202, 404)
        stage.drain()
    stage.until(lambda: not stage.letters(contract), "its success closes it")


def test_a_message_that_nobody_understands_becomes_a_dead_letter(stage: Stage) -> None:
    stage.put_job({"kind": "no such kind"})
    stage.until(lambda: bool(stage.letters(None, "kind is unknown")), "it is listed")
    (letter,) = stage.letters(None, "kind is unknown")
    assert stage.call("DELETE", f"dead-letters/{letter['id']}").status_code == 204
    assert stage.letters(None, "kind is unknown") == []
    assert stage.call("DELETE", "dead-letters/unknown").status_code == 404


def test_a_second_click_makes_no_second_contract(stage: Stage) -> None:
    names = stage.world.oneflow_seed
    body = {"template_id": names.FRAME_TEMPLATE, "workspace_id": names.SALES, "name": "One click"}
    route = f"records/opportunity/{stage.record_id}/contracts"
    with ThreadPoolExecutor(4) as pool:
        answers: list[requests.Response] = list(pool.map(lambda _: stage.call("POST", route, body), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    again = stage.call("POST", route, body)
    made = next(answer.json()["contract_id"] for answer in answers if answer.status_code == 201)
    assert (again.status_code, again.json()["contract_id"]) == (409, made)
    first = stage.ok("POST", route, body | {"idempotency_key": "wanted"})
    second = stage.ok("POST", route, body | {"idempotency_key": "wanted"})
    assert first == second and first["contract_id"] != made


def test_reconcile_recovers_what_no_event_announced(stage: Stage) -> None:
    contract = stage.contract()
    stage.drain()
    stage.ok("DELETE", "connection/webhooks")
    stage.edit_contract(contract, customer_name="Nobody was told")
    stage.ok("PUT", "connection/webhooks", {})
    opened = stage.world.services._links.open(contract)
    assert opened and opened.link.due
    stage.world.services._due.put(contract, opened.opened_at)
    assert stage.world.app
    stage.world.app.run_timer("reconcile")
    stage.until(lambda: stage.record("name") == "Nobody was told", "the sweep finds it")


def test_the_history_is_a_whole_chain(stage: Stage) -> None:
    contract = stage.contract()
    for number in range(3):
        stage.edit_record(name=f"Version {number}")
        stage.push(contract)
    entries = list(reversed(stage.world.services._links.history(contract)[0]))
    assert len(entries) >= 4 and breaks(entries) == []
    assert breaks([entries[0], *entries[2:]]), "a removed entry shows"
    altered = [entries[0], type(entries[1])(**{n: getattr(entries[1], n) for n in entries[1].__slots__} | {"who": "x"})]
    assert breaks([*altered, *entries[2:]]), "an altered entry shows"


def test_replayed_notifications_cannot_spend_the_rate_limit(stage: Stage) -> None:
    """Each is signed, but brings nothing new: after ten of them the contract is looked at ever less often."""
    contract = stage.contract()
    stage.edit_contract(contract, customer_name="Once")
    stage.until(lambda: stage.record("name") == "Once", "it travels")
    stage.drain()
    sent = stage.last_notification(contract)

    def idle() -> int:
        opened = stage.world.services._links.open(contract)
        return opened.link.idle_hints if opened else 0

    while idle() < 14:
        stage.age(contract)
        stage.post_webhook(sent)
        stage.drain()
    stage.forget_requests()
    for _ in range(3):
        stage.post_webhook(sent)
        stage.drain()
    assert stage.world.oneflow.log.count("GET", f"/contracts/{contract}") == 0, "they wait for a minute"
    stage.edit_record(name="A person acts")
    stage.push(contract)
    assert idle() == 0
