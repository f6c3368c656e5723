"""What anyone may read: health, the API description, and a fixed list of page files."""

from __future__ import annotations

import json
import os

import azure.functions as func

from sync_core.errors import ConfigurationError, Gone
from sync_core.handlers.files import files, headers, sign_in
from sync_core.handlers.problems import problem_of
from sync_core.handlers.services import GetServices
from sync_core.handlers.web import ok
from sync_core.secret_digests import digests
from sync_core.telemetry import correlation


def register(app: func.FunctionApp, get: GetServices) -> None:
    def health(req: func.HttpRequest) -> func.HttpResponse:
        correlation.started("health")
        secrets = {"secrets": digests(os.environ)}  # also where a setting is missing: which ones arrived
        try:
            well, body = get().health.check()
        except ConfigurationError as error:
            body = {"status": "failing", "dependencies": {"settings": "ConfigurationError"}}
            return ok(body | {"errors": list(error.problems)} | secrets, 503)
        except Exception as error:  # noqa: BLE001 an unhandled one would be an empty 500
            return problem_of(error)
        return ok(body | secrets, 200 if well else 503)

    def openapi(req: func.HttpRequest) -> func.HttpResponse:
        from sync_core.handlers.openapi import description

        return func.HttpResponse(json.dumps(description()), mimetype="application/json", charset="utf-8")

    def ui(req: func.HttpRequest) -> func.HttpResponse:
        name = str(req.route_params.get("path") or "")
        if name == "config.json":
            return ok({"sign_in": sign_in(os.environ)})
        found = files().get(name)
        if found is None:
            return problem_of(Gone("There is no such page.", side="storage"))
        sent = {**headers(name, os.environ), "ETag": found.etag}
        if req.headers.get("if-none-match") == found.etag:
            return func.HttpResponse(status_code=304, headers=sent)
        return func.HttpResponse(found.content, mimetype=found.kind, charset="utf-8", headers=sent)

    for name, route, function in (
        ("health", "health", health),
        ("openapi", "openapi.json", openapi),
        ("ui", "ui/{*path}", ui),
    ):
        routed = app.route(route=route, methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)(function)
        app.function_name(name)(routed)
