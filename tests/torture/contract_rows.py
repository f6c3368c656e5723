"""The table of contracts in Dynamics: one for a world, and each process's way to it, with failures of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync_core.engine.showing.contract_row import ContractRow
from sync_core.errors import ConnectionBroken, Gone, Ground, NotAllowed, RateLimited, Refused, Temporary
from tests.torture.schedule import Crash

if TYPE_CHECKING:
    from tests.torture.process import Process

_FAILURES = (
    lambda: Temporary("dynamics answered with status 503", side="dynamics", status=503, unclear=True),
    lambda: RateLimited("dynamics answered with status 429", side="dynamics", status=429, retry_after=30),
    lambda: ConnectionBroken("dynamics answered with status 401", side="dynamics", status=401),
    lambda: Gone("dynamics answered with status 404", side="dynamics", status=404),
    lambda: NotAllowed("dynamics answered with status 403", side="dynamics", status=403, missing="prvWrite"),
    lambda: Refused("dynamics answered with status 400", side="dynamics", status=400),
    lambda: Refused("dynamics answered with status 412", side="dynamics", status=412, ground=Ground.KEY_TAKEN),
)  # fmt: skip
_LONG = 40.0  # seconds that an answer may take: longer than a job of a later closing waits


class RowsPort:
    """The port `ContractTable`."""

    def __init__(self, process: Process) -> None:
        self._process, self._world = process, process.world

    def write(self, row: ContractRow) -> None:
        self._ask()
        known = self._world.rows.get(row.contract_id)
        # What a row does not say is left as it was.
        values = {**known.values, **row.values} if known else row.values
        self._world.rows[row.contract_id] = ContractRow(row.contract_id, values, row.record, row.owner)
        self._ends()

    def end(self, contract_id: int, remove: bool) -> None:
        try:
            self._ask()
        except Gone:
            # As the row of a table that is there does not answer.
            raise Temporary("dynamics answered with status 503", side="dynamics", status=503) from None
        if contract_id not in self._world.rows:
            raise Gone("dynamics answered with status 404", side="dynamics", status=404)
        known = self._world.rows[contract_id]
        values = {**known.values, "link_status": "ended", "sync_state": None}
        self._world.rows[contract_id] = ContractRow(contract_id, values, known.record, known.owner)
        self._ends()

    def otherwise(self, rows: Sequence[ContractRow]) -> frozenset[int]:
        self._ask()
        return frozenset(row.contract_id for row in rows if not self.shows(row))

    def lacks(self) -> tuple[str, str | None] | None:
        """The table is there all the time, with its rows, and is sometimes closed to us."""
        try:
            self._ask()
        except Gone:
            raise Temporary("dynamics answered with status 503", side="dynamics", status=503) from None
        closed = (None, ("privilege", "prvWrite"), ("key", "InProgress"))
        return None if self._world.faults.healed else self._world.rows_chance.choice(closed)

    def shows(self, row: ContractRow) -> bool:
        known = self._world.rows.get(row.contract_id)
        return known is not None and row.values.items() <= known.values.items()

    def _ask(self) -> None:
        chance, faults = self._world.rows_chance, self._world.faults
        self._process.world.scheduler.sleep(chance.random() * 0.25)
        self._alive()
        if faults.healed:
            return
        if chance.random() < 0.15:
            raise chance.choice(_FAILURES)()
        if chance.random() < 0.1:
            self._world.scheduler.sleep(chance.random() * _LONG)
        self._alive()
        if chance.random() < 0.02:
            raise Crash

    def _alive(self) -> None:
        if not self._process.alive:
            raise Crash

    def _ends(self) -> None:
        """The answer may be lost, and the process with it."""
        chance = self._world.rows_chance
        if not self._world.faults.healed and chance.random() < 0.05:
            raise Temporary("dynamics did not answer", side="dynamics", unclear=True)
