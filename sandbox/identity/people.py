"""The sign-in of people: OpenID Connect's code flow for single-page applications, as strict as Entra ID.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow
https://learn.microsoft.com/entra/identity-platform/reference-error-codes
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode

from sandbox.identity.refusals import error_page, page, refused
from sandbox.identity.tokens import Tokens
from sandbox.wire import Request, Response

COOKIE = "ESTSAUTHPERSISTENT"
_OPENID = frozenset({"openid", "profile", "email", "offline_access"})
_DEFAULT = "/.default"
_LIMIT = 24 * 3600  # seconds that a refresh token of a single-page application lasts


@dataclass(frozen=True)
class _Code:
    """What an authorisation code, or a refresh token, was given for."""

    name: str
    client_id: str
    redirect_uri: str
    challenge: str
    nonce: str


class SignIn:
    """`register` an application with its redirect addresses; `know` a person by sign-in name and object id.

    A browser is signed in by a cookie of Entra's own, which it got in a window; `asked` tells how the question for a
    person was put: "silently" or "in a window", and each "token".
    """

    def __init__(self, tenant: str, tokens: Tokens, lifetime: Callable[[], int]) -> None:
        self._tenant, self._tokens, self._lifetime = tenant, tokens, lifetime
        self._redirects: dict[str, frozenset[str]] = {}
        self._known: dict[str, str] = {}
        self._sessions: dict[str, tuple[str, ...]] = {}
        self._codes: dict[str, _Code] = {}
        self._refresh: dict[str, tuple[_Code, float]] = {}
        self._web: set[str] = set()
        self.forget()

    # --- who and what is known ----------------------------------------------------------------------------------------

    def register(self, client_id: str, *redirects: str, platform: str = "spa") -> None:
        """In place of what was registered for it; each address counts exactly, the case of its path included. As
        platform "web" its codes cannot be redeemed by a page."""
        self._redirects[client_id] = frozenset(redirects)
        (self._web.add if platform == "web" else self._web.discard)(client_id)

    def withdraw(self, client_id: str) -> None:
        self._redirects.pop(client_id, None)

    def know(self, name: str, object_id: str) -> None:
        self._known[name.lower()] = object_id

    def session(self, *names: str) -> str:
        """The value of Entra's cookie for a browser in which these people are signed in already."""
        made = secrets.token_urlsafe(16)
        self._sessions[made] = tuple(name.lower() for name in names)
        return made

    def forget(self) -> None:
        """What was asked until now, and who may not sign in."""
        self.asked: list[str] = []
        self.hints: list[str] = []
        self.refusals: list[str] = []
        self.consented = True  # for the whole organisation
        self.approval = False  # only an administrator may consent
        self.kept_out = ""  # the refusal that everybody meets who is known: of an account, an assignment, a policy
        self.strangers: tuple[str, ...] = ()  # accounts of other organisations, to pick among the known ones

    # --- the endpoints ------------------------------------------------------------------------------------------------

    def described(self, base: str) -> Response:
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "end_session_endpoint": "logout"}
        found = {name: f"{base}/{self._tenant}/oauth2/v2.0/{place}" for name, place in places.items()}
        issuer = f"{base}/{self._tenant}/v2.0"
        keys = f"{base}/{self._tenant}/discovery/v2.0/keys"
        return Response.of_json(200, {**found, "issuer": issuer, "jwks_uri": keys}, _anyone())

    def answer(self, request: Request, base: str) -> Response:
        if request.method == "OPTIONS":
            return Response(204, b"", {**_anyone(), "Access-Control-Allow-Methods": "GET,POST"})
        if request.method == "GET" and request.path == f"/{self._tenant}/oauth2/v2.0/authorize":
            return self._authorize(request, dict(request.query))
        if request.method == "GET" and request.path == "/common/discovery/instance":
            host = base.removeprefix("https://")
            metadata = [{"preferred_network": host, "preferred_cache": host, "aliases": [host]}]
            found = f"{base}/{self._tenant}/v2.0/.well-known/openid-configuration"
            return Response.of_json(200, {"tenant_discovery_endpoint": found, "metadata": metadata}, _anyone())
        return Response.of_json(404, {"error": "not_found"}, _anyone())

    def token(self, request: Request, form: Mapping[str, str], base: str) -> Response:
        self.asked.append("token")
        if form.get("client_id") not in self._redirects:
            return self._no("unauthorized_client", "AADSTS700016: Application was not found in the directory.")
        if not request.headers.get("origin"):
            said = "AADSTS9002327: Tokens issued for the 'Single-Page Application' client-type may only be redeemed "
            return self._no("invalid_request", said + "via cross-origin requests.")
        if form.get("client_id") in self._web:
            said = "AADSTS9002326: Cross-origin token redemption is permitted only for the 'Single-Page Application' "
            return self._no("invalid_request", said + "client-type.")
        if form.get("grant_type") == "authorization_code":
            code = self._codes.pop(form.get("code", ""), None)
            problem = _problem_of_code(code, form)
        elif form.get("grant_type") == "refresh_token":
            code, until = self._refresh.pop(form.get("refresh_token", ""), (None, 0.0))
            problem = (
                "" if code and until > time.monotonic() else "AADSTS700084: The refresh token is not known, or over."
            )
        else:
            return self._no("unsupported_grant_type", "AADSTS70003: The app requested an unsupported grant type.")
        if problem or code is None:
            return self._no("invalid_grant", problem)
        audience = _audience(form.get("scope", ""))
        if audience not in self._redirects:
            said = f"AADSTS500011: The resource principal named {audience or '(none)'} was not found in the tenant."
            return self._no("invalid_resource", said)
        return Response.of_json(200, self._tokens_of(code, audience, base), _anyone())

    def _tokens_of(self, code: _Code, audience: str, base: str) -> dict[str, Any]:
        now, object_id = int(time.time()), self._known[code.name]
        claims = {
            "aud": code.client_id, "iss": f"{base}/{self._tenant}/v2.0", "tid": self._tenant, "ver": "2.0",
            "oid": object_id, "sub": object_id, "preferred_username": code.name, "nonce": code.nonce,
            "iat": now, "nbf": now, "exp": now + 3600,
        }  # fmt: skip
        refresh = secrets.token_urlsafe(24)
        self._refresh[refresh] = (code, time.monotonic() + _LIMIT)
        return {
            "token_type": "Bearer",
            "scope": f"{audience}{_DEFAULT}",
            "expires_in": self._lifetime(),
            "access_token": self._tokens.issue(object_id, audience, self._lifetime()),
            "refresh_token": refresh,
            "id_token": f"{_coded({'alg': 'RS256', 'typ': 'JWT'})}.{_coded(claims)}.c2lnbmF0dXJl",
            "client_info": _coded({"uid": object_id, "utid": self._tenant}),
        }

    def _authorize(self, request: Request, query: dict[str, str]) -> Response:
        quiet = query.get("prompt") == "none"
        self.asked.append("silently" if quiet else "in a window")
        hint = query.get("login_hint", "")
        self.hints.append(hint)
        client, redirect = query.get("client_id", ""), query.get("redirect_uri", "")
        if client not in self._redirects:
            return self._page(f"AADSTS700016: Application with identifier '{client}' was not found in the directory.")
        if redirect not in self._redirects[client]:
            said = f"AADSTS50011: The redirect URI '{redirect}' specified in the request does not match the redirect "
            return self._page(f"{said}URIs configured for the application '{client}'.")
        if query.get("response_type") != "code" or query.get("code_challenge_method") != "S256":
            return self._page("AADSTS9002325: Proof Key for Code Exchange is required for cross-origin requests.")
        chosen = query.get("as", "").lower()
        present = self._sessions.get(_cookie(request), ())
        fitting = [name for name in present if not hint or name == hint.lower()]
        if quiet:
            if len(fitting) > 1 or (fitting and fitting[0] not in self._known):
                return self._back(query, "interaction_required", "AADSTS16000: Select one of the accounts.")
            if not fitting:
                said = "AADSTS50058: A silent sign-in request was sent but no user is signed in."
                return self._back(query, "login_required", said)
            if self.kept_out:
                return self._back(query, "access_denied", self.kept_out)
            if not self.consented:
                said = "AADSTS65001: The user or administrator has not consented to use the application."
                return self._back(query, "interaction_required", said)
            return self._code(query, fitting[0])
        if hint and hint.lower() not in self._known:
            return self._page(f"AADSTS50034: The user account {hint} does not exist in the directory.")
        if chosen in self.strangers:
            return self._page(f"AADSTS50020: User account '{chosen}' does not exist in tenant '{self._tenant}'.")
        if chosen in self._known:
            if self.kept_out:
                return self._page(self.kept_out)
            if not self.consented and (asking := self._consent(query)):
                return asking
            return self._code(query, chosen, {"Set-Cookie": set_cookie(self.session(*{*present, chosen}))})
        return _picker(query, [hint.lower()] if hint else [*sorted(self._known), *self.strangers])

    def _consent(self, query: dict[str, str]) -> Response | None:
        """None once a person has accepted."""
        given = query.pop("consent", "")
        if given == "cancel":
            return self._back(query, "access_denied", "AADSTS65004: User declined to consent to access the app.")
        if self.approval:
            said = "AADSTS90094: The grant requires administrator permission."
            self.refusals.append(said)
            return _form(query, f"Need admin approval. {said}", [("consent", "cancel", "Return to the application")])
        if given != "accept":
            buttons = [("consent", "accept", "Accept"), ("consent", "cancel", "Cancel")]
            return _form(query, "Permissions requested", buttons)
        self.consented = True
        return None

    def _code(self, query: Mapping[str, str], name: str, headers: Mapping[str, str] | None = None) -> Response:
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(
            name, query["client_id"], query["redirect_uri"], query.get("code_challenge", ""), query.get("nonce", "")
        )
        return _redirected(query, {"code": code}, headers)

    def _back(self, query: Mapping[str, str], error: str, description: str) -> Response:
        self.refusals.append(description)
        return _redirected(query, {"error": error, "error_description": description})

    def _page(self, description: str) -> Response:
        self.refusals.append(description)
        return error_page(description)

    def _no(self, error: str, description: str) -> Response:
        self.refusals.append(description)
        return refused(error, description, headers=_anyone())


def set_cookie(value: str) -> str:
    return f"{COOKIE}={value}; Path=/; Secure; HttpOnly; SameSite=None"


def _cookie(request: Request) -> str:
    found = SimpleCookie(request.headers.get("cookie", "")).get(COOKIE)
    return found.value if found else ""


def _redirected(
    query: Mapping[str, str], answer: Mapping[str, str], headers: Mapping[str, str] | None = None
) -> Response:
    words = {**answer, "state": query.get("state", "")}
    mark = "?" if query.get("response_mode") == "query" else "#"
    location = f"{query['redirect_uri']}{mark}{urlencode(words)}"
    return Response(302, b"", {"Location": location, "Cache-Control": "no-store", **(headers or {})})


def _picker(query: Mapping[str, str], names: list[str]) -> Response:
    """Whom to sign in as: a button for each."""
    kept = {name: value for name, value in query.items() if name != "as"}
    return _form(kept, "Pick an account", [("as", name, name) for name in names])


def _form(kept: Mapping[str, str], heading: str, buttons: list[tuple[str, str, str]]) -> Response:
    """`buttons`: the name and value that each sends, and what stands on it."""
    hidden = "".join(
        f"<input type=hidden name='{escape(name, True)}' value='{escape(value, True)}'>" for name, value in kept.items()
    )
    shown = "".join(
        f"<p><button name={name} value='{escape(value, True)}'>{escape(text)}</button></p>"
        for name, value, text in buttons
    )
    return page(f"<h1>{escape(heading)}</h1><form>{hidden}{shown}</form>")


def _problem_of_code(code: _Code | None, form: Mapping[str, str]) -> str:
    if code is None:
        return "AADSTS70008: The provided authorization code is not known, or was already redeemed."
    if code.client_id != form.get("client_id") or code.redirect_uri != form.get("redirect_uri"):
        return "AADSTS500112: The reply address does not match the one used when requesting the authorization code."
    verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    if base64.urlsafe_b64encode(verifier).decode().rstrip("=") != code.challenge:
        return "AADSTS501481: The code verifier does not match the code challenge."
    return ""


def _audience(scope: str) -> str:
    """Of the one resource that is asked for; its own client id for an application that asks for itself."""
    resources = {one.rsplit("/", 1)[0].removeprefix("api://") for one in scope.split() if one not in _OPENID}
    return resources.pop() if len(resources) == 1 else ""


def _anyone() -> dict[str, str]:
    return {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}


def _coded(content: Mapping[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")
