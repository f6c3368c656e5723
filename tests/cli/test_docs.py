"""docs/cli.md stays true: every command in it is run, and must say what stands there (`...` stands for any lines)."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
import typer.main

from cli.app import app
from sync_core.engine.model.jobs import SyncJob
from tests.cli.desk import Desk

DOCS = Path(__file__).resolve().parents[2] / "docs" / "cli.md"
_BLOCK = re.compile(
    r"(?:<!-- (?P<state>[^>]+) -->\n)?```console\n\$ python -m cli(?P<command>[^\n]*)\n(?P<output>.*?)```", re.S
)


def _dead_letter(desk: Desk) -> None:
    with desk.settings():
        desk.operator._letters.add(70001, "not_allowed", "Oneflow refused the user.", SyncJob(70001))


STATES: dict[str | None, Callable[[Desk], object]] = {
    None: lambda desk: None,
    "nothing registered": Desk.bare,
    "a mapping that was changed": lambda desk: desk.map([("name", "customer_name", "two_way")]),
    "a Oneflow user who is not active": lambda desk: desk.world.oneflow.people.change_user(
        desk.env["ONEFLOW_USER_EMAIL"], active=False
    ),
}


def blocks() -> list[re.Match[str]]:
    return list(_BLOCK.finditer(DOCS.read_text(encoding="utf-8")))


def pattern(output: str) -> str:
    lines = (".*?" if line.strip() == "..." else re.escape(line.rstrip()) for line in output.strip().splitlines())
    return r"\s*".join(lines)


@pytest.mark.parametrize("block", blocks(), ids=lambda block: block["command"].strip() or "python -m cli")
def test_a_command_says_what_the_documentation_shows(desk: Desk, block: re.Match[str]) -> None:
    STATES[block["state"]](desk)

    done = desk.run(*shlex.split(block["command"]))

    said = "\n".join(line.rstrip() for line in (done.out + done.err).strip().splitlines())
    assert re.fullmatch(pattern(block["output"]), said, re.S), said


def test_every_command_is_documented() -> None:
    command = typer.main.get_command(app)
    names = []
    for name, one in command.commands.items():  # type: ignore[attr-defined]
        names += [f"{name} {inner}" for inner in getattr(one, "commands", {})] or [name]

    documented = {block["command"].strip() for block in blocks()}

    assert {f"{name} --help" for name in names} <= documented
