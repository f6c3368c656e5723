"""As much of Azure as the tool asks: the resource manager, a key vault, and a deployed app's health, over real HTTP.

An app keeps the values that its references had when they were last fetched. The resource manager's refresh call fetches
them; a restart does not, as is reported of the platform. Whether it reaches the instances of the timer and of the
queue's function as soon as those of the requests is not known: `stuck` and `unseen` say that it does not.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sandbox.wire import Request, Response, Server
from sync_core.secret_digests import digest

SUBSCRIPTION, GROUP, APP = "11111111-2222-4333-8444-555555555555", "rg-oneflow-sync-prod", "func-oneflow-sync-x"
TOKEN = "the-person's-token"
_SITE = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Web/sites/{APP}"
_DEPLOYMENTS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/{GROUP}/providers/Microsoft.Resources/deployments"
REFERRED = {
    "ONEFLOW_API_TOKEN": "oneflow-api-token",
    "ONEFLOW_SIGN_KEYS": "oneflow-sign-keys",
    "ONEFLOW_WEBHOOK_KEY": "oneflow-webhook-key",
}


class Cloud:
    """`closed`: the vault lets nobody in from outside. `slow`: so often health still tells of the old values.

    `stuck`: functions whose instances keep the old values; `unseen`: those that have not run yet. `tells`: whether the
    app is of a version that tells of them at all.
    """

    def __init__(self) -> None:
        self.server = Server(self)
        self.url = self.server.url
        self.vault: dict[str, list[str]] = {name: [f"{name}-first-value"] for name in REFERRED.values()}
        self.plain: dict[str, str] = {
            "ONEFLOW_USER_EMAIL": "integration@contoso.example",
            "DATAVERSE_URL": "https://contoso.crm4.dynamics.com",
            "DATAVERSE_CLIENT_ID": "99999999-9999-4999-8999-999999999999",
            "DATAVERSE_CLIENT_SECRET": "",
            "PUBLIC_URL": self.url,
            "SYNC_RECONCILE_SCHEDULE": "*/30 * * * * *",
            "AzureWebJobsStorage__accountName": "stsyncx",
            "AzureWebJobsStorage__credential": "managedidentity",
            "APPLICATIONINSIGHTS_CONNECTION_STRING": "InstrumentationKey=0",
        }
        self.closed, self.slow, self.subscriptions = False, 0, [SUBSCRIPTION]
        self.stuck, self.unseen, self.tells = set[str](), set[str](), True
        self.others: set[str] = set()  # more function apps of the group, with the same settings
        self.disabled: set[str] = set()  # secrets whose newest version is switched off
        self.denied: set[str] = set()  # paths' ends that answer 403
        self.failing: dict[str, int] = {}  # paths' ends to how often they answer 503 yet
        self.refused = ""  # the platform's word on every reference, where it is not resolved
        self.refreshed, self.asked, self.scopes = 0, 0, set[str]()
        self.deployments: list[dict[str, Any]] = [
            deployment("failed-newest", "2026-11-30T12:00:00Z", {}, state="Failed"),
            deployment("oneflow-sync", "2026-11-30T10:00:00Z", self.outputs()),
            deployment("older", "2026-11-29T10:00:00Z", self.outputs(functionAppName="func-gone")),
            deployment("storage", "2026-11-30T11:00:00Z", {"accountName": "stsyncx"}),
        ]
        self.used: dict[str, str] = {}
        self.keeps: dict[str, str] = {}  # values that references with a version ask for
        self.elsewhere: dict[str, dict[str, str]] = {"reconcile": {}, "sync_jobs": {}}
        self.fetch()

    def close(self) -> None:
        self.server.close()

    def outputs(self, **other: str) -> dict[str, str]:
        known = {"functionAppName": APP, "functionAppUrl": self.url, "keyVaultName": "kv-sync-x", "clientId": "app-id"}
        return {**known, "principalId": "principal", "storageAccountName": "stsyncx", **other}

    def rotate(self, secret: str, value: str) -> None:
        self.vault[secret].append(value)

    def fetch(self) -> None:
        """As at a change of the app's configuration."""
        self.used = {name: self.vault[secret][-1] for name, secret in REFERRED.items() if secret in self.vault}
        self.used |= self.keeps
        for function in self.elsewhere.keys() - self.stuck:
            self.elsewhere[function] = dict(self.used)

    def az(self, folder: Path) -> str:
        """A program named `az`, as it is after `az login`; the PATH on which it is found."""
        program = folder / "az"
        expires = '"expiresOn": "2099-01-01 00:00:00.000000", "expires_on": 4070908800'
        answer = f'{{"accessToken": "{TOKEN}", "tokenType": "Bearer", {expires}}}'
        program.write_text(f"#!/bin/sh\ncat <<'END'\n{answer}\nEND\n")
        program.chmod(0o755)
        return f"{folder}:/usr/bin:/bin"

    # --- the wire -----------------------------------------------------------------------------------------------------

    def __call__(self, request: Request) -> Response:
        if request.path == "/api/health":
            return self._health()
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return _error(401, "AuthenticationFailed")
        if not request.param("api-version"):
            return _error(400, "MissingApiVersionParameter")
        if any(request.path.endswith(end) for end in self.denied):
            return _error(403, "AuthorizationFailed")
        for end in self.failing:
            if request.path.rstrip("/").endswith(end) and self.failing[end]:
                self.failing[end] -= 1
                return _error(503, "ServerTimeout", headers={"Retry-After": "7"})
        secret = re.fullmatch(r"/secrets/([\w-]+)/(\w*)", request.path)
        if secret:
            return self._secret(secret[1], secret[2])
        answers: dict[tuple[str, str], Callable[[], Any]] = {
            ("GET", "/subscriptions"): lambda: {"value": [{"subscriptionId": one} for one in self.subscriptions]},
            ("GET", _DEPLOYMENTS): lambda: {"value": self.deployments},
            ("POST", f"{_SITE}/config/appsettings/list"): lambda: {"properties": self.settings()},
            ("GET", f"{_SITE}/config/configreferences/appsettings"): self._references,
            ("POST", f"{_SITE}/config/configreferences/appsettings/refresh"): self._refresh,
            ("POST", f"{_SITE}/functions/dynamics_events/listkeys"): lambda: {"default": "the-events-key"},
        }
        path = request.path
        for name in self.others:
            path = path.replace(f"/sites/{name}/", f"/sites/{APP}/")
        found = answers.get((request.method, path))
        return Response.of_json(200, found()) if found else _error(404, "ResourceNotFound")

    def settings(self) -> dict[str, str]:
        referred = {
            name: f"@Microsoft.KeyVault(SecretUri={self.url}/secrets/{secret}/)" for name, secret in REFERRED.items()
        }
        return {**referred, **self.plain}

    def _health(self) -> Response:
        self.asked += 1
        if self.refreshed and self.asked > self.slow:
            self.fetch()
        body: dict[str, Any] = {"status": "ok", "secrets": _digests(self.used)}
        if self.tells:
            body["secrets_by_function"] = [
                {"function": name, "secrets": _digests(values)}
                for name, values in self.elsewhere.items()
                if name not in self.unseen
            ]
        return Response.of_json(200, body)

    def _secret(self, name: str, wanted: str) -> Response:
        if self.closed:
            return _error(403, "Forbidden", inner="ForbiddenByConnection")
        if name not in self.vault:
            return _error(404, "SecretNotFound")
        versions = {version_id(number): value for number, value in enumerate(self.vault[name], 1)}
        version = wanted or max(versions)
        if version not in versions:
            return _error(404, "SecretNotFound")
        if name in self.disabled:
            return _error(403, "Forbidden", inner="SecretDisabled")
        return Response.of_json(200, {"value": versions[version], "id": f"{self.url}/secrets/{name}/{version}"})

    def _refresh(self) -> dict[str, Any]:
        self.refreshed += 1
        return self._references()

    def _references(self) -> dict[str, Any]:
        rows = []
        for name, secret in REFERRED.items():
            there = secret in self.vault
            about = {"status": self.refused or "Resolved" if there else "SecretNotFound", "secretName": secret}
            rows.append({"name": name, "properties": {**about, "activeVersion": "ab12cd34ef" if there else None}})
        return {"value": rows}


def version_id(number: int) -> str:
    """Of a secret's first, second, ... version."""
    return f"{number:032x}"


def _digests(values: dict[str, str]) -> dict[str, str]:
    return {name: digest(name, value) for name, value in values.items()}


def deployment(name: str, at: str, outputs: dict[str, str], state: str = "Succeeded") -> dict[str, Any]:
    typed = {key: {"type": "String", "value": value} for key, value in outputs.items()}
    return {"name": name, "properties": {"provisioningState": state, "timestamp": at, "outputs": typed}}


def _error(status: int, code: str, inner: str = "", headers: dict[str, str] | None = None) -> Response:
    error: dict[str, Any] = {"code": code, "message": "No prose of a vendor goes into a message."}
    return Response.of_json(status, {"error": error | ({"innererror": {"code": inner}} if inner else {})}, headers)
