"""How a Dynamics value becomes contract text and back (DESIGN 2.4).

The canonical text of a value, by type (None is empty; equal texts are equal values):
text, memo     the text in Unicode NFC with LF line ends
numbers        shortest plain decimal: "1250", "-0.5"
yes/no         "true" or "false"
choices        the option's number; multi-select: sorted numbers joined by ","
dates          "2026-03-12"; "2026-03-12T13:45:00Z"
references     "account:70bf4d48-34cb-ed11-b596-0022481d68cd"
No float is ever made: numbers are `Decimal` from the wire to the wire.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

from sync_core.engine.model import Canonical, Cell, Column, ColumnType
from sync_core.errors import Unmappable

# https://developer.oneflow.com/docs/data-field
ONEFLOW_TEXT_LIMIT = 1024

NUMBERS = frozenset(
    {ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER, ColumnType.DECIMAL, ColumnType.DOUBLE, ColumnType.MONEY}
)
OPTIONS = frozenset({ColumnType.CHOICE, ColumnType.MULTI_SELECT, ColumnType.STATE, ColumnType.STATUS})
REFERENCES = frozenset({ColumnType.LOOKUP, ColumnType.CUSTOMER, ColumnType.OWNER})

# The article's words, and no others (in any case).
YES_WORDS = frozenset({"yes", "true", "1"})
NO_WORDS = frozenset({"no", "false", "0"})

_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_INSTANT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.0+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?", re.ASCII
)
# https://learn.microsoft.com/power-apps/developer/data-platform/behavior-format-date-time-attribute
EARLIEST = date(1753, 1, 1)


def normal_text(text: str) -> str:
    """The form in which two texts are compared: LF line ends, Unicode NFC; nothing else is forgiven."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n"))


def plain_decimal(number: Decimal) -> str:
    """The shortest plain notation: no exponent, no trailing zeros, no minus zero."""
    if number == 0:
        return "0"
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def instant_text(moment: datetime) -> str:
    """An instant to the second, in UTC, as `2026-03-12T13:45:00Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else ""


def text_of(cell: Cell, column: Column) -> str:
    """The contract text of what a record shows. Raises Unmappable where it cannot be expressed there."""
    if cell.value is None:
        return ""
    text = _TO_TEXT.get(column.type, _as_is)(cell.value, cell, column)
    if len(text) > ONEFLOW_TEXT_LIMIT:
        raise Unmappable(
            "too_long_for_contract",
            f"Longer than the {ONEFLOW_TEXT_LIMIT} characters that a data field takes; shorten it in Dynamics.",
        )
    return text


def value_of(text: str, column: Column) -> Canonical:
    """The value that contract text means in this column; `""` is empty. Raises Unmappable; never guesses."""
    if text == "":
        return None
    reader = _FROM_TEXT.get(column.type)
    if reader is None:
        raise Unmappable("one_way_type", "Values of this column's type are not read back from a contract.")
    return reader(text, column)


def understood(column: Column) -> bool:
    """Whether text of this column's type can be read back at all."""
    return column.type in _FROM_TEXT


def same_text(one: str, other: str, column: Column) -> bool:
    """Whether two contract texts mean the same; text that cannot be converted is compared as text."""
    if normal_text(one) == normal_text(other):
        return True
    if not understood(column):
        return False
    try:
        return value_of(one, column) == value_of(other, column)
    except Unmappable:
        return False


def same(text: str, cell: Cell, column: Column) -> bool:
    """Whether contract text and a record's value mean the same."""
    if understood(column):
        try:
            return value_of(text, column) == cell.value
        except Unmappable:
            pass
    try:
        return normal_text(text) == normal_text(text_of(cell, column))
    except Unmappable:
        return False


def _as_is(value: str, _cell: Cell, _column: Column) -> str:
    return value


def _number_text(value: str, cell: Cell, column: Column) -> str:
    places = column.precision if cell.precision is None else cell.precision
    number = Decimal(value)
    shown = max(places or 0, _places(number))  # more digits than the column shows are still not lost
    return f"{number:.{shown}f}"


def _yes_no_text(value: str, _cell: Cell, _column: Column) -> str:
    return "Yes" if value == "true" else "No"


def _option_text(value: str, _cell: Cell, column: Column) -> str:
    labels = []
    for option in value.split(","):
        label = column.options.get(int(option))
        if not label:
            raise Unmappable("option_unknown", "The chosen option has no label in the language of the labels.")
        labels.append(label)
    return "; ".join(labels)


def _reference_text(_value: str, cell: Cell, _column: Column) -> str:
    if not cell.label:
        raise Unmappable("name_unknown", "The record that the column points at has no name.")
    return cell.label


def _read_text(text: str, column: Column) -> Canonical:
    value = normal_text(text)
    # Dataverse counts UTF-16 code units, as .NET does.
    if column.max_length is not None and len(value.encode("utf-16-le")) // 2 > column.max_length:
        raise Unmappable("too_long", f"Longer than the {column.max_length} characters that the column takes.")
    return value or None


def _read_number(text: str, column: Column) -> Canonical:
    word = text.strip()
    if not _NUMBER.fullmatch(word):
        raise Unmappable("not_a_number", "Not a number such as 1250 or 1250.00 (point, no spaces, no currency).")
    number = Decimal(word)
    whole = column.type in (ColumnType.WHOLE_NUMBER, ColumnType.BIG_INTEGER)
    places = 0 if whole else column.precision
    if places is not None and _places(number) > places:
        raise Unmappable("too_precise", f"The column takes {places} decimals; values are never rounded.")
    if column.minimum is not None and number < column.minimum:
        raise Unmappable("too_small", f"Less than {plain_decimal(column.minimum)}, the least that the column takes.")
    if column.maximum is not None and number > column.maximum:
        raise Unmappable("too_large", f"More than {plain_decimal(column.maximum)}, the most that the column takes.")
    return plain_decimal(number)


def _read_yes_no(text: str, _column: Column) -> Canonical:
    word = text.strip().casefold()
    if word in YES_WORDS:
        return "true"
    if word in NO_WORDS:
        return "false"
    raise Unmappable("not_yes_no", "Not one of Yes, No, True, False, 1, 0.")


def _read_date(text: str, _column: Column) -> Canonical:
    word = text.strip()
    try:
        day = date.fromisoformat(word) if _DATE.fullmatch(word) else None
    except ValueError:
        day = None
    if day is None or day < EARLIEST:
        raise Unmappable("not_a_date", "Not a date such as 2026-03-12.")
    return day.isoformat()


def _read_instant(text: str, _column: Column) -> Canonical:
    word = text.strip()
    try:
        moment = datetime.fromisoformat(word.replace("Z", "+00:00")) if _INSTANT.fullmatch(word) else None
        # Without an offset the article assumes UTC.
        moment = moment and (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        moment = None
    if moment is None or moment.date() < EARLIEST:
        raise Unmappable("not_a_time", "Not a date and time such as 2026-03-12T13:45:00Z (without an offset: UTC).")
    return instant_text(moment)


def _places(number: Decimal) -> int:
    text = plain_decimal(number)
    return len(text.partition(".")[2])


_TO_TEXT: dict[ColumnType, Callable[[str, Cell, Column], str]] = {
    **dict.fromkeys(NUMBERS, _number_text),
    **dict.fromkeys(OPTIONS, _option_text),
    **dict.fromkeys(REFERENCES, _reference_text),
    ColumnType.YES_NO: _yes_no_text,
}
_FROM_TEXT: dict[ColumnType, Callable[[str, Column], Canonical]] = {
    ColumnType.TEXT: _read_text,
    ColumnType.MEMO: _read_text,
    **dict.fromkeys(NUMBERS, _read_number),
    ColumnType.YES_NO: _read_yes_no,
    ColumnType.DATE_ONLY: _read_date,
    ColumnType.DATE_TIME: _read_instant,
}
