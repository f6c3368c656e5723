"""All people's routes in one table, and all functions in one registration."""

from __future__ import annotations

import azure.functions as func

from sync_core.handlers import actions, administration, pages, timers, webhooks, worker
from sync_core.handlers.services import GetServices
from sync_core.handlers.web import person

PEOPLE = (*administration.ROUTES, *actions.ROUTES)


def register(app: func.FunctionApp, get: GetServices, put_back: worker.PutBack) -> None:
    """Callers's functions are anonymous to the host: App Service Authentication stands before them."""
    for name, verb, route, handler, admin in PEOPLE:
        function = person(get, handler, admin, name)
        routed = app.route(route=route, methods=[verb], auth_level=func.AuthLevel.ANONYMOUS)(function)
        app.function_name(name)(routed)
    webhooks.register(app, get)
    worker.register(app, get, put_back)
    timers.register(app, get)
    pages.register(app, get)
