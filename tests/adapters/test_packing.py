"""JSON in table rows: whole again when it is read, and a long text once, however far apart it occurs."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pytest

from sync_core.adapters.storage.connection import Storage
from sync_core.adapters.storage.idempotency import TableOperations
from sync_core.adapters.storage.packing import packed, unpacked
from sync_core.adapters.storage.records_index import TableCreations
from sync_core.engine.model.link import Creation

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


def test_an_answer_that_no_row_takes_is_kept_without_its_texts(storage: Storage, account: str) -> None:
    """A push of 300 fields of full length tells of both texts of each; they stand in the history."""
    chance = random.Random(1)

    def text() -> str:
        return "".join(map(chr, chance.choices(range(0x20000, 0x2FFFF), k=1024)))

    fields = [{"oneflow_field": f"f{n}", "result": "written", "from": text(), "to": text()} for n in range(300)]
    result: dict[str, Any] = {"results": [{"contract_id": 7, "outcome": "synced", "fields": fields}]}
    kept = {"results": [{**result["results"][0], "fields": [{**one, "from": None, "to": None} for one in fields]}]}
    operations, creations = TableOperations(storage, account), TableCreations(storage, account)
    operations.finish("o1", result)
    assert operations.result("o1") == kept
    creation = Creation("k1", "opportunity", "r1", "d", datetime(2026, 3, 1, tzinfo=UTC), proof={"fields": {"to": "x"}})
    creations.start(creation)
    creations.finish(creation, 7, result)
    (found,) = creations.of_record("opportunity", "r1")
    assert (found.contract_id, found.result, found.proof) == (7, kept, creation.proof)
    operations.finish("o1", {"results": [{"fields": fields[:3]}]})
    assert operations.result("o1") == {"results": [{"fields": fields[:3]}]}, "as it was, where it fits"
