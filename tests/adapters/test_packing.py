"""JSON in table rows: whole again when it is read, and a long text once, however far apart it occurs."""

from __future__ import annotations

import random
from typing import Any

import pytest

from sync_core.adapters.storage.packing import packed, unpacked

LONG = "x" * 100


def bytes_of(content: Any) -> int:
    return sum(len(part) for row in packed(content) for part in row.values())


def test_a_long_text_is_stored_once_however_far_apart_it_occurs() -> None:
    chance = random.Random(1)
    texts = ["".join(map(chr, chance.choices(range(0x4E00, 0x9FFF), k=1024))) for _ in range(40)]
    once, twice = bytes_of({"base": texts, "entry": []}), bytes_of({"base": texts, "entry": texts})
    assert twice < once * 1.05
    assert once > 40 * 1024 * 14 / 8, "texts that cannot be shortened otherwise"


@pytest.mark.parametrize(
    "content",
    [
        {}, [], None, "", LONG, 7, [LONG, LONG], {"a": LONG, "b": {"c": [LONG, None, 1.5, True]}},
        {LONG: LONG, "again": LONG}, {"$": LONG, "v": [LONG]}, {"$": [1]}, ["a", "b"], {"v": ["x"], "c": 0},
    ],
)  # fmt: skip
def test_what_was_packed_is_read_as_it_was(content: Any) -> None:
    assert unpacked(packed(content)) == content
