"""Oneflow Settings > Switch over: a dry run, both sides compared, an apply that outlives the page, and its undo."""

from __future__ import annotations

import csv
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from sandbox.world import World
from tests.browser.axe import assert_accessible
from tests.browser.conftest import OpenPage
from tests.browser.settings import Settings
from tests.browser.watch import watched
from tests.stories.stage import Stage

PHONE = {"width": 320, "height": 720}
PAGE = 50  # lines that the page shows at once


class Before:
    """Contracts and records that belong together, and that nobody has linked."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.mark = stage, uuid.uuid4().hex[:6]

    def pair(self, number: int = 1, **fields: str) -> tuple[int, str]:
        record = self.record(f"Deal {self.mark} {number}")
        return self.contract(f"Agreement {self.mark} {number}", reference=record, **fields), record

    def record(self, name: str) -> str:
        return self.stage.world.new_opportunity({"name": name, "description": "Agreed"})

    def contract(self, name: str, **fields: str) -> int:
        seed, people = self.stage.world.oneflow_seed, self.stage.world.oneflow.people
        made = people.create(seed.FRAME_TEMPLATE, seed.SALES, name, fields)
        people.publish(made.id)
        self.stage.contracts.append(made.id)
        return made.id

    def linked(self, contract: int) -> str | None:
        opened = self.stage.world.services._links.open(contract)
        return opened.link.record_id if opened else None

    def plan(self, rules: dict[str, Any]) -> str:
        plan = str(self.stage.ok("POST", "switch-over/plans", rules)["plan_id"])
        self.stage.until(lambda: self.stage.ok("GET", f"switch-over/plans/{plan}")["stand"] == "done", "the plan")
        return plan


@pytest.fixture
def before(stage: Stage) -> Iterator[Before]:
    yield Before(stage)
    stage.drain()


def rows(page: Page) -> Locator:
    return page.locator("table.links tbody tr")


def only(page: Page, text: str, count: int) -> Locator:
    page.get_by_label("Contract or record").fill(text)
    page.get_by_role("button", name="Filter").click()
    expect(rows(page)).to_have_count(count)
    return rows(page)


def dry_run(page: Page) -> None:
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_role("heading", name="Dry run", exact=True)).to_be_visible()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()


def by_reference(page: Page, sandbox: World, query: str = "") -> None:
    Settings(page, sandbox, query).open("switch/link/new")
    # A page begins with the rules of the newest plan, which another test may have made.
    while page.get_by_role("button", name=re.compile(r"^Remove rule \d+$")).count() > 1:
        page.get_by_role("button", name="Remove rule 1", exact=True).click()
    page.get_by_label("Matched by").select_option("data_field")
    field = page.get_by_label("Oneflow field", exact=True)
    field.click()
    field.fill("reference")
    page.locator(".list").get_by_role("option", name=re.compile(r"^reference\b")).first.click()
    expect(field).to_have_value("reference")


def chosen_are_only(page: Page, before: Before) -> None:
    """Other stories of the world have contracts, too: those are left out of the plan's choice."""
    sure = page.get_by_role("button", name=re.compile("^Sure: "))
    count = int(re.sub(r"\D", "", sure.inner_text()))
    with page.expect_response(re.compile(r"/lines\?kind=sure$")):
        sure.click()
    expect(rows(page)).to_have_count(min(count, PAGE))
    while (shown := rows(page).count()) < count:
        page.get_by_role("button", name="Show more").click()
        expect(rows(page)).to_have_count(min(count, shown + PAGE))
    for box in page.get_by_role("checkbox", name=re.compile("^Link ")).all():
        mine = before.mark in (box.get_attribute("aria-label") or "")
        if not mine and box.is_checked():
            box.uncheck()


def without_a_rule(page: Page, sandbox: World) -> None:
    Settings(page, sandbox).open("switch/settle/new")
    # A page begins with the rules of the newest plan, which another test may have made.
    expect(page.get_by_label("Rule for Topic")).to_be_visible()
    for box in page.get_by_label(re.compile("^Rule for ")).all():
        box.select_option(label="Leave")


def every_sure_line(stage: Stage, plan: str) -> list[int]:
    found: list[int] = []
    after: str | None = ""
    while after is not None:
        some = stage.ok("GET", f"switch-over/plans/{plan}/lines?kind=sure{after}")
        found += [one["line"] for one in some["lines"]]
        after = f"&next={some['next']}" if some["next"] else None
    return found


def test_a_dry_run_shows_what_an_apply_then_does_and_it_is_taken_back(
    browser_page: Page, sandbox: World, before: Before
) -> None:
    page = browser_page
    contract, record = before.pair(customer_name="As the contract says")
    before.stage.forget_requests()
    by_reference(page, sandbox)
    assert_accessible(page)
    dry_run(page)
    expect(page.get_by_text("Linking writes none of them.")).to_be_visible()
    row = only(page, before.mark, 1).first
    expect(row).to_contain_text("Sure")
    expect(row).to_contain_text(re.compile(r"\d+ agrees? · \d+ differs?"))
    row.get_by_role("button", name=re.compile("^Compare")).click()
    dialog = page.get_by_role("dialog")
    line = dialog.get_by_role("row").filter(has_text="customer_name")
    expect(line).to_contain_text("As the contract says")
    expect(line).to_contain_text(f"Deal {before.mark} 1")
    expect(line).to_contain_text("Differs")
    expect(dialog.get_by_text("The first look after that would write nothing")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("button", name="Close").last.click()

    page.get_by_label("Contract or record").fill("")
    page.get_by_role("button", name="Filter").click()
    chosen_are_only(page, before)
    page.get_by_role("button", name="Link 1 contract").click()
    expect(page.get_by_role("dialog")).to_contain_text("No value is written on either side.")
    page.get_by_role("dialog").get_by_role("button", name="Link 1 contract").click()
    expect(page.get_by_text("1 contract linked.")).to_be_visible()
    assert before.linked(contract) == record
    assert before.stage.writes() == []

    page.reload()
    expect(page.get_by_text("1 contract linked.")).to_be_visible()
    page.get_by_role("button", name="Take the links back").click()
    page.get_by_role("dialog").get_by_role("button", name="Take the links back").click()
    expect(page.get_by_text("1 link taken back.")).to_be_visible()
    assert before.linked(contract) is None
    assert_accessible(page)


def test_a_person_chooses_among_candidates_and_one_takes_the_others_place(
    browser_page: Page, sandbox: World, before: Before
) -> None:
    page, name = browser_page, f"Twin {before.mark}"
    records = [before.record(name), before.record(name)]
    contract = before.contract(name)
    plan = before.plan({"rules": [{"kind": "name", "entity": "opportunity"}]})
    Settings(page, sandbox).open(f"switch/link/{plan}")
    page.get_by_role("button", name=re.compile("^Several candidates: ")).click()
    expect(page.get_by_text("Choose one for each contract, or none.")).to_be_visible()
    boxes = only(page, name, 2).get_by_role("checkbox")
    boxes.nth(0).check()
    boxes.nth(1).check()
    expect(boxes.nth(0)).not_to_be_checked()
    page.reload()
    page.get_by_role("button", name=re.compile("^Several candidates: ")).click()
    expect(only(page, name, 2).get_by_role("checkbox").nth(1)).to_be_checked()
    page.get_by_role("button", name="Link 1 contract").click()
    page.get_by_role("dialog").get_by_role("button", name="Link 1 contract").click()
    expect(page.get_by_text("1 contract linked.")).to_be_visible()
    assert before.linked(contract) in records


def test_rules_are_added_ordered_and_removed_and_a_wrong_one_says_where(browser_page: Page, sandbox: World) -> None:
    page = browser_page
    by_reference(page, sandbox)
    page.get_by_role("button", name="Add rule").click()
    kinds = page.get_by_label("Matched by")
    expect(kinds).to_have_count(2)
    kinds.nth(1).select_option("contract_table")
    names = {
        "Table": "of_nothing",
        "Column with the contract\u2019s number": "of_number",
        "Column with the record": "of_id",
    }
    for label, text in names.items():
        page.get_by_label(label, exact=True).fill(text)
    page.get_by_role("button", name="Move rule 2 up").click()
    expect(kinds.nth(0)).to_have_value("contract_table")
    page.context.__dict__["watch"].expect_status(422)
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_text("No plan was made.")).to_be_visible()
    expect(page.get_by_role("listitem").first.locator(".problem")).to_contain_text("of_nothing")
    assert_accessible(page)
    page.get_by_role("button", name="Remove rule 1").click()
    expect(kinds).to_have_count(1)
    expect(kinds).to_have_value("data_field")


def test_a_plan_is_saved_as_a_file(browser_page: Page, sandbox: World, before: Before, tmp_path: Path) -> None:
    contract, record = before.pair()
    plan = before.plan({"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]})
    Settings(browser_page, sandbox).open(f"switch/link/{plan}")
    found = {}
    for kind in ("CSV", "JSON"):
        with browser_page.expect_download() as download:
            browser_page.get_by_role("button", name=f"Download the plan as {kind}").click()
        assert download.value.suggested_filename == f"{plan}.{kind.lower()}"
        download.value.save_as(tmp_path / kind)
        found[kind] = (tmp_path / kind).read_text(encoding="utf-8-sig")
    line = next(one for one in csv.DictReader(found["CSV"].splitlines()) if one["contract_id"] == str(contract))
    assert (line["link"], line["record_id"]) == ("yes", record)
    assert json.loads(found["JSON"])["plan"]["id"] == plan


def test_fields_are_settled_by_a_rule_after_a_dry_run_and_given_back(
    browser_page: Page, sandbox: World, before: Before
) -> None:
    page, stage = browser_page, before.stage
    contract, record = before.pair(customer_name="As the contract says")
    stage.ok("PUT", f"records/opportunity/{record}/contracts/{contract}", {})
    without_a_rule(page, sandbox)
    expect(page.get_by_text("Choose a rule for at least one field.")).to_be_visible()
    page.get_by_label("Rule for Topic").select_option("keep_oneflow")
    assert_accessible(page)
    dry_run(page)
    page.get_by_label("Contract or record").fill(before.mark)
    page.get_by_role("button", name="Filter").click()
    row = rows(page).filter(has_text="customer_name").filter(has_text=before.mark)
    row.get_by_role("button", name=re.compile("^Values of")).click()
    expect(page.get_by_role("dialog")).to_contain_text("As the contract says")
    page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
    assert stage.world.record(record)["name"] == f"Deal {before.mark} 1", "a dry run"
    page.get_by_label("Contract or record").fill("")
    page.get_by_role("button", name="Filter").click()
    page.get_by_role("button", name=re.compile(r"^Settle \d+ fields?$")).click()
    page.get_by_role("dialog").get_by_role("button", name=re.compile(r"^Settle \d+ fields?$")).click()
    expect(page.get_by_text(re.compile(r"^\d+ contracts? settled\."))).to_be_visible()
    assert stage.world.record(record)["name"] == "As the contract says"
    page.get_by_role("button", name="Give the values back").click()
    page.get_by_role("dialog").get_by_role("button", name="Give the values back").click()
    expect(page.get_by_text(re.compile(r"^Values of \d+ contracts? given back\."))).to_be_visible()
    assert stage.world.record(record)["name"] == f"Deal {before.mark} 1"


def test_a_template_type_is_taken_over_after_a_confirmation_and_closed_by_one_click(
    browser_page: Page, sandbox: World, stage: Stage
) -> None:
    page = browser_page
    Settings(page, sandbox).open("switch/takeover")
    expect(page.get_by_text("Not taken over", exact=True)).to_be_visible()
    page.get_by_role("button", name=re.compile("^Take over Dynamics 365 quote")).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Setup Entities")
    yes = dialog.get_by_role("button", name="Take over …")
    expect(yes).to_be_disabled()
    assert_accessible(page)
    dialog.get_by_role("checkbox").check()
    yes.click()
    expect(page.get_by_text("Taken over", exact=True)).to_be_visible()
    assert sandbox.oneflow_seed.DYNAMICS_APP in sandbox.services.takeover.opened()
    assert_accessible(page)
    page.get_by_role("button", name="Close Dynamics 365 quote again").click()
    expect(page.get_by_text("Not taken over", exact=True)).to_be_visible()
    assert sandbox.services.takeover.opened() == frozenset()


def test_a_run_that_a_vendor_holds_up_is_stopped_from_the_page_and_goes_on(
    browser_page: Page, sandbox: World, before: Before
) -> None:
    page = browser_page
    before.pair()
    by_reference(page, sandbox)
    before.stage.fail("oneflow", times=10_000, path="/contracts", status=503)
    page.get_by_role("button", name="Dry run", exact=True).click()
    expect(page.get_by_text("Under way", exact=True)).to_be_visible()
    page.reload()
    expect(page.get_by_text("Under way", exact=True)).to_be_visible()
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    assert_accessible(page)
    before.stage.calm()
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(page.get_by_text("Done", exact=True)).to_be_visible()
    expect(only(page, before.mark, 1).first).to_contain_text("Sure")


def test_who_presses_after_somebody_else_decided_is_told_and_sees_what_they_decided(
    browser_page: Page, sandbox: World, before: Before
) -> None:
    page, stage = browser_page, before.stage
    contract, _ = before.pair()
    plan = before.plan({"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]})
    Settings(page, sandbox).open(f"switch/link/{plan}")
    page.get_by_role("button", name=re.compile(r"^Link \d+ contracts?$")).click()
    stage.ok("POST", f"switch-over/plans/{plan}/actions", {"action": "apply", "leave": every_sure_line(stage, plan)})
    stage.until(lambda: stage.ok("GET", f"switch-over/plans/{plan}")["stand"] == "done", "what the other one decided")

    watched(page).expect_status(409)
    page.get_by_role("dialog").get_by_role("button", name=re.compile(r"^Link \d+ contracts?$")).click()

    expect(page.get_by_role("alert")).to_contain_text("Somebody else decided about this plan meanwhile")
    expect(page.get_by_role("heading", name="Applying the plan")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile(r"^Link \d+ contracts?$"))).to_have_count(0)
    expect(only(page, before.mark, 1).get_by_role("checkbox")).not_to_be_checked()
    assert before.linked(contract) is None
    assert_accessible(page)


def test_a_field_that_a_settle_left_says_why_in_swedish(open_page: OpenPage, sandbox: World, before: Before) -> None:
    stage = before.stage
    contract, record = before.pair(customer_name="Som avtalet säger")
    stage.ok("PUT", f"records/opportunity/{record}/contracts/{contract}", {})
    plan = before.plan({"settle": {"opportunity": {"customer_name": "keep_oneflow"}}})
    stage.edit_contract(contract, "colleague", customer_name="Ändrat sedan dess")
    stage.ok("POST", f"switch-over/plans/{plan}/actions", {"action": "apply"})
    page = open_page(locale="sv-SE", viewport=PHONE)
    Settings(page, sandbox, "?lang=sv").open(f"switch/settle/{plan}")
    line = page.get_by_role("listitem").filter(has_text=str(contract))
    expect(line).to_contain_text("customer_name: Det har ändrats sedan planen gjordes, eller är avgjort.")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert_accessible(page)


def test_it_all_works_in_swedish_on_a_phone(open_page: OpenPage, sandbox: World, before: Before) -> None:
    before.pair(customer_name="Som avtalet säger")
    plan = before.plan({"rules": [{"kind": "data_field", "entity": "opportunity", "field": "reference"}]})
    page = open_page(locale="sv-SE", viewport=PHONE)
    for place in ("switch/link/new", "switch/settle/new", "switch/takeover", f"switch/link/{plan}"):
        Settings(page, sandbox, "?lang=sv").open(place)
        expect(page.get_by_role("heading", name="Byt över")).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], place
        assert_accessible(page)
    page.get_by_label("Avtal eller post").fill(before.mark)
    page.get_by_role("button", name="Filtrera").click()
    page.get_by_role("button", name=re.compile("^Jämför")).click()
    expect(page.get_by_role("dialog")).to_contain_text("Skiljer sig")
    assert_accessible(page)
