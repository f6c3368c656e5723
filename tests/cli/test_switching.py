"""Switching over at the command line: real storage, both simulators over HTTP, an administrator who signs in."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.faults import Fault
from sandbox.switching import NUMBER, RECORD, RULES, TABLE, Switched, switch_over
from sync_core.engine.model.actor import MACHINE, Cause
from sync_core.engine.model.link import Link
from sync_core.engine.model.reasons import PAUSED
from sync_core.engine.switching.matching import Finding
from tests.cli.desk import Desk, Done

COUNT = 36  # every kind of contract that the sandbox knows


class Office:
    """A company with contracts that nobody has linked yet, and the files of an administrator."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self.desk, self.folder = desk, folder
        self.made: Switched = switch_over(desk.world, COUNT)
        self.rules = self.file("rules.json", RULES)

    def file(self, name: str, content: Any) -> Path:
        path = self.folder / name
        path.write_text(json.dumps(content))
        return path

    def plan(self, *more: str) -> Path:
        (self.folder / "plan.json").unlink(missing_ok=True)  # of a plan that was applied it would not take the place
        done = self.desk.run("link", "plan", str(self.rules), "--out", str(self.folder / "plan"), *more)
        assert done.code == 0, done.err
        return self.folder / "plan.json"

    def settle(self, ways: dict[str, str], *more: str) -> Path:
        (self.folder / "agree.json").unlink(missing_ok=True)
        rules = self.file("settle.json", {"settle": {"opportunity": ways}})
        done = self.desk.run("link", "settle", str(rules), "--out", str(self.folder / "agree"), *more)
        assert done.code == 0, done.err
        return self.folder / "agree.json"

    def run(self, *arguments: str | Path) -> Done:
        return self.desk.run("link", *(str(one) for one in arguments))

    def lines(self) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = json.loads((self.folder / "plan.json").read_text())["lines"]
        return lines

    def rows(self) -> list[dict[str, str]]:
        with (self.folder / "plan.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))

    def save(self, rows: list[dict[str, str]], delimiter: str = ",") -> Path:
        path = self.folder / "edited.csv"
        with path.open("w", encoding="utf-8-sig", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
            writer.writeheader()
            writer.writerows(rows)
        return path

    def linked(self) -> dict[int, str]:
        with self.desk.settings():
            links = self.desk.operator.links
            found = ((one, links.open(one)) for one in self.made.contracts)
            return {one: opened.link.record_id for one, opened in found if opened}

    def writes(self) -> list[str]:
        world = self.desk.world
        logs = (world.oneflow.log, world.dataverse.log)
        return [f"{one.method} {one.path}" for log in logs for one in log.entries() if one.is_write]

    def values(self) -> dict[int, tuple[Any, ...]]:
        """What both sides of every pair show."""
        world = self.desk.world
        found = {}
        for contract, record in self.made.record_of.items():
            fields = {one.custom_id: one.value for one in world.oneflow.world.state.contracts[contract].fields}
            columns = world.record(record)
            found[contract] = (fields, columns["name"], columns["estimatedvalue"], columns["description"])
        return found

    def left(self, done: Done) -> dict[int, str]:
        return {one["contract_id"]: one["why"] for one in done.json["left_lines"]}

    def forget_requests(self) -> None:
        self.desk.world.oneflow.log.clear()
        self.desk.world.dataverse.log.clear()


@pytest.fixture
def office(desk: Desk, tmp_path: Path) -> Office:
    return Office(desk, tmp_path)


def test_a_plan_finds_each_contracts_record_by_the_rules_and_writes_nothing(office: Office) -> None:
    office.forget_requests()

    office.plan()

    assert office.writes() == []
    found = {one["contract_id"]: one["finding"] for one in office.lines()}
    assert found == {contract: str(finding) for contract, finding in office.made.expected.items()}
    sure = [one for one in office.lines() if one["finding"] in ("sure", "suggested")]
    assert all(one["record_id"] == office.made.record_of[one["contract_id"]] for one in sure)
    assert office.linked() == {}


def test_only_what_is_sure_is_linked_unless_a_person_says_so(office: Office) -> None:
    plan = office.plan()
    office.forget_requests()

    done = office.run("apply", plan, "--yes")

    assert done.code == 0, done.err
    assert office.linked() == {one: office.made.record_of[one] for one in office.made.of(Finding.SURE)}
    assert office.writes() == [], "linking writes no value"


# --- what a person decides ------------------------------------------------------------------------------------------


def test_a_person_decides_in_a_spreadsheet_and_nothing_else_is_linked(office: Office) -> None:
    office.plan()
    rows = office.rows()
    wanted = {}
    for row in rows:
        row["link"] = "no"
        if row["finding"] in ("suggested", "several") and row["contract_id"] not in wanted:
            row["link"] = "Ja"
            wanted[row["contract_id"]] = row["record_id"]
    chosen = list(reversed(rows))[:-1]  # sorted otherwise, and a line is gone

    done = office.run("apply", office.save(chosen, delimiter=";"), "--yes")

    assert done.code == 0, done.err
    assert office.linked() == {int(contract): record for contract, record in wanted.items()}
    assert len(wanted) == len(office.made.of(Finding.SUGGESTED)) + len(office.made.of(Finding.SEVERAL)) > 1


def test_a_new_plan_does_not_take_the_place_of_a_file_that_somebody_needs(office: Office) -> None:
    plan = office.plan()
    again = ("plan", office.rules, "--out", plan)
    assert office.run(*again).code == 0, "a plan that nobody applied may be made anew"
    office.run("apply", plan, "--yes")
    applied, rules = plan.read_text(), office.rules.read_text()
    office.forget_requests()

    refused = office.run(*again)
    over_the_rules = office.run("plan", office.rules, "--out", office.rules)

    assert (refused.code, "undo" in refused.err, plan.read_text() == applied) == (1, True, True)
    assert (over_the_rules.code, "no plan" in over_the_rules.err, office.rules.read_text() == rules) == (1, True, True)
    assert office.desk.world.oneflow.log.entries() == [], "it is said before anything is read"
    office.run("undo", plan, "--yes")
    assert office.run(*again).code == 0


def test_nonsense_in_a_csv_is_named_by_its_line_and_nothing_is_done(office: Office) -> None:
    office.plan()
    rows = office.rows()
    kinds = {kind: [one for one in range(len(rows)) if rows[one]["finding"] == kind] for kind in ("sure", "several")}
    none = next(one for one in range(len(rows)) if rows[one]["finding"] == "none")
    owned = next(one for one in range(len(rows)) if rows[one]["finding"] == "owned")
    maybe, renumbered, moved, foreign, *_ = kinds["sure"]
    rows[maybe]["link"] = "perhaps"
    rows[renumbered]["contract_id"] = "7e4"
    rows[moved]["record_id"] = seed.OPPORTUNITY
    rows[foreign]["plan"] = "link-of-another-day"
    rows[none]["link"] = rows[owned]["link"] = "yes"
    first, second = kinds["several"][:2]
    rows[first]["link"] = rows[second]["link"] = "yes"

    done = office.run("apply", office.save(rows), "--yes")

    assert done.code == 1
    told = {int(found[1]): found[2] for found in re.finditer(r"line (\d+): (.*)", done.err)}
    wanted = {
        maybe: "yes or no",
        renumbered: "contract's number",
        moved: "changed beyond link",
        foreign: "another plan",
        none: "no record for it",
        owned: "open that one first",
        second: "linked twice",
    }
    assert told.keys() == {line + 2 for line in wanted}, done.err
    assert all(text in told[line + 2] for line, text in wanted.items()), told
    assert office.linked() == {}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda text: text[: len(text) // 2].rpartition("\n")[0], "no whole plan"),
        (lambda text: text[: len(text) // 2], "no line of a plan"),
        (lambda text: text.replace('"environment": "', '"environment": "other.'), "another environment"),
        (lambda text: "{}", "no plan"),
        (lambda text: "[1, 2]", "no plan"),
        (lambda text: "", "empty"),
        (lambda text: text[:-20000] + "\udcff" + text[-20000:], "in UTF-8"),
    ],
    ids=["cut at a line", "cut in a line", "of another environment", "no plan", "a list", "empty", "not UTF-8"],
)
def test_a_file_that_is_no_whole_plan_is_refused(office: Office, spoil: Callable[[str], str], said: str) -> None:
    plan = office.plan()
    spoilt = office.folder / "spoilt.json"
    spoilt.write_text(spoil(plan.read_text()), errors="surrogateescape")

    done = office.run("apply", spoilt, "--yes")

    assert (done.code, office.linked()) == (1, {})
    assert said in done.err


def test_a_plan_that_an_editor_laid_out_anew_is_the_same_plan(office: Office) -> None:
    plan = office.plan()
    plan.write_text(json.dumps(json.loads(plan.read_text()), indent=4))

    assert office.run("apply", plan, "--yes").code == 0
    assert len(office.linked()) == len(office.made.of(Finding.SURE))


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"kind": "guess"}, "The kind is one of"),
        ({"kind": "data_field", "entity": "opportunity"}, "needs it"),
        ({"kind": "data_field", "entity": "opportunity", "field": "reference", "colum": "x"}, "no such member"),
        ({"kind": "data_field", "entity": "quote", "field": "reference"}, "No field mapping is saved"),
        ({"kind": "data_field", "entity": "opportunity", "field": "reference", "column": "new_secret"}, "is secured"),
        (
            {"kind": "data_field", "entity": "opportunity", "field": "reference", "column": "new_gone"},
            "no column new_gone",
        ),
        ({"kind": "counterparty", "entity": "opportunity", "account_column": "parentaccountid"}, "organisation number"),
        ({"kind": "contract_table", "table": "of_nothing", "contract_column": "a", "record_column": "b"}, "of_nothing"),
        ({"kind": "contract_table", "table": TABLE, "contract_column": "a", "record_column": "b"}, "no column a"),
        (
            {"kind": "contract_table", "table": TABLE, "contract_column": NUMBER, "record_column": "of_name"},
            "of_name is no lookup",
        ),
    ],
    ids=lambda one: one if isinstance(one, str) else None,
)
def test_a_wrong_rule_is_named_before_any_contract_is_read(office: Office, rule: dict[str, str], said: str) -> None:
    office.forget_requests()
    rules = office.file("wrong.json", {"rules": [*RULES["rules"], rule]})

    done = office.run("plan", rules, "--out", office.folder / "wrong-plan")

    assert done.code == 1
    assert "row 4" in done.err and said in done.err
    assert not any(one.path.startswith("/v1/contracts") for one in office.desk.world.oneflow.log.entries())
    assert not (office.folder / "wrong-plan.json").exists()


# --- what changes between plan and apply ------------------------------------------------------------------------------


def test_what_changed_since_the_plan_is_left_and_listed(office: Office) -> None:
    plan = office.plan()
    world, made = office.desk.world, office.made
    edited, deleted, gone, signed, elsewhere, *others = made.of(Finding.SURE)
    world.oneflow.people.set_fields(edited, {"customer_name": "Another name"}, "colleague")
    world.dataverse.world.delete("opportunity", made.record_of[deleted], seed.ADMINISTRATOR)
    del world.oneflow.world.state.contracts[gone]
    if world.oneflow.world.state.contracts[signed].state == "draft":
        world.oneflow.people.publish(signed)
    else:
        world.oneflow.people.decline(signed)
    with office.desk.settings():
        operator = office.desk.operator
        reads = operator._opener.read(Link(elsewhere, "opportunity", seed.OPPORTUNITY), MACHINE)
        operator._linking.link_existing(Link(elsewhere, "opportunity", seed.OPPORTUNITY), reads, Cause("link", MACHINE))

    done = office.run("apply", plan, "--yes", "--json")

    assert done.code == 1, "something is left"
    left = office.left(done)
    assert left.keys() == {edited, deleted, gone, signed, elsewhere}
    assert "changed since the plan" in left[edited] and "changed since the plan" in left[signed]
    assert left[deleted] == "the record no longer exists"
    assert left[gone] == "the contract no longer exists"
    assert "another record meanwhile" in left[elsewhere]
    lines = {one["contract_id"]: one["line"] for one in done.json["left_lines"]}
    text = plan.read_text().splitlines()
    assert all(f'"contract_id": {contract},' in text[line - 1] for contract, line in lines.items())
    assert office.linked() == {one: made.record_of[one] for one in others} | {elsewhere: seed.OPPORTUNITY}


def test_applying_a_plan_again_does_nothing_twice(office: Office) -> None:
    plan = office.plan()
    office.run("apply", plan, "--yes")
    sure = office.made.of(Finding.SURE)

    again = office.run("apply", plan, "--yes", "--json")

    assert again.json == {"done": 0, "before": len(sure), "left": 0, "fields": 0, "left_lines": []}
    with office.desk.settings():
        histories = [office.desk.operator.links.history(one)[0] for one in sure]
    assert [len(one) for one in histories] == [1] * len(sure)


@pytest.mark.parametrize("spelt", ["{{{}}}", "{}"], ids=["in braces", "bare"])
def test_a_text_column_of_the_contract_table_may_hold_the_records_id(office: Office, spelt: str) -> None:
    world, made = office.desk.world, office.made
    contract = made.of(Finding.NONE)[0]
    columns = {"of_name": spelt.format(made.record_of[contract].upper()), NUMBER: str(contract)}
    world.dataverse.world.add(TABLE, columns, seed.ADMINISTRATOR)
    rule = {"kind": "contract_table", "table": TABLE, "contract_column": NUMBER, "record_column": "of_name"}
    office.rules = office.file("text.json", {"rules": [{**rule, "entity": "opportunity"}]})

    office.plan()

    (line,) = [one for one in office.lines() if one["contract_id"] == contract]
    assert (line["finding"], line["record_id"]) == ("sure", made.record_of[contract])


def test_a_candidate_of_a_table_that_is_not_mapped_keeps_the_other_one_from_being_sure(office: Office) -> None:
    world, made = office.desk.world, office.made
    contract = made.of(Finding.SURE)[0]
    quote = world.dataverse.people.new("quote", {"name": "Of another table"})
    world.dataverse.world.tables[TABLE].attributes[RECORD] = replace(
        world.dataverse.world.tables[TABLE].attributes[RECORD], targets=("opportunity", "quote")
    )
    world.dataverse.world.add(
        TABLE, {"of_name": "again", NUMBER: str(contract), RECORD: ("quote", quote)}, seed.ADMINISTRATOR
    )
    office.plan()
    found = {(one["finding"], one["link"]) for one in office.lines() if one["contract_id"] == contract}
    assert found == {("several", None)}, "several candidates are a question, never a guess"


def test_a_second_plan_knows_what_is_linked_and_what_may_not_be_read(office: Office) -> None:
    office.run("apply", office.plan(), "--yes")
    hidden = office.made.of(Finding.NONE)[0]
    office.desk.world.oneflow.faults.add(Fault("status", times=9, path=f"/contracts/{hidden}", status=403))

    office.plan()

    found = {one["contract_id"]: one["finding"] for one in office.lines()}
    assert {one for one in found if found[one] == "linked"} == set(office.made.of(Finding.SURE))
    assert found[hidden] == "no_right"
    office.desk.world.oneflow.faults.clear()


def test_undo_ends_the_links_of_that_plan_and_no_other(office: Office) -> None:
    plan = office.plan()
    sure = office.made.of(Finding.SURE)
    office.run("apply", plan, "--yes")
    by_hand = sure[0]
    with office.desk.settings():
        operator = office.desk.operator
        assert operator.link.take_back(by_hand, json.loads(plan.read_text())["plan"]["id"], Cause("unlink", MACHINE))
        link = Link(by_hand, "opportunity", office.made.record_of[by_hand])
        operator._linking.link_existing(link, operator._opener.read(link, MACHINE), Cause("link", MACHINE))
    before = office.values()

    done = office.run("undo", plan, "--yes", "--json")

    assert office.linked() == {by_hand: office.made.record_of[by_hand]}
    assert office.left(done) == {by_hand: "it was linked, or moved, by somebody else"}
    assert office.values() == before
    again = office.run("apply", plan, "--yes", "--json")
    assert again.json["done"] == len(sure) - 1, "what was taken back may be applied again"


# --- values -----------------------------------------------------------------------------------------------------------


def test_the_plans_files_hold_values_only_where_they_were_asked_for(office: Office) -> None:
    office.desk.world.oneflow.people.set_fields(
        office.made.of(Finding.SURE)[0], {"customer_name": "Secret 4711"}, "colleague"
    )

    office.plan()
    texts = [(office.folder / name).read_text() for name in ("plan.json", "plan.csv")]
    assert not any("Secret 4711" in text for text in texts)

    office.plan("--values")
    modes = {(office.folder / name).stat().st_mode & 0o777 for name in ("plan.json", "plan.csv")}
    assert modes == {0o600}, "nobody else may read them"
    texts = [(office.folder / name).read_text() for name in ("plan.json", "plan.csv")]
    assert all("Secret 4711" in text for text in texts)


def test_a_contracts_name_is_no_formula_in_a_spreadsheet(office: Office) -> None:
    contract = office.made.of(Finding.SURE)[0]
    office.desk.world.oneflow.people.rename(contract, '=HYPERLINK("http://evil.example")')

    office.plan()

    row = next(one for one in office.rows() if one["contract_id"] == str(contract))
    assert row["contract"].startswith("'=")
    assert office.run("apply", office.folder / "plan.csv", "--yes").code == 0


# --- settling ---------------------------------------------------------------------------------------------------------


def test_fields_are_settled_in_bulk_and_the_run_gives_back_every_value(office: Office) -> None:
    office.run("apply", office.plan(), "--yes")
    before = office.values()
    plan = office.settle({"customer_name": "keep_oneflow", "amount": "keep_dynamics", "*": "fill_empty"})
    assert office.values() == before, "a plan writes nothing"
    lines = json.loads(plan.read_text())["lines"]
    assert {(one["oneflow_field"], one["keep"]) for one in lines} >= {
        ("customer_name", "oneflow"),
        ("amount", "dynamics"),
    }

    done = office.run("apply", plan, "--yes", "--json")

    assert done.code == 0, done.err
    world = office.desk.world
    for one in office.made.of(Finding.SURE):
        record = world.record(office.made.record_of[one])
        assert record["name"] == world.contract_text(one, "customer_name") == before[one][0]["customer_name"]
        assert Decimal(world.contract_text(one, "amount")) == Decimal(before[one][2])
    assert done.json["fields"] == len([one for one in lines if one["keep"]])
    after = office.values()
    assert after != before

    again = office.run("apply", plan, "--yes", "--json")
    assert (again.json["fields"], again.json["left"], office.values()) == (0, 0, after)

    back = office.run("undo", plan, "--yes", "--json")

    assert back.code == 0, back.err
    assert office.values() == before
    assert office.run("undo", plan, "--yes", "--json").json["fields"] == 0


def test_a_field_that_moved_since_the_plan_is_left_and_the_others_are_settled(office: Office) -> None:
    office.run("apply", office.plan(), "--yes")
    plan = office.settle({"*": "keep_oneflow"})
    lines = [one for one in json.loads(plan.read_text())["lines"] if one["keep"]]
    moved = next(one for one in lines if one["oneflow_field"] == "customer_name")
    contract, record = moved["contract_id"], moved["record_id"]
    office.desk.world.edit_record({"name": "Typed meanwhile"}, record)

    done = office.run("apply", plan, "--yes", "--json")

    assert done.code == 1
    assert office.left(done).keys() == {contract}
    assert "customer_name" in office.left(done)[contract]
    assert office.desk.world.record(record)["name"] == "Typed meanwhile"
    assert done.json["fields"] == len(lines) - 1


@pytest.mark.parametrize(
    ("ways", "said"),
    [
        ({"opportunity": {"customer_name": "keep_both"}}, "It must be one of"),
        ({"opportunity": {"no_such": "leave"}}, "No such data field is mapped"),
        ({"quote": {"*": "leave"}}, "No field mapping is saved"),
        ({}, "need the form"),
    ],
)
def test_a_wrong_rule_for_settling_is_named(office: Office, ways: dict[str, Any], said: str) -> None:
    done = office.run("settle", office.file("wrong.json", {"settle": ways}), "--out", office.folder / "wrong-plan")

    assert done.code == 1
    assert said in done.err


# --- taking over ------------------------------------------------------------------------------------------------------


def test_a_template_type_of_oneflows_own_app_is_opened_by_who_confirms_and_closed_again(office: Office) -> None:
    owned = office.made.of(Finding.OWNED)
    number = str(office.desk.world.oneflow_seed.DYNAMICS_APP)
    assert f"{number} Dynamics 365 quote: closed" in office.run("takeover").out
    assert "Setup Entities" in office.run("takeover", number).err, "says where to look"
    office.plan()
    assert {one["finding"] for one in office.lines() if one["contract_id"] in owned} == {"owned"}

    assert office.run("takeover", number, "--two-way-is-off").code == 0
    plan = office.plan()
    assert {one["finding"] for one in office.lines() if one["contract_id"] in owned} == {"sure"}

    assert office.run("close", number).code == 0
    done = office.run("apply", plan, "--yes", "--json")
    assert office.left(done).keys() == set(owned)
    assert "closed meanwhile" in office.left(done)[owned[0]]
    assert office.run("takeover", "901", "--two-way-is-off").code == 1, "that one is ours"


def test_the_doctor_warns_while_a_second_writer_is_seen(office: Office) -> None:
    seed_of = office.desk.world.oneflow_seed
    assert office.run("takeover", str(seed_of.DYNAMICS_APP), "--two-way-is-off").code == 0
    office.run("apply", office.plan(), "--yes")
    (owned, *_) = office.made.of(Finding.OWNED)
    assert "no sign of a second writer" in office.desk.run("doctor").out

    with office.desk.settings():
        operator = office.desk.operator
        opened = operator.links.open(owned)
        assert opened
        until = opened.opened_at + timedelta(hours=1)
        paused = replace(opened.link, status="paused", reason=PAUSED.text, paused_until=until)
        operator._closer.store(opened, paused, opened.bases, [])

    told = office.desk.run("doctor").out
    assert f"taken over ({seed_of.DYNAMICS_APP}): " in told and "paused" in told
    assert office.run("close", str(seed_of.DYNAMICS_APP)).code == 0
    assert "are paused" not in office.desk.run("doctor").out


def test_a_plan_is_stopped_by_ctrl_c_and_goes_on(office: Office, tmp_path: Path) -> None:
    plan = office.plan()
    first = office.made.of(Finding.SURE)[0]
    office.desk.world.oneflow.before_write = None
    office.desk.world.oneflow.after_read = _once(
        lambda request: request.path.endswith(f"/contracts/{first}"), lambda: os.kill(os.getpid(), signal.SIGINT)
    )

    stopped = office.run("apply", plan, "--yes")
    office.desk.world.oneflow.after_read = None

    assert stopped.code == 1
    assert "was stopped" in stopped.err
    assert office.run("apply", plan, "--yes").code == 0
    assert len(office.linked()) == len(office.made.of(Finding.SURE))


def _once(meant: Callable[[Any], bool], act: Callable[[], None]) -> Callable[[Any], None]:
    done: list[Any] = []

    def look(request: Any) -> None:
        if not done and meant(request):
            done.append(request)
            act()

    return look
