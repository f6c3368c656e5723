"""NCRONTAB: six fields with seconds, or five without; UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

_NAMES = ("second", "minute", "hour", "day", "month", "day of week")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
_WORDS: dict[int, tuple[str, ...]] = {
    4: ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
        "december"),
    5: ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"),
}  # fmt: skip
_YEARS = 9  # a leap day may be eight years away


@dataclass(frozen=True)
class Schedule:
    fields: tuple[frozenset[int], ...]

    @classmethod
    def parse(cls, text: str) -> Schedule:
        """ValueError says which field is wrong."""
        parts = text.split()
        if len(parts) == 5:
            parts = ["0", *parts]
        if len(parts) != 6:
            raise ValueError(f"the schedule {text!r} has not five or six fields")
        return cls(tuple(_field(place, part) for place, part in enumerate(parts)))

    def matches(self, moment: datetime) -> bool:
        seconds, minutes, hours, *_ = self.fields
        return self._on(moment) and moment.hour in hours and moment.minute in minutes and moment.second in seconds

    def after(self, moment: datetime) -> datetime | None:
        """The first occurrence later than `moment`; None for one that never comes (31 February)."""
        seconds, minutes, hours, *_ = (sorted(field) for field in self.fields)
        first = moment.replace(microsecond=0) + timedelta(seconds=1)
        day = first.replace(hour=0, minute=0, second=0)
        for _ in range(366 * _YEARS):
            if self._on(day):
                for hour in hours:
                    if day.replace(hour=hour, minute=59, second=59) < first:
                        continue
                    for minute in minutes:
                        for second in seconds:
                            found = day.replace(hour=hour, minute=minute, second=second)
                            if found >= first:
                                return found
            day += timedelta(days=1)
        return None

    @property
    def often(self) -> bool:
        """More than once in each minute."""
        seconds, *others = self.fields
        return len(seconds) > 1 and all(
            len(field) == high - low + 1 for field, (low, high) in zip(others, _RANGES[1:], strict=True)
        )

    def _on(self, day: datetime) -> bool:
        """Day of month and day of week must both fit, unlike in Unix's cron."""
        days, months, week_days = self.fields[3:]
        return day.month in months and day.day in days and (day.weekday() + 1) % 7 in week_days  # Sunday is 0


def _field(place: int, text: str) -> frozenset[int]:
    low, high = _RANGES[place]
    found: set[int] = set()
    try:
        for part in text.split(","):
            span, _, step = part.partition("/")
            first, dash, last = span.partition("-")
            if first == "*":
                start, end = low, high
            else:
                start = _value(place, first)
                end = _value(place, last) if dash else (high if step else start)
            every = int(step) if step else 1
            if not low <= start <= end <= high or every < 1:
                raise ValueError
            found.update(range(start, end + 1, every))
    except ValueError:
        raise ValueError(f"the schedule's {_NAMES[place]} {text!r} cannot be read") from None
    return frozenset(found)


def _value(place: int, text: str) -> int:
    """A number, or the beginning of a month's or a day's name."""
    for at, name in enumerate(_WORDS.get(place, ())):
        if text[:1].isalpha() and name.startswith(text.lower()):
            return _RANGES[place][0] + at
    return int(text)
