"""Records by their names or their keys, and the links to them (fact sheet 1.6).

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.metadata import Metadata, Table
from sync_core.engine.model.records import Column
from sync_core.engine.model.words import Canonical, ColumnType
from sync_core.engine.values import NUMBERS
from sync_core.engine.values.canonical import folded
from sync_core.errors import Refused

# Dataverse compares without case, and it may leave out accents and take % for any text: a few more than two are asked
# for, and compared here.
_MOST = 10


# What a whole number of Dataverse can be: no more than fits a big integer.
_WHOLE = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class References:
    def __init__(self, api: DataverseApi, metadata: Metadata) -> None:
        self._api, self._metadata = api, metadata

    def matches(self, targets: Sequence[str], text: str, key_column: str | None = None) -> Sequence[str]:
        """The active records of these tables that have this name, or this key, as the application user sees them: one
        request per table. Refused where too many have a name like it to tell."""
        return [found for target in targets for found in self._of(self._metadata.table(target), text, key_column)]

    def _of(self, table: Table, text: str, key_column: str | None) -> Sequence[str]:
        table, name = self._searched(table, key_column)
        words = " ".join(text.split())
        if name.type in NUMBERS:
            if not _WHOLE.fullmatch(words):
                return []
            words = str(int(words))
            wanted = f"{name.name} eq {words}"
        else:
            wanted = _named(name.name, text, words)
        rows = self._like(table, name, wanted)
        shown = [(row, row.get(name.name)) for row in rows]
        same = [row for row, value in shown if value is not None and folded(str(value)) == folded(words)]
        if len(rows) >= _MOST and len(same) < 2:
            raise Refused(f"Too many records of {table.entity.name} have a name like this.", side="dynamics")
        return [f"{table.entity.name}:{str(row[table.entity.id_column]).lower()}" for row in same]

    def _searched(self, table: Table, key_column: str | None) -> tuple[Table, Column]:
        """The column that is searched, and its table. Refused where it cannot be read."""
        name = table.columns.get(key_column or table.entity.name_column)
        if not _is_searched(name):
            # It may be one by now.
            table = self._metadata.proven(table.entity.name)
            name = table.columns.get(key_column or table.entity.name_column)
        if name is None or not _is_searched(name):
            raise Refused(f"The names of {table.entity.name} cannot be read.", side="dynamics")
        return table, name

    def _like(self, table: Table, name: Column, wanted: str) -> Sequence[Mapping[str, Any]]:
        """Active rows for which this holds."""
        parts = [wanted]
        if "statecode" in table.columns:
            parts.append("statecode eq 0")
        elif "isdisabled" in table.columns:
            parts.append("isdisabled eq false")
        params: dict[str, str | int] = {
            "$select": f"{table.entity.id_column},{name.name}",
            "$filter": " and ".join(parts),
            "$top": _MOST,
        }
        return list(self._api.rows("{set}", at={"set": table.entity.set_name}, params=params))

    def binding(self, table: Table, column: Column, value: Canonical, now: Canonical) -> tuple[str, str | None]:
        """The property that links a row to the record `value`, and what is sent in it; None unlinks what is there
        `now`. A column that may point at several tables has a property for each."""
        target, _, target_id = (value or now or next(iter(column.targets), "")).partition(":")
        properties = self._metadata.navigation(table.entity.name)
        # All that an owner may be is one property.
        name = properties.get((column.name, "owner" if column.type is ColumnType.OWNER else target))
        if name is None:
            self._metadata.forget(table.entity.name)
            raise Refused(f"{column.name} cannot point at {target}.", side="dynamics")
        address = f"/{self._metadata.table(target).entity.set_name}({target_id})" if value else None
        return f"{name}@odata.bind", address


def _is_searched(name: Column | None) -> bool:
    return name is not None and name.readable and not name.secured


def _named(column: str, text: str, words: str) -> str:
    """The name with its spaces as they are written, since Dynamics may keep them so, or with one for each run."""
    either = [one.replace("'", "''") for one in dict.fromkeys((text, words))]
    found = " or ".join(f"{column} eq '{one}'" for one in either)
    return f"({found})" if len(either) > 1 else found
