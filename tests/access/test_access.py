"""Who is refused, for every route of the running app; and in whose name the rest is done."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

import pytest
import requests

from sandbox.dataverse import seed
from sandbox.world import World
from tests.access import rare
from tests.access.attempts import ROUTES, Good, Route, answers, ask, good_request
from tests.access.table import shown, table
from tests.callers import (
    ENTITLED,
    FORGER,
    NOBODY,
    ON_FLEX,
    READER,
    SELLER,
    STRANGER,
    UNGUARDED,
    WRONG_KEY,
    Caller,
    at,
)
from tests.described import Description, described
from tests.stories.stage import Stage

BY_NAME = {route.name: route for route in ROUTES}
WRITES_A_RECORDS_CONTRACT = {
    "create_contract", "link_contract", "unlink_contract", "push_record", "push_contract", "fetch_contract",
    "keep_side", "undo_entry",
}  # fmt: skip

pytestmark = pytest.mark.timeout(300)


Answers = dict[str, dict[str, requests.Response]]  # by route, by caller


@pytest.fixture(scope="module")
def asked(world: World) -> Answers:
    """Every route, asked once by everybody."""
    stage = Stage(world)
    found = {route.name: answers(stage, route) for route in ROUTES}
    stage.clear()
    return found


@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_each_route_refuses_whom_it_must(route: Route, asked: Answers) -> None:
    found = asked[route.name]
    status = {who: answer.status_code for who, answer in found.items()}
    if route.kind == "open":
        assert set(status.values()) == {200}
        return
    assert status[NOBODY.name] == status[FORGER.name] == status[WRONG_KEY.name] == 401
    if route.kind == "machine":
        # Being signed in is no key.
        assert status[SELLER.name] == status[READER.name] == status[STRANGER.name] == 401
    if route.kind == "admin":
        assert status[SELLER.name] == 403
    if route.concerns_a_record:
        assert status[STRANGER.name] == 404
        assert "Agreement" not in found[STRANGER.name].text, "not even its name"
    if route.name in WRITES_A_RECORDS_CONTRACT:
        assert status[READER.name] == 403
    assert status[ENTITLED.name] < 400, found[ENTITLED.name].text


@pytest.mark.parametrize("route", ROUTES, ids=[route.name for route in ROUTES])
def test_each_answer_is_what_openapi_says(route: Route, asked: Answers) -> None:
    said = Description(asked["openapi"][NOBODY.name].json())
    for who, answer in asked[route.name].items():
        if route.kind == "machine" and who != ENTITLED.name:
            assert not answer.content, "the host's own answer to whoever has not the key"
            continue
        path = urlsplit(answer.url).path.removeprefix("/api/")
        assert said.breaches(route.verb, path, answer) == [], who
        if answer.ok and said.takes_a_body(route.verb, path):
            assert said.wrong_in_body(route.verb, path, json.loads(answer.request.body or b"")) == [], who


@pytest.mark.parametrize("shape", rare.ANSWERS)
def test_a_rare_answer_is_what_openapi_says_too(stage: Stage, shape: str) -> None:
    answer = rare.ANSWERS[shape](stage)
    path = urlsplit(answer.url).path.removeprefix("/api/")
    assert described().breaches(answer.request.method or "", path, answer) == []
    assert shape in described().shapes_of(answer.request.method or "", path, answer)
    assert rare.TOLD.get(shape, "") in ("", *answer.json())


def test_no_described_shape_is_one_that_nobody_is_answered(asked: Answers) -> None:
    said = Description(asked["openapi"][NOBODY.name].json())
    met: set[str] = set()
    for route in ROUTES:
        for answer in asked[route.name].values():
            met |= said.shapes_of(route.verb, urlsplit(answer.url).path.removeprefix("/api/"), answer)
    assert said.answered_shapes() - met == rare.ANSWERS.keys()


def test_the_table_in_the_documentation_is_what_happens(asked: Answers) -> None:
    statuses = {name: {who: one.status_code for who, one in each.items()} for name, each in asked.items()}
    assert shown() == table(statuses), "make access"


@pytest.mark.parametrize("caller", [NOBODY, FORGER, WRONG_KEY, STRANGER, READER], ids=lambda caller: caller.name)
def test_who_is_refused_changes_nothing(stage: Stage, caller: Caller) -> None:
    good = {name: good_request(stage, BY_NAME[name]) for name in sorted(WRITES_A_RECORDS_CONTRACT)}
    stage.forget_requests()
    for name, one in good.items():
        assert ask(stage, BY_NAME[name], one, caller).status_code in (401, 403, 404)
    assert stage.writes() == []


def test_a_fetch_by_somebody_who_may_not_change_the_record_marks_nothing_and_the_edit_arrives(stage: Stage) -> None:
    good = good_request(stage, BY_NAME["fetch_contract"])
    contract, before = good.parts["contract_id"], stage.record("name")
    told = stage.history(contract)
    answer = ask(stage, BY_NAME["fetch_contract"], good, READER)
    assert (answer.status_code, answer.json()["detail"]) == (403, "You may read this record but not change it.")
    assert (stage.record("name"), stage.history(contract)) == (before, told)
    stage.look(contract)
    assert stage.record("name") == f"Fetched for {contract}", "a machine brings it all the same"


def test_the_log_tells_an_administrator_who_may_not_read_the_record_no_value(stage: Stage) -> None:
    contract = stage.contract()
    stage.edit_record(name="Known to few")
    stage.push(contract)
    good = Good(query={"contract_id": contract})
    seen = ask(stage, BY_NAME["show_log"], good, ENTITLED)
    hidden = ask(stage, BY_NAME["show_log"], good, STRANGER)
    assert "Known to few" in seen.text and "Known to few" not in hidden.text
    numbers = [[entry["number"] for entry in one.json()["entries"]] for one in (seen, hidden)]
    assert numbers[0] == numbers[1], "that something was done, and to which field, is told"
    assert all(entry["withheld"] for entry in hidden.json()["entries"])
    whole = ask(stage, BY_NAME["show_log"], Good(), STRANGER)
    assert "Known to few" not in whole.text


def test_a_person_acts_under_their_own_name_on_both_sides(stage: Stage) -> None:
    good = good_request(stage, BY_NAME["push_contract"])
    stage.forget_requests()
    assert ask(stage, BY_NAME["push_contract"], good, SELLER).json()["outcome"] == "synced"
    oneflow, dynamics = stage._asked()
    # What the person may do is asked about them, by the application; all that is done is theirs.
    done = [one for one in dynamics if "RetrievePrincipalAccess" not in one.path]
    assert len(done) >= 1 and {one.who for one in done} == {seed.SELLER_OID}
    mine = [one for one in oneflow if not one.path.endswith("/events")]
    assert mine and {one.who for one in mine} == {seed.SELLER_EMAIL}


def test_a_machine_acts_as_the_application(stage: Stage) -> None:
    contract = stage.contract()
    stage.forget_requests()
    stage.edit_contract(contract, customer_name="By itself")
    stage.until(lambda: stage.record("name") == "By itself", "the edit in Dynamics")
    _, dynamics = stage._asked()
    assert {one.who for one in dynamics} == {None}


def test_a_header_from_outside_is_not_believed_beside_a_local_user(stage: Stage) -> None:
    """On a machine outside Azure the configured user is who calls, whatever the header says."""
    with at({"SYNC_LOCAL_USER": seed.STRANGER_OID}):
        headers = ENTITLED.headers
        answer = requests.get(f"{stage.world.app_url}/api/connection", headers=dict(headers), timeout=30)
    assert answer.status_code == 403


def test_a_local_user_copied_into_an_apps_settings_signs_nobody_in(stage: Stage) -> None:
    for place in (UNGUARDED, ON_FLEX):
        with at({"SYNC_LOCAL_USER": f"{seed.SELLER_OID},Sync.Admin", **place}):
            answer = requests.get(f"{stage.world.app_url}/api/connection", timeout=30)
        assert answer.status_code == 401, place


def test_a_function_key_opens_no_persons_route(stage: Stage) -> None:
    for key in stage.world.function_keys.values():
        good = Good(headers={"x-functions-key": key})
        assert ask(stage, BY_NAME["show_connection"], good, NOBODY).status_code == 401
