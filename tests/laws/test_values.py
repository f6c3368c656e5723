"""The laws of values, for every column type and every option of a row, over generated cases.

`make torture-values` runs them with 100,000 cases a type; otherwise there are few (VALUES_CASES).
"""

from __future__ import annotations

import os
import re
from decimal import Decimal

import pytest
from babel.numbers import NumberFormatError, parse_decimal
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

from sync_core.engine.model import Cell, Column, ColumnType
from sync_core.engine.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.values import NUMBERS, same, same_text, text_of, understood, value_of
from sync_core.engine.values.locales import locale_of
from sync_core.engine.values.numbers import fitting
from sync_core.engine.values.types import TYPES
from sync_core.errors import Unmappable
from tests.engine.scenes import ONE_WAY, TWO_WAY, Pair, scene
from tests.laws.columns import Case, cases

T = ColumnType
KINDS = [kind for kind in T if TYPES[kind].never is None]
CASES = int(os.environ.get("VALUES_CASES", "120"))
LAWS = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    derandomize="VALUES_CASES" not in os.environ,  # a run of all tests says the same twice; `make torture-values` roams
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
# What people's texts are made of, whatever the type: digits, signs, spaces, months, words.
TYPED = st.text(st.sampled_from("0123456789 .,:-/'\u00a0\u2009\u202f\u2212+TZkrSE$€apm") | st.characters(), max_size=24)


def out(case: Case) -> str:
    column, cell = case
    try:
        return text_of(cell, column)
    except Unmappable:
        assume(False)
        raise


def read(text: str, column: Column) -> tuple[str | None, Unmappable | None]:
    try:
        return value_of(text, column), None
    except Unmappable as refusal:
        return None, refusal


@pytest.mark.parametrize("kind", KINDS)
def test_out_and_back_unchanged_means_the_same_and_writes_nothing(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind))
    def law(case: Case) -> None:
        column, cell = case
        text = out(case)
        assert same(text, cell, column)
        direction = TWO_WAY if understood(column) else ONE_WAY
        for base in ((text, cell.value), None):
            pair = Pair(text, cell.value, base, direction, column=column, cell=cell)
            for planner in (plan_automatic, plan_push, plan_fetch):
                assert not planner(scene(pair, auto_push=True)).writes
        if not understood(column):
            return
        back, refusal = read(text, column)
        if refusal:
            # A record may show more digits than may be typed, and options and records may share a name.
            assert refusal.code in ("too_precise", "label_double", "label_unclear", "record_double")
        else:
            assert back == cell.value or text_of(Cell(back), column) == text

    law()


@pytest.mark.parametrize("kind", [kind for kind in KINDS if TYPES[kind].read is not None])
def test_typed_text_is_understood_exactly_or_refused_with_a_reason(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind), st.data())
    def law(case: Case, data: st.DataObject) -> None:
        column, cell = case
        assume(understood(column))
        text = data.draw(TYPED | edits(out(case)))
        value, refusal = read(text, column)
        event(refusal.code if refusal else "understood")
        if refusal:
            assert refusal.code and str(refusal).endswith(".")
            assert same_text(text, text, column)
            return
        again = text_of(Cell(value, precision=cell.precision, currency=cell.currency, label=cell.label), column)
        twice, double = read(again, column)
        if double:
            # Of two options with one label, the one with a label of its own besides is read by that alone.
            assert double.code == "label_double"
        else:
            assert twice == value, "what was read reads the same again"
            assert same_text(again, text, column)
        assert same(text, Cell(value, label=cell.label), column)
        if kind in NUMBERS and value is not None:
            _agrees_with_the_locale(text, value, column)

    law()


def edits(text: str) -> st.SearchStrategy[str]:
    """The text with one place changed, as somebody might who edits it."""
    places = st.integers(0, len(text))
    some = st.sampled_from(["", "0", "1", "9", " ", ".", ",", "-", "00", "000", "\u00a0", "a", "/", ":"])
    return st.builds(lambda at, length, new: text[:at] + new + text[at + length :], places, st.integers(0, 3), some)


def _agrees_with_the_locale(text: str, value: str, column: Column) -> None:
    """Babel's strict reading of the row's locale, where the column can hold it, is never contradicted."""
    shape = column.row.format
    if shape is None or not re.fullmatch(r"-?[0-9][0-9.,]*", text.strip(), re.ASCII):
        return
    try:
        babel = parse_decimal(text.strip(), locale=locale_of(shape.locale), strict=True)
        assert fitting(babel, column) == value
    except (NumberFormatError, Unmappable):
        pass


WRITINGS: dict[str, tuple[str, str]] = {
    "swedish": (" ", ","),
    "german": (".", ","),
    "english": (",", "."),
    "": ("", "."),
}


@pytest.mark.parametrize("kind", sorted(NUMBERS))
def test_a_number_with_both_signs_is_understood_in_every_locale(kind: ColumnType) -> None:
    @LAWS
    @given(cases(kind), st.sampled_from(sorted(WRITINGS)))
    def law(case: Case, writing: str) -> None:
        column, cell = case
        assume(column.row.format is not None and cell.value is not None)
        number = Decimal(cell.value or "0")
        places = max(1, len(str(cell.value).partition(".")[2]))
        group, sign = WRITINGS[writing]
        assume(abs(number) >= 1000)  # then both signs stand there, and nothing is left to guess
        text = f"{number:,.{places}f}".replace(",", "G").replace(".", sign).replace("G", group)
        value, refusal = read(text, column)
        assert value == cell.value or (refusal and refusal.code == "too_precise")

    law()
