"""The laws of values, each over one case: a column with its row's options, and what its record shows.

A law says whether it had something to say about the case.
"""

from __future__ import annotations

import re
from decimal import Decimal

from babel.numbers import NumberFormatError, parse_decimal
from hypothesis import strategies as st

from sync_core.engine.model import Cell, Column
from sync_core.engine.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.values import NUMBERS, OPTIONS, REFERENCES, same, same_text, text_of, understood, value_of
from sync_core.engine.values.locales import locale_of
from sync_core.engine.values.numbers import fitting
from sync_core.errors import Unmappable
from tests.engine.scenes import ONE_WAY, TWO_WAY, Pair, scene
from tests.laws.columns import Case

# What people's texts are made of, whatever the type: digits, signs, spaces, months, words.
TYPED = st.text(st.sampled_from("0123456789 .,:-/'\u00a0\u2009\u202f\u2212+TZkrSE$€apm") | st.characters(), max_size=24)
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


def texts_for(case: Case) -> st.SearchStrategy[str]:
    """Texts that somebody might type into the field of this case: any, an edited one, labels and names there are."""
    column, cell = case
    written = out(case) or ""
    some = TYPED | edits(written)
    if column.type in OPTIONS:
        labels = [label for number, one in column.options.items() for label in (one, *column.labels.get(number, ()))]
        some |= st.lists(st.sampled_from(labels), min_size=1, max_size=3).map("; ".join)
    if column.type in REFERENCES:
        some |= st.sampled_from([*column.found, cell.label or ""])
    return some


def edits(text: str) -> st.SearchStrategy[str]:
    """The text with one place changed, as somebody might who edits it."""
    places = st.integers(0, len(text))
    some = st.sampled_from(["", "0", "1", "9", " ", ".", ",", "-", "00", "000", "\u00a0", "a", "/", ":", "\r", "\n"])
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
