"""What administrators do: the connection, the mappings, the pickers, the dead letters."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from sync_core.errors import Gone
from sync_core.handlers.mapping import mapping_json, wanted_mapping
from sync_core.handlers.operation import operation
from sync_core.handlers.web import Call, ok
from sync_core.handlers.wire.requests import (
    ColumnsQuery,
    EntityMapping,
    FieldsQuery,
    LogQuery,
    PageQuery,
    SaveQuery,
    TemplatesQuery,
)
from sync_core.handlers.wire.results import Log
from sync_core.handlers.wire.settings import (
    Columns,
    Connection,
    DataFields,
    DeadLetters,
    Entities,
    SavedMapping,
    Templates,
    Webhooks,
    Workspaces,
)

Json = dict[str, Any]


@operation("Both accounts, the environment, webhooks, last event and last reconcile.", Connection)
def show_connection(call: Call) -> Json:
    return call.services.connection.show()


@operation("Switch Oneflow's webhooks on, or repair the subscription.", Webhooks)
def webhooks_on(call: Call) -> Json:
    return call.services.connection.webhooks_on()


@operation("Switch Oneflow's webhooks off.", Webhooks)
def webhooks_off(call: Call) -> Json:
    return call.services.connection.webhooks_off()


@operation("Tables that are set up, and those that could be.", Entities)
def list_entities(call: Call) -> Json:
    return {**call.services.entities.list(), "next": None}


@operation(
    "Columns with allowed directions, why not the others, and options; with a lookup those of what it points at; "
    "with `keys_of` a lookup those by which what it points at can be shown and found.",
    Columns,
)
def list_columns(call: Call, query: ColumnsQuery) -> Json:
    entities, entity = call.services.entities, call.part("entity")
    found = entities.keys(entity, query.keys_of) if query.keys_of else entities.columns(entity, query.lookup)
    return {**found, "next": None}


@operation("The mapping of one table.", SavedMapping)
def read_mapping(call: Call) -> func.HttpResponse:
    mapping = call.services.entities.mapping(call.part("entity"))
    return ok(mapping_json(mapping), headers={"ETag": mapping.etag} if mapping.etag else {})


@operation(
    "Save the whole mapping; with `dry_run=true` only say what that would do.",
    SavedMapping,
    refusal="The mapping cannot be saved.",
)
def save_mapping(call: Call, body: EntityMapping, query: SaveQuery, if_match: str) -> func.HttpResponse:
    """If-Match has the ETag that was read, or `*` to overwrite; before the first save `""` fits as well."""
    mapping = wanted_mapping(call.part("entity"), body)
    entities = call.services.entities
    act = entities.tried if query.dry_run else entities.save
    saved, more = act(mapping, "" if if_match in ("", '""') else if_match)
    return ok({**mapping_json(saved), **more}, headers={"ETag": saved.etag} if saved.etag else {})


@operation("Workspaces in which the caller may create contracts.", Workspaces)
def list_workspaces(call: Call) -> Json:
    return {"workspaces": call.services.pickers.workspaces(call.actor), "next": None}


@operation("Active templates, of one workspace or of all; apart, those that Oneflow's own app owns.", Templates)
def list_templates(call: Call, query: TemplatesQuery) -> Json:
    return {**call.services.pickers.templates(query.workspace_id), "next": None}


@operation("Data fields of one template type, or of all of them with the names of their types.", DataFields)
def list_fields(call: Call, query: FieldsQuery) -> Json:
    pickers, type_id = call.services.pickers, query.template_type_id
    found = pickers.all_fields() if type_id is None else {"fields": pickers.fields(type_id)}
    return {**found, "next": None}


@operation("The history over all contracts, newest first.", Log)
def show_log(call: Call, query: LogQuery) -> Json:
    entries, following = call.services.history.log(query.contract_id, query.field, query.next, lambda: call.actor)
    return {"entries": entries, "next": following}


@operation("Jobs that were given up.", DeadLetters)
def list_dead_letters(call: Call, query: PageQuery) -> Json:
    letters, following = call.services.dead_letters.list(query.next)
    return {"dead_letters": letters, "next": following}


@operation("Try a dead letter's job again.", status=202)
def replay_dead_letter(call: Call) -> None:
    call.services.dead_letters.replay(call.part("letter_id"))


@operation("Discard a dead letter.", status=204)
def discard_dead_letter(call: Call) -> None:
    if not call.services.dead_letters.discard(call.part("letter_id")):
        raise Gone("There is no such dead letter (any more).", side="storage")
