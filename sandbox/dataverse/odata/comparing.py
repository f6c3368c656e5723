"""How values of different types are compared in $filter and $orderby."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

_NUMBERS = frozenset({"Edm.Int32", "Edm.Int64", "Edm.Decimal", "Edm.Double"})


@dataclass(frozen=True)
class Property:
    """What an item has under a name. `edm`: "Edm.String", or the name of an enumeration."""

    edm: str
    of: Callable[[Any], Any]


@dataclass(frozen=True)
class Names:
    """What a filter may name: `find` takes a path such as ("parentaccountid", "name"), or raises a Problem."""

    find: Callable[[tuple[str, ...]], Property]
    of_metadata: bool = False  # definitions take no functions, and there case counts
    without_accents: bool = False


def comparable(value: Any, edm: str, known: Names) -> Any:
    """As it is compared: text without its case, instants as instants."""
    if value is None:
        return None
    if edm == "Edm.String":
        return str(value) if known.of_metadata else plain(str(value), known.without_accents)
    if edm == "Edm.DateTimeOffset" and isinstance(value, str):
        return datetime.fromisoformat(value.replace("Z", "+00:00")).astimezone(UTC)
    if edm == "Edm.Date" and isinstance(value, str):
        return date.fromisoformat(value[:10])
    return value.lower() if edm == "Edm.Guid" else value


def plain(text: str, without_accents: bool) -> str:
    """Case never counts; accents do not where the organisation's collation says so."""
    if not without_accents:
        return text.lower()
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def as_text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).lower()


def alike(left: str, right: str) -> bool:
    """A member of an enumeration may come as plain text too: Microsoft's own Python client sends it so."""
    if left == right or {left, right} <= _NUMBERS:
        return True
    if "Edm.String" in (left, right) and not all(one.startswith("Edm.") for one in (left, right)):
        return True
    return {left, right} == {"Edm.Date", "Edm.DateTimeOffset"}


def common_type(left: str, right: str) -> str:
    """The type that both are compared as: a date beside an instant is its midnight."""
    return "Edm.DateTimeOffset" if {left, right} == {"Edm.Date", "Edm.DateTimeOffset"} else left


def promoted(value: Any, edm: str, common: str, known: Names) -> Any:
    found = comparable(value, edm, known)
    if common == "Edm.DateTimeOffset" and edm == "Edm.Date" and found is not None:
        return datetime.combine(found, time(), UTC)
    return found
