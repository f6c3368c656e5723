"""$filter as far as `eq`, `ne`, `startswith`, `and` and `or` go."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import Row

_TERM = re.compile(r"\s*(\w+)\s+(eq|ne)\s+('(?:[^']|'')*'|[\w-]+)\s*")
_START = re.compile(r"\s*startswith\((\w+),\s*('(?:[^']|'')*')\)\s*")


def matcher(text: str | None, table: TableSchema, without_accents: bool = False) -> Callable[[Row], bool]:
    """Case never counts. Raises Problem for what cannot be read."""
    if not text:
        return lambda row: True
    plain = _plain if without_accents else str.lower
    either = [[_term(term, table, plain) for term in _split(part, "and")] for part in _split(text, "or")]
    return lambda row: any(all(test(row) for test in every) for every in either)


def _split(text: str, word: str) -> list[str]:
    """At this word, outside quotes."""
    return re.split(rf" {word} (?=(?:[^']*'[^']*')*[^']*$)", text)


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def _term(text: str, table: TableSchema, plain: Callable[[str], str]) -> Callable[[Row], bool]:
    match, start = _TERM.fullmatch(text), _START.fullmatch(text)
    if match:
        name, operator, literal = match.groups()
    elif start:
        name, literal, operator = *start.groups(), "startswith"
    else:
        raise Problem(400, "0x80060888", "Syntax error in the filter.")
    attribute = next((one for one in table.attributes.values() if one.wire == name), None)
    if attribute is None:
        raise Problem(400, "0x0", f"Could not find a property named '{name}'.")
    wanted = literal[1:-1].replace("''", "'") if literal.startswith("'") else literal

    def test(row: Row) -> bool:
        value = row.value(attribute)
        if attribute.is_reference and value is not None:
            value = value[1]
        if operator == "startswith":
            return plain(str(value or "")).startswith(plain(wanted))
        if literal in ("true", "false"):
            same = value is (literal == "true")
        elif literal == "null":
            same = value is None
        else:
            same = plain(str(value)) == plain(wanted)
        return same == (operator == "eq")

    return test
