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

    def initiator(self, object_id: str | None, user_id: str | None) -> Actor | None:
        """Who pressed a button in Dynamics: by Entra's id, else by Dynamics' own; None where the event names nobody."""
        if object_id is not None:
            return self._records.person(object_id)
        return self._records.user(user_id) if user_id is not None else None
