"""Generated columns with generated row options, and values that their records may hold."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Format, Labels, Length, RowOptions
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import instant_text, normal_text, plain_decimal
from sync_core.engine.values.canonical import folded
from sync_core.engine.values.locales import FORMAT_LOCALES
from sync_core.engine.values.numbers import in_currency
from sync_core.engine.values.types import TYPES
from sync_core.engine.values.yes_no import NO_WORDS, YES_WORDS
from sync_core.engine.values.zones import known_zones

T = ColumnType
Case = tuple[Column, Cell]
KINDS = tuple(kind for kind in T if TYPES[kind].never is None)

CURRENCIES = ("SEK", "NOK", "DKK", "EUR", "USD", "GBP", "CHF", "JPY", "PLN", "INR", "KWD")
GUIDS = st.uuids().map(str)
locales = st.sampled_from(FORMAT_LOCALES)
zones = st.sampled_from(sorted(known_zones()))
maybe_zones = st.none() | zones
formats = st.builds(Format, locales, st.sampled_from(Length))
maybe_formats = st.none() | formats
days = st.dates(min_value=date(1753, 1, 1)) | st.dates(min_value=date(2015, 1, 1), max_value=date(2035, 12, 31))
moments = st.datetimes(
    min_value=datetime(1753, 1, 3),  # noqa: DTZ001 the strategy wants them so
    max_value=datetime(9999, 12, 29),  # noqa: DTZ001
    timezones=st.just(UTC),
) | st.datetimes(
    min_value=datetime(2020, 1, 1),  # noqa: DTZ001
    max_value=datetime(2030, 12, 31),  # noqa: DTZ001
    timezones=st.just(UTC),
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=12).filter(folded)
article_words = st.sampled_from([((), ()), (("Yes",), ()), (("TRUE", "1"), ("no",))])
own_word_lists = st.lists(
    words.filter(lambda word: folded(word) not in YES_WORDS | NO_WORDS), min_size=2, max_size=6, unique_by=folded
)
names = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).map(normal_text).filter(folded)


@st.composite
def numbers(draw: st.DrawFn, kind: ColumnType) -> Case:
    """Of every size, with limits and without, some with more digits than the column shows."""
    whole = kind in (T.WHOLE_NUMBER, T.BIG_INTEGER)
    places = 0 if whole else draw(decimals)
    scale = places if draw(digits) else min(places + 2, 10)
    number = Decimal(draw(integers)).scaleb(0 if whole else -scale)
    shape = draw(maybe_formats)
    parts: dict[str, Any] = {} if whole else {"precision": places}
    if draw(yes_or_no):
        parts |= {"minimum": number - draw(less), "maximum": number + draw(more)}
    cell = Cell(plain_decimal(number))
    if kind is T.MONEY:
        shape = shape and Format(shape.locale, shape.length, draw(yes_or_no))
        cell = Cell(cell.value, precision=draw(currency_decimals), currency=draw(currency_codes))
    column = Column("column", "Column", kind, row=RowOptions(format=shape), **parts)
    return in_currency(column, cell), cell


yes_or_no, digits = st.booleans(), st.integers(0, 9)
decimals, currency_decimals = st.sampled_from([0, 1, 2, 2, 3, 4, 10]), st.sampled_from([None, 0, 2, 3])
integers = st.one_of([st.integers(-(10**length), 10**length) for length in (0, 1, 2, 3, 4, 6, 7, 9, 12, 15, 18)])
less, more = st.integers(0, 1000), st.integers(0, 10**6)
currency_codes = st.sampled_from(CURRENCIES)


@st.composite
def own_words(draw: st.DrawFn) -> Labels:
    """Words for yes and no that no other word is; the article's may be among them, each on its own side."""
    own = draw(own_word_lists)
    cut = draw(st.integers(1, len(own) - 1))
    yes, no = draw(article_words)
    return Labels((*yes, *own[:cut]), (*own[cut:], *no))


maybe_own_words = st.none() | own_words()


@st.composite
def yes_no(draw: st.DrawFn) -> Case:
    row = RowOptions(labels=draw(maybe_own_words))
    return Column("column", "Column", T.YES_NO, row=row), Cell("true" if draw(yes_or_no) else "false")


any_texts = st.text(min_size=1, max_size=60).map(normal_text)
maybe_lengths = st.none() | st.integers(min_value=200, max_value=4000)


@st.composite
def texts(draw: st.DrawFn, kind: ColumnType) -> Case:
    text, longest = draw(any_texts), draw(maybe_lengths)
    return Column("column", "Column", kind, max_length=longest), Cell(text)


@st.composite
def dates(draw: st.DrawFn) -> Case:
    column = Column("column", "Column", T.DATE_ONLY, row=RowOptions(format=draw(maybe_formats)))
    return column, Cell(draw(days).isoformat())


@st.composite
def times(draw: st.DrawFn, kind: ColumnType) -> Case:
    zone = None if kind is T.WALL_TIME else draw(maybe_zones)
    moment = draw(moments)
    if draw(yes_or_no):
        moment = moment.replace(second=0)
    return Column("column", "Column", kind, row=RowOptions(zone, format=draw(maybe_formats))), Cell(
        instant_text(moment)
    )


label_lists, more_labels = st.lists(names, min_size=1, max_size=6), st.lists(names | digits, max_size=6)
places_of_options = st.lists(digits, min_size=1, max_size=6)


@st.composite
def choices(draw: st.DrawFn, kind: ColumnType) -> Case:
    """Labels may be missing, and two options may share one."""
    labels = draw(label_lists)
    options = dict(enumerate(labels, 100000000))
    if draw(digits) == 0:
        options[100000000] = ""
    most = len(options) if kind is T.MULTI_SELECT else 1
    chosen = dict.fromkeys(100000000 + place % len(options) for place in draw(places_of_options)[:most])
    further = [labels[one % len(labels)] if isinstance(one, int) else one for one in draw(more_labels)]
    other = {number: tuple(further[place :: len(options)]) for place, number in enumerate(options)}
    resolves = kind in (T.CHOICE, T.MULTI_SELECT) and draw(yes_or_no)
    column = Column("column", "Column", kind, options=options, labels=other, row=RowOptions(resolve_labels=resolves))
    return column, Cell(",".join(map(str, sorted(chosen))))


maybe_names = st.none() | names
resolve_labels: st.SearchStrategy[bool | str] = st.sampled_from([False, True, "accountnumber"])
TARGETS = {T.LOOKUP: ("account",), T.OWNER: ("systemuser", "team"), T.CUSTOMER: ("account", "contact")}


@st.composite
def references(draw: st.DrawFn, kind: ColumnType) -> Case:
    """Found by the name or key that it has, alone or beside another record."""
    target = TARGETS[kind][draw(digits) % len(TARGETS[kind])]
    cell = Cell(f"{target}:{draw(GUIDS)}", draw(maybe_names))
    row = RowOptions(resolve_labels=draw(resolve_labels))
    found = (cell.value or "", f"{target}:another")[: 1 + draw(yes_or_no)]
    column = Column("column", "Column", kind, targets=TARGETS[kind], found={cell.label or "": found}, row=row)
    return column, cell


def cases(kind: ColumnType) -> st.SearchStrategy[Case]:
    """A column of this type and what its record shows."""
    if kind in (T.TEXT, T.MEMO):
        return texts(kind)
    if kind in (T.WHOLE_NUMBER, T.BIG_INTEGER, T.DECIMAL, T.DOUBLE, T.MONEY):
        return numbers(kind)
    if kind in (T.CHOICE, T.MULTI_SELECT, T.STATE, T.STATUS):
        return choices(kind)
    if kind in (T.LOOKUP, T.CUSTOMER, T.OWNER):
        return references(kind)
    if kind in (T.DATE_TIME, T.WALL_TIME, T.USER_LOCAL_DATE):
        return times(kind)
    if kind is T.UNIQUE_IDENTIFIER:
        return GUIDS.map(lambda guid: (Column("column", "Column", kind), Cell(guid)))
    return {T.YES_NO: yes_no, T.DATE_ONLY: dates}[kind]()
