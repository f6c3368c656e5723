"""Entra ID's token endpoint, as far as client credentials go (fact sheet 1.2)."""

from __future__ import annotations

import secrets
import threading
import time
from urllib.parse import parse_qs

from sandbox.wire import Request, Response

TENANT = "11111111-aaaa-4aaa-8aaa-111111111111"
CLIENT_ID = "22222222-bbbb-4bbb-8bbb-222222222222"
CLIENT_SECRET = "sandbox-secret-that-opens-nothing"


class IdentitySimulator:
    """`holder(token)` is whom a good token was issued to: the client id, or the object id that `sign_in` was given.
    `lifetime` in seconds; `revoke()` ends all tokens at once."""

    def __init__(self, lifetime: int = 3599, secret: str = CLIENT_SECRET) -> None:
        self.lifetime = lifetime
        self.secret = secret
        self._tokens: dict[str, tuple[float, str]] = {}
        self._guard = threading.Lock()
        self.requests = 0

    def __call__(self, request: Request) -> Response:
        base = f"https://{request.headers.get('host', '127.0.0.1')}/{TENANT}"
        self.requests += 1
        if request.method == "GET" and request.path.endswith("/.well-known/openid-configuration"):
            return Response.of_json(
                200,
                {
                    "issuer": f"{base}/v2.0",
                    "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                    "token_endpoint": f"{base}/oauth2/v2.0/token",
                },
            )
        if request.method == "POST" and request.path == f"/{TENANT}/oauth2/v2.0/token":
            return self._token({name: values[-1] for name, values in parse_qs(request.body.decode()).items()})
        return Response.of_json(404, {"error": "not_found"})

    def holder(self, token: str) -> str | None:
        with self._guard:
            until, holder = self._tokens.get(token, (0.0, ""))
            return holder if until > time.monotonic() else None

    def sign_in(self, object_id: str, lifetime: float | None = None) -> str:
        """A token for a person, as a browser or the Azure CLI would have got it."""
        return self._issue(object_id, lifetime)

    def revoke(self) -> None:
        with self._guard:
            self._tokens.clear()

    def _token(self, form: dict[str, str]) -> Response:
        if form.get("grant_type") != "client_credentials":
            return _refused("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if form.get("client_id") != CLIENT_ID:
            return _refused("unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if form.get("client_secret") != self.secret:
            return _refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        if not form.get("scope", "").endswith("/.default"):
            return _refused("invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
        token = self._issue(CLIENT_ID)
        return Response.of_json(200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})

    def _issue(self, holder: str, lifetime: float | None = None) -> str:
        token = secrets.token_urlsafe(32)
        with self._guard:
            self._tokens[token] = (time.monotonic() + (lifetime or self.lifetime), holder)
        return token


def _refused(error: str, description: str, status: int = 400) -> Response:
    return Response.of_json(status, {"error": error, "error_description": description})
