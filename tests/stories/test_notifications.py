"""Owners of records hear of their contracts in Dynamics: real requests to the simulated environment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.dataverse import seed
from sandbox.solution import install, uninstall
from sandbox.world import World
from sync_core import bootstrap
from sync_core.engine.model.jobs import NewsJob
from sync_core.usecases.jobs.tell_news import MARK
from tests.stories.stage import Stage

TABLE, NOTES = "appnotification", "annotation"


@pytest.fixture(scope="module")
def installed(world: World) -> Iterator[World]:
    """With the solution, whose app has notifications on, and with sellers who may receive them: the role that everybody
    has who uses an app."""
    install(world)
    security = world.dataverse.world.security
    for user in seed.SELLERS:
        security.assign(user, seed.BASIC)
    yield world
    for user in seed.SELLERS:
        security.take(user, seed.BASIC)
    uninstall(world)


@pytest.fixture(autouse=True)
def nothing_lacks(installed: World) -> None:
    installed.services._marks.set(MARK, "")


def rows(stage: Stage, table: str, contract: int) -> list[dict[str, Any]]:
    """What was made about a contract, which its name tells."""
    name = stage.world.oneflow.world.state.contracts[contract].name
    simulated = stage.world.dataverse.world
    with simulated.lock:
        found = [dict(row.values) for row in simulated.rows.get(table, {}).values()]
    return [one for one in found if name in str(one.get("title") or one.get("subject"))]


def told(stage: Stage, contract: int) -> list[str]:
    return [one["title"].rpartition(": ")[2] for one in rows(stage, TABLE, contract)]


def test_the_owner_has_a_notification_that_opens_the_record(stage: Stage) -> None:
    stage.map(notify="everything")
    contract = stage.contract(name="To be signed at once")
    stage.world.oneflow.people.sign_all(contract)
    stage.look(contract)
    stage.until(lambda: told(stage, contract) == ["signed"], "the notification")
    (row,) = rows(stage, TABLE, contract)
    assert row["ownerid"] == stage.world.dataverse.world.row("opportunity", stage.record_id).values["ownerid"]
    (action,) = json.loads(row["data"])["actions"]
    assert stage.record_id in action["data"]["url"]
    assert rows(stage, NOTES, contract) == [], "unless it is asked for"
    assert stage.ok("GET", "connection")["notifications"] == {
        "on": True, "lacks": None, "missing": None, "since": None,
    }  # fmt: skip


def test_by_default_a_change_is_told_to_nobody_and_a_conflict_is(stage: Stage) -> None:
    stage.map(conflict_policy="ask")
    contract = stage.contract(name="Has a conflict by and by")
    stage.edit_contract(contract, customer_name="Only there")
    stage.until(lambda: stage.record("name") == "Only there", "the sync")
    with stage.silently():
        stage.edit_record(name="Here")
        stage.edit_contract(contract, customer_name="And there")
    stage.look(contract)
    stage.until(lambda: told(stage, contract) == ["needs a decision"], "the notification")
    assert "And there" not in str(rows(stage, TABLE, contract)), "no value"


def test_by_a_setting_it_is_noted_on_the_record_and_with_values(stage: Stage) -> None:
    stage.map(notify="everything", timeline_notes=True, notify_values=True)
    contract = stage.contract(name="Is changed by its counterparty")
    stage.edit_contract(contract, customer_name="By the counterparty")
    stage.until(lambda: bool(rows(stage, NOTES, contract)), "the note")
    stage.until(lambda: bool(rows(stage, TABLE, contract)), "the notification")
    (note,) = rows(stage, NOTES, contract)
    assert note["objectid"] == ("opportunity", stage.record_id)
    assert "Topic: Nordlys → By the counterparty" in note["notetext"]


def test_a_disabled_user_and_one_who_may_read_none_are_told_nothing_and_nothing_fails(stage: Stage) -> None:
    dataverse = stage.world.dataverse
    dataverse.people.set_columns("opportunity", stage.record_id, {"ownerid": ("systemuser", seed.READER)})
    dataverse.people.take_privileges(seed.READER, "prvReadAppnotification")
    contract = stage.contract(name="Of somebody who reads nothing")
    stage.world.oneflow.people.decline(contract)
    stage.look(contract)
    dataverse.people.set_columns("opportunity", stage.record_id, {"ownerid": ("systemuser", seed.COLLEAGUE)})
    dataverse.people.set_columns("systemuser", seed.COLLEAGUE, {"isdisabled": True})
    try:
        other = stage.contract(name="Of somebody who left")
        stage.world.oneflow.people.decline(other)
        stage.look(other)
        for each in (contract, other):
            tell(stage, each)
            assert told(stage, each) == []
            assert stage.letters(each) == []
    finally:
        dataverse.people.set_columns("systemuser", seed.COLLEAGUE, {"isdisabled": False})
        dataverse.people.give_rights()
    assert stage.ok("GET", "connection")["notifications"]["lacks"] is None


def test_without_the_apps_setting_nobody_is_told_and_the_connection_says_why(stage: Stage) -> None:
    simulated = stage.world.dataverse.world
    settings = dict(simulated.rows["appsetting"])
    simulated.rows["appsetting"].clear()
    forget_what_lacks(stage)
    try:
        contract = stage.contract(name="Of an app without the setting")
        stage.world.oneflow.people.decline(contract)
        stage.look(contract)
        stage.until(lambda: on_connection(stage)["lacks"] == "app_setting", "the reason")
        assert told(stage, contract) == []
    finally:
        simulated.rows["appsetting"].update(settings)


@pytest.mark.parametrize("name", ["prvCreateAppnotification", "prvReadAppnotification", "prvAssignAppnotification"])
def test_a_missing_privilege_is_named(stage: Stage, name: str) -> None:
    people = stage.world.dataverse.people
    people.take_privileges(stage.world.dataverse_seed.APPLICATION, name)
    forget_what_lacks(stage)
    contract = stage.contract(name="Of an application without the right")
    stage.world.oneflow.people.decline(contract)
    stage.look(contract)
    stage.until(lambda: on_connection(stage)["missing"] == name, "its name")
    people.give_rights()
    stage.world.connect()


@pytest.mark.parametrize("name", ["prvReadSettingDefinition", "prvReadAppSetting"])
def test_without_the_right_to_read_settings_nobody_knows_that_no_app_shows_notifications(
    stage: Stage, name: str
) -> None:
    simulated = stage.world.dataverse.world
    settings = dict(simulated.rows["appsetting"])
    simulated.rows["appsetting"].clear()
    try:
        assert bootstrap_anew(stage) == ("app_setting", None)
        stage.world.dataverse.people.take_privileges(stage.world.dataverse_seed.APPLICATION, name)
        assert bootstrap_anew(stage) is None
    finally:
        simulated.rows["appsetting"].update(settings)
        stage.world.dataverse.people.give_rights()
        stage.world.connect()


def bootstrap_anew(stage: Stage) -> tuple[str, str | None] | None:
    """What an app that has just started finds lacking."""
    bootstrap.exchange(None)
    return stage.world.services._notifications.lacks()


def forget_what_lacks(stage: Stage) -> None:
    """An earlier story's news may just have found that nothing does."""
    stage.world.services._marks.set(MARK, "")


def on_connection(stage: Stage) -> dict[str, Any]:
    shown: dict[str, Any] = stage.ok("GET", "connection")["notifications"]
    return shown


def tell(stage: Stage, contract: int) -> None:
    """Run the job of the contract's newest event, whether the app has run it or not."""
    services = stage.world.services
    link = services._links.link(contract)
    assert link is not None and link.news
    services.tell_news.run(NewsJob(contract, link.news[-1].id))
