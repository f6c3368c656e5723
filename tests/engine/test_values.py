"""How values cross (DESIGN 2.4): tables of examples, then laws that hold for every value."""

from __future__ import annotations

import string
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from sync_core.engine.deciding.planner import plan_automatic, plan_fetch, plan_push
from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Labels, RowOptions
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import (
    MOMENTS,
    ONEFLOW_TEXT_LIMIT,
    instant_text,
    normal_text,
    plain_decimal,
    same,
    same_text,
    text_of,
    understood,
    value_of,
)
from sync_core.errors import Unmappable
from tests.engine.scenes import Pair, column, only, scene

T = ColumnType
MONEY = column(T.MONEY, precision=2, minimum=Decimal("-1000"), maximum=Decimal("1000000000"))
WHOLE = column(T.WHOLE_NUMBER, minimum=Decimal(-5), maximum=Decimal(100))
PLAIN = {kind: column(kind) for kind in T}
CHOICE = column(T.CHOICE, options={1: "Hot", 2: "Cold", 3: ""})
TAGS = column(T.MULTI_SELECT, options={10: "Red", 20: "Green"})
OWN_WORDS = column(T.YES_NO, row=RowOptions(labels=Labels(("Ja", "Åh ja"), ("Nej",))))

OUTGOING = [
    (OWN_WORDS, Cell("true"), "Ja"),
    (OWN_WORDS, Cell("false"), "Nej"),
    (PLAIN[T.TEXT], Cell("Åsa & Co"), "Åsa & Co"),
    (PLAIN[T.MEMO], Cell("one\ntwo"), "one\ntwo"),
    (MONEY, Cell("1250000"), "1250000.00"),
    (MONEY, Cell("1250000", precision=0), "1250000"),
    (MONEY, Cell("1.005"), "1.005"),
    (column(T.DECIMAL, precision=3), Cell("-0.5"), "-0.500"),
    (column(T.DOUBLE, precision=2), Cell("0"), "0.00"),
    (WHOLE, Cell("7"), "7"),
    (PLAIN[T.BIG_INTEGER], Cell("9223372036854775807"), "9223372036854775807"),
    (PLAIN[T.YES_NO], Cell("true"), "Yes"),
    (PLAIN[T.YES_NO], Cell("false"), "No"),
    (PLAIN[T.DATE_ONLY], Cell("2026-03-12"), "2026-03-12"),
    (PLAIN[T.DATE_TIME], Cell("2026-03-12T13:45:00Z"), "2026-03-12T13:45:00Z"),
    (CHOICE, Cell("1"), "Hot"),
    (TAGS, Cell("10,20"), "Red; Green"),
    (column(T.STATE, options={0: "Open"}), Cell("0"), "Open"),
    (column(T.STATUS, options={4: "Won"}), Cell("4"), "Won"),
    (PLAIN[T.LOOKUP], Cell("account:1d", label="Contoso"), "Contoso"),
    (PLAIN[T.CUSTOMER], Cell("contact:1d", label="Ada"), "Ada"),
    (PLAIN[T.OWNER], Cell("systemuser:1d", label="Eve"), "Eve"),
    (PLAIN[T.UNIQUE_IDENTIFIER], Cell("70bf4d48-34cb-ed11-b596-0022481d68cd"), "70bf4d48-34cb-ed11-b596-0022481d68cd"),
    (PLAIN[T.TEXT], Cell("x" * ONEFLOW_TEXT_LIMIT), "x" * ONEFLOW_TEXT_LIMIT),
]

NOT_OUTGOING = [
    (PLAIN[T.MEMO], Cell("x" * (ONEFLOW_TEXT_LIMIT + 1)), "too_long_for_contract"),
    (CHOICE, Cell("9"), "option_unknown"),
    (CHOICE, Cell("3"), "option_unknown"),
    (TAGS, Cell("10,99"), "option_unknown"),
    (PLAIN[T.LOOKUP], Cell("account:1d"), "name_unknown"),
    (PLAIN[T.OWNER], Cell("team:1d", label=""), "name_unknown"),
]

INCOMING = [
    (PLAIN[T.TEXT], "Åsa", "Åsa"),
    (PLAIN[T.TEXT], "A\u030asa", "Åsa"),  # Unicode NFC
    (PLAIN[T.TEXT], " kept ", " kept "),
    (PLAIN[T.MEMO], "one\r\ntwo", "one\ntwo"),
    (column(max_length=3), "abc", "abc"),
    (MONEY, "1250000.00", "1250000"),
    (MONEY, " 12.50 ", "12.5"),
    (MONEY, "+1", "1"),
    (MONEY, "-0.00", "0"),
    (MONEY, "1.2300", "1.23"),
    (MONEY, "0.250", "0.25"),
    (column(T.DECIMAL, precision=3), "1.250", "1.25"),
    (WHOLE, "007", "7"),
    (WHOLE, "3.0", "3"),
    (WHOLE, "-5", "-5"),
    (WHOLE, "100", "100"),
    (PLAIN[T.DECIMAL], "0.1234567890123456789", "0.1234567890123456789"),
    *[(PLAIN[T.YES_NO], word, "true") for word in ("Yes", "yes", "TRUE", "1", " Yes ")],
    *[(PLAIN[T.YES_NO], word, "false") for word in ("No", "no", "False", "0")],
    (PLAIN[T.DATE_ONLY], "2026-03-12", "2026-03-12"),
    (PLAIN[T.DATE_ONLY], "1753-01-01", "1753-01-01"),
    (PLAIN[T.DATE_ONLY], "2028-02-29", "2028-02-29"),
    (PLAIN[T.DATE_TIME], "2026-03-12T13:45:00Z", "2026-03-12T13:45:00Z"),
    (PLAIN[T.DATE_TIME], "2026-03-12 13:45", "2026-03-12T13:45:00Z"),  # the article: UTC
    (PLAIN[T.DATE_TIME], "2026-03-12T13:45:00.000Z", "2026-03-12T13:45:00Z"),
    (PLAIN[T.DATE_TIME], "2026-03-12T00:30:00+01:00", "2026-03-11T23:30:00Z"),
    (PLAIN[T.DATE_TIME], "2026-03-12T00:30:00-0530", "2026-03-12T06:00:00Z"),
    (PLAIN[T.WALL_TIME], "2026-03-12 13:45", "2026-03-12T13:45:00Z"),
    (PLAIN[T.WALL_TIME], "2026-03-12T13:45:00Z", "2026-03-12T13:45:00Z"),
    *[(OWN_WORDS, word, "true") for word in ("Ja", "ja ", "ÅH  JA", "Yes", "1")],
    *[(OWN_WORDS, word, "false") for word in ("Nej", "no", "0")],
]

NOT_INCOMING = [
    (column(max_length=3), "abcd", "too_long"),
    (column(max_length=3), "\ud83d", "half_character"),
    (column(max_length=3), "a\U0001f600b", "too_long"),  # .NET counts an emoji as two
    *[(MONEY, text, "not_a_number") for text in ("12,50", "1 250", "1e3", "$5", "NaN", "Infinity", ".5", "5.", "0x1F")],
    (MONEY, "١٢", "not_a_number"),  # digits, but not these
    (MONEY, "1.005", "too_precise"),
    (MONEY, "1.250", "two_readings"),  # a thousand, or one and a quarter
    (WHOLE, "-1.000", "two_readings"),
    (WHOLE, "3.5", "too_precise"),
    (WHOLE, "-6", "too_small"),
    (WHOLE, "101", "too_large"),
    *[(PLAIN[T.YES_NO], text, "not_yes_no") for text in ("Perhaps", "Ja", "y", "2", " ", "yes!")],
    *[
        (PLAIN[T.DATE_ONLY], text, "not_a_date")
        for text in (
            "12/03/2026",
            "2026-3-1",
            "2026-02-30",
            "2026-03-12T00:00:00Z",
            "20260312",
            "2026-W11-4",
            "1752-12-31",
        )
    ],
    *[
        (PLAIN[T.DATE_TIME], text, "not_a_time")
        for text in (
            "2026-03-12",
            "2026-03-12T25:00:00Z",
            "2026-03-12T13:45:00.5Z",
            "2026-03-12T13:45:00+99:00",
            "13:45",
            "0001-01-01T00:00:00+14:00",
            "1752-12-31T23:59:59Z",
        )
    ],
    (PLAIN[T.WALL_TIME], "2026-03-12T13:45:00+01:00", "wall_clock"),
    (OWN_WORDS, "kanske", "not_yes_no"),
    *[(PLAIN[kind], "x", "one_way_type") for kind in (T.CHOICE, T.LOOKUP, T.OWNER, T.STATE, T.UNIQUE_IDENTIFIER)],
]


@pytest.mark.parametrize(("to", "cell", "text"), OUTGOING)
def test_a_value_goes_out_as(to: Column, cell: Cell, text: str) -> None:
    assert text_of(cell, to) == text


@pytest.mark.parametrize(("to", "cell", "code"), NOT_OUTGOING)
def test_a_value_that_a_contract_cannot_express_says_why(to: Column, cell: Cell, code: str) -> None:
    with pytest.raises(Unmappable) as refusal:
        text_of(cell, to)

    assert refusal.value.code == code


@pytest.mark.parametrize(("to", "text", "value"), INCOMING)
def test_text_is_read_as(to: Column, text: str, value: str) -> None:
    assert value_of(text, to) == value


@pytest.mark.parametrize(("to", "text", "code"), NOT_INCOMING)
def test_text_that_is_no_value_is_never_guessed_at(to: Column, text: str, code: str) -> None:
    with pytest.raises(Unmappable) as refusal:
        value_of(text, to)

    assert refusal.value.code == code


@pytest.mark.parametrize("type_", list(T))
def test_empty_is_null_on_both_sides(type_: ColumnType) -> None:
    assert text_of(Cell(None), PLAIN[type_]) == ""
    assert value_of("", PLAIN[type_]) is None
    assert same("", Cell(None), PLAIN[type_])


def test_a_refusal_names_no_value() -> None:
    for of in PLAIN.values():
        with pytest.raises(Unmappable) as refusal:
            value_of("zebra", replace(of, max_length=2))
        assert "zebra" not in str(refusal.value)


@pytest.fixture(params=["UTC0", "America/Los_Angeles", "Pacific/Kiritimati", "Asia/Kolkata"])
def server_time_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The whole process in another time zone, as a server may be."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("server_time_zone")
def test_dates_and_times_mean_the_same_in_every_server_time_zone() -> None:
    for to, text, value in INCOMING:
        assert value_of(text, to) == value
    for to, cell, text in OUTGOING:
        assert text_of(cell, to) == text


def test_what_a_contract_cannot_express_is_the_same_as_nothing_in_it() -> None:
    assert not same("x" * ONEFLOW_TEXT_LIMIT, Cell("9"), CHOICE)


SAME = [
    (PLAIN[T.TEXT], "a\r\nb", "a\nb", True),
    (PLAIN[T.TEXT], "a\r\r\nb", "a\nb", True),
    (PLAIN[T.TEXT], "A\u030a", "Å", True),
    (PLAIN[T.TEXT], "A", "a", False),
    (PLAIN[T.TEXT], "a", "a ", False),
    (MONEY, "1250", "1250.00", True),
    (MONEY, "1250", "1250.01", False),
    (PLAIN[T.YES_NO], "yes", "1", True),
    (PLAIN[T.YES_NO], "Yes", "No", False),
    (PLAIN[T.YES_NO], "Perhaps", "Perhaps", True),
    (PLAIN[T.YES_NO], "Perhaps", "perhaps", False),
    (PLAIN[T.YES_NO], "Perhaps", "Yes", False),
    (PLAIN[T.DATE_TIME], "2026-03-12T13:45:00Z", "2026-03-12 14:45+01:00", True),
    (PLAIN[T.CHOICE], "Hot", "hot", False),
    (PLAIN[T.DATE_ONLY], "2026-03-12", " 2026-03-12 ", True),
]


@pytest.mark.parametrize(("of", "one", "other", "expected"), SAME)
def test_two_texts_mean_the_same_or_not(of: Column, one: str, other: str, expected: bool) -> None:
    assert same_text(one, other, of) is expected
    assert same_text(other, one, of) is expected


def test_money_in_the_records_currency_is_read_with_that_currencys_decimals() -> None:
    yen = Pair("1250.50", None, ("1250", "1250"), cell=Cell("1250", precision=0), column=MONEY)

    reason = only(plan_fetch(scene(yen))).reason
    assert reason is not None and reason.code == "too_precise"


# --- laws -----------------------------------------------------------------------------------------------------------

NUMBER_TYPES = [T.WHOLE_NUMBER, T.BIG_INTEGER, T.DECIMAL, T.DOUBLE, T.MONEY]
decimals = st.decimals(
    min_value=Decimal("-1e12"), max_value=Decimal("1e12"), allow_nan=False, allow_infinity=False, places=10
)
days = st.dates(min_value=date(1753, 1, 1))
moments = st.datetimes(
    min_value=datetime(1753, 1, 2),  # noqa: DTZ001 the strategy wants them so
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
)
offsets = st.integers(min_value=-14 * 60, max_value=14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
texts = st.text(max_size=200).map(normal_text).filter(lambda text: normal_text(text) == text and text != "")


@st.composite
def values(draw: st.DrawFn) -> tuple[Column, Cell]:
    """A column that is read back, and a value that its record may hold."""
    kind = draw(st.sampled_from([one for one in T if understood(PLAIN[one])]))
    if kind in NUMBER_TYPES:
        whole = kind in (T.WHOLE_NUMBER, T.BIG_INTEGER)
        number = draw(decimals)
        value = plain_decimal(Decimal(int(number)) if whole else number)
        return column(kind, precision=draw(st.sampled_from([None, 0, 2, 4, 10]))), Cell(value)
    if kind is T.YES_NO:
        return PLAIN[kind], Cell(draw(st.sampled_from(["true", "false"])))
    if kind is T.DATE_ONLY:
        return PLAIN[kind], Cell(draw(days).isoformat())
    if kind in MOMENTS:
        return PLAIN[kind], Cell(instant_text(draw(moments)))
    return PLAIN[kind], Cell(draw(texts))


@given(values())
def test_out_and_back_unchanged_is_the_same_and_writes_nothing(case: tuple[Column, Cell]) -> None:
    of, cell = case
    text = text_of(cell, of)

    assert same(text, cell, of)
    for base in ((text, cell.value), None):
        at = scene(Pair(text, cell.value, base, column=of), auto_push=True)
        for planner in (plan_automatic, plan_push, plan_fetch):
            assert not planner(at).writes


@given(values())
def test_out_and_back_gives_the_value_itself_or_a_refusal(case: tuple[Column, Cell]) -> None:
    of, cell = case
    try:
        back = value_of(text_of(cell, of), of)
    except Unmappable as refusal:
        assert refusal.code == "too_precise"  # noqa: PT017 a record may show more digits than may be typed
    else:
        assert back == cell.value


@given(st.sampled_from([one for one in T if understood(PLAIN[one])]), st.text(max_size=40))
@example(T.MONEY, "1_000")
@example(T.DATE_ONLY, "२०२६-०३-१२")
def test_what_was_read_reads_the_same_again(kind: ColumnType, text: str) -> None:
    try:
        value = value_of(text, PLAIN[kind])
    except Unmappable:
        return
    again = text_of(Cell(value), PLAIN[kind])
    assert value_of(again, PLAIN[kind]) == value
    assert same_text(again, text, PLAIN[kind])


@given(decimals, st.sampled_from([T.DECIMAL, T.DOUBLE, T.MONEY]), st.integers(min_value=0, max_value=10))
def test_no_digit_is_ever_lost(number: Decimal, kind: ColumnType, precision: int) -> None:
    of = column(kind, precision=precision)

    assert Decimal(text_of(Cell(plain_decimal(number)), of)) == number
    try:
        value = value_of(format(number, "f"), of)
    except Unmappable as refusal:
        assert refusal.code == "too_precise"  # noqa: PT017
        assert number != round(number, precision)
    else:
        assert value is not None
        assert Decimal(value) == number


@given(decimals)
def test_the_plain_notation_of_a_number_is_its_only_one(number: Decimal) -> None:
    text = plain_decimal(number)

    assert Decimal(text) == number
    assert "E" not in text
    assert plain_decimal(Decimal(text + (".0" if "." not in text else "0"))) == text
    assert not text.startswith("-0") or "." in text


@given(days)
def test_a_date_only_value_never_moves(day: date) -> None:
    text = text_of(Cell(day.isoformat()), PLAIN[T.DATE_ONLY])

    assert text == day.isoformat()
    assert value_of(text, PLAIN[T.DATE_ONLY]) == day.isoformat()


@given(moments, offsets)
def test_an_instant_is_the_same_in_every_offset(moment: datetime, offset: timezone) -> None:
    there = moment.replace(microsecond=0).astimezone(offset)
    assume(there.year >= 1753)

    assert value_of(there.isoformat(), PLAIN[T.DATE_TIME]) == instant_text(moment)


@given(st.text(alphabet=string.printable + "åÅ\u030a\u2028😀", max_size=50))
def test_sameness_of_texts_forgives_only_line_ends_and_composition(text: str) -> None:
    assert same_text(text, text.replace("\n", "\r\n") if "\r" not in text else text, PLAIN[T.TEXT])
    assert not same_text(text, text + "x", PLAIN[T.TEXT])
    assert normal_text(normal_text(text)) == normal_text(text)


SEMICOLONS = column(
    T.MULTI_SELECT,
    options={1: "Sea, sun; sand", 2: "Skiing", 3: "A", 4: "B", 5: "A; B", 6: "C;D"},
    labels={1: ("Hav; sand",)},
    row=RowOptions(resolve_labels=True),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("Skiing", "2"),
        ("Sea, sun; sand", "1"),
        ("Skiing; sea, SUN ;sand", "1,2"),
        ("Hav; sand; Skiing; Sea, sun; sand", "1,2"),
        ("A; Skiing; B", "2,3,4"),
        ("C; D", "6"),
    ],
)
def test_labels_with_a_semicolon_are_read_where_only_one_set_can_be_meant(text: str, value: str) -> None:
    assert value_of(text, SEMICOLONS) == value


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A; B", "label_unclear"),
        ("Skiing; A; B", "label_unclear"),
        ("; ".join(["A; B"] * 200), "label_unclear"),
        ("Sea, sun", "label_unknown"),
        ("sand; Skiing", "label_unknown"),
        ("Skiing;", "label_unknown"),
        (";", "label_unknown"),
    ],
)
def test_none_or_several_readings_of_labels_are_refused(text: str, code: str) -> None:
    with pytest.raises(Unmappable) as refusal:
        value_of(text, SEMICOLONS)
    assert refusal.value.code == code


def test_what_the_record_itself_is_shown_as_is_the_same_also_where_it_could_be_read_otherwise() -> None:
    assert same("A; B", Cell("3,4"), SEMICOLONS)
    assert same("A; B", Cell("5"), SEMICOLONS)


def test_a_label_that_several_options_have_is_named_as_such() -> None:
    doubled = replace(SEMICOLONS, options={1: "Red", 2: "red ", 3: "Blue"}, labels={})
    assert value_of("Blue", doubled) == "3"
    with pytest.raises(Unmappable) as refusal:
        value_of("Blue; Red", doubled)
    assert refusal.value.code == "label_double"
