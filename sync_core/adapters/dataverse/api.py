"""Calling Dataverse's Web API: its headers, its error codes, its pages.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/compose-http-requests-handle-errors
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Protocol

import requests

from sync_core.adapters.dataverse.refusals import explain
from sync_core.adapters.hold import Hold
from sync_core.adapters.http import Answer, VendorHttp
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.errors import ConnectionBroken
from sync_core.telemetry import correlation

ANNOTATIONS = "OData.Community.Display.V1.FormattedValue,Microsoft.Dynamics.CRM.lookuplogicalname"
_ALWAYS = {"OData-MaxVersion": "4.0", "OData-Version": "4.0", "If-None-Match": "null"}


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
            explain=explain,
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
        content: bytes | None = None,
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
                return self._http.request(
                    verb, path, at=at, params=params, json=json, content=content, headers=more, url=url
                )

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
