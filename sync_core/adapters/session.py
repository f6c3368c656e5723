"""The one kind of session: for both vendors and for storage."""

from __future__ import annotations

from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter


def make_session(pool_size: int) -> requests.Session:
    """A session that many threads share: a connection for each of them, no cookies, no retries, no .netrc."""
    session = _Session()
    adapter = HTTPAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    # Cookies would tie all callers to one back-end server, and one caller's session to another's.
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
    # Without an auth of its own, requests lets a .netrc file overwrite the Authorization header.
    session.auth = _as_it_is
    return session


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
