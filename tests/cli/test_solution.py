"""The solution in Dynamics: staged, installed, upgraded, exported and uninstalled through the command line, against a
simulator that reads the file by itself and refuses what Dynamics is known to refuse."""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from dynamics.build import solution
from dynamics.description.contract import CONTRACT, OPTIONS
from dynamics.description.publisher import SOLUTION
from dynamics.description.table import Column, ColumnKind
from dynamics.description.whole import Whole
from dynamics.description.words import Text
from sandbox.administrator import Administrator
from sandbox.dataverse import seed
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.words import Direction
from sync_core.usecases.administration.registrations import not_announced
from tests.cli.desk import Desk, Done
from tests.solution.edited import drop, edited, swap


@pytest.fixture
def bare(desk: Desk) -> Iterator[Desk]:
    """Nothing is registered yet, and nothing installed."""
    switches, before = desk.world.dataverse.switches, copy(desk.world.dataverse.switches)
    desk.bare()
    yield desk
    switches.update(before.as_dict())


def rows(desk: Desk, kind: str, by: str = "name") -> dict[str, dict[str, Any]]:
    found = desk.world.dataverse.world.rows.get(kind, {})
    return {str(row.values[by]): row.values for row in found.values()}


def install(desk: Desk, *arguments: str) -> Done:
    done = desk.run("solution", "install", "--yes", *arguments)
    assert done.code == 0, done.err
    return done


def newer(folder: Path, managed: bool, version: str = "9.0.0.1", column: str = "ofs_Colour") -> str:
    """A later release: a column more, and a page that reads otherwise."""
    whole = Whole()
    more = Column(column, ColumnKind.TEXT, Text("Colour", "Färg"), Text("New.", "Ny."), 50, "text")
    page = replace(whole.pages[0], content=whole.pages[0].content + b" ")
    changed = replace(whole, table=replace(CONTRACT, columns=(*CONTRACT.columns, more)), pages=(page, *whole.pages[1:]))
    file = folder / f"{version}.zip"
    file.write_bytes(solution(managed, changed, version))
    return str(file)


def older(folder: Path, managed: bool, version: str = "1.0.0.1") -> str:
    file = folder / "older.zip"
    file.write_bytes(solution(managed, None, version))
    return str(file)


def put(folder: Path, content: bytes) -> str:
    file = folder / "given.zip"
    file.write_bytes(content)
    return str(file)


@pytest.mark.parametrize("managed", [[], ["--managed"]], ids=["unmanaged", "managed"])
def test_everything_that_is_described_is_there_after_an_import(bare: Desk, managed: list[str]) -> None:
    done = install(bare, *managed)

    whole = Whole()
    assert "nothing is missing" in done.out and "run `python -m cli --sign-in az connect`" in done.out
    world = bare.world.dataverse.world
    table = world.tables["ofs_contract"]
    assert {column.logical for column in CONTRACT.columns} <= table.attributes.keys()
    assert table.keys == {"ofs_ContractKey": ("ofs_contractnumber", "ofs_installation")}
    assert set(rows(bare, "webresource")) == {page.name for page in whole.pages}
    assert {role.name for role in whole.roles} <= rows(bare, "role").keys()
    assert set(rows(bare, "customapi", "uniquename")) == {message.name for message in whole.messages}
    assert rows(bare, "customapi", "uniquename")["ofs_PushUpdates"]["executeprivilegename"] == "prvReadofs_Contract"
    assert set(rows(bare, "appaction", "uniquename")) == {command.name for command in whole.commands}
    assert set(rows(bare, "savedquery")) == {view.label.en for view in whole.views}
    assert rows(bare, "appmodule", "uniquename")["ofs_oneflow"]["#settings"]["AllowNotificationsEarlyAccess"] == "true"
    assert rows(bare, "solution", "uniquename")[SOLUTION]["ismanaged"] is bool(managed)
    steps = rows(bare, "sdkmessageprocessingstep")
    assert {one["statecode"] for one in steps.values()} == {1}, "no event goes out before `connect` said where to"


def test_what_is_only_staged_is_not_installed(bare: Desk) -> None:
    done = bare.run("solution", "install", "--stage-only")
    assert (done.code, done.err) == (0, "")
    assert "can be imported" in done.out
    assert "ofs_contract" not in bare.world.dataverse.world.tables and rows(bare, "solution") == {}


def test_where_opportunities_are_missing_it_says_so_and_installs_nothing(bare: Desk) -> None:
    del bare.world.dataverse.world.tables["quote"]
    done = bare.run("solution", "install", "--yes")
    assert done.code == 1
    assert "It needs quote, which is not in this environment." in done.err
    assert "Nothing was installed." in done.err and rows(bare, "webresource") == {}


def test_rows_are_upserted_by_the_key_and_point_to_records(bare: Desk) -> None:
    """As the app will: by the alternate key, with the names and numbers of the description."""
    install(bare, "--managed")
    api = bare.operator.dataverse
    world = bare.world.dataverse.world
    role = next(row for row in world.rows["role"].values() if row.values["name"] == "Oneflow sync application")
    world.security.assign(seed.APPLICATION, role.id)
    path = "ofs_contracts(ofs_contractnumber='70001',ofs_installation='a1')"
    body = {
        "ofs_name": "Frame agreement",
        "ofs_syncstate": OPTIONS["ofs_syncstate"]["conflict"],
        "ofs_OpportunityId@odata.bind": f"/opportunities({seed.OPPORTUNITY})",
    }
    with bare.settings():
        for name in ("First", "Second"):
            api.call("PATCH", path, json={**body, "ofs_name": name})
    [row] = world.rows["ofs_contract"].values()
    assert row.values["ofs_name"] == "Second"
    assert row.values["ofs_opportunityid"] == ("opportunity", seed.OPPORTUNITY)


@pytest.mark.parametrize("managed", [False, True], ids=["unmanaged", "managed"])
def test_an_upgrade_brings_a_column_and_a_changed_page_and_keeps_rows(
    bare: Desk, tmp_path: Path, managed: bool
) -> None:
    install(bare, *(["--managed"] if managed else []))
    world = bare.world.dataverse.world
    row = world.add("ofs_contract", {"ofs_name": "Kept", "ofs_contractnumber": "1"}, "")

    done = bare.run("solution", "upgrade", "--yes", "--file", newer(tmp_path, managed))

    assert done.code == 0, done.err
    assert "ofs_colour" in world.tables["ofs_contract"].attributes
    assert world.rows["ofs_contract"][row.id].values["ofs_name"] == "Kept"
    first = Whole().pages[0]
    assert base64.b64decode(rows(bare, "webresource")[first.name]["content"]) == first.content + b" "
    assert rows(bare, "solution", "uniquename").keys() == {SOLUTION}, "no holding solution is left"
    assert rows(bare, "solution", "uniquename")[SOLUTION]["version"] == "9.0.0.1"


def test_what_a_managed_upgrade_no_longer_holds_goes(bare: Desk, tmp_path: Path) -> None:
    install(bare, "--managed")
    bare.run("solution", "upgrade", "--yes", "--file", newer(tmp_path, True))
    again = newer(tmp_path, True, "9.0.0.2", "ofs_Shape")
    assert bare.run("solution", "upgrade", "--yes", "--file", again).code == 0
    columns = bare.world.dataverse.world.tables["ofs_contract"].attributes
    assert "ofs_shape" in columns and "ofs_colour" not in columns


@pytest.mark.parametrize("managed", [False, True], ids=["unmanaged", "managed"])
def test_a_downgrade_is_refused(bare: Desk, tmp_path: Path, managed: bool) -> None:
    install(bare, *(["--managed"] if managed else []))
    before = rows(bare, "solution", "uniquename")[SOLUTION]["version"]
    done = bare.run("solution", "upgrade", "--yes", "--file", older(tmp_path, managed))
    assert done.code == 1 and "the same or lower" in done.err
    assert rows(bare, "solution", "uniquename")[SOLUTION]["version"] == before


def test_installing_twice_says_how_to_upgrade(bare: Desk) -> None:
    install(bare)
    done = bare.run("solution", "install", "--yes")
    assert done.code == 1 and "solution upgrade" in done.err


def test_upgrading_what_is_not_there_says_how_to_install(bare: Desk) -> None:
    assert "solution install" in bare.run("solution", "upgrade", "--yes").err


def test_where_the_endpoint_is_blocked_as_well_no_step_is_switched_on_and_nothing_is_half_done(bare: Desk) -> None:
    """Whether its address and key may be set there is not documented."""
    switches = bare.world.dataverse.switches
    switches.blocks_unmanaged = switches.blocks_endpoint = True
    install(bare, "--managed")
    bare.world.dataverse.log.clear()

    asked = bare.run("connect", answer="y\ny\nn\n")

    assert asked.code == 1
    assert "where Dynamics sends its events, and with which key, cannot be set there" in asked.err
    assert "steps stay switched off" in asked.err
    written = [entry for entry in bare.world.dataverse.log.writes() if entry.status < 300]
    assert written == [], "nothing is half done"

    done = bare.run("connect", "--yes")
    assert done.code == 0, done.err
    steps = rows(bare, "sdkmessageprocessingstep").values()
    assert {one["statecode"] for one in steps} == {1}
    [value] = bare.world.dataverse.world.rows["environmentvariablevalue"].values()
    assert value.values["value"] == bare.env["PUBLIC_URL"]
    row = FieldMapping("name", "customer_name", Direction.TWO_WAY)
    assert not_announced(bare.operator.marks.all(), EntityMapping("opportunity", (row,))) == ["name"]


def test_upgrading_to_the_version_that_is_there_has_nothing_to_do(bare: Desk) -> None:
    """As whoever upgrades the app does, whether or not that release changed anything in Dynamics."""
    install(bare, "--managed")
    bare.world.dataverse.log.clear()
    done = bare.run("solution", "upgrade", "--yes")
    assert (done.code, done.err) == (0, "") and "Nothing to do" in done.out
    assert bare.world.dataverse.log.writes() == []


def test_a_managed_file_is_not_taken_over_an_unmanaged_one(bare: Desk, tmp_path: Path) -> None:
    install(bare)
    done = bare.run("solution", "upgrade", "--yes", "--file", newer(tmp_path, managed=True))
    assert done.code == 1 and "already installed as an unmanaged package" in done.err


def test_an_upgrade_that_was_left_unfinished_does_not_block_the_next(bare: Desk, tmp_path: Path) -> None:
    install(bare, "--managed")
    world = bare.world.dataverse.world
    [installed] = [row for row in world.rows["solution"].values() if row.values["uniquename"] == SOLUTION]
    left = {**installed.values, "uniquename": f"{SOLUTION}_Upgrade", "version": "8.0.0.0"}
    world.add("solution", {name: value for name, value in left.items() if not name.startswith("#")}, "")
    done = bare.run("solution", "upgrade", "--yes", "--file", newer(tmp_path, True))
    assert (done.code, "left unfinished" in done.out) == (0, True), done.err


def test_uninstalling_a_managed_solution_leaves_nothing_and_it_can_be_installed_again(bare: Desk) -> None:
    world = bare.world.dataverse.world
    before = {kind: set(each) for kind, each in world.rows.items()}
    install(bare, "--managed")
    world.add("ofs_contract", {"ofs_name": "Goes"}, "")

    asked = bare.run("solution", "uninstall", answer="n\n")
    assert asked.code == 1 and "Its table goes with every row in it" in asked.out
    assert "ofs_contract" in world.tables

    done = bare.run("solution", "uninstall", "--yes")

    assert done.code == 0, done.err
    assert "ofs_contract" not in world.tables and "ofs_contract" not in world.rows
    kept = ("importjob", "asyncoperation", "privilege", "sdkmessagefilter", "publisher")
    left = {kind: set(each) - before.get(kind, set()) for kind, each in world.rows.items() if kind not in kept}
    assert {kind: each for kind, each in left.items() if each} == {}
    install(bare, "--managed")


def test_an_unmanaged_solution_leaves_its_components_and_says_so(bare: Desk) -> None:
    install(bare)
    done = bare.run("solution", "uninstall", "--yes")
    assert (done.code, "its components stay" in done.out) == (0, True)
    assert rows(bare, "webresource") and rows(bare, "solution") == {}


def test_uninstalling_what_is_not_there_does_nothing(bare: Desk) -> None:
    assert "not installed" in bare.run("solution", "uninstall", "--yes").out


def test_an_export_is_what_was_imported_and_as_managed_in_one_word_another(bare: Desk) -> None:
    install(bare)
    api = bare.administrator.dataverse
    for managed in (False, True):
        body = {"SolutionName": SOLUTION, "Managed": managed}
        given = base64.b64decode(api.call("POST", "ExportSolution", json=body).data["ExportSolutionFile"])
        assert _inside(given) == _inside(solution(managed))


def _inside(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name) for name in zipped.namelist()}


REFUSED = {
    "a privilege that does not exist": (swap("prvReadofs_Contract", "prvSeeofs_Contract"), "prvSeeofs_Contract"),
    "a column of type memo": (swap("<Type>ntext</Type>", "<Type>memo</Type>"), "memo of ofs_Signers is not supported"),
    "a view without the wrapper": (swap("<savedqueries>(.*)</savedqueries>", r"\1"), "SavedQueries"),
    "a page whose file is missing": (drop("^WebResources/ofs_widgethtml"), "is missing"),
    "no list of kinds": (drop("Content_Types"), "must contain"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_the_simulator_refuses_by_itself_what_dynamics_refuses(bare: Desk, case: str) -> None:
    edit, said = REFUSED[case]
    body = {"CustomizationFile": base64.b64encode(edited(edit)).decode(), "PublishWorkflows": False}
    url, token = bare.env["DATAVERSE_URL"], Administrator(bare.world.identity).get_token(bare.env["DATAVERSE_URL"])
    answer = requests.post(
        f"{url}/api/data/v9.2/ImportSolution", json=body, headers={"Authorization": f"Bearer {token.token}"}, timeout=30
    )
    assert answer.status_code == 400 and said in answer.json()["error"]["message"]
    assert "ofs_contract" not in bare.world.dataverse.world.tables, "nothing of it is there"


def test_a_faulty_file_is_told_before_dynamics_is_asked(bare: Desk, tmp_path: Path) -> None:
    bare.world.dataverse.log.clear()
    file = put(tmp_path, edited(swap("<Stage>40</Stage>", "<Stage>99</Stage>")))
    done = bare.run("solution", "install", "--yes", "--file", file)
    assert done.code == 1 and "steps: the step" in done.err
    assert bare.world.dataverse.log.writes() == []


def test_one_import_at_a_time(bare: Desk) -> None:
    api = bare.administrator.dataverse
    body = {"CustomizationFile": base64.b64encode(solution()).decode(), "PublishWorkflows": False}
    first = api.call("POST", "ImportSolutionAsync", json=body).data
    with pytest.raises(Exception, match="0x80071151"):
        api.call("POST", "ImportSolutionAsync", json=body)
    for _ in range(2):
        job = api.call("GET", "importjobs({id})", at={"id": first["ImportJobKey"]}).data
    assert job["progress"] == 100


def test_an_unmanaged_import_is_refused_where_such_are_blocked(bare: Desk) -> None:
    bare.world.dataverse.switches.blocks_unmanaged = True
    done = bare.run("solution", "install", "--yes")
    assert done.code == 1 and "doesn't allow unmanaged customizations" in done.err
    install(bare, "--managed")


def test_who_may_not_import_is_told_which_privilege_is_missing(bare: Desk) -> None:
    bare.as_app = True
    done = bare.run("solution", "install", "--yes")
    assert done.code == 1 and "missing prvReadSolution" in done.err


def test_what_connect_made_without_a_solution_is_taken_away_first(bare: Desk) -> None:
    bare.run("connect", "--yes")
    done = bare.run("solution", "install", "--yes")
    assert done.code == 1 and "`python -m cli disconnect`, then install" in done.err
    bare.run("disconnect", "--yes")
    install(bare)


# --- what `connect` does then -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("managed", [[], ["--managed"]], ids=["unmanaged", "managed"])
def test_connect_after_an_import_does_only_what_differs_per_environment(bare: Desk, managed: list[str]) -> None:
    install(bare, *managed)

    done = bare.run("connect", "--yes", "--json")

    assert (done.code, done.err) == (0, "")
    kinds = {one["kind"] for one in done.json["changes"]}
    assert kinds == {
        "privileges of role", "role of the application user", "service endpoint", "step", "environment variable",
        "Oneflow webhook",
    }  # fmt: skip
    [endpoint] = rows(bare, "serviceendpoint").values()
    assert endpoint["authvalue"] == bare.env["DYNAMICS_EVENTS_KEY"]
    assert endpoint["url"] == f"{bare.env['PUBLIC_URL']}/api/dynamics/events"
    steps = rows(bare, "sdkmessageprocessingstep")
    assert steps["Oneflow sync: Update of opportunity"]["statecode"] == 0
    assert steps["Oneflow sync: Update of opportunity"]["filteringattributes"]
    assert steps["Oneflow sync: Update of quote"]["statecode"] == 1, "no quote is mapped"
    assert "Oneflow sync: ofs_PushUpdates" in steps
    [value] = bare.world.dataverse.world.rows["environmentvariablevalue"].values()
    assert value.values["value"] == bare.env["PUBLIC_URL"]
    assert "Nothing to do" in bare.run("connect", "--yes").out


def test_after_disconnect_a_managed_solution_can_be_uninstalled(bare: Desk) -> None:
    install(bare, "--managed")
    bare.run("connect", "--yes")
    held = bare.run("solution", "uninstall", "--yes")
    assert held.code == 1 and "step" in held.err and "`python -m cli disconnect` first" in held.err

    assert bare.run("disconnect", "--yes").code == 0

    done = bare.run("solution", "uninstall", "--yes")
    assert done.code == 0, done.err
    assert rows(bare, "webresource") == {} and rows(bare, "sdkmessageprocessingstep") == {}


def test_a_further_table_gets_its_commands_from_connect(bare: Desk) -> None:
    install(bare, "--managed")
    bare.map([("new_name", "customer_name", "two_way")], "new_project")
    try:
        bare.run("connect", "--yes")
        commands = rows(bare, "appaction", "uniquename")
        assert {"ofs_new_project_contracts", "ofs_new_project_push"} <= commands.keys()
        assert "Nothing to do" in bare.run("connect", "--yes").out
        bare.run("disconnect", "--yes")
        assert "ofs_new_project_push" not in rows(bare, "appaction", "uniquename")
        assert "ofs_quote_push" in rows(bare, "appaction", "uniquename"), "the solution's own stay"
    finally:
        bare.map([], "new_project")


def test_commands_that_an_import_passes_over_are_made_by_connect(bare: Desk) -> None:
    """The folder of commands in a solution's file is not documented."""
    bare.world.dataverse.switches.imports_commands = False
    install(bare, "--managed")
    assert rows(bare, "appaction", "uniquename") == {}
    bare.run("connect", "--yes")
    assert set(rows(bare, "appaction", "uniquename")) == {command.name for command in Whole().commands}


def test_steps_that_come_switched_on_are_taken_as_they_are(bare: Desk) -> None:
    bare.world.dataverse.switches.imported_steps_are_disabled = False
    install(bare, "--managed")
    bare.run("connect", "--yes")
    assert "Nothing to do" in bare.run("connect", "--yes").out


def test_where_customizations_are_blocked_it_is_said_before_anything_is_done(bare: Desk) -> None:
    bare.world.dataverse.switches.blocks_unmanaged = True
    install(bare, "--managed")
    bare.world.dataverse.log.clear()

    asked = bare.run("connect", answer="y\nn\n")

    assert asked.code == 1
    assert "blocks unmanaged customizations. Not possible there" in asked.err
    assert "the role keeps what the solution gives it" in asked.err
    done = [entry for entry in bare.world.dataverse.log.writes() if entry.status < 300]
    assert done == [], "nothing is half done"

    assert bare.run("connect", "--yes").code == 0
    [endpoint] = rows(bare, "serviceendpoint").values()
    steps = rows(bare, "sdkmessageprocessingstep")
    assert endpoint["authvalue"] == bare.env["DYNAMICS_EVENTS_KEY"]
    assert steps["Oneflow sync: Update of opportunity"]["statecode"] == 0
    assert steps["Oneflow sync: Update of opportunity"]["filteringattributes"] is None, "told of any column"
    assert "Oneflow sync: ofs_PushUpdates" not in steps
    marks, row = bare.operator.marks.all(), FieldMapping("name", "customer_name", Direction.TWO_WAY)
    assert not_announced(marks, EntityMapping("opportunity", (row,))) == [], "its step watches every column"
    assert not_announced(marks, EntityMapping("account", (row,))) == ["name"], "no step could be made for it"
    held = bare.world.dataverse.world.security.of_user(seed.APPLICATION)
    assert {"prvReadOpportunity", "prvWriteOpportunity", "prvWriteofs_Contract"} <= held.keys()
