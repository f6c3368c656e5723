"""What administrators do: the connection, the mappings, the pickers, the dead letters."""

from __future__ import annotations

from typing import Any

import azure.functions as func

from sync_core.engine.model.standing import Standing
from sync_core.errors import Gone
from sync_core.handlers.mapping import mapping_json, wanted_mapping
from sync_core.handlers.operation import operation
from sync_core.handlers.web import Call, ok
from sync_core.handlers.wire.requests import (
    ColumnsQuery,
    EntityMapping,
    FieldsQuery,
    LinkAction,
    LinksQuery,
    LogQuery,
    MeasuresQuery,
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
    LinkActions,
    LinkList,
    LinkSummary,
    MeasuredHours,
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
    entities = call.services.entities
    mapping = entities.mapping(call.part("entity"))
    return ok(
        {**mapping_json(mapping), **entities.in_force(mapping)}, headers={"ETag": mapping.etag} if mapping.etag else {}
    )


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
    answer = {**mapping_json(saved), **more, **entities.in_force(saved, saved=not query.dry_run)}
    return ok(answer, headers={"ETag": saved.etag} if saved.etag else {})


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


@operation("Every link by how it stands, the gravest first; a page opens at most fifty of them.", LinkList)
def list_links(call: Call, query: LinksQuery) -> Json:
    status = Standing(query.status) if query.status else None
    links, following = call.services.link_desk.page(status, query.entity, query.q, query.next)
    return {"links": links, "next": following}


@operation("How many links of each table stand how.", LinkSummary)
def links_summary(call: Call) -> Json:
    return call.services.link_desk.summary()


@operation(
    "Look at links again, end their pauses, or replay what was given up of them; at most a hundred at once.",
    LinkActions,
    refusal="This cannot be done with these links.",
)
def act_on_links(call: Call, body: LinkAction) -> Json:
    return {"results": call.services.link_desk.act(body.action, body.contract_ids)}


@operation("This installation's own counters, hour by hour, the present one last.", MeasuredHours)
def show_measures(call: Call, query: MeasuresQuery) -> Json:
    return call.services.measures.show(query.hours)


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
        raise Gone("There is no such dead letter, or no longer.", side="storage")
