"""Signed documents on the rows in Dynamics: those of a world, and each process's way to them, with failures of their
own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync_core.errors import ConnectionBroken, Gone, NotAllowed, RateLimited, Refused, Temporary
from tests.torture.schedule import Crash

if TYPE_CHECKING:
    from tests.torture.process import Process

PDF = b"%PDF of contract "
_FAILURES = (
    lambda: Temporary("answered with status 503", side="dynamics", status=503, unclear=True),
    lambda: RateLimited("answered with status 429", side="dynamics", status=429, retry_after=30),
    lambda: ConnectionBroken("answered with status 401", side="dynamics", status=401),
    lambda: NotAllowed("answered with status 403", side="dynamics", status=403),
    lambda: Refused("answered with status 400", side="dynamics", status=400),
)


class DocumentsPort:
    """The port `ContractDocuments`, and what Oneflow gives of a signed contract."""

    def __init__(self, process: Process) -> None:
        self._process, self._world = process, process.world

    def place(self, contract_id: int) -> tuple[str, bool]:
        self._ask()
        if contract_id not in self._world.rows:
            raise Gone("answered with status 404", side="dynamics", status=404)
        return f"row-{contract_id}", contract_id in self._world.documents

    def put(self, row_id: str, name: str, content: bytes) -> None:
        self._ask()
        self._world.documents[int(row_id.removeprefix("row-"))] = content
        if not self._world.faults.healed and self._world.documents_chance.random() < 0.1:
            raise Temporary("did not answer", side="dynamics", unclear=True)

    def signed(self, contract_id: int) -> bytes | None:
        """None where Oneflow has not made it yet."""
        self._ask()
        late = not self._world.faults.healed and self._world.documents_chance.random() < 0.2
        return None if late else PDF + str(contract_id).encode()

    def _ask(self) -> None:
        world = self._world
        world.scheduler.sleep(world.documents_chance.random() * 0.25)
        if not self._process.alive:
            raise Crash
        if world.faults.healed:
            return
        if world.documents_chance.random() < 0.15:
            raise world.documents_chance.choice(_FAILURES)()
        if world.documents_chance.random() < 0.05:
            raise Crash
