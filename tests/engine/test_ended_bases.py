"""What a save of the mapping ends on contracts that exist, told before it is saved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync_core.engine.model.base import FieldBase, Halves, base_of
from sync_core.engine.model.mapping import EntityMapping, FieldMapping
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ConflictPolicy, Direction
from sync_core.engine.rows.ended_bases import ended, ending_rows

ONCE, ONE_WAY, TWO_WAY = Direction.SYNC_ONCE, Direction.DYNAMICS_TO_ONEFLOW, Direction.TWO_WAY
ROW = FieldMapping("name", "F_name", TWO_WAY)
CHANGES = {
    "nothing": (ROW, ROW, False),
    "another policy": (ROW, replace(ROW, conflict_policy=ConflictPolicy.ASK), False),
    "no longer two-way": (ROW, replace(ROW, direction=ONE_WAY), False),
    "for creation only": (ROW, replace(ROW, direction=ONCE, options=RowOptions(time_zone="Europe/Oslo")), False),
    "two-way begins": (replace(ROW, direction=ONE_WAY), ROW, True),
    "two-way begins after creation": (replace(ROW, direction=ONCE), ROW, True),
    "one-way begins after creation": (replace(ROW, direction=ONCE), replace(ROW, direction=ONE_WAY), False),
    "other options": (ROW, replace(ROW, options=RowOptions(time_zone="Europe/Oslo")), True),
    "another column": (ROW, replace(ROW, dynamics_column="title"), True),
    "another field": (ROW, replace(ROW, oneflow_field="F_title"), False),  # its base is another field's
}


@pytest.mark.parametrize(("was", "now", "ends"), CHANGES.values(), ids=CHANGES.keys())
def test_a_save_ends_what_a_sync_would_find_without_a_base(was: FieldMapping, now: FieldMapping, ends: bool) -> None:
    bases = {was.key: FieldBase(was.identity, was.direction, Halves("A", "A"))}
    changes = ending_rows(EntityMapping("t", (was,)), EntityMapping("t", (now,)))

    assert bool(changes) is ends
    assert [row.key for row in ended(changes, bases)] == ([now.key] if ends else [])
    if ends:
        assert base_of(now, bases).halves is None


def test_a_contract_without_a_base_of_it_loses_none() -> None:
    changes = ending_rows(EntityMapping("t", (replace(ROW, direction=ONE_WAY),)), EntityMapping("t", (ROW,)))

    assert ended(changes, {}) == []
    taken = FieldBase("title|f_name|data_field", TWO_WAY, Halves("A", "A"))
    assert ended(changes, {ROW.key: taken}) == [], "it had ended before"
