"""Between a browser and the app in Azure: Entra ID's sign-in and App Service Authentication, for one context.

Facts: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
"""

from __future__ import annotations

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Route

CLIENT, TENANT = "5160f100-0000-4000-8000-000000000001", "7e4a4700-0000-4000-8000-000000000001"
LOGIN = "https://login.microsoftonline.com"
TOKEN = "an-access-token-of-the-app"


def signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on the app is behind the platform's sign-in, with this Entra ID."""
    for name, value in {
        "WEBSITE_AUTH_ENABLED": "True",
        "SIGN_IN_CLIENT_ID": CLIENT,
        "DATAVERSE_TENANT_ID": TENANT,
        "DATAVERSE_AUTHORITY": "",
    }.items():
        monkeypatch.setenv(name, value)


class Entra:
    """`silent`: whether somebody is signed in already; else a window has to ask."""

    def __init__(self, context: BrowserContext, app_url: str, object_id: str, silent: bool = True) -> None:
        self.silent, self.asked, self.redirects = silent, list[str](), set[str]()
        self._object_id = object_id
        self._nonce = ""
        context.route(f"{LOGIN}/**", self._entra)
        context.route(f"{app_url}/api/**", self._app_service)

    def _entra(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.path.endswith("/authorize"):
            self._authorize(route, {name: values[0] for name, values in parse_qs(parts.query).items()})
        elif parts.path.endswith("/token"):
            self.asked.append("token")
            self._answer(route, self._tokens())
        elif parts.path.endswith("/openid-configuration"):
            base = f"{LOGIN}/{TENANT}"
            names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "end_session_endpoint": "logout"}
            places = {name: f"{base}/oauth2/v2.0/{place}" for name, place in names.items()}
            self._answer(route, {**places, "issuer": f"{base}/v2.0", "jwks_uri": f"{base}/discovery/v2.0/keys"})
        else:
            known = {"preferred_network": urlsplit(LOGIN).netloc, "preferred_cache": urlsplit(LOGIN).netloc}
            metadata = [{**known, "aliases": [urlsplit(LOGIN).netloc]}]
            self._answer(route, {"tenant_discovery_endpoint": f"{LOGIN}/{TENANT}/v2.0", "metadata": metadata})

    def _authorize(self, route: Route, query: dict[str, str]) -> None:
        quiet = query.get("prompt") == "none"
        self.asked.append("silently" if quiet else "in a window")
        self._nonce = query["nonce"]
        self.redirects.add(query["redirect_uri"])
        answer = {"state": query["state"]}
        if quiet and not self.silent:
            answer |= {"error": "login_required", "error_description": "AADSTS50058: nobody is signed in."}
        else:
            answer |= {"code": "a-code"}
        route.fulfill(status=302, headers={"Location": f"{query['redirect_uri']}#{urlencode(answer)}"})

    def _tokens(self) -> dict[str, Any]:
        now = int(time.time())
        who = {"oid": self._object_id, "sub": self._object_id, "tid": TENANT, "preferred_username": "kari@example.com"}
        claims = who | {"aud": CLIENT, "iss": f"{LOGIN}/{TENANT}/v2.0", "nonce": self._nonce, "ver": "2.0"}
        claims |= {"iat": now, "nbf": now, "exp": now + 3600}  # type: ignore[dict-item]
        return {
            "token_type": "Bearer",
            "scope": f"{CLIENT}/.default",
            "expires_in": 3600,
            "access_token": TOKEN,
            "id_token": f"{_coded({'alg': 'RS256', 'typ': 'JWT'})}.{_coded(claims)}.c2lnbmF0dXJl",
            "client_info": _coded({"uid": self._object_id, "utid": TENANT}),
        }

    @staticmethod
    def _answer(route: Route, content: dict[str, Any]) -> None:
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}
        route.fulfill(status=200, headers=headers, content_type="application/json", body=json.dumps(content))

    def _app_service(self, route: Route) -> None:
        """Pages are for everybody; the rest is for those whose token is good, and says who they are."""
        request = route.request
        origin = request.headers.get("origin", "")
        cors = {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Allow-Headers": "authorization,content-type,if-match",
        }
        if request.method == "OPTIONS":
            route.fulfill(status=204, headers={**cors, "Access-Control-Allow-Methods": "GET,PUT,POST,DELETE"})
        elif "/api/ui/" in request.url:
            route.fulfill(response=(found := route.fetch()), headers={**found.headers, **cors})
        elif request.headers.get("authorization") == f"Bearer {TOKEN}":
            claims = [{"typ": "oid", "val": self._object_id}, {"typ": "roles", "val": "Sync.Admin"}]
            principal = base64.b64encode(json.dumps({"claims": claims, "role_typ": "roles"}).encode()).decode()
            found = route.fetch(headers={**request.headers, "x-ms-client-principal": principal})
            route.fulfill(response=found, headers={**found.headers, **cors})
        else:
            route.fulfill(status=401, headers=cors, body="")


def _coded(content: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
