"""Numbers and money as people of a locale write them, and read back.

Read are both decimal signs, every kind of space, apostrophes, and the locale's own grouping. What could mean two
numbers ("1.250", "1,250") is refused, unless

- it is exactly what this row writes for one of them, or
- the column rules one out: its range, or its decimals. Its decimals rule out more than they are for a sign that is
  not the locale's own decimal sign; for the locale's own only what the column could not hold at all.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Context, Decimal, localcontext
from functools import lru_cache

from babel.numbers import format_currency, format_decimal, get_currency_symbol

from sync_core.engine.model.records import Column
from sync_core.engine.model.row_options import Format
from sync_core.engine.values.canonical import decimal_places
from sync_core.engine.values.locales import locale_of, typed
from sync_core.errors import Unmappable

_EXACT = Context(prec=200)  # Babel computes in the context; nothing is ever rounded
_FRACTION = re.compile(r"0(\.0+)?(?=[^0#.,]|$)")
_NUMBER = re.compile(r"[0-9]{1,40}(?:[ '.,][0-9]{1,40})*", re.ASCII)
# "1 250:-", "1 250,-": an amount without decimals, as Scandinavians write it.
_NO_DECIMALS = re.compile(r"(?<=[0-9])[,.:] ?-{1,2}$")


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number that a text can mean: how many decimals are written, after which sign."""

    number: Decimal
    decimals: int = 0
    sign: str = ""


def written_number(number: Decimal, places: int, shape: Format, currency: str | None) -> str:
    """The number with so many decimals; with `currency` (an ISO 4217 code) as an amount of it."""
    locale = locale_of(shape.locale)
    fraction = "." + "0" * places if places else ""
    with localcontext(_EXACT):
        if currency is None:
            pattern = _FRACTION.sub("0" + fraction, locale.decimal_formats[None].pattern.split(".")[0])
            return format_decimal(number, format=pattern, locale=locale)
        pattern = _FRACTION.sub("0" + fraction, locale.currency_formats["standard"].pattern)
        return format_currency(number, currency, format=pattern, locale=locale, currency_digits=False)


def read_written_number(text: str, column: Column, shape: Format, places: int | None) -> Decimal:
    """The number that a text means, not yet held against what the column takes. Unmappable; never guesses."""
    body, negative = _without_currency(typed(text), shape, column.currency)
    sign = -1 if negative else 1
    readings = [_Reading(one.number * sign, one.decimals, one.sign) for one in _readings(body, shape)]
    if not readings:
        raise Unmappable("not_a_number", f"Not a number as it is written in {shape.locale}.")
    if len(readings) > 1:
        readings = _as_written(readings, body, shape, places) or [
            one for one in readings if _possible(one, column, shape, places)
        ]
    if len(readings) != 1:
        raise Unmappable(
            "two_readings", "Could mean two numbers; write it with decimals, or without a sign for thousands."
        )
    return readings[0].number


def _as_written(readings: list[_Reading], body: str, shape: Format, places: int | None) -> list[_Reading]:
    """The reading that this row itself would write so."""
    return [
        one
        for one in readings
        if typed(written_number(abs(one.number), max(places or 0, decimal_places(one.number)), shape, None)) == body
    ]


def _possible(reading: _Reading, column: Column, shape: Format, places: int | None) -> bool:
    if column.minimum is not None and reading.number < column.minimum:
        return False
    if column.maximum is not None and reading.number > column.maximum:
        return False
    if places is None:
        return True
    own = reading.sign == _decimal_sign(shape)
    return (decimal_places(reading.number) if own else reading.decimals) <= places


def _readings(body: str, shape: Format) -> list[_Reading]:
    """Every number that digits and separators can mean."""
    if not _NUMBER.fullmatch(body):
        return []
    found = []
    if _grouped(body, shape):
        found.append(_Reading(_digits(body)))
    for sign in ".,":
        whole, _, fraction = body.rpartition(sign)
        if whole and fraction.isdigit() and sign not in whole and _grouped(whole, shape):
            found.append(_Reading(Decimal(f"{_digits(whole)}.{fraction}"), len(fraction), sign))
    return found


def _digits(text: str) -> Decimal:
    return Decimal(re.sub(r"[ '.,]", "", text))


def _grouped(text: str, shape: Format) -> bool:
    """Whether these are plain digits, or digits in groups of thousands by one separator."""
    separators = set(re.findall(r"[^0-9]", text))
    if not separators:
        return True
    if len(separators) > 1:
        return False
    first, *others = text.split(separators.pop())
    if not 1 <= len(first) <= 3 or first.startswith("0"):
        return False
    if all(len(group) == 3 for group in others):
        return True
    primary, secondary = locale_of(shape.locale).decimal_formats[None].grouping
    *middle, last = others
    return len(first) <= secondary and len(last) == primary and all(len(group) == secondary for group in middle)


def _without_currency(text: str, shape: Format, currency: str | None) -> tuple[str, bool]:
    """The digits with their separators, and whether a minus stands before them, or before the currency."""
    sign, body = _sign_first(text)
    for symbol in _symbols(shape.locale, currency) if currency else ():
        if body.casefold().startswith(symbol):
            body = body[len(symbol) :].strip()
            break
        if body.casefold().endswith(symbol):
            body = body[: -len(symbol)].strip()
            break
    if not sign:
        sign, body = _sign_first(body)
    if currency:
        body = _NO_DECIMALS.sub("", body)
    if re.search(r"[^\W\d_]|[$\u20a0-\u20cf\u00a2-\u00a5]", body):
        which = f"The only currency here is {currency}" if currency else "Only digits and separators are read here"
        raise Unmappable("not_a_number", f"Not a number as it is written in {shape.locale}. {which}.")
    return body, sign == "-"


def _sign_first(text: str) -> tuple[str, str]:
    """The sign before a number, if there is one, and the rest."""
    return (text[0], text[1:].strip()) if text[:1] in ("+", "-") else ("", text)


@lru_cache(maxsize=512)
def _symbols(locale: str, currency: str) -> tuple[str, ...]:
    """What may stand beside an amount: the currency's code and its symbol in this locale, longest first."""
    symbols = {typed(get_currency_symbol(currency, locale_of(locale))).casefold(), currency.casefold()}
    return tuple(sorted(symbols, key=len, reverse=True))


def _decimal_sign(shape: Format) -> str:
    return str(locale_of(shape.locale).number_symbols["latn"]["decimal"])
