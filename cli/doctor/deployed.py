"""A deployed app from outside: is it well, and does it refuse whom it must refuse?"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

import requests

from cli.azure.refresh import shown
from cli.checks.finding import Finding, failed, ok, warning
from cli.plural import plural
from sync_core.secret_digests import UNRESOLVED, digests

_TIMEOUT = 30.0
_AUTHENTICATION = (
    "Switch on App Service Authentication for the app (portal: Authentication > Microsoft) and require it for all "
    "routes but the excluded ones of docs/deploy.md, and remove WEBSITE_AUTH_ENABLED and SYNC_LOCAL_USER from "
    "the app's own settings."
)
_NOBODY = "00000000-0000-0000-0000-00000000dead"
_REFUSED = (401, 403)
_REFRESH = "Run `python -m cli azure refresh`, and revoke no old secret before it says so."
_NOT_SEEN = "It tells at its next run: look again in some minutes, and revoke no old secret before."


def check_app(url: str, env: Mapping[str, str] | None = None) -> Iterator[Finding]:
    """`url` is the app's address, without /api; `env` the settings whose secrets it should use."""
    base = url.rstrip("/")
    if urlsplit(base).scheme != "https":
        yield warning("app.https", "The app is asked over plain http.", "Use its https address.")
    try:
        answer = requests.get(f"{base}/api/health", timeout=_TIMEOUT, allow_redirects=False)
    except requests.RequestException as error:
        yield failed(
            "app.health",
            f"The app does not answer ({type(error).__name__}).",
            "Check the address of --app, and in the portal that the app runs.",
        )
        return
    yield _health(answer)
    yield from _secrets(answer, env or {})
    yield _principal(base)
    yield from _machine_routes(base)


def _health(answer: requests.Response) -> Finding:
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.status_code == 200:
        return ok("app.health", "The app is well.")
    if answer.status_code in _REFUSED or answer.is_redirect:
        return failed(
            "app.health",
            "The app asks for a sign-in before it tells its health.",
            "Exclude /api/health from App Service Authentication (docs/deploy.md).",
        )
    parts = body.get("dependencies") if isinstance(body, dict) else None
    names = [str(name) for name, state in (parts or {}).items() if state != "ok"]
    told = f" ({', '.join(names)})" if names else ""
    return failed(
        "app.health",
        f"The app says that it is not well: status {answer.status_code}{told}.",
        "See which dependency it names, and run `doctor` with the app's settings.",
    )


def _secrets(answer: requests.Response, env: Mapping[str, str]) -> Iterator[Finding]:
    """Which version of each secret the app uses, by digests: the one that this tool's settings (or, with --sign-in az,
    the key vault) have?"""
    try:
        told = shown(answer.json())
    except ValueError:
        return
    used = told.http
    if not used:
        return
    known = {name: one for name, one in digests(env).items() if one != UNRESOLVED}
    differing = [name for name, one in known.items() if used.get(name) != one]
    for name in differing:
        state = {None: "has none", UNRESOLVED: "was given none by the key vault"}.get(
            used.get(name), "uses another one"
        )
        yield failed(
            f"app.secret.{name}",
            f"The app {state}: not the {name} of these settings.",
            _REFRESH,
        )
    if known and not differing:
        yield ok("app.secrets", f"The app uses the same {plural(len(known), 'secret')} as these settings.")
    for function, seen in (told.functions or {}).items() if known else ():
        others = sorted({name for one in seen for name, wanted in known.items() if one.get(name) != wanted})
        check = f"app.secrets.{function}"
        if not seen:
            yield warning(check, f"`{function}` has not told yet which secrets it uses.", _NOT_SEEN)
        elif others:
            yield failed(check, f"`{function}` was last seen with other secrets: {', '.join(others)}.", _REFRESH)
        else:
            yield ok(check, f"`{function}` uses the same secrets.")


def _principal(base: str) -> Finding:
    """Whoever can reach the app can send this header; only the platform may be believed with it."""
    claims = [
        {"typ": "http://schemas.microsoft.com/identity/claims/objectidentifier", "val": _NOBODY},
        {"typ": "roles", "val": "Sync.Admin"},
    ]
    header = base64.b64encode(json.dumps({"auth_typ": "aad", "claims": claims}).encode()).decode()
    answer = requests.get(
        f"{base}/api/connection",
        headers={"X-MS-CLIENT-PRINCIPAL": header, "X-MS-CLIENT-PRINCIPAL-ID": _NOBODY},
        timeout=_TIMEOUT,
        allow_redirects=False,
    )
    if answer.status_code in _REFUSED or answer.is_redirect:
        return ok("app.forged_principal", "A forged sign-in header is refused.")
    return failed(
        "app.forged_principal",
        f"The app believes a sign-in header that anybody can send (status {answer.status_code}).",
        _AUTHENTICATION,
    )


def _machine_routes(base: str) -> Iterator[Finding]:
    for route in ("oneflow/webhook", "dynamics/events"):
        check = f"app.key.{route.split('/')[0]}"
        answer = requests.post(f"{base}/api/{route}", json={}, timeout=_TIMEOUT, allow_redirects=False)
        if answer.status_code in _REFUSED:
            yield ok(check, f"/api/{route} is refused without its function key.")
        else:
            yield failed(
                check,
                f"/api/{route} answers without its function key (status {answer.status_code}).",
                "Deploy the app as it is: its machine routes have the authorization level `function`. If App Service "
                "Authentication redirects this route, exclude it (docs/deploy.md).",
            )
