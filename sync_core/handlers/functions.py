"""All functions in one registration."""

from __future__ import annotations

import azure.functions as func

from sync_core.handlers import pages, timers, webhooks, worker
from sync_core.handlers.routes import PEOPLE
from sync_core.handlers.services import GetServices
from sync_core.handlers.web import Call, Handler, person


def register(app: func.FunctionApp, get: GetServices, put_back: worker.PutBack) -> None:
    """People's functions are anonymous to the host: App Service Authentication stands before them."""
    for name, verb, path, admin in PEOPLE:
        function = person(get, _handler(name), admin, name)
        routed = app.route(route=path, methods=[verb], auth_level=func.AuthLevel.ANONYMOUS)(function)
        app.function_name(name)(routed)
    webhooks.register(app, get)
    worker.register(app, get, put_back)
    timers.register(app, get)
    pages.register(app, get)


def _handler(name: str) -> Handler:
    def run(call: Call) -> func.HttpResponse:
        # Imported when a person first asks for something: most processes start for a webhook, which needs no shapes.
        from sync_core.handlers.operations import OPERATIONS

        return OPERATIONS[name].run(call)

    return run
