"""Switching over by the API, as the settings page asks for it: jobs find, apply and take back, whoever looks on."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import requests

from sandbox.switching import RULES, TABLE, contract_table
from sync_core.adapters.plan_files import read_plan
from sync_core.engine.switching.plan_lines import Decisions, chosen
from sync_core.usecases.switching.plans import KeptPlan
from tests.callers import ENTITLED, STRANGER, at
from tests.stories.stage import Stage

PLANS = "switch-over/plans"
BY_REFERENCE = {"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]}


class Office:
    """Contracts that nobody has linked, and what an administrator does about them."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.mark = uuid.uuid4().hex[:8]

    def record(self, **columns: Any) -> str:
        return self.stage.world.new_opportunity({"name": f"Deal {self.mark}", "description": "Agreed", **columns})

    def contract(self, **fields: str) -> int:
        seed_, people = self.stage.world.oneflow_seed, self.stage.world.oneflow.people
        made = people.create(seed_.FRAME_TEMPLATE, seed_.SALES, f"Agreement {self.mark}", fields)
        people.publish(made.id)
        self.stage.contracts.append(made.id)
        return made.id

    def pair(self, **fields: str) -> tuple[int, str]:
        """A contract that names its record."""
        record = self.record()
        return self.contract(reference=record, **fields), record

    def plan(self, rules: dict[str, Any]) -> str:
        made = self.stage.ok("POST", PLANS, rules)
        self.over(made["plan_id"])
        return str(made["plan_id"])

    def shown(self, plan: str) -> dict[str, Any]:
        return self.stage.ok("GET", f"{PLANS}/{plan}")

    def act(self, plan: str, action: str, **decisions: list[int]) -> dict[str, Any]:
        self.stage.ok("POST", f"{PLANS}/{plan}/actions", {"action": action, **decisions})
        return self.over(plan)

    def over(self, plan: str) -> dict[str, Any]:
        self.stage.until(lambda: self.shown(plan)["stand"] != "running", "the plan's job")
        return self.shown(plan)

    def lines(self, plan: str, *contracts: int) -> list[dict[str, Any]]:
        """Of these contracts, wherever they stand."""
        found, after = [], None
        while True:
            page = self.stage.ok("GET", f"{PLANS}/{plan}/lines" + (f"?next={after}" if after else ""))
            found += [one for one in page["lines"] if one["contract_id"] in contracts]
            after = page["next"]
            if after is None:
                return found

    def only(self, plan: str, *contracts: int) -> dict[str, Any]:
        """Apply it to these contracts and no other of the world that stories share."""
        others = [
            one["line"]
            for kind in ("sure", "oneflow", "dynamics")
            for one in self.stage.ok("GET", f"{PLANS}/{plan}/lines?kind={kind}")["lines"]
            if one["contract_id"] not in contracts
        ]
        mine = [one["line"] for one in self.lines(plan, *contracts) if one.get("keep") != ""]
        return self.act(plan, "apply", do=mine, leave=others)

    def linked(self, contract: int) -> str | None:
        opened = self.stage.world.services._links.open(contract)
        return opened.link.record_id if opened else None


@pytest.fixture
def office(stage: Stage) -> Iterator[Office]:
    yield Office(stage)
    stage.drain()


def test_a_plan_is_found_applied_and_taken_back_by_jobs_and_writes_no_value(office: Office) -> None:
    contract, record = office.pair(customer_name="Another name")
    office.stage.forget_requests()

    plan = office.plan(BY_REFERENCE)
    (line,) = office.lines(plan, contract)
    assert (line["finding"], line["record_id"], line["decided"]) == ("sure", record, True)
    assert office.linked(contract) is None

    done = office.only(plan, contract)
    assert (done["doing"], done["stand"], done["results"]) == ("apply", "done", {"done": 1, "before": 0, "left": 0})
    assert office.linked(contract) == record
    assert office.stage.writes() == [], "linking writes no value"

    back = office.act(plan, "undo")
    assert (back["stand"], back["results"]["done"]) == ("done", 1)
    assert office.linked(contract) is None
    assert office.stage.writes() == []


def test_a_job_that_comes_late_or_twice_finds_that_it_is_over(office: Office) -> None:
    contract, record = office.pair()
    plan = office.plan(BY_REFERENCE)
    services = office.stage.world.services
    kept = services.switch_desk._plans.get(plan)
    office.only(plan, contract)
    stale = {"kind": "switch", "plan": plan, "turn": kept.turn, "part": 0}
    office.stage.put_job(stale)
    office.stage.put_job(stale | {"turn": services.switch_desk._plans.get(plan).turn})
    office.stage.drain()
    assert office.linked(contract) == record
    assert [one["action"] for one in office.stage.history(contract)] == ["link"], "once"


def test_a_run_whose_job_was_lost_goes_on_where_it_was(office: Office) -> None:
    """As after a process that was killed, and a message that nobody brings back."""
    contract, record = office.pair()
    plan = office.plan(BY_REFERENCE)
    desk = office.stage.world.services.switch_desk
    plans = desk._plans
    office.stage.ok("POST", f"{PLANS}/{plan}/actions", {"action": "undo"})
    office.over(plan)
    ended = plans.get(plan)
    others = [one["line"] for one in office.stage.ok("GET", f"{PLANS}/{plan}/lines?kind=sure")["lines"]]
    (mine,) = [one["line"] for one in office.lines(plan, contract)]
    lost = {"stand": "running", "doing": "apply", "turn": "lost", "done": 0, "decided": "lost"}
    running = KeptPlan.from_json({**asdict(ended), **lost})
    plans.decide(running, Decisions(frozenset({mine}), frozenset(others) - {mine}))
    plans.save(running, lambda there: there.turn == ended.turn)
    assert office.shown(plan)["stand"] == "running"

    done = office.act(plan, "go_on")

    assert (done["stand"], done["results"]["done"]) == ("done", 1)
    assert office.linked(contract) == record


def test_a_run_is_stopped_while_it_waits_for_a_vendor_and_goes_on_where_it_was(office: Office) -> None:
    contract, record = office.pair()
    office.stage.fail("oneflow", times=10_000, path="/contracts", status=503)
    made = office.stage.ok("POST", PLANS, BY_REFERENCE)
    office.stage.ok("POST", f"{PLANS}/{made['plan_id']}/actions", {"action": "stop"})
    stopped = office.over(made["plan_id"])
    assert (stopped["stand"], stopped["done"]) == ("stopped", 0)
    refused = office.stage.call("POST", f"{PLANS}/{made['plan_id']}/actions", {"action": "apply"})
    assert (refused.status_code, "not whole" in refused.json()["detail"]) == (409, True)

    office.stage.calm()
    done = office.act(made["plan_id"], "go_on")

    assert (done["stand"], done["doing"]) == ("done", "find")
    assert done["done"] == done["total"]
    (line,) = office.lines(made["plan_id"], contract)
    assert line["record_id"] == record


def test_several_candidates_are_a_question_and_two_answers_are_refused_by_their_lines(office: Office) -> None:
    name = f"Deal {office.mark}"
    first, second = office.record(), office.record()
    contract = office.contract(reference=name)
    by_name = {"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference", "column": "name"}]}
    plan = office.plan(by_name)
    lines = office.lines(plan, contract)
    assert {one["record_id"] for one in lines} == {first, second}
    assert {(one["finding"], one["decided"]) for one in lines} == {("several", None)}

    numbers = [one["line"] for one in lines]
    both = office.stage.call("POST", f"{PLANS}/{plan}/actions", {"action": "apply", "do": numbers})
    assert both.status_code == 422
    assert [one["line"] for one in both.json()["errors"]] == [max(numbers)]
    assert office.linked(contract) is None

    others = [one["line"] for one in office.stage.ok("GET", f"{PLANS}/{plan}/lines?kind=sure")["lines"]]
    office.act(plan, "apply", do=[lines[1]["line"]], leave=others)
    assert office.linked(contract) == lines[1]["record_id"]


def test_a_line_that_is_not_there_is_refused(office: Office) -> None:
    office.pair()
    plan = office.plan(BY_REFERENCE)
    refused = office.stage.call("POST", f"{PLANS}/{plan}/actions", {"action": "apply", "do": [999_999]})
    assert (refused.status_code, refused.json()["errors"][0]["line"]) == (422, 999_999)


def test_a_rule_about_what_the_app_may_not_read_says_which_right_is_missing(office: Office) -> None:
    world = office.stage.world
    world.dataverse.world.tables.setdefault(TABLE, contract_table())
    refused = office.stage.call("POST", PLANS, RULES)
    (one,) = refused.json()["errors"]
    assert (refused.status_code, one["row"]) == (422, 0)
    assert f"prvRead{TABLE}".lower() in one["detail"].lower() and "give the application user" in one["detail"]
    assert "{set}" not in one["detail"]


@pytest.mark.parametrize("number", [0, -5, 999_999], ids=["zero", "below zero", "beyond the last"])
def test_a_number_that_no_line_has_is_refused_in_whichever_list_it_stands(office: Office, number: int) -> None:
    contract, _ = office.pair()
    plan = office.plan(BY_REFERENCE)
    for decided in ("do", "leave"):
        refused = office.stage.call("POST", f"{PLANS}/{plan}/actions", {"action": "apply", decided: [number]})
        assert (refused.status_code, refused.json()["errors"][0]["line"]) == (422, number), decided
    assert office.linked(contract) is None, "nothing was done"


def test_a_line_that_is_to_be_done_and_left_is_refused(office: Office) -> None:
    contract, _ = office.pair()
    plan = office.plan(BY_REFERENCE)
    (line,) = office.lines(plan, contract)
    both = {"action": "apply", "do": [line["line"]], "leave": [line["line"]]}
    refused = office.stage.call("POST", f"{PLANS}/{plan}/actions", both)
    assert (refused.status_code, refused.json()["errors"][0]["line"]) == (422, line["line"])
    assert office.linked(contract) is None


def test_who_decides_about_a_plan_that_somebody_else_decided_about_meanwhile_is_told_to_look_again(
    office: Office,
) -> None:
    first, second = office.pair()[0], office.pair()[0]
    plan = office.plan(BY_REFERENCE)
    seen = office.shown(plan)["turn"]
    lines = office.stage.ok("GET", f"{PLANS}/{plan}/lines?kind=sure")["lines"]
    but = {one["contract_id"]: [other["line"] for other in lines if other is not one] for one in lines}
    office.act(plan, "apply", leave=but[first])

    late = {"action": "apply", "leave": but[second], "turn": seen}
    refused = office.stage.call("POST", f"{PLANS}/{plan}/actions", late)

    assert (refused.status_code, "Somebody else decided" in refused.json()["detail"]) == (409, True)
    assert office.linked(first) and office.linked(second) is None
    decided = {one["contract_id"]: one["decided"] for one in office.lines(plan, first, second)}
    assert decided == {first: True, second: False}, "as the first one said"
    office.act(plan, "apply", do=[one["line"] for one in lines if one["contract_id"] == second])
    assert office.linked(second)


def test_of_two_who_decide_at_the_same_moment_one_is_refused_and_the_other_ones_lines_are_done(office: Office) -> None:
    contracts = [office.pair()[0] for _ in range(2)]
    plan = office.plan(BY_REFERENCE)
    lines = office.stage.ok("GET", f"{PLANS}/{plan}/lines?kind=sure")["lines"]
    seen = office.shown(plan)["turn"]

    def decide(contract: int) -> int:
        others = [one["line"] for one in lines if one["contract_id"] != contract]
        asked = {"action": "apply", "leave": others, "turn": seen}
        return office.stage.call("POST", f"{PLANS}/{plan}/actions", asked).status_code

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(decide, contracts))
    office.over(plan)

    assert sorted(answers) == [202, 409]
    (won,) = [one for one, answer in zip(contracts, answers, strict=True) if answer == 202]
    assert [one for one in contracts if office.linked(one)] == [won]


def test_what_changed_since_the_plan_is_left_and_listed_by_its_line(office: Office) -> None:
    contract, _ = office.pair()
    plan = office.plan(BY_REFERENCE)
    (line,) = office.lines(plan, contract)
    office.stage.edit_contract(contract, customer_name="Changed meanwhile")
    compared = office.stage.ok("GET", f"{PLANS}/{plan}/lines/{line['line']}")
    assert compared["changed"]
    done = office.only(plan, contract)
    (left,) = [one for one in done["left_lines"] if one["contract_id"] == contract]
    assert (left["line"], "changed since the plan" in left["why"]) == (line["line"], True)
    assert office.linked(contract) is None


def test_values_are_shown_to_whom_both_sides_may_be_shown_and_to_nobody_else(office: Office) -> None:
    contract, _ = office.pair(customer_name="Known to few")
    plan = office.plan(BY_REFERENCE)
    (line,) = office.lines(plan, contract)
    url = f"{office.stage.world.app_url}/api/{PLANS}/{plan}/lines/{line['line']}"
    answers = {}
    for caller in (ENTITLED, STRANGER):
        with at(caller.place):
            answers[caller.name] = requests.get(url, headers=dict(caller.headers), timeout=60).json()

    seen, hidden = answers[ENTITLED.name], answers[STRANGER.name]
    assert seen["values"] and not hidden["values"]
    by_field = {one["oneflow_field"]: one for one in seen["fields"]}
    assert by_field["customer_name"]["agreement"] == "differs"
    assert (by_field["customer_name"]["oneflow"], by_field["customer_name"]["dynamics"]) == (
        "Known to few", f"Deal {office.mark}",
    )  # fmt: skip
    assert "Known to few" not in json.dumps(hidden)
    assert {one["agreement"] for one in hidden["fields"]} >= {"differs"}, "that it differs may be known"


def test_the_plan_as_a_file_is_one_that_the_command_line_takes(office: Office, tmp_path: Path) -> None:
    contract, record = office.pair()
    plan = office.plan(BY_REFERENCE)
    assert office.shown(plan)
    environment = office.stage.world.services.switch_desk._environment
    for kind in ("csv", "json"):
        text, after = "", None
        while True:
            part = office.stage.ok("GET", f"{PLANS}/{plan}/file?format={kind}" + (f"&next={after}" if after else ""))
            text, after = text + part["text"], part["next"]
            if after is None:
                break
        file = tmp_path / part["name"]
        file.write_text(text, encoding="utf-8", newline="")
        head, lines = read_plan(file, environment)
        assert head.id == plan
        (found,) = [one for one in chosen(head, lines) if one.contract_id == contract]
        assert found.record_id == record


def test_rules_that_name_what_is_not_there_are_refused_by_their_row(office: Office) -> None:
    rules = [BY_REFERENCE["rules"][0], {"kind": "name", "entity": "nosuch_table"}]
    refused = office.stage.call("POST", PLANS, {"rules": rules})
    assert refused.status_code == 422
    assert [one["row"] for one in refused.json()["errors"]] == [1]
    for many in (0, 21):
        told = office.stage.call("POST", PLANS, {"rules": BY_REFERENCE["rules"] * many})
        assert told.json()["errors"] == [{"field": "rules", "detail": "must be a list of 1 to 20"}]
    neither = office.stage.call("POST", PLANS, {})
    assert neither.status_code == 422


def test_fields_that_differ_are_settled_by_a_rule_and_given_back(office: Office) -> None:
    contract, record = office.pair(customer_name="As the contract says")
    links = office.plan(BY_REFERENCE)
    office.only(links, contract)
    rules = {"settle": {"opportunity": {"customer_name": "keep_oneflow"}}}

    plan = office.plan(rules)
    (line,) = [one for one in office.lines(plan, contract) if one["oneflow_field"] == "customer_name"]
    assert (line["keep"], line["decided"]) == ("oneflow", True)
    assert office.stage.world.record(record)["name"] == f"Deal {office.mark}", "a dry run"
    left = [one for one in office.lines(plan, contract) if one["keep"] == ""]
    assert {one["why_code"] for one in left} <= {"settle_leaves"}

    done = office.only(plan, contract)
    assert (done["results"]["done"], done["fields_written"]) == (1, 1)
    assert office.stage.world.record(record)["name"] == "As the contract says"

    back = office.act(plan, "undo")
    assert back["results"]["done"] == 1
    assert office.stage.world.record(record)["name"] == f"Deal {office.mark}"


def test_each_field_that_a_settle_leaves_has_its_reason_with_a_code(office: Office) -> None:
    contract, _ = office.pair(customer_name="As the contract says", amount="17.00")
    office.only(office.plan(BY_REFERENCE), contract)
    rules = {"settle": {"opportunity": {"customer_name": "keep_oneflow", "description": "keep_dynamics"}}}
    plan = office.plan(rules)
    office.stage.edit_contract(contract, "colleague", customer_name="Changed since the dry run")

    done = office.only(plan, contract)

    (left,) = [one for one in done["left_lines"] if one["contract_id"] == contract]
    moved = {"oneflow_field": "customer_name", "why": "it changed since the plan, or is settled"}
    assert left["fields"] == [moved | {"why_code": "switch_moved"}]
    assert left["why"] == "customer_name (it changed since the plan, or is settled)", "as the tool prints it"


@pytest.mark.parametrize("by", ["number", "email"])
def test_a_counterparty_leads_by_its_account_to_a_suggestion_that_a_person_takes(office: Office, by: str) -> None:
    world = office.stage.world
    number, email = f"NO {office.mark}", f"ola.{office.mark}@nordlys.example"
    account = world.dataverse.people.new("account", {"name": f"Nordlys {office.mark}", "accountnumber": number})
    contact = {"emailaddress1": email, "parentcustomerid": ("account", account)}
    world.dataverse.people.new("contact", contact)
    record = office.record(parentaccountid=("account", account))
    given = {"counterparty_number": number} if by == "number" else {"counterparty_email": email}
    seed_ = world.oneflow_seed
    made = world.oneflow.people.create(seed_.FRAME_TEMPLATE, seed_.SALES, "Made by hand", {}, **given)
    world.oneflow.people.publish(made.id)
    column = {"number_column": "accountnumber"} if by == "number" else {"email_column": "emailaddress1"}
    rule = {"kind": "counterparty", "entity": "opportunity", "account_column": "parentaccountid", **column}

    plan = office.plan({"rules": [rule]})

    (line,) = office.lines(plan, made.id)
    assert (line["finding"], line["record_id"]) == ("suggested", record)
    assert line["decided"] is None, "never by itself"
    sure = office.stage.ok("GET", f"{PLANS}/{plan}/lines?kind=sure")["lines"]
    office.act(plan, "apply", leave=[one["line"] for one in sure])
    assert office.linked(made.id) is None
    office.act(plan, "apply", do=[line["line"]])
    assert office.linked(made.id) == record


def test_a_contract_of_oneflows_own_app_is_linked_by_hand_only_once_its_type_is_taken_over(stage: Stage) -> None:
    seed_, people = stage.world.oneflow_seed, stage.world.oneflow.people
    contract = people.create(seed_.DYNAMICS_TEMPLATE, seed_.SALES, "Of the other app").id
    stage.contracts.append(contract)
    link = f"records/opportunity/{stage.record_id}/contracts/{contract}"
    kind = f"switch-over/template-types/{seed_.DYNAMICS_APP}"

    refused = stage.call("PUT", link, {})
    assert (refused.status_code, "take the template type over" in refused.json()["detail"]) == (422, True)
    unsaid = stage.call("PUT", kind, {"two_way_is_off": False})
    assert (unsaid.status_code, unsaid.json()["errors"][0]["field"]) == (422, "two_way_is_off")
    opened = stage.ok("PUT", kind, {"two_way_is_off": True})
    try:
        assert opened["opened_at"] and opened["opened_by"]
        (listed,) = stage.ok("GET", "switch-over/template-types")["template_types"]
        assert listed == opened
        assert stage.ok("PUT", link, {})["contract_id"] == contract
    finally:
        closed = stage.ok("DELETE", kind)
    assert closed["opened_at"] is None
    assert stage.ok("PUT", link, {})["contract_id"] == contract, "a link that is there stays"
