"""Dataverse's RemoteExecutionContext, as a webhook step or a plug-in posts it (fact sheet 4.3).

https://learn.microsoft.com/power-apps/developer/data-platform/use-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sync_core.engine.model.ids import canonical_id, known_id
from sync_core.errors import Unreadable
from sync_core.untrusted_json import untrusted_json

LARGEST = 1024 * 1024  # bytes; Dataverse strips what is over 256 KB
OURS = "ofs_"  # the prefix of our Custom API messages


@dataclass(frozen=True, slots=True)
class DynamicsEvent:
    """`changed`: the columns of the update's payload, None where the body does not tell (stripped, or no update)."""

    message: str
    entity: str
    record_id: str
    changed: frozenset[str] | None
    tag: str | None = None
    operation_id: str | None = None
    initiating_user: str | None = None  # Entra object id; some environments send zeros, or none
    initiating_user_id: str | None = None  # systemuserid
    parameters: Mapping[str, Any] = field(default_factory=dict)  # of a Custom API, without its Target


def read_event(body: bytes, headers: Mapping[str, str]) -> DynamicsEvent:
    """Unreadable where it is no such context. What a body leaves out, the headers may tell."""
    content = _content(body)
    given = _pairs(content.get("InputParameters"))
    message, entity, record_id = _names(content, headers, given.pop("Target", None))
    if not message or not entity or not record_id:
        raise Unreadable("The event names no message, table or record.")
    return DynamicsEvent(
        message,
        entity,
        canonical_id(record_id),
        _changed(content) if message == "Update" else None,
        _tag(content),
        known_id(content.get("OperationId")),
        known_id(content.get("InitiatingUserAzureActiveDirectoryObjectId")),
        known_id(content.get("InitiatingUserId")),
        given,
    )


def _content(body: bytes) -> Mapping[str, Any]:
    if len(body) > LARGEST:
        raise Unreadable(f"The event is longer than {LARGEST} bytes.")
    try:
        content = untrusted_json(body)
    except ValueError as error:
        raise Unreadable("The event is not JSON.") from error
    if not isinstance(content, Mapping):
        raise Unreadable("The event is not an object.")
    return content


def _names(content: Mapping[str, Any], headers: Mapping[str, str], target: Any) -> tuple[str, str, str]:
    """The message, and the table and the id of its record; "" where nothing tells."""
    lower = {name.lower(): value for name, value in headers.items()}
    message = _first(content.get("MessageName"), lower.get("x-ms-dynamics-request-name"))
    entity = _first(content.get("PrimaryEntityName"), lower.get("x-ms-dynamics-entity-name"))
    record_id = _first(content.get("PrimaryEntityId"))
    if isinstance(target, Mapping) and message.lower().startswith(OURS):
        # A Custom API that is bound to a table names its record as its target.
        return message, _first(target.get("LogicalName"), entity), _first(target.get("Id"), record_id)
    return message, entity, record_id


def _first(*told: Any) -> str:
    return str(next((one for one in told if one), ""))


def _changed(content: Mapping[str, Any]) -> frozenset[str] | None:
    target = _pairs(content.get("InputParameters")).get("Target")
    attributes = target.get("Attributes") if isinstance(target, Mapping) else None
    return frozenset(_pairs(attributes)) if isinstance(attributes, list) else None


def _tag(content: Mapping[str, Any]) -> str | None:
    """Variables that were set before the transaction stand in the parent."""
    at: Any = content
    for _ in range(8):  # Dataverse's own limit of depth
        if not isinstance(at, Mapping):
            return None
        tag = _pairs(at.get("SharedVariables")).get("tag")
        if isinstance(tag, str):
            return tag
        at = at.get("ParentContext")
    return None


def _pairs(items: Any) -> dict[str, Any]:
    if not isinstance(items, list):
        return {}
    return {str(one["key"]): one.get("value") for one in items if isinstance(one, Mapping) and "key" in one}
