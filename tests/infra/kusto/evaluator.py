"""Runs a query over rows: the part of Kusto that the alerts use, by its documented meaning, and nothing else of it.

https://learn.microsoft.com/kusto/query/ What it does not know it refuses: whether a query is valid is not its business
(service.py), only what a valid one answers. Null is None: it equals nothing, and aggregates leave it out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Rows = Sequence[Row]
Tables = Mapping[str, Rows]
Expression = Callable[[Row], Any]

_TOKENS = re.compile(
    r'\s*("(?:[^"\\]|\\.)*"|\d+[smhd]\b|\d+(?:\.\d+)?|mv-expand\b|[A-Za-z_]\w*|=~|==|!=|<=|>=|[|()<>=,./+*-])'
)


class Unknown(Exception):
    """A word of Kusto that this evaluator does not know."""


def answer(query: str, tables: Tables) -> list[dict[str, Any]]:
    """The rows that the query answers."""
    reader = _Reader(query)
    rows = reader.pipeline(tables)
    if reader.next:
        raise Unknown(reader.next)
    return [dict(row) for row in rows]


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._at = 0

    @property
    def next(self) -> str:
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, wanted: str = "") -> str:
        found = self.next
        if not found or (wanted and found != wanted):
            raise Unknown(f"{found or 'the end'} where {wanted or 'more'} is expected")
        self._at += 1
        return found

    def skip(self, wanted: str) -> bool:
        if self.next != wanted:
            return False
        self._at += 1
        return True

    # --- operators ----------------------------------------------------------------------------------------------------

    def pipeline(self, tables: Tables) -> Rows:
        rows: Rows = tables[self.take()]
        while self.skip("|"):
            word = self.take()
            if word == "where":
                keep = self.expression()
                rows = [row for row in rows if keep(row) is True]
            elif word == "extend":
                given = self._named(self.expression)
                rows = [{**row, **{name: of(row) for name, of in given.items()}} for row in rows]
            elif word == "project":
                given = self._named(self.expression)
                rows = [{name: of(row) for name, of in given.items()} for row in rows]
            elif word == "summarize":
                rows = self._summarize(rows)
            elif word == "mv-expand":
                rows = self._expanded(rows)
            elif word == "union":
                self.take("(")
                rows = [*rows, *self.pipeline(tables)]
                self.take(")")
            else:
                raise Unknown(word)
        return rows

    def _summarize(self, rows: Rows) -> Rows:
        """Without `by`: one row, also where nothing came in; with it, one for each value that came in."""
        given = self._named(self._aggregate)
        if not self.skip("by"):
            return [{name: of(rows) for name, of in given.items()}]
        name = self.take()
        key: Expression = self.expression() if self.skip("=") else lambda row: _inside(row, [name])
        groups: dict[Any, list[Row]] = {}
        for row in rows:
            groups.setdefault(key(row), []).append(row)
        return [{name: value, **{one: of(group) for one, of in given.items()}} for value, group in groups.items()]

    def _expanded(self, rows: Rows) -> Rows:
        """A row for each member of its array."""
        name = self.take()
        for word in ("to", "typeof", "(", "datetime", ")"):
            self.take(word)
        return [{**row, name: one} for row in rows for one in row[name]]

    def _named(self, read: Callable[[], Any]) -> dict[str, Any]:
        found = {}
        while True:
            name = self.take()
            self.take("=")
            found[name] = read()
            if not self.skip(","):
                return found

    def _aggregate(self) -> Callable[[Rows], Any]:
        """An aggregate, or a function of one."""
        word = self.take()
        self.take("(")
        if word in ("coalesce", "toreal"):
            parts = [self._aggregate_or_literal()]
            while self.skip(","):
                parts.append(self._aggregate_or_literal())
            self.take(")")
            return lambda rows: _SCALARS[word](*(part(rows) for part in parts))
        if word not in _AGGREGATES:
            raise Unknown(word)
        of: Expression = (lambda row: 1) if self.next == ")" else self.expression()
        self.take(")")
        return lambda rows: _AGGREGATES[word]([value for row in rows if (value := of(row)) is not None])

    def _aggregate_or_literal(self) -> Callable[[Rows], Any]:
        if self.next[0].isdigit():
            value = _number(self.take())
            return lambda rows: value
        return self._aggregate()

    # --- expressions --------------------------------------------------------------------------------------------------

    def expression(self) -> Expression:
        left = self._both()
        while self.skip("or"):
            left = _joined(left, self._both(), lambda a, b: a is True or b is True)
        return left

    def _both(self) -> Expression:
        left = self._compared()
        while self.skip("and"):
            left = _joined(left, self._compared(), lambda a, b: a is True and b is True)
        return left

    def _compared(self) -> Expression:
        left = self._sum()
        word = self.next
        if word in ("in", "has_any"):
            self.take()
            self.take("(")
            choices = [self._sum()]
            while self.skip(","):
                choices.append(self._sum())
            self.take(")")
            meaning = _COMPARED["==" if word == "in" else "has"]
            return lambda row: any(meaning(left(row), choice(row)) for choice in choices)
        if word in _COMPARED:
            self.take()
            return _joined(left, self._sum(), _COMPARED[word])
        return left

    def _sum(self) -> Expression:
        left = self._part()
        while self.next in _ARITHMETIC:
            meaning = _ARITHMETIC[self.take()]
            left = _joined(left, self._part(), _of_values(meaning))
        return left

    def _part(self) -> Expression:
        token = self.take()
        if token == "(":
            inner = self.expression()
            self.take(")")
            return inner
        if token[0] == '"':
            return lambda row: token[1:-1]
        if token[0].isdigit():
            known = _number(token) if token[-1].isdigit() else timedelta(**{_UNITS[token[-1]]: int(token[:-1])})
            return lambda row: known
        if self.skip("("):
            if token not in _SCALARS:
                raise Unknown(token)
            parts = [self.expression()]
            while self.skip(","):
                parts.append(self.expression())
            self.take(")")
            return lambda row: _SCALARS[token](*(part(row) for part in parts))
        names = [token]
        while self.skip("."):
            names.append(self.take())
        return lambda row: _inside(row, names)


def _tokens(text: str) -> list[str]:
    found, at, text = [], 0, text.strip()
    while at < len(text):
        one = _TOKENS.match(text, at)
        if one is None:
            raise Unknown(text[at : at + 20])
        found.append(one[1])
        at = one.end()
    return found


def _bin(value: datetime, width: timedelta) -> datetime:
    return value - (value - datetime(1, 1, 1, tzinfo=value.tzinfo)) % width


def _range(first: datetime, last: datetime, step: timedelta) -> list[datetime]:
    return [first + step * number for number in range((last - first) // step + 1)]


def _number(text: str) -> float:
    return float(text) if "." in text else int(text)


def _inside(row: Row, names: Sequence[str]) -> Any:
    """A column, or a property inside a dynamic one; a column that a row of a union lacks is null."""
    value: Any = row.get(names[0])
    for name in names[1:]:
        value = (value or {}).get(name)
    return value


def _of_values(meaning: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Null beside null or a value is null."""
    return lambda a, b: None if None in (a, b) else meaning(a, b)


def _joined(left: Expression, right: Expression, meaning: Callable[[Any, Any], Any]) -> Expression:
    return lambda row: meaning(left(row), right(row))


def _words(text: str) -> list[str]:
    return re.findall(r"[A-Za-z0-9]+", text.lower())


def _has(text: str, wanted: str) -> bool:
    """Whole terms, in the order in which they are asked for."""
    terms, of = _words(wanted), _words(text)
    return any(of[at : at + len(terms)] == terms for at in range(len(of) - len(terms) + 1))


_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a is not None and a == b,
    "!=": lambda a, b: a != b,
    "=~": lambda a, b: str(a or "").lower() == str(b).lower(),
    "<": lambda a, b: None not in (a, b) and a < b,
    ">": lambda a, b: None not in (a, b) and a > b,
    "<=": lambda a, b: None not in (a, b) and a <= b,
    ">=": lambda a, b: None not in (a, b) and a >= b,
    "startswith": lambda a, b: str(a or "").lower().startswith(str(b).lower()),
    "contains": lambda a, b: str(b).lower() in str(a or "").lower(),
    "has": lambda a, b: _has(str(a or ""), str(b)),
}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: None if b == 0 else a / b,
}
_AGGREGATES: dict[str, Callable[[list[Any]], Any]] = {
    "count": len,
    "sum": sum,  # of nothing: 0
    "max": lambda values: max(values, default=None),
    "min": lambda values: min(values, default=None),
}
_SCALARS: dict[str, Callable[..., Any]] = {
    "tostring": lambda value: "" if value is None else str(value),
    "toreal": lambda value: None if value is None else float(value),
    "bin": _bin,
    "range": _range,
    "iff": lambda condition, yes, no: yes if condition is True else no,
    "coalesce": lambda *values: next((value for value in values if value is not None), None),
}
