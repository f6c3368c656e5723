"""Webhook subscriptions (reference/create-a-webhook, docs/webhook)."""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from sandbox.oneflow.account.model import Webhook
from sandbox.oneflow.api import catalog_views
from sandbox.oneflow.api.bodies import Problems, join, read_object
from sandbox.oneflow.api.call import Call, Route
from sandbox.oneflow.api.lists import filters, paged
from sandbox.oneflow.api.problems import not_found
from sandbox.wire import Response

_KEYS = ("callback_url", "sign_key", "filters", "template_group_id", "configuration", "integration_process_id")
EVENT_TYPES = frozenset(
    """
    comment:create contract:content_update contract:create contract:decline contract:delete
    contract:lifecycle_state:cancel contract:lifecycle_state:end contract:lifecycle_state:new_period
    contract:lifecycle_state:start contract:lifecycle_state:terminate contract:publish contract:sign
    contract:signature_reset contract:signing_period_expire contract:signing_period_revive data_field:update
    participant:create participant:decline participant:delegate participant:delete participant:delivery_failure
    participant:first_visit participant:publish participant:sign participant:signature_reset participant:update
    party:create party:delete party:update product:create product:delete product:update
    """.split()  # noqa: SIM905 - a table reads better than thirty quoted lines
)
# What Oneflow's own connector asks for: https://learn.microsoft.com/connectors/oneflow/
_CONNECTORS = frozenset(
    """
    contract:decline contract:delete contract:publish contract:sign contract:signature_reset
    contract:signing_period_expire contract:signing_period_revive data_field:update participant:create
    participant:decline participant:delete participant:first_visit participant:sign
    """.split()  # noqa: SIM905 - as above
)
_TAKEN = {"all": EVENT_TYPES, "connector": _CONNECTORS, "refused": frozenset[str]()}


def list_webhooks(call: Call) -> Response:
    filters(call.request, ())
    rows = list(call.world.state.webhooks.values())
    if call.switches.webhook_list_envelope == "list":
        return Response.of_json(200, [catalog_views.webhook(call.views, it) for it in rows])
    return paged(call.request, call.views, rows, lambda it: catalog_views.webhook(call.views, it))


def create_webhook(call: Call) -> Response:
    given = _checked(call, ("callback_url",))
    it = Webhook(call.world.next_id("webhook"), **given)
    return _store(call, it)


def get_webhook(call: Call) -> Response:
    return Response.of_json(200, catalog_views.webhook(call.views, _of_path(call)))


def put_webhook(call: Call) -> Response:
    it = _of_path(call)
    return _store(call, replace(it, **_checked(call, ())))


def delete_webhook(call: Call) -> Response:
    it = call.world.state.webhooks.get(call.id_of("webhook_id"))
    if it is not None and not call.plays("changes_nothing"):
        del call.world.state.webhooks[it.id]
        call.world.touched()
    return Response(200)


def _store(call: Call, it: Webhook) -> Response:
    if not call.plays("changes_nothing"):
        call.world.state.webhooks[it.id] = it
        call.world.touched()
    return Response.of_json(200, catalog_views.webhook(call.views, it))


def _of_path(call: Call) -> Webhook:
    it = call.world.state.webhooks.get(call.id_of("webhook_id"))
    if it is None:
        raise not_found("Webhook", call.path_values["webhook_id"])
    return it


def _checked(call: Call, required: tuple[str, ...]) -> dict[str, Any]:
    body = read_object(call.request, _KEYS, required)
    problems = Problems()
    problems.text(body, "callback_url", "", 1000, shortest=1)
    problems.kind(body, "sign_key", "", str)
    problems.kind(body, "template_group_id", "", int)
    problems.kind(body, "integration_process_id", "", int)
    problems.kind(body, "configuration", "", dict)
    url = body.get("callback_url")
    if isinstance(url, str) and not may_call(url):
        problems.add("callback_url", "Must be an https URL.")
    if "callback_url" in body and url is None:
        problems.add("callback_url", "Must be a string.")
    _check_filters(body.get("filters"), problems, _TAKEN[call.switches.webhook_filters])
    problems.raise_if_any()
    group = body.get("template_group_id")
    if group is not None and group not in call.world.state.template_types:
        raise not_found("Template group", group)
    return body


def may_call(url: str) -> bool:
    """https only; the sandbox's one departure is http to this machine itself."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    if parts.scheme != "http":
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check_filters(value: Any, problems: Problems, taken: frozenset[str]) -> None:
    if value is None:
        return
    if not taken:
        problems.add("filters", "'filters' was unexpected.")
        return
    if not isinstance(value, list):
        problems.add("filters", "Must be an array.")
        return
    for i, entry in enumerate(value):
        path = f"filters[{i}]"
        if not problems.keys(entry, path, ("filter_rules",), ("filter_rules",)):
            continue
        rules = entry["filter_rules"]
        if not isinstance(rules, list) or not 1 <= len(rules) <= 2:
            problems.add(join(path, "filter_rules"), "Must be an array of 1 or 2 rules.")
            continue
        for j, rule in enumerate(rules):
            _check_rule(rule, f"{path}.filter_rules[{j}]", problems, taken)


def _check_rule(rule: Any, path: str, problems: Problems, taken: frozenset[str]) -> None:
    if not problems.keys(rule, path, ("type", "values"), ("type", "values")):
        return
    values = rule["values"]
    if not isinstance(values, list) or not 1 <= len(values) <= 50:
        problems.add(join(path, "values"), "Must be an array of 1 to 50 values.")
    elif rule["type"] == "EVENT_TYPE":
        if not all(isinstance(value, str) and value in taken for value in values):
            problems.add(join(path, "values"), "Unknown event type.")
    elif rule["type"] == "WORKSPACE":
        if not all(isinstance(value, int) and not isinstance(value, bool) for value in values):
            problems.add(join(path, "values"), "Must be workspace ids.")
    else:
        problems.add(join(path, "type"), "Must be EVENT_TYPE or WORKSPACE.")


_ONE = r"/webhooks/(?P<webhook_id>[^/]+)"
ROUTES = (
    Route("GET", "/webhooks", list_webhooks),
    Route("POST", "/webhooks", create_webhook, needs_user=True),
    Route("GET", _ONE, get_webhook),
    Route("PUT", _ONE, put_webhook, needs_user=True),
    Route("DELETE", _ONE, delete_webhook, needs_user=True),
)
