"""The laws of values, each over one case: a column with its row's options, and what its record shows.

A law says whether it had something to say about the case.
"""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import NumberFormatError, parse_decimal
from hypothesis import strategies as st

from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import NUMBERS, OPTIONS, REFERENCES, same, same_text, text_of, understood, value_of
from sync_core.engine.values.locales import locale_of
from sync_core.engine.values.numbers import fitting
from sync_core.errors import Unmappable
from tests.engine.scenes import ONE_WAY, TWO_WAY, Pair, scene
from tests.laws.columns import Case

# What people's texts are made of, whatever the type: digits, signs, spaces, months, words.
TYPED = st.text(st.sampled_from("0123456789 .,:-/'\u00a0\u2009\u202f\u2212+TZkrSE$€apm") | st.characters(), max_size=24)
# The text that is there, changed at one place; or several of the labels or names that there are.
EDITS = st.tuples(
    st.integers(0, 100),
    st.integers(0, 3),
    st.sampled_from(["", "0", "1", "9", " ", ".", ",", "-", "00", "000", "\u00a0", "a", "/", ":", "\r", "\n"]),
)
PLACES = st.lists(st.integers(0, 20), min_size=1, max_size=3)
Way = str | tuple[int, int, str] | list[int]


def ways(kind: ColumnType) -> st.SearchStrategy[Way]:
    """How somebody comes to a text (`text_for`). Made once a type: to make a strategy costs more than to draw."""
    return TYPED | EDITS | PLACES if kind in OPTIONS | REFERENCES else TYPED | EDITS


WRITINGS: dict[str, tuple[str, str]] = {
    "swedish": (" ", ","),
    "german": (".", ","),
    "english": (",", "."),
    "": ("", "."),
}


def out(case: Case) -> str | None:
    """The contract's text; None where it cannot be expressed there."""
    column, cell = case
    try:
        return text_of(cell, column)
    except Unmappable:
        return None


def read(text: str, column: Column) -> tuple[str | None, Unmappable | None]:
    try:
        return value_of(text, column), None
    except Unmappable as refusal:
        return None, refusal


def out_and_back_unchanged_means_the_same_and_writes_nothing(case: Case) -> bool:
    column, cell = case
    text = out(case)
    if text is None:
        return False
    assert same(text, cell, column)
    direction = TWO_WAY if understood(column) else ONE_WAY
    for base in ((text, cell.value), None):
        stage = scene(Pair(text, cell.value, base, direction, column=column, cell=cell), auto_push=True)
        for planner in (plan_automatic, plan_push, plan_fetch):
            assert not planner(stage).writes
    if not understood(column):
        return True
    back, refusal = read(text, column)
    if refusal:
        # A record may show more digits than may be typed, and options and records may share a name.
        assert refusal.code in ("too_precise", "label_double", "label_unclear", "record_double")
    else:
        assert back == cell.value or text_of(Cell(back), column) == text
    return True


def typed_text_is_understood_exactly_or_refused_with_a_reason(case: Case, text: str) -> bool:
    column, cell = case
    if not understood(column):
        return False
    value, refusal = read(text, column)
    if refusal:
        assert refusal.code and str(refusal).endswith(".")
        assert same_text(text, text, column)
        return True
    again = text_of(Cell(value, precision=cell.precision, currency=cell.currency, label=cell.label), column)
    twice, double = read(again, column)
    if double:
        # Of two options with one label, the one with a label of its own besides is read by that alone.
        assert double.code == "label_double"
    else:
        assert twice == value, "what was read reads the same again"
        assert same_text(again, text, column)
    assert same(text, Cell(value, label=cell.label), column)
    if column.type in NUMBERS and value is not None:
        _agrees_with_the_locale(text, value, column)
    return True


def a_number_with_both_signs_is_understood_in_every_locale(case: Case, writing: str) -> bool:
    column, cell = case
    if column.type not in NUMBERS or column.row.format is None or cell.value is None:
        return False
    number = Decimal(cell.value)
    if abs(number) < 1000:
        return False  # from there on both signs stand in the text, and nothing is left to guess
    places = max(1, len(str(cell.value).partition(".")[2]))
    group, sign = WRITINGS[writing]
    text = f"{number:,.{places}f}".replace(",", "G").replace(".", sign).replace("G", group)
    value, refusal = read(text, column)
    assert value == cell.value or (refusal and refusal.code == "too_precise")
    return True


def text_for(case: Case, way: Way) -> str:
    """A text that somebody might type into the field of this case: any at all, what is there with one place changed,
    or labels and names that there are."""
    if isinstance(way, str):
        return way
    column, cell = case
    known = _known(column, cell)
    if isinstance(way, list) and known:
        return "; ".join(known[place % len(known)] for place in way)
    text = out(case) or ""
    at, length, new = way if isinstance(way, tuple) else (way[0], 0, "")
    at %= len(text) + 1
    return text[:at] + new + text[at + length :]


def _known(column: Column, cell: Cell) -> list[str]:
    if column.type in OPTIONS:
        return [label for number, one in column.options.items() for label in (one, *column.labels.get(number, ()))]
    return [*column.found, cell.label or ""] if column.type in REFERENCES else []


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
