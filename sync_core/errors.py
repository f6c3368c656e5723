"""Errors, grouped by what must be done about them. Each carries data, never a field value or a secret.

SyncError
├── ConfigurationError    settings missing or wrong                  mend the settings; health says which
├── NotAuthentic          a notification without a valid signature   401, nothing is done
├── Unreadable            a body that is not what the sender owes    400
├── Invalid               a person's request that cannot be done     400/415/422/428, with a problem per row
│   └── RoleMissing       the app role, which Entra ID gives         403, with its name
├── Temporary             no answer, 408, 5xx                        later, never before `retry_after`
│   ├── RateLimited       429                                        later; no attempt is spent
│   ├── LockTooShort      too little is left of our own lock         later; nothing was sent
│   └── Busy              somebody holds the link's lock             409 for people, later for jobs
├── ConnectionBroken      the vendor refuses this installation       jobs wait, health says 503
├── NotAllowed            this caller has no right                   403
│   └── NoAccount         Oneflow does not know this person          403, with what to mend
├── Gone                  the vendor (or the store) has no such row  404
├── VersionMoved          somebody wrote since we read               re-read and plan anew
├── Refused               the vendor does not take a write           by its `ground`: of the value, or the situation
│   └── TooLarge          more than one transaction of storage   in parts
├── OneByOne              a vendor takes one field in a request      send each by itself
├── Taken                 another link, plan or save came first      409/412 with what holds now
└── Unmappable            one value cannot cross                     that field is skipped with the reason
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class SyncError(Exception):
    """Root. The text names what is wrong and how to mend it."""


class ConfigurationError(SyncError):
    """Settings are missing or wrong; `problems` has one line per setting, without its value."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


class NotAuthentic(SyncError):
    """The notification does not prove that its sender knows the sign key."""


class Unreadable(SyncError):
    """The body cannot be read as what its sender owes."""


class Invalid(SyncError):
    """A request that cannot be done as it stands; `problems` maps a place in the body to what is wrong there."""

    def __init__(self, text: str, *, status: int = 422, problems: Sequence[Mapping[str, Any]] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.problems = tuple(problems)


class InvalidPageToken(Invalid):
    """What a list was asked to go on from was not given out by it."""

    def __init__(self) -> None:
        super().__init__("Invalid page token: send the one that the page before gave.", status=400)


class RoleMissing(Invalid):
    """Who is signed in lacks an app role; Dynamics' own roles are no substitute."""

    def __init__(self, role: str) -> None:
        super().__init__(f"This needs the app role {role}; ask an administrator to assign it to you.", status=403)
        self.role = role


class Ground(StrEnum):
    """Why a vendor refuses a write. Which of its codes means which: one table per vendor, at its adapter."""

    VALUE = "value"
    TOO_LONG = "too_long"
    OUT_OF_RANGE = "out_of_range"
    KEY_TAKEN = "key_taken"
    PRIVILEGE = "privilege"
    SECURED = "secured"
    PAYMENT = "payment"
    STATE = "state"
    RULE = "rule"
    GONE = "gone"
    UNEXPECTED = "unexpected"

    @property
    def of_value(self) -> bool:
        """Whether it holds until the value changes; the others are of the situation, and may be over at any time."""
        return self in (Ground.VALUE, Ground.TOO_LONG, Ground.OUT_OF_RANGE, Ground.KEY_TAKEN)


class VendorError(SyncError):
    """A vendor's answer that is no success. `side` is "oneflow", "dynamics", "identity" or "storage".

    Of a refusal: `ground`, the name of the right that is `missing`, and what the vendor `said` where that is meant for
    people. It may quote values, so it is for them alone: never for a log, nor part of the error's own text.
    """

    def __init__(
        self,
        text: str,
        *,
        side: str = "",
        status: int | None = None,
        code: str = "",
        request_id: str = "",
        ground: Ground = Ground.UNEXPECTED,
        missing: str = "",
        said: str = "",
    ) -> None:
        super().__init__(text)
        self.side, self.status, self.code, self.request_id = side, status, code, request_id
        self.ground, self.missing, self.said = ground, missing, said


class Temporary(VendorError):
    """Worth trying again. `retry_after` in seconds; `unclear`: a write that may have been done all the same."""

    def __init__(self, text: str, *, retry_after: float | None = None, unclear: bool = False, **data: Any) -> None:
        super().__init__(text, **data)
        self.retry_after = retry_after
        self.unclear = unclear


def longest_wait(*errors: SyncError | None) -> Temporary | None:
    """Of those that pass, the one that says to wait longest, so that no vendor is asked before its time."""
    passing = (error for error in errors if isinstance(error, Temporary))
    return max(passing, key=lambda error: error.retry_after or 0, default=None)


class RateLimited(Temporary):
    """The vendor counts too many requests; trying again later costs no attempt."""


class LockTooShort(Temporary):
    """Too little is left of the lock for another request: nothing is sent any more."""


class Busy(Temporary):
    """Another sync holds the link's lock for at most `retry_after` seconds more."""


class ConnectionBroken(VendorError):
    """The vendor refuses the installation itself (token, secret, application user)."""


class NotAllowed(VendorError):
    """The acting user has no right to this."""


class NoAccount(NotAllowed):
    """This person cannot act in Oneflow, whatever the contract: no address, or one that Oneflow does not know."""


class Gone(VendorError):
    """There is no such contract, record or row, or it is gone."""


class VersionMoved(VendorError):
    """The row changed since it was read (If-Match failed)."""


class OneByOne(VendorError):
    """The vendor takes one field in a request, so nothing was written: each is to be sent by itself."""


class Refused(VendorError):
    """The vendor does not take this write; `fields` names the culprits where known."""

    def __init__(self, text: str, *, fields: Mapping[str, str] | None = None, **data: Any) -> None:
        super().__init__(text, **data)
        self.fields = dict(fields or {})


class TooLarge(Refused):
    """More than one transaction of storage takes; nothing was sent."""


class CreationRefused(Refused):
    """Oneflow made no contract. `fields` has the data fields that were why, by custom_id, and `places` all else of the
    request (`parties[0].participants[1].email`); each with what is wrong there, in words for people."""

    def __init__(
        self, text: str, *, fields: Mapping[str, str] | None = None, places: Mapping[str, str], **data: Any
    ) -> None:
        super().__init__(text, fields=fields, **data)
        self.places = dict(places)


class Taken(SyncError):
    """Somebody else came first; `body` says what holds now. `status` is 409, or 412 for a stale ETag."""

    def __init__(self, text: str, *, status: int = 409, body: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.body = dict(body or {})


class Unmappable(SyncError):
    """One value cannot cross to the other side; `code` names the rule, the text is for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code
