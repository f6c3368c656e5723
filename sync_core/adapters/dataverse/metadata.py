"""Tables and columns, from live metadata; kept for ten minutes, and longer where Dataverse does not answer.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.columns import CASTS, COMMON, column_of
from sync_core.adapters.dataverse.unknown_values import Doubts
from sync_core.engine.model.records import Column
from sync_core.engine.model.tables import Entity
from sync_core.errors import Gone, Temporary

KEPT = 600.0  # seconds
_ENTITY = "LogicalName,EntitySetName,PrimaryIdAttribute,PrimaryNameAttribute,DisplayName"
_TABLE = "EntityDefinitions(LogicalName='{name}')"
_VERSIONED = "IsOptimisticConcurrencyEnabled"
_LISTED = ",IsCustomEntity,IsActivity,IsIntersect"
# Standard tables that contracts are made from; custom tables are offered beside them.
_OFFERED = frozenset(
    {"account", "contact", "contract", "incident", "invoice", "lead", "opportunity", "quote", "salesorder"}
)

Kept = TypeVar("Kept")


@dataclass(frozen=True, slots=True)
class Organization:
    name: str
    id: str
    language: int
    pricing_precision: int | None


@dataclass(frozen=True, slots=True)
class Currency:
    """How many decimals its amounts have, and its ISO 4217 code."""

    precision: int | None = None
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Relation:
    """A lookup that points at one table, and what the record that it points at is called in $expand."""

    lookup: str
    target: str
    navigation: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its columns. `wire_dates`: date columns whose JSON is an instant all the same."""

    entity: Entity
    columns: Mapping[str, Column]
    wire_dates: frozenset[str] = field(default_factory=frozenset)
    shape: Sequence[Mapping[str, Any]] = ()  # what all columns have in common, as it was read
    versioned: bool = True  # whether a write can be held to the version that was read


class Metadata:
    """Thread-safe. Gone where there is no such table."""

    def __init__(self, api: DataverseApi, language: int | None, monotonic: Callable[[], float]) -> None:
        self._api, self._language, self._monotonic = api, language, monotonic
        self._known: dict[str, tuple[float, Any]] = {}
        self.doubts = Doubts(monotonic, KEPT)
        self._guard = threading.Lock()
        self._reading: dict[str, threading.Lock] = {}
        self._forgotten: Counter[str] = Counter()

    def table(self, name: str) -> Table:
        return self._kept(f"table {name}", lambda: self._read_table(name))

    def navigation(self, name: str) -> Mapping[tuple[str, str], str]:
        """The navigation property of each lookup and the table it may point at; its case is its own."""
        return self._kept(f"navigation {name}", lambda: self._read_navigation(name))

    def relations(self, name: str) -> Mapping[str, Relation]:
        """By lookup; only those that point at one table."""
        found = [Relation(lookup, target, to) for (lookup, target), to in self.navigation(name).items()]
        each = Counter(one.lookup for one in found)
        return {one.lookup: one for one in found if each[one.lookup] == 1}

    def forget(self, *names: str) -> None:
        """A column was not what we thought: the next look reads anew."""
        with self._guard:
            for name in names:
                self._drop(f"table {name}")
                self._drop(f"navigation {name}")

    def doubt(self, name: str, values: Collection[tuple[str, str]]) -> bool:
        """These columns' values do not fit what is kept: forget it, unless that was done for them and did not help."""
        news = self.doubts.are_news(name, values)
        if news:
            with self._guard:
                self._drop(f"table {name}")
        return news

    def proven(self, name: str) -> Table:
        """The table as it is now, never as it was: two requests tell whether what is kept still holds."""
        kept = self.table(name)
        if self._shape(name) != kept.shape or self._is_versioned(self._definition(name, _VERSIONED)) != kept.versioned:
            self.forget(name)
        return self.table(name)

    def entities(self) -> Sequence[Entity]:
        return self._kept("entities", self._read_entities)

    def definitions(self) -> Mapping[str, Entity]:
        """Every table of the environment, by name."""
        return self._kept("definitions", self._read_definitions)

    def organization(self) -> Organization:
        return self._kept("organization", self._read_organization)

    def currency(self, currency_id: str) -> Currency:
        return self._kept(f"currency {currency_id}", lambda: self._read_currency(currency_id))

    def _read_entities(self) -> Sequence[Entity]:
        rows = self._api.rows("EntityDefinitions", params={"$select": _ENTITY + _LISTED})
        return tuple(
            _entity(row, self.label_language())
            for row in rows
            if (row["LogicalName"] in _OFFERED or row.get("IsCustomEntity"))
            and not row.get("IsActivity")
            and not row.get("IsIntersect")
            and row.get("PrimaryNameAttribute")
        )

    def _read_definitions(self) -> Mapping[str, Entity]:
        rows = self._api.rows("EntityDefinitions", params={"$select": _ENTITY})
        language = self.label_language()
        return {str(row["LogicalName"]): _entity(row, language) for row in rows if row.get("EntitySetName")}

    def _typed_attributes(self, at: Mapping[str, str]) -> Iterator[Mapping[str, Any]]:
        """What only columns of a type have, of each type."""
        for cast, select, expand in CASTS:
            params: dict[str, str | int] = {"$select": f"LogicalName,{select}" if select else "LogicalName"}
            if expand:
                params["$expand"] = expand
            yield from self._api.rows(f"{_TABLE}/Attributes/Microsoft.Dynamics.CRM.{cast}", at=at, params=params)

    def _read_table(self, name: str) -> Table:
        at = {"name": name.replace("'", "''")}
        definition = self._definition(name, f"{_ENTITY},{_VERSIONED}")
        versioned = self._is_versioned(definition)
        shape = self._shape(name)
        parts: dict[str, dict[str, Any]] = {row["LogicalName"]: dict(row) for row in shape}
        for row in self._typed_attributes(at):
            if row["LogicalName"] in parts:
                parts[row["LogicalName"]] |= {key: value for key, value in row.items() if key != "@odata.type"}
        language, pricing = self.label_language(), self.organization().pricing_precision
        columns: dict[str, Column] = {}
        wire_dates = set()
        for row in parts.values():
            if row.get("AttributeOf"):
                continue  # helper columns: names, yomi, base amounts
            column, wire_date = column_of(row, language, pricing)
            columns[column.name] = column if versioned else replace(column, versioned=False)
            if wire_date:
                wire_dates.add(column.name)
        return Table(_entity(definition, language), columns, frozenset(wire_dates), shape, versioned)

    def _definition(self, name: str, select: str) -> Mapping[str, Any]:
        at = {"name": name.replace("'", "''")}
        found: Mapping[str, Any] = self._api.call("GET", _TABLE, at=at, params={"$select": select}).data
        return found

    @staticmethod
    def _is_versioned(definition: Mapping[str, Any]) -> bool:
        return definition.get(_VERSIONED) is not False

    def _shape(self, name: str) -> Sequence[Mapping[str, Any]]:
        at = {"name": name.replace("'", "''")}
        rows = list(self._api.rows(f"{_TABLE}/Attributes", at=at, params={"$select": COMMON}))
        return sorted(rows, key=lambda row: str(row["LogicalName"]))

    def _read_navigation(self, name: str) -> Mapping[tuple[str, str], str]:
        rows = self._api.rows(
            f"{_TABLE}/ManyToOneRelationships",
            at={"name": name.replace("'", "''")},
            params={"$select": "ReferencingAttribute,ReferencedEntity,ReferencingEntityNavigationPropertyName"},
        )
        return {
            (str(row["ReferencingAttribute"]), str(row["ReferencedEntity"])): str(
                row["ReferencingEntityNavigationPropertyName"]
            )
            for row in rows
            if row.get("ReferencingEntityNavigationPropertyName")
        }

    def _read_organization(self) -> Organization:
        params = {"$select": "name,languagecode,pricingdecimalprecision"}
        row = next(iter(self._api.rows("organizations", params=params)), {})
        return Organization(
            str(row.get("name") or ""),
            str(row.get("organizationid") or ""),
            int(row.get("languagecode") or 1033),
            row.get("pricingdecimalprecision"),
        )

    def _read_currency(self, currency_id: str) -> Currency:
        params = {"$select": "currencyprecision,isocurrencycode"}
        row = self._api.call("GET", "transactioncurrencies({id})", at={"id": currency_id}, params=params).data
        precision = row.get("currencyprecision")
        return Currency(
            int(precision) if precision is not None else None, str(row.get("isocurrencycode") or "") or None
        )

    def label_language(self) -> int:
        return self._language or self.organization().language

    def _kept(self, key: str, read: Callable[[], Kept]) -> Kept:
        with self._guard:
            until, known = self._known.get(key, (0.0, None))
            if known is not None and self._monotonic() < until:
                return known  # type: ignore[no-any-return]
            reading = self._reading.setdefault(key, threading.Lock())
        with reading:
            with self._guard:
                now_until, now_known = self._known.get(key, (0.0, None))
                begun = self._forgotten[key]
            if now_known is not None and self._monotonic() < now_until:
                return now_known  # type: ignore[no-any-return]
            try:
                fresh = read()
            except Gone:
                raise Gone(f"Dynamics has no {key}.", side="dynamics") from None
            except Temporary:
                if known is None:
                    raise
                return known  # type: ignore[no-any-return]
            with self._guard:
                # What was forgotten while it was read may be older than the doubt: it is nobody else's answer.
                if begun == self._forgotten[key]:
                    self._known[key] = (self._monotonic() + KEPT, fresh)
            return fresh

    def _drop(self, key: str) -> None:
        self._known.pop(key, None)
        self._forgotten[key] += 1


def _entity(row: Mapping[str, Any], language: int) -> Entity:
    from sync_core.adapters.dataverse.columns import label_of

    return Entity(
        str(row["LogicalName"]),
        label_of(row.get("DisplayName"), language) or str(row["LogicalName"]),
        str(row["EntitySetName"]),
        str(row["PrimaryIdAttribute"]),
        str(row.get("PrimaryNameAttribute") or ""),
    )
