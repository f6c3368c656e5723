"""The pages' files: a fixed list, read when the process first serves one, with the headers that guard them.

https://developer.mozilla.org/docs/Web/HTTP/CSP
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_WEB = Path(__file__).resolve().parents[2] / "web"
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_LOGIN = "https://login.microsoftonline.com"
# Where Entra ID sends its answer; it is opened inside a frame of the page itself.
_REDIRECT = "blank.html"


@dataclass(frozen=True, slots=True)
class File:
    content: bytes
    kind: str
    etag: str


@cache
def files() -> Mapping[str, File]:
    """Every file that is served, by the path after `ui/`; no other path leads to one."""
    found = {path.relative_to(_WEB).as_posix(): _read(path) for path in sorted(_WEB.rglob("*")) if path.suffix in KINDS}
    return {"": found["index.html"], **found}


def sign_in(env: Mapping[str, str]) -> dict[str, Any] | None:
    """What MSAL.js needs for a token of the app; None where the app asks for none."""
    client = (env.get("SIGN_IN_CLIENT_ID") or "").strip()
    if not client or (env.get("WEBSITE_AUTH_ENABLED") or "").lower() not in ("true", "1"):
        return None
    authority = env.get("DATAVERSE_AUTHORITY") or f"{_LOGIN}/{env.get('DATAVERSE_TENANT_ID')}"
    return {"client_id": client, "authority": authority, "scope": f"{client}/.default"}


def headers(name: str, env: Mapping[str, str]) -> dict[str, str]:
    """Only the configured Dynamics may frame the pages, nothing foreign runs in them, and they ask only the app."""
    framers = [_origin(env.get("DATAVERSE_URL") or ""), "'self'" if name == _REDIRECT else ""]
    login = sign_in(env)
    authority = f" {_origin(login['authority'])}" if login else ""
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": "data:",
        "connect-src": f"'self'{authority}",
        "frame-src": f"'self'{authority}" if login else "'none'",
        "frame-ancestors": " ".join(filter(None, framers)) or "'none'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, KINDS[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def _origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""
