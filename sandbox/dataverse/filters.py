"""$filter as far as `eq`, `ne`, `startswith`, `and`, `or` and parentheses go."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from sandbox.dataverse.problems import Problem
from sandbox.dataverse.schema import TableSchema
from sandbox.dataverse.world import Row

_TERM = re.compile(r"\s*(\w+)\s+(eq|ne)\s+('(?:[^']|'')*'|[\w-]+)\s*")
_START = re.compile(r"\s*startswith\((\w+),\s*('(?:[^']|'')*')\)\s*")


Test = Callable[[Row], bool]
_TOKEN = re.compile(
    r"\s*(startswith\(\w+,\s*'(?:[^']|'')*'\)|\w+\s+(?:eq|ne)\s+(?:'(?:[^']|'')*'|[\w-]+)|and\b|or\b|[()])\s*"
)


def matcher(text: str | None, table: TableSchema, without_accents: bool = False) -> Test:
    """Case never counts. Raises Problem for what cannot be read."""
    if not text:
        return lambda row: True
    tokens, at = [], 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise _unreadable()
        tokens.append(match.group(1))
        at = match.end()
    plain = _plain if without_accents else str.lower
    test = _either(tokens, lambda term: _term(term, table, plain))
    if tokens:
        raise _unreadable()
    return test


def _either(tokens: list[str], term: Callable[[str], Test]) -> Test:
    tests = [_all(tokens, term)]
    while tokens and tokens[0] == "or":
        tokens.pop(0)
        tests.append(_all(tokens, term))
    return lambda row: any(test(row) for test in tests)


def _all(tokens: list[str], term: Callable[[str], Test]) -> Test:
    tests = [_one(tokens, term)]
    while tokens and tokens[0] == "and":
        tokens.pop(0)
        tests.append(_one(tokens, term))
    return lambda row: all(test(row) for test in tests)


def _one(tokens: list[str], term: Callable[[str], Test]) -> Test:
    if not tokens:
        raise _unreadable()
    token = tokens.pop(0)
    if token != "(":
        return term(token)
    inner = _either(tokens, term)
    if not tokens or tokens.pop(0) != ")":
        raise _unreadable()
    return inner


def _unreadable() -> Problem:
    return Problem(400, "0x80060888", "Syntax error in the filter.")


def _plain(text: str) -> str:
    return "".join(one for one in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(one))


def _term(text: str, table: TableSchema, plain: Callable[[str], str]) -> Test:
    match, start = _TERM.fullmatch(text), _START.fullmatch(text)
    if match:
        name, operator, literal = match.groups()
    elif start:
        name, literal, operator = *start.groups(), "startswith"
    else:
        raise _unreadable()
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
