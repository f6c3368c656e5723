"""`connect --form`: the widget in a tab of its own on a form that an administrator names."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

import pytest

from dynamics.files.widget_tab import PARTS, look, put_in
from sandbox.dataverse.customizing.requests import DRAFT
from sandbox.dataverse.platform_tables import form, named
from tests.cli.desk import Desk

OPPORTUNITY, QUOTE = named("form", "opportunity"), named("form", "quote")
TAB = "widget's tab on form"


@pytest.fixture
def installed(desk: Desk) -> Iterator[Desk]:
    """The managed solution, connected; nobody has touched a form."""
    switches, before = desk.world.dataverse.switches, copy(desk.world.dataverse.switches)
    desk.bare()
    for command in (("solution", "install", "--managed", "--yes"), ("connect", "--yes")):
        done = desk.run(*command)
        assert done.code == 0, done.err
    yield desk
    switches.update(before.as_dict())


def formxml(desk: Desk, form_id: str = OPPORTUNITY) -> str:
    return str(values(desk, form_id)["formxml"])


def values(desk: Desk, form_id: str = OPPORTUNITY) -> dict[str, Any]:
    found: dict[str, Any] = desk.world.dataverse.world.row("systemform", form_id).values
    return found


def planned(desk: Desk, *arguments: str) -> list[str]:
    done = desk.run("connect", "--dry-run", "--json", *arguments)
    assert done.code == 0, done.err
    return [f"{one['verb']} {one['name']}" for one in done.json["changes"] if one["kind"] == TAB]


@pytest.mark.parametrize("chosen", ["opportunity", OPPORTUNITY, f"{{{OPPORTUNITY.upper()}}}"])
def test_a_form_is_named_by_its_table_or_its_id_and_gets_the_tab(installed: Desk, chosen: str) -> None:
    before = formxml(installed)
    done = installed.run("connect", "--yes", "--form", chosen)
    assert done.code == 0, done.err
    assert look(formxml(installed), OPPORTUNITY).own == PARTS
    assert DRAFT not in values(installed), "it is published"
    assert planned(installed, "--form", chosen) == planned(installed) == [], "it stays, asked for again or not"
    assert installed.run("disconnect", "--yes").code == 0
    assert look(formxml(installed), OPPORTUNITY).own == frozenset()
    assert formxml(installed).count("<tab ") == before.count("<tab ")
    assert installed.run("solution", "uninstall", "--yes").code == 0


def test_a_dry_run_names_the_form_and_touches_nothing(installed: Desk) -> None:
    before = formxml(installed, QUOTE)
    assert planned(installed, "--form", "quote") == [f"create Quote of quote ({QUOTE})"]
    assert formxml(installed, QUOTE) == before


def test_a_form_keeps_the_solution_until_disconnect(installed: Desk) -> None:
    installed.run("connect", "--yes", "--form", "quote")
    done = installed.run("solution", "uninstall", "--yes")
    assert done.code != 0
    assert f"form Quote of quote ({QUOTE}) needs web resource ofs_/widget.html" in done.err
    assert "Nothing was uninstalled." in done.err
    assert look(formxml(installed, QUOTE), QUOTE).own == PARTS


def test_a_tab_that_a_customizer_took_off_stays_off(installed: Desk) -> None:
    installed.run("connect", "--yes", "--form", "quote")
    whole = formxml(installed, QUOTE)
    start = whole.index('<tab name="ofs_oneflow"')
    values(installed, QUOTE)["formxml"] = whole[:start] + whole[whole.index("</tab>", start) + len("</tab>") :]
    assert planned(installed) == [f"delete Quote of quote ({QUOTE})"], "what the tab needed goes as well"
    installed.run("connect", "--yes")
    assert look(formxml(installed, QUOTE), QUOTE).own == frozenset()


def test_a_part_that_is_missing_is_put_back(installed: Desk) -> None:
    installed.run("connect", "--yes", "--form", "quote")
    whole = formxml(installed, QUOTE)
    start = whole.index("<events>")
    values(installed, QUOTE)["formxml"] = whole[:start] + whole[whole.index("</events>") + len("</events>") :]
    assert planned(installed) == [f"update Quote of quote ({QUOTE})"]
    installed.run("connect", "--yes")
    assert look(formxml(installed, QUOTE), QUOTE).own == PARTS


def test_a_copy_that_a_customer_made_is_theirs(installed: Desk) -> None:
    installed.run("connect", "--yes", "--form", "opportunity")
    copy_of = named("form", "a copy")
    installed.world.dataverse.world.add(
        "systemform", {**form("opportunity"), "name": "Ours", "formxml": formxml(installed)}, "", copy_of
    )
    assert planned(installed) == []
    done = installed.run("connect", "--yes", "--form", copy_of)
    assert done.code != 0 and "somebody put there" in done.err
    assert installed.run("disconnect", "--yes").code == 0
    assert look(formxml(installed, copy_of), copy_of).foreign, "the copy is left alone"
    done = installed.run("solution", "uninstall", "--yes")
    assert done.code != 0 and copy_of in done.err, "and is named as what still needs the solution"


def test_a_table_with_several_main_forms_needs_an_id(installed: Desk) -> None:
    second = named("form", "second")
    installed.world.dataverse.world.add("systemform", {**form("quote"), "name": "Slim quote"}, "", second)
    done = installed.run("connect", "--yes", "--form", "quote")
    assert done.code != 0
    assert QUOTE in done.err.replace("\n", "") and second in done.err.replace("\n", "")


@pytest.mark.parametrize(("chosen", "said"), [
    ("account", "there is none"), (named("form", "nowhere"), "there is none"), ("a form", "neither a form's id"),
])  # fmt: skip
def test_what_is_no_form_is_said(installed: Desk, chosen: str, said: str) -> None:
    done = installed.run("connect", "--yes", "--form", chosen)
    assert done.code != 0 and said in done.err


def test_somebodys_unpublished_work_is_not_published_with_ours(installed: Desk) -> None:
    values(installed, QUOTE)[DRAFT] = formxml(installed, QUOTE).replace("SUMMARY_TAB", "HALF_DONE")
    done = installed.run("connect", "--yes", "--form", "quote")
    assert done.code != 0 and "nobody published" in done.err
    assert "HALF_DONE" not in formxml(installed, QUOTE)


def test_a_run_that_ended_before_it_published_goes_on(installed: Desk) -> None:
    values(installed, QUOTE)[DRAFT] = put_in(formxml(installed, QUOTE), QUOTE)
    done = installed.run("connect", "--yes", "--form", "quote")
    assert done.code == 0, done.err
    assert look(formxml(installed, QUOTE), QUOTE).own == PARTS


def test_where_customizations_are_blocked_a_form_is_left_and_the_way_round_said(installed: Desk) -> None:
    installed.world.dataverse.switches.blocks_unmanaged = True
    done = installed.run("connect", "--yes", "--form", "quote")
    assert "the command bar opens the widget beside every form" in done.err
    assert look(formxml(installed, QUOTE), QUOTE).own == frozenset()


def test_without_the_solution_there_is_nothing_to_show(desk: Desk) -> None:
    done = desk.run("connect", "--yes", "--form", "quote")
    assert done.code != 0 and "solution install" in done.err
