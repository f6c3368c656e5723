"""A table's mapping on the wire (DESIGN 4.3): its shape is checked here, its sense by the use case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sync_core.engine.model.mapping import EntityMapping
from sync_core.handlers.wire import requests
from sync_core.handlers.wire.reading import read_body

_SENT = {"fields", "auto_push", "conflict_policy", "notify", "notify_values", "timeline_notes"}


def entity_mapping(entity: str, content: Mapping[str, Any]) -> EntityMapping:
    """The mapping of one table as somebody sends it. Invalid with a problem for each wrong member, by its row."""
    body = read_body(requests.EntityMapping, content, "The mapping cannot be saved.", {"entity": entity})
    return wanted_mapping(entity, body)


def wanted_mapping(entity: str, body: requests.EntityMapping) -> EntityMapping:
    """`etag` in the body is left alone: If-Match holds; so is what the app alone can say."""
    given = body.model_dump(mode="json", include=_SENT, exclude_none=True)
    return EntityMapping.from_json({**given, "entity": entity})


def mapping_json(mapping: EntityMapping) -> dict[str, Any]:
    return {**mapping.to_json(), "etag": mapping.etag}
