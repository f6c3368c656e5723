"""One operation of the API: its handler, and every shape that it reads or answers with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import UnionType
from typing import Any, get_type_hints

import azure.functions as func

from sync_core.errors import Invalid
from sync_core.handlers.web import Call, ok
from sync_core.handlers.wire.members import Answer, Body, Query
from sync_core.handlers.wire.problems import Problem
from sync_core.handlers.wire.reading import read_body, read_query

Shape = type[Answer] | UnionType


@dataclass(frozen=True, slots=True)
class Operation:
    """`answer` is None where the answer has no body. `taken`: what a 409 tells. `refusal`: what is said where the body
    is wrong. `needs_if_match`: nobody's save may be overwritten unread."""

    handler: Callable[..., Any]
    summary: str
    answer: Shape | None
    status: int
    taken: type[Problem]
    refusal: str
    body: type[Body] | None
    query: type[Query] | None
    needs_if_match: bool

    def run(self, call: Call) -> func.HttpResponse:
        """What the handler gives: an answer, the content of one, or None for an empty one."""
        given: dict[str, Any] = {}
        if self.needs_if_match:
            given["if_match"] = call.request.headers.get("if-match")
            if given["if_match"] is None:
                raise Invalid("Send If-Match with the ETag that was read, so that nobody's save is lost.", status=428)
        if self.body is not None:
            given["body"] = read_body(self.body, call.body, self.refusal, call.request.route_params)
        if self.query is not None:
            given["query"] = read_query(self.query, call.request.params)
        content = self.handler(call, **given)
        if isinstance(content, func.HttpResponse):
            return content
        return ok(content, self.status) if content is not None else func.HttpResponse(status_code=self.status)


def operation(
    summary: str,
    answer: Shape | None = None,
    *,
    status: int = 200,
    taken: type[Problem] = Problem,
    refusal: str = "This cannot be done.",
) -> Callable[[Callable[..., Any]], Operation]:
    """Makes a handler an operation: what it reads are the types of its parameters `body`, `query` and `if_match`."""

    def made(handler: Callable[..., Any]) -> Operation:
        read = get_type_hints(handler)
        return Operation(
            handler, summary, answer, status, taken, refusal, read.get("body"), read.get("query"), "if_match" in read
        )

    return made
