"""ONE table from an error to an HTTP answer: RFC 9457 problem+json that says what to mend."""

from __future__ import annotations

import json
import logging
import math
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import azure.functions as func

from sync_core.errors import (
    Busy,
    ConfigurationError,
    ConnectionBroken,
    Gone,
    Invalid,
    NotAllowed,
    NotAuthentic,
    Refused,
    RoleMissing,
    SyncError,
    Taken,
    Temporary,
    Unmappable,
    Unreadable,
    VersionMoved,
)

log = logging.getLogger(__name__)

# The first that fits holds. A vendor that is down or refuses us is no fault of the caller: 503.
_STATUS: tuple[tuple[type[SyncError], int, str], ...] = (
    (ConfigurationError, 503, "The app's settings are incomplete"),
    (NotAuthentic, 401, "Not authentic"),
    (Unreadable, 400, "Unreadable"),
    (Busy, 409, "Busy"),
    (Temporary, 503, "Temporarily unavailable"),
    (ConnectionBroken, 503, "The connection is broken"),
    (NotAllowed, 403, "Not allowed"),
    (Gone, 404, "Not found"),
    (VersionMoved, 409, "Changed meanwhile"),
    (Refused, 422, "Refused"),
    (Unmappable, 422, "Cannot be converted"),
)
_TITLES = {
    400: "Bad request", 401: "Not signed in", 403: "Not allowed", 404: "Not found", 409: "Conflict",
    412: "Changed meanwhile", 413: "Too large", 415: "Unsupported media type", 422: "Cannot be done",
    428: "If-Match is required",
}  # fmt: skip
_RETRY_DEFAULT = 5.0


def problem_of(error: Exception) -> func.HttpResponse:
    """The answer to any error; what is not ours tells nothing of itself."""
    if isinstance(error, Invalid):
        extra: dict[str, Any] = {"errors": list(error.problems)} if error.problems else {}
        if isinstance(error, RoleMissing):
            extra["missing"] = {"where": "entra_id", "what": error.role}
        return problem(error.status, str(error), extra)
    if isinstance(error, Taken):
        return problem(error.status, str(error), error.body)
    for kind, status, title in _STATUS:
        if isinstance(error, kind):
            extra = {"errors": list(error.problems)} if isinstance(error, ConfigurationError) else {}
            if isinstance(error, (NotAllowed, Gone)) and error.side == "dynamics" and error.missing:
                extra["missing"] = {"where": "dynamics", "what": error.missing}
            return problem(status, str(error), extra, title, _retry(error, status))
    log.error("request.failed error=%s at=%s", type(error).__name__, place_of(error))
    return problem(500, "An unexpected error; it is in the log.", title="Internal error")


def problem(
    status: int,
    detail: str,
    extra: Mapping[str, Any] | None = None,
    title: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> func.HttpResponse:
    body = {**(extra or {}), "type": "about:blank", "title": title or _TITLES.get(status, "Error"), "status": status}
    return func.HttpResponse(
        json.dumps(body | {"detail": detail}, ensure_ascii=False),
        status_code=status,
        mimetype="application/problem+json",
        charset="utf-8",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )


def _retry(error: SyncError, status: int) -> dict[str, str]:
    if not isinstance(error, Temporary) and status != 503:
        return {}
    seconds = getattr(error, "retry_after", None)
    return {"Retry-After": str(max(1, math.ceil(_RETRY_DEFAULT if seconds is None else seconds)))}


def place_of(error: Exception) -> str:
    """Where it happened, without the text: it may quote a value."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(frames))
