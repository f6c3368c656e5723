"""`connect` and `disconnect`: first the plan, then, once it is confirmed, exactly that."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn
from rich.text import Text

from cli.connect.blocked import Blocked
from cli.connect.items import Change, Kind, Verb
from cli.connect.registration import ConnectRequest, Registration
from cli.session import Session

_STYLES = {Verb.CREATE: "green", Verb.UPDATE: "yellow", Verb.DELETE: "red"}
DryRun = Annotated[bool, typer.Option(help="Show what would be done, and do nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do it without asking.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the changes as JSON (with --dry-run or --yes).")]


def connect(
    context: typer.Context,
    template_type: Annotated[
        list[str] | None,
        typer.Option(
            help="Template types whose contracts Oneflow's webhooks are for: an id (again for more), `mapped` for "
            "those with a mapped field, or `all`. Without it: as it is, and all at first.",
            show_default=False,
        ),
    ] = None,
    form: Annotated[
        list[str] | None,
        typer.Option(
            help="Put the widget into a tab of its own on this main form as well: the form's id, or the table's name "
            "where it has one main form. `disconnect` takes it off again.",
            show_default=False,
        ),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Make, or bring up to date, what Oneflow and Dynamics need to know of the app. Safe to repeat."""
    chosen = template_type or []
    for one in chosen:
        if one not in ("all", "mapped") and not (one.isascii() and one.isdigit()):
            raise typer.BadParameter(f"{one!r} is no id, nor `mapped` or `all`", param_hint="--template-type")
    session: Session = context.obj
    _run(
        session, Registration(session.operator, session.env, ConnectRequest(chosen, form or [])), dry_run, yes, as_json
    )


def disconnect(context: typer.Context, dry_run: DryRun = False, yes: Yes = False, as_json: AsJson = False) -> None:
    """Take away what `connect` made, and nothing else. Mappings, links and histories stay."""
    session: Session = context.obj
    _run(session, Registration(session.operator, session.env), dry_run, yes, as_json)


def _run(session: Session, registration: Registration, dry_run: bool, yes: bool, as_json: bool) -> None:
    if as_json and not (dry_run or yes):
        raise typer.BadParameter("takes --dry-run or --yes as well, since there is nobody to ask", param_hint="--json")
    with session.err.status("Looking at Oneflow and Dynamics ..."):
        changes = registration.look()
    if not as_json:
        _show(session, changes)
    if not dry_run and changes and not yes and not typer.confirm(f"Make these {len(changes)} changes?"):
        raise typer.Exit(1)
    done: list[Change] = []
    if not dry_run:
        done = _applied(session, registration, yes)
    if as_json:
        listed = [{"verb": one.verb, "kind": one.kind, "name": one.name, "because": one.because} for one in changes]
        session.out.print_json(json.dumps({"changes": listed, "done": len(done)}))
    elif not dry_run and changes:
        session.out.print(f"Done: {len(done)} changes.", markup=False)


def _applied(session: Session, registration: Registration, yes: bool) -> list[Change]:
    """Whatever the environment blocks is left out once it is known; nothing was done until then."""
    while True:
        try:
            return _apply(session, registration, len(registration.changes))
        except Blocked as blocked:
            _say_what_is_possible(session, registration, blocked.kind)
            left = len(registration.changes)
            if left and not yes and not typer.confirm(f"Make the other {left} changes?"):
                raise typer.Exit(1) from None


def _say_what_is_possible(session: Session, registration: Registration, refused: Kind) -> None:
    found = registration.keep_to_what_is_possible(refused)
    session.err.print("This environment blocks unmanaged customizations. Not possible there:", markup=False)
    for one in found.told:
        session.err.print(f"  {one}", markup=False)


def _show(session: Session, changes: Sequence[Change]) -> None:
    for change in changes:
        why = f"   ({', '.join(change.because)})" if change.because else ""
        session.out.print(
            Text.assemble((f"{change.verb:<7}", _STYLES[change.verb]), f"{change.kind} {change.name}{why}")
        )
    if not changes:
        session.out.print("Nothing to do: everything is as it should be.", markup=False)


def _apply(session: Session, registration: Registration, of: int) -> list[Change]:
    done: list[Change] = []
    columns = (BarColumn(), TextColumn("{task.completed}/{task.total} {task.description}"))
    with Progress(*columns, console=session.err, transient=True, disable=not session.err.is_terminal) as progress:
        bar = progress.add_task("", total=of)
        try:
            for change in registration.apply():
                done.append(change)
                progress.update(bar, description=f"{change.kind} {change.name}", advance=1)
        except Blocked:
            raise  # nothing was done yet
        except Exception:
            told = f"Stopped after {len(done)} of {of} changes; run the command again and it goes on from there."
            session.err.print(told, markup=False)
            raise
    return done
