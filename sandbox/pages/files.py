"""Files of a page, each with the policy that guards it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sandbox.wire import Response

OWN = Path(__file__).resolve().parent / "web"
PRODUCT = Path(__file__).resolve().parents[2] / "web"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


def send(folder: Path, name: str, policy: Mapping[str, str]) -> Response:
    """The file `name` of `folder`; 404 for whatever is not a page's file in it."""
    path = (folder / name).resolve()
    if folder not in path.parents or path.suffix not in _KINDS or not path.is_file():
        return Response(404, b"There is no such page.", {"Content-Type": "text/plain"})
    headers = {
        "Content-Type": f"{_KINDS[path.suffix]}; charset=utf-8",
        "Content-Security-Policy": "; ".join(f"{part} {value}" for part, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return Response(200, path.read_bytes(), headers)
