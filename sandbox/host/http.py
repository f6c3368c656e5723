"""Requests in: keys, and what a function gets and gives, as the real host has them."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.host.invokers import Failed, Invoker
from sandbox.host.model import FunctionSpec
from sandbox.host.routes import Routes
from sandbox.wire import Request, Response


class Front:
    """`keys[name]` is each function's own key; `host_key` opens all but level ADMIN, which wants `master_key`.

    Pages of the origins `cors` may read the answers; the platform itself answers their preflight requests.
    https://learn.microsoft.com/azure/app-service/app-service-web-tutorial-rest-api
    """

    def __init__(
        self,
        specs: Sequence[FunctionSpec],
        prefix: str,
        invoker: Invoker,
        say: Any,
        cors: Sequence[str] = (),
        after: Callable[[str, int], None] | None = None,
    ) -> None:
        self._routes = Routes(specs, prefix)
        self._invoker, self._say, self.cors, self._after = invoker, say, cors, after
        guarded = [spec for spec in specs if spec.kind == "http" and spec.auth_level == "FUNCTION"]
        self.keys = {spec.name: secrets.token_urlsafe(24) for spec in guarded}
        self.host_key = secrets.token_urlsafe(24)
        self.master_key = secrets.token_urlsafe(24)

    def __call__(self, request: Request) -> Response:
        origin = request.headers.get("origin", "")
        if origin not in self.cors:
            return self._answer(request)
        allowed = {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        if request.method == "OPTIONS" and (method := request.headers.get("access-control-request-method")):
            asked = request.headers.get("access-control-request-headers", "")
            return Response(
                204, b"", allowed | {"Access-Control-Allow-Methods": method, "Access-Control-Allow-Headers": asked}
            )
        response = self._answer(request)
        return Response(response.status, response.body, response.headers | allowed)

    def _answer(self, request: Request) -> Response:
        found = self._routes.find(request)
        if found is None:
            return Response(404)
        if not self._may(found.spec, request):
            return Response(401)
        response = self._invoke(found.spec, request, found.parts)
        if self._after:
            self._after(found.spec.name, response.status)
        return response

    def _may(self, spec: FunctionSpec, request: Request) -> bool:
        if spec.auth_level == "ANONYMOUS":
            return True
        given = (request.headers.get("x-functions-key") or request.param("code") or "").encode()
        opening = {self.master_key}
        if spec.auth_level == "FUNCTION":
            opening |= {self.host_key, self.keys.get(spec.name, "")}
        return any(hmac.compare_digest(given, key.encode()) for key in opening if key)

    def _invoke(self, spec: FunctionSpec, request: Request, parts: Mapping[str, str]) -> Response:
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
                "params": {name: make(value, "string") for name, value in parts.items()},
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
    for cookie in value.get("cookies") or ():
        for morsel in cookie.values():
            headers["Set-Cookie"] = morsel.OutputString()  # the wire carries one
    body = value["body"].value if value.get("body") is not None else b""
    status = value["status_code"].value if hasattr(value.get("status_code"), "value") else value["status_code"]
    return Response(int(status), body.encode() if isinstance(body, str) else bytes(body or b""), headers)
