"""Oneflow's error answers (docs/handling-errors-with-error-codes, reference/api-rate-limit)."""

from __future__ import annotations

import uuid
from http import HTTPStatus

from sandbox.wire import Response


class Problem(Exception):
    """An answer that is an error. `code` is the status followed by four digits; 0 there means nothing specific."""

    def __init__(
        self, status: int, detail: str, problems: dict[str, list[str]] | None = None, code: int | None = None
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.problems = problems or {}
        self.code = code if code is not None else status * 10_000

    def response(self, base_url: str) -> Response:
        return Response.of_json(
            self.status,
            {
                "detail": self.detail,
                "error_code": self.code,
                "parameter_problems": self.problems,
                "request_id": uuid.uuid4().hex,
                "status": self.status,
                "title": HTTPStatus(self.status).phrase,
                "type": f"{base_url}/error_codes/{self.code}",
            },
        )


DUPLICATE_PARTICIPANT = 4000003


def invalid(problems: dict[str, list[str]], code: int | None = None) -> Problem:
    return Problem(400, "The request contains invalid parameters.", problems, code)


def not_found(kind: str, key: object) -> Problem:
    return Problem(404, f"{kind} with id {key} was not found.")


def rate_limited() -> Response:
    """The one error body of another form: it has `info`, and neither `type` nor `request_id`. No Retry-After."""
    return Response.of_json(
        429,
        {
            "detail": "You have reached the 5 minute rate limit for requests. Try again in a few minutes.",
            "error_code": 4290000,
            "parameter_problems": {},
            "status": 429,
            "title": "Too Many Requests",
            "info": "https://developer.oneflow.com/reference/api-rate-limit",
        },
    )
