"""Whether a text is a schedule that the Functions host takes: NCRONTAB, six fields, or five without seconds.

The host takes a function whose schedule it cannot read out of service, and says so only in its own log.
https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

import re

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_DAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
# Name, least, most, and the words that stand for numbers; of a word its beginning will do.
_FIELDS = (
    ("seconds", 0, 59, ()),
    ("minutes", 0, 59, ()),
    ("hours", 0, 23, ()),
    ("days", 1, 31, ()),
    ("months", 1, 12, _MONTHS),
    ("days of the week", 0, 6, _DAYS),
)
_PART = re.compile(r"(?:\*|(?P<first>[0-9a-z]{1,9})(?:-(?P<last>[0-9a-z]{1,9}))?)(?:/(?P<step>\d{1,4}))?", re.ASCII)


def schedule_fault(text: str) -> str | None:
    """What the host would not take, without repeating it; None where it is well formed."""
    fields = text.lower().split()
    if len(fields) not in (5, 6):
        return f"has {len(fields)} fields, not six (seconds, minutes, hours, days, months, days of the week)"
    for (name, low, high, words), field in zip(_FIELDS[-len(fields) :], fields, strict=True):
        if not all(_is_part(part, low, high, words) for part in field.split(",")):
            named = " or names" if words else ""
            return f"has {name} that are none: *, {low} to {high}{named}, ranges (2-5), steps (*/5), commas between"
    return None


def _is_part(part: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    return all(_is_value(value, low, high, words) for value in (found["first"], found["last"]) if value is not None)


def _is_value(value: str, low: int, high: int, words: tuple[str, ...]) -> bool:
    if value.isdigit():
        return low <= int(value) <= high
    return any(word.startswith(value) for word in words)
