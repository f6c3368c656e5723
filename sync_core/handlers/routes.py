"""All people's routes in one table."""

from __future__ import annotations

from typing import NamedTuple


class Route(NamedTuple):
    """`name` is also that of the operation (operations.py). `admin`: needs the app role."""

    name: str
    verb: str
    path: str
    admin: bool = False


PEOPLE = (
    Route("show_connection", "GET", "connection", admin=True),
    Route("webhooks_on", "PUT", "connection/webhooks", admin=True),
    Route("webhooks_off", "DELETE", "connection/webhooks", admin=True),
    Route("list_entities", "GET", "entities", admin=True),
    Route("list_columns", "GET", "entities/{entity}/columns", admin=True),
    Route("read_mapping", "GET", "entities/{entity}/mapping", admin=True),
    Route("save_mapping", "PUT", "entities/{entity}/mapping", admin=True),
    Route("list_workspaces", "GET", "oneflow/workspaces"),
    Route("list_templates", "GET", "oneflow/templates"),
    Route("list_fields", "GET", "oneflow/fields"),
    Route("list_links", "GET", "links", admin=True),
    Route("links_summary", "GET", "links/summary", admin=True),
    Route("act_on_links", "POST", "links/actions", admin=True),
    Route("show_measures", "GET", "measures", admin=True),
    Route("show_log", "GET", "log", admin=True),
    Route("list_dead_letters", "GET", "dead-letters", admin=True),
    Route("replay_dead_letter", "POST", "dead-letters/{letter_id}/replay", admin=True),
    Route("discard_dead_letter", "DELETE", "dead-letters/{letter_id}", admin=True),
    Route("list_switch_plans", "GET", "switch-over/plans", admin=True),
    Route("make_switch_plan", "POST", "switch-over/plans", admin=True),
    Route("show_switch_plan", "GET", "switch-over/plans/{plan_id}", admin=True),
    Route("list_switch_lines", "GET", "switch-over/plans/{plan_id}/lines", admin=True),
    Route("compare_switch_line", "GET", "switch-over/plans/{plan_id}/lines/{line}", admin=True),
    Route("read_switch_file", "GET", "switch-over/plans/{plan_id}/file", admin=True),
    Route("act_on_switch_plan", "POST", "switch-over/plans/{plan_id}/actions", admin=True),
    Route("list_owned_types", "GET", "switch-over/template-types", admin=True),
    Route("open_owned_type", "PUT", "switch-over/template-types/{type_id}", admin=True),
    Route("close_owned_type", "DELETE", "switch-over/template-types/{type_id}", admin=True),
    Route("list_contracts", "GET", "records/{entity}/{record_id}/contracts"),
    Route("list_contacts", "GET", "records/{entity}/{record_id}/contacts"),
    Route("create_contract", "POST", "records/{entity}/{record_id}/contracts"),
    Route("preview_creation", "GET", "records/{entity}/{record_id}/preview"),
    Route("link_contract", "PUT", "records/{entity}/{record_id}/contracts/{contract_id}"),
    Route("unlink_contract", "DELETE", "records/{entity}/{record_id}/contracts/{contract_id}"),
    Route("push_record", "POST", "records/{entity}/{record_id}/push"),
    Route("push_contract", "POST", "contracts/{contract_id}/push"),
    Route("fetch_contract", "POST", "contracts/{contract_id}/fetch"),
    Route("preview_contract", "GET", "contracts/{contract_id}/preview"),
    Route("list_history", "GET", "contracts/{contract_id}/history"),
    Route("list_conflicts", "GET", "contracts/{contract_id}/conflicts"),
    Route("keep_side", "POST", "contracts/{contract_id}/conflicts"),
    Route("undo_entry", "POST", "contracts/{contract_id}/history/{entry_id}/undo"),
)
