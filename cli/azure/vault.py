"""Secrets by their references, read from the key vault by the person's own sign-in.

https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from cli.azure import names
from cli.azure.arm import ResourceManager
from cli.failures import remedy
from sync_core.adapters.dataverse.signed_in import SignedIn
from sync_core.adapters.http import Problem, VendorHttp
from sync_core.adapters.session import make_session
from sync_core.errors import ConfigurationError, ConnectionBroken, Gone, NotAllowed, SyncError
from sync_core.secret_digests import is_reference

EVENTS_KEY = "DYNAMICS_EVENTS_KEY"  # no secret of the vault: a key of the function itself
_FORM = re.compile(
    r"@Microsoft\.KeyVault\(SecretUri=(https://[^/)]+|http://127\.0\.0\.1:\d+)/secrets/([\w-]+)/?(\w*)/?\)"
)
_VERSION = "7.4"
# What a vault says to a machine that its network rules shut out.
_CLOSED = frozenset({"ForbiddenByConnection", "ForbiddenByFirewall", "PublicNetworkAccessDisabled"})

# Nobody may read a version that was switched off, whatever their roles.
_DISABLED = "SecretDisabled"


@dataclass(frozen=True, slots=True)
class Secret:
    value: str
    version: str


class Vaults:
    """`credential` is one of azure-identity. Errors are of side "key vault"."""

    def __init__(self, credential: Any) -> None:
        self._credential = credential
        self._known: dict[str, VendorHttp] = {}

    def read(self, reference: str) -> Secret:
        """The version that the reference names, or the newest one. Gone where there is no such secret,
        ConfigurationError where it is no reference."""
        found = _parts(reference)
        return self._secret(found[1], found[2], found[3])

    def newest(self, reference: str) -> Secret:
        """Of the secret that the reference names, the newest version, whichever one it asks for."""
        found = _parts(reference)
        return self._secret(found[1], found[2], "")

    def _secret(self, vault: str, name: str, version: str) -> Secret:
        at = {"name": name, "version": version}
        answer = self._http(vault).request("GET", "secrets/{name}/{version}", at=at, params={"api-version": _VERSION})
        return Secret(str(answer.data["value"]), str(answer.data.get("id") or "").rpartition("/")[2])

    def _http(self, url: str) -> VendorHttp:
        if url not in self._known:
            signed_in = SignedIn(self._credential, _resource(url))
            self._known[url] = VendorHttp(
                "key vault",
                url,
                make_session(2),
                headers=lambda: {"Authorization": f"Bearer {signed_in.bearer()}"},
                explain=lambda status, data, headers: Problem(code=_code(data)),
            )
        return self._known[url]


def version_of(reference: str) -> str:
    """The one version that a reference asks for; empty where it follows the newest."""
    return _parts(reference)[3]


def _parts(reference: str) -> re.Match[str]:
    found = _FORM.fullmatch(reference.strip())
    if not found:
        raise ConfigurationError(["its reference is none that the tool can read: it needs SecretUri"])
    return found


def place_of(reference: str) -> tuple[str, str] | None:
    """The names of the vault and of the secret that a setting refers to; None where it is no reference that is read."""
    found = _FORM.fullmatch(reference.strip())
    return ((urlsplit(found[1]).hostname or "").partition(".")[0], found[2]) if found else None


def filled(env: Mapping[str, str], credential: Any) -> tuple[dict[str, str], list[str]]:
    """The settings with secrets in the place of references, and one line for each that could not be read.

    Nothing is asked where nothing is missing. The key of `dynamics_events` is asked of the app, if the settings say
    where in Azure it is.
    """
    found, problems = dict(env), []
    vaults = Vaults(credential)
    for name, value in env.items():
        if is_reference(value):
            try:
                found[name] = vaults.read(value).value
            except SyncError as error:
                problems.append(f"{name} was not read from the key vault: {why(error)}")
    if not found.get(EVENTS_KEY) and all(env.get(place) for place in (names.SUBSCRIPTION, names.GROUP, names.APP)):
        try:
            key = ResourceManager(credential, env).function_key(site_of(env), "dynamics_events")
        except Gone:
            key = ""  # the code is not deployed yet; whoever needs the key says so
        except SyncError as error:
            problems.append(f"{EVENTS_KEY} was not read from the app: {error}.")
            key = ""
        if key:
            found[EVENTS_KEY] = key
    return found, problems


def site_of(env: Mapping[str, str]) -> dict[str, str]:
    """Where the app is, as the resource manager's paths need it."""
    return {"subscription": env[names.SUBSCRIPTION], "group": env[names.GROUP], "app": env[names.APP]}


def why(error: SyncError) -> str:
    """What a person must do about it."""
    if getattr(error, "code", "") in _CLOSED:
        return (
            "it is closed to this machine (a private network). Run the tool inside that network, or set the variable; "
            'settings page, log and dead letters need neither (docs/deploy.md, "A private network").'
        )
    if getattr(error, "code", "") == _DISABLED:
        return (
            "its newest version is disabled. Set a new one (`az keyvault secret set`), or enable it (`az keyvault "
            "secret set-attributes --enabled true`)."
        )
    if isinstance(error, Gone):
        return "there is no such secret. Set it: `az keyvault secret set`."
    if isinstance(error, NotAllowed):
        return "you may not read it. You need the role Key Vault Secrets User (or Officer) on the vault."
    if isinstance(error, ConnectionBroken) and error.side == "identity":
        return f"{error}: {remedy(error)}"
    return f"{error}."


def _resource(url: str) -> str:
    """https://NAME.vault.azure.net is asked with a token for https://vault.azure.net, in each cloud alike."""
    parts = urlsplit(url)
    _, _, suffix = (parts.hostname or "").partition(".")
    return f"https://{suffix}" if parts.scheme == "https" and suffix else url


def _code(data: Any) -> str:
    """The inner code says more: `Forbidden` is a missing role, `ForbiddenByConnection` a closed network."""
    error = data.get("error") if isinstance(data, Mapping) else None
    if not isinstance(error, Mapping):
        return ""
    inner = error.get("innererror")
    return str((inner or {}).get("code") or error.get("code") or "") if isinstance(inner, Mapping | None) else ""
