"""Answers of the Web API: JSON with numbers digit for digit, and where a row is that was made."""

from __future__ import annotations

from typing import Any

from sandbox.wire import Response

_JSON = "application/json; odata.metadata=minimal"


def answer(status: int, content: Any, headers: dict[str, str] | None = None) -> Response:
    exact = Response.of_json_exact(content)
    return Response(status, exact.body, {"Content-Type": _JSON, **(headers or {})})


def nothing(headers: dict[str, str] | None = None) -> Response:
    return Response(204, headers=dict(headers or {}))


def text(content: str) -> Response:
    return Response(200, content.encode(), {"Content-Type": "text/plain"})
