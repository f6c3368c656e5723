"""Requests in: routes, methods and keys as the real host has them."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from sandbox.host.invokers import Failed, Invoker
from sandbox.host.model import FunctionSpec
from sandbox.wire import Request, Response

_PART = re.compile(r"{(\*?)(\w+)(?::(\w+))?}")


@dataclass(frozen=True)
class Route:
    spec: FunctionSpec
    pattern: re.Pattern[str]
    rank: tuple[int, ...]  # literal parts go before parameters, parameters before the rest of the path


class Front:
    """`keys[name]` is each function's own key; `host_key` opens all."""

    def __init__(self, specs: Sequence[FunctionSpec], prefix: str, invoker: Invoker, say: Any) -> None:
        http = [spec for spec in specs if spec.kind == "http"]
        self._routes = sorted((_route(spec, prefix) for spec in http), key=lambda route: route.rank)
        self._invoker, self._say = invoker, say
        self.keys = {spec.name: secrets.token_urlsafe(24) for spec in http if spec.auth_level == "FUNCTION"}
        self.host_key = secrets.token_urlsafe(24)

    def __call__(self, request: Request) -> Response:
        for route in self._routes:
            match = route.pattern.fullmatch(request.raw_path or request.path)
            if match and request.method in route.spec.methods:
                if not self._may(route.spec, request):
                    return Response(401)
                return self._invoke(route.spec, request, match.groupdict())
        return Response(404)

    def _may(self, spec: FunctionSpec, request: Request) -> bool:
        if spec.auth_level == "ANONYMOUS":
            return True
        given = request.headers.get("x-functions-key") or request.param("code") or ""
        own = self.keys.get(spec.name, "")
        return any(hmac.compare_digest(given.encode(), key.encode()) for key in (own, self.host_key) if key)

    def _invoke(self, spec: FunctionSpec, request: Request, parts: Mapping[str, str | None]) -> Response:
        make = self._invoker.datum
        query: dict[str, str] = {}
        for name, value in request.query:
            if value:  # the host drops empty ones and joins repeated ones
                query[name] = f"{query[name]},{value}" if name in query else value
        url = f"http://{request.headers.get('host', 'localhost')}{request.raw_path or request.path}"
        datum = make(
            {
                "method": make(request.method, "string"),
                "url": make(url + (f"?{request.raw_query}" if request.raw_query else ""), "string"),
                "headers": {name: make(value, "string") for name, value in request.headers.items()},
                "params": {name: make(unquote(value), "string") for name, value in parts.items() if value is not None},
                "query": {name: make(value, "string") for name, value in query.items()},
                "body": make(request.body, "bytes"),
            },
            "http",
        )
        try:
            returned = self._invoker.call(spec.name, spec.argument, datum, {})
        except Failed as failed:
            self._say(f"function.failed name={spec.name} {failed}")
            return Response(500)
        return _response(returned)


def _response(returned: Any) -> Response:
    value = returned.value
    if returned.type == "string":
        return Response(200, str(value).encode(), {"Content-Type": "text/plain; charset=utf-8"})
    headers = {name: str(one.value) for name, one in (value.get("headers") or {}).items()}
    body = value["body"].value if value.get("body") is not None else b""
    status = value["status_code"].value if hasattr(value.get("status_code"), "value") else value["status_code"]
    return Response(int(status), body.encode() if isinstance(body, str) else bytes(body or b""), headers)


def _route(spec: FunctionSpec, prefix: str) -> Route:
    whole = f"{prefix}/{spec.route}".strip("/")
    pattern, ranks = "", []
    for part in whole.split("/"):
        match = _PART.fullmatch(part)
        if match is None:
            pattern += "/" + re.escape(part)
            ranks.append(0)
        elif match.group(1):
            pattern += f"(?:/(?P<{match.group(2)}>.*))?"
            ranks.append(2)
        else:
            one = r"-?\d+" if match.group(3) == "int" else "[^/]+"
            pattern += f"/(?P<{match.group(2)}>{one})"
            ranks.append(1)
    return Route(spec, re.compile(pattern + "/?", re.IGNORECASE), (*ranks, 3))
