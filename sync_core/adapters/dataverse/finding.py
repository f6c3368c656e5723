"""Rows whose column has one of many values: some tens of them in a request.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sync_core.adapters.dataverse.api import ANNOTATIONS, DataverseApi
from sync_core.adapters.dataverse.cells import LOGICAL_NAME, wire_name
from sync_core.adapters.dataverse.metadata import Metadata, Table
from sync_core.engine.model.ids import canonical_id, is_guid
from sync_core.engine.model.records import Column
from sync_core.engine.model.tables import FoundRow
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import NUMBERS, REFERENCES
from sync_core.errors import Refused

_AT_ONCE = 40  # values in one request: an address takes some thousand characters, whatever stands between
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
_FOUND_BY = frozenset({ColumnType.TEXT, ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER, ColumnType.UNIQUE_IDENTIFIER})


class Finding:
    def __init__(self, api: DataverseApi, metadata: Metadata) -> None:
        self._api, self._metadata = api, metadata

    def find(self, entity: str, column: str, values: Collection[str], show: str = "") -> Iterator[FoundRow]:
        """Refused where the column is none that rows are found by; Gone without such a table."""
        table = self._metadata.table(entity)
        wanted = self._column(table, column)
        shown = self._column(table, show, any_type=True) if show else None
        literals = sorted({text for one in values if (text := _literal(wanted, one)) is not None})
        for start in range(0, len(literals), _AT_ONCE):
            yield from self._some(table, wanted, shown, literals[start : start + _AT_ONCE])

    def _some(self, table: Table, wanted: Column, shown: Column | None, literals: list[str]) -> Iterator[FoundRow]:
        name = wire_name(wanted)
        selected = [table.entity.id_column, name, *([wire_name(shown)] if shown else [])]
        params: dict[str, str | int] = {
            "$select": ",".join(dict.fromkeys(selected)),
            "$filter": " or ".join(f"{name} eq {one}" for one in literals),
        }
        headers = {"Prefer": f'odata.include-annotations="{ANNOTATIONS}"'}
        for row in self._api.rows("{set}", at={"set": table.entity.set_name}, params=params, headers=headers):
            value = row.get(name)
            if value is not None:
                record_id = canonical_id(str(row[table.entity.id_column]))
                yield FoundRow(str(value), record_id, _shown(row, shown) if shown else "")

    def names(self, entity: str) -> tuple[str, str]:
        """The columns of a table that hold its rows' ids and names."""
        table = self._metadata.table(entity)
        return table.entity.id_column, table.entity.name_column

    def _column(self, table: Table, name: str, any_type: bool = False) -> Column:
        column = table.columns.get(name)
        if column is None or not column.readable:
            raise Refused(f"The table {table.entity.name} has no column {name} that can be read.", side="dynamics")
        if column.secured:
            text = f"{table.entity.name}.{name} is secured: what it holds may be kept back."
            raise Refused(text, side="dynamics")
        if not any_type and column.type not in _FOUND_BY and column.type not in REFERENCES:
            text = f"{table.entity.name}.{name} is no text, whole number or id, so nothing can be found by it."
            raise Refused(text, side="dynamics")
        return column


def _literal(column: Column, value: str) -> str | None:
    """The value in a filter; None where the column cannot hold it."""
    if column.type in NUMBERS:
        text = value.strip()
        return str(int(text)) if _WHOLE.fullmatch(text) else None
    if column.type in REFERENCES or column.type is ColumnType.UNIQUE_IDENTIFIER:
        text = canonical_id(value)
        return text if is_guid(text) else None
    return "'" + value.replace("'", "''") + "'" if value else None


def _shown(row: Mapping[str, Any], column: Column) -> str:
    """A reference as `table:id`, whatever else as its text; nothing where it is empty."""
    name = wire_name(column)
    value = row.get(name)
    if value is None:
        return ""
    if column.type not in REFERENCES:
        return str(value)
    target = row.get(name + LOGICAL_NAME) or next(iter(column.targets), "")
    return f"{target}:{canonical_id(str(value))}"
