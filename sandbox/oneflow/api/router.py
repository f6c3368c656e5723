"""The public API: find the route, check the caller, run the handler, turn a problem into its answer."""

from __future__ import annotations

import re

from sandbox.faults import Fault
from sandbox.oneflow.account.world import World
from sandbox.oneflow.api import (
    catalog_routes,
    contract_routes,
    field_routes,
    file_routes,
    people_routes,
    product_routes,
    webhook_routes,
)
from sandbox.oneflow.api.access import RateLimiter, acting_user, check_token
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.problems import Problem, rate_limited
from sandbox.oneflow.api.views import Views
from sandbox.wire import Request, Response

PREFIX = "/v1"


class Api:
    """One request at a time: the simulator holds its lock around `answer`."""

    def __init__(self, world: World, token: str) -> None:
        self.world = world
        self.token = token
        self.limiter = RateLimiter()
        all_routes = (
            *catalog_routes.ROUTES, *contract_routes.ROUTES, *field_routes.ROUTES, *file_routes.ROUTES,
            *people_routes.ROUTES,
            *product_routes.ROUTES, *webhook_routes.ROUTES,
        )  # fmt: skip
        self._routes: list[tuple[re.Pattern[str], Route]] = [(re.compile(r.pattern), r) for r in all_routes]

    def answer(self, request: Request, base_url: str, fault: Fault | None = None) -> Response:
        """`base_url` is what links in the answer start with; `fault` one that a handler plays."""
        try:
            return self._answer(request, base_url, fault)
        except Problem as problem:
            if not self.world.switches.problems_name_places:
                problem.problems = {}
            return problem.response(base_url)

    def _answer(self, request: Request, base_url: str, fault: Fault | None) -> Response:
        if request.path.startswith(file_routes.STORAGE):
            return file_routes.stored(request, self.world)
        path = request.path.rstrip("/")
        if path != PREFIX and not path.startswith(PREFIX + "/"):
            raise Problem(404, "The requested URL was not found.")
        route, values = self._route(request.method, path.removeprefix(PREFIX))
        user = None
        told: dict[str, str] = {}
        if route.needs_token:
            check_token(request.headers, self.token)
            switches = self.world.switches
            at = self.world.now(), switches.rate_limit, switches.rate_window
            admitted = self.limiter.admits(*at)
            told = self.limiter.told(*at) if switches.rate_limit_headers else {}
            if not admitted:
                answer = rate_limited()
                answer.headers |= told
                return answer
            user = acting_user(request.headers, self.world, route.needs_user)
            if user is not None and not user.may_write and request.method != "GET":
                raise Problem(403, "Access denied.")
        call = Call(request, self.world, Views(self.world, base_url, user), user, values, fault)
        answer = route.handle(call)
        answer.headers |= told
        return answer

    def _route(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        found = [(route, match) for pattern, route in self._routes if (match := pattern.fullmatch(path))]
        for route, match in found:
            if route.method == method:
                return route, match.groupdict()
        if found:
            raise Problem(405, "The method is not allowed for this endpoint.")
        raise Problem(404, "The requested URL was not found.")
