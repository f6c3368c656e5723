"""`reconcile now`: have every linked contract looked at, without waiting until it is due."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.progress import track

from cli.plural import plural
from cli.session import Session
from sync_core.errors import Invalid

commands = typer.Typer(no_args_is_help=True, help="Look for changes that no event announced.")


@commands.command("now")
def now(
    context: typer.Context,
    entity: Annotated[
        list[str] | None, typer.Option(help="Only this table (again for more).", show_default=False)
    ] = None,
) -> None:
    """Make every active link due. The app's timer takes them up, 100 every 30 s, within Oneflow's rate limit."""
    session: Session = context.obj
    operator = session.operator
    saved = [mapping.entity for mapping in operator.mappings.all()]
    unknown = sorted(set(entity or ()) - set(saved))
    if unknown:
        raise Invalid(f"No mapping is saved for {', '.join(unknown)}.")
    with session.err.status("Reading the links ..."):
        links = [link for name in entity or saved for link in operator.links.of_entity(name) if link.status == "active"]
    moment = datetime.now(UTC)
    for link in track(links, "Making due", console=session.err, transient=True, disable=not session.err.is_terminal):
        operator.due.put(link.contract_id, moment)
    session.out.print(f"Due now: {plural(len(links), 'contract')}.", markup=False)
