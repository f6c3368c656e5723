"""What a simulator says of itself in JSON, as a page for whoever opens its address in a browser."""

from __future__ import annotations

import json
from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.wire import Request, Response

_STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "dt{font-weight:600;margin-top:.5rem}dd{margin-inline-start:1.5rem;overflow-wrap:anywhere}"
)
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'"


def as_page(request: Request, answer: Response, title: str) -> Response:
    """The answer itself for a program, which asks for no HTML, and where it is no JSON."""
    of_json = answer.headers.get("Content-Type", "").startswith("application/json")
    if request.method != "GET" or "text/html" not in request.headers.get("accept", "") or not of_json:
        return answer
    body = _drawn(json.loads(answer.body))
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style><main><h1>{escape(title)}</h1>{body}</main></html>"
    )
    headers = {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": _POLICY}
    return Response(answer.status, text.encode(), headers)


def _drawn(content: Any) -> str:
    if isinstance(content, Mapping):
        parts = (f"<dt>{escape(str(name))}</dt><dd>{_drawn(value)}</dd>" for name, value in content.items())
        return f"<dl>{''.join(parts)}</dl>"
    if isinstance(content, list):
        return f"<ul>{''.join(f'<li>{_drawn(one)}</li>' for one in content)}</ul>"
    return "-" if content is None else escape(str(content))
