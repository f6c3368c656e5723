"""What Dataverse's errors mean: its code decides, and its status where the code says nothing.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sync_core.adapters.http import Problem
from sync_core.errors import ConnectionBroken, Gone, Ground, NotAllowed, Refused, VendorError, VersionMoved

Meaning = tuple[type[VendorError], Ground]

# Optimistic concurrency is off. The documentation's code, and one that a public client lists instead.
NO_VERSIONS = frozenset({"0x8006088d", "0x80060893"})
_BY_CODE: Mapping[str, Meaning] = {
    "0x80060882": (VersionMoved, Ground.UNEXPECTED),
    # As if the row had moved: the plan was made on a version that the table does not keep (any more).
    **dict.fromkeys(NO_VERSIONS, (VersionMoved, Ground.UNEXPECTED)),
    # Of the value.
    "0x80044331": (Refused, Ground.TOO_LONG),
    "0x8004431a": (Refused, Ground.OUT_OF_RANGE),
    "0x80048408": (Refused, Ground.VALUE),  # a status reason that its state does not have
    "0x80040203": (Refused, Ground.VALUE),  # an invalid argument
    "0x80048d19": (Refused, Ground.VALUE),  # the payload: a literal of another type
    "0x80060891": (Refused, Ground.KEY_TAKEN),
    "0x80060892": (Refused, Ground.KEY_TAKEN),  # an alternate key
    "0x80040237": (Refused, Ground.KEY_TAKEN),
    "0x80040333": (Refused, Ground.KEY_TAKEN),  # a duplicate rule
    # Of the situation.
    "0x80040220": (NotAllowed, Ground.PRIVILEGE),
    "0x80048306": (NotAllowed, Ground.PRIVILEGE),
    "0x8004f507": (Refused, Ground.SECURED),
    "0x80040265": (Refused, Ground.RULE),  # a plug-in or a business rule; its message is for people
    "0x80040224": (Refused, Ground.RULE),  # a plug-in that broke
    "0x80095ffc": (ConnectionBroken, Ground.UNEXPECTED),  # the app id is blocked for this environment
}
_BY_STATUS: Mapping[int, Meaning] = {
    400: (Refused, Ground.VALUE),
    403: (NotAllowed, Ground.PRIVILEGE),
    404: (Gone, Ground.GONE),
    410: (Gone, Ground.GONE),
    413: (Refused, Ground.TOO_LONG),
}
_SAYS_NOTHING = ("", "0x0")
_FOR_PEOPLE = "0x80040265"
# An environment's setting; the code that goes with it is not documented.
BLOCKED = "allow unmanaged customizations"
_MOST_SAID = 500  # characters of what a plug-in says
_PRIVILEGE = re.compile(r"missing (prv\w{1,90}) privilege", re.ASCII)


def explain(status: int, data: Any, headers: Mapping[str, str]) -> Problem:
    """Of the message only the name of a missing privilege is taken over, and what a rule says to people."""
    error = _error_in(data)
    code, message = str(error.get("code") or ""), str(error.get("message") or "")
    request_id = headers.get("x-ms-service-request-id") or headers.get("REQ_ID") or ""
    missing = _PRIVILEGE.search(message)
    kind, ground = _meaning(status, code.lower())
    meant_for_people = code.lower() == _FOR_PEOPLE or BLOCKED in message
    said = " ".join(message.split())[:_MOST_SAID] if meant_for_people else ""
    return Problem(code, request_id, error=kind, ground=ground, missing=missing.group(1) if missing else "", said=said)


def _error_in(data: Any) -> Mapping[str, Any]:
    error = data.get("error") if isinstance(data, Mapping) else None
    return error if isinstance(error, Mapping) else {}


def _meaning(status: int, code: str) -> tuple[type[VendorError] | None, Ground]:
    known = _BY_CODE.get(code)
    if known is not None:
        return known
    if status == 412 and code not in _SAYS_NOTHING:
        return Refused, Ground.UNEXPECTED  # only a version's own code, or none, says that the record moved
    if status == 400 and code not in _SAYS_NOTHING:
        return Refused, Ground.UNEXPECTED  # a code that nobody knows may be over tomorrow
    return _BY_STATUS.get(status, (None, Ground.UNEXPECTED))
