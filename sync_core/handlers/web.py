"""What every HTTP function shares: who calls, from where, with what body, and that it always answers."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import azure.functions as func

from sync_core.engine.model.ids import canonical_id
from sync_core.errors import Gone, Invalid
from sync_core.handlers.principal import Principal, must_be_admin, principal_of
from sync_core.handlers.problems import problem_of
from sync_core.handlers.services import GetServices, Services
from sync_core.handlers.whole_numbers import whole_number
from sync_core.telemetry import correlation
from sync_core.untrusted_json import untrusted_json

if TYPE_CHECKING:
    from sync_core.engine.model.actor import Actor

Answer = func.HttpResponse
LARGEST = 1024 * 1024  # bytes of a body
_SAFE = ("GET", "HEAD", "OPTIONS")
# What a page of another origin, a web resource of Dynamics, may read of an answer; the platform's own CORS names none.
# https://fetch.spec.whatwg.org/#http-access-control-expose-headers
_EXPOSED = f"{correlation.ANSWER_HEADER}, Retry-After, ETag"


_TABLE_NAME = re.compile(r"[a-z][a-z0-9_]{0,127}", re.ASCII)  # a logical name


@dataclass(frozen=True)
class Call:
    """A signed-in person's request. The Dataverse user behind it is looked up when a handler asks for it."""

    request: func.HttpRequest
    services: Services
    principal: Principal

    @property
    def actor(self) -> Actor:
        return self.services.people.actor(self.principal.object_id, self.principal.roles)

    @property
    def body(self) -> dict[str, Any]:
        return json_object(self.request.headers.get("content-type") or "", self.request.get_body())

    def part(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.route_params.get(name) or "")

    def record(self) -> tuple[str, str]:
        """The table and the record that the address names, each in its one spelling."""
        entity = self.part("entity").lower()
        if not _TABLE_NAME.fullmatch(entity):
            raise Gone("There is no such table.", side="dynamics")
        return entity, canonical_id(self.part("record_id"))

    def contract_id(self) -> int:
        try:
            return whole_number(self.part("contract_id"))
        except ValueError as error:
            raise Invalid("contract_id must be a whole number.", status=400) from error


Handler = Callable[[Call], func.HttpResponse]


def person(
    get: GetServices, handler: Handler, admin: bool = False, name: str = "person"
) -> Callable[[func.HttpRequest], Answer]:
    """A people's function: guard, then one handler; whatever happens, an answer."""

    def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            principal = principal_of(req.headers, os.environ)
            if admin:
                must_be_admin(principal)
            guard_origin(req)
            if req.method.upper() not in _SAFE and req.get_body():
                json_object(req.headers.get("content-type") or "", req.get_body())
            return handler(Call(req, get(), principal))
        except Exception as error:  # noqa: BLE001 an unhandled one would be an empty 500
            return problem_of(error)

    return followed(name, answer)


def machine(
    get: GetServices, handler: Callable[[func.HttpRequest, Services], Answer], name: str = "machine"
) -> Callable[..., Answer]:
    """A machine's function; the host has checked its key."""

    def answer(req: func.HttpRequest) -> func.HttpResponse:
        try:
            return handler(req, get())
        except Exception as error:  # noqa: BLE001 an unhandled one would be an empty 500
            return problem_of(error)

    return followed(name, answer)


def followed(name: str, answer: Callable[[func.HttpRequest], Answer]) -> Callable[[func.HttpRequest], Answer]:
    """The function under one correlation id, the caller's where it brings one, which the answer tells."""

    def function(req: func.HttpRequest) -> func.HttpResponse:
        known = correlation.started(name, *correlation.of_headers(req.headers))
        given = answer(req)
        given.headers[correlation.ANSWER_HEADER] = known
        given.headers["Access-Control-Expose-Headers"] = _EXPOSED
        return given

    return function


def guard_origin(request: func.HttpRequest) -> None:
    """A browser names the page that asks; only the app's own pages and the configured Dynamics may."""
    origin = request.headers.get("origin")
    if not origin:
        return
    allowed = {_origin(os.environ.get(name) or "") for name in ("PUBLIC_URL", "DATAVERSE_URL")}
    allowed.add(_origin(f"https://{os.environ.get('WEBSITE_HOSTNAME') or ''}"))
    if _origin(origin) not in allowed - {""}:
        raise Invalid("This page may not call the app: its address is neither the app's nor Dynamics'.", status=403)


def ok(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> func.HttpResponse:
    return func.HttpResponse(
        json.dumps(content, ensure_ascii=False),
        status_code=status,
        mimetype="application/json",
        charset="utf-8",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def json_object(content_type: str, body: bytes) -> dict[str, Any]:
    """Invalid: 415 for another type, 413 for a body that is too large, 400 for what is no JSON object."""
    if content_type.split(";")[0].strip().lower() != "application/json":
        raise Invalid("The body must be application/json.", status=415)
    if len(body) > LARGEST:
        raise Invalid(f"The body is longer than {LARGEST} bytes.", status=413)
    try:
        content = untrusted_json(body or b"{}")
    except ValueError as error:
        raise Invalid("The body is not JSON.", status=400) from error
    if not isinstance(content, dict):
        raise Invalid("The body must be a JSON object.", status=400)
    return content


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""
