"""`dead-letters list | replay`: jobs that were given up on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from rich.progress import track

from cli.listing import moment, print_rows
from cli.session import Session
from sync_core.bootstrap.operator import Operator
from sync_core.errors import Gone, Invalid

commands = typer.Typer(no_args_is_help=True, help="Jobs that were given up on: see why, and try them again.")


@commands.command("list")
def list_(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print them as JSON.")] = False
) -> None:
    """One line per contract and cause."""
    session: Session = context.obj
    letters = list(all_letters(session.operator))
    if as_json:
        session.out.print_json(json.dumps({"dead_letters": letters}))
        return
    if not letters:
        session.out.print("No job was given up on.", markup=False)
        return
    rows = [
        (
            one["id"],
            one["contract_id"],
            one["cause"],
            one["count"],
            moment(one["first_at"]),
            moment(one["last_at"]),
            one["reason"],
        )
        for one in letters
    ]
    print_rows(session.out, ("id", "contract", "cause", "times", "first", "last", "reason"), rows)


@commands.command("replay")
def replay(
    context: typer.Context,
    ids: Annotated[list[str] | None, typer.Argument(help="Ids from `dead-letters list`.", show_default=False)] = None,
    everything: Annotated[bool, typer.Option("--all", help="Replay every one.")] = False,
) -> None:
    """Put the jobs back on the queue. A success closes the letter; another failure is counted."""
    session: Session = context.obj
    if bool(ids) == everything:
        raise typer.BadParameter("name ids, or say --all")
    chosen = [str(letter["id"]) for letter in all_letters(session.operator)] if everything else list(ids or ())
    refused = []
    for letter_id in track(
        chosen, "Replaying", console=session.err, transient=True, disable=not session.err.is_terminal
    ):
        try:
            session.operator.dead_letters.replay(letter_id)
        except (Gone, Invalid) as error:
            refused.append(f"{letter_id}: {error}")
    session.out.print(f"{len(chosen) - len(refused)} of {len(chosen)} put back on the queue.", markup=False)
    for line in refused:
        session.err.print(line, markup=False)
    if refused:
        raise typer.Exit(1)


def all_letters(operator: Operator) -> Iterator[Mapping[str, Any]]:
    after: str | None = None
    while True:
        page, after = operator.dead_letters.list(after)
        yield from page
        if after is None:
            return
