"""What Oneflow's errors mean: its error code decides, and its status where the code says nothing.

A code is the status followed by four digits, of which `0000` says no more than the status.
https://developer.oneflow.com/docs/handling-errors-with-error-codes
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sync_core.adapters.http import Problem
from sync_core.errors import Gone, Ground, NotAllowed, Refused, VendorError

Meaning = tuple[type[VendorError], Ground]

_BY_CODE: Mapping[str, Meaning] = {
    "4000003": (Refused, Ground.VALUE),  # one e-mail, two participants
}
_BY_STATUS: Mapping[int, Meaning] = {
    400: (Refused, Ground.VALUE),
    402: (Refused, Ground.PAYMENT),
    403: (NotAllowed, Ground.PRIVILEGE),
    404: (Gone, Ground.GONE),
    409: (Refused, Ground.STATE),
    410: (Gone, Ground.GONE),
    413: (Refused, Ground.TOO_LONG),
    422: (Refused, Ground.VALUE),
}


def explain(status: int, data: Any, headers: Mapping[str, str]) -> Problem:
    """Only codes and places: the texts may quote values."""
    body = data if isinstance(data, Mapping) else {}
    problems = body.get("parameter_problems")
    places = {str(place): "refused" for place in problems} if isinstance(problems, Mapping) else {}
    known = {place: text for place, text in places.items() if re.fullmatch(r"[\w.\[\]:-]{1,120}", place)}
    code = str(body.get("error_code") or "")
    meaning = _BY_CODE.get(code) or _BY_STATUS.get(status)
    kind, ground = meaning or (None, Ground.UNEXPECTED)
    return Problem(code, str(body.get("request_id") or ""), known, error=kind, ground=ground)
