"""$filter: read into a test of one item.

https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query/filter-rows
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.dataverse.odata.comparing import Names, Property, alike, as_text, common_type, comparable, promoted
from sandbox.dataverse.odata.refusals import absent, bad
from sandbox.dataverse.odata.tokens import END, Token, literal, tokens
from sandbox.dataverse.problems import Problem

Test = Callable[[Any], bool]
_COMPARED: Mapping[str, tuple[str, Callable[[Any, Any], bool]]] = {
    "eq": ("Equal", operator.eq), "ne": ("NotEqual", operator.ne), "gt": ("GreaterThan", operator.gt),
    "ge": ("GreaterThanOrEqual", operator.ge), "lt": ("LessThan", operator.lt), "le": ("LessThanOrEqual", operator.le),
}  # fmt: skip
_TEXT_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda whole, part: part in whole,
    "startswith": str.startswith,
    "endswith": str.endswith,
}
_DEEPEST = 100
_OWN = "Microsoft.Dynamics.CRM."


def matcher(text: str | None, known: Names) -> Test:
    """Raises Problem for what cannot be read, what compares unlike things, and what is not here."""
    if text is None:
        return lambda item: True
    reader = _Reader(tokens(text, "$filter"), known)
    test = reader.either()
    reader.must_end()
    return test


class _Reader:
    def __init__(self, words: list[Token], known: Names) -> None:
        self._words, self._at, self._known, self._depth = words, 0, known, 0

    def either(self) -> Test:
        tests = [self._every()]
        while self._takes_word("or"):
            tests.append(self._every())
        return tests[0] if len(tests) == 1 else lambda item: any(test(item) for test in tests)

    def must_end(self) -> None:
        if self._next is not END:
            raise self._syntax()

    def _every(self) -> Test:
        tests = [self._one()]
        while self._takes_word("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda item: all(test(item) for test in tests)

    def _one(self) -> Test:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad(f"The depth limit of {_DEEPEST} has been exceeded in $filter.")
        try:
            return self._negated()
        finally:
            self._depth -= 1

    def _negated(self) -> Test:
        if self._takes_word("not"):
            inner = self._one()
            return lambda item: not inner(item)
        if self._next.is_mark("("):
            self._take()
            inner = self.either()
            self._must("(", ")")
            return inner
        if self._next.kind == "name" and self._words[self._at + 1].is_mark("("):
            return self._function(self._take().text)
        return self._comparison()

    def _comparison(self) -> Test:
        left = self._operand()
        word = self._take()
        if word.text not in _COMPARED or word.kind != "name":
            if word.is_word("in", "has", "add", "sub", "mul", "div", "mod"):
                raise absent(f"The operator {word.text} in $filter")
            raise self._syntax(word)
        title, compare = _COMPARED[word.text]
        right = self._operand()
        kinds = {left.edm, right.edm}
        if "null" not in kinds and not alike(left.edm, right.edm):
            raise bad(
                "A binary operator with incompatible types was detected. Found operand types "
                f"'{left.edm}' and '{right.edm}' for operator kind '{title}'."
            )
        common = common_type(left.edm, right.edm)

        def test(item: Any) -> bool:
            one, other = (promoted(each.of(item), each.edm, common, self._known) for each in (left, right))
            if word.text in ("eq", "ne"):
                return compare(one, other)
            return one is not None and other is not None and compare(one, other)

        return test

    def _operand(self) -> Property:
        token = self._take()
        found = literal(token)
        if found is not None:
            return Property(found.edm, lambda item: found.value)
        if token.kind != "name":
            raise self._syntax(token)
        path = [token.text]
        while self._next.is_mark("/"):
            self._take()
            step = self._take()
            if step.kind != "name":
                raise self._syntax(step)
            path.append(step.text)
        if path[-1] in ("any", "all") and self._next.is_mark("("):
            raise absent(f"{path[-1]} in $filter")
        if self._next.is_mark("("):
            raise absent(f"The function {path[-1]} in $filter")
        return self._known.find(tuple(path))

    def _function(self, name: str) -> Test:
        if self._known.of_metadata:
            text = f'The "{name}" function isn\'t supported for Metadata Entities.'
            raise Problem(501, "0x8006088a", text)
        if name in _TEXT_FUNCTIONS:
            return self._text_function(name)
        if name in (f"{_OWN}In", f"{_OWN}NotIn"):
            return self._among(name.removeprefix(_OWN))
        raise absent(f"The function {name} in $filter")

    def _text_function(self, name: str) -> Test:
        self._must(name, "(")
        whole = self._operand()
        self._must(name, ",")
        part = self._operand()
        self._must(name, ")")
        if whole.edm != "Edm.String" or part.edm != "Edm.String":
            raise bad(f"No function signature for the function with name '{name}' matches the specified arguments.")
        holds = _TEXT_FUNCTIONS[name]

        def test(item: Any) -> bool:
            one, other = (comparable(each.of(item), "Edm.String", self._known) for each in (whole, part))
            return one is not None and other is not None and holds(one, other)

        return test

    def _among(self, name: str) -> Test:
        """In(PropertyName='x',PropertyValues=["1","2"]): the values are text whatever the column is."""
        self._must(name, "(", "PropertyName", "=")
        named = literal(self._take())
        self._must(name, ",", "PropertyValues", "=", "[")
        values = [self._value(name)]
        while self._next.is_mark(","):
            self._take()
            values.append(self._value(name))
        self._must(name, "]", ")")
        if named is None or named.edm != "Edm.String":
            raise bad(f"{name} needs its PropertyName as text.")
        found = self._known.find(tuple(str(named.value).split("/")))
        wanted = {as_text(comparable(one, "Edm.String", self._known)) for one in values}

        def test(item: Any) -> bool:
            value = comparable(found.of(item), found.edm, self._known)
            return value is not None and (as_text(value) in wanted) == (name == "In")

        return test

    def _value(self, name: str) -> str:
        token = self._take()
        if token.kind == "quoted":
            return token.text[1:-1]
        found = literal(token)
        if found is None or found.edm != "Edm.String":
            raise bad(f"Syntax error in $filter: the PropertyValues of {name} are texts, not {token.text}.")
        return str(found.value)

    @property
    def _next(self) -> Token:
        return self._words[self._at]

    def _take(self) -> Token:
        token = self._next
        if token is END:
            raise self._syntax()
        self._at += 1
        return token

    def _takes_word(self, word: str) -> bool:
        found = self._next.is_word(word)
        self._at += found
        return found

    def _must(self, after: str, *texts: str) -> None:
        for text in texts:
            token = self._take()
            if token.text != text:
                raise bad(f"Syntax error in $filter: '{text}' is expected after {after}, not '{token.text}'.")

    def _syntax(self, token: Token | None = None) -> Problem:
        return bad(f"Syntax error in $filter: unexpected '{(token or self._next).text}'.")
