"""A request's JSON object, with exact numbers."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.wire import Request


def body_of(request: Request) -> dict[str, Any]:
    """Problem where it is none."""
    try:
        content = json.loads(request.body, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Problem(400, "0x80048d19", "Error identified in Payload provided by the user.") from error
    if not isinstance(content, dict):
        raise Problem(400, "0x80048d19", "Error identified in Payload provided by the user.")
    return content
