"""The commands, and how each ends: 0 done, 1 something is wrong and said, 2 the command line itself is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.connect.command import connect, disconnect
from cli.connector import connector_file
from cli.doctor.command import doctor
from cli.failures import failures_told
from cli.operate import azure, dead_letters, history, keys, links, mapping, reconcile, switching
from cli.probe.command import probe
from cli.session import Session, SignIn
from cli.solution import command as solution

app = typer.Typer(
    name="python -m cli",
    help="Set up and run the sync between Dynamics 365 and Oneflow.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def start(
    context: typer.Context,
    env: Annotated[
        Path | None,
        typer.Option(help="File with settings: NAME=value lines, or a local.settings.json.", show_default=False),
    ] = None,
    sign_in: Annotated[
        SignIn, typer.Option(help="Who signs in to Dynamics and storage: the app, or you through the Azure CLI.")
    ] = SignIn.APP,
) -> None:
    context.obj = Session(env, sign_in)


for command in (doctor, connect, disconnect, probe):
    app.command()(command)
app.command("connector")(connector_file)
for name, group in (
    ("mapping", mapping),
    ("dead-letters", dead_letters),
    ("history", history),
    ("links", links),
    ("link", switching),
    ("reconcile", reconcile),
    ("keys", keys),
    ("azure", azure),
    ("solution", solution),
):
    app.add_typer(group.commands, name=name)


def main() -> None:
    with failures_told():
        app(prog_name="python -m cli")
