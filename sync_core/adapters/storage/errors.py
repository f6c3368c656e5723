"""ONE table from a storage failure to an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync_core.errors import ConnectionBroken, Gone, RateLimited, Refused, SyncError, Taken, Temporary, VersionMoved

_TEMPORARY = {0, 408, 500, 502, 503, 504}


@contextmanager
def storage_errors(writing: bool = False) -> Iterator[None]:
    """`writing`: an answer that never came may hide a change."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        known = getattr(error, "error_code", "") or ""  # the tables' package makes it an enumeration's member
        raise _answered(error.status_code or 0, str(getattr(known, "value", known)), writing) from None
    except AzureError as error:
        kind = type(error).__name__
        raise Temporary(f"storage did not answer ({kind})", side="storage", unclear=writing) from None


def _answered(status: int, code: str, writing: bool) -> SyncError:
    text = f"storage answered with status {status}" + (f" ({code})" if code else "")
    if status == 412:
        return VersionMoved("The row was changed by somebody else.", side="storage", status=status)
    if status == 404:
        return Gone(text, side="storage", status=status)
    if status == 409:
        return Taken("The row is there already.")
    if status in (401, 403):
        return ConnectionBroken(text, side="storage", status=status, code=code)
    if status == 429:
        return RateLimited(text, side="storage", status=status)
    if status in _TEMPORARY:
        return Temporary(text, side="storage", status=status, unclear=writing)
    return Refused(text, side="storage", status=status, code=code)
