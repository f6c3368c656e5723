"""The functions as the host sees them, read in a process of their own with an empty environment."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]

_READ = """
import json, sys
import function_app
heavy = [name for name in ("msal", "requests", "pydantic", "babel", "azure.data.tables", "azure.storage.queue",
                           "azure.identity") if name in sys.modules]
functions = {one.get_function_name(): [json.loads(each) for each in one.get_raw_bindings()]
             for one in function_app.app.get_functions()}
print(json.dumps({"heavy": heavy, "functions": functions}))
"""

ADMIN_ROUTES = {
    "show_connection": ("GET", "connection"),
    "webhooks_on": ("PUT", "connection/webhooks"),
    "webhooks_off": ("DELETE", "connection/webhooks"),
    "list_entities": ("GET", "entities"),
    "list_columns": ("GET", "entities/{entity}/columns"),
    "read_mapping": ("GET", "entities/{entity}/mapping"),
    "save_mapping": ("PUT", "entities/{entity}/mapping"),
    "list_workspaces": ("GET", "oneflow/workspaces"),
    "list_templates": ("GET", "oneflow/templates"),
    "list_fields": ("GET", "oneflow/fields"),
    "list_links": ("GET", "links"),
    "links_summary": ("GET", "links/summary"),
    "act_on_links": ("POST", "links/actions"),
    "show_measures": ("GET", "measures"),
    "show_log": ("GET", "log"),
    "list_dead_letters": ("GET", "dead-letters"),
    "replay_dead_letter": ("POST", "dead-letters/{letter_id}/replay"),
    "discard_dead_letter": ("DELETE", "dead-letters/{letter_id}"),
    "list_switch_plans": ("GET", "switch-over/plans"),
    "make_switch_plan": ("POST", "switch-over/plans"),
    "show_switch_plan": ("GET", "switch-over/plans/{plan_id}"),
    "list_switch_lines": ("GET", "switch-over/plans/{plan_id}/lines"),
    "compare_switch_line": ("GET", "switch-over/plans/{plan_id}/lines/{line}"),
    "read_switch_file": ("GET", "switch-over/plans/{plan_id}/file"),
    "act_on_switch_plan": ("POST", "switch-over/plans/{plan_id}/actions"),
    "list_owned_types": ("GET", "switch-over/template-types"),
    "open_owned_type": ("PUT", "switch-over/template-types/{type_id}"),
    "close_owned_type": ("DELETE", "switch-over/template-types/{type_id}"),
}
SELLER_ROUTES = {
    "list_contracts": ("GET", "records/{entity}/{record_id}/contracts"),
    "list_contacts": ("GET", "records/{entity}/{record_id}/contacts"),
    "create_contract": ("POST", "records/{entity}/{record_id}/contracts"),
    "link_contract": ("PUT", "records/{entity}/{record_id}/contracts/{contract_id}"),
    "unlink_contract": ("DELETE", "records/{entity}/{record_id}/contracts/{contract_id}"),
    "push_record": ("POST", "records/{entity}/{record_id}/push"),
    "push_contract": ("POST", "contracts/{contract_id}/push"),
    "fetch_contract": ("POST", "contracts/{contract_id}/fetch"),
    "preview_contract": ("GET", "contracts/{contract_id}/preview"),
    "preview_creation": ("GET", "records/{entity}/{record_id}/preview"),
    "list_history": ("GET", "contracts/{contract_id}/history"),
    "list_conflicts": ("GET", "contracts/{contract_id}/conflicts"),
    "keep_side": ("POST", "contracts/{contract_id}/conflicts"),
    "undo_entry": ("POST", "contracts/{contract_id}/history/{entry_id}/undo"),
}
OPEN_ROUTES = {"health": ("GET", "health"), "openapi": ("GET", "openapi.json"), "ui": ("GET", "ui/{*path}")}
MACHINE_ROUTES = {
    "oneflow_webhook": ("POST", "oneflow/webhook"),
    "dynamics_events": ("POST", "dynamics/events"),
}


@cache
def read(schedule: str = "") -> Any:
    env = {"PATH": "/usr/bin:/bin"} | ({"SYNC_RECONCILE_SCHEDULE": schedule} if schedule else {})
    done = subprocess.run(
        [sys.executable, "-c", _READ], cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=True
    )
    return json.loads(done.stdout)


def trigger(name: str, schedule: str = "") -> dict[str, Any]:
    bindings = read(schedule)["functions"][name]
    return next(one for one in bindings if one["type"].endswith("Trigger"))


def test_importing_needs_no_settings_and_loads_nothing_heavy() -> None:
    assert read()["heavy"] == []


def test_every_route_has_its_method_and_its_guard() -> None:
    for routes, level in (
        (ADMIN_ROUTES | SELLER_ROUTES | OPEN_ROUTES, "ANONYMOUS"),  # people are signed in by the platform
        (MACHINE_ROUTES, "FUNCTION"),
    ):
        for name, (method, route) in routes.items():
            found = trigger(name)
            assert (found["type"], found["methods"], found["route"]) == ("httpTrigger", [method], route), name
            assert found["authLevel"] == level, name


def test_queues_and_timers_are_as_declared() -> None:
    for name, queue in (("sync_jobs", "sync-jobs"), ("sync_jobs_poison", "sync-jobs-poison")):
        found = trigger(name)
        assert (found["type"], found["queueName"], found["connection"]) == (
            "queueTrigger",
            queue,
            "AzureWebJobsStorage",
        )
    assert trigger("reconcile")["schedule"] == "*/30 * * * * *"
    assert trigger("purge_history")["schedule"] == "0 17 3 * * *"
    assert trigger("reconcile", "0 */5 * * * *")["schedule"] == "0 */5 * * * *"
    for unreadable in ("*/30 * * *", "every minute", " "):
        assert trigger("reconcile", unreadable)["schedule"] == "*/30 * * * * *", "the sweep tells of the wrong setting"


def test_there_is_no_other_function() -> None:
    known = {*ADMIN_ROUTES, *SELLER_ROUTES, *OPEN_ROUTES, *MACHINE_ROUTES}
    assert set(read()["functions"]) == known | {"sync_jobs", "sync_jobs_poison", "reconcile", "purge_history"}


def test_every_http_function_gives_back_an_answer() -> None:
    for name in {*ADMIN_ROUTES, *SELLER_ROUTES, *OPEN_ROUTES, *MACHINE_ROUTES}:
        assert any(one["name"] == "$return" and one["type"] == "http" for one in read()["functions"][name])
