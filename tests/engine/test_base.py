"""What is remembered of a field, and when it is forgotten (DESIGN 2.3, settling)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sync_core.engine.model.base import (
    Conflict,
    FieldBase,
    Halves,
    LateWrite,
    Refusal,
    Reported,
    Unagreed,
    WhyOpen,
    base_of,
)
from sync_core.engine.model.mapping import FieldMapping
from sync_core.engine.model.words import ConflictPolicy, Direction, OneflowKind, Side
from tests.engine.scenes import ASK, ONCE, ONE_WAY, TWO_WAY

ROW = FieldMapping("name", "Customer_Name", TWO_WAY)
FULL = FieldBase(
    identity=ROW.identity,
    direction=TWO_WAY,
    halves=Halves("1 250", None, agreed=False),
    updated_time="2026-03-12T08:00:00+0000",
    replaced="old",
    replaced_looks=1,
    refusal=Refusal(Side.DYNAMICS, "B", "refused"),
    late=(LateWrite("x", None), LateWrite("y", "1")),
    conflict=Conflict("o", None),
    unagreed=Unagreed(WhyOpen.MAPPING_CHANGED, "2026-03-12T08:00:00Z"),
)


@pytest.mark.parametrize(
    "base",
    [
        FULL,
        FieldBase("i", ONE_WAY),
        FieldBase("i", TWO_WAY, Halves("", None)),
        replace(FULL, reported=Reported(None, None, "not_in_contract")),
    ],
)
def test_a_base_survives_storage(base: FieldBase) -> None:
    assert FieldBase.from_json(json.loads(json.dumps(base.to_json()))) == base


def test_a_refusal_of_before_it_had_a_place_of_its_own_is_read() -> None:
    stored = {"identity": "i", "direction": "two_way", "mark": ["dynamics", "B", "refused"]}

    assert FieldBase.from_json(stored) == FieldBase("i", TWO_WAY, refusal=Refusal(Side.DYNAMICS, "B", "refused"))


def test_an_empty_base_is_small() -> None:
    assert set(FieldBase("i", TWO_WAY).to_json()) == {"identity", "direction"}


@pytest.mark.parametrize(
    "other",
    [
        replace(ROW, dynamics_column="subject"),
        replace(ROW, oneflow_kind=OneflowKind.PARTY),
    ],
)
def test_another_column_or_option_has_no_base(other: FieldMapping) -> None:
    changed = Unagreed(WhyOpen.MAPPING_CHANGED, "2026-03-12T08:00:00Z")
    assert base_of(other, {other.key: FULL}, mapped_at="2026-03-12T08:00:00Z") == FieldBase(
        other.identity, TWO_WAY, unagreed=changed
    )


def test_another_data_field_of_the_same_name_has_no_base() -> None:
    known = replace(FULL, field_id=7)

    assert base_of(ROW, {ROW.key: known}, field_id=7) == known
    assert base_of(ROW, {ROW.key: known}) == known
    assert base_of(ROW, {ROW.key: FULL}, field_id=7) == known
    assert base_of(ROW, {ROW.key: known}, field_id=8) == FieldBase(
        ROW.identity, TWO_WAY, field_id=8, unagreed=Unagreed(WhyOpen.FIELD_REPLACED)
    )


@pytest.mark.parametrize("origin", [None, WhyOpen.LINKED, WhyOpen.MOVED])
def test_a_field_that_was_never_settled_says_what_began_its_link(origin: WhyOpen | None) -> None:
    base = base_of(ROW, {}, origin=origin)

    assert base.unagreed == (Unagreed(origin) if origin else None)


def test_another_field_has_no_base() -> None:
    assert base_of(replace(ROW, oneflow_field="other"), {ROW.key: FULL}).halves is None


@pytest.mark.parametrize("policy", [None, *ConflictPolicy])
def test_the_conflict_policy_and_the_fields_case_do_not_end_a_base(policy: ConflictPolicy | None) -> None:
    assert base_of(replace(ROW, conflict_policy=policy, oneflow_field="CUSTOMER_name"), {ROW.key: FULL}) == FULL


@pytest.mark.parametrize(
    ("before", "now", "kept"),
    [
        (ONCE, ONE_WAY, True),
        (ONCE, TWO_WAY, False),
        (ONE_WAY, TWO_WAY, False),
        (ONE_WAY, ONCE, True),
        (TWO_WAY, ONE_WAY, True),
        (TWO_WAY, ONCE, True),
        (TWO_WAY, TWO_WAY, True),
    ],
)
def test_a_base_ends_where_two_way_begins(before: Direction, now: Direction, kept: bool) -> None:
    base = base_of(replace(ROW, direction=now, conflict_policy=ASK), {ROW.key: replace(FULL, direction=before)})

    assert (base.halves is not None) is kept
    assert base.direction is now
