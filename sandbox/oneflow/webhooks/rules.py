"""Which webhook wants which event."""

from __future__ import annotations

from typing import Any

from sandbox.oneflow.account.model import Contract, Event, Webhook


def wants(webhook: Webhook, contract: Contract, event: Event) -> bool:
    """Rules of one filter must all agree, one filter of several is enough; no filters means everything."""
    if webhook.template_group_id is not None and webhook.template_group_id != contract.template_type_id:
        return False
    if not webhook.filters:
        return True
    return any(all(_agrees(rule, contract, event) for rule in entry["filter_rules"]) for entry in webhook.filters)


def _agrees(rule: dict[str, Any], contract: Contract, event: Event) -> bool:
    return (event.type if rule["type"] == "EVENT_TYPE" else contract.workspace_id) in rule["values"]
