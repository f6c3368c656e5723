"""NCRONTAB: six fields with seconds, or five without; UTC.

https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_NAMES = ("second", "minute", "hour", "day", "month", "day of week")
_RANGES = ((0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6))


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
        week_day = (moment.weekday() + 1) % 7  # Sunday is 0
        now = (moment.second, moment.minute, moment.hour, moment.day, moment.month, week_day)
        return all(value in allowed for value, allowed in zip(now, self.fields, strict=True))


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
                start = int(first)
                end = int(last) if dash else (high if step else start)
            every = int(step) if step else 1
            if not low <= start <= end <= high or every < 1:
                raise ValueError
            found.update(range(start, end + 1, every))
    except ValueError:
        raise ValueError(f"the schedule's {_NAMES[place]} {text!r} cannot be read") from None
    return frozenset(found)
