"""The probe finds how an account behaves, whichever way, keeps the answers, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from cli.probe.draft import PREFIX as DRAFTS
from cli.probe.draft import Draft, Place
from sandbox.dataverse import seed as dynamics
from sandbox.oneflow import seed
from sandbox.pages import WIDGET
from sandbox.storage_proxy import Seen, StorageProxy
from sandbox.wire import Request
from sync_core.bootstrap import Services
from sync_core.engine.model.actor import MACHINE
from sync_core.engine.model.probed import AT, DRAFT, PREFIX, QUESTIONS, answers_of
from sync_core.engine.rows.privileges import ACT_ON_BEHALF
from sync_core.settings import Settings
from tests.cli.desk import Desk

PLACE = ("--template", str(seed.FRAME_TEMPLATE), "--workspace", str(seed.SALES))
QUICK = (*PLACE, "--wait", "0", "--json")


@pytest.fixture
def switches(desk: Desk) -> Iterator[Any]:
    known = desk.world.oneflow.switches
    before = known.as_dict()
    yield known
    known.update(before)


def seen(desk: Desk, *more: str) -> dict[str, str]:
    done = desk.run("probe", *QUICK, *more)
    assert done.code == 0, done.err
    return {one["question"]: one["seen"] for one in done.json["answers"]}


def drafts(desk: Desk) -> list[int]:
    contracts = desk.world.oneflow.world.state.contracts.values()
    return [one.id for one in contracts if one.name.startswith(DRAFTS)]


def test_the_kind_account_is_as_assumed_and_nothing_is_left_of_the_probe(desk: Desk) -> None:
    done = desk.run("probe", *QUICK, "--second-user", seed.SECOND_USER, "--act-for", dynamics.SELLER_OID)
    verdicts = {one["question"]: one["verdict"] for one in done.json["answers"]}
    # No app runs here, drafts make no events for webhooks, and events do not name their field: as documented.
    assert {name for name, one in verdicts.items() if one == "no"} == {"draft_webhook", "events_name_field"}
    assert verdicts["second_writer"] == verdicts["acting_for"] == verdicts["privileges"] == "yes"
    assert drafts(desk) == []
    assert not desk.operator.marks.all()[DRAFT]


@pytest.mark.parametrize(("turned", "question", "found"), [
    ({"users_see_all_contracts": True}, "user_sees_all", "yes"),
    ({"users_see_all_contracts": False}, "user_sees_all", "no"),
    ({"type_fields": "shown"}, "type_fields", "shown"),
    ({"type_fields": "helper"}, "type_fields", "helper"),
    ({"template_filters": "taken"}, "template_filters", "taken"),
    ({"template_filters": "refused"}, "template_filters", "refused"),
    ({"contract_filters": "taken"}, "contract_filters", "taken"),
    ({"contract_filters": "refused"}, "contract_filters", "refused"),
    ({"state_form": "text"}, "state_form", "text"),
    ({"state_form": "number"}, "state_form", "number"),
    ({"state_form": "unknown"}, "state_form", "unknown"),
    ({"omit_custom_id_in_contract_reads": False}, "custom_ids", "shown"),
    ({"omit_custom_id_in_contract_reads": True}, "custom_ids", "absent"),
    ({"omit_updated_time": False}, "updated_times", "shown"),
    ({"omit_updated_time": True}, "updated_times", "absent"),
    ({"many_envelope": "data_fields"}, "many_fields", "data_fields"),
    ({"many_envelope": "list"}, "many_fields", "list"),
    ({"many_envelope": "refused"}, "many_fields", "single"),
    ({"same_value_counts_as_update": False}, "same_value_counts", "no"),
    ({"same_value_counts_as_update": True}, "same_value_counts", "yes"),
    ({"field_write_moves_contract_time": True}, "contract_time_moves", "yes"),
    ({"field_write_moves_contract_time": False}, "contract_time_moves", "no"),
    ({"event_sort": "honoured"}, "event_sort", "honoured"),
    ({"event_sort": "ignored"}, "event_sort", "ignored"),
    ({"event_sort": "refused"}, "event_sort", "refused"),
    ({"events_identify_field": False}, "events_name_field", "no"),
    ({"events_identify_field": True}, "events_name_field", "yes"),
    ({"events_carry_changes": True}, "events_carry_changes", "yes"),
    ({"events_carry_changes": False}, "events_carry_changes", "no"),
    ({"people_update": "put"}, "party_update", "put"),
    ({"people_update": "refused"}, "participant_update", "no"),
    ({"participant_custom_ids": True}, "participant_custom_id", "yes"),
    ({"participant_custom_ids": False}, "participant_custom_id", "no"),
    ({"product_bulk": "deletes"}, "product_bulk", "deletes"),
    ({"product_bulk": "keeps"}, "product_bulk", "keeps"),
    ({"product_discount": "unit"}, "product_discount", "unit"),
    ({"product_discount": "line"}, "product_discount", "line"),
    ({"product_custom_ids": True}, "product_custom_id", "yes"),
    ({"product_custom_ids": False}, "product_custom_id", "no"),
    ({"deleted_get_status": 404}, "deleted_status", "404"),
    ({"deleted_get_status": 403}, "deleted_status", "403"),
    ({"rate_limit_headers": False}, "rate_limit", "not_seen"),
    ({"rate_limit_headers": True}, "rate_limit", "2000"),
], ids=str)  # fmt: skip
def test_it_finds_the_position_of_each_switch(
    desk: Desk, switches: Any, turned: dict[str, Any], question: str, found: str
) -> None:
    if question == "user_sees_all":  # somebody else's contract, which the machine's user may or may not see
        desk.world.oneflow.people.create(seed.PURCHASING_TEMPLATE, seed.PURCHASING, "Of a colleague")
        hide = desk.world.oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Of a colleague")
        _hand_over(desk, hide.id)
    if question.startswith("product"):
        desk.world.oneflow.people.change_template(seed.FRAME_TEMPLATE, product_table=True)
    switches.update(turned)
    answers = seen(desk)
    assert answers[question] == found
    assert drafts(desk) == []
    assert Services(Settings.read(desk.env)).connection.show()["probe"]["at"]


def _hand_over(desk: Desk, contract_id: int) -> None:
    state = desk.world.oneflow.world.state
    contract = state.contracts[contract_id]
    ours = tuple(replace(one, email=seed.SECOND_USER) for one in contract.parties[0].participants)
    first = replace(contract.parties[0], participants=ours)
    state.contracts[contract_id] = replace(contract, parties=(first, *contract.parties[1:]))


# --- killed, refused, interrupted ---


@dataclass(frozen=True)
class Moment:
    """The first request of this kind, before or after Oneflow has done it."""

    method: str
    path: str
    when: str

    def fits(self, request: Request, when: str) -> bool:
        path = request.path.removeprefix("/v1")
        return (request.method, when) == (self.method, self.when) and re.fullmatch(self.path, path) is not None


_ONE = r"/contracts/\d+"
MOMENTS = [
    Moment("GET", "/templates", "after"),
    Moment("GET", "/contracts", "after"),
    Moment("POST", "/contracts/create", "before"),
    Moment("POST", "/contracts/create", "after"),
    Moment("GET", _ONE, "after"),
    Moment("PUT", f"{_ONE}/data_fields", "before"),
    Moment("PUT", f"{_ONE}/data_fields", "after"),
    Moment("PUT", rf"{_ONE}/data_fields/\d+", "before"),
    Moment("PUT", rf"{_ONE}/data_fields/c::\w+", "after"),
    Moment("GET", f"{_ONE}/events", "after"),
    Moment("PUT", rf"{_ONE}/parties/\d+", "before"),
    Moment("PUT", rf"{_ONE}/parties/\d+/participants/\d+", "after"),
    Moment("DELETE", _ONE, "before"),
    Moment("DELETE", _ONE, "after"),
]


@contextmanager
def probing(desk: Desk, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """A probe in a process of its own, which gets no chance to put anything in order."""
    env = {**os.environ, **desk.env, **settings, "PYTHONPATH": str(Path(__file__).parents[2])}
    command = [sys.executable, "-m", "cli", "probe", *QUICK]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        yield process


def kill(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGKILL)
        process.wait()


def killed_at(desk: Desk, moment: Moment) -> int:
    """How it ended."""
    oneflow = desk.world.oneflow
    with probing(desk) as process:

        def at(when: str) -> Callable[[Request], None]:
            return lambda request: kill(process) if moment.fits(request, when) else None

        oneflow.before_write = at("before")
        oneflow.after_read = oneflow.after_write = at("after")
        try:
            return process.wait(timeout=90)
        finally:
            oneflow.before_write = oneflow.after_read = oneflow.after_write = None


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda one: f"{one.when} {one.method} {one.path}")
def test_what_a_killed_probe_leaves_the_next_one_finds_and_removes(desk: Desk, moment: Moment) -> None:
    assert killed_at(desk, moment) == -signal.SIGKILL
    made = desk.world.oneflow.world.state.counters["contract"] > seed.FIRST_CONTRACT
    assert len(drafts(desk)) <= 1
    assert made or moment.path in ("/templates", "/contracts", "/contracts/create")
    the_next_removes(desk)


def the_next_removes(desk: Desk) -> None:
    Draft(desk.operator.oneflow, desk.operator.marks, lambda _: None).remove_left_behind()
    assert drafts(desk) == []
    assert not desk.operator.marks.all().get(DRAFT)


@dataclass(frozen=True)
class Noting:
    """The so-manieth time that a probe writes this down in storage, before or after it is there."""

    mark: str
    time: int
    when: str


# What a probe is about to make, what it has made, that it is removed; and answers, which come in between.
NOTINGS = [
    Noting(mark, time, when)
    for mark, times in (
        (DRAFT, (1, 2, 3)),
        (f"{PREFIX}template_types", (1,)),
        (f"{PREFIX}many_fields", (1,)),
        (AT, (1,)),
    )
    for time in times
    for when in ("before", "after")
]


@pytest.mark.parametrize("noting", NOTINGS, ids=lambda one: f"{one.when} {one.mark} {one.time}")
def test_what_a_probe_killed_between_two_writes_to_storage_leaves_the_next_one_removes(
    desk: Desk, noting: Noting
) -> None:
    desk.operator.marks.set(AT, "")
    proxy, written = StorageProxy(desk.world.azurite.connection_string), dict.fromkeys(("before", "after"), 0)
    try:
        with probing(desk, AzureWebJobsStorage=proxy.connection_string) as process:

            def at(when: str) -> Callable[[Seen], None]:
                def meet(seen: Seen) -> None:
                    if seen.method == "GET" or f"'{noting.mark}'" not in unquote(seen.path):
                        return
                    written[when] += 1
                    if (written[when], when) == (noting.time, noting.when):
                        kill(process)

                return meet

            proxy.before, proxy.after = at("before"), at("after")
            assert process.wait(timeout=90) == -signal.SIGKILL
    finally:
        proxy.close()
    assert len(drafts(desk)) <= 1
    the_next_removes(desk)
    assert seen(desk)["many_fields"] == "data_fields", "and it asks as ever"
    assert drafts(desk) == []


def test_a_probe_removes_its_own_draft_and_leaves_that_of_another_one(desk: Desk) -> None:
    """Both wrote theirs down in the same place."""
    api, marks, place = desk.operator.oneflow, desk.operator.marks, Place(seed.FRAME_TEMPLATE, seed.SALES)
    first, second = (Draft(api, marks, lambda _: None) for _ in range(2))
    first.make(place, {})
    second.make(place, {})
    first.remove()
    assert drafts(desk) == [second.id]
    second.remove()
    assert drafts(desk) == []
    assert not marks.all().get(DRAFT)


def test_only_a_probes_own_draft_is_ever_removed(desk: Desk) -> None:
    contract = desk.world.oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, "A seller's")
    marks = desk.operator.marks
    marks.set(DRAFT, json.dumps({"name": f"{DRAFTS}abc", "id": contract.id}))
    assert Draft(desk.operator.oneflow, marks, lambda _: None).remove_left_behind() == 0
    assert contract.id in desk.world.oneflow.world.state.contracts


# --- Dynamics ---


@pytest.mark.parametrize("placed", [(), ("opportunity",), ("opportunity", "quote")], ids=str)
def test_it_finds_on_which_forms_the_widget_is(desk: Desk, placed: tuple[str, ...]) -> None:
    people = desk.world.dataverse.people
    for table in ("opportunity", "quote"):
        people.clear_form(table)
        if table in placed:
            people.put_on_form(table, WIDGET)
    answers = seen(desk)
    assert answers["widget_placed"] == ("yes" if placed else "no")
    assert answers["widget_tables"] == (", ".join(placed) or "not_seen")


@pytest.mark.parametrize(("answered", "found"), [(202, "yes"), (500, "no"), (0, "no")])
def test_it_finds_a_system_job_of_ours_that_failed(desk: Desk, answered: int, found: str) -> None:
    """Nobody else's counts, and none of long ago."""
    events, world = desk.world.dataverse.events, desk.world.dataverse.world
    others = {"name": "Somebody else's", "statecode": 3, "statuscode": 31}
    world.add("asyncoperation", others, dynamics.ADMINISTRATOR)
    events.send, send = lambda *_: answered, events.send
    try:
        desk.world.edit_record({"name": "Changed"})
        desk.world.drain()
    finally:
        events.send = send
    assert seen(desk)["failed_system_jobs"] == found
    for row in world.rows["asyncoperation"].values():
        row.values["createdon"] = "2020-01-01T00:00:00Z"
    assert seen(desk)["failed_system_jobs"] == "yes"


@pytest.mark.parametrize(("allowed", "found"), [(True, "yes"), (False, "no")])
def test_it_finds_whether_the_app_answers_pages_of_the_organisations_address(
    running: Desk, allowed: bool, found: str
) -> None:
    """By the question that a browser asks first; the app's host answers it, as App Service does."""
    app = running.world.app
    assert app is not None
    before = app.cors
    app.cors = before if allowed else ("https://another.crm4.dynamics.com",)
    try:
        assert seen(running)["cors"] == found
    finally:
        app.cors = before


def test_an_app_that_does_not_answer_is_not_seen_to_refuse_pages(desk: Desk) -> None:
    assert seen(desk)["cors"] == "not_seen"


def test_acting_for_somebody_is_the_applications_own_right_whoever_signs_in(desk: Desk) -> None:
    """The administrator, who runs the probe, may; the application may not."""
    assert seen(desk, "--act-for", dynamics.SELLER_OID)["acting_for"] == "yes"
    desk.world.dataverse.people.take_privileges(dynamics.APPLICATION, ACT_ON_BEHALF)
    try:
        assert seen(desk, "--act-for", dynamics.SELLER_OID)["acting_for"] == "no"
    finally:
        desk.world.dataverse.people.give_rights()


def test_whom_nobody_knows_is_no_answer(desk: Desk) -> None:
    nobody = ("--act-for", "0b1ec700-0000-4000-8000-00000000ffff", "--second-user", "nobody@fjordkraft.example")
    done = desk.run("probe", *QUICK, *nobody)
    answers = {one["question"]: one["seen"] for one in done.json["answers"]}
    assert (answers["acting_for"], answers["second_writer"]) == ("not_seen", "not_seen")
    assert "Not asked: acting for somebody: the environment has no such enabled user." in done.err
    assert "Not asked: a second writer: Oneflow knows no active user with this address." in done.err


def test_what_the_application_may_not_look_at_is_said_with_who_may(desk: Desk) -> None:
    desk.as_app = True
    done = desk.run("probe", *QUICK)
    answers = {one["question"]: one["seen"] for one in done.json["answers"]}
    assert answers["widget_placed"] == "not_seen" and answers["privileges"] == "yes"
    assert "Not asked: forms: this sign-in may not look; an administrator may (--sign-in az)." in done.err


# --- webhooks ---


@pytest.mark.parametrize(("filters", "requests"), [("all", 1), ("connector", 2), ("refused", 3)])
def test_it_finds_which_events_a_webhook_may_name_and_the_app_asks_for_those_at_once(
    desk: Desk, switches: Any, filters: str, requests: int
) -> None:
    """By the subscription that is there."""
    url, oneflow = desk.operator.callback_url, desk.world.oneflow
    assert url is not None

    def attempts() -> int:
        subscriptions = Services(Settings.read(desk.env))._contracts.subscriptions  # an app that has just started
        subscriptions.unsubscribe(url)
        oneflow.log.clear()
        subscriptions.subscribe(url)
        return sum(one.method == "POST" for one in oneflow.log.entries())

    switches.update({"webhook_filters": filters})
    assert attempts() == requests, "it finds out by itself"
    assert seen(desk)["webhook_filters"] == filters
    assert attempts() == 1


def test_without_a_webhook_it_is_not_seen_which_events_one_may_name(desk: Desk) -> None:
    url = desk.operator.callback_url
    assert url is not None
    desk.operator.contracts.unsubscribe(url)
    assert seen(desk)["webhook_filters"] == "not_seen"


# --- what becomes of the answers ---


def test_the_answers_are_shown_by_doctor_connection_and_health_and_printed_without_values(
    desk: Desk, switches: Any
) -> None:
    switches.update({"many_envelope": "refused"})
    seen(desk)
    table = desk.run("probe", "--show").out
    assert QUESTIONS["many_fields"].text in table and "single" in table
    for secret in (desk.env["ONEFLOW_API_TOKEN"], seed.SELLER, str(seed.FRAME_TEMPLATE), DRAFTS.strip()):
        assert secret not in table
    found = desk.run("doctor", "--json").json["findings"]
    assert [one["check"] for one in found if one["check"] == "probe.many_fields"]
    services = Services(Settings.read(desk.env))
    (answer,) = [one for one in services.connection.show()["probe"]["answers"] if one["question"] == "many_fields"]
    assert (answer["verdict"], answer["seen"]) == ("no", "single")
    assert services.health.check()[1]["probe"]["many_fields"] == "single"


def test_doctor_asks_first_where_it_is_told_to(desk: Desk) -> None:
    whom = ("--second-user", seed.SECOND_USER, "--act-for", dynamics.SELLER_OID, "--wait", "0")
    done = desk.run("doctor", "--probe", *PLACE, *whom, "--json")
    assert any(one["check"].startswith("probe") for one in done.json["findings"]), done.err
    known = answers_of(desk.operator.marks.all())
    assert (known["second_writer"], known["acting_for"]) == ("overwrites", "yes")
    assert drafts(desk) == []


@pytest.mark.parametrize("asked", [
    (), ("--template", "4101"), ("--template", "99", "--workspace", "501"), (*PLACE, "--act-for", "Kari"),
])  # fmt: skip
def test_a_probe_that_is_asked_wrongly_makes_nothing(desk: Desk, asked: tuple[str, ...]) -> None:
    before = len(desk.world.oneflow.world.state.contracts)
    assert desk.run("probe", *asked).code != 0
    assert len(desk.world.oneflow.world.state.contracts) == before


@pytest.mark.parametrize("envelope", ["data_fields", "refused"])
def test_the_app_writes_as_the_probe_saw_it(desk: Desk, switches: Any, envelope: str) -> None:
    """Without the answer a form that Oneflow refuses is tried again every few minutes."""
    switches.update({"many_envelope": envelope})
    seen(desk)
    oneflow = desk.world.oneflow
    contract = oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Of the app")
    client = Services(Settings.read(desk.env))._contracts
    oneflow.log.clear()
    read = client.read(contract.id, MACHINE)
    client.write(read, {"customer_name": "Nordlys"}, MACHINE, lambda: None)
    puts = [one for one in oneflow.log.entries() if one.method == "PUT"]
    assert [one.status for one in puts] == [200]
    assert puts[0].path.endswith("/data_fields") is (envelope == "data_fields")


def _created(client: Any, desk: Desk) -> None:
    request = {"name": "Of the app", "template_id": seed.FRAME_TEMPLATE, "workspace_id": seed.SALES}
    assert client.created(request, datetime(2020, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("turned", "ask"), [
    ({"event_sort": "refused"}, lambda client, desk: client.events(next(iter(contracts_of(desk))))),
    ({"contract_filters": "refused"}, _created),
    ({"template_filters": "refused"}, lambda client, desk: client.templates(seed.SALES)),
], ids=["sort", "contract filters", "template filters"])  # fmt: skip
def test_the_app_asks_for_nothing_that_the_probe_saw_refused(
    desk: Desk, switches: Any, turned: dict[str, Any], ask: Callable[[Any, Desk], object]
) -> None:
    desk.world.oneflow.people.create(seed.FRAME_TEMPLATE, seed.SALES, "Of the app")
    switches.update(turned)

    def refused() -> int:
        client = Services(Settings.read(desk.env))._contracts  # an app that has just started
        desk.world.oneflow.log.clear()
        ask(client, desk)
        return sum(one.status == 400 for one in desk.world.oneflow.log.entries())

    assert refused() == 1, "it finds out by itself"
    seen(desk)
    assert refused() == 0


def contracts_of(desk: Desk) -> dict[int, Any]:
    return dict(desk.world.oneflow.world.state.contracts)


@pytest.mark.parametrize(("fires", "found"), [(True, "yes"), (False, "no")])
def test_a_webhook_is_awaited_at_the_app(running: Desk, fires: bool, found: str) -> None:
    switches = running.world.oneflow.switches
    switches.update({"data_field_update_fires_for_drafts": fires})
    done = running.run("probe", *PLACE, "--json", "--wait", "15" if fires else "2")
    switches.update({"data_field_update_fires_for_drafts": False})
    answers = {one["question"]: one["seen"] for one in done.json["answers"]}
    assert answers["draft_webhook"] == found
    assert answers["webhook_filters"] == "all"
    assert drafts(running) == []
