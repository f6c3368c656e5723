"""JSON of any size in table rows: compressed, in binary properties, inside Azure's limits.

https://learn.microsoft.com/rest/api/storageservices/understanding-the-table-service-data-model
"""

from __future__ import annotations

import hashlib
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sync_core.errors import TooLarge

PROPERTY = 60 * 1024  # bytes; Azure: 64 KiB a property
ROW = 12 * PROPERTY  # bytes; Azure: 1 MiB a row, and the emulator counts the base64 that travels
MOST_OPERATIONS = 100
MOST_BYTES = 4 * 1024 * 1024

_PART = re.compile(r"c\d\d")
_LONG = 48  # characters; a text from here on is stored once, however often the content has it
_AGAIN = "$"
_TEXTS = ("from", "to")  # of a field in an answer


def packed(content: Any) -> list[dict[str, bytes]]:
    """The properties of as many rows as the content needs, at least one."""
    text = json.dumps(_each_once(content), ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    blob = zlib.compress(text.encode(), 6)
    rows = []
    for start in range(0, len(blob), ROW):
        row = blob[start : start + ROW]
        rows.append({f"c{i // PROPERTY:02d}": row[i : i + PROPERTY] for i in range(0, len(row), PROPERTY)})
    return rows


def packed_with(result: Any, content: Mapping[str, Any] | None = None) -> dict[str, bytes]:
    """The properties of the one row that an answer is kept in, to be given once more, as `result` of the content or by
    itself. Where it takes more than one, without the texts of its fields: they stand in the history."""
    rows = packed(result if content is None else {**content, "result": result})
    if len(rows) == 1:
        return rows[0]
    shorter = _without_texts(result)
    if shorter == result:
        raise TooLarge("An answer is more than one row takes.", side="storage")
    return packed_with(shorter, content)


def _without_texts(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {key: None if key in _TEXTS else _without_texts(one) for key, one in content.items()}
    return [_without_texts(one) for one in content] if isinstance(content, (list, tuple)) else content


def unpacked(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The content of the rows that `packed` made, in order."""
    blob = b"".join(bytes(row[name]) for row in rows for name in sorted(row) if _PART.fullmatch(name))
    return _as_it_was(json.loads(zlib.decompress(blob)))


def _each_once(content: Any) -> Any:
    """`[texts, content]` with `{"$": place in texts}` for each long text that occurs again; without any, the content.
    No content of ours is a list that begins with a list, nor has an object with nothing but a number under "$"."""
    seen = Counter[str]()
    _count(content, seen)
    again = {text: place for place, text in enumerate(text for text, times in seen.items() if times > 1)}
    return [list(again), _shortened(content, again)] if again else content


def _count(content: Any, seen: Counter[str]) -> None:
    if isinstance(content, str):
        if len(content) >= _LONG:
            seen[content] += 1
    elif isinstance(content, Mapping):
        for one in content.values():
            _count(one, seen)
    elif isinstance(content, (list, tuple)):
        for one in content:
            _count(one, seen)


def _shortened(content: Any, again: Mapping[str, int]) -> Any:
    if isinstance(content, str):
        return {_AGAIN: again[content]} if content in again else content
    if isinstance(content, Mapping):
        return {key: _shortened(one, again) for key, one in content.items()}
    if isinstance(content, (list, tuple)):
        return [_shortened(one, again) for one in content]
    return content


def _as_it_was(content: Any) -> Any:
    if isinstance(content, list) and content and isinstance(content[0], list):
        return _lengthened(content[1], content[0])
    return content


def _lengthened(content: Any, texts: Sequence[str]) -> Any:
    if isinstance(content, dict):
        if content.keys() == {_AGAIN} and isinstance(content[_AGAIN], int):
            return texts[content[_AGAIN]]
        return {key: _lengthened(one, texts) for key, one in content.items()}
    if isinstance(content, list):
        return [_lengthened(one, texts) for one in content]
    return content


def safe_key(text: str) -> str:
    """The text where it may stand in a key, else its digest: `/`, `\\`, `#`, `?` and control characters may not."""
    return text if re.fullmatch(r"[\w.-]{1,120}", text, re.ASCII) else hashlib.sha256(text.encode()).hexdigest()


def within_limits(operations: Sequence[Any]) -> None:
    """TooLarge where Azure would refuse the transaction; the emulator would not, or would hang up."""
    if len(operations) > MOST_OPERATIONS:
        raise TooLarge(f"{len(operations)} rows are more than one transaction takes.", side="storage")
    size = sum(_size(operation[1]) for operation in operations)
    if size > MOST_BYTES:
        text = f"{size} bytes are more than one transaction takes; map fewer or shorter fields."
        raise TooLarge(text, side="storage")


def _size(row: Mapping[str, Any]) -> int:
    """What the row takes in a transaction's body: bytes travel as base64, and each operation has some 600 of header."""
    return 600 + sum(
        len(name) + 40 + (len(value) * 4 // 3 if isinstance(value, bytes) else len(str(value).encode()))
        for name, value in row.items()
    )
