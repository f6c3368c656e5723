"""JSON with exact numbers: a float would lose digits."""

from __future__ import annotations

import json as json_lib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn


def exact_json(value: Any) -> str:
    """JSON with decimals digit for digit: a float would lose them."""
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise ValueError("JSON has no such number")
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{json_lib.dumps(str(key))}:{exact_json(each)}" for key, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(exact_json(each) for each in value) + "]"
    return json_lib.dumps(value, allow_nan=False)


def parsed(content: bytes) -> tuple[bool, Any]:
    """Whether it is JSON (or nothing), and what it holds."""
    if not content.strip():
        return True, None
    try:
        return True, json_lib.loads(content, parse_float=Decimal, parse_constant=_no_constant)
    except (ValueError, RecursionError, ArithmeticError):
        return False, None


def _no_constant(name: str) -> NoReturn:
    raise ValueError("not JSON")
