"""The one kind of session: for both vendors and for storage."""

from __future__ import annotations

import socket
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.exceptions import ReadTimeoutError
from urllib3.util.retry import Retry

# Azure's load balancer drops a connection that is idle for four minutes, and tells neither end: the next request on it
# would wait for its whole timeout. https://learn.microsoft.com/azure/load-balancer/load-balancer-tcp-reset
_IDLE, _BETWEEN, _TRIES = 60, 15, 4  # seconds, seconds, probes


def make_session(pool_size: int, reads_again: bool = False) -> requests.Session:
    """A session that many threads share: a connection for each of them, no cookies, no .netrc, and no retries but for
    `reads_again`: a GET goes once more, at once, where its connection broke before an answer."""
    session = _Session()
    adapter = _Adapter(pool_connections=4, pool_maxsize=pool_size, max_retries=_ONCE_AGAIN if reads_again else 0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # Cookies would tie all callers to one back-end server, and one caller's session to another's.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # Without an auth of its own, requests lets a .netrc file overwrite the Authorization header.
    session.auth = _as_it_is
    return session


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(
            *args, **kwargs, socket_options=[*HTTPConnection.default_socket_options, *_keep_alive()]
        )


class _BrokenRead(Retry):
    """A server may end an idle connection just as a request goes out on it. One that does not answer in time is not
    asked again: it would take twice as long to say so."""

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Self:
        if isinstance(error, ReadTimeoutError):
            raise error
        return super().increment(method, url, response, error, _pool, _stacktrace)


_ONCE_AGAIN = _BrokenRead(
    1, connect=0, redirect=0, status=0, other=0,
    allowed_methods=("GET",), status_forcelist=(), respect_retry_after_header=False,
)  # fmt: skip


def _keep_alive() -> list[tuple[int, int, int]]:
    """Where the system lets a program say how often; Linux does, as in Azure."""
    options = {"TCP_KEEPIDLE": _IDLE, "TCP_KEEPINTVL": _BETWEEN, "TCP_KEEPCNT": _TRIES}
    named = [(getattr(socket, name, None), value) for name, value in options.items()]
    return [
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *((socket.IPPROTO_TCP, name, value) for name, value in named if name is not None),
    ]


class _Session(requests.Session):
    """Asks the environment for proxy and certificates once for each server: reading all of it for each request was a
    tenth of a push's CPU time."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[Any, Any] = {}

    def merge_environment_settings(self, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any) -> Any:
        if proxies:
            return super().merge_environment_settings(url, proxies, stream, verify, cert)
        parts = urlsplit(url)
        key = parts.scheme, parts.netloc, stream, verify, cert
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = super().merge_environment_settings(url, {}, stream, verify, cert)
        return {**found, "proxies": dict(found["proxies"])}


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
