"""Entra ID's two ways to say no: an answer of the token endpoint, and a page that stays with Entra ID."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from sandbox.wire import Response

# Entra's own pages may not be framed: https://learn.microsoft.com/entra/identity-platform/reply-url
_UNFRAMED = {"Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY", "Cache-Control": "no-store"}


def refused(error: str, description: str, status: int = 400, headers: Mapping[str, str] | None = None) -> Response:
    code = int(description.removeprefix("AADSTS").split(":")[0])
    content = {"error": error, "error_description": description, "error_codes": [code]}
    return Response.of_json(status, content, headers)


def page(body: str, status: int = 200) -> Response:
    """`body`: what is text in it is escaped already."""
    head = "<!doctype html><html lang=en><meta charset=utf-8><link rel=icon href='data:,'><title>Sign in</title>"
    return Response(status, f"{head}{body}".encode(), dict(_UNFRAMED))


def error_page(description: str) -> Response:
    """What nobody may be told at the address that asked: it may not be the application's."""
    return page(f"<h1>Sign in</h1><p role=alert>{escape(description)}</p>", 400)
