"""The canonical text of a value, by type (None is empty; equal texts are equal values):

text, memo     the text in Unicode NFC with LF line ends
numbers        shortest plain decimal: "1250", "-0.5"
yes/no         "true" or "false"
choices        the option's number; multi-select: sorted numbers joined by ","
dates          "2026-03-12"; "2026-03-12T13:45:00Z" (an instant, or a wall clock: its Z means nothing)
references     "account:70bf4d48-34cb-ed11-b596-0022481d68cd"
No float is ever made: numbers are `Decimal` from the wire to the wire.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from decimal import Decimal

# https://developer.oneflow.com/docs/data-field
ONEFLOW_TEXT_LIMIT = 1024
# https://learn.microsoft.com/power-apps/developer/data-platform/behavior-format-date-time-attribute
EARLIEST = date(1753, 1, 1)


_CRLF = re.compile("\r+\n")


def normal_text(text: str) -> str:
    """The form in which two texts are compared: LF line ends, Unicode NFC; nothing else is forgiven.

    CRLF becomes LF until none is left: the form of a form is itself, also of "\\r\\r\\n".
    """
    return unicodedata.normalize("NFC", _CRLF.sub("\n", text) if "\r" in text else text)


def shortened(text: str, longest: int) -> str:
    """What is longer than its place can hold ends with an ellipsis there."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def plain_decimal(number: Decimal) -> str:
    """The shortest plain notation: no exponent, no trailing zeros, no minus zero."""
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimal_places(number: Decimal) -> int:
    """How many decimals the number really has."""
    return len(plain_decimal(number).partition(".")[2])


def instant_text(moment: datetime) -> str:
    """An instant to the second, in UTC, as `2026-03-12T13:45:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else ""


def moment_of(canonical: str) -> datetime:
    """The instant of a canonical text; of a wall clock its hands, in UTC for want of a zone."""
    return datetime.fromisoformat(canonical.replace("Z", "+00:00"))


def folded(text: str) -> str:
    """For words and labels, where case and spaces do not count."""
    return " ".join(normal_text(text).casefold().split())


def is_stored_form(shown: str, sent: str) -> bool:
    """Whether a text is what was sent, as Oneflow may store it: without blanks at its ends, or in other capitals."""
    return folded(shown) == folded(sent)
