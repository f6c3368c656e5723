"""`keys new | rotate`: another sign key for Oneflow's webhooks, without a lost notification.

The app accepts every key of ONEFLOW_SIGN_KEYS, and the first one signs. So the new key is put before the old one; once
the running app takes it, the webhooks are switched; and when Oneflow has no retry of the old one left, that one goes.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import shlex
from datetime import UTC, datetime, timedelta
from typing import Annotated

import requests
import typer

from cli.azure.vault import place_of
from cli.connect.oneflow import ALL_EVENTS, OneflowPart
from cli.connect.planner import plan
from cli.connect.wanted import Facts, webhooks
from cli.plural import plural
from cli.session import TOOL, Session
from sync_core.bootstrap.operator import Operator
from sync_core.engine.model.instants import instant_text
from sync_core.errors import ConfigurationError, Invalid
from sync_core.usecases.administration.connection import SIGNED_WITH

commands = typer.Typer(no_args_is_help=True, help="Sign keys of Oneflow's webhooks.")
# Oneflow tries ten times, the last one 1 h 47 min after the first.
RETRIES = timedelta(hours=2)
_SWITCHED_AT = "webhooks_key_switched_at"


@commands.command("new")
def new(context: typer.Context) -> None:
    """Print a new random key, to be put into ONEFLOW_SIGN_KEYS."""
    session: Session = context.obj
    session.out.print(secrets.token_urlsafe(32), markup=False)


@commands.command("rotate")
def rotate(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option(help="Say which step is next, and do nothing.")] = False,
) -> None:
    """Do the next step of a rotation, once what it needs is in place; say what to set before and after."""
    session: Session = context.obj
    operator = session.operator
    if operator.callback_url is None:
        raise ConfigurationError(["PUBLIC_URL is missing, so the app cannot be asked which keys it takes."])
    keys = operator.settings.sign_keys
    part = OneflowPart(operator, SIGNED_WITH)
    there = part.read()
    if not there:
        raise Invalid("Oneflow has no webhook of ours: run `python -m cli connect` first.")
    due = plan(list(webhooks(_facts(operator, part))), there)
    if any("sign key" in change.because for change in due):
        _switch(session, operator, part, dry_run)
    elif len(keys) == 1:
        session.out.print("Every webhook is signed with the one key of ONEFLOW_SIGN_KEYS. To rotate it:", markup=False)
        for number, step in enumerate(_begin(_place(session), _tool(session)), 1):
            session.out.print(f"   {number}. {step}", markup=False)
    else:
        _retire(session, operator)


def _switch(session: Session, operator: Operator, part: OneflowPart, dry_run: bool) -> None:
    key = operator.settings.sign_keys[0]
    status = probe(operator.callback_url or "", key)
    if status != 200:
        raise Invalid(_not_taken(status, _place(session), _tool(session)))
    session.out.print("The running app takes the new key.", markup=False)
    if dry_run:
        session.out.print("Next: the webhooks are given the new key. Nothing was done.", markup=False)
        return
    changes = plan(list(webhooks(_facts(operator, part))), part.read())
    for change in changes:
        part.apply(change)
    part.note(key)
    operator.marks.set(_SWITCHED_AT, instant_text(datetime.now(UTC)))
    session.out.print(f"Signed with the new key now: {plural(len(changes), 'webhook')}.", markup=False)
    _retire(session, operator)


def _retire(session: Session, operator: Operator) -> None:
    """The old key may go when no notification that it signed can come any more."""
    if len(operator.settings.sign_keys) == 1:
        return
    text = operator.marks.all().get(_SWITCHED_AT)
    ready = (datetime.fromisoformat(text) if text else datetime.now(UTC)) + RETRIES
    if text and datetime.now(UTC) >= ready:
        session.out.print(
            f"Remove all but the first key from ONEFLOW_SIGN_KEYS: {_end(_place(session), _tool(session))}",
            markup=False,
        )
        return
    session.out.print(
        f"Keep the old key in ONEFLOW_SIGN_KEYS until {ready:%Y-%m-%d %H:%M} UTC: Oneflow may still repeat "
        "notifications that it signed. Then run `keys rotate` once more: it says how to remove it.",
        markup=False,
    )


_OTHERWISE = "(where the app's setting refers to a key vault: the secret there, then `azure refresh`)"


def _place(session: Session) -> tuple[str, str] | None:
    """Vault and secret that hold the keys; None where the settings themselves do."""
    return place_of(session.plain_env.get("ONEFLOW_SIGN_KEYS", ""))


def _tool(session: Session) -> str:
    """How this tool is called with these settings."""
    return TOOL + (f" --env {shlex.quote(str(session.env_file))}" if session.env_file else "")


def _begin(place: tuple[str, str] | None, tool: str) -> list[str]:
    if place is None:
        return [
            f"{tool} keys new",
            f"set ONEFLOW_SIGN_KEYS to NEW,OLD in the app's settings and in this tool's {_OTHERWISE}",
            f"{tool} keys rotate",
        ]
    return [
        f"NEW=$({tool} keys new)",
        f"OLD=$({_show(place)})",
        _set(place, "$NEW,$OLD"),
        f"{tool} azure refresh",
        f"{tool} --sign-in az keys rotate",
    ]


def _end(place: tuple[str, str] | None, tool: str) -> str:
    if place is None:
        return f"in the app's settings and in this tool's {_OTHERWISE}."
    first = f"$({_show(place)} | cut -d, -f1)"
    return f"{_set(place, first)}, then `{tool} azure refresh`."


def _show(place: tuple[str, str]) -> str:
    return f"az keyvault secret show --vault-name {place[0]} --name {place[1]} --query value -o tsv"


def _set(place: tuple[str, str], value: str) -> str:
    return f'az keyvault secret set --vault-name {place[0]} --name {place[1]} --value "{value}" -o none'


def probe(callback_url: str, key: str) -> int:
    """The running app's answer to a notification that concerns nothing, signed with this key; 0 where none comes."""
    callback_id = secrets.token_hex(20)
    signature = hashlib.sha1((callback_id + key).encode(), usedforsecurity=False).hexdigest()
    body = json.dumps({"callback_id": callback_id, "events": [], "signature": signature})
    try:
        headers = {"Content-Type": "application/json"}
        return requests.post(callback_url, data=body, headers=headers, timeout=30, allow_redirects=False).status_code
    except requests.RequestException:
        return 0


def _not_taken(status: int, place: tuple[str, str] | None, tool: str) -> str:
    if status == 401:
        if place is None:
            mend = f"Set ONEFLOW_SIGN_KEYS to NEW,OLD in the app's settings {_OTHERWISE}"
        else:
            mend = f"The key vault has it already, for the tool reads it there: `{tool} azure refresh`"
        return (
            f"The running app does not take the new key yet, so the webhooks stay as they are. {mend}, and run this "
            "again. (If the function key in ONEFLOW_WEBHOOK_KEY is wrong, the answer is the same.)"
        )
    answer = f"answered {status}" if status else "did not answer"
    return f"The app at PUBLIC_URL {answer}, so the webhooks stay as they are. See `doctor --app URL`."


def _facts(operator: Operator, part: OneflowPart) -> Facts:
    known = operator.settings
    url = operator.callback_url or ""
    return Facts([], {}, (), known.public_url or "", "", url, known.sign_keys[0], ALL_EVENTS, part.types())
