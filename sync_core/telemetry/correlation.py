"""One id for everything that one webhook or one click starts: through the queue, to both vendors' requests.

It has the form of a trace id of W3C Trace Context, so that tools which know that form show one trace.
https://www.w3.org/TR/trace-context/
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextvars import ContextVar

_id: ContextVar[str] = ContextVar("correlation_id", default="")
_operation: ContextVar[str] = ContextVar("operation", default="")

# Who calls us may have an id already; the first that is one holds. The third is Dataverse's, of a webhook step.
HEADERS = ("traceparent", "x-correlation-id", "x-ms-correlation-request-id", "x-ms-client-request-id")
ANSWER_HEADER = "X-Correlation-Id"


def started(operation: str, *candidates: object) -> str:
    """Begin an invocation: `operation` names it in measures; the id is the first candidate that is one, or new."""
    found = next((known for known in map(_id_in, candidates) if known), None) or uuid.uuid4().hex
    _id.set(found)
    _operation.set(operation)
    return found


def of_headers(headers: Mapping[str, str]) -> list[str | None]:
    """What the caller's headers offer as an id."""
    return [headers.get(name) for name in HEADERS]


def current() -> str:
    """32 hexadecimal digits; empty outside an invocation."""
    return _id.get()


def operation() -> str:
    return _operation.get()


def traceparent() -> str | None:
    """The header of one request to a vendor: the id, and a new span."""
    known = _id.get()
    return f"00-{known}-{uuid.uuid4().hex[:16]}-01" if known else None


def as_guid() -> str | None:
    known = _id.get()
    return str(uuid.UUID(known)) if known else None


def _id_in(text: object) -> str | None:
    """The id of a traceparent, a GUID or 32 digits; anything else is none, and all zeros means none."""
    value = str(text or "").strip().lower()
    parts = re.fullmatch(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}", value)
    digits = parts[1] if parts else value.replace("-", "")
    return digits if re.fullmatch(r"(?!0{32})[0-9a-f]{32}", digits) else None
