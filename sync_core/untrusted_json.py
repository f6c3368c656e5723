"""JSON from outside: what any of its later readers could not store, send on or answer with is refused at the door."""

from __future__ import annotations

import json
import math
from typing import Any


def untrusted_json(body: bytes) -> Any:
    """ValueError for what is no JSON, is nested too deeply, or holds a number or a text that is none.

    Python's reader takes NaN, numbers beyond all, and halves of surrogate pairs, which no UTF-8 can carry.
    https://www.rfc-editor.org/rfc/rfc8259#section-8.2
    """
    try:
        content = json.loads(body, parse_constant=_refuse, parse_float=_number)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if rb"\ud" in body.lower():
        json.dumps(content, ensure_ascii=False).encode()  # UnicodeEncodeError is a ValueError
    return content


def _number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> float:
    raise ValueError("no number")
