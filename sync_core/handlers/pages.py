"""What anyone may read: health, the API description, and a fixed list of page files."""

from __future__ import annotations

import json
import os
from pathlib import Path

import azure.functions as func

from sync_core.errors import ConfigurationError, Gone
from sync_core.handlers.openapi import description
from sync_core.handlers.problems import problem_of
from sync_core.handlers.services import GetServices
from sync_core.handlers.web import ok

_WEB = Path(__file__).resolve().parents[2] / "web"
FILES = {
    "": ("index.html", "text/html"),
    "index.html": ("index.html", "text/html"),
    "app.css": ("app.css", "text/css"),
}


def register(app: func.FunctionApp, get: GetServices) -> None:
    def health(req: func.HttpRequest) -> func.HttpResponse:
        try:
            well, body = get().health.check()
        except ConfigurationError as error:
            body = {"status": "failing", "dependencies": {"settings": "ConfigurationError"}}
            return ok(body | {"errors": list(error.problems)}, 503)
        except Exception as error:  # noqa: BLE001 an unhandled one would be an empty 500
            return problem_of(error)
        return ok(body, 200 if well else 503)

    def openapi(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(json.dumps(description()), mimetype="application/json", charset="utf-8")

    def ui(req: func.HttpRequest) -> func.HttpResponse:
        found = FILES.get(str(req.route_params.get("path") or ""))
        if found is None:
            return problem_of(Gone("There is no such page.", side="storage"))
        name, kind = found
        return func.HttpResponse((_WEB / name).read_bytes(), mimetype=kind, charset="utf-8", headers=_headers())

    for name, route, function in (
        ("health", "health", health),
        ("openapi", "openapi.json", openapi),
        ("ui", "ui/{*path}", ui),
    ):
        routed = app.route(route=route, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(function)
        app.function_name(name)(routed)


def _headers() -> dict[str, str]:
    """Only the configured Dynamics may frame the pages, and nothing foreign runs in them."""
    framer = os.environ.get("DATAVERSE_URL") or "'none'"
    policy = f"default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; frame-ancestors {framer}"
    return {
        "Content-Security-Policy": f"{policy}; img-src data:; base-uri 'none'; form-action 'none'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "no-cache",
    }
