"""Machines' routes: Oneflow's notifications and Dataverse's events."""

from __future__ import annotations

import azure.functions as func

from sync_core.handlers.services import GetServices, Services
from sync_core.handlers.web import machine

_OURS = "ofs_"  # Custom APIs: what somebody in Dynamics asks for


def register(app: func.FunctionApp, get: GetServices) -> None:
    def oneflow(request: func.HttpRequest, services: Services) -> func.HttpResponse:
        services.ingest.oneflow(request.get_body(), dict(request.headers))
        return func.HttpResponse(status_code=200)  # Oneflow takes exactly 200 for accepted

    def dynamics(request: func.HttpRequest, services: Services) -> func.HttpResponse:
        event = services.ingest.event(request.get_body(), dict(request.headers))
        if event.message.startswith(_OURS):
            services.ingest.message(event)
        else:
            services.ingest.dynamics(event)
        return func.HttpResponse(status_code=202)

    for name, route, handler in (
        ("oneflow_webhook", "oneflow/webhook", oneflow),
        ("dynamics_events", "dynamics/events", dynamics),
    ):
        function = machine(get, handler, name)
        routed = app.route(route=route, methods=["POST"], auth_level=func.AuthLevel.FUNCTION)(function)
        app.function_name(name)(routed)
