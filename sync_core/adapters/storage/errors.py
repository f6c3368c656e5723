"""ONE table from a storage failure to an error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sync_core.errors import ConnectionBroken, Gone, RateLimited, Refused, Taken, Temporary, VersionMoved

_TEMPORARY = {408, 429, 500, 502, 503, 504}


@contextmanager
def storage_errors(writing: bool = False) -> Iterator[None]:
    """`writing`: an answer that never came may hide a change."""
    from azure.core.exceptions import AzureError, HttpResponseError

    try:
        yield
    except HttpResponseError as error:
        status = error.status_code or 0
        known = getattr(error, "error_code", "") or ""  # the tables' package makes it an enumeration's member
        code = str(getattr(known, "value", known))
        text = f"storage answered with status {status}" + (f" ({code})" if code else "")
        if status == 412:
            raise VersionMoved("The row was changed by somebody else.", side="storage", status=status) from None
        if status == 404:
            raise Gone(text, side="storage", status=status) from None
        if status == 409:
            raise Taken("The row is there already.") from None
        if status in (401, 403):
            raise ConnectionBroken(text, side="storage", status=status, code=code) from None
        if status == 429:
            raise RateLimited(text, side="storage", status=status) from None
        if status in _TEMPORARY or status == 0:
            raise Temporary(text, side="storage", status=status, unclear=writing) from None
        raise Refused(text, side="storage", status=status, code=code) from None
    except AzureError as error:
        kind = type(error).__name__
        raise Temporary(f"storage did not answer ({kind})", side="storage", unclear=writing) from None
