"""Whom an action runs as, and why it runs."""

from __future__ import annotations

from dataclasses import dataclass

_LOOKS = ("reconcile", "look")


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


@dataclass(frozen=True, slots=True)
class Cause:
    """Why and for whom a sync runs: "push", "fetch", "webhook", "dynamics", "reconcile", "look" ..."""

    name: str
    actor: Actor
    undoes: str | None = None  # the history entry that is taken back
    run: str = ""  # the plan that it is a part of: its entries' ids begin with it

    def entry_id(self, fresh: str) -> str:
        """For an intent, and the history entry that it becomes; `fresh`: one that nothing else has."""
        return f"{self.run}.{fresh}" if self.run else fresh

    @property
    def waits(self) -> bool:
        """Whether it is an ordinary look, which nothing new is the cause of."""
        return self.name in _LOOKS

    @property
    def who(self) -> str:
        return self.actor.name or self.actor.object_id or "application"
