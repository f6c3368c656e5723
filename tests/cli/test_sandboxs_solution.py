"""`make run` brings the solution into the sandbox's Dynamics: at first, again, over an older one, and in place of what
was connected without one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dynamics.build import solution
from dynamics.description.app import APP_TITLE
from dynamics.description.publisher import SOLUTION
from dynamics.description.roles import SELLER
from sandbox.dataverse import seed
from sandbox.pages import WIDGET
from sandbox.solution import install
from tests.cli.desk import Desk


def values(desk: Desk, kind: str) -> list[dict[str, Any]]:
    return [row.values for row in desk.world.dataverse.world.rows.get(kind, {}).values()]


def installed(desk: Desk) -> list[tuple[str, bool]]:
    ours = [one for one in values(desk, "solution") if one["uniquename"] == SOLUTION]
    return [(one["version"], bool(one.get("ismanaged"))) for one in ours]


def is_whole(desk: Desk, version: str) -> bool:
    app_there = [one["name"] for one in values(desk, "appmodule")].count(APP_TITLE.en) == 1
    address = [one["value"] for one in values(desk, "environmentvariablevalue")] == [desk.world.app_url]
    return installed(desk) == [(version, True)] and app_there and address


def test_it_comes_in_place_of_what_was_connected_without_a_solution(desk: Desk) -> None:
    assert [managed for _, managed in installed(desk)] == [False]
    version = install(desk.world)
    assert is_whole(desk, version)
    assert SELLER.id in desk.world.dataverse.world.security.roles_of(seed.SELLER)


def test_another_start_changes_nothing(desk: Desk) -> None:
    desk.bare()
    version = install(desk.world)
    before = {kind: set(rows) for kind, rows in desk.world.dataverse.world.rows.items()}
    assert install(desk.world) == version and is_whole(desk, version)
    assert {kind: set(rows) for kind, rows in desk.world.dataverse.world.rows.items()} == before


def test_the_widget_is_on_the_form_until_disconnect_so_that_the_solution_can_go(desk: Desk) -> None:
    install(desk.world)
    people = desk.world.dataverse.people
    assert people.is_on_form("opportunity", WIDGET)
    held = desk.run("solution", "uninstall", "--yes")
    assert held.code == 1 and "form Opportunity of opportunity" in held.err
    assert desk.run("disconnect", "--yes").code == 0
    assert not people.is_on_form("opportunity", WIDGET)
    done = desk.run("solution", "uninstall", "--yes")
    assert done.code == 0, done.err
    assert is_whole(desk, install(desk.world)), "and can come again"


def test_an_older_one_is_upgraded(desk: Desk, tmp_path: Path) -> None:
    desk.bare()
    file = tmp_path / "older.zip"
    file.write_bytes(solution(managed=True, version="1.0.0.1"))
    assert desk.run("solution", "install", "--yes", "--file", str(file)).code == 0
    assert installed(desk) == [("1.0.0.1", True)]
    assert is_whole(desk, install(desk.world))
