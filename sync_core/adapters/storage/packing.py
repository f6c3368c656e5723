"""JSON of any size in table rows: compressed, in binary properties, inside Azure's limits.

https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.errors import Refused

PROPERTY = 60 * 1024  # bytes; Azure: 64 KiB a property
ROW = 12 * PROPERTY  # bytes; Azure: 1 MiB a row, and the emulator counts the base64 that travels
MOST_OPERATIONS = 100
MOST_BYTES = 4 * 1024 * 1024

_PART = re.compile(r"c\d\d")


def packed(content: Any) -> list[dict[str, bytes]]:
    """The properties of as many rows as the content needs, at least one."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    blob = zlib.compress(text.encode(), 6)
    rows = []
    for start in range(0, len(blob), ROW):
        row = blob[start : start + ROW]
        rows.append({f"c{i // PROPERTY:02d}": row[i : i + PROPERTY] for i in range(0, len(row), PROPERTY)})
    return rows


def unpacked(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The content of the rows that `packed` made, in order."""
    blob = b"".join(bytes(row[name]) for row in rows for name in sorted(row) if _PART.fullmatch(name))
    return json.loads(zlib.decompress(blob))


def safe_key(text: str) -> str:
    """The text where it may stand in a key, else its digest: `/`, `\\`, `#`, `?` and control characters may not."""
    return text if re.fullmatch(r"[\w.-]{1,120}", text, re.ASCII) else hashlib.sha256(text.encode()).hexdigest()


def within_limits(operations: Sequence[Any]) -> None:
    """Refused where Azure would refuse the transaction; the emulator would not, or would hang up."""
    if len(operations) > MOST_OPERATIONS:
        raise Refused(f"{len(operations)} rows are more than one transaction takes.", side="storage")
    size = sum(_size(operation[1]) for operation in operations)
    if size > MOST_BYTES:
        raise Refused(f"{size} bytes are more than one transaction takes; map fewer or shorter fields.", side="storage")


def _size(row: Mapping[str, Any]) -> int:
    """What the row takes in a transaction's body: bytes travel as base64, and each operation has some 600 of header."""
    return 600 + sum(
        len(name) + 40 + (len(value) * 4 // 3 if isinstance(value, bytes) else len(str(value).encode()))
        for name, value in row.items()
    )
