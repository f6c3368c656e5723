"""The API's own description (OpenAPI 3.1), made from the tables of routes, so that none can be forgotten."""

from __future__ import annotations

import re

from sync_core.handlers import actions, administration
from sync_core.handlers.schemas import FLAG, SCHEMAS, TEXT, WHOLE, Json, one_of, ref

# What each function does, its body and its answer, by function name.
ABOUT: dict[str, tuple[str, str | None, str | None]] = {
    "show_connection": ("Both accounts, the environment, webhooks, last event and last reconcile.", None, None),
    "webhooks_on": ("Switch Oneflow's webhooks on, or repair the subscription.", None, None),
    "webhooks_off": ("Switch Oneflow's webhooks off.", None, None),
    "list_entities": ("Tables that are set up, and those that could be.", None, None),
    "list_columns": (
        "Columns with allowed directions, why not the others, and options; with a lookup those of what it points at; "
        "with `keys_of` a lookup those by which what it points at can be shown and found.",
        None,
        "Columns",
    ),
    "read_mapping": ("The mapping of one table.", None, "EntityMapping"),
    "save_mapping": ("Save the whole mapping; needs If-Match.", "EntityMapping", "EntityMapping"),
    "list_workspaces": ("Workspaces in which the caller may create contracts.", None, None),
    "list_templates": (
        "Active templates, of one workspace or of all; apart, those that Oneflow's own app owns.",
        None,
        None,
    ),
    "list_fields": ("Data fields of one template type, or of all of them with the names of their types.", None, None),
    "show_log": ("The history over all contracts, newest first.", None, None),
    "list_dead_letters": ("Jobs that were given up.", None, None),
    "replay_dead_letter": ("Try a dead letter's job again.", None, None),
    "discard_dead_letter": ("Discard a dead letter.", None, None),
    "list_contracts": ("The record's contracts, as cards.", None, None),
    "list_contacts": ("Whom a contract of the record may invite.", None, None),
    "create_contract": ("Create a contract from the record.", "NewContract", "Result"),
    "link_contract": ("Link a contract made elsewhere, or move its link here.", "Move", "Card"),
    "unlink_contract": ("End a link; contract, record and history stay.", None, None),
    "push_record": ("Push to every open contract of the record.", "PushRecord", None),
    "push_contract": ("Push Dynamics' values to the contract.", "Run", "Result"),
    "fetch_contract": ("Fetch the contract's values into Dynamics.", "Run", "Result"),
    "preview_contract": (
        "What a push or fetch would do, and what is known of who changed each field; writes nothing.",
        None,
        "Preview",
    ),
    "preview_creation": ("The values that a contract created now would hold; makes none.", None, "Result"),
    "list_history": ("What was written, from what, to what, and why.", None, None),
    "list_conflicts": ("Conflicts and fields not yet agreed.", None, None),
    "keep_side": ("Keep one side of a disputed field.", "Keep", "Result"),
    "undo_entry": ("Take a history entry back.", "Confirm", "Result"),
}
_MACHINES = (
    ("oneflow_webhook", "oneflow/webhook", "200", "Oneflow's notification."),
    ("dynamics_events", "dynamics/events", "202", "Dataverse's RemoteExecutionContext."),
)
_ANYONE = (
    ("health", "health", "Whether each dependency answers (200 or 503)."),
    ("openapi", "openapi.json", "This description."),
    ("ui", "ui/{path}", "The pages."),
)
_QUERIES = {
    "preview_contract": (("action", one_of(("push", "fetch")), True), ("confirm_signature_reset", FLAG, False)),
    "preview_creation": (("template_id", WHOLE, True), ("workspace_id", WHOLE, True)),
    "list_fields": (("template_type_id", WHOLE, False),),
    "list_templates": (("workspace_id", WHOLE, False),),
    "list_columns": (("lookup", TEXT, False), ("keys_of", TEXT, False)),
    "list_history": (("next", TEXT, False),),
    "show_log": (("contract_id", WHOLE, False), ("field", TEXT, False), ("next", TEXT, False)),
    "list_dead_letters": (("next", TEXT, False),),
}
_EMPTY = ("202", "204")
_STATUS = {
    "create_contract": "201",
    "replay_dead_letter": "202",
    "unlink_contract": "204",
    "discard_dead_letter": "204",
}


def description() -> Json:
    """The whole description, as JSON."""
    paths: Json = {}
    for name, verb, route, _, admin in (*administration.ROUTES, *actions.ROUTES):
        paths.setdefault(f"/api/{route}", {})[verb.lower()] = _operation(name, route, admin)
    for name, route, status, summary in _MACHINES:
        answers = {status: {"description": "Accepted."}, "default": _problem()}
        key: list[Json] = [{"functionKey": []}]
        body = {"content": {"application/json": {"schema": {"type": "object"}}}}
        operation = {"operationId": name, "summary": summary, "requestBody": body, "responses": answers}
        paths[f"/api/{route}"] = {"post": operation | {"security": key}}
    for name, route, summary in _ANYONE:
        operation = {
            "operationId": name,
            "summary": summary,
            "responses": {"200": {"description": "OK"}},
            "security": [],
        }
        paths[f"/api/{route}"] = {"get": operation | {"parameters": _path_parameters(route)}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Two-way sync between Dynamics 365 and Oneflow", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "person": {"type": "http", "scheme": "bearer", "description": "App Service Authentication, Entra ID"},
                "functionKey": {"type": "apiKey", "in": "header", "name": "x-functions-key"},
            },
        },
    }


def _operation(name: str, route: str, admin: bool) -> Json:
    summary, body, answer = ABOUT[name]
    schema = ref(answer) if answer else {"type": "object"}
    status = _STATUS.get(name, "200")
    good: Json = {"description": "Done."}
    if status not in _EMPTY:
        good["content"] = {"application/json": {"schema": schema}}
    queries = [
        {"name": query, "in": "query", "required": required, "schema": kind}
        for query, kind, required in _QUERIES.get(name, ())
    ]
    headers = [{"name": "If-Match", "in": "header", "required": True, "schema": TEXT}] if name == "save_mapping" else []
    operation: Json = {
        "operationId": name,
        "summary": summary + (" Needs the app role Sync.Admin." if admin else ""),
        "parameters": [*_path_parameters(route), *queries, *headers],
        "responses": {status: good, "default": _problem()},
        "security": [{"person": []}],
    }
    if body:
        operation["requestBody"] = {"content": {"application/json": {"schema": ref(body)}}}
    return operation


def _path_parameters(route: str) -> list[Json]:
    names = re.findall(r"{(\w+)}", route)
    return [
        {"name": name, "in": "path", "required": True, "schema": WHOLE if name == "contract_id" else TEXT}
        for name in names
    ]


def _problem() -> Json:
    schema = {"schema": ref("Problem")}
    return {"description": "What is wrong and how to mend it.", "content": {"application/problem+json": schema}}
