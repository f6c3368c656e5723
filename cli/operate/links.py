"""`links list | summary`: every link by how it stands."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from cli.listing import moment, print_rows
from cli.session import Session
from sync_core.engine.model.standing import Standing

commands = typer.Typer(no_args_is_help=True, help="Every link by how it stands: in step, or what it waits for.")

AsJson = Annotated[bool, typer.Option("--json", help="Print them as JSON.")]


@commands.command("list")
def list_(
    context: typer.Context,
    status: Annotated[Standing | None, typer.Option(help="Only links that stand so.", show_default=False)] = None,
    entity: Annotated[str | None, typer.Option(help="Only of this table.", show_default=False)] = None,
    wanted: Annotated[
        str | None, typer.Argument(help="A contract's number, or a part of its name.", show_default=False)
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="At most so many.")] = 200,
    as_json: AsJson = False,
) -> None:
    """The gravest first: broken, paused, to be decided, refused, waiting for a push, in step."""
    session: Session = context.obj
    found: list[dict[str, Any]] = []
    after: str | None = None
    while True:
        page, after = session.operator.link_desk.page(status, entity, wanted, after)
        found += page
        if after is None or len(found) >= most:
            break
    shown, more = found[:most], after is not None or len(found) > most
    if as_json:
        session.out.print_json(json.dumps({"links": shown, "more": more}))
        return
    if not shown:
        session.out.print("No link has this status.", markup=False)
        return
    names = ("contract_id", "name", "state", "entity", "record_id", "reason")
    rows = [(one["status"], moment(one["since"]), *(one[name] for name in names)) for one in shown]
    print_rows(session.out, ("status", "since", "contract", "name", "state", "table", "record", "reason"), rows)
    if more:
        session.err.print(f"There are more than these {most}; say --most.", markup=False)


@commands.command("summary")
def summary(context: typer.Context, as_json: AsJson = False) -> None:
    """How many links of each table stand how."""
    session: Session = context.obj
    counted = session.operator.link_desk.summary()
    if as_json:
        session.out.print_json(json.dumps(counted))
        return
    rows = [
        (one["entity"], *(_number(one["counts"][name], name in counted["at_least"]) for name in Standing))
        for one in counted["entities"]
    ]
    print_rows(session.out, ("table", *(one.value.replace("_", " ") for one in Standing)), rows)


def _number(count: int, at_least: bool) -> str:
    return f"{count}+" if at_least else str(count)
