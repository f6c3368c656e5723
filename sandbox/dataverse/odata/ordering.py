"""$orderby: `name asc,createdon desc`; empty values come first."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from sandbox.dataverse.odata.comparing import Names, Property, comparable
from sandbox.dataverse.odata.refusals import bad

Item = TypeVar("Item")
_PART = re.compile(r"\s*([\w/]+)(?:\s+(asc|desc))?\s*", re.ASCII)


def in_order(items: Sequence[Item], text: str | None, known: Names, find: Callable[[str], Property]) -> list[Item]:
    """`find`: what an item is ordered by under a name, or a Problem."""
    ordered = list(items)
    for name, word in reversed(orders(text)):
        found = find(name)

        def key(item: Item, found: Property = found) -> tuple[bool, Any]:
            value = comparable(found.of(item), found.edm, known)
            return (value is not None, Decimal(0) if value is None else value)

        # Each list is sorted by its last name first; a sort leaves equals as they are.
        ordered = _sorted(ordered, key, word == "desc")
    return ordered


def orders(text: str | None) -> list[tuple[str, str]]:
    if text is None:
        return []
    found = []
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise bad(f"Syntax error in $orderby: '{part}'.")
        found.append((match.group(1), match.group(2) or "asc"))
    return found


def _sorted(items: list[Item], key: Callable[[Item], tuple[bool, Any]], descending: bool) -> list[Item]:
    empty = [item for item in items if not key(item)[0]]
    filled = sorted((item for item in items if key(item)[0]), key=lambda item: key(item)[1], reverse=descending)
    return [*filled, *empty] if descending else [*empty, *filled]
