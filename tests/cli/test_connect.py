"""Connect, connect again, cut short and run again, disconnect: over real HTTP against simulators that refuse what the
vendors would refuse."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from typing import Any

import pytest

from dynamics.description.pages import pages
from sandbox.dataverse import seed
from sandbox.dataverse.platform_tables import ADMINISTRATOR
from sandbox.dataverse.schema import Attribute
from sandbox.faults import Fault
from sandbox.story import MAPPING
from sync_core.handlers.files import files
from tests.cli.desk import APP, Desk

STEPS = "sdkmessageprocessingstep"


def registered(desk: Desk) -> dict[str, Any]:
    """Everything that connect could touch, without ids and times."""
    world = desk.world.dataverse.world
    kinds = (
        "publisher", "solution", "serviceendpoint", "customapi", "customapirequestparameter",
        STEPS, "webresource", "role",
    )  # fmt: skip
    rows = {kind: sorted(str(_plain(row.values)) for row in world.rows.get(kind, {}).values()) for kind in kinds}
    hooks = [
        (one.template_group_id, one.callback_url, one.sign_key)
        for one in desk.world.oneflow.world.state.webhooks.values()
    ]
    components = len(world.rows.get("solutioncomponent", {}))
    roles = len(world.security.roles_of(seed.APPLICATION))
    return rows | {"components": components, "webhooks": sorted(hooks, key=str), "roles": roles}


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, tuple)}


def planned(desk: Desk, *arguments: str) -> list[tuple[str, str, str]]:
    done = desk.run(*(arguments or ("connect",)), "--dry-run", "--json")
    assert done.code == 0, done.err
    return [(one["verb"], one["kind"], one["name"]) for one in done.json["changes"]]


@pytest.fixture
def bare(desk: Desk) -> Desk:
    """Nothing is registered yet."""
    desk.bare()
    return desk


def test_a_dry_run_shows_what_is_then_done_and_does_nothing(bare: Desk) -> None:
    before = registered(bare)
    plan = planned(bare)
    assert registered(bare) == before
    bare.world.dataverse.log.clear()

    done = bare.run("connect", "--yes", "--json")

    assert (done.code, done.err) == (0, "")
    assert [(one["verb"], one["kind"], one["name"]) for one in done.json["changes"]] == plan
    assert done.json["done"] == len(plan) > 30
    # One write for each change in Dynamics, and one more for the note on the role.
    in_dynamics = [one for one in plan if one[1] != "Oneflow webhook"]
    assert len(bare.world.dataverse.log.writes()) == len(in_dynamics) + 1
    assert {entry.status for entry in bare.world.dataverse.log.writes()} == {204}


def test_connect_again_changes_nothing(bare: Desk) -> None:
    bare.run("connect", "--yes")
    after = registered(bare)
    bare.world.dataverse.log.clear()
    bare.world.oneflow.log.clear()

    again = bare.run("connect", "--yes")

    assert "Nothing to do" in again.out
    assert (again.code, registered(bare)) == (0, after)
    assert bare.world.dataverse.log.writes() + bare.world.oneflow.log.writes() == []


@pytest.mark.parametrize("shown", [True, False], ids=["key shown", "key hidden"])
def test_another_sign_key_is_set_once(bare: Desk, shown: bool) -> None:
    switches = bare.world.oneflow.switches
    before, switches.webhook_shows_sign_key = switches.webhook_shows_sign_key, shown
    try:
        bare.run("connect", "--yes")
        bare.env["ONEFLOW_SIGN_KEYS"] = f"another-long-key-of-ours,{bare.env['ONEFLOW_SIGN_KEYS']}"

        assert planned(bare) == [("update", "Oneflow webhook", "for all template types")]
        bare.run("connect", "--yes")
        assert planned(bare) == []
    finally:
        switches.webhook_shows_sign_key = before
    assert {one.sign_key for one in bare.world.oneflow.world.state.webhooks.values()} == {"another-long-key-of-ours"}


def test_steps_filter_by_the_mapped_columns(bare: Desk) -> None:
    bare.run("connect", "--yes")
    steps = {row.values["name"]: row.values for row in bare.world.dataverse.world.rows[STEPS].values()}
    looked_at = sorted(column for column, _, direction in MAPPING if direction != "sync_once")
    assert steps["Oneflow sync: Update of opportunity"]["filteringattributes"] == ",".join(looked_at)
    assert "Oneflow sync: Delete of opportunity" in steps

    bare.map([("name", "customer_name", "two_way")])
    assert planned(bare) == [
        ("update", "privileges of role", "Oneflow sync application"),
        ("update", "step", "Oneflow sync: Update of opportunity"),
    ]
    bare.map([("parentaccountid.name", "account_name", "dynamics_to_oneflow")])
    bare.run("connect", "--yes")
    named = {row.values["name"]: row.values for row in bare.world.dataverse.world.rows[STEPS].values()}
    told = named["Oneflow sync: Update of opportunity"]["filteringattributes"]
    assert told == "parentaccountid", "the lookup, for Dynamics knows no other column of the record"
    bare.map([("name", "customer_name", "sync_once")])
    assert ("delete", "step", "Oneflow sync: Update of opportunity") in planned(bare)


def test_the_application_user_gets_a_role_with_what_is_mapped_and_no_more(bare: Desk) -> None:
    bare.run("connect", "--yes")
    security = bare.world.dataverse.world.security
    [role] = security.roles_of(seed.APPLICATION)
    held = security.of_role(role)
    assert {"prvReadOpportunity", "prvWriteOpportunity", "prvActOnBehalfOfAnotherUser"} <= held.keys()
    assert {name for name in held if name.startswith(("prvDelete", "prvCreate", "prvAssign"))} == {
        "prvCreateAppnotification", "prvAssignAppnotification",
    }  # fmt: skip
    assert set(held.values()) == {"Global"}

    bare.world.dataverse.people.switch_notifications_on(APP)
    findings = bare.run("doctor", "--json").json["findings"]
    assert [one for one in findings if one["check"].startswith("dynamics") and one["level"] != "ok"] == []

    bare.map([("name", "customer_name", "dynamics_to_oneflow")])
    bare.run("connect", "--yes")
    assert "prvWriteOpportunity" not in security.of_role(role)


ALWAYS = {
    "prvActOnBehalfOfAnotherUser", "prvReadUser", "prvReadOrganization", "prvReadEntity", "prvReadAttribute",
    "prvReadRelationship", "prvReadOptionSet", "prvReadContact", "prvReadAccount",
}  # fmt: skip
TELLING = {
    "prvCreateAppnotification", "prvReadAppnotification", "prvAssignAppnotification", "prvReadSettingDefinition",
    "prvReadAppSetting",
}  # fmt: skip
NOTES = {"prvCreateNote", "prvReadNote", "prvAppendNote", "prvAppendToOpportunity"}
PRIVILEGES: dict[str, tuple[list[tuple[Any, ...]], list[str]]] = {
    "a text out": ([("name", "customer_name", "dynamics_to_oneflow")], ["prvReadOpportunity"]),
    "a text once": ([("name", "customer_name", "sync_once")], ["prvReadOpportunity"]),
    "a text both ways": ([("name", "customer_name", "two_way")], ["prvReadOpportunity", "prvWriteOpportunity"]),
    "money out": (
        [("estimatedvalue", "amount", "dynamics_to_oneflow")],
        ["prvReadOpportunity", "prvReadTransactionCurrency"],
    ),
    "a lookup out": ([("new_partnerid", "reference", "dynamics_to_oneflow")], ["prvReadOpportunity"]),
    "a lookup both ways": (
        [("parentcontactid", "reference", "two_way", True)],
        ["prvReadOpportunity", "prvWriteOpportunity", "prvAppendOpportunity", "prvAppendToContact"],
    ),
    "a customer both ways": (
        [("customerid", "reference", "two_way", True)],
        ["prvReadOpportunity", "prvWriteOpportunity", "prvAppendOpportunity", "prvAppendToAccount",
         "prvAppendToContact"],
    ),
    "an owner out": ([("ownerid", "reference", "dynamics_to_oneflow")], ["prvReadOpportunity", "prvReadTeam"]),
    "an owner both ways": (
        [("ownerid", "reference", "two_way", True)],
        ["prvReadOpportunity", "prvWriteOpportunity", "prvAssignOpportunity", "prvReadTeam"],
    ),
    "what may not be written": ([("customerid", "reference", "two_way")], ["prvReadOpportunity"]),
    "nothing": ([], []),
}  # fmt: skip


@pytest.mark.parametrize("case", PRIVILEGES)
def test_each_mapped_column_and_direction_has_its_privileges_and_no_others(bare: Desk, case: str) -> None:
    rows, wanted = PRIVILEGES[case]
    bare.map(rows)

    bare.run("connect", "--yes")

    security = bare.world.dataverse.world.security
    assert security.of_user(seed.APPLICATION).keys() == ALWAYS | set(wanted) | (TELLING if rows else set())


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        ({"notify": "off"}, set()),
        ({"notify": "off", "timeline_notes": True}, set()),
        ({"notify": "everything"}, TELLING),
        ({"timeline_notes": True}, TELLING | NOTES),
    ],
    ids=["off", "off, notes on", "everything", "decisions, notes on"],
)
def test_the_role_may_tell_owners_only_what_the_mapping_has_them_told(
    bare: Desk, settings: dict[str, Any], wanted: set[str]
) -> None:
    bare.map([("name", "customer_name", "dynamics_to_oneflow")], **settings)

    bare.run("connect", "--yes")

    held = bare.world.dataverse.world.security.of_user(seed.APPLICATION).keys()
    assert held == ALWAYS | {"prvReadOpportunity"} | wanted


def test_where_dynamics_has_no_notifications_the_role_needs_none_of_their_privileges(bare: Desk) -> None:
    tables = bare.world.dataverse.world.tables
    bare.world.dataverse.world.tables = {name: one for name, one in tables.items() if name != "appnotification"}

    done = bare.run("connect", "--yes")

    held = bare.world.dataverse.world.security.of_user(seed.APPLICATION).keys()
    assert (done.code, {name for name in held if "ppnotification" in name}) == (0, set())


def test_the_role_may_read_the_tables_that_lookups_are_read_through(bare: Desk) -> None:
    quote = Attribute("new_quoteid", "Lookup", "Quote", targets=("quote",))
    bare.world.dataverse.world.tables["opportunity"].attributes[quote.name] = quote
    bare.map([("new_quoteid.name", "reference", "sync_once")])
    bare.run("connect", "--yes")
    security = bare.world.dataverse.world.security
    [role] = security.roles_of(seed.APPLICATION)
    assert "prvReadQuote" in security.of_role(role) and "prvWriteQuote" not in security.of_role(role)

    bare.map([("name", "customer_name", "sync_once")])
    bare.run("connect", "--yes")
    bare.map([("new_quoteid.name", "reference", "sync_once")])
    found = {one["check"]: one["level"] for one in bare.run("doctor", "--json").json["findings"]}
    assert found["dynamics.rights.quote"] == "failed"


def test_every_page_becomes_a_published_web_resource(bare: Desk) -> None:
    bare.run("connect", "--yes")

    rows = bare.world.dataverse.world.rows["webresource"].values()
    names = {row.values["name"] for row in rows}
    of_the_app = {"index.html", "app.css"}  # whose links lead to routes of the app
    served = {f"ofs_/{name.replace('-', '_')}" for name in files() if name and name not in of_the_app}
    assert names == served | {page.name for page in pages()} and served < names
    assert all("content" in row.values and "#draft" not in row.values for row in rows)


def test_a_page_that_was_changed_is_saved_and_published_again(bare: Desk) -> None:
    bare.run("connect", "--yes")
    row = next(iter(bare.world.dataverse.world.rows["webresource"].values()))
    row.values["content"] = "b2xk"

    assert planned(bare) == [("update", "web resource", row.values["name"]), ("update", "publishing", "web resources")]
    row.values |= {"content": "b2xk", "#draft": row.values["content"]}
    bare.run("connect", "--yes")
    assert planned(bare) == []


@pytest.mark.parametrize("listed", [False, True])
def test_new_web_resources_may_be_listed_before_they_are_published(bare: Desk, listed: bool) -> None:
    bare.world.dataverse.switches.new_webresources_are_published = listed
    try:
        bare.run("connect", "--yes")
        assert planned(bare) == []
    finally:
        bare.world.dataverse.switches.new_webresources_are_published = False


def test_webhooks_for_some_template_types_replace_the_one_for_all(bare: Desk) -> None:
    types = bare.world.oneflow_seed
    bare.run("connect", "--yes")

    changes = planned(bare, "connect", "--template-type", "mapped")
    assert changes == [
        ("create", "Oneflow webhook", f"for template type {types.FRAME_AGREEMENT}"),
        ("delete", "Oneflow webhook", "for all template types"),
    ], "the new one is there before the old one goes"
    bare.run("connect", "--template-type", "mapped", "--yes")

    assert [one.template_group_id for one in bare.world.oneflow.world.state.webhooks.values()] == [
        types.FRAME_AGREEMENT
    ]
    assert planned(bare) == [], "without the option what is there stays"
    assert planned(bare, "connect", "--template-type", "all")[0][2] == "for all template types"
    assert bare.run("connect", "--template-type", "4711", "--yes").code == 1
    assert bare.run("connect", "--template-type", "every", "--yes").code == 2


def test_disconnect_takes_away_what_connect_made_and_nothing_else(bare: Desk) -> None:
    before = registered(bare)
    world = bare.world.dataverse.world
    bare.run("connect", "--yes")
    others = world.add("webresource", {"name": "ofs_/theirs.js", "webresourcetype": 3, "content": "aGk="}, "")
    plan = planned(bare, "disconnect")

    done = bare.run("disconnect", "--yes", "--json")

    assert done.code == 0, done.err
    assert [(one["verb"], one["kind"], one["name"]) for one in done.json["changes"]] == plan
    assert others.id in world.rows["webresource"], "it was not ours"
    del world.rows["webresource"][others.id]
    assert registered(bare) == before
    assert planned(bare, "disconnect") == []


def test_a_publisher_that_others_use_stays(bare: Desk) -> None:
    bare.run("connect", "--yes")
    world = bare.world.dataverse.world
    [publisher] = world.rows["publisher"]
    theirs = {
        "uniquename": "theirs",
        "friendlyname": "Theirs",
        "version": "1.0",
        "publisherid": ("publisher", publisher),
    }
    world.add("solution", theirs, "")

    assert bare.run("disconnect", "--yes").code == 0

    assert [row.values["uniquename"] for row in world.rows["solution"].values()] == ["theirs"]
    assert list(world.rows["publisher"]) == [publisher]


@pytest.mark.parametrize("lost", ["the request", "the answer"])
def test_cut_short_at_any_write_it_goes_on_from_there(bare: Desk, lost: str) -> None:
    """The connection drops at one write after the other, until a run gets through."""
    stopped = 0
    for _ in range(60):
        made = len(bare.world.dataverse.world.rows.get("solutioncomponent", {}))
        bare.world.dataverse.faults.clear()
        skip = _Nth(bare, 3, Fault("drop", method="POST", times=1, after_commit=lost == "the answer"))
        done = bare.run("connect", "--yes")
        skip.stop()
        if done.code == 0:
            break
        stopped += 1
        assert "it goes on from there" in done.err
        assert len(bare.world.dataverse.world.rows.get("solutioncomponent", {})) >= made
    assert (done.code, stopped > 5) == (0, True)
    assert planned(bare) == []
    components = bare.world.dataverse.world.rows["solutioncomponent"].values()
    each = [str(row.values["objectid"]) for row in components]
    assert len(each) == len(set(each))


class _Nth:
    """From the nth write on, the fault strikes once."""

    def __init__(self, desk: Desk, nth: int, fault: Fault) -> None:
        self._sim, self._left, self._fault = desk.world.dataverse, nth, fault
        self._sim.after_write = self._count

    def _count(self, request: Any) -> None:
        self._left -= 1
        if self._left == 0:
            self._sim.faults.add(self._fault)

    def stop(self) -> None:
        self._sim.after_write = None
        self._sim.faults.clear()


def test_a_killed_process_is_taken_up_by_the_next_run(bare: Desk, tmp_path: Any) -> None:
    """SIGKILL in the middle of a write that Dynamics still does."""
    reached, go = threading.Event(), threading.Event()
    seen = []

    def hold(request: Any) -> None:
        seen.append(request.path)
        if len(seen) == 12:
            reached.set()
            go.wait(30)

    bare.world.dataverse.before_write = hold
    env = {**os.environ, **bare.env}
    command = [sys.executable, "-m", "cli", "--sign-in", "az", "connect", "--yes"]
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
    try:
        assert reached.wait(60)
        process.send_signal(signal.SIGKILL)
        assert process.wait(30) == -signal.SIGKILL
    finally:
        bare.world.dataverse.before_write = None
        go.set()
        process.kill()

    assert planned(bare) != []
    assert bare.run("connect", "--yes").code == 0
    assert planned(bare) == []


@pytest.mark.parametrize(
    "privilege",
    ["prvCreatePublisher", "prvCreateRole", "prvWriteRole", "prvWriteUser", "prvCreateServiceEndpoint",
     "prvCreateCustomAPI", "prvCreateSdkMessageProcessingStep", "prvCreateWebResource", "prvPublishCustomization"],
)  # fmt: skip
def test_who_lacks_a_right_is_told_which(bare: Desk, privilege: str) -> None:
    security = bare.world.dataverse.world.security
    held = {name: depth for name, depth in security.of_role(ADMINISTRATOR).items() if name != privilege}
    security.give(seed.SALESPERSON, held, replace=True)
    security.assign(seed.ADMINISTRATOR, seed.SALESPERSON)
    security.take(seed.ADMINISTRATOR, ADMINISTRATOR)

    done = bare.run("connect", "--yes")

    assert done.code == 1
    assert f"missing {privilege}" in done.err
    assert f"a role with {privilege}" in done.err


def test_an_administrator_needs_no_secret_of_the_application(bare: Desk) -> None:
    """Signed in through the Azure CLI, as all who connect are here."""
    del bare.env["DATAVERSE_CLIENT_SECRET"]

    assert bare.run("connect", "--yes").code == 0

    assert len(bare.world.dataverse.world.security.roles_of(seed.APPLICATION)) == 1


def test_the_application_itself_may_not_connect(bare: Desk) -> None:
    bare.as_app = True

    done = bare.run("connect", "--yes")

    assert done.code == 1
    assert "missing prv" in done.err
    assert bare.world.dataverse.world.security.roles_of(seed.APPLICATION) == []


def test_without_az_login_it_says_so(bare: Desk, tmp_path: Any) -> None:
    bare.env["PATH"] = str(tmp_path)

    done = bare.run("connect", "--yes")

    assert done.code == 1
    assert "az login" in done.err


@pytest.mark.parametrize("name", ["DYNAMICS_EVENTS_KEY", "PUBLIC_URL"])
def test_a_setting_that_connect_needs_is_asked_for(bare: Desk, name: str) -> None:
    del bare.env[name]

    done = bare.run("connect", "--yes")

    assert (done.code, f"Error: {name} is missing" in done.err) == (1, True)


def test_nothing_is_done_without_a_yes(bare: Desk) -> None:
    before = registered(bare)

    assert bare.run("connect", answer="n\n").code == 1
    assert registered(bare) == before
    assert bare.run("connect", answer="y\n").code == 0
    assert bare.run("connect", "--json").code == 2


def test_no_key_is_printed(bare: Desk) -> None:
    shown = bare.run("connect", "--dry-run")
    done = bare.run("connect", "--yes")

    keys = ("ONEFLOW_SIGN_KEYS", "ONEFLOW_WEBHOOK_KEY", "DYNAMICS_EVENTS_KEY", "ONEFLOW_API_TOKEN")
    told = shown.out + shown.err + done.out + done.err
    assert not [name for name in keys if bare.env[name] in told]
    rows = bare.world.dataverse.world.rows["serviceendpoint"].values()
    assert [row.values["authvalue"] for row in rows] == [bare.env["DYNAMICS_EVENTS_KEY"]]
