"""The API's own description (OpenAPI 3.1), made from the tables of routes, so that none can be forgotten."""

from __future__ import annotations

import re
from typing import Any

from sync_core.engine.model import ConflictPolicy, ContractState, Direction, OneflowKind, Outcome, Result, Side
from sync_core.handlers import actions, administration

Json = dict[str, Any]

_TEXT: Json = {"type": "string"}
_MAYBE: Json = {"type": ["string", "null"]}
_WHOLE: Json = {"type": "integer"}
_FLAG: Json = {"type": "boolean"}


def _object(properties: Json, required: tuple[str, ...] = ()) -> Json:
    return {"type": "object", "properties": properties, **({"required": list(required)} if required else {})}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _one_of(words: Any) -> Json:
    return {"type": "string", "enum": [str(word) for word in words]}


def _ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


_ROW = _object(
    {
        "dynamics_column": _TEXT,
        "oneflow_field": _TEXT,
        "direction": _one_of(Direction),
        "oneflow_kind": _one_of(OneflowKind),
        "conflict_policy": _one_of(ConflictPolicy),
    },
    ("dynamics_column", "oneflow_field", "direction"),
)
_FIELD = _object(
    {
        "dynamics_column": _TEXT,
        "dynamics_label": _TEXT,
        "oneflow_field": _TEXT,
        "oneflow_label": _TEXT,
        "result": _one_of(Result),
        "side": {"type": ["string", "null"], "enum": [*map(str, Side), None]},
        "from": _MAYBE,
        "to": _MAYBE,
        "reason": _MAYBE,
    }
)
SCHEMAS: Json = {
    "Problem": _object(
        {"type": _TEXT, "title": _TEXT, "status": _WHOLE, "detail": _TEXT, "errors": {"type": "array"}},
        ("title", "status", "detail"),
    ),
    "EntityMapping": _object(
        {
            "entity": _TEXT,
            "fields": _list(_ROW),
            "auto_push": _FLAG,
            "conflict_policy": _one_of(ConflictPolicy),
            "etag": _TEXT,
        },
        ("fields",),
    ),
    "Result": _object(
        {
            "contract_id": {"type": ["integer", "null"]},
            "action": _TEXT,
            "outcome": _one_of(Outcome),
            "reason": _MAYBE,
            "plan_id": _MAYBE,
            "fields": _list(_FIELD),
        },
        ("action", "outcome", "fields"),
    ),
    "Card": _object(
        {
            "contract_id": _WHOLE,
            "name": _TEXT,
            "state": _one_of(ContractState),
            "link": _one_of(("active", "broken", "paused")),
            "reason": _MAYBE,
            "last_synced_at": _MAYBE,
            "conflicts": _WHOLE,
            "waiting_for_push": _WHOLE,
            "not_agreed": _WHOLE,
            "oneflow_url": _TEXT,
        }
    ),
    "NewContract": _object(
        {
            "template_id": _WHOLE,
            "workspace_id": _WHOLE,
            "name": _TEXT,
            "parties": _list({"type": "object"}),
            "idempotency_key": _TEXT,
        },
        ("template_id", "workspace_id", "name"),
    ),
    "Run": _object({"plan_id": _TEXT, "confirm_signature_reset": _FLAG}),
    "Confirm": _object({"confirm_signature_reset": _FLAG}),
    "PushRecord": _object({"confirm_signature_reset": _list(_WHOLE)}),
    "Move": _object({"move": _FLAG}),
    "Keep": _object(
        {"oneflow_field": _TEXT, "conflict_id": _TEXT, "keep": _one_of(Side), "confirm_signature_reset": _FLAG},
        ("oneflow_field", "conflict_id", "keep"),
    ),
}

# What each function does, its body and its answer, by function name.
ABOUT: dict[str, tuple[str, str | None, str | None]] = {
    "show_connection": ("Both accounts, the environment, webhooks, last event and last reconcile.", None, None),
    "webhooks_on": ("Switch Oneflow's webhooks on, or repair the subscription.", None, None),
    "webhooks_off": ("Switch Oneflow's webhooks off.", None, None),
    "list_entities": ("Tables that are set up, and those that could be.", None, None),
    "list_columns": ("Columns with their allowed directions, and why the others are not.", None, None),
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
    "preview_contract": ("What a push or fetch would do; writes nothing.", None, "Result"),
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
    "preview_contract": (("action", _one_of(("push", "fetch")), True), ("confirm_signature_reset", _FLAG, False)),
    "list_fields": (("template_type_id", _WHOLE, False),),
    "list_templates": (("workspace_id", _WHOLE, False),),
    "list_history": (("next", _TEXT, False),),
    "show_log": (("contract_id", _WHOLE, False), ("field", _TEXT, False), ("next", _TEXT, False)),
    "list_dead_letters": (("next", _TEXT, False),),
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
    schema = _ref(answer) if answer else {"type": "object"}
    status = _STATUS.get(name, "200")
    good: Json = {"description": "Done."}
    if status not in _EMPTY:
        good["content"] = {"application/json": {"schema": schema}}
    queries = [
        {"name": query, "in": "query", "required": required, "schema": kind}
        for query, kind, required in _QUERIES.get(name, ())
    ]
    headers = (
        [{"name": "If-Match", "in": "header", "required": True, "schema": _TEXT}] if name == "save_mapping" else []
    )
    operation: Json = {
        "operationId": name,
        "summary": summary + (" Needs the app role Sync.Admin." if admin else ""),
        "parameters": [*_path_parameters(route), *queries, *headers],
        "responses": {status: good, "default": _problem()},
        "security": [{"person": []}],
    }
    if body:
        operation["requestBody"] = {"content": {"application/json": {"schema": _ref(body)}}}
    return operation


def _path_parameters(route: str) -> list[Json]:
    names = re.findall(r"{(\w+)}", route)
    return [
        {"name": name, "in": "path", "required": True, "schema": _WHOLE if name == "contract_id" else _TEXT}
        for name in names
    ]


def _problem() -> Json:
    schema = {"schema": _ref("Problem")}
    return {"description": "What is wrong and how to mend it.", "content": {"application/problem+json": schema}}
