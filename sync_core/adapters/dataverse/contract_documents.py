"""The file column of a contract's row (fact sheet dynamics-solution 7).

https://learn.microsoft.com/power-apps/developer/data-platform/file-column-data
"""

from __future__ import annotations

from collections.abc import Callable

from sync_core.adapters.dataverse.api import DataverseApi
from sync_core.adapters.dataverse.contract_table import ROW, SET, TABLE
from sync_core.errors import Refused

_ID, _COLUMN = f"{TABLE}id", "ofs_document"
_FILE = f"{SET}({{id}})/{_COLUMN}"
_BLOCK = 4 * 1024 * 1024
_BYTES = "application/octet-stream"


class ContractDocuments:
    """As the application user. `installation` tells its own rows."""

    def __init__(self, api: DataverseApi, installation: Callable[[], str]) -> None:
        self._api, self._installation = api, installation

    def place(self, contract_id: int) -> tuple[str, bool]:
        """The row's id, and whether a document is there. Gone where there is no row."""
        at = {"set": SET, "number": contract_id, "installation": self._installation()}
        row = self._api.call("GET", ROW, at=at, params={"$select": f"{_ID},{_COLUMN}"}).data or {}
        return str(row[_ID]), bool(row.get(_COLUMN))

    def put(self, row_id: str, name: str, content: bytes) -> None:
        """In blocks where it is large; it is there once the last one is, and not before."""
        named = {"x-ms-file-name": name}
        if len(content) > _BLOCK and self._in_blocks(row_id, named, content):
            return
        headers = named | {"Content-Type": _BYTES}
        self._api.call("PATCH", _FILE, at={"id": row_id}, content=content, headers=headers)

    def _in_blocks(self, row_id: str, named: dict[str, str], content: bytes) -> bool:
        """False where this Dynamics takes no blocks: then one request carries all of it."""
        at = {"id": row_id}
        try:
            begun = self._api.call("PATCH", _FILE, at=at, headers=named | {"x-ms-transfer-mode": "chunked"})
        except Refused:
            return False
        where = begun.headers.get("Location")
        if not where:
            return False
        told = begun.headers.get("x-ms-chunk-size") or ""
        size = min(int(told), _BLOCK) if told.isascii() and told.isdigit() and int(told) > 0 else _BLOCK
        for start in range(0, len(content), size):
            block = content[start : start + size]
            span = {"Content-Range": f"bytes {start}-{start + len(block) - 1}/{len(content)}", "Content-Type": _BYTES}
            self._api.call("PATCH", _FILE, at=at, content=block, headers=named | span, url=where)
        return True
