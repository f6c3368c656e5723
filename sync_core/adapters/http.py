"""One way to call a vendor: a session, a deadline, exact numbers, and ONE table from a status to an error.

Nothing here knows a vendor's words. A vendor's client says through `explain` what its error bodies mean.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, NoReturn
from urllib.parse import quote, urlencode, urlsplit

import requests
from requests.exceptions import ConnectionError as LostConnection
from requests.exceptions import ConnectTimeout, Timeout
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from sync_core.adapters.exact_json import exact_json, parsed
from sync_core.adapters.headers import sendable
from sync_core.adapters.retry_after import retry_after
from sync_core.errors import (
    ConnectionBroken,
    Gone,
    Ground,
    NotAllowed,
    RateLimited,
    Refused,
    Temporary,
    VendorError,
    VersionMoved,
)
from sync_core.telemetry import correlation, metrics

log = logging.getLogger(__name__)

_REQUEST_ID_HEADERS = ("x-ms-service-request-id", "x-request-id", "request-id")
_PART = 64 * 1024  # bytes of a download that are read at once
_ERRORS: Mapping[int, type[VendorError]] = {
    401: ConnectionBroken,
    403: NotAllowed,
    404: Gone,
    408: Temporary,
    410: Gone,
    412: VersionMoved,
    429: RateLimited,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A success. `headers` ignores case; `data` is the JSON with exact numbers, None where there is no body."""

    status: int
    headers: Mapping[str, str]
    data: Any = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What a vendor's error body says, without its prose: it may quote values. `error` overrules the table; `missing`
    is the right that was lacking, by its name; `said` is what the vendor wrote for people, and for them alone."""

    code: str = ""
    request_id: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    error: type[VendorError] | None = None
    ground: Ground = Ground.UNEXPECTED
    missing: str = ""
    said: str = ""


class VendorHttp:
    """Calls one vendor. `headers()` is asked before each request (tokens expire); `explain(status, data, headers)`
    reads an error body. `timeout` is (connect, read) in seconds."""

    def __init__(
        self,
        side: str,
        base_url: str,
        session: requests.Session,
        *,
        timeout: tuple[float, float] = (5.0, 30.0),
        headers: Callable[[], Mapping[str, str]] | None = None,
        explain: Callable[[int, Any, Mapping[str, str]], Problem] | None = None,
    ) -> None:
        self.side, self.base_url = side, base_url.rstrip("/")
        self._session, self._timeout = session, timeout
        self._headers, self._explain = headers, explain

    def request(
        self,
        verb: str,
        path: str,
        *,
        at: Mapping[str, object] | None = None,
        url: str | None = None,
        params: Mapping[str, str | int] | None = None,
        json: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        write: bool | None = None,
    ) -> Answer:
        """`path` is a template ("contracts/{id}") and all that messages and logs show; `at` fills it, quoted.

        `url`: an absolute link that the vendor gave (a next page), sent only to the vendor's own origin; `path` then
        is its name in messages. `write`: whether a lost answer may hide a change; by default every verb but GET.
        A body of None is no body; `content` is one that is no JSON. Decimals are sent exactly.
        """
        writing = verb not in ("GET", "HEAD", "OPTIONS") if write is None else write
        target = self._url(path, at, params) if url is None else self._own(verb, path, url)
        body = content if json is None else exact_json(json).encode()
        trace = correlation.traceparent()
        sent = sendable(
            self.side,
            {
                "Accept": "application/json",
                **({"Content-Type": "application/json"} if body is not None else {}),
                **({"traceparent": trace} if trace else {}),
                **(self._headers() if self._headers else {}),
                **(headers or {}),
            },
        )
        response = self._send(verb, path, target, body, sent, writing)
        readable, data = parsed(response.content)
        if (200 <= response.status_code < 300 and readable) or response.status_code == 304:
            return Answer(response.status_code, response.headers, data)
        self._fail(verb, path, response, data, writing)

    def file(
        self,
        path: str,
        most: int,
        *,
        at: Mapping[str, object] | None = None,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        """What a download gives, also where the vendor sends us on to its storage, which gets none of our headers.
        Refused where it has more bytes than `most`."""
        own = {**(self._headers() if self._headers else {}), **(headers or {})}
        response = self._download(path, self._url(path, at, params), sendable(self.side, own))
        with response:
            where = response.headers.get("Location")
            if response.status_code not in (301, 302, 303, 307, 308) or not where:
                if not 200 <= response.status_code < 300:
                    self._fail("GET", path, response, parsed(response.content)[1], writing=False)
                return self._bounded(path, response, most)
        if urlsplit(where).scheme != "https" and urlsplit(where).scheme != urlsplit(self.base_url).scheme:
            raise ConnectionBroken(f"{self.side} points GET {path} to an address without https", side=self.side)
        with self._download(path, where, {}) as stored:
            if not 200 <= stored.status_code < 300:
                text = f"the storage of {self.side} did not give GET {path} (status {stored.status_code})"
                raise Temporary(text, side=self.side, status=stored.status_code)
            return self._bounded(path, stored, most)

    def _download(self, path: str, target: str, headers: Mapping[str, str]) -> requests.Response:
        begun = perf_counter()
        try:
            response = self._session.request(
                "GET", target, headers=dict(headers), timeout=self._timeout, allow_redirects=False, stream=True
            )
        except requests.RequestException as error:
            lost = type(error).__name__
        else:
            ms = int((perf_counter() - begun) * 1000)
            self._note("GET", path, str(response.status_code), ms, _request_id(response.headers))
            return response
        raise Temporary(f"{self.side} did not answer GET {path} ({lost})", side=self.side)

    def _bounded(self, path: str, response: requests.Response, most: int) -> bytes:
        found, lost = bytearray(), ""
        try:
            for part in response.iter_content(_PART):
                found += part
                if len(found) > most:
                    raise Refused(f"{self.side} gives more than {most} bytes for GET {path}", side=self.side)
        except requests.RequestException as error:
            lost = type(error).__name__
        if lost:
            raise Temporary(f"{self.side} broke off GET {path} ({lost})", side=self.side)
        return bytes(found)

    def _send(
        self, verb: str, path: str, target: str, body: bytes | None, headers: Mapping[str, str], writing: bool
    ) -> requests.Response:
        attempts = 1 if writing else 2
        while True:
            attempts -= 1
            begun = perf_counter()
            lost: requests.RequestException | None = None
            try:
                response = self._session.request(
                    verb, target, data=body, headers=dict(headers), timeout=self._timeout, allow_redirects=False
                )
            except requests.RequestException as error:
                lost = error
            ms = int((perf_counter() - begun) * 1000)
            if lost is None:
                self._note(verb, path, str(response.status_code), ms, _request_id(response.headers))
                return response
            self._note(verb, path, type(lost).__name__, ms, "")
            unsent = _never_sent(lost)
            # A kept connection that the vendor had closed meanwhile is no outage: a read is sent once more at once.
            if attempts and isinstance(lost, LostConnection) and not isinstance(lost, Timeout) and not unsent:
                continue
            # Raised outside `except`: the original's text holds the whole URL, query values included.
            raise Temporary(
                f"{self.side} did not answer {verb} {path} ({type(lost).__name__})",
                unclear=writing and not unsent,
                side=self.side,
            )

    def _fail(self, verb: str, path: str, response: requests.Response, data: Any, writing: bool) -> NoReturn:
        status = response.status_code
        problem = (self._explain(status, data, response.headers) if self._explain else None) or Problem()
        code, request_id = _token(problem.code), _token(problem.request_id) or _request_id(response.headers)
        missing = _token(problem.missing)
        kind = _kind_of(status, problem, writing)
        parts = (("code", code), ("missing", missing), ("request", request_id))
        named = "".join(f", {name} {text}" for name, text in parts if text)
        what = "something that is not JSON" if status < 300 else "no success"
        text = f"{self.side} answered {verb} {path} with {what} (status {status}{named})"
        known: dict[str, Any] = {"side": self.side, "status": status, "code": code, "request_id": request_id}
        if issubclass(kind, Temporary):
            # Too many requests is said before anything is done; all else may have come too late.
            unclear = writing and not issubclass(kind, RateLimited)
            raise kind(text, **known, retry_after=retry_after(response.headers), unclear=unclear)
        known |= {"ground": problem.ground, "missing": missing, "said": problem.said}
        if issubclass(kind, Refused):
            known["fields"] = problem.fields
        raise kind(text, **known)

    def _url(self, path: str, at: Mapping[str, object] | None, params: Mapping[str, str | int] | None) -> str:
        filled = path.format(**{name: quote(str(value), safe="") for name, value in (at or {}).items()})
        query = urlencode(params, quote_via=quote, safe="$,'()[]:/@") if params else ""
        return f"{self.base_url}/{filled.lstrip('/')}" + (f"?{query}" if query else "")

    def _own(self, verb: str, path: str, url: str) -> str:
        ours, theirs = urlsplit(self.base_url), urlsplit(url)
        if (ours.scheme, ours.netloc.lower()) != (theirs.scheme, theirs.netloc.lower()):
            raise ConnectionBroken(f"{self.side} points {verb} {path} to another host", side=self.side)
        return url

    def _note(self, verb: str, path: str, status: str, ms: int, request_id: str) -> None:
        log.log(
            logging.DEBUG if status.startswith("2") else logging.INFO,
            "api.called side=%s verb=%s path=%s status=%s ms=%d request_id=%s correlation_id=%s",
            *(self.side, verb, path, status, ms, request_id, correlation.current()),
        )
        call = f"{verb} {path}"
        operation = correlation.operation()
        metrics.record(metrics.VENDOR_CALLS, side=self.side, call=call, status=status, operation=operation)
        metrics.record(metrics.VENDOR_TIME, ms / 1000, side=self.side, call=call)


def _kind_of(status: int, problem: Problem, writing: bool) -> type[VendorError]:
    """By the vendor's own code where one is known; else by the status."""
    # A read that a rule fails with a 5xx is an outage like any other: there is no write that it could refuse.
    counts = 400 <= status < 500 or (status >= 500 and writing)
    return (problem.error if counts else None) or _error_of(status)


def _error_of(status: int) -> type[VendorError]:
    """A success lands here where it was not JSON (a gateway's page). A redirect means a wrong address: no retry."""
    if status < 300 or status >= 500:
        return Temporary
    return _ERRORS.get(status, Refused if status >= 400 else ConnectionBroken)


def _never_sent(error: BaseException) -> bool:
    """Whether the connection itself failed, so that nothing of the request can have arrived."""
    if isinstance(error, ConnectTimeout):
        return True
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", inner)
    reason = next((arg for arg in getattr(reason, "args", ()) if isinstance(arg, ssl.SSLError)), reason)
    return isinstance(reason, (NewConnectionError, ConnectTimeoutError, ssl.SSLCertVerificationError))


def _request_id(headers: Mapping[str, str]) -> str:
    return next((_token(headers[name]) for name in _REQUEST_ID_HEADERS if headers.get(name)), "")


def _token(text: str) -> str:
    """Only what looks like a code or an id may enter messages and logs."""
    return text if re.fullmatch(r"[\w.:+/=-]{1,100}", text, re.ASCII) else ""
