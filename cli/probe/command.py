"""`probe`: what nobody could confirm of Oneflow and Dynamics, asked of the real accounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from cli.listing import print_rows
from cli.plural import plural
from cli.probe.draft import Place
from cli.probe.dynamics import DynamicsProbe
from cli.probe.oneflow import OneflowProbe
from cli.probe.samples import Samples
from cli.session import Session
from sync_core.engine.model.instants import instant_text
from sync_core.engine.model.probed import AT, NOT_SEEN, PREFIX, QUESTIONS, answers_of, verdict_of

TemplateId = Annotated[int | None, typer.Option(help="A template with data fields: the draft is made from it.")]
WorkspaceId = Annotated[int | None, typer.Option(help="The workspace that the draft is made in.")]
SecondUser = Annotated[str | None, typer.Option(help="E-mail of another Oneflow user, who writes to the draft too.")]
ActFor = Annotated[str | None, typer.Option(help="Entra object id of somebody to act for in Dynamics.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for the draft's webhook.", min=0)]


def probe(
    context: typer.Context,
    template: TemplateId = None,
    workspace: WorkspaceId = None,
    second_user: SecondUser = None,
    act_for: ActFor = None,
    wait: Wait = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answers as JSON.")] = False,
    samples: Annotated[
        Path | None,
        typer.Option(help="Folder for the shapes of Oneflow's answers, without a value.", show_default=False),
    ] = None,
    show: Annotated[bool, typer.Option(help="Only print what was answered last time.")] = False,
) -> None:
    """Ask the accounts what their documentation leaves open, on a draft in Oneflow that nobody is told of and that is
    removed at the end. Dynamics is only read. The sync uses the answers; print them for a bug report."""
    session: Session = context.obj
    if not show:
        run(session, template, workspace, second_user, act_for, wait, samples)
    marks = session.operator.marks.all()
    print_answers(session, answers_of(marks), marks.get(AT), as_json)


def run(
    session: Session,
    template: int | None,
    workspace: int | None,
    second_user: str | None = None,
    act_for: str | None = None,
    wait: float = 30.0,
    samples: Path | None = None,
) -> dict[str, str]:
    """The answers, which are kept as they come; a question that was not answered keeps none of before."""
    if template is None or workspace is None:
        raise typer.BadParameter("name a template and a workspace for the draft", param_hint="--template, --workspace")
    if act_for is not None and not _is_id(act_for):
        raise typer.BadParameter("give the object id that Entra ID has of somebody", param_hint="--act-for")
    operator = session.operator
    answers: dict[str, str] = {}
    recorded = Samples(operator.settings.oneflow_url)
    operator.oneflow.listen(recorded.heard)
    with session.err.status("Asking Oneflow ...") as status:
        oneflow = OneflowProbe(
            operator,
            Place(template, workspace),
            second_user,
            wait,
            told=lambda what: status.update(f"Asking Oneflow: {what} ..."),
        )
        dynamics = DynamicsProbe(operator, act_for, lambda: datetime.now(UTC))
        for asked in (oneflow.run, dynamics.run):
            for question, position in asked():
                answers[question] = position
                operator.marks.set(PREFIX + question, position)
    for question in QUESTIONS.keys() - answers.keys():
        operator.marks.set(PREFIX + question, NOT_SEEN)
    operator.marks.set(AT, instant_text(datetime.now(UTC)))
    if samples is not None:
        session.err.print(f"Shapes without values: {recorded.save(samples, answers)}", markup=False)
    for what in (*oneflow.unasked, *dynamics.unasked):
        session.err.print(f"Not asked: {what}.", markup=False)
    if oneflow.removed:
        session.err.print(f"Removed {plural(oneflow.removed, 'draft')} that a probe had left behind.", markup=False)
    return answers


def print_answers(session: Session, answers: Mapping[str, str], at: str | None, as_json: bool) -> None:
    """Positions only: no value, no name, no address, no secret."""
    told = [
        {"question": name, "text": one.text, "verdict": _verdict(name, answers), "seen": answers.get(name, NOT_SEEN)}
        for name, one in QUESTIONS.items()
    ]
    if as_json:
        session.out.print_json(json.dumps({"at": at, "answers": told}))
        return
    session.out.print(f"What the accounts answered ({at or 'never asked'}):", markup=False)
    rows = [(one["text"], one["verdict"], "not seen" if one["seen"] == NOT_SEEN else one["seen"]) for one in told]
    print_rows(session.out, ("assumption", "as assumed?", "seen"), rows)


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _verdict(name: str, answers: Mapping[str, str]) -> str:
    return verdict_of(name, answers.get(name, NOT_SEEN))
