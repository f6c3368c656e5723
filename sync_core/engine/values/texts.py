"""Texts and memos: the same on both sides, but for line ends and Unicode composition."""

from __future__ import annotations

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import Canonical
from sync_core.engine.values.canonical import normal_text
from sync_core.errors import Unmappable


def as_is(value: str, _cell: Cell, _column: Column) -> str:
    return value


def read_text(text: str, column: Column) -> Canonical:
    value = normal_text(text)
    try:
        length = len(value.encode("utf-16-le")) // 2  # Dataverse counts UTF-16 code units, as .NET does
    except UnicodeEncodeError as error:
        raise Unmappable("half_character", "Contains half a character; retype it in Oneflow.") from error
    if column.max_length is not None and length > column.max_length:
        raise Unmappable(
            "too_long", f"Longer than the {column.max_length} characters that the column takes; shorten it in Oneflow."
        )
    return value or None
