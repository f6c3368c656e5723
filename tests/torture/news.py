"""Notifications in Dynamics: those of a world, and each process's way to them, with failures of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync_core.errors import ConnectionBroken, RateLimited, Temporary
from tests.torture.schedule import Crash
from tests.torture.vendor import request

if TYPE_CHECKING:
    from tests.torture.process import Process

_FAILURES = (
    lambda: Temporary("dynamics answered with status 503", side="dynamics", status=503, unclear=True),
    lambda: RateLimited("dynamics answered with status 429", side="dynamics", status=429, retry_after=30),
    lambda: ConnectionBroken("dynamics answered with status 401", side="dynamics", status=401),
)


class NewsPort:
    """The port `Notifications`. A row under an id that is taken is not made."""

    def __init__(self, process: Process) -> None:
        self._process, self._world = process, process.world

    def swedish(self) -> bool:
        return False

    def notify(self, news_id: str, user_id: str, kind: str, title: str, text: str, record: tuple[str, str]) -> bool:
        self._ask()
        self._world.told.setdefault(news_id, (kind, title))
        self._ends()
        return True

    def note(self, note_id: str, entity: str, record_id: str, title: str, text: str) -> None:
        self._ask()
        self._world.told.setdefault(note_id, ("note", title))
        self._ends()

    def lacks(self) -> tuple[str, str | None] | None:
        self._ask()
        return None

    def _ask(self) -> None:
        request(self._process, self._world.news_chance, _FAILURES)

    def _ends(self) -> None:
        """The answer may be lost, and the process with it."""
        chance = self._world.news_chance
        if self._world.faults.healed:
            return
        if chance.random() < 0.1:
            raise Temporary("dynamics did not answer", side="dynamics", unclear=True)
        if chance.random() < 0.1:
            raise Crash
