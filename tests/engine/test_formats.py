"""Numbers, money and dates as people of a locale write them: examples. The laws are in tests/laws."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from sync_core.engine.model.records import Cell, Column
from sync_core.engine.model.row_options import Format, Length, RowOptions
from sync_core.engine.model.words import ColumnType
from sync_core.engine.values import text_of, value_of
from sync_core.engine.values.locales import FORMAT_LOCALES
from sync_core.errors import Unmappable
from tests.engine.scenes import column

T = ColumnType


def of(kind: ColumnType, locale: str, length: Length = Length.LONG, zone: str | None = None, **parts: Any) -> Column:
    return column(kind, row=RowOptions(zone, format=Format(locale, length)), **parts)


def money(locale: str, currency: str | None = "SEK", **parts: Any) -> Column:
    shape = Format(locale, currency=True)
    return column(T.MONEY, precision=2, currency=currency, row=RowOptions(format=shape), **parts)


SWEDISH = of(T.DECIMAL, "sv-SE", precision=2)
STOCKHOLM = "Europe/Stockholm"
SHORT, MEDIUM, LONG = Length.SHORT, Length.MEDIUM, Length.LONG

# What is written, in full. (U+00A0 and U+202F are the spaces of the locales.)
OUTGOING = [
    (money("sv-SE"), "1250000", "1\u00a0250\u00a0000,00\u00a0kr"),
    (money("nb-NO", "NOK"), "-1250000.5", "-1\u00a0250\u00a0000,50\u00a0kr"),
    (money("en-US", "USD"), "1250000", "$1,250,000.00"),
    (money("de-DE", "EUR"), "0.1", "0,10\u00a0€"),
    (money("de-CH", "CHF"), "1250000", "CHF\u00a01\u2019250\u2019000.00"),
    (money("en-IN", "INR"), "1250000", "₹12,50,000.00"),
    (money("fr-FR", "EUR"), "1250.005", "1\u202f250,005\u00a0€"),  # more digits than shown are not lost
    (SWEDISH, "-1250.5", "-1\u00a0250,50"),
    (of(T.WHOLE_NUMBER, "sv-SE"), "1250000", "1\u00a0250\u00a0000"),
    (of(T.BIG_INTEGER, "en-GB"), "9223372036854775807", "9,223,372,036,854,775,807"),
    (of(T.DECIMAL, "de-DE", precision=10), "0.0000000001", "0,0000000001"),
    (of(T.DATE_ONLY, "sv-SE"), "2026-03-12", "12 mars 2026"),
    (of(T.DATE_ONLY, "sv-SE", SHORT), "2026-03-12", "2026-03-12"),
    (of(T.DATE_ONLY, "en-US"), "2026-03-12", "March 12, 2026"),
    (of(T.DATE_ONLY, "en-US", SHORT), "2026-03-12", "3/12/2026"),
    (of(T.DATE_ONLY, "en-GB", SHORT), "2026-03-12", "12/03/2026"),
    (of(T.DATE_ONLY, "de-DE", SHORT), "2026-03-12", "12.03.2026"),
    (of(T.DATE_ONLY, "nb-NO", MEDIUM), "1753-01-01", "1. jan. 1753"),
    (of(T.DATE_TIME, "sv-SE"), "2026-03-12T13:45:00Z", "12 mars 2026 13:45 UTC"),
    (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), "2026-03-12T13:45:00Z", "12 mars 2026 14:45"),
    (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), "2026-03-12T13:45:07Z", "12 mars 2026 14:45:07"),
    (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), "2026-10-25T00:30:00Z", "25 oktober 2026 02:30 UTC+02:00"),
    (of(T.DATE_TIME, "en-US", zone="America/New_York"), "2026-03-12T17:45:00Z", "March 12, 2026 1:45\u202fPM"),
    (of(T.WALL_TIME, "da-DK"), "2026-03-12T13:45:00Z", "12. marts 2026 13.45"),
    (of(T.USER_LOCAL_DATE, "sv-SE", zone=STOCKHOLM), "2026-03-11T23:00:00Z", "12 mars 2026"),
]

INCOMING = [
    *[
        (SWEDISH, text, "1250")
        for text in (
            "1250", "1 250", "1\u00a0250", "1\u2009250", "1\u202f250", "1250,00", "1250.00", "1 250,00", "1.250,00",
            "1,250.00", "1'250.00", " 1 250 ", "+1250",
        )
    ],
    *[(SWEDISH, text, "-5.5") for text in ("-5,5", "\u22125,5", "\u20135.50", "- 5,5")],
    *[(SWEDISH, text, "1250000") for text in ("1.250.000", "1,250,000", "1 250 000", "1\u2019250\u2019000")],
    (SWEDISH, "1.250", "1250"),  # the column's two decimals rule out one and a quarter
    (of(T.DECIMAL, "de-DE", precision=2), "1.250", "1250"),
    (of(T.DECIMAL, "en-US", precision=2), "1,250", "1250"),
    (of(T.WHOLE_NUMBER, "sv-SE"), "1.250", "1250"),
    (of(T.WHOLE_NUMBER, "sv-SE"), "1,250", "1250"),
    (of(T.DECIMAL, "sv-SE", precision=3), "1,250", "1.25"),  # exactly what the row itself writes
    (of(T.DECIMAL, "sv-SE", precision=4, maximum=Decimal(100)), "1.250", "1.25"),  # the range rules out a thousand
    (of(T.DECIMAL, "sv-SE", precision=4, minimum=Decimal(100)), "1.250", "1250"),
    (of(T.DECIMAL, "en-IN", precision=2), "12,50,000.5", "1250000.5"),
    *[(money("sv-SE"), text, "1250") for text in ("1 250 kr", "1 250,00 KR", "SEK 1250", "sek1 250:-", "1 250,-")],
    (money("en-US", "USD"), "-$5", "-5"),
    (money("en-US", "USD"), "$-5", "-5"),
    *[
        (of(T.DATE_ONLY, "sv-SE"), text, "2026-03-12")
        for text in ("12 mars 2026", "12 MARS 2026", "12\u00a0mars  2026", "2026-03-12", " 12 mars 2026 ")
    ],
    *[(of(T.DATE_ONLY, "en-US"), text, "2026-03-12") for text in ("Mar 12, 2026", "march 12,2026", "3/12/2026")],
    *[(of(T.DATE_ONLY, "en-GB"), text, "2026-03-12") for text in ("12 Mar 2026", "12/3/2026", "12 March 2026")],
    *[
        (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), text, "2026-03-12T13:45:00Z")
        for text in (
            "12 mars 2026 14:45", "12 mars 2026 kl. 14:45", "12 mars 2026, 14.45", "2026-03-12 14:45",
            "12 mars 2026 13:45 UTC", "12 mars 2026 15:45 UTC+02:00", "2026-03-12T13:45:00Z",
        )
    ],
    (of(T.DATE_TIME, "en-US", zone="America/New_York"), "March 12, 2026 at 1:45 pm", "2026-03-12T17:45:00Z"),
    (of(T.DATE_TIME, "en-US"), "March 12, 2026 12:05 AM", "2026-03-12T00:05:00Z"),
]  # fmt: skip

REFUSED = [
    (of(T.DECIMAL, "sv-SE", precision=4), "1.250", "two_readings"),
    (of(T.DECIMAL, "sv-SE", precision=4), "1,250", "two_readings"),
    (of(T.DECIMAL, "sv-SE"), "1,250", "two_readings"),
    (of(T.DECIMAL, "de-DE", precision=3), "1.250", "two_readings"),
    (SWEDISH, "1,250", "two_readings"),  # its own decimal sign: one and a quarter would fit too
    (of(T.DECIMAL, "en-US", precision=2), "1.250", "two_readings"),
    *[
        (SWEDISH, text, "not_a_number")
        for text in ("12 50", "1 25", "1,2,3", "1.2.3", ",5", "5,", "1e3", "tolv", "1 250 kr", "(5)", "5-", "--5", "١٢")
    ],
    (SWEDISH, "1,255", "too_precise"),
    (of(T.WHOLE_NUMBER, "sv-SE"), "12,5", "too_precise"),
    (of(T.WHOLE_NUMBER, "sv-SE", maximum=Decimal(100)), "1 250", "too_large"),
    *[(money("sv-SE"), text, "not_a_number") for text in ("$5", "5 EUR", "kr", "5 kr kr", "NOK 5")],
    *[
        (of(T.DATE_ONLY, "en-US"), text, "not_a_date")
        for text in ("3/12/26", "12 Mar", "13/12/2026", "March 32, 2026", "February 29, 2026", "12 mars 2026", "")
        if text
    ],
    (of(T.DATE_ONLY, "sv-SE"), "12/3/2026", "not_a_date"),
    *[
        (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), text, "not_a_time")
        for text in ("12 mars 2026", "13:45", "12 mars 2026 25:00", "12 mars 2026 09:00-11:00", "12 mars 26 13:45")
    ],
    (of(T.DATE_TIME, "en-US"), "March 12, 2026 1:45", "not_a_time"),  # in the morning, or after noon?
    (of(T.DATE_TIME, "en-US"), "March 12, 2026 13:45 PM", "not_a_time"),
    (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), "25 oktober 2026 02:30", "time_twice"),
    (of(T.DATE_TIME, "sv-SE", zone=STOCKHOLM), "29 mars 2026 02:30", "time_skipped"),
    (of(T.WALL_TIME, "sv-SE"), "12 mars 2026 13:45 UTC+01:00", "wall_clock"),
]


@pytest.mark.parametrize(("to", "value", "text"), OUTGOING)
def test_a_value_is_written_as_the_locale_writes_it_and_read_back(to: Column, value: str, text: str) -> None:
    assert text_of(Cell(value), to) == text
    try:
        assert value_of(text, to) == value
    except Unmappable as refusal:
        assert refusal.code == "too_precise"  # noqa: PT017 a record may show more digits than may be typed


@pytest.mark.parametrize(("to", "text", "value"), INCOMING)
def test_what_people_write_is_understood(to: Column, text: str, value: str) -> None:
    assert value_of(text, to) == value


@pytest.mark.parametrize(("to", "text", "code"), REFUSED)
def test_what_could_mean_two_things_or_nothing_is_refused(to: Column, text: str, code: str) -> None:
    with pytest.raises(Unmappable) as refusal:
        value_of(text, to)
    assert refusal.value.code == code


def test_an_amount_without_a_known_currency_is_not_written_as_one() -> None:
    with pytest.raises(Unmappable) as refusal:
        text_of(Cell("5"), money("sv-SE", None))
    assert refusal.value.code == "currency_unknown"


def test_the_records_currency_decides_its_sign_and_its_decimals() -> None:
    of_currency = column(T.MONEY, row=RowOptions(format=Format("ja-JP", currency=True)))
    assert text_of(Cell("1250", precision=0, currency="JPY"), of_currency) == "￥1,250"


@pytest.mark.parametrize("locale", FORMAT_LOCALES)
@pytest.mark.parametrize("length", list(Length))
def test_every_day_of_two_years_is_read_back_in_every_locale(locale: str, length: Length) -> None:
    to = of(T.DATE_ONLY, locale, length)
    for year in (1998, 2028):
        for month in range(1, 13):
            for day in (1, 2, 11, 12, 28):
                value = f"{year}-{month:02}-{day:02}"
                assert value_of(text_of(Cell(value), to), to) == value


@pytest.mark.parametrize("locale", FORMAT_LOCALES)
def test_every_minute_of_a_day_is_read_back_in_every_locale(locale: str) -> None:
    to = of(T.WALL_TIME, locale)
    for minute in range(0, 24 * 60, 7):
        value = f"2026-03-12T{minute // 60:02}:{minute % 60:02}:{minute % 3:02}Z"
        assert value_of(text_of(Cell(value), to), to) == value
