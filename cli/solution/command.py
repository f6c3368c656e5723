"""`solution`: install, upgrade, uninstall, each after Dynamics was asked whether it would work."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn

from cli.session import Session
from cli.solution.web_api import Component, Installed, SolutionsInDynamics, Staged
from dynamics.build import solution
from dynamics.checks.package import Package
from dynamics.checks.whole import faults
from dynamics.description.publisher import LOOSE_VERSION, SOLUTION
from sync_core.errors import Invalid

commands = typer.Typer(no_args_is_help=True, help="What lives in Dynamics: install, upgrade, uninstall.")
Managed = Annotated[
    bool, typer.Option("--managed", help="The managed solution: for environments where nobody develops.")
]
StageOnly = Annotated[
    bool, typer.Option("--stage-only", help="Ask Dynamics whether it would work, and install nothing.")
]
File = Annotated[
    Path | None,
    typer.Option(
        help="A zip to import, such as the export of a development environment, instead of the one that is built here.",
        exists=True,
        dir_okay=False,
        show_default=False,
    ),
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]


@commands.command()
def install(
    context: typer.Context, managed: Managed = False, stage_only: StageOnly = False, file: File = None, yes: Yes = False
) -> None:
    """Import the solution where it is not installed yet."""
    session: Session = context.obj
    there, content = SolutionsInDynamics(session.operator.dataverse), _content(file, managed)
    known = there.installed()
    if known is not None:
        raise Invalid(_is_there(known))
    _import(session, there, content, stage_only, yes, upgrades=False)


@commands.command()
def upgrade(context: typer.Context, stage_only: StageOnly = False, file: File = None, yes: Yes = False) -> None:
    """Import a newer version over the one that is installed, as managed or unmanaged as that is."""
    session: Session = context.obj
    there = SolutionsInDynamics(session.operator.dataverse)
    known = there.installed()
    if known is None:
        raise Invalid("The solution is not installed; `python -m cli solution install` does that.")
    if known.version == LOOSE_VERSION:
        raise Invalid(_is_there(known))
    content = _content(file, known.managed)
    if file is None and Package.read(content).manifest.findtext("Version") == known.version:
        text = f"Nothing to do: version {known.version} is installed, and nothing in it changed."
        session.out.print(text, markup=False)
        return
    if known.managed and (left := there.left_over()):
        session.out.print(f"An upgrade to {left.version} was left unfinished; it is taken away first.", markup=False)
        if not stage_only:
            there.delete(left)
    _import(session, there, content, stage_only, yes, upgrades=known.managed)


@commands.command()
def uninstall(context: typer.Context, yes: Yes = False) -> None:
    """Take the solution away, with its table and all rows in it. Links, mappings and histories stay: they are the
    app's."""
    session: Session = context.obj
    there = SolutionsInDynamics(session.operator.dataverse)
    known = there.installed()
    if known is None:
        session.out.print("Nothing to do: the solution is not installed.", markup=False)
        return
    held = there.dependents()
    if held:
        for one in held:
            session.err.print(one, markup=False)
        text = (
            "Other components need the solution. Run `python -m cli disconnect` first, and take what is left out of "
            "their designers. Nothing was uninstalled."
        )
        raise Invalid(text)
    text = (
        "Its table goes with every row in it, and with the signed documents that are kept there. Links, mappings and "
        "histories stay: they are the app's."
        if known.managed
        else "It was imported unmanaged: its components stay, and only the folder around them goes."
    )
    session.out.print(text, markup=False)
    if not yes and not typer.confirm(f"Uninstall version {known.version}?"):
        raise typer.Exit(1)
    with session.err.status("Uninstalling ..."):
        there.delete(known)
    session.out.print(f"Uninstalled {SOLUTION} {known.version}.", markup=False)


def _import(
    session: Session, there: SolutionsInDynamics, content: bytes, stage_only: bool, yes: bool, upgrades: bool
) -> None:
    version = Package.read(content).manifest.findtext("Version")
    with session.err.status("Asking Dynamics whether it would work ..."):
        staged = there.stage(content)
    if staged.problems:
        for problem in staged.problems:
            session.err.print(problem, markup=False)
        raise Invalid("Dynamics would not take it. Nothing was installed.")
    session.out.print(f"Version {version} can be imported: nothing is missing.", markup=False)
    if stage_only:
        return
    if not yes and not typer.confirm("Import it?"):
        raise typer.Exit(1)
    _report(session, _imported(session, there, staged, upgrades))
    if upgrades:
        there.promote()
    there.publish()
    session.out.print(
        session.as_typed(f"Installed {SOLUTION} {version}. Now run `python -m cli connect`."), markup=False
    )


def _imported(session: Session, there: SolutionsInDynamics, staged: Staged, upgrades: bool) -> list[Component]:
    columns = (BarColumn(), TextColumn("{task.percentage:.0f} % {task.description}"))
    with Progress(*columns, console=session.err, transient=True, disable=not session.err.is_terminal) as progress:
        bar = progress.add_task("importing", total=100)
        return list(there.install(staged, upgrades, lambda done: progress.update(bar, completed=done)))


def _report(session: Session, found: list[Component]) -> None:
    failed = [one for one in found if one.error]
    for one in failed:
        session.err.print(f"{one.kind} {one.name}: {one.error}", markup=False)
    if failed:
        raise Invalid(f"{len(failed)} of {len(found)} components failed. Dynamics took nothing of it.")
    kinds = Counter(one.kind for one in found)
    listed = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    session.out.print(f"{len(found)} components: {listed}.", markup=False)


def _content(file: Path | None, managed: bool) -> bytes:
    content = file.read_bytes() if file else solution(managed)
    found = faults(content)
    if found:
        raise Invalid(f"The solution's file is faulty: {'; '.join(map(str, found[:5]))}.")
    return content


def _is_there(known: Installed) -> str:
    if known.version == LOOSE_VERSION:
        return (
            "What is in Dynamics was made by `connect` without a solution. Run `python -m cli disconnect`, then "
            "install, then `connect`: mappings, links and histories stay."
        )
    return f"Version {known.version} is installed; `python -m cli solution upgrade` brings a newer one."
