"""`azure env | refresh`: where the deployed app is, and secrets that arrive in it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

import requests
import typer

from cli.azure import names, settings_file
from cli.azure.arm import ResourceManager
from cli.azure.refresh import Refresh, Shown, shown
from cli.azure.vault import Vaults, site_of
from cli.session import Session
from sync_core.errors import ConfigurationError, Gone

commands = typer.Typer(no_args_is_help=True, help="The deployed app in Azure, by the sign-in of `az login`.")
_TIMEOUT = 30.0
_NOT_YET = (
    "\nDo not revoke an old secret yet. Mend what failed. A function that was not seen, or not with the newest "
    "version, tells it at its next run: the sweep within a minute, and it asks the queue's. Then run this again."
)
_NONE = "\nNo setting of the app refers to a secret of the key vault: nothing was proved."


@commands.command("env")
def env(
    context: typer.Context,
    resource_group: Annotated[str, typer.Option(help="The resource group that infra/ was deployed into.")],
    subscription: Annotated[str, typer.Option(help="Its subscription's id, if you may see several.")] = "",
    app: Annotated[str, typer.Option(help="The function app's name, if the group has several installations.")] = "",
    out: Annotated[
        Path | None, typer.Option(help="Write to this file instead of printing the settings.", show_default=False)
    ] = None,
) -> None:
    """The settings that this tool needs, from the deployment: for --env, and for a shell. None of them is a secret:
    with --sign-in az the tool reads those from the key vault itself."""
    session: Session = context.obj
    credential = session.cli_credential()
    arm = ResourceManager(credential, session.plain_env)
    at = {names.SUBSCRIPTION: subscription or session.plain_env.get(names.SUBSCRIPTION) or arm.only_subscription()}
    at[names.GROUP] = resource_group
    outputs, written = _deployed(arm, at, app)
    at |= {names.APP: outputs["functionAppName"], names.VAULT: outputs["keyVaultName"]}
    settings, plain = settings_file.chosen(written)
    if settings.get("PUBLIC_URL"):
        settings["PUBLIC_URL"] = settings["PUBLIC_URL"].rstrip("/")  # paths are put behind it
    content = settings_file.lines({**at, **settings})
    if out is None:
        for line in content:
            session.out.print(line, markup=False)
    else:
        settings_file.write(out, content)
        session.out.print(f"{out}: {len(content)} settings of {at[names.APP]}, no secret among them.", markup=False)
    for name in plain:
        session.err.print(
            f"Warning: {name} holds a secret in plain text, and was left out. Put it into the key vault, and a "
            "reference into the setting (deploy infra/ again).",
            markup=False,
        )
    session.err.print(f"Application user in Dynamics: the app with the client id {outputs['clientId']}.", markup=False)
    public = settings.get("PUBLIC_URL") or outputs["functionAppUrl"]
    session.err.print(f"Redirect address of the pages: {public}/api/ui/blank.html", markup=False)


def _deployed(arm: ResourceManager, at: Mapping[str, str], wanted: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The outputs of the one installation in the group, and its app's settings. A group may tell of apps that are gone.
    ConfigurationError where there are several and none is named."""
    known = arm.outputs(at[names.SUBSCRIPTION], at[names.GROUP])
    found = []
    for outputs in [known[name] for name in ([wanted] if wanted else known) if name in known]:
        try:
            found.append((outputs, arm.settings(site_of({**at, names.APP: outputs["functionAppName"]}))))
        except Gone:
            continue
    if len(found) > 1:
        apps = " or ".join(outputs["functionAppName"] for outputs, _ in found)
        raise ConfigurationError([f"{at[names.GROUP]} has {len(found)} installations: say which with --app {apps}."])
    if not found:
        what = f"app {wanted} that infra/ made" if wanted else "deployment of infra/ that succeeded, or its app is gone"
        raise Gone(f"The resource group {at[names.GROUP]} has no {what}.", side="azure")
    return found[0]


@commands.command("refresh")
def refresh(
    context: typer.Context,
    patience: Annotated[int, typer.Option(help="Seconds, at most, until the app must have shown it.", min=0)] = 900,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
) -> None:
    """Have the app fetch its secrets anew, and prove which versions its functions use: pages, webhooks, timer and
    queue. Revoke an old one only after that. Exit code 1 where one is not in use, or not seen everywhere yet."""
    session: Session = context.obj
    known = session.plain_env
    missing = [name for name in (*names.PLACES[:3], "PUBLIC_URL") if not known.get(name)]
    if missing:
        raise ConfigurationError([f"{name} is missing: use the file that `azure env` writes." for name in missing])
    credential = session.cli_credential()
    work = Refresh(
        ResourceManager(credential, known),
        Vaults(credential),
        site_of(known),
        _health_of(known["PUBLIC_URL"]),
        time.sleep,
        every=min(10.0, patience / 3),
    )
    found = work.run(patience)
    all_well = bool(found) and all(one.in_use for one in found)
    if as_json:
        told = [{"name": one.name, "in_use": one.in_use, "digest": one.digest, "text": one.text} for one in found]
        session.out.print_json(json.dumps({"in_use": all_well, "secrets": told}))
    else:
        for one in found:
            mark = f"ok      {one.name} ({one.digest})" if one.in_use else f"FAILED  {one.name}"
            session.out.print(f"{mark}: {one.text}", markup=False)
        session.out.print(
            "\nThe app uses the newest version of every secret: an old one may be revoked."
            if all_well
            else _NOT_YET
            if found
            else _NONE,
            markup=False,
        )
    if not all_well:
        raise typer.Exit(1)


def _health_of(url: str) -> Callable[[], Shown]:
    """What the app's health tells of its secrets; on a new connection each time, so that any instance may answer."""

    def ask() -> Shown:
        try:
            answer: Any = requests.get(f"{url.rstrip('/')}/api/health", timeout=_TIMEOUT, allow_redirects=False).json()
        except (requests.RequestException, ValueError):
            return Shown({})
        return shown(answer)

    return ask
