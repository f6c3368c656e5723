"""Errors as a person reads them: what went wrong, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

from cli.azure_cli import FAILS, NO_CLI, SIGNED_OUT
from sync_core.errors import (
    ConfigurationError,
    ConnectionBroken,
    Gone,
    Invalid,
    NotAllowed,
    RateLimited,
    SyncError,
    Temporary,
    VendorError,
)

_SETTINGS = ("ONEFLOW_", "DATAVERSE_", "SYNC_", "AzureWebJobs", "PUBLIC_URL")


@contextmanager
def failures_told() -> Iterator[None]:
    """Any error of the app ends the process with 1 and its remedy; others are bugs and show where they happened."""
    try:
        yield
    except SyncError as error:
        console = Console(stderr=True, highlight=False)
        for line in lines(error):
            console.print(line, markup=False)
        sys.exit(1)


def lines(error: SyncError) -> list[str]:
    if isinstance(error, ConfigurationError):
        told = [f"Error: {problem}" for problem in error.problems]
        # What is wrong with a file, or with where in Azure things are, says itself what to do.
        of_app = any(problem.startswith(_SETTINGS) for problem in error.problems)
        return [*told, "Remedy: mend the settings; `doctor` checks them."] if of_app else told
    told = [f"Error: {error}"]
    if isinstance(error, Invalid):
        told += [f"   {_place(problem)}: {problem.get('detail', '')}" for problem in error.problems]
    mend = remedy(error)
    return [*told, f"Remedy: {mend}"] if mend else told


def remedy(error: SyncError) -> str:
    """What mends it, as far as the kind of error tells."""
    if isinstance(error, RateLimited):
        return "too many requests for now: wait five minutes and run the command again."
    if isinstance(error, Temporary):
        return "run the command again; if it goes on, look whether the address is right and the service is up."
    if isinstance(error, ConnectionBroken):
        return _broken(error)
    if isinstance(error, NotAllowed):
        return _not_allowed(error)
    if isinstance(error, Gone):
        return "check the id or name; it may have been deleted."
    return ""


def _broken(error: VendorError) -> str:
    if error.side == "oneflow":
        return "check ONEFLOW_API_TOKEN and ONEFLOW_USER_EMAIL; `doctor` tells which of the two it is."
    if error.side in ("azure", "key vault"):
        return "sign in with `az login`, to the tenant of the subscription."
    if error.side == "storage":
        return _BY_STORAGE_CODE.get(error.code, "check the storage settings, or sign in with --sign-in az.")
    if error.side == "identity":
        return _BY_SIGN_IN_CODE.get(error.code, "check DATAVERSE_TENANT_ID, DATAVERSE_CLIENT_ID and _CLIENT_SECRET.")
    return "check that the app registration has an enabled application user in this environment; `doctor` tells."


_BY_SIGN_IN_CODE = {
    "AADSTS7000215": "DATAVERSE_CLIENT_SECRET is not the app registration's secret (its value, not its id).",
    "AADSTS7000222": "the client secret has expired: make a new one and put it into DATAVERSE_CLIENT_SECRET.",
    "AADSTS700016": "DATAVERSE_CLIENT_ID is not an app registration of the tenant DATAVERSE_TENANT_ID.",
    "AADSTS90002": "DATAVERSE_TENANT_ID is no tenant: copy it from the app registration's overview.",
    NO_CLI: "install the Azure CLI (https://aka.ms/azure-cli), or use the dev container; then `az login`.",
    SIGNED_OUT: "run `az login`, in the tenant of the subscription.",
    FAILS: "run `az account get-access-token` to see what it says; `az login` mends most of it.",
}


_BY_STORAGE_CODE = {
    "AuthorizationFailure": (
        "storage is closed to this machine (a private network): run the tool inside that network. Log, dead letters, "
        'mappings and links are on the settings page as well (docs/deploy.md, "A private network").'
    ),
    "AuthorizationPermissionMismatch": (
        "you need the roles Storage Table Data Contributor and Storage Queue Data Contributor on the storage account."
    ),
}


def _not_allowed(error: VendorError) -> str:
    _, _, missing = str(error).partition("missing ")
    if error.side == "dynamics" and missing:
        privilege = missing.split(",")[0].split(")")[0]
        return f"give the signed-in user a role with {privilege}, or sign in as an administrator with --sign-in az."
    if error.side == "oneflow":
        return "ONEFLOW_USER_EMAIL must be an active user with this right in Oneflow (an administrator, for webhooks)."
    if error.side in ("azure", "key vault"):
        return "sign in with `az login` as somebody who may do this (Contributor of the resource group)."
    return "sign in as somebody who may do this."


def _place(problem: object) -> str:
    if not isinstance(problem, dict):
        return ""
    if "line" in problem:
        return f"line {problem['line']}"
    row = f"row {problem['row'] + 1}, " if "row" in problem else ""
    return f"{row}{problem.get('field', '')}"
