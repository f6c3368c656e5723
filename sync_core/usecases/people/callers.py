"""Who is calling: a signed-in user becomes the Dataverse user and the Oneflow e-mail that their actions run as."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sync_core.engine.model.actor import Actor
from sync_core.usecases.ports import Records


class Callers:
    def __init__(self, records: Records) -> None:
        self._records = records

    def actor(self, object_id: str, roles: Collection[str]) -> Actor:
        """`object_id` is the Entra object id. NotAllowed where Dataverse has no such enabled user."""
        return replace(self._records.person(object_id), roles=frozenset(roles))
