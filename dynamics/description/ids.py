"""Ids of what the solution brings: the same for ever, since Dynamics knows a component by its id.

An id is made from what a thing is and what it is named, so a name must not change once it was released; `ids.json`
holds those that were.
"""

from __future__ import annotations

import uuid

_OURS = uuid.uuid5(uuid.NAMESPACE_URL, "urn:oneflow-field-sync:dynamics")


def id_of(kind: str, name: str) -> str:
    return str(uuid.uuid5(_OURS, f"{kind}/{name}"))
