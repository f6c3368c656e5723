"""Calling Dataverse's Web API: its headers, its error codes, its pages.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import requests

from sync_core.adapters.hold import Hold
from sync_core.adapters.http import Answer, Problem, VendorHttp
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.errors import ConnectionBroken, Refused, VendorError, VersionMoved
from sync_core.telemetry import correlation

ANNOTATIONS = "OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"
_ALWAYS = {"OData-MaxVersion": "4.0", "OData-Version": "4.0", "If-None-Match": "null"}

# Optimistic concurrency is off. The documentation's code, and one that a public client lists instead.
NO_VERSIONS = frozenset({"0x8006088d", "0x80060893"})
# Codes that say more than their status (fact sheet 1.9).
_BY_CODE: Mapping[str, type[VendorError]] = {
    "0x80060882": VersionMoved,
    # As if the row had moved: the plan was made on a version that the table does not keep (any more).
    **dict.fromkeys(NO_VERSIONS, VersionMoved),
    "0x80060892": Refused,  # 412: an alternate key is taken
    "0x80040333": Refused,  # 412: a duplicate rule
    "0x8004f507": Refused,  # 403: a secured column
    "0x80095ffc": ConnectionBroken,  # the app id is blocked for this environment
}
_PRIVILEGE = re.compile(r"missing (prv\w{1,90}) privilege", re.ASCII)


class TokenSource(Protocol):
    def bearer(self) -> str: ...

    def forget(self) -> None: ...


class DataverseApi:
    """`timeout` in seconds for each answer. A person's call carries CallerObjectId, or MSCRMCallerID where Entra does
    not know them. While `hold` lasts nothing is sent: RateLimited, with what is left."""

    def __init__(
        self, session: requests.Session, url: str, tokens: TokenSource, timeout: float, hold: Hold | None = None
    ) -> None:
        self._tokens, self._hold = tokens, hold
        self._http = VendorHttp(
            "dynamics",
            f"{url.rstrip('/')}/api/data/v9.2",
            session,
            timeout=(min(5.0, timeout), timeout),
            headers=lambda: _ALWAYS | {"Authorization": f"Bearer {tokens.bearer()}"},
            explain=_explain,
        )

    @property
    def base_url(self) -> str:
        return self._http.base_url

    def call(
        self,
        verb: str,
        path: str,
        actor: Actor = MACHINE,
        *,
        at: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        url: str | None = None,
    ) -> Answer:
        """A refused token is fetched anew once: it may have been revoked while it looked good."""
        more = dict(headers or {})
        guid = correlation.as_guid()
        if guid:
            more["x-ms-client-request-id"] = guid  # what Microsoft's support asks for
        if actor.object_id is not None:
            more["CallerObjectId"] = actor.object_id
        elif actor.user_id is not None:
            more["MSCRMCallerID"] = actor.user_id

        def send() -> Answer:
            with self._hold.request(patient=verb == "GET") if self._hold else nullcontext():
                return self._http.request(verb, path, at=at, params=params, json=json, headers=more, url=url)

        try:
            return send()
        except ConnectionBroken as error:
            if error.status != 401:
                raise
        self._tokens.forget()
        return send()

    def rows(
        self,
        path: str,
        actor: Actor = MACHINE,
        *,
        at: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Iterator[Mapping[str, Any]]:
        """All rows of a list; the next page's address is the vendor's own."""
        data = self.call("GET", path, actor, at=at, params=params, headers=headers).data or {}
        while True:
            yield from data.get("value") or ()
            following = data.get("@odata.nextLink")
            if not following:
                return
            data = self.call("GET", path, actor, url=str(following), headers=headers).data or {}


def _explain(data: Any, headers: Mapping[str, str]) -> Problem:
    error = data.get("error") if isinstance(data, Mapping) else None
    code = str(error.get("code") or "") if isinstance(error, Mapping) else ""
    request_id = headers.get("x-ms-service-request-id") or headers.get("REQ_ID") or ""
    # The message names the privilege that is missing; nothing else of it is taken over.
    missing = _PRIVILEGE.search(str(error.get("message"))) if isinstance(error, Mapping) else None
    found = missing.group(1) if missing else ""
    return Problem(code, request_id, error=_BY_CODE.get(code.lower()), missing=found)
