"""What a column takes and how it shows it (fact sheet 1.5, 2.3, 2.4)."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import Attribute

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def checked(attribute: Attribute, value: Any) -> Any:
    """The value as it is stored, or the Problem that Dataverse answers."""
    if value is None or value == "":
        if attribute.required == "SystemRequired" and value is None:
            raise Problem(400, "0x80040203", f"The '{attribute.name}' attribute cannot be null.")
        return None
    kind = attribute.kind
    if kind in ("String", "Memo"):
        return _text(attribute, value)
    if kind in ("Integer", "BigInt", "Decimal", "Double", "Money"):
        return _number(attribute, value)
    if kind == "Boolean":
        if not isinstance(value, bool):
            raise _literal(value, "Edm.Boolean")
        return value
    if kind in ("Picklist", "State", "Status"):
        return _option(attribute, value)
    if kind == "MultiSelectPicklist":
        return [_option(attribute, number) for number in _numbers(value)]
    if kind == "DateTime":
        return _when(attribute, value)
    return value


def shown(attribute: Attribute, value: Any) -> Any:
    """The value in JSON."""
    if value is None:
        return None
    if attribute.is_reference:
        return value[1]
    if attribute.kind == "MultiSelectPicklist":
        return ",".join(str(number) for number in value)
    if attribute.kind == "Money":
        return value.quantize(Decimal("0.0001")) if value == value.quantize(Decimal("0.0001")) else value
    return value


def _text(attribute: Attribute, value: Any) -> str:
    if not isinstance(value, str):
        raise _literal(value, "Edm.String")
    longest = attribute.more.get("MaxLength")
    if longest is not None and len(value.encode("utf-16-le")) // 2 > longest:
        raise Problem(
            400,
            "0x80044331",
            f"A validation error occurred.  The length of the '{attribute.name}' attribute exceeded the maximum "
            f"allowed length of '{longest}'.",
        )
    return value


def _number(attribute: Attribute, value: Any) -> Any:
    if isinstance(value, bool):
        raise _literal(value, "Edm.Decimal")
    try:
        number = Decimal(str(value))
    except InvalidOperation as error:
        raise _literal(value, "Edm.Decimal") from error
    if not number.is_finite():
        raise _literal(value, "Edm.Decimal")
    low, high = attribute.more.get("MinValue"), attribute.more.get("MaxValue")
    if (low is not None and number < Decimal(str(low))) or (high is not None and number > Decimal(str(high))):
        text = f"A validation error occurred. The value of '{attribute.name}' is outside the valid range."
        raise Problem(400, "0x80044330", text)
    if attribute.kind in ("Integer", "BigInt"):
        if number != int(number):
            raise _literal(value, "Edm.Int32")
        return int(number)
    precision = attribute.more.get("Precision")
    return number if precision is None else round(number, precision)  # Dataverse rounds silently


def _numbers(value: Any) -> list[Any]:
    """Of several choices: "1,3"."""
    if isinstance(value, list):
        return value
    try:
        return [int(part) for part in str(value).split(",")]
    except ValueError:
        raise _literal(value, "Edm.String") from None


def _option(attribute: Attribute, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in attribute.options:
        accepted = ",".join(map(str, attribute.options))
        text = f"A validation error occurred. The value of '{attribute.name}' is outside the valid range."
        raise Problem(400, "0x8004431a", f"{text} Accepted Values: {accepted}")
    return value


def _when(attribute: Attribute, value: Any) -> str:
    behavior = attribute.more["DateTimeBehavior"]["Value"]
    text = str(value)
    if behavior == "DateOnly":
        if not _DATE.fullmatch(text) or not _is_date(text):
            raise _literal(value, "Edm.Date")
        return text
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise _literal(value, "Edm.DateTimeOffset") from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)  # without an offset it is taken as UTC
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _literal(value: Any, kind: str) -> Problem:
    return Problem(400, "0x80048d19", f"Cannot convert the literal '{value}' to the expected type '{kind}'.")
