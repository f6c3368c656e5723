"""The rows and what a write does: one place for the API and for colleagues."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.dataverse import seed
from sandbox.dataverse.problems import Problem
from sandbox.dataverse.row import Row
from sandbox.dataverse.schema import Attribute, TableSchema
from sandbox.dataverse.security import Security
from sandbox.dataverse.states import settle
from sandbox.dataverse.step import Change
from sandbox.dataverse.values import checked

Json = dict[str, Any]


@dataclass
class World:
    now: Callable[[], datetime]
    tables: dict[str, TableSchema] = field(default_factory=lambda: dict(seed.TABLES))
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    # A plug-in's last word on an update: may change the columns that are stored.
    plugins: list[Callable[[str, Json], Json]] = field(default_factory=list)
    on_change: Callable[[Change], None] | None = None
    version: int = 1000
    # What file columns hold, by table, row and column; and uploads that are under way, by their token.
    files: dict[tuple[str, str, str], bytes] = field(default_factory=dict)
    uploads: dict[str, bytearray] = field(default_factory=dict)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.security = Security(self)

    def fill(self, rows: Mapping[str, Mapping[str, Json]]) -> None:
        for entity, each in rows.items():
            for record_id, values in each.items():
                self.add(entity, values, seed.APPLICATION, record_id)

    def add(self, entity: str, values: Mapping[str, Any], user_id: str, record_id: str | None = None) -> Row:
        with self.lock:
            row = Row(record_id or str(uuid.uuid4()), {}, self._next(), self.now(), user_id)
            for name, value in values.items():
                row.values[name] = checked(self.attribute(entity, name), value)
            if "createdon" in self.tables[entity].attributes:
                row.values.setdefault("createdon", self.now().strftime("%Y-%m-%dT%H:%M:%SZ"))
            self.rows.setdefault(entity, {})[row.id] = row
            return row

    def write(
        self, entity: str, record_id: str, values: Mapping[str, Any], user_id: str, tag: str | None = None
    ) -> Row:
        """Values as a person or the API gives them. What is not valid for update is ignored without a word."""
        with self.lock:
            row = self.row(entity, record_id)
            stored: Json = {}
            for name, value in values.items():
                attribute = self.attribute(entity, name)
                if attribute.updatable:
                    stored[name] = checked(attribute, value)
            self._business_rules(entity, row, stored)
            settle(self.tables[entity], record_id, row.values, stored)
            for plugin in self.plugins:
                stored = plugin(entity, stored)
            row.values |= stored
            row.version, row.modified_on, row.modified_by = self._next(), self.now(), user_id
            taken = {name: value for name, value in values.items() if self.attribute(entity, name).updatable}
            change = Change("Update", entity, record_id, taken, user_id, tag)
        self._tell(change)
        return row

    def delete(self, entity: str, record_id: str, user_id: str) -> None:
        with self.lock:
            self.row(entity, record_id)
            del self.rows[entity][record_id]
            self._next()  # a change too: the store must save it
        self._tell(Change("Delete", entity, record_id, {}, user_id))

    def row(self, entity: str, record_id: str) -> Row:
        found = self.rows.get(entity, {}).get(record_id.lower())
        if found is None:
            raise Problem(404, "0x80040217", f"Entity '{entity}' With Id = {record_id} Does Not Exist")
        return found

    def attribute(self, entity: str, name: str) -> Attribute:
        found = self.tables[entity].attributes.get(name)
        if found is None:
            text = f"Invalid property '{name}' was found in entity 'Microsoft.Dynamics.CRM.{entity}'."
            raise Problem(400, "0x0", text)
        return found

    def label(self, value: Any, attribute: Attribute, user_id: str = seed.APPLICATION) -> str | None:
        """The formatted value, in the calling user's language and way of writing (fact sheet 1.3)."""
        if value is None:
            return None
        swedish = user_id in seed.SWEDISH
        if attribute.is_reference:
            target, target_id = value
            found = self.rows.get(target, {}).get(target_id)
            return str(found.values.get(self.tables[target].name_column) or "") if found else None
        if attribute.options:
            numbers = value if isinstance(value, list) else [value]
            return "; ".join(attribute.options.get(number, (str(number),) * 2)[swedish] for number in numbers)
        if attribute.kind == "Boolean":
            return (("No", "Yes"), ("Nej", "Ja"))[swedish][bool(value)]
        text = f"{value:,}" if isinstance(value, int | Decimal) else str(value)
        return text.translate(str.maketrans(",.", "\u00a0,")) if swedish and text != str(value) else text

    def _business_rules(self, entity: str, row: Row, stored: Json) -> None:
        """Dynamics holds active and closed quotes read-only, and closed opportunities."""
        closed = entity in ("quote", "opportunity") and row.values.get("statecode") not in (None, 0)
        if closed and not {"statecode", "statuscode"} & stored.keys():
            raise Problem(400, "0x80040265", f"This {entity} can't be modified because of its state.")

    def _tell(self, change: Change) -> None:
        if self.on_change:
            self.on_change(change)

    def touched(self) -> int:
        """Something changed that is no column: the store must save it."""
        return self._next()

    def _next(self) -> int:
        self.version += 1
        return self.version


def wall_clock() -> datetime:
    return datetime.now(UTC)
