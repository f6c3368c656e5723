"""Oneflow's side: a contract's page, where one edits and signs as the counterparty or as a colleague."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox.oneflow.simulator import CONTROL_PREFIX
from sandbox.pages.files import OWN, send
from sandbox.pages.plain import as_page
from sandbox.wire import App, Request, Response

_CONTRACT = re.compile(r"/contracts/\d+")
FILES = "/_sandbox/pages/"


class OneflowPages:
    """The simulator with its pages before it; only `framer` (Dynamics) may frame them."""

    def __init__(self, simulator: App, framer: Callable[[], str]) -> None:
        self._simulator, self._framer = simulator, framer

    def __call__(self, request: Request) -> Response:
        if request.method == "GET" and _CONTRACT.fullmatch(request.path):
            return send(OWN, "contract.html", self._policy())
        if request.method == "GET" and request.path.startswith(FILES):
            return send(OWN, request.path.removeprefix(FILES), self._policy())
        answer = self._simulator(request)
        if request.path.startswith(CONTROL_PREFIX):
            return as_page(request, answer, "Oneflow, in the sandbox")
        return answer

    def _policy(self) -> dict[str, str]:
        return {
            "default-src": "'none'",
            "script-src": "'self'",
            "style-src": "'self'",
            "img-src": "data:",
            "connect-src": "'self'",
            "frame-ancestors": f"'self' {self._framer()}",
            "base-uri": "'none'",
        }
