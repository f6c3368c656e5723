"""Whom an action runs as."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """Whom an action runs as. A machine is the application user and the configured e-mail: all fields empty."""

    object_id: str | None = None  # Entra object id: Dataverse's CallerObjectId
    email: str | None = None  # Oneflow's X-Oneflow-User-Email; a person without one does not act there
    user_id: str | None = None  # Dataverse systemuserid
    name: str = ""
    roles: frozenset[str] = frozenset()

    @property
    def is_machine(self) -> bool:
        return self.object_id is None and self.user_id is None


MACHINE = Actor()
