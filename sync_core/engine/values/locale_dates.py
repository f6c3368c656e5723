"""Dates and times of day as people of a locale write them, and read back.

Written are Babel's patterns of the locale, always with the year's four digits. Read are all three lengths of the
locale, whatever the row writes, in any case and with any spaces; numbers stand in the locale's own order of day and
month, and no other. A year of two digits is refused.
"""

from __future__ import annotations

import re
from datetime import date, time
from functools import lru_cache

from babel import Locale
from babel.dates import format_date, format_time

from sync_core.engine.model.row_options import Format, Length
from sync_core.engine.values.canonical import folded
from sync_core.engine.values.locales import locale_of, typed

_TOKEN = re.compile(r"'([^']*)'|([A-Za-z])\2*|[^A-Za-z']+")
# What may stand between the date and the time, beside spaces and a comma.
_AT = {
    "sv": "kl", "nb": "kl", "nn": "kl", "da": "kl", "fi": "klo", "de": "um", "en": "at", "fr": "à", "nl": "om",
    "es": "a las", "it": "alle", "pt": "às",
}  # fmt: skip


def written_date(day: date, shape: Format) -> str:
    return format_date(day, format=_date_pattern(shape.locale, shape.length), locale=locale_of(shape.locale))


def written_time(at: time, shape: Format) -> str:
    """To the minute, or to the second where it has one."""
    pattern = locale_of(shape.locale).time_formats["medium" if at.second else "short"].pattern
    return format_time(at, format=pattern, locale=locale_of(shape.locale))


def read_written_date(text: str, shape: Format) -> date | None:
    """The only day that the text means in this locale; None for none, and for two."""
    days = set()
    for pattern in _date_readers(shape.locale):
        match = pattern.fullmatch(folded(typed(text)))
        if match:
            days.add(_day(match, shape.locale))
    return days.pop() if len(days) == 1 else None


def split_date_and_time(text: str, shape: Format) -> tuple[str, time] | None:
    """The text of the date, and the time of day after it."""
    match = _time_reader(shape.locale).fullmatch(folded(typed(text)))
    if not match:
        return None
    hour, parts = int(match["hour"]), match.groupdict()
    half = parts.get("half")
    if half is not None:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in _halves(shape.locale)[1] else 0)
    try:
        return match["date"], time(hour, int(match["minute"]), int(match["second"] or 0))
    except ValueError:
        return None


def _date_pattern(locale: str, length: Length) -> str:
    return re.sub(r"y+", "y", locale_of(locale).date_formats[str(length)].pattern)


@lru_cache(maxsize=256)
def _date_readers(locale: str) -> tuple[re.Pattern[str], ...]:
    patterns = dict.fromkeys(_reader(_date_pattern(locale, length), locale) for length in Length)
    return tuple(re.compile(pattern) for pattern in patterns)


def _reader(pattern: str, locale: str) -> str:
    """A date pattern as an expression over folded text."""
    parts = []
    for match in _TOKEN.finditer(pattern):
        kind, token = match.group(2), match.group()
        if kind == "y":
            parts.append("(?P<year>[0-9]{4})")
        elif kind == "d":
            parts.append("(?P<day>[0-9]{1,2})")
        elif kind in ("M", "L") and len(token) < 3:
            parts.append("(?P<month>[0-9]{1,2})")
        elif kind in ("M", "L"):
            names = sorted(_months(locale), key=len, reverse=True)
            parts.append(f"(?P<name>{'|'.join(re.escape(name) for name in names)})\\.?")
        elif kind:
            raise ValueError(f"no reader for {token!r} in the dates of {locale}")
        else:
            parts.append(_literal(match.group(1) or token))
    return "".join(parts)


def _literal(text: str) -> str:
    """Words and signs as they are; spaces beside a sign may be left out or added."""
    plain = typed(text.replace("'", ""))
    if not plain:
        return r" "
    spaced = re.search(r"\w", plain) is None
    inner = re.escape(folded(plain))
    if spaced:
        return rf" ?{inner} ?"
    before, after = (" " if text[:1].isspace() else ""), (" " if text[-1:].isspace() else "")
    return f"{before}{inner}{after}"


def _day(match: re.Match[str], locale: str) -> date | None:
    parts = match.groupdict()
    month = int(parts["month"]) if parts.get("month") else _months(locale)[parts["name"]]
    try:
        return date(int(parts["year"]), month, int(parts["day"]))
    except ValueError:
        return None


@lru_cache(maxsize=64)
def _months(locale: str) -> dict[str, int]:
    """Names of months, long and short, alone and in a date; a name of two months is no name."""
    known: dict[str, set[int]] = {}
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            for number, name in _names(locale_of(locale), context, width).items():
                known.setdefault(folded(typed(name)).rstrip("."), set()).add(number)
    return {name: numbers.pop() for name, numbers in known.items() if len(numbers) == 1}


def _names(locale: Locale, context: str, width: str) -> dict[int, str]:
    return {int(number): str(name) for number, name in locale.months[context][width].items()}


@lru_cache(maxsize=64)
def _time_reader(locale: str) -> re.Pattern[str]:
    pattern = locale_of(locale).time_formats["short"].pattern
    clock = r"(?P<hour>[0-9]{1,2})(?:[:.]| ?h ?)(?P<minute>[0-9]{2})(?:(?:[:.]| min )(?P<second>[0-9]{2})(?: s)?)?"
    at = _AT.get(locale.split("-")[0])
    between = rf"(?:,? |, ?)(?:{re.escape(at)}\.? ?)?" if at else r"(?:,? |, ?)"
    if "a" in re.sub(r"'[^']*'", "", pattern):
        halves = "|".join(re.escape(word) for words in _halves(locale) for word in sorted(words, key=len, reverse=True))
        before = re.match(r"\W*a", pattern) is not None
        clock = rf"(?P<half>{halves}) ?{clock}" if before else rf"{clock} ?(?P<half>{halves})"
    return re.compile(rf"(?P<date>.+?){between}{clock}")


@lru_cache(maxsize=64)
def _halves(locale: str) -> tuple[frozenset[str], frozenset[str]]:
    """The words for before and after noon, in all their widths."""
    found: tuple[set[str], set[str]] = (set(), set())
    for context in ("format", "stand-alone"):
        for width in ("abbreviated", "wide"):
            words = locale_of(locale).day_periods.get(context, {}).get(width, {})
            for place, name in enumerate(("am", "pm")):
                if name in words:
                    found[place].add(folded(typed(str(words[name]))))
    both = found[0] & found[1]
    return frozenset(found[0] - both | {"am"}), frozenset(found[1] - both | {"pm"})
