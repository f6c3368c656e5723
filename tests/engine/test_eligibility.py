"""Which directions a column may be mapped in (DESIGN 2.4), and that each refusal says why."""

from __future__ import annotations

from typing import Any

import pytest

from sync_core.engine.model.records import Column
from sync_core.engine.model.words import ColumnType, Direction, OneflowKind
from sync_core.engine.rows.eligibility import refusals
from tests.engine.scenes import OF_FIELDS, ONCE, ONE_WAY, TWO_WAY, column

T = ColumnType
ALL, OUTWARD, NONE = {ONCE, ONE_WAY, TWO_WAY}, {ONCE, ONE_WAY}, set[Direction]()

BY_TYPE = {
    **dict.fromkeys([T.TEXT, T.MEMO, T.WHOLE_NUMBER, T.BIG_INTEGER, T.DECIMAL, T.DOUBLE, T.MONEY], ALL),
    **dict.fromkeys([T.YES_NO, T.DATE_ONLY, T.DATE_TIME, T.WALL_TIME, T.USER_LOCAL_DATE], ALL),
    **dict.fromkeys([T.LOOKUP, T.CUSTOMER, T.OWNER, T.CHOICE, T.MULTI_SELECT, T.STATE, T.STATUS], OUTWARD),
    T.UNIQUE_IDENTIFIER: OUTWARD,
    **dict.fromkeys([T.FILE, T.IMAGE, T.OTHER], NONE),
}
BY_TRAIT: list[tuple[dict[str, Any], set[Direction], str]] = [
    ({"computed": "calculated"}, OUTWARD, "computed"),
    ({"computed": "rollup"}, OUTWARD, "computed"),
    ({"computed": "formula"}, OUTWARD, "computed"),
    ({"updatable": False}, OUTWARD, "not_updatable"),
    ({"readable": False}, NONE, "not_readable"),
    ({"secured": True}, ALL, ""),
    ({"required": True}, ALL, ""),
]


def _allowed(of: Column, kind: OneflowKind = OneflowKind.DATA_FIELD) -> set[Direction]:
    """Of those that fields of a contract may have."""
    return set(OF_FIELDS) - set(refusals(of, kind))


def test_every_type_is_in_the_table() -> None:
    assert set(BY_TYPE) == set(T)


@pytest.mark.parametrize(("kind", "allowed"), BY_TYPE.items())
def test_directions_of_each_type(kind: ColumnType, allowed: set[Direction]) -> None:
    assert _allowed(column(kind)) == allowed


@pytest.mark.parametrize(("traits", "allowed", "code"), BY_TRAIT)
def test_directions_by_what_dynamics_says_of_the_column(
    traits: dict[str, Any], allowed: set[Direction], code: str
) -> None:
    found = refusals(column(**traits))

    assert set(OF_FIELDS) - set(found) == allowed
    of_fields = {reason.code for direction, reason in found.items() if direction in OF_FIELDS}
    assert of_fields == ({code} if code else set())


@pytest.mark.parametrize("kind", [OneflowKind.PARTY, OneflowKind.PARTICIPANT])
def test_party_and_participant_fields_are_filled_once(kind: OneflowKind) -> None:
    assert _allowed(column(), kind) == {ONCE}


@pytest.mark.parametrize("kind", list(T))
@pytest.mark.parametrize("of", list(OneflowKind))
def test_each_refusal_says_why(kind: ColumnType, of: OneflowKind) -> None:
    for reason in refusals(column(kind, updatable=False), of).values():
        assert reason.code
        assert reason.text.endswith(".")


def test_the_reason_of_a_lookup_is_its_own() -> None:
    assert "lookup" in refusals(column(T.LOOKUP, updatable=False))[TWO_WAY].text
