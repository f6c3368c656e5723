"""The states of Oneflow Settings > Switch over."""

from __future__ import annotations

import re
import uuid

from playwright.sync_api import expect

from tests.browser.settings import Settings
from tests.browser.states import Scene, state
from tests.browser.states.settings import PHONE, TALL, settings
from tests.stories.stage import Stage

RULES = {
    "rules": [
        {"kind": "data_field", "entity": "opportunity", "field": "reference"},
        {"kind": "counterparty", "entity": "opportunity", "account_column": "parentaccountid",
         "number_column": "accountnumber"},
        {"kind": "name", "entity": "opportunity"},
    ]
}  # fmt: skip


def planned(stage: Stage) -> str:
    """A plan that found something of every kind; its mark is in the names."""
    seed, people = stage.world.oneflow_seed, stage.world.oneflow.people
    mark = uuid.uuid4().hex[:4]
    names = ["Nordlys frame agreement", "Fjell maintenance", "Havn logistics"]
    for name in names:
        record = stage.world.new_opportunity({"name": f"{name} {mark}", "estimatedvalue": "1250000.00"})
        fields = {"reference": record, "customer_name": f"{name} AS", "amount": "1250000.00"}
        people.publish(people.create(seed.FRAME_TEMPLATE, seed.SALES, f"{name}, {mark}", fields).id)
    for twin in range(2):
        for _ in range(twin + 1):
            stage.world.new_opportunity({"name": f"Bro og vei {mark} {twin}"})
        people.publish(people.create(seed.FRAME_TEMPLATE, seed.SALES, f"Bro og vei {mark} {twin}").id)
    people.create(seed.DYNAMICS_TEMPLATE, seed.SALES, f"Quote of the other app {mark}")
    plan = str(stage.ok("POST", "switch-over/plans", RULES)["plan_id"])
    stage.until(lambda: stage.ok("GET", f"switch-over/plans/{plan}")["stand"] == "done", "the plan")
    return plan


@state("settings-switch-rules")
def rules(scene: Scene) -> None:
    planned(scene.stage)
    opened = settings(scene, "switch/link/new", viewport=TALL)
    expect(opened.page.get_by_label("Matched by")).to_have_count(3)


@state("settings-switch-plan")
def plan(scene: Scene) -> None:
    opened = settings(scene, f"switch/link/{planned(scene.stage)}", viewport=TALL)
    expect(opened.page.locator("table.links tbody tr").first).to_be_visible()


@state("settings-switch-compared")
def compared(scene: Scene) -> None:
    opened = settings(scene, f"switch/link/{planned(scene.stage)}", viewport=TALL)
    opened.page.get_by_role("button", name=re.compile("^Sure: ")).click()
    opened.page.get_by_role("button", name=re.compile("^Compare")).first.click()
    expect(opened.page.get_by_role("dialog").get_by_role("row").nth(2)).to_be_visible()


@state("settings-switch-done")
def done(scene: Scene) -> None:
    plan_id = planned(scene.stage)
    scene.stage.ok("POST", f"switch-over/plans/{plan_id}/actions", {"action": "apply"})
    scene.stage.until(lambda: scene.stage.ok("GET", f"switch-over/plans/{plan_id}")["stand"] == "done", "the apply")
    opened = settings(scene, f"switch/link/{plan_id}", viewport=TALL)
    expect(opened.page.get_by_text(re.compile(r"contracts? linked\."))).to_be_visible()


@state("settings-switch-waits")
def waits(scene: Scene) -> None:
    scene.stage.fail("oneflow", times=10_000, path="/contracts", status=503)
    plan_id = str(scene.stage.ok("POST", "switch-over/plans", RULES)["plan_id"])
    opened = settings(scene, f"switch/link/{plan_id}", viewport=TALL)
    expect(opened.page.get_by_text("Under way", exact=True)).to_be_visible()
    scene.stage.ok("POST", f"switch-over/plans/{plan_id}/actions", {"action": "stop"})
    scene.stage.until(lambda: scene.stage.ok("GET", f"switch-over/plans/{plan_id}")["stand"] == "stopped", "the stop")
    scene.stage.calm()
    expect(opened.page.get_by_role("button", name="Go on")).to_be_visible()


@state("settings-switch-settle")
def settle(scene: Scene) -> None:
    opened = settings(scene, "switch/settle/new", viewport=TALL)
    expect(opened.page.get_by_label("Rule for Topic")).to_be_visible()


@state("settings-switch-takeover")
def takeover(scene: Scene) -> None:
    opened = settings(scene, "switch/takeover")
    expect(opened.page.get_by_text("Not taken over", exact=True)).to_be_visible()


@state("settings-switch-takeover-asked")
def takeover_asked(scene: Scene) -> None:
    opened = settings(scene, "switch/takeover")
    opened.page.get_by_role("button", name=re.compile("^Take over ")).click()
    expect(opened.page.get_by_role("dialog")).to_be_visible()


@state("settings-switch-phone-swedish")
def phone(scene: Scene) -> None:
    plan_id = planned(scene.stage)
    scene.page = scene.open_page(viewport=PHONE, locale="sv-SE")
    Settings(scene.page, scene.stage.world, "?lang=sv").open(f"switch/link/{plan_id}")
    expect(scene.page.locator("table.links tbody tr").first).to_be_visible()


@state("settings-switch-rules-phone-swedish")
def rules_phone(scene: Scene) -> None:
    planned(scene.stage)
    scene.page = scene.open_page(viewport=PHONE, locale="sv-SE")
    Settings(scene.page, scene.stage.world, "?lang=sv").open("switch/link/new")
    expect(scene.page.get_by_label("Vad som avgör").first).to_be_visible()
