"""Table `measures`: the app's own counters, a row for each hour and process: `<hour>-<process>`.

The daily purge makes one row of each hour that is over, and lets go what is older than it is shown.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.errors import storage_errors
from sync_core.adapters.storage.filters import in_partition
from sync_core.adapters.storage.packing import MOST_OPERATIONS
from sync_core.telemetry.hours import Totals, added

_TABLE = "measures"
_HOUR = "%Y%m%dT%H"
_WHOLE = "all"  # in the place of a process: the hour is over, and its processes are one


class TableMeasures:
    """`process`: what tells this process from others."""

    def __init__(self, storage: Storage, account: str, process: str | None = None) -> None:
        self._storage, self._account, self._process = storage, account, process or uuid.uuid4().hex[:12]

    def save(self, hour: datetime, totals: Mapping[str, float]) -> None:
        """This process's numbers of an hour, as they are by now."""
        with storage_errors(writing=True):
            self._storage.table(_TABLE).upsert_entity(self._row(f"{_text(hour)}-{self._process}", totals))

    def since(self, hour: datetime) -> Mapping[datetime, Totals]:
        """All processes' numbers by hour, from this one on."""
        found: dict[datetime, Totals] = {}
        for row in self._rows(_text(hour), "~"):
            at = _hour_of(row)
            found[at] = added(found.get(at, {}), json.loads(row["totals"]))
        return found

    def purge(self, before: datetime, over: datetime) -> int:
        """Rows of hours before `before` go; the rows of each hour before `over` become one."""
        old = [row["RowKey"] for row in self._rows("", _text(before))]
        for begin in range(0, len(old), MOST_OPERATIONS):
            self._transact([("delete", self._key(key)) for key in old[begin : begin + MOST_OPERATIONS]])
        parts: dict[datetime, list[Any]] = {}
        for row in self._rows(_text(before), _text(over)):
            parts.setdefault(_hour_of(row), []).append(row)
        for hour, rows in parts.items():
            self._join(hour, rows)
        return len(old)

    def _join(self, hour: datetime, rows: list[Any]) -> None:
        """In one transaction each, so that nothing is counted twice whenever it ends."""
        whole = f"{_text(hour)}-{_WHOLE}"
        total: Totals = next((json.loads(row["totals"]) for row in rows if row["RowKey"] == whole), {})
        others = [row for row in rows if row["RowKey"] != whole]
        for begin in range(0, len(others), MOST_OPERATIONS - 1):
            some = others[begin : begin + MOST_OPERATIONS - 1]
            for row in some:
                total = added(total, json.loads(row["totals"]))
            deletes: list[Any] = [("delete", self._key(row["RowKey"])) for row in some]
            self._transact([("upsert", self._row(whole, total)), *deletes])

    def _transact(self, operations: list[Any]) -> None:
        with storage_errors(writing=True):
            self._storage.table(_TABLE).submit_transaction(operations)

    def _rows(self, start: str, end: str) -> list[Any]:
        wanted = in_partition(self._account).between(start, end)
        with storage_errors():
            return list(self._storage.table(_TABLE).query_entities(wanted.text, parameters=wanted.values))

    def _row(self, key: str, totals: Mapping[str, float]) -> dict[str, Any]:
        return {**self._key(key), "totals": json.dumps(totals)}

    def _key(self, row_key: str) -> dict[str, str]:
        return {"PartitionKey": self._account, "RowKey": row_key}


def _text(hour: datetime) -> str:
    return hour.astimezone(UTC).strftime(_HOUR)


def _hour_of(row: Mapping[str, Any]) -> datetime:
    return datetime.strptime(row["RowKey"].partition("-")[0], _HOUR).replace(tzinfo=UTC)
