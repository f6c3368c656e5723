"""When a timer last ran and when it is due, kept in storage, so that a run missed while no host was up is made up for.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer (`useMonitor`). The real host keeps this in
blobs; a table serves here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from sandbox.host.schedule import Schedule

_TABLE = "sandboxhosttimers"
_PARTITION = "timer"


class Monitor:
    """Without a connection it keeps nothing, and where storage does not answer it says so and keeps nothing."""

    def __init__(self, connection: str | None, say: Callable[[str], None]) -> None:
        self._connection, self._say = connection, say

    def is_past_due(self, name: str, schedule: Schedule, now: datetime) -> bool:
        """Whether a run was missed; a timer that is new, or has another schedule than before, missed none."""
        kept = self._read(name)
        if kept is not None:
            since, due = kept
            if due == schedule.after(since):
                return due is not None and now > due
        self.ran(name, schedule, now)
        return False

    def ran(self, name: str, schedule: Schedule, now: datetime) -> None:
        """`now` is when the run began: what was missed during it is due at once."""
        row = {"PartitionKey": _PARTITION, "RowKey": name, "since": now.isoformat(), "due": _text(schedule.after(now))}

        def write(table: TableClient) -> None:
            try:
                table.upsert_entity(row)
            except ResourceNotFoundError:
                table.create_table()
                table.upsert_entity(row)

        self._with_table(write)

    def _read(self, name: str) -> tuple[datetime, datetime | None] | None:
        found: list[tuple[datetime, datetime | None]] = []

        def read(table: TableClient) -> None:
            row = table.get_entity(_PARTITION, name)
            found.append(
                (datetime.fromisoformat(row["since"]), datetime.fromisoformat(row["due"]) if row["due"] else None)
            )

        self._with_table(read)
        return found[0] if found else None

    def _with_table(self, work: Callable[[TableClient], None]) -> None:
        if not self._connection:
            return
        try:
            with TableClient.from_connection_string(self._connection, _TABLE) as table:
                work(table)
        except ResourceNotFoundError:
            return
        except Exception as error:  # noqa: BLE001 with its thread's end the timer would never run again
            self._say(f"timer.unmonitored error={type(error).__name__}")


def _text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
