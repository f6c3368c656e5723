"""This machine's clock against the vendors': tokens and certificates are refused where they differ too much."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from cli.checks.finding import Finding, failed, ok, warning

_TOO_MUCH, _MUCH = timedelta(minutes=5), timedelta(seconds=30)


def check_clock(asked: Mapping[str, Callable[[], Mapping[str, str]]], now: Callable[[], datetime]) -> Iterator[Finding]:
    """`asked`: a vendor's name -> the headers of an answer that it gave just now."""
    for name, headers in asked.items():
        text = headers().get("Date")
        if not text:
            continue
        skew = abs(now() - parsedate_to_datetime(text).astimezone(UTC))
        told = f"This machine's clock and {name}'s differ by {int(skew.total_seconds())} s."
        if skew > _TOO_MUCH:
            yield failed("clock.skew", told, "Set this machine's clock by NTP: sign-in fails from five minutes on.")
        elif skew > _MUCH:
            yield warning("clock.skew", told, "Set this machine's clock by NTP.")
        else:
            yield ok("clock.skew", f"The clock agrees with {name}'s.")
