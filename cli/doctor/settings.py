"""The settings themselves: complete, well formed, and no misspelt one beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from cli.checks.finding import Finding, failed, ok, warning
from sync_core.bootstrap.operator import Operator
from sync_core.errors import ConfigurationError
from sync_core.place import SIGNS, in_azure

# Where each setting comes from, as its remedy says.
SOURCES = {
    "ONEFLOW_API_TOKEN": "in Oneflow: Marketplace > API tokens > Create token",
    "ONEFLOW_USER_EMAIL": "the e-mail of an active Oneflow user that machines act as",
    "ONEFLOW_SIGN_KEYS": "any long random text, for example from `python -m cli keys new`",
    "ONEFLOW_API_URL": "https://api.oneflow.com/v1 in production",
    "DATAVERSE_URL": "the environment's address, e.g. https://contoso.crm4.dynamics.com",
    "DATAVERSE_TENANT_ID": "in Entra: the app registration's overview, Directory (tenant) ID",
    "DATAVERSE_CLIENT_ID": "in Entra: the app registration's overview, Application (client) ID",
    "DATAVERSE_AUTHORITY": "only for other clouds; leave it out otherwise",
    "PUBLIC_URL": "the app's address, e.g. https://NAME.azurewebsites.net",
    "AzureWebJobsStorage": "the storage account's connection string, or AzureWebJobsStorage__accountName",
}
_KNOWN = (
    *SOURCES, "ONEFLOW_WEBHOOK_KEY", "DATAVERSE_CLIENT_SECRET", "SYNC_RECONCILE_SCHEDULE", "SYNC_LABEL_LANGUAGE",
    "SYNC_HISTORY_DAYS", "SYNC_INSTALLATION", "SYNC_LOCK_SECONDS", "SYNC_LOCAL_USER", "SYNC_USER_ADDRESS",
    "SYNC_CONTRACT_ROWS", "SYNC_SIGNED_DOCUMENTS", "ONEFLOW_RATE_LIMIT",
)  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9-]{40}")
_SHORTEST_KEY = 16


def wrong_settings(error: ConfigurationError) -> Iterator[Finding]:
    for problem in error.problems:
        name = problem.split()[0].rstrip(":,")
        yield failed(f"settings.{name}", problem, _remedy(name, problem))


def _remedy(name: str, problem: str) -> str:
    if "was not read from" in problem:
        return "Do as it says; whatever needs this setting was not looked at."
    if "is a reference to a key vault" in problem:
        return "Run the tool with --sign-in az: it reads the key vault as you."
    source = SOURCES.get(name)
    return f"Set {name}: {source}." if source else f"Mend {name}."


def check_settings(operator: Operator, env: Mapping[str, str]) -> Iterator[Finding]:
    known = operator.settings
    yield ok("settings.complete", "All required settings are there.")
    if not _TOKEN.fullmatch(known.oneflow_token):
        yield failed(
            "settings.ONEFLOW_API_TOKEN",
            "ONEFLOW_API_TOKEN is not 40 letters, digits and dashes, as Oneflow's tokens are.",
            f"Copy the whole token ({SOURCES['ONEFLOW_API_TOKEN']}).",
        )
    if any(len(key) < _SHORTEST_KEY for key in known.sign_keys):
        yield warning(
            "settings.ONEFLOW_SIGN_KEYS",
            f"A sign key is shorter than {_SHORTEST_KEY} characters, so it can be guessed.",
            "Change it without losing a webhook: `python -m cli keys rotate`.",
        )
    if known.public_url is None:
        yield failed(
            "settings.PUBLIC_URL",
            "PUBLIC_URL is missing, so Oneflow's webhooks have nowhere to go.",
            f"Set PUBLIC_URL: {SOURCES['PUBLIC_URL']}.",
        )
    if known.webhook_key is None:
        yield warning(
            "settings.ONEFLOW_WEBHOOK_KEY",
            "ONEFLOW_WEBHOOK_KEY is missing: the webhook's address carries no function key, and Azure will answer 401.",
            "Set it to the key of the function oneflow_webhook (portal: Functions > oneflow_webhook > Function keys).",
        )
    if in_azure(env) and env.get("SYNC_LOCAL_USER"):
        signs = [name for name in SIGNS if env.get(name)]
        # A container on a developer's machine may bear a name too; the others only Azure gives.
        tell = warning if signs == ["CONTAINER_NAME"] else failed
        yield tell(
            "settings.SYNC_LOCAL_USER",
            f"SYNC_LOCAL_USER is set on a machine in Azure ({', '.join(signs)}), where it is not believed.",
            "Remove SYNC_LOCAL_USER: it is for a developer's machine only. If this is one, start the app without "
            f"{' and '.join(signs)}.",
        )
    yield from _misspelt(env)


def _misspelt(env: Mapping[str, str]) -> Iterator[Finding]:
    for name in env:
        if name in _KNOWN or not name.startswith(("ONEFLOW_", "DATAVERSE_", "SYNC_")):
            continue
        close = get_close_matches(name, _KNOWN, 1, 0.8)
        if close:
            yield warning(
                f"settings.{name}", f"{name} is no setting of the app.", f"Rename it to {close[0]} if that is meant."
            )
