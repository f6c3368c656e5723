"""Entra ID: client credentials for machines (fact sheet 1.2), and the sign-in of people in a browser (`people.py`)."""

from __future__ import annotations

from urllib.parse import parse_qs

from sandbox.identity.people import SignIn
from sandbox.identity.refusals import refused
from sandbox.identity.tokens import Tokens
from sandbox.wire import Request, Response

TENANT = "11111111-aaaa-4aaa-8aaa-111111111111"
CLIENT_ID = "22222222-bbbb-4bbb-8bbb-222222222222"
CLIENT_SECRET = "sandbox-secret-that-opens-nothing"
_DEFAULT = "/.default"


class IdentitySimulator:
    """`holder(token, audience)` is whom a good token was issued to: the client id, or the object id that `sign_in` was
    given; a token of another audience is not good. `lifetime` in seconds; `revoke()` ends all tokens at once.
    `people` is the sign-in of people: what is registered there, and who is known."""

    def __init__(self, lifetime: int = 3599, secret: str = CLIENT_SECRET) -> None:
        self.lifetime = lifetime
        self.secret = secret
        self._tokens = Tokens()
        self.people = SignIn(TENANT, self._tokens, lambda: self.lifetime)
        self.requests = 0

    def __call__(self, request: Request) -> Response:
        base = f"https://{request.headers.get('host', '127.0.0.1')}"
        self.requests += 1
        if request.method == "GET" and request.path.endswith("/.well-known/openid-configuration"):
            return self.people.described(base)
        if request.method == "POST" and request.path == f"/{TENANT}/oauth2/v2.0/token":
            form = {name: values[-1] for name, values in parse_qs(request.body.decode()).items()}
            if form.get("grant_type") == "client_credentials":
                return self._token(form)
            return self.people.token(request, form, base)
        return self.people.answer(request, base)

    def holder(self, token: str, audience: str | None = None) -> str | None:
        """`audience`: who asks; None only for whoever has no address of its own."""
        return self._tokens.holder(token, audience)

    def sign_in(self, object_id: str, audience: str, lifetime: float | None = None) -> str:
        """A token for a person, as a browser or the Azure CLI would have got it."""
        return self._tokens.issue(object_id, audience, lifetime or self.lifetime)

    def revoke(self) -> None:
        self._tokens.revoke()

    def _token(self, form: dict[str, str]) -> Response:
        if form.get("client_id") != CLIENT_ID:
            return refused("unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if form.get("client_secret") != self.secret:
            return refused("invalid_client", "AADSTS7000215: Invalid client secret provided.", 401)
        scope = form.get("scope", "")
        if not scope.endswith(_DEFAULT) or " " in scope:
            return refused("invalid_scope", "AADSTS1002012: The provided value for scope is not valid.")
        token = self._tokens.issue(CLIENT_ID, scope.removesuffix(_DEFAULT), self.lifetime)
        return Response.of_json(200, {"token_type": "Bearer", "expires_in": self.lifetime, "access_token": token})
