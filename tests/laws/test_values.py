"""The laws of values, for every column type and every option of a row, over generated cases: few of them.

`make torture-values` plays 100,000 for each type (tests/laws/__main__.py); VALUES_CASES sets how many are played here.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import RowOptions
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import NUMBERS
from sync_core.engine.values.types import TYPES
from tests.laws import laws
from tests.laws.columns import KINDS, Case, cases
from tests.laws.run import play

T = ColumnType
READ = [kind for kind in KINDS if TYPES[kind].read is not None]
LAWS = settings(
    max_examples=int(os.environ.get("VALUES_CASES", "120")),
    deadline=None,
    database=None,
    derandomize="VALUES_CASES" not in os.environ,  # a run of all tests says the same twice
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)


@pytest.mark.parametrize("kind", KINDS)
def test_out_and_back_unchanged_means_the_same_and_writes_nothing(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind))
    def law(case: Case) -> None:
        assume(laws.out_and_back_unchanged_means_the_same_and_writes_nothing(case))

    law()


@pytest.mark.parametrize("kind", READ)
def test_typed_text_is_understood_exactly_or_refused_with_a_reason(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind), laws.ways(kind))
    def law(case: Case, way: laws.Way) -> None:
        assume(laws.typed_text_is_understood_exactly_or_refused_with_a_reason(case, laws.text_for(case, way)))

    law()


@pytest.mark.parametrize("kind", sorted(NUMBERS))
def test_a_number_with_both_signs_is_understood_in_every_locale(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind), st.sampled_from(sorted(laws.WRITINGS)))
    def law(case: Case, writing: str) -> None:
        assume(laws.a_number_with_both_signs_is_understood_in_every_locale(case, writing))

    law()


RESOLVED = RowOptions(resolve_labels=True)
WITHOUT_A_LABEL: dict[str, Any] = {"options": {1: "", 2: "Hot"}, "labels": {1: ("Kall",), 2: ("Het",)}, "row": RESOLVED}
FOUND: list[tuple[Column, Cell, str]] = [
    (Column("memo", "Memo", T.MEMO, max_length=200), Cell("a"), "\ud800"),
    (Column("memo", "Memo", T.MEMO, max_length=200), Cell("a"), "a\r\r\nb"),
    (Column("stage", "Stage", T.CHOICE, **WITHOUT_A_LABEL), Cell("2"), "kall"),
    (Column("stages", "Stages", T.MULTI_SELECT, **WITHOUT_A_LABEL), Cell("2"), "het; kall"),
]


@pytest.mark.parametrize(("column", "cell", "text"), FOUND)
def test_what_a_long_run_once_found_stays_mended(column: Column, cell: Cell, text: str) -> None:
    assert laws.out_and_back_unchanged_means_the_same_and_writes_nothing((column, cell))
    assert laws.typed_text_is_understood_exactly_or_refused_with_a_reason((column, cell), text)


def test_the_long_run_counts_the_cases_that_it_played() -> None:
    tally = play(T.YES_NO, 30, 1)
    assert 30 <= tally.cases <= 60 and tally.failure is None
    assert tally.typed == tally.cases
