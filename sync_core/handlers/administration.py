"""What administrators do: the connection, the mappings, the pickers, the dead letters."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from sync_core.errors import Gone, Invalid
from sync_core.handlers.bodies import entity_mapping, mapping_json
from sync_core.handlers.web import Call, ok, whole


def show_connection(call: Call) -> func.HttpResponse:
    return ok(call.services.connection.show())


def webhooks_on(call: Call) -> func.HttpResponse:
    return ok(call.services.connection.webhooks_on())


def webhooks_off(call: Call) -> func.HttpResponse:
    return ok(call.services.connection.webhooks_off())


def list_entities(call: Call) -> func.HttpResponse:
    return ok({**call.services.entities.list(), "next": None})


def list_columns(call: Call) -> func.HttpResponse:
    entities, entity, keys_of = call.services.entities, call.part("entity"), call.param("keys_of")
    found = entities.keys(entity, keys_of) if keys_of else entities.columns(entity, call.param("lookup"))
    return ok({**found, "next": None})


def read_mapping(call: Call) -> func.HttpResponse:
    mapping = call.services.entities.mapping(call.part("entity"))
    return ok(mapping_json(mapping), headers={"ETag": mapping.etag} if mapping.etag else {})


def save_mapping(call: Call) -> func.HttpResponse:
    """If-Match has the ETag that was read, or `*` to overwrite; before the first save `""` fits as well."""
    if_match = call.request.headers.get("if-match")
    if if_match is None:
        raise Invalid("Send If-Match with the mapping's ETag, so that nobody's save is overwritten.", status=428)
    mapping = entity_mapping(call.part("entity"), call.body)
    saved, more = call.services.entities.save(mapping, "" if if_match in ("", '""') else if_match)
    return ok({**mapping_json(saved), **more}, headers={"ETag": saved.etag})


def list_workspaces(call: Call) -> func.HttpResponse:
    return ok({"workspaces": call.services.pickers.workspaces(call.actor), "next": None})


def list_templates(call: Call) -> func.HttpResponse:
    workspace = call.param("workspace_id")
    wanted = whole(workspace, "workspace_id") if workspace else None
    return ok({**call.services.pickers.templates(wanted), "next": None})


def list_fields(call: Call) -> func.HttpResponse:
    type_id = call.param("template_type_id")
    if type_id is None:
        return ok({**call.services.pickers.all_fields(), "next": None})
    return ok({"fields": call.services.pickers.fields(whole(type_id, "template_type_id")), "next": None})


def list_dead_letters(call: Call) -> func.HttpResponse:
    letters, following = call.services.dead_letters.list(call.param("next"))
    return ok({"dead_letters": letters, "next": following})


def replay_dead_letter(call: Call) -> func.HttpResponse:
    call.services.dead_letters.replay(call.part("letter_id"))
    return func.HttpResponse(status_code=202)


def discard_dead_letter(call: Call) -> func.HttpResponse:
    if not call.services.dead_letters.discard(call.part("letter_id")):
        raise Gone("There is no such dead letter (any more).", side="storage")
    return func.HttpResponse(status_code=204)


def show_log(call: Call) -> func.HttpResponse:
    contract = call.param("contract_id")
    contract_id = whole(contract, "contract_id") if contract else None
    found = call.services.history.log(contract_id, call.param("field"), call.param("next"), lambda: call.actor)
    entries, following = found
    return ok({"entries": entries, "next": following})


# function name, verb, route, handler, needs the app role
ROUTES: tuple[tuple[str, str, str, Any, bool], ...] = (
    ("show_connection", "GET", "connection", show_connection, True),
    ("webhooks_on", "PUT", "connection/webhooks", webhooks_on, True),
    ("webhooks_off", "DELETE", "connection/webhooks", webhooks_off, True),
    ("list_entities", "GET", "entities", list_entities, True),
    ("list_columns", "GET", "entities/{entity}/columns", list_columns, True),
    ("read_mapping", "GET", "entities/{entity}/mapping", read_mapping, True),
    ("save_mapping", "PUT", "entities/{entity}/mapping", save_mapping, True),
    ("list_workspaces", "GET", "oneflow/workspaces", list_workspaces, False),
    ("list_templates", "GET", "oneflow/templates", list_templates, False),
    ("list_fields", "GET", "oneflow/fields", list_fields, False),
    ("show_log", "GET", "log", show_log, True),
    ("list_dead_letters", "GET", "dead-letters", list_dead_letters, True),
    ("replay_dead_letter", "POST", "dead-letters/{letter_id}/replay", replay_dead_letter, True),
    ("discard_dead_letter", "DELETE", "dead-letters/{letter_id}", discard_dead_letter, True),
)
