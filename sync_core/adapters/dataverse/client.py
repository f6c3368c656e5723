"""Dataverse, as the use cases see it (usecases.ports.Records).

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import requests

from sync_core.adapters.dataverse.api import ANNOTATIONS, DataverseApi, TokenSource
from sync_core.adapters.dataverse.cells import LOGICAL_NAME, cell_of, is_strange, json_of, told_of, wire_name
from sync_core.adapters.dataverse.contract_documents import ContractDocuments
from sync_core.adapters.dataverse.contract_table import ContractTable
from sync_core.adapters.dataverse.finding import Finding
from sync_core.adapters.dataverse.metadata import Currency, Metadata, Table
from sync_core.adapters.dataverse.notifications import Notifications
from sync_core.adapters.dataverse.people import People
from sync_core.adapters.dataverse.privileges import Privileges
from sync_core.adapters.dataverse.references import References
from sync_core.adapters.dataverse.refusals import NO_VERSIONS
from sync_core.adapters.dataverse.related import Expand, Related
from sync_core.adapters.hold import Hold
from sync_core.engine.model import reasons
from sync_core.engine.model.actor import MACHINE, Actor
from sync_core.engine.model.contacts import Contact
from sync_core.engine.model.ids import is_guid
from sync_core.engine.model.records import Cell, Column, Record
from sync_core.engine.model.tables import Entity, FoundRow, RelatedTable
from sync_core.engine.model.words import Canonical, ColumnType, Reason
from sync_core.engine.values import REFERENCES
from sync_core.errors import Gone, NotAllowed, Refused, VersionMoved

TAG = "oneflow-sync"
# Tables whose rows Dynamics itself holds read-only unless their state is 0 (an open opportunity, a draft quote).
_READ_ONLY_STATES = frozenset({"quote", "opportunity", "salesorder", "invoice"})
_FORMATTED = "@OData.Community.Display.V1.FormattedValue"


class DataverseClient:
    """Thread-safe. Every method raises the errors of sync_core.errors."""

    def __init__(
        self,
        session: requests.Session,
        *,
        url: str,
        tokens: TokenSource,
        label_language: int | None,
        user_address: str = "internalemailaddress",
        timeout: float,
        monotonic: Callable[[], float],
        hold: Hold | None = None,
    ) -> None:
        self._api = DataverseApi(session, url, tokens, timeout, hold)
        self._metadata = Metadata(self._api, label_language, monotonic)
        self._references = References(self._api, self._metadata)
        self._finding = Finding(self._api, self._metadata)
        self._related = Related(self._metadata)
        self.privileges = Privileges(self._api)
        self._people = People(self._api, self._metadata, monotonic, user_address)

    def contract_table(self, installation: Callable[[], str], url_of: Callable[[int], str]) -> ContractTable:
        """The table that the solution brings, through the same session and pace."""
        return ContractTable(self._api, self._metadata, self.privileges, installation, url_of)

    def contract_documents(self, installation: Callable[[], str]) -> ContractDocuments:
        return ContractDocuments(self._api, installation)

    def notifications(self) -> Notifications:
        return Notifications(self._api, self._metadata, self.privileges)

    # --- records ------------------------------------------------------------------------------------------------------

    def read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        try:
            return self._read(entity, record_id, columns, actor)
        except Refused:
            # A column may have gone since its metadata was read: one unknown name fails the whole request.
            self._related.forget(entity, columns)
            return self._read(entity, record_id, columns, actor)

    def write(
        self, record: Record, values: Mapping[str, Canonical], actor: Actor, operation: str
    ) -> tuple[Record, Mapping[str, Cell]]:
        """On the version that was read; without If-Match a PATCH would create what is gone."""
        table = self._metadata.table(record.entity)
        columns = [table.columns[name] for name in values]
        body = dict(self._sent(table, column, values[column.name], record) for column in columns)
        try:
            answer = self._api.call(
                "PATCH",
                "{set}({id})",
                actor,
                at={"set": table.entity.set_name, "id": record.id},
                params={"$select": ",".join(wire_name(column) for column in columns), "tag": f"{TAG}:{operation}"},
                json=body,
                headers={
                    "If-Match": record.version,
                    "Prefer": f'return=representation,odata.include-annotations="{ANNOTATIONS}"',
                },
            )
        except VersionMoved as moved:
            if moved.code.lower() in NO_VERSIONS:
                self._metadata.forget(record.entity)  # the next plan knows that the table keeps no versions
            raise
        row = answer.data if isinstance(answer.data, Mapping) else {}
        if "@odata.etag" not in row:
            # The representation was asked for; where it is left out, the record is read instead.
            after = self.read(record.entity, record.id, list(values), actor)
            return after, after.cells
        after = self._record(table, record.id, row, columns)
        return after, after.cells

    def _sent(self, table: Table, column: Column, value: Canonical, record: Record) -> tuple[str, Any]:
        """The property that a value is written by, and its JSON."""
        if column.type in REFERENCES:
            return self._references.binding(table, column, value, record.cells.get(column.name, Cell()).value)
        return column.name, json_of(value, column, table)

    def matches(self, targets: Sequence[str], text: str, key_column: str | None = None) -> Sequence[str]:
        return self._references.matches(targets, text, key_column)

    def find(self, entity: str, column: str, values: Collection[str], show: str = "") -> Iterator[FoundRow]:
        return self._finding.find(entity, column, values, show)

    def key_names(self, entity: str) -> tuple[str, str]:
        return self._finding.names(entity)

    def _read(self, entity: str, record_id: str, columns: Sequence[str], actor: Actor) -> Record:
        if not is_guid(record_id):
            raise Gone(f"There is no {entity} record with this id.", side="dynamics")
        table = self._metadata.table(entity)
        known = [table.columns[name] for name in columns if name in table.columns and table.columns[name].readable]
        expands = self._related.expands(entity, columns)
        wanted = _selected(table, known) + [wire_name(one.lookup) for one in expands]
        try:
            row = self._row(table, record_id, wanted, expands, actor)
        except NotAllowed:
            if not expands:
                raise
            # Perhaps it is only the related table that the actor may not read: the record itself, then.
            row = self._row(table, record_id, wanted, (), actor)
        strange = {entity: told_of(row, (one for one in known if is_strange(row, one, table)))}
        self._metadata.doubts.end(entity, told_of(row, known) - strange[entity])
        for one in expands:
            strange.setdefault(one.table.entity.name, set()).update(one.strange(row))
        # A column was made anew with another type, or lost or got an option.
        doubted = [name for name, values in strange.items() if values and self._metadata.doubt(name, values)]
        if doubted:
            return self._read(entity, record_id, columns, actor)
        return self._record(table, record_id, row, known, expands)

    def _row(
        self, table: Table, record_id: str, wanted: Iterable[str], expands: Sequence[Expand], actor: Actor
    ) -> Mapping[str, Any]:
        params = {"$select": ",".join(dict.fromkeys(wanted))}
        if expands:
            params["$expand"] = ",".join(one.query for one in expands)
        answer = self._api.call(
            "GET",
            "{set}({id})",
            actor,
            at={"set": table.entity.set_name, "id": record_id},
            params=params,
            headers={"Prefer": f'odata.include-annotations="{ANNOTATIONS}"'},
        )
        row: Mapping[str, Any] = answer.data
        return row

    def _record(
        self,
        table: Table,
        record_id: str,
        row: Mapping[str, Any],
        columns: Sequence[Column],
        expands: Sequence[Expand] = (),
    ) -> Record:
        currency = self._currency(row, columns)
        own = {column.name: cell_of(row, column, table, currency) for column in columns}
        cells = {name: cell for name, cell in own.items() if cell is not None}
        for one in expands:
            cells |= one.cells(row, self._currency)
        return Record(
            table.entity.name,
            record_id,
            str(row.get("@odata.etag") or ""),
            cells,
            self._read_only(table, row),
            str(row.get(table.entity.name_column) or ""),
            row.get("modifiedon"),
            row.get(f"_modifiedby_value{_FORMATTED}"),
            _owner(row),
        )

    def _currency(self, row: Mapping[str, Any], columns: Sequence[Column]) -> Currency:
        """All money of a row shares one currency."""
        known = row.get("_transactioncurrencyid_value")
        if known and any(column.type is ColumnType.MONEY for column in columns):
            return self._metadata.currency(str(known))
        return Currency()

    @staticmethod
    def _read_only(table: Table, row: Mapping[str, Any]) -> Reason | None:
        if table.entity.name in _READ_ONLY_STATES and row.get("statecode") not in (None, 0):
            return reasons.RECORD_READ_ONLY
        return None

    # --- metadata -----------------------------------------------------------------------------------------------------

    def columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        own = self._metadata.table(entity).columns
        return {**own, **named} if (named := self._related.named(entity, related)) else own

    def related(self, entity: str) -> Sequence[RelatedTable]:
        return self._related.tables(entity)

    def related_columns(self, entity: str, lookup: str) -> Mapping[str, Column]:
        return self._related.columns(entity, lookup)

    def target_columns(self, entity: str, lookup: str) -> Mapping[str, Mapping[str, Column]]:
        return self._related.target_columns(entity, lookup)

    def proven_columns(self, entity: str, related: Collection[str] = ()) -> Mapping[str, Column]:
        self._metadata.proven(entity)
        for name in self._related.targets(entity, related) - {entity}:
            self._metadata.proven(name)
        return self.columns(entity, related)

    def forget_columns(self, entity: str, related: Collection[str] = ()) -> None:
        self._related.forget(entity, related)

    def entities(self) -> Sequence[Entity]:
        return self._metadata.entities()

    # --- people -------------------------------------------------------------------------------------------------------

    def may_write(self, entity: str, record_id: str, actor: Actor) -> bool:
        return self._people.may_write(entity, record_id, actor)

    def lacks_to_read(self, entity: str, actor: Actor) -> str:
        return self._people.lacks_to_read(entity, actor)

    def person(self, object_id: str) -> Actor:
        return self._people.person(object_id)

    def user(self, user_id: str) -> Actor:
        return self._people.user(user_id)

    def address_now(self, actor: Actor) -> str | None:
        """The address that the person has at this moment, whatever was known of it."""
        return self._people.again(actor).email

    def is_deleted(self, entity: str, record_id: str) -> bool:
        return self._people.is_deleted(entity, record_id)

    def contacts(self, entity: str, record_id: str, actor: Actor) -> Sequence[Contact]:
        return self._people.contacts(entity, record_id, actor)

    def identity(self) -> Mapping[str, str]:
        who = self._api.call("GET", "WhoAmI", MACHINE).data or {}
        return {
            "name": self._metadata.organization().name,
            "organization_id": str(who.get("OrganizationId") or ""),
            "user_id": str(who.get("UserId") or ""),
        }


def _selected(table: Table, columns: Sequence[Column]) -> list[str]:
    """These columns, and what is read with every record, by their names on the wire."""
    always = {
        "modifiedon": "modifiedon",
        "_modifiedby_value": "modifiedby",
        "statecode": "statecode",
        "_ownerid_value": "ownerid",
        table.entity.name_column: table.entity.name_column,
    }
    mapped = [wire_name(column) for column in columns if column.type not in (ColumnType.FILE, ColumnType.IMAGE)]
    return mapped + [name for name, column in always.items() if column in table.columns]


def _owner(row: Mapping[str, Any]) -> str | None:
    """Of a table whose records have one; who may not be told of it reads none."""
    known = row.get("_ownerid_value")
    kind = row.get(f"_ownerid_value{LOGICAL_NAME}")
    return f"{kind}:{str(known).lower()}" if known and kind in ("systemuser", "team") else None
