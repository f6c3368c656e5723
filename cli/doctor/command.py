"""`doctor`: is everything as the sync needs it?"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from cli.checks.finding import Finding, Level, count
from cli.doctor.examination import Examination
from cli.plural import plural
from cli.probe.command import ActFor, SecondUser, TemplateId, Wait, WorkspaceId
from cli.probe.command import run as run_probe
from cli.session import Session

_MARKS = {Level.OK: ("ok", "green"), Level.WARNING: ("warning", "yellow"), Level.FAILED: ("FAILED", "bold red")}


def doctor(
    context: typer.Context,
    app: Annotated[
        str | None, typer.Option(help="Also look at the deployed app at this address.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
    strict: Annotated[bool, typer.Option(help="Fail on warnings too.")] = False,
    probe: Annotated[
        bool, typer.Option("--probe", help="First ask the accounts as `probe` does, with the options below.")
    ] = False,
    template: TemplateId = None,
    workspace: WorkspaceId = None,
    second_user: SecondUser = None,
    act_for: ActFor = None,
    wait: Wait = 30.0,
) -> None:
    """Check settings, rights, fields and registrations; say what mends each fault. Exit code 1 if one is found."""
    session: Session = context.obj
    if probe:
        run_probe(session, template, workspace, second_user, act_for, wait)
    examination = Examination(session.env, lambda: session.operator, app)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, console=session.err, transient=True, disable=not session.err.is_terminal) as progress:
        bar = progress.add_task("settings", total=None)
        findings = examination.run(lambda name, of: progress.update(bar, description=name, total=of, advance=1))
    findings = [replace(one, text=session.as_typed(one.text), remedy=session.as_typed(one.remedy)) for one in findings]
    broken, doubtful = count(findings, Level.FAILED), count(findings, Level.WARNING)
    if as_json:
        found = [finding.to_json() for finding in findings]
        session.out.print_json(json.dumps({"failed": broken, "warnings": doubtful, "findings": found}))
    else:
        for finding in findings:
            _print(session, finding)
        session.out.print(
            f"\n{plural(len(findings), 'check')}: {broken} failed, {plural(doubtful, 'warning')}.", markup=False
        )
    if broken or (strict and doubtful):
        raise typer.Exit(1)


def _print(session: Session, finding: Finding) -> None:
    word, style = _MARKS[finding.level]
    session.out.print(Text.assemble((f"{word:<8}", style), f"{finding.text}"))
    if finding.remedy:
        session.out.print(Text(f"        -> {finding.remedy}"))
